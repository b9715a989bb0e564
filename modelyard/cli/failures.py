"""What went wrong, said to a person or to a program, and the exit code that goes with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import click

from modelyard.cli.output import plain, print_json
from modelyard.client.errors import (
    Deleted,
    Forbidden,
    Internal,
    InUse,
    ModelyardError,
    NotFound,
    Refused,
    Unauthenticated,
    Unreachable,
    Unusable,
    VersionNotReady,
    VersionRefused,
)

T = TypeVar("T")

FAILED, USAGE, VERSION_REFUSED, UNREACHABLE, NOT_FOUND = 1, 2, 3, 4, 5

_EXIT_CODES: tuple[tuple[type[ModelyardError], int], ...] = (
    (NotFound, NOT_FOUND),
    (Unreachable, UNREACHABLE),
    (VersionRefused, VERSION_REFUSED),
    (Unusable, USAGE),
)
_HINTS: tuple[tuple[type[ModelyardError], str], ...] = (
    (Unreachable, "is it running there? MODELYARD_URL says where it is, `modelyard serve` starts one"),
    (Unauthenticated, "set MODELYARD_TOKEN, or MODELYARD_AUTH=sigv4 for AWS credentials"),
    (Forbidden, "ask whoever runs the registry for the right to do this"),
    (InUse, "--force deletes it all the same: it leaves its stage and its aliases"),
    (Deleted, "`modelyard restore` brings it back"),
    (VersionNotReady, "`modelyard show` tells where the version stands"),
    (Internal, "tell whoever runs the registry the request's id"),
)


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure, ready to be told."""

    exit_code: int
    kind: str
    detail: str
    hint: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)


def describe(error: Exception) -> Failure | None:
    """The failure to tell; None for what should not happen, which deserves its traceback."""
    match error:
        case ModelyardError():
            hint = error.hint or _missing_hint(error) or _first(_HINTS, error, "")
            return Failure(_first(_EXIT_CODES, error, FAILED), error.kind, error.detail, hint, _more(error))
        case click.UsageError():
            where = f"`{error.ctx.command_path} --help` explains" if error.ctx else ""
            return Failure(USAGE, "Usage", error.format_message(), where)
        case click.ClickException():
            return Failure(error.exit_code, "Failed", error.format_message())
        case OSError():
            where = f": {error.filename}" if error.filename else ""
            return Failure(FAILED, type(error).__name__, f"{error.strerror or error}{where}")
    return None


def _first(table: tuple[tuple[type[ModelyardError], T], ...], error: ModelyardError, default: T) -> T:
    return next((value for kind, value in table if isinstance(error, kind)), default)


def _missing_hint(error: ModelyardError) -> str:
    if not isinstance(error, NotFound):
        return ""
    lists = {
        "name": "`modelyard list` shows the models",
        "version": "`modelyard versions NAME` lists a model's versions",
    }
    return lists.get(error.field or "", "")


def _more(error: ModelyardError) -> dict[str, Any]:
    if isinstance(error, Refused):
        told = ("code", "status", "field", "facts", "request_id")
        return {name: value for name in told if (value := getattr(error, name))}
    return {"field": error.field} if isinstance(error, Unusable) and error.field else {}


def tell(failure: Failure, *, as_json: bool) -> None:
    """Say on stderr what went wrong and what to do; as JSON where the command's answer would have been JSON."""
    if as_json:
        known = {"kind": failure.kind, "detail": failure.detail, "hint": failure.hint, "exit_code": failure.exit_code}
        print_json({"error": {**known, **failure.more}}, err=True)
        return
    click.echo(f"error: {plain(failure.detail)}", err=True)
    for line in _explained(failure):
        click.echo(f"  {plain(line)}", err=True)


def _explained(failure: Failure) -> list[str]:
    more = failure.more
    field_at_fault = [f"field: {more['field']}"] if "field" in more else []
    request = [f"request: {more['request_id']}"] if "request_id" in more else []
    return _unmet(more.get("facts", {})) + field_at_fault + ([failure.hint] if failure.hint else []) + request


def _unmet(facts: Mapping[str, Any]) -> list[str]:
    """The requirements of a refused transition that did not hold."""
    unmet = [each for each in facts.get("requirements", []) if isinstance(each, dict) and not each.get("held")]
    return [f"{each.get('name')}: {each.get('actual')}, where {each.get('expected')} is due" for each in unmet]
