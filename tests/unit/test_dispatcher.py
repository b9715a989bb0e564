"""The dispatcher wakes functions as the trigger table says, tries again, gives up in sight, and stops cleanly."""

import threading
import time
from datetime import timedelta

import pytest

from functions.triggers import BusEvents, Http, JournalStream, Schedule, StorageEvents, Trigger
from modelyard.adapters.inprocess import LogTopic, QueueBus
from modelyard.adapters.sqlite import SqliteTable
from modelyard.catalogue.shape import SHAPE
from modelyard.ports import Expect, Item, Key, Put
from modelyard.serve import dispatcher as module
from modelyard.serve import sources
from modelyard.serve.dispatcher import Dispatcher
from modelyard.serve.loops import Loop
from modelyard.serve.reactions import Reaction, World, wait_after
from modelyard.serve.sources import Arriving, Delivering, Recurring
from modelyard.serve.tidying import GRACE, KEPT, Tidying
from modelyard.settings import Limits
from modelyard.wiring import Ports
from tests.unit.fakes import CountedIds, MemoryBlobs, StillClock

PROOFS = Trigger("proofs", "verify", BusEvents(("version.uploaded",)), retries=2)
ARRIVALS = Trigger("arrivals", "verify", StorageEvents("blobs/"), retries=1)
ROUNDS = Trigger("rounds", "sweep", Schedule(minutes=5), retries=1)
JOURNAL = Trigger("journal", "relay", JournalStream(batch=10), retries=1)
LONG = 20.0
"""Seconds after which a test that waits for another thread has failed."""


class Function:
    """Notes what it is given; fails as often as `failures` says."""

    def __init__(self):
        self.events, self.failures, self.called = [], 0, threading.Condition()

    def __call__(self, event, context):
        with self.called:
            self.events.append(event)
            self.called.notify_all()
        if self.failures:
            self.failures -= 1
            raise ConnectionError("not now")

    def wait_for(self, count):
        with self.called:
            assert self.called.wait_for(lambda: len(self.events) >= count, LONG), "the function was not woken"


class SweptBlobs(MemoryBlobs):
    """Blobs with unfinished uploads, of which it only notes that they were swept."""

    swept = None

    def sweep_uploads(self, older_than):
        self.swept = older_than
        return 0


@pytest.fixture
def ports(tmp_path):
    clock = StillClock()
    table, bus = SqliteTable(tmp_path / "registry.sqlite3", SHAPE, clock), QueueBus(tmp_path / "dispatch.sqlite3")
    yield Ports(table, SweptBlobs(), bus, LogTopic(), clock, CountedIds(), Limits())
    table.close()
    bus.close()


@pytest.fixture
def functions():
    return {"verify": Function(), "relay": Function(), "sweep": Function()}


@pytest.fixture
def dispatch(ports, functions, monkeypatch):
    """Starts a dispatcher that looks at nothing unless it is told to, so that only being woken can explain a call."""
    monkeypatch.setattr(sources, "IDLE", 3600.0)
    monkeypatch.setattr(sources, "POLL", 3600.0)
    running = []

    def dispatch(*triggers):
        dispatcher = Dispatcher(ports, triggers, lambda name, _ports: functions[name])
        dispatcher.start()
        running.append(dispatcher)
        return dispatcher

    yield dispatch
    for dispatcher in running:
        assert dispatcher.stop()


def entry(number=1):
    return {"id": f"churn-{number}", "type": "version.uploaded", "time": "2026-11-23T12:00:00.000Z"}


def reaction(ports, function, trigger):
    return Reaction(trigger, function, World(ports.bus, ports.clock, ports.ids))


def test_a_published_event_wakes_its_function(ports, functions, dispatch):
    dispatch(PROOFS)
    ports.bus.publish([entry()])
    functions["verify"].wait_for(1)
    assert functions["verify"].events[0]["detail"] == entry()


def ignore(_trigger):
    """Nobody else is there to be woken."""


def test_a_backlog_is_shared_by_all_workers_of_its_trigger(ports, functions, dispatch, monkeypatch):
    together = threading.Barrier(module.WORKERS + 1, timeout=LONG)
    monkeypatch.setitem(functions, "verify", lambda _event, _context: together.wait())
    dispatch(PROOFS)
    ports.bus.publish([entry(number) for number in range(module.WORKERS)])
    together.wait()
    assert not together.broken


def test_one_event_wakes_one_worker(ports, functions, dispatch, monkeypatch):
    takers = []
    take = ports.bus.take
    monkeypatch.setattr(ports.bus, "take", lambda *given: takers.append(threading.get_ident()) or take(*given))
    dispatcher = dispatch(PROOFS)
    loops = dispatcher._takers["proofs"]
    while not all(loop.idle for loop in loops):
        time.sleep(0.001)
    takers.clear()
    ports.bus.publish([entry()])
    functions["verify"].wait_for(1)
    while not all(loop.idle for loop in loops):
        time.sleep(0.001)
    assert len(set(takers)) == 1


