"""Moments as users write them: RFC 3339 with any offset, the same cut short, or a date."""

import re
from datetime import UTC, datetime

from modelyard.domain.errors import Invalid

FIRST_YEAR, LAST_YEAR = 1970, 9999
_WRITTEN = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt ](?P<minute>[0-9]{2}:[0-9]{2})(?P<second>:[0-9]{2}(?:\.[0-9]{1,9})?)?"
    r"(?P<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})?)?"
)


def parse_moment(text: str, *, field: str = "at") -> datetime:
    """The moment that `text` names, in UTC: what is left out of the time is zero, and no offset is UTC.

    Invalid for anything else, for days and hours that are not, and outside the years 1970 to 9999.
    """
    parts = _WRITTEN.fullmatch(text)
    if parts is None:
        raise _unreadable(field)
    clock = (parts["minute"] or "00:00") + (parts["second"] or ":00")[:10]
    offset = (parts["offset"] or "Z").upper()
    try:
        moment = datetime.fromisoformat(f"{parts['date']}T{clock}{offset}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise _unreadable(field) from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise _unreadable(field)
    return moment


def _unreadable(field: str) -> Invalid:
    span = f"from {FIRST_YEAR} through {LAST_YEAR}"
    return Invalid(f"a moment is like 2026-03-03T12:00:00Z, 2026-03-03T12:00 or 2026-03-03, {span}", field=field)
