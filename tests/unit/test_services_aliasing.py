"""Aliasing: by compare-and-set, on versions that are ready when the move is written, told to both versions."""

import pytest

from modelyard.domain.aliases import Alias
from modelyard.domain.errors import (
    AliasMoved,
    Conflict,
    Contended,
    Invalid,
    KeyReused,
    NotFound,
    TooLarge,
    VersionNotReady,
)
from modelyard.domain.names import parse_reference
from modelyard.domain.tickets import Ticket
from modelyard.domain.version import State
from modelyard.services import finding
from tests.unit.registry import open_registry

TICKET = Ticket("t" * 64, "f" * 64)


@pytest.fixture
def registry(tmp_path):
    with open_registry(tmp_path) as opened:
        opened.create()
        for number in range(3):
            opened.ready({"a": b"%d" % number})
        yield opened


def aliases_of(registry):
    """Each version's own aliases, and the model's, which must agree."""
    model = registry.model()
    found = {number: registry.version(number).aliases for number in (1, 2, 3)}
    for number, names in found.items():
        assert names == tuple(sorted(name for name, stands in model.aliases.items() if stands[0] == number))
    return found


def resolved(registry, text):
    version, _ = finding.resolve(table=registry.table, blobs=registry.blobs, reference=parse_reference(text))
    return version.number


def last(registry, count):
    return [(event["type"], event["version"], event["before"], event["after"]) for event in registry.journal()[-count:]]


def stands(number, *previous):
    return {"alias": "champion", "version": number, "previous": list(previous)}


def test_an_alias_stands_for_a_ready_version_and_both_know(registry):
    assert registry.alias("champion", 2, comment="best so far") == Alias("champion", 2, ())
    assert aliases_of(registry) == {1: (), 2: ("champion",), 3: ()}
    assert resolved(registry, "churn@champion") == 2
    event = registry.journal()[-1]
    assert (event["type"], event["version"], event["digest"]) == ("alias.set", 2, registry.version(2).digest)
    assert (event["before"], event["after"], event["reason"]) == (stands(None), stands(2), "best so far")
    assert registry.version(2).revision == event["sequence"]


def test_a_move_is_one_transaction_and_an_entry_for_each_of_both_versions(registry):
    registry.alias("champion", 1)
    registry.alias("challenger", 1)
    writes = len(registry.table.writes)
    assert registry.alias("champion", 2, expected=1) == Alias("champion", 2, (1,))
    assert len(registry.table.writes) == writes + 1
    assert aliases_of(registry) == {1: ("challenger",), 2: ("champion",), 3: ()}
    assert last(registry, 2) == [
        ("alias.set", 2, stands(1), stands(2, 1)),
        ("alias.replaced", 1, stands(1), stands(2, 1)),
    ]
    sequence = registry.model().sequence
    assert [registry.version(number).revision for number in (2, 1)] == [sequence - 1, sequence]
    assert registry.journal()[-1]["reason"] == "taken by churn/2"


def test_one_that_expects_another_is_refused_and_nothing_is_written(registry):
    registry.alias("champion", 1)
    writes = len(registry.table.writes)
    for expected in (2, None):
        with pytest.raises(AliasMoved) as refusal:
            registry.alias("champion", 3, expected=expected)
        assert refusal.value.facts == {"actual": 1}
    with pytest.raises(AliasMoved):
        registry.roll_back("champion", expected=2)
    with pytest.raises(AliasMoved):
        registry.unalias("champion", expected=None)
    with pytest.raises(AliasMoved):
        registry.alias("other", 3, expected=1)
    assert len(registry.table.writes) == writes
    registry.alias("other", 3, expected=None)


def test_who_loses_the_race_is_told_whom_it_stands_for_now(registry):
    registry.alias("champion", 1)
    registry.table.before_write = lambda: registry.alias("champion", 3, expected=1)
    with pytest.raises(AliasMoved) as refusal:
        registry.alias("champion", 2, expected=1)
    assert refusal.value.facts == {"actual": 3}
    assert aliases_of(registry) == {1: (), 2: (), 3: ("champion",)}


def test_a_rollback_goes_back_step_by_step(registry):
    for number in (1, 2, 3):
        registry.alias("champion", number)
    assert registry.roll_back("champion", expected=3) == Alias("champion", 2, (1,))
    assert registry.roll_back("champion") == Alias("champion", 1, ())
    assert aliases_of(registry) == {1: ("champion",), 2: (), 3: ()}
    assert last(registry, 2) == [
        ("alias.set", 1, stands(2, 1), stands(1)),
        ("alias.replaced", 2, stands(2, 1), stands(1)),
    ]
    with pytest.raises(Conflict):
        registry.roll_back("champion")


def test_a_removed_alias_forgets_and_can_be_set_anew(registry):
    registry.alias("champion", 1)
    registry.alias("champion", 2)
    assert registry.unalias("champion") == Alias("champion", None, ())
    assert aliases_of(registry) == {1: (), 2: (), 3: ()}
    assert last(registry, 1) == [("alias.removed", 2, stands(2, 1), stands(None))]
    with pytest.raises(NotFound):
        resolved(registry, "churn@champion")
    assert registry.alias("champion", 1, expected=None) == Alias("champion", 1, ())


