"""Filters applied to facts, beside what they mean in plain Python."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.search.evaluating import matching
from modelyard.search.facts import VersionFacts, of_model, of_version
from modelyard.search.fields import MODEL_FIELDS, VERSION_FIELDS
from modelyard.search.parsing import parse_filter
from modelyard.search.patterns import matcher, read_pattern
from modelyard.search.terms import Field
from tests.unit.filters import LIKELY_FILTER, likely, likely_facts, plainly
from tests.unit.test_catalogue_postings import MODEL, VERSION

FACTS = VersionFacts(VERSION, "growth", VERSION.created_at, {"dataset": ["census", "extra"], "data": []})


def holds(text, facts=FACTS):
    return matching(parse_filter(text, VERSION_FIELDS), of_version)(facts)


@settings(max_examples=600, deadline=None)
@given(wanted=LIKELY_FILTER, facts=likely_facts())
def test_a_filter_matches_just_what_it_plainly_says(wanted, facts):
    assert matching(wanted, of_version)(facts) == plainly(wanted, facts)


@settings(max_examples=600, deadline=None)
@given(pattern=st.text("ab%_\\", max_size=9), text=st.text("ab%_\\", max_size=9))
def test_like_is_what_its_definition_says(pattern, text):
    assert matcher(read_pattern(pattern))(text) == likely(pattern, text)


@given(pattern=st.text("ab%_\\", max_size=6), text=st.text("ab%_\\", max_size=6))
def test_what_matches_a_pattern_begins_with_its_prefix_and_is_its_only_text_if_it_has_one(pattern, text):
    read = read_pattern(pattern)
    if likely(pattern, text):
        assert text.startswith(read.prefix)
        assert read.exact in {None, text}


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("%a" * 500, "a" * 20_000, True),
        ("%a" * 499 + "%b", "a" * 20_000, False),
        ("%_a" * 333, "ba" * 10_000, True),
        ("%_b" * 333, "a" * 20_000, False),
        ("%" * 999 + "b", "a" * 20_000, False),
        ("_" * 999 + "%", "a" * 998, False),
        ("%a_%a_%" + "_a" * 400 + "b%", "a" * 20_000, False),
    ],
)
def test_no_pattern_takes_long_however_it_is_made(pattern, text, expected):
    """A matcher that goes back would take years over these."""
    assert matcher(read_pattern(pattern))(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tags.team = 'growth'", True),
        ("tags.gone = 'x' OR tags.gone != 'x' OR tags.gone < 'x' OR tags.gone LIKE '%'", False),
        ("tags.gone NOT LIKE 'x' OR tags.gone NOT IN ('x') OR metrics.gone != 1", False),
        ("NOT tags.gone = 'x' AND NOT tags.gone LIKE '%'", True),
        ("dataset = 'census' AND dataset = 'extra' AND dataset != 'census'", True),
        ("NOT dataset = 'census'", False),
        ("data != 'x'", False),
        ("commit = 'abc' AND commit LIKE 'a%'", True),
        ("base = 'x' OR base != 'x'", False),
        ("description LIKE '%'", False),
        ("created_at = '2026-11-23' AND created_at <= '2026-11-23' AND NOT created_at > '2026-11-23'", True),
        ("created_at > '2026-11-22' AND created_at < '2026-11-24'", True),
        ("created_at >= '2026-11-23T12:00:00Z' AND created_at <= '2026-11-23T13:00:00+01:00'", True),
        ("created_at != '2026-11-23T12:00:00.001Z'", True),
        ("verified_at != '2026-11-23'", False),
        ("name ILIKE 'CH_RN' AND NOT name LIKE 'CH_RN'", True),
        ("version = 3 AND version IN (1, 3) AND size < 2 AND files = 1", True),
        ("owner = 'growth' AND author = 'ana' AND state = 'ready' AND stage = 'production'", True),
        ("alias = 'champion'", False),
    ],
)
def test_what_has_no_value_matches_no_comparison_and_one_of_several_is_enough(text, expected):
    assert holds(text) is expected


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        ("10", "params.depth > 9", True),
        ("10", "params.depth > '9'", False),
        ("10", "params.depth = 10.0 AND params.depth = 1e1 AND params.depth IN ('x', 10)", True),
        ("10", "params.depth = '10.0'", False),
        ("deep", "params.depth > 9 OR params.depth <= 9 OR params.depth = 9 OR params.depth IN (9)", False),
        ("deep", "params.depth != 9 AND params.depth NOT IN (9)", True),
        ("nan", "params.depth >= 0 OR params.depth < 0", False),
        ("1_0", "params.depth = 10", False),
        (" 10 ", "params.depth = 10", False),
    ],
)
def test_a_text_is_read_as_a_number_when_it_is_compared_with_one(value, text, expected):
    version = VERSION.__class__(
        **{name: getattr(VERSION, name) for name in VERSION.__slots__} | {"params": {"depth": value}}
    )
    assert holds(text, VersionFacts(version)) is expected


def test_a_model_has_values_in_its_fields():
    wanted = "tags.tier = '1' AND owner = 'growth' AND versions = 0 AND author = 'ana' AND name LIKE 'ch%'"
    wanted += " AND created_at = '2026-11-23' AND updated_at = '2026-11-23' AND NOT stage = 'production'"
    wanted += " AND NOT description LIKE '%' AND NOT alias = 'champion' AND NOT tags.team = 'x'"
    assert matching(parse_filter(wanted, MODEL_FIELDS), of_model)(MODEL)


def test_every_field_can_be_read():
    for name in VERSION_FIELDS:
        assert isinstance(list(of_version(Field(name, "k"))(FACTS)), list)
    for name in MODEL_FIELDS:
        assert isinstance(list(of_model(Field(name, "k"))(MODEL)), list)
