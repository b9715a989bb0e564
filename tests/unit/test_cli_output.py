"""How answers look."""

import pytest

from modelyard.cli.output import ago, fields, moment, plain, short, size, table

NOON = 1_795_435_200.0


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        (-5, "just now"),
        (3, "just now"),
        (40, "40 s ago"),
        (300, "5 min ago"),
        (7200, "2 h ago"),
        (3 * 86400, "3 d ago"),
        (90 * 86400, "2026-11-23"),
    ],
)
def test_moments_are_told_by_how_long_ago_they_were(passed, expected):
    assert ago("2026-11-23T12:00:00.000Z", now=NOON + passed) == expected


@pytest.mark.parametrize("text", [None, ""])
def test_no_moment_is_told_as_nothing(text):
    assert ago(text) == ""


def test_a_moment_that_is_none_is_shown_plain():
    assert ago("\x1b[2Jsoon") == "[2Jsoon"
    assert moment("2026-11-23T12:00:00.000Z") == "2026-11-23 12:00:00Z"


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536 * 1024**2, "1.5 GiB"), (5 * 1024**4, "5.0 TiB")],
)
def test_sizes_are_in_powers_of_1024(count, expected):
    assert size(count) == expected


def test_columns_are_as_wide_as_what_is_in_them_whatever_the_script():
    shown = table(("NAME", "SIZE", "X"), [("模型", "1.0 KiB", "a"), ("e\u0301", "10 B", "b")]).splitlines()
    assert shown == ["NAME     SIZE  X", "模型  1.0 KiB  a", "e\u0301        10 B  b"]


def test_a_table_without_rows_is_its_headers():
    assert table(("A", "B"), []) == "A  B"


def test_fields_leave_out_what_is_empty():
    assert fields({"a": "x", "long": 1, "none": None, "empty": ""}) == "a     x\nlong  1"


def test_text_is_one_line_without_what_steers_a_terminal():
    assert plain("a\nb\tc\x1b[0m\u2028\udc80\u202e") == "a b c[0m"
    assert short("sha256:" + "ab" * 32) == "sha256:abababababab"
