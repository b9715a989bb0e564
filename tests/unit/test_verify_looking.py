"""How long a call of verify looks into files, and that what it looks with is the inspection of the registry."""

from datetime import timedelta

import pytest

from functions.triggers import FUNCTIONS
from functions.verify import looking
from functions.verify.handler import handler
from modelyard.domain.findings import Verdict
from modelyard.settings import Limits
from modelyard.wiring import Ports
from tests.unit.fakes import RecordingBus, RecordingTopic
from tests.unit.registry import open_registry


class Context:
    """What Lambda tells of a call: how much time is left of it."""

    def __init__(self, seconds):
        self.seconds = seconds

    def get_remaining_time_in_millis(self):
        return self.seconds * 1000


@pytest.mark.parametrize(
    ("context", "seconds"),
    [(None, 200), (object(), 200), (Context(900), 200), (Context(250), 100), (Context(10), -140)],
)
def test_a_round_takes_what_a_call_has_left_for_it(context, seconds):
    assert looking._room(context).time == timedelta(seconds=seconds)


def test_a_round_and_its_last_files_end_before_the_sweep_drives_the_version_and_the_call_is_over():
    assert looking.ROUND.total_seconds() + looking.LONGEST_LOOK <= 300
    assert looking.MARGIN.total_seconds() > looking.LONGEST_LOOK
    assert timedelta(seconds=FUNCTIONS["verify"].seconds) > looking.ROUND + looking.MARGIN


def test_files_are_looked_at_as_everywhere():
    content = b"cos\nsystem\n(S'echo harmless'\ntR."
    seen = looking._room(None).look(lambda offset, length: content[offset : offset + length], len(content), "a.pkl")
    assert seen.verdict is Verdict.MALICIOUS


def test_a_version_whose_inspection_takes_several_calls_is_ready_after_the_last(tmp_path):
    with open_registry(tmp_path) as registry:
        registry.create()
        for number in range(10):
            registry.blobs.store(b"%d" % number)
        registry.register({f"{number}.bin": b"%d" % number for number in range(10)})
        registry.complete()
        ports = Ports(
            registry.table, registry.blobs, RecordingBus(), RecordingTopic(), registry.clock, registry.ids, Limits()
        )
        detail = {"correlation_id": "request-1", "model": {"id": "churn"}, "version": 1}
        states = [handler({"source": "modelyard", "detail": detail}, Context(10), ports)["state"] for _ in range(3)]
        assert states == ["verifying", "verifying", "ready"]
        reasons = [event["reason"] for event in registry.journal() if event["type"] == "version.redriven"]
        assert reasons == ["inspection goes on: 4 of 10 files", "inspection goes on: 8 of 10 files"]
