"""The embedded bus keeps what it owes, through crashes too, and forgets what it was told to forget."""

import json
import sqlite3

import pytest

from modelyard.adapters.inprocess import LogTopic, QueueBus
from modelyard.ports import PublishFailed

NOW = 1_000.0


def entry(number, kind="version.uploaded", model="churn"):
    return {"id": f"{model}-{number}", "type": kind, "time": "2026-11-23T12:00:00.000Z", "sequence": number}


@pytest.fixture
def open_bus(tmp_path):
    """Opens the same file again and again, as restarts do."""
    opened = []

    def open_bus():
        bus = QueueBus(tmp_path / "dispatch.sqlite3")
        bus.route("proofs", ["version.uploaded", "version.challenged"])
        bus.route("news", ["version.uploaded"])
        opened.append(bus)
        return bus

    yield open_bus
    for bus in opened:
        bus.close()


@pytest.fixture
def bus(open_bus):
    return open_bus()


def bury(bus, event, **more):
    bus.bury(
        function="verify", trigger="proofs", event=event, error="Oops: no", attempts=5, failed_at="2026", **more
    )  # fmt: skip


def test_an_event_is_owed_once_to_every_trigger_of_its_type_however_often_it_is_published(bus):
    bus.publish([entry(1), entry(1)])
    bus.publish([entry(1)])
    for trigger in ("proofs", "news"):
        bus.settle(bus.take(trigger, NOW).number)
        assert bus.take(trigger, NOW) is None
    bus.publish([entry(1)])
    assert bus.take("proofs", NOW) is None


def test_a_function_gets_the_envelope_of_eventbridge(bus):
    bus.publish([entry(1)])
    assert bus.take("proofs", NOW).event == {
        "version": "0",
        "id": "churn-1",
        "detail-type": "version.uploaded",
        "source": "modelyard",
        "account": "000000000000",
        "time": "2026-11-23T12:00:00.000Z",
        "region": "local",
        "resources": [],
        "detail": entry(1),
    }


def test_an_event_that_nobody_waits_for_is_not_kept(bus):
    bus.publish([entry(1, kind="model.created")])
    assert bus.take("proofs", NOW) is None
    assert bus.take("news", NOW) is None


def test_what_was_published_is_owed_after_a_crash(bus, open_bus):
    bus.publish([entry(1), entry(2)])
    bus.take("proofs", NOW)
    again = open_bus()
    assert [again.take("proofs", NOW).event["id"] for _ in range(2)] == ["churn-1", "churn-2"]


def test_a_taken_delivery_is_nobody_elses_until_it_is_put_back(bus):
    bus.publish([entry(1), entry(2)])
    first, second = bus.take("proofs", NOW), bus.take("proofs", NOW)
    assert (first.event["id"], second.event["id"]) == ("churn-1", "churn-2")
    assert bus.take("proofs", NOW) is None
    bus.postpone(first.number, NOW)
    assert bus.take("proofs", NOW).event["id"] == "churn-1"


def test_attempts_are_counted_before_they_begin_so_a_crash_counts(bus, open_bus):
    bus.publish([entry(1)])
    assert bus.take("proofs", NOW).attempts == 1
    assert open_bus().take("proofs", NOW).attempts == 2


def test_a_postponed_delivery_says_when_it_is_due(bus):
    bus.publish([entry(1)])
    bus.postpone(bus.take("proofs", NOW).number, NOW + 4)
    assert bus.take("proofs", NOW) == NOW + 4
    assert bus.take("proofs", NOW + 4).attempts == 2


def test_a_dead_letter_holds_all_that_a_person_needs(bus):
    bus.publish([entry(1)])
    taken = bus.take("proofs", NOW)
    bury(bus, taken.event, delivery=taken.number)
    assert bus.take("proofs", NOW) is None
    assert bus.letters(0, 10) == [
        {
            "id": 1,
            "function": "verify",
            "trigger": "proofs",
            "event": taken.event,
            "error": "Oops: no",
            "attempts": 5,
            "failed_at": "2026",
        }
    ]


