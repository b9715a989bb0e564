"""Importing: another registry's entries are stored as they are, in order, with what they need, or not at all."""

import copy
import hashlib

import pytest

from modelyard.catalogue.blob_items import drop_proofs, find_uses, save_proofs
from modelyard.catalogue.keys import held_key, version_key
from modelyard.domain.canonical import canonical
from modelyard.domain.errors import (
    AlreadyExists,
    DigestMismatch,
    Invalid,
    JournalDiverged,
    NotFound,
    RegistryError,
    TooLarge,
    UploadIncomplete,
)
from modelyard.domain.version import State
from modelyard.ports import Stat
from modelyard.services import importing, receiving, relaying, renaming
from tests.unit.fakes import RecordingBus, digest_of
from tests.unit.registry import ABC, ANA, files_of, open_registry


@pytest.fixture
def source(tmp_path):
    """A registry whose model `churn` has a ready version 1 and a rejected version 2."""
    (tmp_path / "source").mkdir()
    with open_registry(tmp_path / "source") as opened:
        opened.ids.count = 500
        opened.create(tags={"team": "growth"})
        opened.ready({"a.bin": ABC, "b.bin": b"bbb"})
        opened.promote(1)
        opened.register({"c.bin": b"ccc"})
        opened.clock.advance(days=8)
        opened.sweep()
        yield opened


@pytest.fixture
def target(tmp_path):
    (tmp_path / "target").mkdir()
    with open_registry(tmp_path / "target") as opened:
        yield opened


FILES = {1: files_of({"a.bin": ABC, "b.bin": b"bbb"}), 2: files_of({"c.bin": b"ccc"})}


def prove(registry, *contents):
    """Have bytes in storage, and their proofs."""
    stats = [Stat(len(content), registry.blobs.store(content)) for content in contents]
    save_proofs(registry.table, stats, look=registry.blobs.stat, clock=registry.clock, ids=registry.ids)


def bring(target, events, *, manifests=FILES, withheld=()):
    numbers = {event["version"] for event in events if event["type"] == "version.registered"}
    return importing.import_entries(
        table=target.table,
        clock=target.clock,
        ids=target.ids,
        caller=ANA,
        model_id=events[0]["model"]["id"],
        events=events,
        manifests={number: files for number, files in manifests.items() if number in numbers},
        withheld=frozenset(withheld),
    )


def rechained(events, place, **changes):
    """A journal with one entry changed, and every hash from there on made right again."""
    events = copy.deepcopy(events)
    events[place] |= changes
    for nth in range(place, len(events)):
        if nth:
            events[nth]["previous"] = events[nth - 1]["hash"]
        body = {name: value for name, value in events[nth].items() if name != "hash"}
        events[nth]["hash"] = hashlib.sha256(canonical(body)).hexdigest()
    return events


def test_everything_is_as_it_was(source, target):
    prove(target, ABC, b"bbb")
    model = bring(target, source.journal())
    assert model == target.model() == source.model()
    assert [target.version(number) for number in (1, 2)] == [source.version(number) for number in (1, 2)]
    assert target.journal() == source.journal()


def test_ready_versions_use_their_blobs(source, target):
    prove(target, ABC, b"bbb")
    bring(target, source.journal())
    for content in (ABC, b"bbb"):
        assert list(find_uses(target.table, digest_of(content))) == [[("churn", 1)]]
    assert list(find_uses(target.table, digest_of(b"ccc"))) == []


def test_a_ready_version_without_proofs_is_refused_and_nothing_of_it_is_kept(source, target):
    prove(target, ABC)
    with pytest.raises(UploadIncomplete) as refusal:
        bring(target, source.journal())
    assert refusal.value.facts == {"version": 1, "missing": [digest_of(b"bbb")], "count": 1}
    with pytest.raises(NotFound):
        target.model()


def test_proof_of_other_bytes_than_the_manifest_says_is_no_proof(source, target):
    prove(target, ABC)
    save_proofs(target.table, [Stat(7, digest_of(b"bbb"))], look=target.blobs.stat, clock=target.clock, ids=target.ids)
    with pytest.raises(UploadIncomplete):
        bring(target, source.journal())


