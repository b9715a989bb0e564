"""The function `sweep` as Lambda wakes it."""

from types import SimpleNamespace

import pytest

from functions.sweep.handler import handler
from modelyard.services.relaying import LATE
from tests.unit.fakes import RecordingBus
from tests.unit.registry import WEEK, open_registry


@pytest.fixture
def world(tmp_path):
    with open_registry(tmp_path) as registry:
        registry.create()
        registry.register()
        yield SimpleNamespace(
            table=registry.table, blobs=registry.blobs, bus=RecordingBus(), clock=registry.clock, ids=registry.ids
        )


def test_a_round_gives_up_what_nobody_finished_and_publishes_what_was_missed(world):
    world.clock.advance(seconds=WEEK.total_seconds() + 1)
    assert handler({"id": "round-1"}, None, world) == {
        "expired": 1,
        "redriven": 0,
        "purged": {"models": 0, "versions": 0, "blobs": 0},
        "relayed": 2,
    }
    assert [event["type"] for event in world.bus.published] == ["model.created", "version.registered"]


def test_events_that_were_missed_are_published_though_a_version_cannot_be_swept(world):
    world.clock.advance(seconds=WEEK.total_seconds() + LATE.total_seconds())

    def full_disk():
        raise OSError(28, "No space left on device")

    world.table.before_write = full_disk
    with pytest.raises(ExceptionGroup):
        handler({"id": "round-1"}, None, world)
    assert len(world.bus.published) == 2
