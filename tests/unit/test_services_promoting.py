"""Promoting: moves between stages, decided on facts that are still so when the move is written."""

import pytest

from modelyard.domain.errors import (
    Contended,
    Invalid,
    KeyReused,
    NotFound,
    PreconditionFailed,
    TooLarge,
    TransitionRefused,
)
from modelyard.domain.stages import MOST_STANDING
from modelyard.domain.tickets import Ticket
from modelyard.domain.version import State
from tests.unit.registry import open_registry

TICKET = Ticket("t" * 64, "f" * 64)


@pytest.fixture
def registry(tmp_path):
    with open_registry(tmp_path) as opened:
        opened.create()
        yield opened


def many_ready(registry, count):
    for number in range(count):
        registry.ready({"a": b"%d" % number})


def last_events(registry, count):
    return [(event["type"], event["version"], event["before"], event["after"]) for event in registry.journal()[-count:]]


def test_a_ready_version_moves_and_the_model_knows(registry):
    ready = registry.ready()
    moved = registry.promote(comment="beats v0")
    assert moved == registry.version()
    assert (moved.stage, moved.revision) == ("production", ready.revision + 1)
    assert registry.model().standing == {"production": {1: ready.digest}}
    event = registry.journal()[-1]
    assert (event["type"], event["version"], event["digest"]) == ("version.promoted", 1, ready.digest)
    assert (event["before"], event["after"]) == ({"stage": "development"}, {"stage": "production"})
    assert (event["reason"], event["actor"]) == ("beats v0", "ana")


def test_a_move_to_where_it_stands_is_no_entry(registry):
    ready = registry.ready()
    assert registry.promote(1, "development") == ready
    registry.promote()
    moved = registry.promote(replaces=True)
    assert registry.types().count("version.promoted") == 1
    assert registry.version() == moved


def test_replacing_sends_the_others_to_rest_in_the_same_transaction(registry):
    many_ready(registry, 4)
    for number in (1, 2):
        registry.promote(number)
    registry.promote(3, "staging")
    writes = len(registry.table.writes)
    moved = registry.promote(4, replaces=True)
    assert len(registry.table.writes) == writes + 1
    assert last_events(registry, 3) == [
        ("version.promoted", 4, {"stage": "development"}, {"stage": "production"}),
        ("version.replaced", 1, {"stage": "production"}, {"stage": "archived"}),
        ("version.replaced", 2, {"stage": "production"}, {"stage": "archived"}),
    ]
    assert [registry.version(number).stage for number in (1, 2, 3, 4)] == [
        "archived",
        "archived",
        "staging",
        "production",
    ]
    assert registry.version(1).revision == moved.revision + 1
    assert registry.version(2).revision == moved.revision + 2
    assert registry.model().standing == {"production": {4: moved.digest}, "staging": {3: registry.version(3).digest}}
    assert registry.journal()[-1]["reason"] == "replaced by churn/4"
    assert registry.journal()[-1]["digest"] == registry.version(2).digest


def test_one_that_stands_there_already_can_still_replace_the_others(registry):
    many_ready(registry, 2)
    registry.promote(1)
    registry.promote(2)
    registry.promote(2, replaces=True)
    assert list(registry.model().standing["production"]) == [2]
    assert registry.version(1).stage == "archived"


def test_a_full_stage_takes_nobody_but_by_replacing_them_all(registry):
    many_ready(registry, MOST_STANDING + 1)
    for number in range(1, MOST_STANDING + 1):
        registry.promote(number)
    with pytest.raises(TransitionRefused) as refusal:
        registry.promote(MOST_STANDING + 1)
    (unmet,) = [each for each in refusal.value.facts["requirements"] if not each["held"]]
    assert unmet == {"name": "stage_has_room", "held": False, "expected": "fewer than 30 standing", "actual": "30"}
    registry.promote(MOST_STANDING + 1, replaces=True)
    assert list(registry.model().standing["production"]) == [MOST_STANDING + 1]
    assert registry.types().count("version.replaced") == MOST_STANDING


