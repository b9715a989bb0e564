"""Options that several commands share, and how their values are read."""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from modelyard.client import Registry
from modelyard.client.references import Reference, read_reference

F = TypeVar("F", bound=Callable[..., Any])
CONNECTIONS = 12


def json_option(command: F) -> F:
    """`--json`, which every command has."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(command)


def connections_option(command: F) -> F:
    """How many parts travel at once."""
    return click.option(
        "--connections",
        type=click.IntRange(1, 64),
        default=CONNECTIONS,
        show_default=True,
        help="Parts that travel at once.",
    )(command)


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


def read_metrics(ctx: click.Context, parameter: click.Parameter, values: Sequence[str]) -> dict[str, float]:
    """KEY=NUMBER as often as it is given."""
    return {key: _number(text, ctx, parameter) for key, text in read_pairs(ctx, parameter, values).items()}


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


def find_version(registry: Registry, text: str) -> Reference:
    """The reference with the number of the version that it stands for, asking the registry if it is not written."""
    reference = read_reference(text)
    if reference.number is not None:
        return reference
    version = registry.resolve(text).version
    return Reference(f"{version.name}/{version.version}", version.name, version.version)
