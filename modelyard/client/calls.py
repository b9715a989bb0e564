"""What the calls of every noun stand on: the API they speak through, and paging."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from modelyard.client.api import Api
from modelyard.client.errors import Unusable

Value = str | int | float | bool
"""What may be given for a tag or a parameter; the registry keeps text."""

Moment = str | datetime
"""A moment as of which something is asked: RFC 3339, a date, or a datetime."""

T_co = TypeVar("T_co", covariant=True)


class Page(Protocol[T_co]):
    """A page of anything."""

    @property
    def items(self) -> Sequence[T_co]:
        """What is on it."""

    @property
    def next(self) -> str | None:
        """The cursor of the page after it."""


class Calls:
    """A part of the registry's API."""

    def __init__(self, api: Api) -> None:
        self._api = api


def as_moment(moment: Moment | None) -> str | None:
    """A moment for a query; a datetime without a zone is in UTC, as the registry reads it."""
    return moment.isoformat() if isinstance(moment, datetime) else moment


def as_text(pairs: Mapping[str, Value] | None) -> dict[str, str]:
    """Tags or parameters as text: numbers and truth values as JSON spells them, numpy's included."""
    return {key: _text(value) for key, value in (pairs or {}).items()}


def as_numbers(metrics: Mapping[str, float] | None) -> dict[str, float]:
    """Metrics as plain numbers, whatever library they come from; Unusable when one is not finite."""
    numbers: dict[str, float] = {}
    for name, value in (metrics or {}).items():
        try:
            numbers[name] = float(value)
        except (TypeError, ValueError) as error:
            raise Unusable(f"the metric {name!r} is no number: {value!r}", field=f"metrics.{name}") from error
        if not math.isfinite(numbers[name]):
            raise Unusable(f"the metric {name!r} is not finite: {value!r}", field=f"metrics.{name}")
    return numbers


def changed_tags(tags: Mapping[str, Value | None] | None) -> dict[str, str | None]:
    """Changes to tags: as text, or None for a tag that goes."""
    given = tags or {}
    kept = as_text({key: value for key, value in given.items() if value is not None})
    return {**dict.fromkeys(given), **kept}


def _text(value: Value) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int():
            return int.__repr__(value)
        case float():
            return float.__repr__(value)
    return str(value)


def each(pages: Callable[[str | None], Page[T_co]]) -> Iterator[T_co]:
    """The items of all pages, each page asked for when it is reached."""
    cursor: str | None = None
    while True:
        page = pages(cursor)
        yield from page.items
        cursor = page.next
        if cursor is None:
            return
