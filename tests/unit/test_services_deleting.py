"""Deleting and restoring models and versions."""

from datetime import timedelta

import pytest

from modelyard.domain.deletion import Deletion
from modelyard.domain.errors import (
    AlreadyExists,
    Deleted,
    InUse,
    NotFound,
    PreconditionFailed,
    TooLarge,
    UploadExpired,
)
from modelyard.domain.names import parse_reference
from modelyard.domain.tickets import Ticket
from modelyard.domain.version import State
from modelyard.services import deleting, finding, uploading
from tests.unit.fakes import NOON
from tests.unit.registry import MONTH, open_registry

TICKET = Ticket("t" * 64, "f" * 64)


@pytest.fixture
def registry(tmp_path):
    with open_registry(tmp_path) as opened:
        opened.create()
        yield opened


def last(registry, count=1):
    events = registry.journal()[-count:]
    return [(event["type"], event["version"], event["before"], event["after"], event["reason"]) for event in events]


def resolve(registry, text):
    return finding.resolve(table=registry.table, blobs=registry.blobs, reference=parse_reference(text))[0].number


def versions(registry, **how):
    page = finding.list_versions(table=registry.table, name="churn", stage=None, after=None, limit=100, **how)
    return [version.number for version in page.items]


def models(registry, **how):
    page = finding.list_models(table=registry.table, prefix="", after=None, limit=100, **how)
    return [model.name for model in page.items]


def test_a_deleted_version_is_out_of_use_and_says_until_when_it_can_be_restored(registry):
    ready = registry.ready()
    deleted = registry.delete(1, reason="a wrong split")
    assert deleted == registry.version()
    assert (deleted.state, deleted.stage) == (State.DELETED, "development")
    assert deleted.deleted == Deletion(NOON, NOON + MONTH, "ana", "ready")
    assert (deleted.revision, deleted.digest) == (ready.revision + 1, ready.digest)
    facts = {"state": "ready"}, {"state": "deleted", "purge_at": "2026-12-23T12:00:00.000Z"}
    assert last(registry) == [("version.deleted", 1, *facts, "a wrong split")]
    with pytest.raises(Deleted) as refusal:
        resolve(registry, "churn/1")
    assert refusal.value.detail == "churn/1 is deleted; it can be restored until 2026-12-23T12:00:00.000Z"
    assert refusal.value.facts == {"deleted_at": "2026-11-23T12:00:00.000Z", "purge_at": "2026-12-23T12:00:00.000Z"}


def test_lists_hide_what_is_deleted_unless_it_is_asked_for(registry):
    for _ in range(3):
        registry.ready()
    registry.delete(2)
    registry.create("other")
    registry.delete(name="other")
    assert versions(registry) == [3, 1]
    assert versions(registry, deleted=True) == [3, 2, 1]
    assert models(registry) == ["churn"]
    assert models(registry, deleted=True) == ["churn", "other"]


def test_the_newest_ready_version_is_right_after_each_step(registry):
    for _ in range(3):
        registry.ready()
    registry.delete(3)
    assert (registry.model().newest_ready, resolve(registry, "churn")) == (2, 2)
    registry.delete(1)
    assert registry.model().newest_ready == 2
    registry.delete(2)
    assert registry.model().newest_ready is None
    registry.restore(1)
    registry.prove(1)
    assert registry.model().newest_ready == 1
    registry.restore(3)
    registry.prove(3)
    assert registry.model().newest_ready == 3


def test_a_version_in_use_is_not_deleted_without_saying_so(registry):
    registry.ready()
    registry.promote(1, "staging")
    registry.alias("champion", 1)
    registry.alias("b", 1)
    with pytest.raises(InUse) as refusal:
        registry.delete(1)
    assert refusal.value.facts == {"stages": ["staging"], "aliases": ["b", "champion"]}
    assert refusal.value.detail == (
        "churn/1 is in use: it stands in staging, 'b' stands for it, 'champion' stands for it"
    )
    assert registry.version().state is State.READY