def test_a_proof_that_is_dropped_just_before_is_missed(source, target):
    prove(target, ABC, b"bbb")
    drop = lambda: drop_proofs(target.table, [digest_of(ABC)], clock=target.clock, ids=target.ids)  # noqa: E731
    target.table.before_write = drop
    with pytest.raises(RegistryError):
        bring(target, source.journal())
    with pytest.raises(NotFound):
        target.model()


def test_manifests_must_be_those_that_were_registered(source, target):
    prove(target, ABC, b"bbb")
    with pytest.raises(Invalid, match="without its files"):
        bring(target, source.journal(), manifests={2: FILES[2]})
    with pytest.raises(DigestMismatch):
        bring(target, source.journal(), manifests={1: FILES[2], 2: FILES[2]})


def test_withheld_versions_are_not_found_until_their_journal_says_what_became_of_them(source, target):
    source.blobs.stored.clear()
    source.challenge(1)
    source.prove(1)
    assert source.version(1).state is State.REJECTED
    events = source.journal()
    first = [event["type"] for event in events].index("version.promoted") + 1
    bring(target, events[:first], withheld=[1])
    with pytest.raises(NotFound):
        target.version(1)
    assert target.table.get([held_key("churn", 1)]) != [None]
    assert target.model().standing == {"production": {1: source.version(1).digest}}
    bring(target, events)
    assert target.version(1) == source.version(1)
    assert target.model() == source.model()
    assert target.table.get([held_key("churn", 1)]) == [None]


def test_a_withheld_version_comes_out_when_its_bytes_are_there_after_all(source, target):
    events = source.journal()
    bring(target, events[:4], withheld=[1])
    prove(target, ABC, b"bbb")
    bring(target, events)
    assert target.version(1) == source.version(1)


def test_a_version_without_its_files_is_never_found(source, target):
    events = source.journal()
    bring(target, events, manifests={}, withheld=[1, 2])
    for number in (1, 2):
        with pytest.raises(NotFound):
            target.version(number)
    assert target.journal() == events


def test_entries_that_are_here_are_passed_over(source, target):
    prove(target, ABC, b"bbb")
    events = source.journal()
    bring(target, events[:3])
    before = len(target.table.writes)
    bring(target, events[:2])
    assert len(target.table.writes) == before
    assert bring(target, events[2:]).sequence == len(events)
    assert bring(target, events[-1:]).sequence == len(events)


def test_a_journal_that_went_on_here_is_another_one(source, target):
    prove(target, ABC, b"bbb")
    events = source.journal()
    bring(target, events[:5])
    target.update(description="ours")
    with pytest.raises(JournalDiverged) as refusal:
        bring(target, events)
    assert refusal.value.facts == {"sequence": 6}
    assert target.model().description == "ours"


def test_another_past_of_the_same_length_is_another_journal(source, target):
    prove(target, ABC, b"bbb")
    events = source.journal()
    bring(target, events)
    with pytest.raises(JournalDiverged):
        bring(target, rechained(events, 0, actor="eve"))


def test_a_journal_begins_at_its_beginning(source, target):
    with pytest.raises(JournalDiverged):
        bring(target, source.journal()[1:])
    with pytest.raises(Invalid):
        bring(target, [event for event in source.journal() if event["sequence"] != 2])


def test_a_name_that_is_taken_stays_whose_it_is(source, target):
    ours = target.create()
    with pytest.raises(AlreadyExists):
        bring(target, source.journal())
    assert target.model() == ours


def test_a_name_that_the_model_got_later_may_be_taken_as_well(source, target):
    effects = {"table": source.table, "clock": source.clock, "ids": source.ids, "caller": ANA}
    renaming.rename(**effects, ticket=None, name="churn", to="fraud")
    target.create("fraud")
    prove(target, ABC, b"bbb")
    events = source.journal()
    bring(target, events[:-1])
    with pytest.raises(AlreadyExists):
        bring(target, events[-1:])
    assert target.version(1).name == "churn"


def test_a_renamed_model_is_found_under_each_name_and_its_versions_know_the_last(source, target):
    effects = {"table": source.table, "clock": source.clock, "ids": source.ids, "caller": ANA}
    renaming.rename(**effects, ticket=None, name="churn", to="fraud")
    prove(target, ABC, b"bbb")
    events = source.journal()
    bring(target, events[:-1])
    bring(target, events[-1:])
    assert target.model("fraud") == target.model("churn")
    assert [target.version(number, name="fraud").name for number in (1, 2)] == ["fraud", "fraud"]


