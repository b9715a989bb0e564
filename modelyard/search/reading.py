"""A parsed text as terms: fields by their proper names, values as what they stand for, each fault at its place."""

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from difflib import get_close_matches
from typing import Any

from modelyard.domain.errors import Invalid
from modelyard.search.fields import KEYED, LOWER, OTHER_NAMES, Fields, Takes
from modelyard.search.refusals import Place, Text, echo, listed
from modelyard.search.terms import And, Comparison, Field, Filter, Not, Op, Or, Order, Period, Value, day, moment

LONGEST_PATTERN = 1_000
FIRST_YEAR = 1970
_OPS = {"==": Op.EQUAL, "<>": Op.OTHER}
_NEGATED = {Op.LIKE: Op.NOT_LIKE, Op.ILIKE: Op.NOT_ILIKE, Op.IN: Op.NOT_IN}
_PATTERNS = frozenset({Op.LIKE, Op.ILIKE, Op.NOT_LIKE, Op.NOT_ILIKE})
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads trees of lark's. `fields` are those that what is searched for has."""

    text: Text
    fields: Fields

    def filter(self, tree: Any) -> Filter:
        """The filter in a tree."""
        match tree.data:
            case "filter":
                return self.filter(tree.children[0])
            case "disjunction":
                return Or(tuple(map(self.filter, tree.children)))
            case "conjunction":
                return And(tuple(map(self.filter, tree.children)))
            case "inverted":
                return Not(self.filter(tree.children[0]))
            case "compared":
                return self._comparison(tree.children, negated=False)
        return self._comparison(tree.children, negated=True)

    def order(self, tree: Any) -> Order:
        """The order in a tree."""
        field, *way = tree.children
        return Order(self._field(field), bool(way) and way[0].type == "DESC")

    def _comparison(self, parts: Sequence[Any], *, negated: bool) -> Comparison:
        field, op, *values = parts
        known = self._field(field)
        compared = self._op(known, op, negated=negated)
        return Comparison(known, compared, tuple(self._value(known, compared, value) for value in values))

    def _field(self, tree: Any) -> Field:
        word, *quoted = tree.children
        name, dot, key = word.partition(".")
        if quoted and (not dot or key):
            raise self._refuse(f"expected a comparison, not {echo(quoted[0])}", quoted[0])
        if quoted:
            key = _unquoted(quoted[0])
        proper = OTHER_NAMES.get(name.lower(), name.lower())
        if proper not in self.fields:
            raise self._unknown(name, word)
        if proper in KEYED:
            if not key:
                raise self._refuse(f"{name} needs a key, as in {name}.team or {name}.`any key`", word)
            return Field(proper, key)
        if dot:
            raise self._refuse(f"{name} has no keys; it stands alone", word)
        return Field(proper)

    def _unknown(self, name: str, word: Any) -> Invalid:
        choices = sorted(self.fields)
        close = get_close_matches(OTHER_NAMES.get(name.lower(), name.lower()), choices, n=1)
        meant = f"; did you mean {close[0]}?" if close else f"; there are {listed(choices, 'and')}"
        return self._refuse(f"there is no field {echo(name)} here{meant}", word, choices)

    def _op(self, field: Field, token: Any, *, negated: bool) -> Op:
        text = token.upper()
        op = _OPS.get(text) or Op(text)
        takes = self.fields[field.name]
        if takes in {Takes.NUMBER, Takes.MOMENT} and op in _PATTERNS:
            raise self._refuse(f"{op} compares texts, and {field} is {takes.value}", token)
        if takes is Takes.MOMENT and op is Op.IN:
            raise self._refuse(f"{field} is compared by =, !=, <, <=, > or >=", token)
        return _NEGATED[op] if negated else op

    def _value(self, field: Field, op: Op, token: Any) -> Value:
        takes = self.fields[field.name]
        number = token.type == "NUMBER"
        if (takes is Takes.NUMBER) != number and takes is not Takes.EITHER:
            hint = "; write it without quotes" if takes is Takes.NUMBER else "; put it in quotes"
            raise self._refuse(f"{field} is compared with {takes.value}, not {echo(token)}{hint}", token, [takes.value])
        if number:
            return self._number(token)
        text = _unquoted(token)
        if takes is Takes.MOMENT:
            return self._period(text, token)
        if op in _PATTERNS and len(text) > LONGEST_PATTERN:
            raise self._refuse(f"a pattern has at most {LONGEST_PATTERN} characters, not {len(text)}", token)
        text = text.lower() if field.name in LOWER else text
        return unicodedata.normalize("NFC", text) if field.name == "name" else text

    def _number(self, token: Any) -> float:
        number = float(token)
        if not math.isfinite(number):
            raise self._refuse(f"{echo(token)} is too large for a number", token)
        return number

    def _period(self, text: str, token: Any) -> Period:
        """A date as its day, a time as its moment. Without an offset it is UTC."""
        try:
            if _DATE.fullmatch(text):
                return day(datetime.combine(self._year(date.fromisoformat(text)), time(), UTC))
            if _TIME.fullmatch(text):
                read = datetime.fromisoformat(text.upper())
                return moment(self._year(read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC))
        except (ValueError, OverflowError):
            pass
        expected = Takes.MOMENT.value
        raise self._refuse(f"expected {expected}, from {FIRST_YEAR} to 9999, not {echo(token)}", token, [expected])

    def _year(self, when: Any) -> Any:
        if when.year < FIRST_YEAR:
            raise ValueError(when)
        return when

    def _refuse(self, detail: str, token: Any, expected: Sequence[str] = ()) -> Invalid:
        return self.text.refuse(detail, Place(token.line, token.column), expected)


def _unquoted(token: str) -> str:
    mark = token[0]
    return token[1:-1].replace(mark * 2, mark)
