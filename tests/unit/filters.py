"""Filters, versions and models by chance, and what a filter means in plain Python."""

import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st

from modelyard.domain.digests import Digest
from modelyard.domain.version import Source, State, Version
from modelyard.search.facts import VersionFacts
from modelyard.search.fields import KEYED, LOWER, VERSION_FIELDS, Takes
from modelyard.search.terms import And, Comparison, Field, Filter, Not, Op, Or, Period, Value, day, moment

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], include_characters="\n\t"), max_size=12)
ANY_KEY = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=8)
ANY_NUMBER = st.floats(allow_nan=False, allow_infinity=False)
COMPARED = [Op.EQUAL, Op.OTHER, Op.LESS, Op.AT_MOST, Op.MORE, Op.AT_LEAST]
MATCHED = [Op.LIKE, Op.ILIKE, Op.NOT_LIKE, Op.NOT_ILIKE]
SEVERAL = [Op.IN, Op.NOT_IN]


@st.composite
def any_comparison(draw) -> Comparison:
    """A comparison that the grammar can say, with values of every kind."""
    name = draw(st.sampled_from(sorted(VERSION_FIELDS)))
    takes = VERSION_FIELDS[name]
    text = {takes.TEXT: ANY_TEXT, takes.EITHER: ANY_TEXT}.get(takes, st.nothing())
    text = text.map(lambda given: proper(name, given))
    number = ANY_NUMBER if takes in {Takes.NUMBER, Takes.EITHER} else st.nothing()
    moments = st.datetimes(datetime(1970, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- given by `timezones`
    days = moments.map(lambda when: day(when.replace(hour=0, minute=0, second=0, microsecond=0)))
    period = st.one_of(moments.map(moment), days) if takes is Takes.MOMENT else st.nothing()
    literal = st.one_of(text, number, period)
    ops = COMPARED + (MATCHED if takes in {Takes.TEXT, Takes.EITHER} else [])
    op = draw(st.sampled_from(ops + (SEVERAL if takes is not Takes.MOMENT else [])))
    values = text if op in MATCHED else literal
    several = draw(st.lists(values, min_size=1, max_size=3 if op in SEVERAL else 1))
    return Comparison(Field(name, draw(ANY_KEY) if name in KEYED else None), op, tuple(several))


def proper(name: str, text: str) -> str:
    """A text as a filter holds it."""
    return unicodedata.normalize("NFC", text) if name == "name" else text.lower() if name in LOWER else text


def combined(single: st.SearchStrategy[Comparison]) -> st.SearchStrategy[Filter]:
    """Filters made of such comparisons."""
    return st.recursive(
        single,
        lambda inner: st.one_of(
            inner.map(Not),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: And(tuple(parts))),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts))),
        ),
        max_leaves=8,
    )


ANY_FILTER = combined(any_comparison())

WORDS = st.sampled_from(["a", "ab", "abc", "A", "b", "1", "2.5", "1e1", "", "a_b", "a%b", "x y"])
PATTERNS = st.sampled_from(["a", "a%", "%b", "%a%", "_", "a_", "a\\_b", "a\\%%", "%", "", "A%", "%_b%"])
NUMBERS = st.sampled_from([0.0, 1.0, 2.5, 10.0, -1.0])
DAYS = st.sampled_from([NOON + timedelta(days=n, hours=n) for n in range(-2, 3)])


@st.composite
def likely_comparison(draw) -> Comparison:
    """A comparison that has something to do with `versions` by chance."""
    name = draw(st.sampled_from(sorted(VERSION_FIELDS)))
    takes = VERSION_FIELDS[name]
    field = Field(name, draw(st.sampled_from(["k", "l"])) if name in KEYED else None)
    if takes is Takes.MOMENT:
        whole = draw(DAYS)
        start = whole.replace(hour=0)
        return Comparison(field, draw(st.sampled_from(COMPARED)), (draw(st.sampled_from([day(start), moment(whole)])),))
    op = draw(st.sampled_from(COMPARED + SEVERAL + (MATCHED if takes is not Takes.NUMBER else [])))
    literal: Any = {Takes.TEXT: WORDS, Takes.NUMBER: NUMBERS, Takes.EITHER: st.one_of(WORDS, NUMBERS)}[takes]
    literal = st.sampled_from(["development", "production", "uploading", "ready"]) if name in LOWER else literal
    literal = PATTERNS if op in MATCHED else literal
    return Comparison(field, op, tuple(draw(st.lists(literal, min_size=1, max_size=2 if op in SEVERAL else 1))))


