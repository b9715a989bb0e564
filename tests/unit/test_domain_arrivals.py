"""Entries from elsewhere are held to what an entry written here is held to, whatever their hashes say."""

import copy
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from modelyard.domain.arrivals import check_arrival, check_number, fits, replay_soundly
from modelyard.domain.canonical import canonical
from modelyard.domain.errors import Invalid, JournalDiverged, RegistryError, TooLarge
from modelyard.domain.journal import GENESIS
from modelyard.domain.replaying import replay, resume

JOURNAL = json.loads((Path(__file__).parents[2] / "events" / "journal.example.json").read_text())
MODEL = JOURNAL[0]["model"]["id"]


def rehashed(event, **changes):
    """An entry with changes, and the hash that goes with them."""
    changed = copy.deepcopy(event) | changes
    body = {name: value for name, value in changed.items() if name != "hash"}
    try:
        return changed | {"hash": hashlib.sha256(canonical(body)).hexdigest()}
    except ValueError:
        return changed


def arrive(event, **how):
    known = {"home": "churn", "model_id": MODEL, "sequence": event["sequence"], "previous": event["previous"]}
    return check_arrival(event, **{**known, **how})


def test_each_entry_of_a_journal_arrives_as_it_was_written():
    previous = GENESIS
    for sequence, event in enumerate(JOURNAL, start=1):
        entry = arrive(event, sequence=sequence, previous=previous)
        assert json.loads(entry.body) | {"hash": entry.hash} == event
        previous = entry.hash


def test_where_a_journal_came_from_does_not_matter():
    assert arrive(JOURNAL[0] | {"position": 7}).hash == JOURNAL[0]["hash"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"type": "model.exploded"}, "is it older"),
        ({"schema_version": 2}, "is it older"),
        ({"time": "yesterday"}, "in UTC"),
        ({"time": "2026-11-23T09:00:00Z"}, "in UTC"),
        ({"time": "2026-11-23T09:00:00.000+01:00"}, "in UTC"),
        ({"actor": "a\x07"}, "control"),
        ({"actor": "a" * 3000}, "at most"),
        ({"reason": "\ud800"}, "canonical"),
        ({"after": {"description": "\x1b[2J"}}, "control"),
        ({"after": {"tags": {"\x00": "v"}}}, "control"),
        ({"after": {"metrics": {"auc": float("nan")}}}, "canonical"),
        ({"after": {"metrics": {"auc": 2**60 + 1}}}, "canonical"),
        ({"model": {"id": MODEL, "name": "a/b"}}, "'/'"),
        ({"model": {"id": "01KAP4Q6Z8T5V3W9XENCHRNGGE", "name": "churn"}}, "another model"),
        ({"id": f"{MODEL}-99"}, "another model"),
        ({"after": {"description": "x" * 400_000}}, "at most"),
    ],
)
def test_an_entry_that_none_would_write_is_refused_though_its_hash_is_right(changes, said):
    with pytest.raises((Invalid, TooLarge), match=said):
        arrive(rehashed(JOURNAL[0], **changes))


def test_an_entry_that_is_not_what_was_hashed_is_refused():
    with pytest.raises(Invalid, match="hashed"):
        arrive(JOURNAL[0] | {"actor": "eve"})


def test_an_entry_that_does_not_follow_is_a_journal_that_diverged():
    with pytest.raises(JournalDiverged) as refusal:
        arrive(JOURNAL[1], previous="1" * 64)
    assert refusal.value.facts == {"sequence": 2}


def test_a_gap_is_told():
    with pytest.raises(Invalid, match="entry 2 is missing"):
        arrive(JOURNAL[2], sequence=2)


def test_versions_are_numbered_without_gaps():
    registered, later = JOURNAL[1], JOURNAL[2]
    assert check_number(JOURNAL[0], 0) == 0
    assert check_number(registered, 0) == 1
    assert check_number(later, 1) == 1
    for event, last in [(registered, 1), (registered, 5), (later, 0), (JOURNAL[0] | {"sequence": 2}, 0)]:
        with pytest.raises(Invalid):
            check_number(event, last)
    with pytest.raises(Invalid):
        check_number(JOURNAL[5] | {"sequence": 1}, 0)