def test_giving_up_a_place_in_the_journal_moves_its_reader_on_in_the_same_step(bus, open_bus):
    bury(bus, {"Records": []}, cursor=7)
    again = open_bus()
    assert (again.cursor("proofs"), len(again.letters(0, 10))) == (7, 1)


def test_a_letter_that_could_not_be_kept_leaves_the_delivery_owed(bus, tmp_path):
    bus.publish([entry(1)])
    taken = bus.take("proofs", NOW)
    with sqlite3.connect(tmp_path / "dispatch.sqlite3") as other:
        other.execute("DROP TABLE letters")
    other.close()
    with pytest.raises(sqlite3.Error):
        bury(bus, taken.event, delivery=taken.number)
    assert bus.take("proofs", NOW).event == taken.event


def test_a_revived_letter_is_owed_again_from_the_first_attempt(bus):
    bus.publish([entry(1)])
    taken = bus.take("proofs", NOW)
    bury(bus, taken.event, delivery=taken.number)
    assert bus.revive(1)
    again = bus.take("proofs", NOW)
    assert (again.event, again.attempts) == (taken.event, 1)
    assert bus.letters(0, 10) == []


def test_a_revived_piece_of_the_journal_is_owed_to_its_trigger(bus):
    bury(bus, {"Records": [1]})
    bury(bus, {"Records": [2]})
    assert bus.revive(2)
    assert bus.take("proofs", NOW).event == {"Records": [2]}


def test_no_letter_is_revived_twice(bus):
    bury(bus, entry(1))
    assert bus.revive(1)
    assert not bus.revive(1)


def test_letters_are_listed_from_the_oldest_a_page_at_a_time(bus):
    for number in range(5):
        bury(bus, entry(number))
    assert [letter["id"] for letter in bus.letters(0, 3)] == [1, 2, 3]
    assert [letter["id"] for letter in bus.letters(3, 3)] == [4, 5]


def test_a_readers_place_outlives_the_process(bus, open_bus):
    assert bus.cursor("journal") == 0
    bus.advance("journal", 41)
    bus.advance("journal", 42)
    assert open_bus().cursor("journal") == 42


def test_forgetting_keeps_what_is_owed_and_the_last_that_was_done(bus):
    bus.publish([entry(number) for number in range(10)])
    for _ in range(9):
        bus.settle(bus.take("proofs", NOW).number)
    bus.forget(kept=4)
    bus.publish([entry(0), entry(8)])
    assert [bus.take("proofs", NOW).event["id"] for _ in range(2)] == ["churn-9", "churn-0"]
    assert bus.take("proofs", NOW) is None


def test_whoever_listens_is_told_which_trigger_has_work(bus):
    told = []
    bus.listen(told.append)
    bus.publish([entry(1), entry(2, kind="model.created"), entry(3)])
    bus.queue("rounds", {"id": "r-1"}, attempts=1, due=NOW)
    assert told == ["proofs", "news", "rounds"]


def test_a_queued_event_keeps_the_attempts_it_already_had(bus):
    bus.queue("rounds", {"id": "r-1"}, attempts=1, due=NOW + 1)
    assert bus.take("rounds", NOW) == NOW + 1
    assert bus.take("rounds", NOW + 1).attempts == 2


def test_a_bus_that_cannot_write_names_every_event(bus, open_bus):
    broken = open_bus()
    broken.close()
    with pytest.raises(PublishFailed) as failure:
        broken.publish([entry(1), entry(2, kind="model.created")])
    assert failure.value.ids == ("churn-1", "churn-2")


def test_an_announcement_is_one_line_of_the_log(caplog):
    caplog.set_level("INFO")
    LogTopic().announce("churn/1 is production: fine\nERROR forged\x1b[2J", json.dumps({}), {})
    assert [record.getMessage() for record in caplog.records] == [
        "churn/1 is production: fine ERROR forged [2J"
    ]  # fmt: skip