def test_by_force_it_leaves_its_stage_and_its_aliases_in_the_same_transaction(registry):
    registry.ready()
    registry.ready()
    registry.promote(1)
    registry.alias("champion", 2)
    registry.alias("champion", 1)
    before = len(registry.table.writes)
    deleted = registry.delete(1, force=True)
    assert len(registry.table.writes) == before + 1
    assert (deleted.stage, deleted.aliases, deleted.state) == ("archived", (), State.DELETED)
    model = registry.model()
    assert (model.standing, model.aliases) == ({}, {})
    assert [event[:2] for event in last(registry, 3)] == [
        ("version.promoted", 1),
        ("alias.removed", 1),
        ("version.deleted", 1),
    ]
    restored = registry.restore(1)
    assert (restored.stage, restored.aliases) == ("archived", ()), "it does not go back into production by itself"
    for reference in ("churn/production", "churn@champion"):
        with pytest.raises(NotFound):
            resolve(registry, reference)


def test_too_many_aliases_for_one_transaction_are_to_be_taken_away_first(registry, monkeypatch):
    monkeypatch.setattr(deleting, "MOST_ALIASES", 1)
    registry.ready()
    for alias in ("a", "b"):
        registry.alias(alias, 1)
    with pytest.raises(InUse, match="more than 1 aliases"):
        registry.delete(1, force=True)
    registry.unalias("a")
    assert registry.delete(1, force=True).state is State.DELETED


def test_what_was_ready_is_proven_before_it_is_ready_again(registry):
    registry.ready()
    registry.delete(1)
    restored = registry.restore(1)
    assert (restored.state, restored.deleted) == (State.VERIFYING, None)
    before = {"state": "deleted", "purge_at": "2026-12-23T12:00:00.000Z"}
    assert last(registry) == [
        ("version.restored", 1, before, {"state": "verifying", "deadline": "2026-11-23T12:05:00.000Z"}, "")
    ]
    assert registry.prove().state is State.READY


def test_bytes_that_were_lost_meanwhile_do_not_come_back_as_ready(registry):
    registry.ready()
    registry.ready()
    registry.delete(1)
    registry.blobs.stored.clear()
    registry.challenge(2)
    registry.prove(2)
    registry.restore(1)
    assert registry.prove(1).state is State.REJECTED


@pytest.mark.parametrize("state", [State.UPLOADING, State.VERIFYING, State.REJECTED])
def test_any_other_state_comes_back_as_it_was(registry, state):
    registry.register()
    if state is not State.UPLOADING:
        registry.blobs.store(b"abc")
        registry.complete()
    if state is State.REJECTED:
        registry.prove()
        registry.blobs.stored.clear()
        registry.challenge()
        registry.prove()
    before = registry.version()
    assert before.state is state
    registry.delete(1)
    restored = registry.restore(1)
    assert (restored.state, restored.deadline, restored.refusal) == (state, before.deadline, before.refusal)


def test_nothing_happens_to_a_deleted_version_until_it_is_restored(registry):
    registry.ready()
    registry.register()
    registry.challenge(1)
    registry.delete(1)
    registry.delete(2)
    assert registry.prove(1) is None
    registry.clock.advance(days=8)
    assert registry.sweep().expired == registry.sweep().redriven == 0
    registry.restore(2)
    with pytest.raises(UploadExpired):
        registry.complete(2)
    assert registry.sweep().expired == 1


OF_VERSION = {
    "promote": lambda registry: registry.promote(),
    "update": lambda registry: registry.update(1, description="x"),
    "challenge": lambda registry: registry.challenge(),
    "complete": lambda registry: registry.complete(),
    "alias": lambda registry: registry.alias("champion", 1),
    "resolve": lambda registry: resolve(registry, "churn/1"),
    "uploads": lambda registry: uploading.list_uploads(
        table=registry.table, blobs=registry.blobs, clock=registry.clock, name="churn", number=1
    ),
}
OF_MODEL = OF_VERSION | {
    "register": lambda registry: registry.register(),
    "update model": lambda registry: registry.update(owner="x"),
    "rename": lambda registry: registry.rename("x"),
    "delete version": lambda registry: registry.delete(1),
    "restore version": lambda registry: registry.restore(1),
    "resolve newest": lambda registry: resolve(registry, "churn"),
    "resolve stage": lambda registry: resolve(registry, "churn/development"),
}