def test_a_write_wakes_the_relay(ports, functions, dispatch):
    dispatcher = dispatch(JOURNAL)
    ports.table.write([Put(Item(Key("MODEL#churn", "ENTRY#1"), 1), Expect.ABSENT)])
    dispatcher.written()
    functions["relay"].wait_for(1)


def test_a_stored_blob_wakes_its_function_and_anything_else_does_not(functions, dispatch):
    dispatcher = dispatch(ARRIVALS)
    dispatcher.stored("other/thing", 3)
    dispatcher.stored("blobs/sha256/ab", 5)
    functions["verify"].wait_for(1)
    [event] = functions["verify"].events
    assert (event["source"], event["detail-type"]) == ("aws.s3", "Object Created")
    assert event["detail"]["object"] == {"key": "blobs/sha256/ab", "size": 5}


def test_a_schedule_has_its_first_round_soon_after_the_start(functions, dispatch, monkeypatch):
    monkeypatch.setattr(sources, "SETTLE", 0.0)
    dispatch(ROUNDS)
    functions["sweep"].wait_for(1)
    event = functions["sweep"].events[0]
    assert (event["source"], event["detail-type"], event["detail"]) == ("aws.events", "Scheduled Event", {})


def test_a_schedule_rests_until_its_next_round(ports, functions, monkeypatch):
    moment = [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: moment[0])
    rounds = Recurring(reaction(ports, functions["sweep"], ROUNDS), 300.0)
    rests = [rounds.step()]
    moment[0] += 5
    rests.append(rounds.step())
    moment[0] += 299
    rests.append(rounds.step())
    assert rests == [5.0, 300.0, 1.0]
    assert len(functions["sweep"].events) == 1


def test_requests_are_not_the_dispatchers_concern(dispatch):
    dispatcher = dispatch(Trigger("requests", "api", Http()))
    assert dispatcher.well


def test_a_failing_delivery_is_tried_again_later_and_later_and_then_given_up(ports, functions):
    verify = functions["verify"]
    verify.failures = 99
    ports.bus.route("proofs", ["version.uploaded"])
    ports.bus.publish([entry()])
    delivering = Delivering(reaction(ports, verify, PROOFS), ignore)
    rests = []
    while len(verify.events) < 3:
        rests.append(delivering.step())
        ports.clock.advance(seconds=rests[-1])
    assert delivering.step() == sources.IDLE
    assert rests == [0.0, 1.0, 0.0, 4.0, 0.0]
    [letter] = ports.bus.letters(0, 10)
    assert (letter["function"], letter["trigger"], letter["attempts"]) == ("verify", "proofs", 3)
    assert letter["error"] == "ConnectionError: not now"
    assert letter["event"]["detail"] == entry()
    assert letter["failed_at"] == "2026-11-23T12:00:05.000Z"


def test_an_event_that_ends_the_process_each_time_is_given_up_without_another_try(ports, functions):
    ports.bus.route("proofs", ["version.uploaded"])
    ports.bus.publish([entry()])
    for _ in range(PROOFS.retries + 1):
        number = ports.bus.take("proofs", 0.0).number
        ports.bus.postpone(number, 0.0)
    Delivering(reaction(ports, functions["verify"], PROOFS), ignore).step()
    assert functions["verify"].events == []
    assert ports.bus.letters(0, 10)[0]["error"] == "Died: the process ended each time it was tried"


def test_a_hint_that_fails_is_queued_for_its_retries(ports, functions):
    verify = functions["verify"]
    verify.failures = 1
    react = reaction(ports, verify, ARRIVALS)
    arriving, delivering = Arriving(react, "blobs/"), Delivering(react, ignore)
    arriving.put("blobs/sha256/ab", 5)
    assert [arriving.step(), arriving.step()] == [0.0, sources.IDLE]
    assert delivering.step() == 1.0
    ports.clock.advance(seconds=1)
    assert delivering.step() == 0.0
    assert verify.events[0] == verify.events[1]
    assert (delivering.step(), ports.bus.letters(0, 10)) == (sources.IDLE, [])


def test_an_event_without_retries_is_a_dead_letter_at_once(ports, functions):
    functions["sweep"].failures = 1
    trigger = Trigger("rounds", "sweep", Schedule(5))
    reaction(ports, functions["sweep"], trigger).attempt({"id": "r-1"})
    assert [letter["attempts"] for letter in ports.bus.letters(0, 10)] == [1]


