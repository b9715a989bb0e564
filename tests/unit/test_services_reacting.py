"""Relaying, sweeping and announcing: what happens without anybody asking."""

import json

import pytest

from modelyard.catalogue.keys import ENTRY_PREFIX, FEED_HEAD, partition
from modelyard.domain.errors import Contended
from modelyard.domain.journal import find_break
from modelyard.domain.version import State
from modelyard.ports import PublishFailed, Put
from modelyard.services import finding, relaying, sweeping
from modelyard.services.announcing import announce, sentence
from tests.unit.fakes import RecordingBus, RecordingTopic
from tests.unit.registry import open_registry


@pytest.fixture
def registry(tmp_path):
    with open_registry(tmp_path) as opened:
        opened.create()
        yield opened


def places(registry, name="churn"):
    items = registry.table.query(partition(name), prefix=ENTRY_PREFIX, limit=1000).items
    return [tuple(item.key) for item in items]


def relay(registry, bus, some):
    return relaying.relay(table=registry.table, bus=bus, clock=registry.clock, ids=registry.ids, places=some)


def feed(registry):
    return finding.read_feed(table=registry.table, after=0, limit=1000)


def test_people_hear_loudly_of_what_served_and_is_out_of_use():
    event = {
        "type": "version.quarantined",
        "model": {"name": "churn"},
        "version": 3,
        "actor": "modelyard:verify",
        "reason": "an inspection found what a person must judge",
        "before": {"state": "ready", "stage": "production"},
        "after": {"state": "quarantined", "aliases": ["champion"]},
    }
    assert sentence(event) == (
        "ALERT: churn/3, which stood in production, is quarantined (was ready), by modelyard:verify: "
        "an inspection found what a person must judge; churn@champion still stands for it"
    )
    topic = RecordingTopic()
    announce(topic=topic, event=event)
    ((_, _, attributes),) = topic.announced
    assert attributes["stage"] == "production"


def test_entries_are_placed_and_published_in_order(registry):
    registry.ready()
    bus = RecordingBus()
    assert relay(registry, bus, places(registry)) == 4
    assert [event["sequence"] for event in bus.published] == [1, 2, 3, 4]
    assert find_break(bus.published) is None
    assert [(entry.position, entry.sequence) for entry in feed(registry)] == [(1, 1), (2, 2), (3, 3), (4, 4)]


def test_a_batch_that_comes_again_is_published_again_in_the_same_places(registry):
    registry.register()
    bus = RecordingBus()
    for _ in range(3):
        relay(registry, bus, places(registry))
    assert [event["id"] for event in bus.published] == [event["id"] for event in bus.published[:2]] * 3
    assert [entry.position for entry in feed(registry)] == [1, 2]


def test_a_place_that_comes_twice_in_a_batch_is_published_once(registry):
    bus = RecordingBus()
    assert relay(registry, bus, places(registry) * 3) == 1
    assert len(bus.published) == 1


def test_a_batch_partly_placed_is_placed_to_its_end(registry):
    for _ in range(4):
        registry.register()
    bus = RecordingBus()
    relay(registry, bus, places(registry)[1:3])
    relay(registry, bus, places(registry))
    assert sorted(entry.position for entry in feed(registry)) == [1, 2, 3, 4, 5]
    assert {entry.sequence: entry.position for entry in feed(registry)} == {2: 1, 3: 2, 1: 3, 4: 4, 5: 5}


def test_two_relays_at_once_give_no_place_twice(registry):
    registry.create("other")
    registry.register()
    bus = RecordingBus()
    registry.table.before_write = lambda: relay(registry, bus, places(registry, "other"))
    relay(registry, bus, places(registry))
    registry.table.before_write = lambda: relay(registry, bus, places(registry))
    registry.register()
    relay(registry, bus, places(registry))
    assert [entry.position for entry in feed(registry)] == [1, 2, 3, 4]
    assert len({(entry.home, entry.sequence) for entry in feed(registry)}) == 4


def test_an_entry_that_is_placed_between_two_readings_keeps_its_place(registry):
    """DynamoDB may answer two keys of one read as of two moments: here the entry first, as it was, then the head."""
    registry.register()
    bus, get = RecordingBus(), registry.table.get

    def torn(keys):
        if FEED_HEAD not in keys:
            return get(keys)
        registry.table.get = get
        old = get(keys)
        relay(registry, bus, places(registry))
        return [*get(keys)[:1], *old[1:]]

    registry.table.get = torn
    relay(registry, bus, places(registry))
    assert [(entry.position, entry.sequence) for entry in feed(registry)] == [(1, 1), (2, 2)]
    assert registry.table.get([FEED_HEAD])[0].fields == {"position": 2}


def test_a_relay_raises_when_the_bus_takes_not_everything(registry):
    class Refusing(RecordingBus):
        def publish(self, events):
            raise PublishFailed([event["id"] for event in events])

    with pytest.raises(PublishFailed):
        relay(registry, Refusing(), places(registry))
    bus = RecordingBus()
    relay(registry, bus, places(registry))
    assert [entry.position for entry in feed(registry)] == [1]
    assert len(bus.published) == 1


