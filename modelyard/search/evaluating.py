"""Filters applied to facts, and the place of facts in an order.

What has no value in a field matches no comparison with it, not even `!=`; `NOT` turns any answer round, this one too.
Of several values, as of datasets, one that matches is enough.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from modelyard.search.facts import Fact
from modelyard.search.patterns import matcher, read_pattern
from modelyard.search.terms import And, Comparison, Field, Filter, Not, Op, Or, Period, Value

Subject = TypeVar("Subject")
Read = Callable[[Field], Callable[[Subject], Sequence[Fact]]]
Test = Callable[[Fact], bool]

_NUMBER = re.compile(r"[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?")
_COMPARED: Mapping[Op, Callable[[Any, Any], bool]] = {
    Op.EQUAL: operator.eq,
    Op.OTHER: operator.ne,
    Op.LESS: operator.lt,
    Op.AT_MOST: operator.le,
    Op.MORE: operator.gt,
    Op.AT_LEAST: operator.ge,
}


def matching(wanted: Filter, read: Read[Subject]) -> Callable[[Subject], bool]:
    """Whether a subject matches. `read` gives what reads its values of a field."""
    match wanted:
        case Comparison():
            return _comparing(_test(wanted.op, wanted.values), read(wanted.field))
        case Not(part):
            inner = matching(part, read)
            return lambda subject: not inner(subject)
        case And(parts):
            every = [matching(part, read) for part in parts]
            return lambda subject: all(each(subject) for each in every)
        case Or(parts):
            some = [matching(part, read) for part in parts]
            return lambda subject: any(each(subject) for each in some)


def _comparing(test: Test, values: Callable[[Subject], Sequence[Fact]]) -> Callable[[Subject], bool]:
    return lambda subject: any(map(test, values(subject)))


def _test(op: Op, values: tuple[Value, ...]) -> Test:
    match op:
        case Op.LIKE | Op.NOT_LIKE:
            return _turned(_like(str(values[0])), op is Op.NOT_LIKE)
        case Op.ILIKE | Op.NOT_ILIKE:
            folded = _like(str(values[0]).casefold())
            return _turned(lambda fact: folded(str(fact).casefold()), op is Op.NOT_ILIKE)
        case Op.IN | Op.NOT_IN:
            return _turned(_among(values), op is Op.NOT_IN)
    (value,) = values
    if isinstance(value, Period):
        return _during(op, value)
    compare = _COMPARED[op]
    if isinstance(value, float):
        return lambda fact: op is Op.OTHER if (number := number_of(fact)) is None else compare(number, value)
    return lambda fact: compare(fact, value)


def _turned(test: Test, turned: bool) -> Test:
    return (lambda fact: not test(fact)) if turned else test


def _like(pattern: str) -> Test:
    matches = matcher(read_pattern(pattern))
    return lambda fact: matches(str(fact))


def _among(values: Sequence[Value]) -> Test:
    texts = frozenset(value for value in values if isinstance(value, str))
    numbers = frozenset(value for value in values if isinstance(value, float))
    return lambda fact: fact in texts or (bool(numbers) and number_of(fact) in numbers)


def _during(op: Op, period: Period) -> Test:
    """A moment compared with a day: it is equal while the day lasts, less before, and more after it."""
    start, end = period.start, period.end
    tests: Mapping[Op, Callable[[Any], bool]] = {
        Op.EQUAL: lambda moment: start <= moment < end,
        Op.OTHER: lambda moment: not start <= moment < end,
        Op.LESS: lambda moment: moment < start,
        Op.AT_MOST: lambda moment: moment < end,
        Op.MORE: lambda moment: moment >= end,
        Op.AT_LEAST: lambda moment: moment >= start,
    }
    return tests[op]


def number_of(fact: Fact) -> float | None:
    """A fact as a number; None for a text that is none."""
    if isinstance(fact, str):
        return float(fact) if _NUMBER.fullmatch(fact) else None
    return None if isinstance(fact, datetime) else fact