@pytest.mark.parametrize("name", OF_VERSION)
def test_every_command_on_a_deleted_version_is_refused(registry, name):
    registry.ready()
    registry.delete(1)
    before = registry.types()
    with pytest.raises(Deleted):
        OF_VERSION[name](registry)
    assert registry.types() == before


@pytest.mark.parametrize("name", OF_MODEL)
def test_every_command_on_a_deleted_model_is_refused(registry, name):
    registry.ready()
    registry.delete()
    before = registry.types()
    with pytest.raises(Deleted, match="the model 'churn' is deleted; it can be restored until"):
        OF_MODEL[name](registry)
    assert registry.types() == before


def test_what_is_deleted_can_still_be_looked_at_but_not_fetched(registry):
    registry.ready()
    registry.ready()
    registry.delete(1)
    registry.delete()
    assert registry.model().deleted == Deletion(NOON, NOON + MONTH, "ana")
    assert registry.version(1).state is State.DELETED
    assert registry.version(2).state is State.READY
    assert versions(registry) == [2]
    for number in (1, 2):
        links = finding.list_files(table=registry.table, blobs=registry.blobs, name="churn", number=number, page=0)
        assert [link for _, link in links.files] == [None]
    assert registry.types()[-1] == "model.deleted"


def test_a_deleted_model_comes_back_as_it_was(registry):
    registry.ready()
    registry.promote()
    registry.alias("champion", 1)
    with pytest.raises(InUse) as refusal:
        registry.delete()
    assert refusal.value.facts == {"stages": {"production": [1]}, "aliases": ["champion"]}
    before = registry.model()
    registry.delete(force=True, reason="nobody needs it")
    assert last(registry) == [("model.deleted", None, {}, {"purge_at": "2026-12-23T12:00:00.000Z"}, "nobody needs it")]
    restored = registry.restore()
    assert restored.deleted is None
    assert (restored.standing, restored.aliases) == (before.standing, before.aliases)
    assert resolve(registry, "churn/production") == resolve(registry, "churn@champion") == 1


def test_a_deleted_models_name_stays_taken(registry):
    registry.rename("a")
    registry.delete(name="a")
    for name in ("churn", "a"):
        with pytest.raises(AlreadyExists, match="is deleted and can be restored"):
            registry.create(name)


def test_doing_it_twice_changes_nothing(registry):
    registry.ready()
    deleted = registry.delete(1)
    assert registry.delete(1, keep=timedelta(days=1)) == deleted
    assert registry.restore() == registry.model()
    registry.restore(1)
    assert registry.restore(1).state is State.VERIFYING
    gone = registry.delete()
    assert registry.delete(reason="again") == gone
    assert registry.types().count("version.deleted") == registry.types().count("model.deleted") == 1


def test_a_repeat_gets_the_answer_of_the_first_time(registry):
    registry.ready()
    deleted = registry.delete(1, ticket=TICKET)
    registry.restore(1)
    again = registry.delete(1, ticket=TICKET)
    assert (again.state, again.revision, again.deleted) == (State.DELETED, deleted.revision, deleted.deleted)
    other = Ticket("u" * 64, "f" * 64)
    gone = registry.delete(ticket=other)
    registry.restore()
    assert registry.delete(ticket=other).deleted == gone.deleted
    assert registry.model().deleted is None


def test_what_changed_since_is_not_deleted(registry):
    ready = registry.ready()
    registry.update(1, description="better")
    with pytest.raises(PreconditionFailed):
        registry.delete(1, expected=ready.revision)
    with pytest.raises(PreconditionFailed):
        registry.delete(expected=7)


def test_a_promotion_in_between_is_noticed(registry):
    registry.ready()
    registry.table.before_write = registry.promote
    with pytest.raises(InUse):
        registry.delete(1)
    registry.table.before_write = lambda: registry.delete(1, force=True)
    with pytest.raises(Deleted):
        registry.promote(1, "staging")


def test_what_is_not_there_and_reasons_without_end_are_refused(registry):
    with pytest.raises(NotFound):
        registry.delete(1)
    with pytest.raises(NotFound):
        registry.restore(name="nobody")
    registry.ready()
    with pytest.raises(TooLarge):
        registry.delete(1, reason="x" * 2_001)
    assert registry.version().state is State.READY