def test_a_refusal_lists_each_requirement_and_changes_nothing(registry):
    registry.register()
    with pytest.raises(TransitionRefused, match="stage_known, version_ready") as refusal:
        registry.promote(1, "elsewhere")
    assert [each["held"] for each in refusal.value.facts["requirements"]] == [False, False, True]
    assert refusal.value.field == "stage"
    assert registry.types() == ["model.created", "version.registered"]


@pytest.mark.parametrize(
    ("how", "kind"),
    [({"stage": "No Stage"}, Invalid), ({"comment": "x" * 2001}, TooLarge), ({"comment": "\0"}, Invalid)],
)
def test_a_request_that_breaks_a_rule_is_refused_before_anything_is_read(registry, how, kind):
    gets = registry.table.gets
    with pytest.raises(kind):
        registry.promote(**how)
    assert registry.table.gets == gets


@pytest.mark.parametrize(("name", "number"), [("churn", 9), ("other", 1)])
def test_what_is_not_there_cannot_move(registry, name, number):
    with pytest.raises(NotFound):
        registry.promote(number, name=name)


def test_a_version_that_is_rejected_meanwhile_does_not_move(registry):
    registry.ready()
    registry.challenge()
    registry.blobs.stored.clear()
    registry.table.before_write = registry.prove
    with pytest.raises(TransitionRefused):
        registry.promote()
    assert registry.version().stage == "development"


def test_a_version_that_is_rejected_between_two_readings_does_not_move(registry):
    """DynamoDB may answer two keys of one read as of two moments: here the version first, as it was, then the model."""
    registry.ready()
    registry.challenge()
    registry.blobs.stored.clear()
    gets = registry.table.get

    def torn(keys):
        registry.table.get = gets
        old = gets(keys)
        registry.prove()
        return [*gets(keys)[:1], *old[1:]]

    registry.table.get = torn
    with pytest.raises(TransitionRefused):
        registry.promote()
    assert (registry.version().state, registry.version().stage) == (State.REJECTED, "development")


def test_two_who_promote_at_once_both_stand_unless_one_replaces(registry):
    many_ready(registry, 2)
    registry.table.before_write = lambda: registry.promote(1)
    registry.promote(2, replaces=True)
    assert list(registry.model().standing["production"]) == [2]
    assert [event[0] for event in last_events(registry, 3)] == [
        "version.promoted",
        "version.promoted",
        "version.replaced",
    ]


def test_a_repeat_under_a_key_gets_the_first_answer_and_moves_nothing(registry):
    registry.ready()
    moved = registry.promote(1, "staging", ticket=TICKET)
    registry.promote(1, "production")
    assert registry.promote(1, "staging", ticket=TICKET) == moved
    assert registry.version().stage == "production"
    with pytest.raises(KeyReused):
        registry.promote(1, "archived", ticket=Ticket(TICKET.id, "g" * 64))


def test_a_repeat_of_what_changed_nothing_still_changes_nothing(registry):
    registry.ready()
    registry.promote(1, "development", ticket=TICKET)
    registry.promote(1, "production")
    assert registry.promote(1, "development", ticket=TICKET).stage == "development"
    assert registry.version().stage == "production"


def test_a_promotion_that_others_keep_overtaking_gives_up(registry):
    registry.ready()
    registry.table.met = 100
    with pytest.raises(Contended):
        registry.promote()
    registry.table.met = 0
    assert registry.version().stage == "development"


def test_a_move_of_another_revision_than_was_seen_is_refused_and_changes_nothing(registry):
    seen = registry.ready()
    registry.promote(1, "staging", expected=seen.revision)
    with pytest.raises(PreconditionFailed):
        registry.promote(1, "production", expected=seen.revision)
    assert registry.version(1).stage == "staging"
