"""Names, texts, tags, parameters, metrics and references: what is taken, what is refused."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.domain.errors import Invalid, TooLarge
from modelyard.domain.names import (
    MAX_FACTS,
    Reference,
    check_facts,
    check_metrics,
    check_pairs,
    check_text,
    is_model_id,
    parse_alias,
    parse_name,
    parse_reference,
    parse_stage,
)

ULID = "01KAP4Q6Z8T5V3W9XENCHRNGGD"


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "churn",
        "team.churn-v2_final",
        "my model",
        "模型",
        "😀" * 256,
        "x" * 256,
        "#1 50% ?&=+",
        "...",
        ULID.lower(),
        "1",
    ],
)
def test_almost_anything_is_a_name(name):
    assert parse_name(name) == name


def test_a_name_is_kept_in_nfc():
    assert parse_name("cafe\u0301") == "caf\u00e9"
    assert len(parse_name("e\u0301" * 256)) == 256


@pytest.mark.parametrize(
    "name",
    [
        *("", "x" * 257, "e\u0301" * 257),
        *("a/b", "a:b", "a@b", "/", ":", "@"),
        *("a\nb", "a\tb", "a\0b", "a\x7fb", "a\x85b", "a\u2028b", "a\u2029b", "a\ud800b"),
        *(" a", "a ", "\u3000a", "a\u00a0", " "),
        *(".", "..", ULID),
    ],
)
def test_what_would_be_swallowed_or_mistaken_is_no_name(name):
    with pytest.raises(Invalid) as refusal:
        parse_name(name)
    assert refusal.value.field == "name"


@pytest.mark.parametrize("text", [ULID[:-1], ULID + "0", ULID.lower(), ULID[:-1] + "U", "0" * 25 + "\u0661"])
def test_only_twenty_six_letters_of_crockford_are_a_model_id(text):
    assert is_model_id(ULID)
    assert not is_model_id(text)


@pytest.mark.parametrize("stage", ["a", "staging", "pre-prod_2", "a" * 64])
def test_a_stage_is_a_short_plain_word(stage):
    assert parse_stage(stage) == stage


@pytest.mark.parametrize("stage", ["", "A", "Staging", "1a", "-a", "a b", "a" * 65, "é", "a\n"])
def test_anything_else_is_no_stage(stage):
    with pytest.raises(Invalid):
        parse_stage(stage)


@pytest.mark.parametrize(
    ("text", "taken"), [("champion", True), ("A-1_b" * 51, True), ("", False), ("a b", False), ("x" * 256, False)]
)
def test_an_alias_follows_mlflows_rule(text, taken):
    if taken:
        assert parse_alias(text) == text
        return
    with pytest.raises(Invalid):
        parse_alias(text)


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("churn", Reference("churn")),
        ("churn/3", Reference("churn", number=3)),
        ("churn/production", Reference("churn", stage="production")),
        ("churn/Production", Reference("churn", stage="production")),
        ("churn@champion", Reference("churn", alias="champion")),
        ("models:/churn/3", Reference("churn", number=3)),
        ("models:/churn@champion", Reference("churn", alias="champion")),
        (f"{ULID}/1", Reference(ULID, number=1)),
        ("my model/9999999999", Reference("my model", number=9_999_999_999)),
    ],
)
def test_a_reference_names_a_version_as_mlflow_users_do(text, reference):
    assert parse_reference(text) == reference
    assert parse_reference(str(reference)) == reference


@pytest.mark.parametrize(
    "text",
    [
        *("", "/", "/3", "churn/", "churn/0", "churn/03", "churn/-1", "churn/1.0", "churn/99999999999", "churn/1/2"),
        *(
            "churn@",
            "churn@a@b",
            "churn@champion/3",
            "churn/3@champion",
            "@champion",
            "a:b",
            "churn/\u0663",
            "churn/ 3",
        ),
        *("models:/", "models://churn", "models:churn", "churn/" + "a" * 65),
    ],
)
def test_anything_else_is_no_reference(text):
    with pytest.raises(Invalid) as refusal:
        parse_reference(text)
    assert refusal.value.field == "reference"


def test_text_has_a_longest_length_and_no_control_characters():
    assert check_text("one\n\ttwo\r\n" + "x" * 1990, field="comment")
    with pytest.raises(TooLarge, match="at most 2000"):
        check_text("x" * 2001, field="comment")
    for text in ("a\0", "\x1b[31m", "a\u2028", "\ud800"):
        with pytest.raises(Invalid, match="control characters"):
            check_text(text, field="comment")


def test_pairs_are_counted_and_measured_and_sorted():
    assert list(check_pairs({"b": "1", "a": "2"}, field="tags")) == ["a", "b"]
    assert check_pairs({str(n): "" for n in range(100)}, field="tags")
    with pytest.raises(TooLarge, match="at most 100"):
        check_pairs({str(n): "" for n in range(101)}, field="tags")
    assert check_pairs({"k" * 250: "v" * 5000}, field="tags")
    with pytest.raises(TooLarge, match="at most 5000"):
        check_pairs({"k": "v" * 5001}, field="tags")
    for key in ("", "k" * 251, "a\nb"):
        with pytest.raises(Invalid, match="1 to 250"):
            check_pairs({key: "v"}, field="tags")


def test_metrics_are_finite_numbers():
    assert check_metrics({"b": 1.5, "a": -0.0}) == {"a": 0.0, "b": 1.5}
    for number in (math.nan, math.inf, -math.inf):
        with pytest.raises(Invalid, match="finite"):
            check_metrics({"auc": number})
    assert check_metrics({str(n): 0.5 for n in range(1000)})
    with pytest.raises(TooLarge, match="at most 1000"):
        check_metrics({str(n): 0.5 for n in range(1001)})
    with pytest.raises(Invalid, match="1 to 250"):
        check_metrics({"": 0.5})


def test_facts_are_bounded_together():
    around = len('{"tags":""}')
    check_facts({"tags": "x" * (MAX_FACTS - around)})
    with pytest.raises(TooLarge, match="tags take"):
        check_facts({"tags": "x" * (MAX_FACTS - around + 1)})


@given(st.text(max_size=300))
def test_a_name_that_is_taken_fits_a_key_and_a_reference(text):
    try:
        name = parse_name(text)
    except Invalid:
        return
    assert 1 <= len(name) <= 256
    assert len(name.encode()) <= 1024
    assert parse_name(name) == name
    assert parse_reference(f"{name}/1") == Reference(name, number=1)
