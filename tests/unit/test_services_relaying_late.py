"""Entries that the stream gave up on are published all the same."""

import pytest

from modelyard.ports import PublishFailed
from modelyard.services.relaying import LATE, relay, relay_late
from tests.unit.fakes import RecordingBus
from tests.unit.registry import open_registry


class DeafBus:
    def publish(self, events):
        raise PublishFailed([event["id"] for event in events])


@pytest.fixture
def registry(tmp_path):
    with open_registry(tmp_path) as opened:
        opened.create()
        opened.register()
        yield opened


def sweep(registry, bus):
    return relay_late(table=registry.table, bus=bus, clock=registry.clock, ids=registry.ids)


def test_an_entry_is_left_to_the_stream_for_a_while(registry):
    assert sweep(registry, RecordingBus()) == 0


def test_entries_that_were_never_published_are_found_and_published_once_in_order(registry):
    bus = RecordingBus()
    registry.clock.advance(seconds=LATE.total_seconds() + 1)
    assert sweep(registry, bus) == 2
    assert [event["sequence"] for event in bus.published] == [1, 2]
    assert sweep(registry, bus) == 0


def test_an_entry_that_the_bus_refused_has_no_place_and_is_found_again(registry):
    """A place in the feed says that an entry was published."""
    places = [("MODEL#churn", "ENTRY#000000000001")]
    with pytest.raises(PublishFailed):
        relay(table=registry.table, bus=DeafBus(), clock=registry.clock, ids=registry.ids, places=places)
    registry.clock.advance(seconds=LATE.total_seconds() + 1)
    bus = RecordingBus()
    sweep(registry, bus)
    assert [event["sequence"] for event in bus.published] == [1, 2]


class PoisonedBus(RecordingBus):
    """Takes no call that holds entry 1."""

    def publish(self, events):
        if any(event["sequence"] == 1 for event in events):
            raise PublishFailed([event["id"] for event in events])
        super().publish(events)


def test_an_entry_that_cannot_be_published_does_not_keep_the_others(registry):
    registry.clock.advance(seconds=LATE.total_seconds() + 1)
    bus = PoisonedBus()
    with pytest.raises(ExceptionGroup) as told:
        sweep(registry, bus)
    assert len(told.value.exceptions) == 1
    assert [event["sequence"] for event in bus.published] == [2]