def test_when_too_many_hints_wait_the_oldest_are_dropped(ports, functions, monkeypatch):
    monkeypatch.setattr(sources, "MOST_HINTS", 2)
    arriving = Arriving(reaction(ports, functions["verify"], ARRIVALS), "blobs/")
    for name in "abc":
        arriving.put(f"blobs/{name}", 1)
    while arriving.step() == 0.0:
        pass
    assert [event["detail"]["object"]["key"] for event in functions["verify"].events] == ["blobs/b", "blobs/c"]


@pytest.mark.parametrize("trigger", [PROOFS, ARRIVALS, ROUNDS, JOURNAL], ids=lambda trigger: trigger.name)
def test_a_revived_dead_letter_reaches_its_function_whatever_its_trigger(ports, functions, dispatch, trigger):
    event = {"id": "e-1", "again": True}
    ports.bus.bury(
        function=trigger.function, trigger=trigger.name, event=event, error="", attempts=1, failed_at=""
    )  # fmt: skip
    dispatch(trigger)
    ports.bus.revive(1)
    functions[trigger.function].wait_for(1)
    assert functions[trigger.function].events == [event]


def test_what_was_owed_before_a_restart_is_delivered_after_it(ports, functions, dispatch):
    ports.bus.route("proofs", ["version.uploaded"])
    ports.bus.publish([entry(1)])
    dispatch(PROOFS)
    functions["verify"].wait_for(1)


def test_waits_between_attempts_grow_to_five_minutes():
    assert [wait_after(attempts) for attempts in range(1, 8)] == [1.0, 4.0, 16.0, 64.0, 256.0, 300.0, 300.0]


def test_it_is_well_only_while_it_runs(dispatch):
    dispatcher = dispatch(PROOFS, JOURNAL)
    assert dispatcher.well
    dispatcher.stop()
    assert not dispatcher.well


def test_it_is_not_well_before_it_runs(ports, functions):
    assert not Dispatcher(ports, (PROOFS,), lambda name, _ports: functions[name]).well


def test_a_step_that_raises_makes_the_loop_unwell_until_one_does_not(monkeypatch, caplog):
    monkeypatch.setattr("modelyard.serve.loops.PAUSE_AFTER_FAULT", 0.0)
    steps, seen, done = iter([OSError("disk full"), None]), [], threading.Event()

    def step():
        outcome = next(steps, "done")
        if outcome == "done":
            seen.append(loop.well)
            done.set()
            return 3600.0
        if outcome:
            raise outcome
        seen.append(loop.well)
        return 0.0

    loop = Loop("proofs", step)
    loop.start()
    assert done.wait(LONG)
    loop.stop()
    assert loop.join(LONG)
    assert seen == [False, True]
    assert "disk full" in caplog.text


def test_a_stop_waits_for_the_function_under_way(ports, functions, dispatch):
    begun, ended = threading.Event(), []

    def slow(event, context):
        begun.set()
        time.sleep(0.2)
        ended.append(event["id"])

    functions["verify"] = slow
    dispatcher = dispatch(PROOFS)
    ports.bus.publish([entry()])
    assert begun.wait(LONG)
    assert dispatcher.stop()
    assert ended == ["churn-1"]
    assert ports.bus.take("proofs", 1e12) is None


def test_a_stop_does_not_wait_for_ever_and_what_was_cut_short_stays_owed(ports, functions, monkeypatch, caplog):
    monkeypatch.setattr(module, "STOP_SECONDS", 0.1)
    begun, go_on = threading.Event(), threading.Event()
    functions["verify"] = lambda event, context: (begun.set(), go_on.wait(LONG))
    dispatcher = Dispatcher(ports, (PROOFS,), lambda name, _ports: functions[name])
    dispatcher.start()
    ports.bus.publish([entry()])
    assert begun.wait(LONG)
    assert not dispatcher.stop()
    assert "still at work" in caplog.text
    monkeypatch.setattr(module, "STOP_SECONDS", LONG)
    go_on.set()
    assert dispatcher.stop()


def test_tidying_drops_what_nobody_needs(ports, tmp_path):
    for number in range(1, 4):
        ports.table.write([Put(Item(Key("MODEL#churn", f"ENTRY#{number}"), 1), Expect.ABSENT)])
    past = int(ports.clock.now().timestamp()) - 1
    ports.table.write([Put(Item(Key("RECEIPT", "old"), 1, expires=past), Expect.ABSENT)])
    ports.bus.advance("journal", 2)
    tidying = Tidying(
        ports.table, ports.bus, ports.blobs, clock=ports.clock, readers=["journal"], kept=timedelta(days=7)
    )  # fmt: skip
    tidying.step()
    assert [number for number, _ in ports.table.changes(0, 10)] == [3]
    assert ports.table.purge_expired(past + 1) == 0
    assert ports.blobs.swept == ports.clock.now() - timedelta(days=7) - GRACE
    assert KEPT > 0
