"""The journal reaches its function in order, nothing is skipped silently, and a poisonous entry holds up nobody."""

import time

import pytest

from functions.triggers import JournalStream, Trigger
from modelyard.adapters.inprocess import QueueBus
from modelyard.adapters.sqlite import SqliteTable
from modelyard.catalogue.shape import SHAPE
from modelyard.ports import Expect, Item, Key, Put
from modelyard.serve import sources
from modelyard.serve.reactions import Reaction, World
from modelyard.serve.sources import POLL, Following
from tests.unit.fakes import CountedIds, StillClock

TRIGGER = Trigger("journal", "relay", JournalStream(batch=4), retries=2)


class Relay:
    """Notes the entries of each call, and refuses batches that hold a poisonous one, or as often as it is told."""

    def __init__(self):
        self.calls, self.poison, self.failures = [], set(), 0

    def __call__(self, event, context):
        names = [record["dynamodb"]["Keys"]["sk"]["S"] for record in event["Records"]]
        self.calls.append(names)
        if self.failures:
            self.failures -= 1
            raise ConnectionError("not now")
        if self.poison & set(names):
            raise ValueError("cannot read that")

    @property
    def handled(self):
        return [name for call in self.calls if not self.poison & set(call) for name in call]


class Quick:
    """A stop signal on which nobody waits: `waits` keeps how long each wait would have been."""

    def __init__(self):
        self.waits, self.stopped = [], False

    def wait(self, seconds):
        self.waits.append(seconds)
        return self.stopped

    def is_set(self):
        return self.stopped


class Yard:
    def __init__(self, folder):
        self.folder, self.clock, self.relay = folder, StillClock(), Relay()
        self.table = SqliteTable(folder / "registry.sqlite3", SHAPE, self.clock)
        self.bus = QueueBus(folder / "dispatch.sqlite3")
        self.stopping = Quick()

    def append(self, *numbers):
        for number in numbers:
            key = Key("MODEL#churn", f"ENTRY#{number}")
            self.table.write([Put(Item(key, 1, {"type": "x"}, b"body"), Expect.ABSENT)])

    def follow(self):
        world = World(self.bus, self.clock, CountedIds(), self.stopping)
        return Following(Reaction(TRIGGER, self.relay, world), self.table, 4)

    def letters(self):
        letters = self.bus.letters(0, 100)
        return [letter["event"]["Records"][0]["dynamodb"]["Keys"]["sk"]["S"] for letter in letters]


@pytest.fixture
def yard(tmp_path):
    yard = Yard(tmp_path)
    yield yard
    yard.table.close()
    yard.bus.close()


def run(following):
    while following.step() == 0.0:
        pass


def test_entries_come_in_order_in_batches_and_once(yard):
    yard.append(*range(1, 7))
    following = yard.follow()
    run(following)
    yard.append(7)
    run(following)
    assert yard.relay.calls == [
        ["ENTRY#1", "ENTRY#2", "ENTRY#3", "ENTRY#4"],
        ["ENTRY#5", "ENTRY#6"],
        ["ENTRY#7"],
    ]


def test_a_record_is_shaped_as_dynamodb_streams_shape_it(yard):
    seen = []
    yard.relay = lambda event, context: seen.extend(event["Records"])
    item = Item(
        Key("MODEL#churn", "ENTRY#1"), 3, {"type": "x", "n": 5}, b"\x00\xff", {"feed": Key("F", "1")}, 9_000_000_000
    )
    yard.table.write([Put(item, Expect.ABSENT)])
    run(yard.follow())
    [record] = seen
    assert (record["eventName"], record["eventSource"]) == ("INSERT", "aws:dynamodb")
    assert record["dynamodb"]["Keys"] == {"pk": {"S": "MODEL#churn"}, "sk": {"S": "ENTRY#1"}}
    assert record["dynamodb"]["SequenceNumber"] == "1"
    assert record["dynamodb"]["NewImage"] == {
        "pk": {"S": "MODEL#churn"},
        "sk": {"S": "ENTRY#1"},
        "rev": {"N": "3"},
        "type": {"S": "x"},
        "n": {"N": "5"},
        "data": {"B": "AP8="},
        "expires": {"N": "9000000000"},
        "feed_pk": {"S": "F"},
        "feed_sk": {"S": "1"},
    }


