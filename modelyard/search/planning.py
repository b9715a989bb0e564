"""Which index answers a filter, and what is left to look at: decided from the filter alone, in a fixed order.

Every index but that of names lists what has one value, in its *native* order: versions by creation, models by name.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from modelyard.search.patterns import read_pattern
from modelyard.search.terms import Comparison, Field, Filter, Op, Order, Period, comparisons, conjuncts

CREATED, NAME = "created_at", "name"
ALL, NAMES = "all", "names"

ABBREVIATED = 7
"""Letters of a commit under which it is found too."""

_HEX = frozenset("0123456789abcdef")

INDEXED = ("dataset", "data", "commit", "base", "tags", "alias", "owner", "author", "stage", "state")
"""Fields that have an index, those first that are likely to leave least. A name comes before all of them."""


@dataclass(frozen=True, slots=True)
class Access:
    """Where candidates come from: what has `value` in `field`; of `names`, what begins with `prefix` or is just it.

    `answers` is the comparison that is answered thereby, in whole or, of a pattern, in part.
    """

    field: str
    value: str = ""
    prefix: str = ""
    exact: bool = False
    answers: Comparison | None = None
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """How a filter is answered: from where, in which order, and whether candidates are gathered and sorted for it."""

    access: Access
    order: Order
    streams: bool
    wanted: Filter | None

    @property
    def left(self) -> tuple[Filter, ...]:
        """The parts of the filter that every candidate is looked at for."""
        answered = self.access.answers if self.access.whole else None
        return tuple(part for part in conjuncts(self.wanted) if part is not answered)


def make_plan(wanted: Filter | None, order: Order, *, native: str) -> Plan:
    """The plan for a filter in an order. `native` is the order that indexes are in."""
    access = _access(wanted, order)
    return Plan(access, order, order.field.name in _orders(access, native), wanted)


def spine(wanted: Filter | None, order: Order) -> Plan:
    """The plan that looks at everything there is, in the order of creation or of names."""
    return Plan(_everything(order), order, streams=True, wanted=wanted)


def _access(wanted: Filter | None, order: Order) -> Access:
    found = sorted(_accesses(wanted), key=lambda access: access[0])
    return found[0][1] if found else _everything(order)


def _everything(order: Order) -> Access:
    return Access(NAMES if order.field.name == NAME else ALL)


def _orders(access: Access, native: str) -> frozenset[str]:
    """The orders in which an index gives what it holds. Within one name it is that of creation."""
    if access.field == ALL:
        return frozenset({CREATED})
    if access.field == NAMES:
        return frozenset({NAME, CREATED}) if access.exact else frozenset({NAME})
    return frozenset({native})


def _accesses(wanted: Filter | None) -> Iterator[tuple[int, Access]]:
    """The indexes that could answer a part of the filter, with their rank: the lower, the better."""
    for part in conjuncts(wanted):
        if isinstance(part, Comparison):
            yield from _access_of(part)


def _access_of(part: Comparison) -> Iterator[tuple[int, Access]]:
    value = part.values[0]
    single = part.op is Op.EQUAL or (part.op is Op.IN and len(part.values) == 1)
    if part.field.name == NAME and isinstance(value, str):
        if single:
            yield 0, Access(NAMES, prefix=value, exact=True, answers=part)
        elif part.op is Op.LIKE:
            yield from _prefixed(part, value)
    elif part.field.name == "commit" and part.op is Op.LIKE and isinstance(value, str):
        yield from _abbreviated(part, value)
    elif single and part.field.name in INDEXED and isinstance(value, str):
        yield 1 + INDEXED.index(part.field.name), Access(posted(part.field), value, answers=part)


def _prefixed(part: Comparison, pattern: str) -> Iterator[tuple[int, Access]]:
    read = read_pattern(pattern)
    if read.exact is not None:
        yield 0, Access(NAMES, prefix=read.exact, exact=True, answers=part)
    elif read.prefix:
        rest = read.pieces[0][len(read.prefix) :]
        whole = not rest and read.pieces[1:] == ((),)
        yield 1 + len(INDEXED), Access(NAMES, prefix=read.prefix, answers=part, whole=whole)


def _abbreviated(part: Comparison, pattern: str) -> Iterator[tuple[int, Access]]:
    """Commits are posted under their first letters as well, so that one may be abbreviated."""
    begin = read_pattern(pattern).prefix[:ABBREVIATED]
    if len(begin) == ABBREVIATED and set(begin) <= _HEX:
        yield 1 + INDEXED.index("commit"), Access("commit", begin, answers=part, whole=False)


def posted(field: Field) -> str:
    """A field as postings name it."""
    return f"tag.{field.key}" if field.key is not None else field.name


def created_within(wanted: Filter | None) -> tuple[datetime | None, datetime | None]:
    """From when, and until when at most, what matches can have been created."""
    since: datetime | None = None
    until: datetime | None = None
    for part in conjuncts(wanted):
        if not isinstance(part, Comparison) or part.field.name != CREATED or not isinstance(part.values[0], Period):
            continue
        period = part.values[0]
        if part.op in {Op.EQUAL, Op.AT_LEAST, Op.MORE}:
            start = period.end if part.op is Op.MORE else period.start
            since = start if since is None else max(since, start)
        if part.op in {Op.EQUAL, Op.AT_MOST, Op.LESS}:
            end = period.start if part.op is Op.LESS else period.end
            until = end if until is None else min(until, end)
    return since, until


def fields_in(wanted: Filter | None, order: Order) -> frozenset[str]:
    """The names of all fields that have to be known."""
    return frozenset({order.field.name, *(each.field.name for each in comparisons(wanted))})


def asks_for(wanted: Filter | None, field: str, value: str) -> bool:
    """Whether a value is asked for by name, somewhere in the filter."""
    asking = {Op.EQUAL, Op.IN}
    found = (each for each in comparisons(wanted) if each.field.name == field and each.op in asking)
    return any(value in each.values for each in found)
