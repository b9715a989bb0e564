"""Purging: what was deleted goes for good when its time is over, and only what nothing else uses."""

import pytest

from modelyard.catalogue.blob_items import Fate, fate_of, find_proven, find_uses
from modelyard.catalogue.blob_purges import SAID
from modelyard.catalogue.keys import blob_key, model_key, partition
from modelyard.domain.errors import AlreadyExists, Deleted, NotFound
from modelyard.domain.names import parse_reference
from modelyard.domain.version import State
from modelyard.services import finding, purging, recalling
from modelyard.services.purging import GRACE, Purged
from tests.unit.fakes import digest_of
from tests.unit.registry import MONTH, open_registry

A, B, C = b"aaa", b"bbb", b"ccc"
NOTHING = Purged(0, 0, 0)


@pytest.fixture
def registry(tmp_path):
    with open_registry(tmp_path) as opened:
        opened.create()
        yield opened


def later(registry, **units):
    registry.clock.advance(**units)
    return registry.purge()


def a_month_later(registry):
    return later(registry, seconds=MONTH.total_seconds())


def blob(registry, content):
    """The item in the place of a blob's proof."""
    (item,) = registry.table.get([blob_key(digest_of(content))])
    return item


def left(registry, home="churn"):
    """What lies in a model's partition, by its sort keys' first words."""
    page = registry.table.query(partition(home), limit=1000)
    return {item.key.sk.partition("#")[0] for item in page.items}


def test_before_its_time_nothing_is_purged(registry):
    registry.ready()
    registry.delete(1)
    registry.delete()
    assert later(registry, seconds=MONTH.total_seconds() - 1) == NOTHING
    assert registry.restore().deleted is None
    assert registry.restore(1).state is State.VERIFYING


def test_a_purged_version_leaves_its_entries_and_nothing_else(registry):
    registry.ready({"a": A})
    registry.delete(1)
    assert a_month_later(registry) == Purged(0, 1, 0)
    assert registry.types()[-1] == "version.purged"
    event = registry.journal()[-1]
    assert (event["version"], event["actor"], event["after"]) == (1, "ana", {"purged": True})
    assert event["reason"] == "not restored by 2026-12-23T12:00:00.000Z"
    with pytest.raises(NotFound):
        registry.version()
    with pytest.raises(NotFound):
        registry.restore(1)
    assert left(registry) == {"MODEL", "ENTRY"}
    assert list(find_uses(registry.table, digest_of(A))) == []
    assert registry.register().number == 2, "a number is never used again"


def test_bytes_go_a_while_after_the_last_version_that_used_them(registry):
    registry.ready({"a": A, "b": B})
    registry.ready({"b": B, "c": C})
    registry.delete(1)
    a_month_later(registry)
    assert registry.blobs.removed == []
    assert [fate_of(blob(registry, content)) for content in (A, B)] == [Fate.DOOMED, Fate.STANDING]
    assert later(registry, seconds=GRACE.total_seconds() - 1) == NOTHING
    assert later(registry, seconds=1) == Purged(0, 0, 1)
    assert registry.blobs.removed == [digest_of(A)]
    registry.delete(2)
    registry.outlive()
    assert sorted(registry.blobs.removed) == sorted(map(digest_of, (A, B, C)))
    assert registry.blobs.stored == {}


def test_after_a_while_nothing_at_all_is_left_of_a_blob(registry):
    registry.ready({"a": A})
    registry.delete(1)
    registry.outlive()
    assert fate_of(blob(registry, A)) is Fate.REMOVED
    assert find_proven(registry.table, [digest_of(A)]) == {}
    later(registry, seconds=SAID.total_seconds() + 1)
    assert blob(registry, A) is None


def test_a_version_that_never_came_leaves_nothing_either(registry):
    registry.blobs.store(A)
    registry.register({"a": A, "b": B})
    registry.delete(1)
    registry.outlive()
    assert left(registry) == {"MODEL", "ENTRY"}
    assert registry.blobs.stored == {}, "what did come is removed though nobody ever proved it"


def test_a_purged_model_takes_all_its_versions_with_it_and_leaves_its_journal(registry):
    registry.update(owner="ana", description="who leaves", tags={"x": "1"})
    model = registry.model()
    registry.ready({"a": A})
    registry.ready({"b": B})
    registry.delete(2)
    registry.delete(force=True)
    assert a_month_later(registry).models == 1
    with pytest.raises(NotFound):
        registry.model()
    with pytest.raises(NotFound):
        registry.restore()
    with pytest.raises(NotFound):
        registry.version()
    registry.purge()
    later(registry, seconds=GRACE.total_seconds())
    assert left(registry) == {"MODEL", "ENTRY"}
    assert registry.blobs.stored == {}
    assert registry.types()[-1] == registry.types(model.id)[-1] == "model.purged"
    assert registry.types()[0] == "model.created"
    (item,) = registry.table.get([model_key("churn")])
    assert b"who leaves" not in item.data