@pytest.mark.parametrize("act", ["roll_back", "unalias"])
def test_what_is_not_there_cannot_be_moved_back_or_removed(registry, act):
    with pytest.raises(NotFound) as refusal:
        getattr(registry, act)("champion")
    assert refusal.value.field == "alias"
    with pytest.raises(NotFound):
        getattr(registry, act)("champion", name="other")


def test_setting_it_where_it_stands_is_no_entry(registry):
    registry.alias("champion", 1)
    entries = len(registry.journal())
    assert registry.alias("champion", 1, expected=1) == Alias("champion", 1, ())
    assert len(registry.journal()) == entries


@pytest.mark.parametrize(("name", "number"), [("churn", 9), ("other", 1), ("churn", 10**10 - 1)])
def test_an_alias_for_what_is_not_there_is_refused(registry, name, number):
    with pytest.raises(NotFound):
        registry.alias("champion", number, name=name)


@pytest.mark.parametrize("number", [0, -1, 10**10, 10**400])
def test_a_number_that_no_version_can_have_is_refused_before_anything_is_read(registry, number):
    gets = registry.table.gets
    with pytest.raises(Invalid):
        registry.alias("champion", number)
    assert registry.table.gets == gets


def test_a_version_that_is_not_ready_gets_no_alias(registry):
    registry.register()
    with pytest.raises(VersionNotReady) as refusal:
        registry.alias("champion", 4)
    assert refusal.value.facts["state"] == "uploading"


def test_a_version_that_is_rejected_meanwhile_gets_no_alias(registry):
    registry.challenge(2)
    registry.blobs.stored.clear()
    registry.table.before_write = lambda: registry.prove(2)
    with pytest.raises(VersionNotReady):
        registry.alias("champion", 2)
    assert aliases_of(registry) == {1: (), 2: (), 3: ()}


def test_a_version_that_turns_out_wrong_keeps_its_alias_and_says_so(registry):
    registry.alias("champion", 2)
    registry.challenge(2)
    registry.blobs.stored.clear()
    assert registry.prove(2).state is State.REJECTED
    assert aliases_of(registry) == {1: (), 2: ("champion",), 3: ()}
    assert registry.journal()[-1]["after"]["aliases"] == ["champion"]
    with pytest.raises(VersionNotReady):
        resolved(registry, "churn@champion")
    registry.alias("champion", 3, expected=2)
    assert resolved(registry, "churn@champion") == 3


def test_a_rollback_to_a_version_that_cannot_be_used_is_refused(registry):
    registry.alias("champion", 1)
    registry.alias("champion", 2)
    registry.challenge(1)
    registry.blobs.stored.clear()
    registry.prove(1)
    with pytest.raises(VersionNotReady):
        registry.roll_back("champion")
    assert resolved(registry, "churn@champion") == 2


def test_latest_is_the_newest_ready_version_and_no_alias(registry):
    registry.register()
    assert resolved(registry, "churn@latest") == resolved(registry, "churn@LATEST") == 3
    with pytest.raises(Invalid):
        registry.alias("latest", 1)
    with pytest.raises(Invalid):
        registry.unalias("latest")


def test_an_alias_survives_whatever_else_happens_to_its_version(registry):
    registry.alias("champion", 2)
    registry.promote(2)
    registry.update(2, description="good")
    registry.challenge(2)
    registry.prove(2)
    assert aliases_of(registry) == {1: (), 2: ("champion",), 3: ()}


def test_a_repeat_under_a_key_gets_the_first_answer_and_moves_nothing(registry):
    first = registry.alias("champion", 1, ticket=TICKET)
    registry.alias("champion", 2)
    assert registry.alias("champion", 1, ticket=TICKET) == first
    assert resolved(registry, "churn@champion") == 2
    with pytest.raises(KeyReused):
        registry.alias("champion", 3, ticket=Ticket(TICKET.id, "g" * 64))
    back, gone = (Ticket(letter * 64, "f" * 64) for letter in "bc")
    assert registry.roll_back("champion", ticket=back) == registry.roll_back("champion", ticket=back)
    assert registry.unalias("champion", ticket=gone) == registry.unalias("champion", ticket=gone)
    assert registry.alias("champion", 1, ticket=TICKET) == first
    assert registry.model().aliases == {}


def test_the_hundred_and_first_alias_is_too_much(registry):
    for number in range(100):
        registry.alias(f"a{number}", 1)
    with pytest.raises(TooLarge):
        registry.alias("one-more", 1)
    assert len(registry.version(1).aliases) == 100


def test_an_alias_that_others_keep_overtaking_gives_up(registry):
    registry.table.met = 100
    with pytest.raises(Contended):
        registry.alias("champion", 1)
    registry.table.met = 0
    assert registry.model().aliases == {}


def test_an_alias_is_set_by_the_models_id_as_well(registry):
    registry.alias("champion", 1, name=registry.model().id)
    assert resolved(registry, f"{registry.model().id}@champion") == 1
