"""Filters and orders as data, and back to text.

`show` writes a filter so that parsing it gives an equal one.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)
LAST = datetime.max.replace(tzinfo=UTC)
_SIMPLE_KEY = re.compile(r"[\w.-]+")


class Op(StrEnum):
    """How a field's value is compared."""

    EQUAL = "="
    OTHER = "!="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    LIKE = "LIKE"
    ILIKE = "ILIKE"
    NOT_LIKE = "NOT LIKE"
    NOT_ILIKE = "NOT ILIKE"
    IN = "IN"
    NOT_IN = "NOT IN"


@dataclass(frozen=True, slots=True)
class Field:
    """What is compared: a fact by its name, or with a key one of many, as `tags.team`."""

    name: str
    key: str | None = None

    def __str__(self) -> str:
        if self.key is None:
            return self.name
        simple = _SIMPLE_KEY.fullmatch(self.key)
        return f"{self.name}.{self.key}" if simple else f"{self.name}.{_quoted(self.key, '`')}"


@dataclass(frozen=True, slots=True)
class Period:
    """A moment, or the day that a date stands for: from `start` until just before `end`."""

    start: datetime
    end: datetime

    def __str__(self) -> str:
        if self.end - self.start > MICROSECOND:
            return f"'{self.start:%Y-%m-%d}'"
        return f"'{self.start.isoformat()}'"


Value = str | float | Period


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field compared with one value; with several for `IN` and `NOT IN`."""

    field: Field
    op: Op
    values: tuple[Value, ...]

    def __str__(self) -> str:
        shown = ", ".join(map(_literal, self.values))
        several = self.op in {Op.IN, Op.NOT_IN}
        return f"{self.field} {self.op} ({shown})" if several else f"{self.field} {self.op} {shown}"


@dataclass(frozen=True, slots=True)
class Not:
    """What does not match `part`."""

    part: "Filter"


@dataclass(frozen=True, slots=True)
class And:
    """What matches all of two or more."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """What matches any of two or more."""

    parts: tuple["Filter", ...]


Filter = Comparison | Not | And | Or


@dataclass(frozen=True, slots=True)
class Order:
    """By what answers are sorted. What has no value comes last, whichever way."""

    field: Field
    descending: bool

    def __str__(self) -> str:
        return f"{self.field} {'DESC' if self.descending else 'ASC'}"


def show(wanted: Filter) -> str:
    """The filter as text."""
    match wanted:
        case Comparison():
            return str(wanted)
        case Not(part):
            return f"NOT {_nested(part)}"
        case And(parts):
            return " AND ".join(map(_nested, parts))
        case Or(parts):
            return " OR ".join(map(_nested, parts))


def _nested(part: Filter) -> str:
    return str(part) if isinstance(part, Comparison) else f"({show(part)})"


def conjuncts(wanted: Filter | None) -> tuple[Filter, ...]:
    """The parts that all must match, at the top of the filter."""
    if wanted is None:
        return ()
    return wanted.parts if isinstance(wanted, And) else (wanted,)


def comparisons(wanted: Filter | None) -> Iterator[Comparison]:
    """Every comparison in the filter."""
    match wanted:
        case Comparison():
            yield wanted
        case Not(part):
            yield from comparisons(part)
        case And(parts) | Or(parts):
            for part in parts:
                yield from comparisons(part)


def _literal(value: Value) -> str:
    match value:
        case str():
            return _quoted(value, "'")
        case float():
            return repr(value)
        case Period():
            return str(value)


def _quoted(text: str, mark: str) -> str:
    return f"{mark}{text.replace(mark, mark * 2)}{mark}"


def day(start: datetime) -> Period:
    """The day that begins at `start`."""
    return Period(start, _later(start, DAY))


def moment(start: datetime) -> Period:
    """One moment, to the microsecond."""
    return Period(start, _later(start, MICROSECOND))


def _later(start: datetime, length: timedelta) -> datetime:
    """The end of a period; at the end of the calendar it is cut."""
    return start + length if LAST - start >= length else LAST


def rewritten(wanted: Filter, change: Callable[[Comparison], Comparison]) -> Filter:
    """The filter with each comparison changed."""
    match wanted:
        case Comparison():
            return change(wanted)
        case Not(part):
            return Not(rewritten(part, change))
        case And(parts):
            return And(tuple(rewritten(part, change) for part in parts))
        case Or(parts):
            return Or(tuple(rewritten(part, change) for part in parts))