def test_the_name_of_a_purged_model_is_free_once_nothing_is_left_of_it(registry, monkeypatch):
    first = registry.model()
    registry.rename("a")
    registry.ready({"a": A}, name="a")
    registry.delete()
    with monkeypatch.context() as patched:
        patched.setattr(purging, "_clear", lambda *_: 0)
        a_month_later(registry)
    with pytest.raises(AlreadyExists, match="being purged"):
        registry.create("churn")
    registry.purge()
    for name in ("churn", "a"):
        made = registry.create(name)
        assert (made.home, made.name, made.sequence) == (f"{name}/{made.id}", name, 1)
        assert registry.model(name) == made
        assert registry.model(made.id) == made
        registry.ready({"b": B}, name=name)
        assert registry.version(1, name=name).name == name
        assert registry.types(name)[0] == "model.created"
        with pytest.raises(AlreadyExists):
            registry.create(name)
    assert registry.types(first.id)[-1] == "model.purged"


def test_a_name_can_be_used_purged_and_used_again_any_number_of_times(registry):
    made = [registry.model()]
    for _ in range(3):
        registry.ready({"a": A})
        registry.delete()
        registry.outlive()
        made.append(registry.create())
    assert len({model.id for model in made}) == len({model.home for model in made}) == 4
    assert registry.model() == made[-1]
    for model in made[:-1]:
        with pytest.raises(NotFound):
            registry.model(model.id)
        assert registry.types(model.id)[-1] == "model.purged"


def test_somebody_elses_name_may_become_that_of_a_purged_model(registry):
    registry.create("other")
    registry.delete()
    registry.outlive()
    renamed = registry.rename("churn", name="other")
    assert registry.model("churn") == registry.model("other") == renamed
    with pytest.raises(AlreadyExists):
        registry.create("churn")


def test_a_restoration_in_between_saves_it(registry):
    registry.ready()
    registry.delete(1)
    registry.clock.advance(seconds=MONTH.total_seconds())
    registry.table.before_write = lambda: registry.restore(1)
    assert registry.purge() == NOTHING
    assert registry.version().state is State.VERIFYING
    registry.prove()
    registry.delete()
    registry.clock.advance(seconds=MONTH.total_seconds())
    registry.table.before_write = registry.restore
    assert registry.purge() == NOTHING
    assert registry.model().deleted is None


def test_a_round_has_its_bounds_and_the_next_goes_on(registry, monkeypatch):
    monkeypatch.setattr(purging, "MOST_BLOBS", 3)
    for number in range(3):
        registry.ready({f"{nth}": b"%d %d" % (number, nth) for nth in range(2)})
    registry.delete()
    a_month_later(registry)
    rounds = 1
    while "PURGE" in left(registry):
        registry.purge()
        rounds += 1
    assert rounds > 2
    assert later(registry, seconds=GRACE.total_seconds()).blobs == 3
    assert registry.purge().blobs == 3
    assert registry.blobs.stored == {}


def test_one_that_fails_keeps_nobody_behind_it_waiting(registry):
    for _ in range(2):
        registry.ready()
        registry.delete(registry.model().last_number)
    registry.clock.advance(seconds=MONTH.total_seconds())

    def full_disk():
        raise OSError(28, "No space left on device")

    registry.table.before_write = full_disk
    with pytest.raises(ExceptionGroup) as failed:
        registry.purge()
    assert len(failed.value.exceptions) == 1
    assert registry.types().count("version.purged") == 1
    assert registry.purge().versions == 1


def test_the_past_of_what_is_purged_can_still_be_asked_for(registry):
    registry.ready({"a": A})
    then = registry.clock.now()
    first = registry.model()
    registry.clock.advance(hours=1)
    registry.delete(1)
    registry.outlive()
    past = recalling.resolve_at(
        table=registry.table, blobs=registry.blobs, reference=parse_reference("churn/1"), at=then
    )
    assert (past.version.state, past.links.files, past.state_now) == (State.READY, (), "gone")
    registry.delete()
    registry.outlive()
    assert recalling.model_at(table=registry.table, name="churn", at=then) == first
    registry.create()
    assert recalling.model_at(table=registry.table, name="churn", at=then) == first
    with pytest.raises(NotFound):
        recalling.model_at(table=registry.table, name=first.id, at=registry.clock.now())
    listed = recalling.list_models_at(table=registry.table, prefix="", at=then, after=None, limit=10)
    assert listed.items == [first]


def test_what_is_deleted_is_refused_until_it_is_purged_and_unknown_then(registry):
    registry.ready()
    registry.delete(1)
    with pytest.raises(Deleted):
        finding.resolve(table=registry.table, blobs=registry.blobs, reference=parse_reference("churn/1"))
    registry.outlive()
    with pytest.raises(NotFound):
        finding.resolve(table=registry.table, blobs=registry.blobs, reference=parse_reference("churn/1"))
