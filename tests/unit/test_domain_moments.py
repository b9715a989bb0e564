"""Moments as people write them, and what is none."""

from datetime import UTC, datetime

import pytest

from modelyard.domain.errors import Invalid
from modelyard.domain.moments import parse_moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-03T12:00:00Z", datetime(2026, 3, 3, 12, tzinfo=UTC)),
        ("2026-03-03t12:00:00z", datetime(2026, 3, 3, 12, tzinfo=UTC)),
        ("2026-03-03T12:00:00+02:00", datetime(2026, 3, 3, 10, tzinfo=UTC)),
        ("2026-03-03T12:00:00-23:59", datetime(2026, 3, 4, 11, 59, tzinfo=UTC)),
        ("2026-03-03T12:00+05:30", datetime(2026, 3, 3, 6, 30, tzinfo=UTC)),
        ("2026-03-03 12:00", datetime(2026, 3, 3, 12, tzinfo=UTC)),
        ("2026-03-03T12:00", datetime(2026, 3, 3, 12, tzinfo=UTC)),
        ("2026-03-03", datetime(2026, 3, 3, tzinfo=UTC)),
        ("2026-03-03T12:00:00.5Z", datetime(2026, 3, 3, 12, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-03-03T12:00:00.123456789Z", datetime(2026, 3, 3, 12, 0, 0, 123_456, tzinfo=UTC)),
        ("1970-01-01", datetime(1970, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999Z", datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_in_any_offset_and_cut_short(text, moment):
    assert parse_moment(text) == moment
    assert parse_moment(text).tzinfo is UTC


WRONG = [
    *("", " ", "now", "yesterday", "2026", "2026-03", "20260303", "2026-W10-2", "2026-062", "1772539200"),
    *("1969-12-31T23:59:59Z", "1970-01-01T00:30:00+01:00", "0000-01-01", "0001-01-01T00:00:00+01:00"),
    *("10000-01-01", "+010000-01-01", "9999-12-31T23:59:59-01:00", "99999999999999"),
    *("2026-02-30", "2026-13-01", "2026-00-10", "2026-03-03T24:00", "2026-03-03T12:60", "2026-06-30T23:59:60Z"),
    *("2026-03-03T12", "2026-03-03T12:00:00.Z", "2026-03-03T12:00:00+1", "2026-03-03T12:00:00+24:00"),
    *("2026-03-03T12:00 01:00", "2026-03-03Z", "2026-03-03T", " 2026-03-03", "2026-03-03\n", "2026-03-03T12:00:00ZZ"),
    *("\uff12\uff10\uff12\uff16-03-03", "2026-03-03T1\uff12:00", "2026\u201303\u201303", "2026-03-03\0", "\ud800"),
    "9" * 100_000,
]


@pytest.mark.parametrize("text", WRONG, ids=range(len(WRONG)))
def test_anything_else_is_refused_whatever_it_looks_like(text):
    with pytest.raises(Invalid) as refusal:
        parse_moment(text)
    assert refusal.value.field == "at"
    assert len(refusal.value.detail) < 200
