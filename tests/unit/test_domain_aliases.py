"""Aliases as values: whom they stand for, whom they stood for, and what may not be one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.domain.aliases import (
    MAX_ALIASES,
    REMEMBERED,
    Alias,
    Whoever,
    aliases_of,
    check_expected,
    drop,
    find_alias,
    parse_new_alias,
    point,
    step_back,
)
from modelyard.domain.errors import AliasMoved, Conflict, Invalid, NotFound, TooLarge


@pytest.mark.parametrize(
    "text", ["a", "champion", "A-1_b", "x" * 255, "version1", "v", "va1", "latest_good", "1", "v1a"]
)
def test_a_name_of_letters_digits_and_dashes_may_be_an_alias(text):
    assert parse_new_alias(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a b",
        "a/b",
        "a@b",
        "é",
        "a.b",
        "a\n",
        "x" * 256,
        "latest",
        "Latest",
        "LATEST",
        "v1",
        "V12",
        "v0",
        "v" + "9" * 99,
    ],
)
def test_what_a_reference_would_misread_is_no_alias(text):
    with pytest.raises(Invalid) as refusal:
        parse_new_alias(text)
    assert refusal.value.field == "alias"


def test_an_alias_remembers_whom_it_stood_for_and_goes_back_there():
    aliases = point(point(point({}, "champion", 5), "champion", 6), "champion", 7)
    assert find_alias(aliases, "champion") == Alias("champion", 7, (6, 5))
    once = step_back(aliases, "champion")
    assert find_alias(once, "champion") == Alias("champion", 6, (5,))
    twice = step_back(once, "champion")
    assert find_alias(twice, "champion") == Alias("champion", 5, ())
    with pytest.raises(Conflict):
        step_back(twice, "champion")


def test_pointing_to_where_it_stands_changes_nothing():
    aliases = point(point({}, "champion", 5), "champion", 6)
    assert point(aliases, "champion", 6) is aliases


def test_what_is_not_there_cannot_go_back_or_away():
    for change in (step_back, drop):
        with pytest.raises(NotFound):
            change({"other": (1,)}, "champion")
    assert drop({"champion": (1,), "other": (2, 1)}, "champion") == {"other": (2, 1)}


def test_only_so_many_versions_are_remembered_and_only_so_many_aliases_kept():
    aliases = {}
    for number in range(1, 30):
        aliases = point(aliases, "champion", number)
    assert aliases["champion"] == tuple(range(29, 29 - REMEMBERED, -1))
    for number in range(MAX_ALIASES - 1):
        aliases = point(aliases, f"a{number}", 1)
    with pytest.raises(TooLarge):
        point(aliases, "one-more", 1)
    assert point(aliases, "champion", 1)["champion"][0] == 1


@pytest.mark.parametrize(("number", "expected"), [(6, 5), (6, None), (None, 6)])
def test_an_alias_that_stands_for_another_is_refused_and_says_for_whom(number, expected):
    with pytest.raises(AliasMoved) as refusal:
        check_expected(Alias("champion", number, ()), expected)
    assert (refusal.value.field, refusal.value.facts) == ("expect", {"actual": number})


@pytest.mark.parametrize("number", [6, None])
def test_an_alias_as_expected_or_whoever_it_is_passes(number):
    check_expected(Alias("champion", number, ()), number)
    check_expected(Alias("champion", number, ()), Whoever.WHOEVER)


NAMES = st.sampled_from(["a", "b", "c"])
MOVES = st.lists(st.tuples(NAMES, st.integers(1, 4)))


@given(MOVES)
def test_every_version_knows_just_the_aliases_that_stand_for_it(moves):
    aliases, plain = {}, {}
    for name, number in moves:
        aliases = point(aliases, name, number)
        plain[name] = number
    for number in range(1, 5):
        assert aliases_of(aliases, number) == tuple(sorted(name for name, stands in plain.items() if stands == number))