def test_an_entry_that_is_not_there_is_no_reason_to_go_on(registry):
    bus = RecordingBus()
    with pytest.raises(LookupError, match="which is not there"):
        relay(registry, bus, [*places(registry), ("MODEL#churn", "ENTRY#000000000099")])
    assert bus.published == []
    assert registry.table.get([FEED_HEAD]) == [None]


def test_a_relay_that_others_keep_overtaking_raises(registry):
    registry.table.met = 100
    with pytest.raises(Contended):
        relay(registry, RecordingBus(), places(registry))


def test_a_relay_of_nothing_writes_nothing(registry):
    writes = len(registry.table.writes)
    assert relay(registry, RecordingBus(), []) == 0
    assert len(registry.table.writes) == writes


def test_uploads_that_nobody_finished_are_given_up_and_the_journal_says_so(registry):
    registry.register()
    registry.register({"b": b"b"})
    registry.clock.advance(days=6)
    assert registry.sweep() == sweeping.Swept(expired=0, redriven=0)
    registry.clock.advance(days=2)
    assert registry.sweep() == sweeping.Swept(expired=2, redriven=0)
    assert registry.sweep() == sweeping.Swept(expired=0, redriven=0)
    expired = registry.version()
    assert (expired.state, expired.refusal, expired.deadline) == (State.REJECTED, ("upload_expired",), None)
    event = registry.journal()[-1]
    assert (event["type"], event["before"]) == ("version.expired", {"state": "uploading"})
    assert event["after"] == {"state": "rejected", "refusal": ["upload_expired"]}


def test_a_version_without_a_verdict_is_driven_again_and_again_at_longer_and_longer_waits(registry):
    registry.register()
    registry.blobs.store(b"abc")
    registry.complete()
    waits = []
    for _ in range(12):
        registry.clock.moment = registry.version().deadline
        registry.clock.advance(seconds=1)
        assert registry.sweep() == sweeping.Swept(expired=0, redriven=1)
        waits.append(registry.version().deadline - registry.clock.now())
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (sweeping.SHORTEST_WAIT, sweeping.LONGEST_WAIT)
    assert registry.version().state is State.VERIFYING
    assert registry.journal()[-1]["type"] == "version.redriven"
    assert registry.journal()[-1]["reason"].startswith("no verdict by 2026-")
    assert registry.prove().state is State.READY


def test_an_unanswered_question_for_proof_is_asked_again(registry):
    registry.ready()
    registry.challenge()
    registry.clock.advance(minutes=21)
    assert registry.sweep().redriven == 1
    assert registry.version().challenged is not None
    assert registry.prove().proof == "bytes"
    registry.clock.advance(days=30)
    assert registry.sweep() == sweeping.Swept(expired=0, redriven=0)


def test_who_finished_while_the_sweep_looked_is_left_alone(registry):
    registry.register()
    registry.blobs.store(b"abc")
    registry.complete()
    registry.clock.advance(hours=2)
    registry.table.before_write = registry.prove
    assert registry.sweep() == sweeping.Swept(expired=0, redriven=0)
    assert registry.version().state is State.READY


def test_one_version_that_cannot_be_swept_keeps_nobody_behind_it_waiting(registry):
    registry.register()
    registry.clock.advance(minutes=1)
    registry.register({"b": b"b"})
    registry.clock.advance(days=8)
    write = registry.table.write

    def poisoned(writes):
        if any(isinstance(each, Put) and each.item.key.sk.endswith("VERSION#0000000001") for each in writes):
            raise RuntimeError("poison")
        write(writes)

    registry.table.write = poisoned
    with pytest.raises(ExceptionGroup) as failures:
        registry.sweep()
    assert [str(failure) for failure in failures.value.exceptions] == ["poison"]
    assert (registry.version(1).state, registry.version(2).state) == (State.UPLOADING, State.REJECTED)


def test_a_version_that_is_gone_is_no_reason_to_stop(registry):
    registry.register()
    registry.clock.advance(days=8)
    get = registry.table.get
    registry.table.get = lambda keys: [None for _ in get(keys)]
    assert registry.sweep() == sweeping.Swept(expired=0, redriven=0)


def event(kind, before, after, reason=""):
    model = {"id": "ID", "name": "churn"}
    return {
        "id": "ID-7",
        "type": kind,
        "model": model,
        "version": 3,
        "before": before,
        "after": after,
        "actor": "ana",
        "reason": reason,
    }


PROMOTED = event("version.promoted", {"stage": "staging"}, {"stage": "production"}, "beats v0")
REJECTED = event("version.rejected", {"state": "verifying"}, {"state": "rejected", "refusal": ["missing: a"]})


def test_people_are_told_in_a_sentence():
    assert sentence(PROMOTED) == "churn/3 is production (was staging), by ana: beats v0"
    assert sentence(REJECTED) == "churn/3 is rejected (was verifying), by ana"


def test_a_message_carries_the_whole_event_and_what_to_filter_by():
    topic = RecordingTopic()
    announce(topic=topic, event=PROMOTED)
    announce(topic=topic, event=REJECTED)
    (subject, message, attributes), (_, _, others) = topic.announced
    assert (subject, json.loads(message)) == (sentence(PROMOTED), PROMOTED)
    assert attributes == {"type": "version.promoted", "model": "churn", "stage": "production"}
    assert others == {"type": "version.rejected", "model": "churn"}