def test_a_restart_goes_on_after_the_last_batch_that_was_handled(yard):
    yard.append(1, 2)
    run(yard.follow())
    yard.append(3)
    run(yard.follow())
    assert yard.relay.handled == ["ENTRY#1", "ENTRY#2", "ENTRY#3"]


def test_a_process_that_ended_before_noting_its_place_hands_the_batch_over_again(yard, monkeypatch):
    yard.append(1)
    monkeypatch.setattr(yard.bus, "advance", lambda *_: (_ for _ in ()).throw(SystemExit))
    with pytest.raises(SystemExit):
        run(yard.follow())
    monkeypatch.undo()
    run(yard.follow())
    assert yard.relay.calls == [["ENTRY#1"], ["ENTRY#1"]]


def test_a_passing_failure_is_tried_again_after_longer_and_longer_waits(yard):
    yard.append(1, 2)
    yard.relay.failures = 2
    following = yard.follow()
    yard.stopping.waits.clear()
    run(following)
    assert yard.relay.calls == [["ENTRY#1", "ENTRY#2"]] * 3
    assert yard.stopping.waits[:2] == [0.05, 0.1]
    assert yard.letters() == []


def test_a_poisonous_entry_becomes_a_dead_letter_and_all_others_are_handled_in_order(yard):
    yard.append(*range(1, 9))
    yard.relay.poison = {"ENTRY#3"}
    run(yard.follow())
    assert yard.relay.handled == [f"ENTRY#{number}" for number in (1, 2, 4, 5, 6, 7, 8)]
    assert yard.letters() == ["ENTRY#3"]


def test_the_log_says_which_entry_was_given_up_and_why(yard, caplog):
    yard.append(1)
    yard.relay.poison = {"ENTRY#1"}
    run(yard.follow())
    [told] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert told == "relay gave up on journal entry MODEL#churn/ENTRY#1, now a dead letter: ValueError: cannot read that"


def test_a_poisonous_entry_is_not_met_again_after_a_restart(yard):
    yard.append(1, 2)
    yard.relay.poison = {"ENTRY#2"}
    run(yard.follow())
    calls = len(yard.relay.calls)
    run(yard.follow())
    assert len(yard.relay.calls) == calls


def test_a_stop_amid_retries_gives_nothing_up_and_skips_nothing(yard):
    yard.append(1, 2)
    yard.relay.failures = 1
    following = yard.follow()
    yard.stopping.stopped = True
    following.step()
    yard.stopping.stopped = False
    assert (yard.letters(), yard.bus.cursor("journal")) == ([], 0)
    run(yard.follow())
    assert yard.relay.handled == ["ENTRY#1", "ENTRY#2"] * 2


def test_a_registry_restored_from_an_older_backup_is_followed_from_its_beginning(yard):
    """Its numbers begin again below the place that was noted, and would be overlooked."""
    yard.append(1, 2)
    yard.bus.advance("journal", 100)
    run(yard.follow())
    assert yard.relay.handled == ["ENTRY#1", "ENTRY#2"]


def test_nothing_new_means_a_rest(yard):
    assert yard.follow().step() == POLL
    assert yard.relay.calls == []


def test_rounds_keep_a_distance_that_grows_with_their_size_unless_the_batch_was_full(yard, monkeypatch):
    moment = [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: moment[0])
    following = yard.follow()
    waits = {}
    for count in (1, 2, 4):
        yard.append(*range(count * 10, count * 10 + count))
        following.step()
        yard.append(count * 100)
        yard.stopping.waits.clear()
        following.step()
        waits[count] = [round(wait, 6) for wait in yard.stopping.waits]
        moment[0] += 60
    assert waits == {1: [sources.PACE], 2: [2 * sources.PACE], 4: []}


def test_no_distance_is_longer_than_the_longest(yard):
    assert yard.follow()._pace(3) == 3 * sources.PACE
    assert Following(yard.follow()._reaction, yard.table, 50)._pace(49) == sources.LONGEST_PACE
