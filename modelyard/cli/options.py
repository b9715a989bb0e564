"""Options that several commands share, and how their values are read."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from modelyard.client import Registry
from modelyard.client.evaluation_calls import Direction
from modelyard.client.references import Reference, read_reference

F = TypeVar("F", bound=Callable[..., Any])
CONNECTIONS = 12


def json_option(command: F) -> F:
    """`--json`, which every command has."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(command)


def at_option(command: F) -> F:
    """`--at`, which asks of the past."""
    text = "As it was then: 2026-03-03T12:00:00Z, any offset, 2026-03-03T12:00 (UTC) or 2026-03-03."
    return click.option("--at", metavar="MOMENT", help=text)(command)


def deleted_option(command: F) -> F:
    """`--deleted`, of lists."""
    return click.option("--deleted", is_flag=True, help="Also what is deleted and can be restored.")(command)


def connections_option(command: F) -> F:
    """How many parts travel at once."""
    return click.option(
        "--connections",
        type=click.IntRange(1, 64),
        default=CONNECTIONS,
        show_default=True,
        help="Parts that travel at once.",
    )(command)


def _read_etag(_ctx: click.Context, _parameter: click.Parameter, text: str | None) -> str | None:
    """A revision as `show --json` tells it, or the ETag in its quotes."""
    return f'"{text}"' if text and not text.startswith('"') and text != "*" else text


def if_match_option(command: F) -> F:
    """`--if-match`, by which a change is refused when somebody else made another first."""
    explained = "Only if it is still at this revision, as `show --json` tells it."
    return click.option("--if-match", metavar="REVISION", callback=_read_etag, help=explained)(command)


def read_pairs(ctx: click.Context, parameter: click.Parameter, values: Sequence[str]) -> dict[str, str]:
    """KEY=VALUE as often as it is given; a key only once."""
    known: dict[str, str] = {}
    for text in values:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise click.BadParameter(f"{text!r} is not KEY=VALUE", ctx, parameter)
        if key in known:
            raise click.BadParameter(f"{key!r} is given twice", ctx, parameter)
        known[key] = value
    return known


@dataclass(frozen=True, slots=True)
class Metrics:
    """Metrics as they were given: their values, and of some which of those are better."""

    values: dict[str, float]
    directions: dict[str, Direction]


def read_metrics(ctx: click.Context, parameter: click.Parameter, values: Sequence[str]) -> Metrics:
    """KEY=NUMBER[:higher|lower] as often as it is given."""
    metrics = Metrics({}, {})
    for key, text in read_pairs(ctx, parameter, values).items():
        number, colon, way = text.partition(":")
        metrics.values[key] = _number(number, ctx, parameter)
        if colon:
            metrics.directions[key] = _direction(way, ctx, parameter)
    return metrics


def _direction(text: str, ctx: click.Context, parameter: click.Parameter) -> Direction:
    match text:
        case "higher" | "lower":
            return text
    raise click.BadParameter(f"{text!r} is neither 'higher' nor 'lower'", ctx, parameter)


def _number(text: str, ctx: click.Context, parameter: click.Parameter) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise click.BadParameter(f"{text!r} is no finite number", ctx, parameter)
    return number


def open_registry(connections: int = CONNECTIONS) -> Registry:
    """The registry that the environment names."""
    return Registry(connections=connections)


def find_version(registry: Registry, text: str, at: str | None = None) -> Reference:
    """The reference with the number of the version that it stands for, asking the registry if it is not written."""
    reference = read_reference(text)
    if reference.number is not None:
        return reference
    version = registry.resolve(text, at=at).version
    return Reference(f"{version.name}/{version.version}", version.name, version.version)


def read_text(path: Path) -> str:
    """A file's text; UsageError when it is none in UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{str(path)!r} is no text in UTF-8") from error
