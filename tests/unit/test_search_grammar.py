"""Filters and orders as text: what they mean, and what is said of those that mean nothing."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.domain.errors import Invalid, TooLarge
from modelyard.search.fields import MODEL_FIELDS, OTHER_NAMES, VERSION_FIELDS
from modelyard.search.grammar import GRAMMAR, IN_WORDS
from modelyard.search.parsing import parse_filter, parse_order
from modelyard.search.terms import And, Comparison, Field, Not, Op, Or, Order, comparisons, conjuncts, show
from tests.unit.filters import ANY_FILTER, ANY_KEY


def parse(text, fields=VERSION_FIELDS):
    return parse_filter(text, fields)


def refusal(text, fields=VERSION_FIELDS):
    with pytest.raises(Invalid) as caught:
        parse_filter(text, fields)
    assert caught.value.field == "filter"
    return caught.value


@settings(max_examples=400, deadline=None)
@given(ANY_FILTER)
def test_a_filter_that_is_shown_and_parsed_is_the_same(wanted):
    assert parse(show(wanted)) == wanted


@settings(deadline=None)
@given(key=ANY_KEY, descending=st.booleans())
def test_an_order_that_is_shown_and_parsed_is_the_same(key, descending):
    for field in (Field("metrics", key), Field("created_at")):
        order = Order(field, descending)
        assert parse_order(str(order), VERSION_FIELDS) == order


def test_and_binds_more_strongly_than_or_and_not_more_than_either():
    a, b, c = (Comparison(Field("version"), Op.EQUAL, (float(n),)) for n in (1, 2, 3))
    assert parse("version = 1 OR version = 2 AND NOT version = 3") == Or((a, And((b, Not(c)))))
    assert parse("(version = 1 OR version = 2) AND version = 3") == And((Or((a, b)), c))
    assert parse("version=1 and version=2 and version=3") == And((a, b, c))
    assert parse("((version = 1))") == a
    assert parse("version = 1 AND (version = 2 AND version = 3)") == And((a, And((b, c))))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("tag.team == 'growth'", "tags.team = 'growth'"),
        ('TAGS.`odd key` <> "it\'s"', "tags.`odd key` != 'it''s'"),
        ('params."a b" = 8', "params.`a b` = 8.0"),
        ("metric.f1-score >= .5", "metrics.f1-score >= 0.5"),
        ("metrics.auc > -1e-3", "metrics.auc > -0.001"),
        ("tags.mlflow.user = 'ana'", "tags.mlflow.user = 'ana'"),
        ("tags.`a``b` = 'x'", "tags.`a``b` = 'x'"),
        ("stage = 'Production' aNd state In ('READY')", "stage = 'production' AND state IN ('ready')"),
        ("name Not lIke 'a%' or not name ilike \"%b\"", "name NOT LIKE 'a%' OR (NOT name ILIKE '%b')"),
        ("name = 'é'", "name = 'é'"),
        ("version_number = 3\n  AND\tcreated_by = 'ana'", "version = 3.0 AND author = 'ana'"),
        ("created_at >= '2026-03-01'", "created_at >= '2026-03-01'"),
        ("created_at < '2026-03-01T12:00:00+02:00'", "created_at < '2026-03-01T10:00:00+00:00'"),
        ("created_at < '2026-03-01 12:00'", "created_at < '2026-03-01T12:00:00+00:00'"),
        ("updated_at < '2026-03-01t12:00:00.5z'", "updated_at < '2026-03-01T12:00:00.500000+00:00'"),
        ("created_at = '9999-12-31'", "created_at = '9999-12-31'"),
        ("tags.and = 'x' AND tags.x IN (1, 'a', -2.5)", "tags.and = 'x' AND tags.x IN (1.0, 'a', -2.5)"),
        ("name = ''", "name = ''"),
    ],
)
def test_what_people_and_mlflows_clients_write_is_understood(text, shown):
    assert show(parse(text)) == shown


@pytest.mark.parametrize("text", ["", "  \n "])
def test_nothing_asks_for_everything(text):
    assert parse(text) is None
    assert parse_order(text, VERSION_FIELDS) is None
    assert conjuncts(None) == ()
    assert list(comparisons(None)) == []


@pytest.mark.parametrize(
    ("text", "column", "detail"),
    [
        ("tags.team = growth", 13, "expected a quoted text or a number, not growth; texts stand in quotes: 'growth'"),
        ("name =", 7, "expected a quoted text or a number, but the text ends"),
        ("name LIKE 3", 11, "expected a quoted text, not 3"),
        ("((version = 1)", 15, "expected ), but the text ends"),
        ("version = 1)", 12, "expected the end, not )"),
        ("name = 'x", 8, "the quote ' is never closed"),
        ('name = "x', 8, 'the quote " is never closed'),
        ("tags.`x = 'y'", 6, "the quote ` is never closed"),
        ("stage 'x' = 3", 7, "expected a comparison, not 'x'"),
        ("version = 1 size = 2", 13, "expected AND, OR or the end, not size"),
        ("stage in ()", 11, "expected a quoted text or a number, not )"),
        ("stage in ('a' 'b')", 15, "expected ) or ,, not 'b'"),
        ("size = 1.2.3", 8, "expected a quoted text or a number, not 1.2.3"),
        ("size not = 3", 10, "expected LIKE, ILIKE or IN, not ="),
        ("%", 1, "expected a field such as name, stage, tags.team or metrics.auc, NOT or (, not %"),
        ("stagee = 'x'", 1, "there is no field stagee here; did you mean stage?"),
        ("tags = 'x'", 1, "tags needs a key, as in tags.team or tags.`any key`"),
        ("tags. = 'x'", 1, "tags needs a key, as in tags.team or tags.`any key`"),
        ("name.x = 'y'", 1, "name has no keys; it stands alone"),
        ("metrics.auc = '3'", 15, "metrics.auc is compared with a number, not '3'; write it without quotes"),
        ("name = 3", 8, "name is compared with a quoted text, not 3; put it in quotes"),
        ("metrics.auc LIKE 'x'", 13, "LIKE compares texts, and metrics.auc is a number"),
        ("created_at IN ('2026-03-01')", 12, "created_at is compared by =, !=, <, <=, > or >="),
        ("version = 1e400", 11, "1e400 is too large for a number"),
        ("name = 'a\0b'", 10, "control characters have no place here"),
        ("name = '\ud800'", 9, "control characters have no place here"),
        ("name = '\u2028'", 9, "control characters have no place here"),
        (
            "version = 1 AND",
            16,
            "expected a field such as name, stage, tags.team or metrics.auc, NOT or (, but the text ends",
        ),
        ("x" * 100 + " = 1", 1, f"there is no field {'x' * 60}… here"),
        ("'1'='1'", 1, "expected a field such as name, stage, tags.team or metrics.auc, NOT or (, not '1'"),
    ],
)
def test_a_fault_is_told_with_its_column_and_what_was_expected(text, column, detail):
    found = refusal(text)
    assert found.facts["line"] == 1
    assert (found.facts["column"], found.detail.partition(": ")[2][: len(detail)]) == (column, detail)
    assert found.detail.startswith(f"column {column}: ")


def test_a_fault_on_another_line_is_told_with_its_line():
    found = refusal("name = 'a' AND\n  size >")
    assert (found.facts["line"], found.facts["column"]) == (2, 9)
    assert found.facts["expected"] == ["a quoted text", "a number"]
    assert found.detail.startswith("line 2, column 9: ")


@pytest.mark.parametrize(
    "when",
    [
        "1969-12-31",
        "10000-01-01",
        "0001-01-01",
        "2026-13-01",
        "2026-02-30",
        "yesterday",
        "",
        "2026-3-1",
        "\u0662\u0660\u0662\u0666-03-01",
        "1969-12-31T23:59:59Z",
        "9999-12-31T23:59:59-01:00",
        "2026-03-01T25:00:00Z",
        "2026-03-01T12:00:00+99:00",
    ],
)
def test_a_date_that_is_none_or_beyond_the_calendar_is_refused(when):
    found = refusal(f"created_at > '{when}'")
    assert found.facts["column"] == 14
    assert "from 1970 to 9999" in found.detail


def test_versions_and_models_have_fields_of_their_own():
    assert parse("versions > 3", MODEL_FIELDS) == Comparison(Field("versions"), Op.MORE, (3.0,))
    assert "did you mean version?" in refusal("versions > 3").detail
    assert "there is no field metrics here" in refusal("metrics.auc > 3", MODEL_FIELDS).detail
    assert set(OTHER_NAMES.values()) <= VERSION_FIELDS.keys() | MODEL_FIELDS.keys()


@pytest.mark.parametrize(
    "text",
    [
        "(" * 1000,
        "(" * 1000 + "version = 1" + ")" * 1000,
        "NOT " * 1000 + "version = 1",
        " AND ".join(["version = 1"] * 101),
        f"version IN ({', '.join(['1'] * 1001)})",
        f"name LIKE '{'%a' * 501}'",
        " OR ".join(["name LIKE 'a'"] * 11 + ["name NOT ILIKE 'a'"] * 10),
    ],
)
def test_more_than_anybody_means_is_refused_before_it_is_built(text):
    assert "at most" in refusal(text).detail


def test_as_much_as_is_allowed_is_understood():
    deep = "(" * 50 + "version = 1" + ")" * 50
    assert parse(deep) == Comparison(Field("version"), Op.EQUAL, (1.0,))
    assert len(parse(" OR ".join(["version = 1"] * 100)).parts) == 100
    inverted = parse("NOT " * 100 + "version = 1")
    assert show(inverted).count("NOT") == 100
    assert len(parse(f"version IN ({', '.join(['1'] * 1000)})").values) == 1000


@pytest.mark.parametrize("text", ["x" * 100_001, "(" * 100_001, "é" * 50_001, "'" * 100_001])
def test_a_text_of_more_than_a_hundred_thousand_bytes_is_too_large(text):
    for read in (parse_filter, parse_order):
        with pytest.raises(TooLarge):
            read(text, VERSION_FIELDS)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=60), st.text("()'\"`%_=<>! andornotilkx.19-", max_size=60)))
def test_any_text_is_a_filter_or_a_refusal_that_points_into_it(text):
    wanted = refused = None
    try:
        wanted = parse(text)
    except Invalid as error:
        refused = error
    if refused:
        lines = text.split("\n")
        assert 1 <= refused.facts["line"] <= len(lines)
        assert 1 <= refused.facts["column"] <= len(lines[refused.facts["line"] - 1]) + 1
    assert wanted is None or parse(show(wanted)) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "' OR '1'='1",
        "name = 'x'; DROP TABLE items",
        "name = 'x' -- ",
        "name = 'x' UNION SELECT * FROM items",
        "name = 'x' /* */",
        "$ne",
        '{"$gt": ""}',
        "name = ${jndi}",
        "name LIKE '%' ESCAPE '\\'",
    ],
)
def test_what_other_grammars_are_tricked_with_is_refused(text):
    assert refusal(text).facts["column"] >= 1


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("name up", "column 6: expected ASC, DESC or the end, not up"),
        ("name DESC, size", "column 10: expected the end, not ,"),
        ("metrics", "column 1: metrics needs a key"),
        ("nothing", "column 1: there is no field nothing"),
    ],
)
def test_an_order_that_is_none_is_told_alike(text, detail):
    with pytest.raises(Invalid, match=f"^{re.escape(detail)}") as caught:
        parse_order(text, VERSION_FIELDS)
    assert caught.value.field == "order"


def test_every_terminal_that_may_be_expected_has_its_words():
    terminals = set(re.findall(r"^(_?[A-Z]+)(?:\.2)?:", GRAMMAR, re.MULTILINE))
    assert terminals | {"LPAR", "RPAR", "COMMA", "$END"} == set(IN_WORDS)