def test_what_was_imported_is_placed_and_not_told_of(source, target):
    prove(target, ABC, b"bbb")
    bring(target, source.journal())
    target.update(description="ours")
    bus = RecordingBus()
    effects = {"table": target.table, "bus": bus, "clock": target.clock, "ids": target.ids}
    target.clock.advance(days=1)
    assert relaying.relay_late(**effects) == len(target.journal())
    assert [event["type"] for event in bus.published] == ["model.updated"]


def test_two_who_import_at_once_end_with_one_journal(source, target):
    prove(target, ABC, b"bbb")
    events = source.journal()
    target.table.before_write = lambda: bring(target, events)
    assert bring(target, events).sequence == len(events)
    assert target.journal() == events


def test_a_long_journal_is_many_transactions_none_too_large(source, target):
    for number in range(300):
        source.update(1, tags={"turn": str(number)})
    for number in range(3):
        source.ready({f"{number}-{nth}": bytes([number, nth]) for nth in range(40)})
    contents = [bytes([number, nth]) for number in range(3) for nth in range(40)]
    prove(target, ABC, b"bbb", *contents)
    manifests = {
        **FILES,
        **{3 + number: files_of({f"{number}-{nth}": bytes([number, nth]) for nth in range(40)}) for number in range(3)},
    }
    events = source.journal()
    assert bring(target, events, manifests=manifests).sequence == len(events)
    assert max(map(len, target.table.writes)) <= 100
    assert target.model() == source.model()
    assert [target.version(n) for n in range(1, 6)] == [source.version(n) for n in range(1, 6)]


def test_a_request_ends_when_it_was_enough_and_says_how_far_it_came(source, target, monkeypatch):
    monkeypatch.setattr(importing, "MOST_STRETCHES", 1)
    prove(target, ABC, b"bbb")
    for number in range(100):
        source.update(1, tags={"turn": str(number)})
    events = source.journal()
    reached = bring(target, events).sequence
    assert 0 < reached < len(events)
    while reached < len(events):
        further = bring(target, events[reached:]).sequence
        assert further > reached
        reached = further
    assert target.model() == source.model()


def test_a_request_holds_a_bounded_number_of_entries(source, target):
    events = source.journal()
    for some in ([], events * 100):
        with pytest.raises((TooLarge, IndexError)):
            bring(target, some or events[:0])
    with pytest.raises(Invalid, match="ULID"):
        bring(target, [events[0] | {"model": {"id": "churn", "name": "churn"}}])


def test_nothing_that_was_made_up_is_half_written(source, target):
    prove(target, ABC, b"bbb")
    events = source.journal()
    for place, changes in [
        (0, {"after": events[0]["after"] | {"name": 7}}),
        (1, {"version": 3}),
        (1, {"version": None}),
        (3, {"version": 9}),
        (2, {"type": "model.created"}),
        (4, {"after": {"stage": "a b"}}),
    ]:
        with pytest.raises(RegistryError):
            bring(target, rechained(events, place, **changes))
        with pytest.raises(NotFound):
            target.model()
    assert target.table.get([version_key("churn", 1)]) == [None]


def receive(target, files):
    return receiving.receive(table=target.table, blobs=target.blobs, files=files)


def settle(target, files):
    effects = {"table": target.table, "blobs": target.blobs, "clock": target.clock, "ids": target.ids}
    return receiving.settle(**effects, files=files)


def test_blobs_are_asked_for_once_and_proven_when_they_came(target):
    files = files_of({"a": ABC, "b": b"bbb"})
    prove(target, ABC)
    [upload] = receive(target, files).requests
    assert (upload.digest, upload.length) == (digest_of(b"bbb"), 3)
    assert settle(target, files) == [digest_of(b"bbb")]
    target.blobs.store(b"bbb")
    assert receive(target, files).requests == []
    assert settle(target, files) == []
    target.blobs.stored.clear()
    assert settle(target, files) == []


def test_a_blob_is_named_once_and_not_too_many_are(target):
    with pytest.raises(Invalid):
        receive(target, files_of({"a": ABC, "b": ABC}))
    with pytest.raises(TooLarge):
        settle(target, [])