LIKELY_FILTER = combined(likely_comparison())


@st.composite
def likely_facts(draw) -> VersionFacts:
    """A version with facts from the same few values."""
    pairs = st.dictionaries(st.sampled_from(["k", "l"]), WORDS, max_size=2)
    version = Version(
        home="h",
        name=draw(st.sampled_from(["a", "ab", "abc"])),
        number=draw(st.integers(1, 3)),
        state=draw(st.sampled_from([State.UPLOADING, State.READY])),
        stage=draw(st.sampled_from(["development", "production"])),
        digest=Digest(draw(WORDS)),
        size=draw(st.integers(0, 3)),
        file_count=draw(st.integers(1, 3)),
        pages=1,
        created_at=draw(DAYS),
        created_by=draw(WORDS),
        revision=1,
        description=draw(WORDS),
        tags=draw(pairs),
        params=draw(pairs),
        metrics=draw(st.dictionaries(st.sampled_from(["k", "l"]), NUMBERS, max_size=2)),
        verified_at=draw(st.none() | DAYS),
        source=Source(commit=draw(WORDS)),
        aliases=tuple(draw(st.sets(st.sampled_from(["a", "b"])))),
    )
    origins = {name: draw(st.lists(WORDS, max_size=2)) for name in ("dataset", "data", "base")}
    return VersionFacts(version, draw(WORDS), draw(st.none() | DAYS), origins)


def plainly(wanted: Filter, facts: VersionFacts) -> bool:
    """Whether facts match, said once more without any of the product's ways."""
    if isinstance(wanted, Not):
        return not plainly(wanted.part, facts)
    if isinstance(wanted, And | Or):
        answers = [plainly(part, facts) for part in wanted.parts]
        return all(answers) if isinstance(wanted, And) else any(answers)
    return any(one_plainly(wanted.op, value, wanted.values) for value in plain_values(wanted.field, facts))


def plain_values(field: Field, facts: VersionFacts) -> Sequence[Any]:
    version = facts.version
    if field.name in {"facts", "inspected", "signed", "provenance"}:
        return [str(value) for key, value in (getattr(version, field.name) or {}).items() if key == field.key]
    if field.name in KEYED:
        return [value for key, value in getattr(version, field.name).items() if key == field.key]
    if field.name in {"dataset", "data", "base"}:
        return facts.origins[field.name]
    if field.name == "alias":
        return facts.version.aliases
    elsewhere = {"version": "number", "author": "created_by", "files": "file_count", "commit": "source_commit"}
    known = {"owner": facts.owner, "updated_at": facts.updated_at}
    value = known[field.name] if field.name in known else getattr(version, elsewhere.get(field.name, field.name))
    absent = value is None or (value == "" and field.name in {"owner", "description", "commit"})
    return [] if absent else [value]


def one_plainly(op: Op, fact: Any, values: tuple[Value, ...]) -> bool:
    if op.value.startswith("NOT "):
        return not one_plainly(Op(op.value[4:]), fact, values)
    if op is Op.OTHER:
        return not one_plainly(Op.EQUAL, fact, values)
    if op is Op.IN:
        return any(one_plainly(Op.EQUAL, fact, (value,)) for value in values)
    (value,) = values
    if op in {Op.LIKE, Op.ILIKE}:
        fold = str.casefold if op is Op.ILIKE else str
        return likely(fold(value), fold(fact))
    if isinstance(value, float) and isinstance(fact, str):
        try:
            fact = float(fact)
        except ValueError:
            return False
    return ordered_plainly(op, fact, value)


def ordered_plainly(op: Op, fact: Any, value: Any) -> bool:
    low = value.start if isinstance(value, Period) else value
    high = value.end - timedelta(microseconds=1) if isinstance(value, Period) else value
    answers = {
        Op.EQUAL: low <= fact <= high,
        Op.LESS: fact < low,
        Op.AT_MOST: fact <= high,
        Op.MORE: fact > high,
        Op.AT_LEAST: fact >= low,
    }
    return answers[op]


@lru_cache(100_000)
def likely(pattern: str, text: str) -> bool:
    """LIKE by its definition, letter by letter."""
    if not pattern:
        return not text
    if pattern[0] == "%":
        return likely(pattern[1:], text) or (bool(text) and likely(pattern, text[1:]))
    letter, rest = (pattern[1], pattern[2:]) if pattern[0] == "\\" and pattern[1:] else (pattern[0], pattern[1:])
    anything = pattern[0] == "_"
    return bool(text) and (anything or text[0] == letter) and likely(rest, text[1:])
