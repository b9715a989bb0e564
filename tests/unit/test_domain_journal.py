"""The journal: entries chained by their hashes, and the first place where a chain is broken."""

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.domain.canonical import canonical
from modelyard.domain.journal import (
    GENESIS,
    Break,
    Caller,
    Draft,
    EntryType,
    find_break,
    instant,
    parse_instant,
    write_entry,
)
from modelyard.domain.tickets import make_ticket
from tests.unit.fakes import NOON, digest_of

D = digest_of(b"abc")


def entry(sequence=1, previous=GENESIS, draft=None):
    return write_entry(
        draft or Draft(EntryType.VERSION_PROMOTED, 3, D, {"stage": "staging"}, {"stage": "production"}, "better"),
        model_id="ID",
        name="churn",
        home="churn",
        sequence=sequence,
        previous=previous,
        caller=Caller("ana", "request-1"),
        time=NOON,
    )


def journal(length, **after):
    """Events of a whole journal."""
    events, previous = [], GENESIS
    for sequence in range(1, length + 1):
        draft = Draft(EntryType.MODEL_UPDATED, after={"n": sequence, **after})
        written = entry(sequence, previous, draft)
        previous = written.hash
        events.append(json.loads(written.body) | {"hash": written.hash, "position": sequence + 7})
    return events


def test_an_entry_says_what_happened_to_whom_and_by_whom():
    written = entry()
    assert json.loads(written.body) == {
        "id": "ID-1",
        "type": "version.promoted",
        "schema_version": 1,
        "model": {"id": "ID", "name": "churn"},
        "sequence": 1,
        "version": 3,
        "digest": D,
        "before": {"stage": "staging"},
        "after": {"stage": "production"},
        "actor": "ana",
        "reason": "better",
        "time": "2026-11-23T12:00:00.000Z",
        "correlation_id": "request-1",
        "previous": GENESIS,
    }
    assert written.body == canonical(json.loads(written.body))
    assert written.hash == hashlib.sha256(written.body).hexdigest()
    assert (written.sequence, written.version, written.position) == (1, 3, None)


def test_a_journal_as_it_was_written_holds():
    assert find_break([]) is None
    assert find_break(journal(1)) is None
    assert find_break(journal(5)) is None


def test_a_part_of_a_journal_is_checked_from_where_it_begins():
    events = journal(5)
    assert find_break(events[2:], previous=events[1]["hash"], first=3) is None
    assert find_break(events[2:]) == Break(1, "entry 1 is missing")


@pytest.mark.parametrize("place", range(5))
def test_a_dropped_entry_shows(place):
    events = journal(5)
    del events[place]
    assert find_break(events) == (Break(place + 1, f"entry {place + 1} is missing") if place < 4 else None)


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize(
    "field",
    ["id", "type", "schema_version", "model", "version", "digest", "before", "after", "actor", "reason", "time"],
)
def test_a_changed_entry_shows(place, field):
    events = journal(5)
    events[place] = events[place] | {field: "altered"}
    assert find_break(events) == Break(place + 1, "is not what was hashed")


def test_a_changed_entry_with_a_new_hash_shows_in_the_next_one():
    events = journal(5)
    body = {name: fact for name, fact in events[2].items() if name not in {"hash", "position"}} | {"actor": "mallory"}
    events[2] = body | {"hash": hashlib.sha256(canonical(body)).hexdigest()}
    assert find_break(events) == Break(4, "does not name the entry before it")


def test_an_added_field_and_a_missing_hash_show():
    events = journal(2)
    assert find_break([events[0] | {"more": 1}]) == Break(1, "is not what was hashed")
    assert find_break([{name: fact for name, fact in events[0].items() if name != "hash"}]) is not None


def test_entries_that_changed_places_show():
    first, second = journal(2)
    assert find_break([second, first]) == Break(1, "entry 1 is missing")


def test_the_place_in_the_feed_is_no_part_of_the_hash():
    events = [event | {"position": None} for event in journal(3)]
    assert find_break(events) is None


@pytest.mark.parametrize("metric", [2.0**53, 2.0**53 + 2, 1e17, 1e20, -1e18, 1e21, 1e300, 5e-324, -0.0, 0.1 + 0.2])
def test_a_journal_with_any_measurement_holds_after_a_trip_through_json(metric):
    """JSON has no whole and broken numbers: what was written as 1e17 is read as a whole number."""
    events = json.loads(json.dumps(journal(2, metrics={"loss": metric})))
    assert find_break(events) is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_measurement_breaks_a_journal(metric):
    assert find_break(json.loads(json.dumps(journal(1, metrics={"loss": metric})))) is None


@given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_moment_keeps_its_milliseconds(moment):
    assert parse_instant(instant(moment)) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def test_a_moment_is_written_in_utc():
    east = datetime(2026, 11, 23, 14, 0, tzinfo=timezone(timedelta(hours=2)))
    assert instant(east) == "2026-11-23T12:00:00.000Z"
    assert instant(east + timedelta(milliseconds=7)) > instant(east)


def test_tickets_of_different_callers_keys_and_requests_never_meet():
    one = make_ticket(actor="ana", key="k", request=b"a")
    assert one == make_ticket(actor="ana", key="k", request=b"a")
    assert one.id != make_ticket(actor="ben", key="k", request=b"a").id
    assert one.id != make_ticket(actor="ana", key="l", request=b"a").id
    other = make_ticket(actor="ana", key="k", request=b"b")
    assert (one.id, one.fingerprint == other.fingerprint) == (other.id, False)