def soundly(*changes):
    """What the example's first entries come to, one of them changed in `after`."""
    events = copy.deepcopy(JOURNAL[:7])
    for place, after in changes:
        events[place]["after"] |= after
    return replay_soundly(None, events, home="churn")


@pytest.mark.parametrize(
    "change",
    [
        (0, {"tags": ["team"]}),
        (0, {"tags": {"team": 7}}),
        (0, {"tags": {f"k{n}": "" for n in range(101)}}),
        (0, {"description": "x" * 20_001}),
        (0, {"description": None}),
        (0, {"owner": {}}),
        (0, {"name": " churn"}),
        (0, {"aliases": {"a b": [1]}}),
        (0, {"aliases": {"ok": ["1"]}}),
        (0, {"aliases": {"ok": []}}),
        (1, {"state": "splendid"}),
        (1, {"state": None}),
        (1, {"stage": "No Stage"}),
        (1, {"size": "5"}),
        (1, {"size": True}),
        (1, {"size": 2**63}),
        (1, {"pages": 1.5}),
        (1, {"metrics": {"auc": "high"}}),
        (1, {"metrics": {"auc": None}}),
        (1, {"metrics": {f"k{n}": 0.5 for n in range(1001)}}),
        (1, {"metrics": []}),
        (1, {"params": {"depth": 8}}),
        (1, {"datasets": [{"name": "d", "uri": 7, "digest": ""}]}),
        (1, {"datasets": [{"title": "d"}]}),
        (1, {"datasets": "none"}),
        (1, {"deadline": "soon"}),
        (2, {"deadline": 7}),
        (4, {"refusal": [7]}),
        (4, {"proof": {}}),
        (6, {"stage": 7}),
    ],
)
def test_entries_that_lead_to_what_is_no_model_are_refused(change):
    with pytest.raises(RegistryError):
        soundly(change)


def test_what_a_registry_wrote_is_sound():
    assert soundly().model.standing == {"production": {1: JOURNAL[1]["digest"]}}


def test_facts_that_this_registry_does_not_know_do_no_harm():
    assert soundly((1, {"flavour": {"deep": [1, {"x": None}]}})).versions[1].number == 1


@pytest.mark.parametrize("cut", range(1, len(JOURNAL)))
def test_going_on_from_any_entry_gives_what_the_whole_journal_gives(cut):
    whole, first = replay(JOURNAL, home="churn"), replay(JOURNAL[:cut], home="churn")
    resumed = resume(first, JOURNAL[cut:], home="churn")
    assert (resumed.model, resumed.versions) == (whole.model, whole.versions)


def test_a_newest_version_that_is_ready_no_more_has_nobody_known_below_it():
    first = replay(JOURNAL[:13], home="churn")
    third = {3: first.versions[3]}
    rejected = JOURNAL[9] | {"version": 3, "sequence": 14}
    resumed = resume(type(first)(first.model, third), [rejected], home="churn")
    assert first.model.newest_ready == 3
    assert resumed.model.newest_ready is None


@dataclass
class Inner:
    count: int


def test_values_fit_their_annotations_all_the_way_down():
    assert fits({"a": (1, 2)}, dict[str, tuple[int, ...]])
    assert fits(None, int | None)
    assert fits((Inner(1),), tuple[Inner, ...])
    assert fits(1, float)
    for value, hint in [
        ({"a": (1, "2")}, dict[str, tuple[int, ...]]),
        ({1: ()}, dict[str, tuple[int, ...]]),
        ((Inner("1"),), tuple[Inner, ...]),
        (float("inf"), float),
        (True, int),
        ("1", int | None),
    ]:
        assert not fits(value, hint)
