"""Purging a blob: nobody who comes to rest on it loses its bytes, whatever happens in between."""

import pytest

from modelyard.catalogue.blob_items import Fate, fate_of, find_proven
from modelyard.catalogue.blob_purges import LEASE
from modelyard.catalogue.keys import blob_key
from modelyard.domain.errors import Contended, UploadIncomplete
from modelyard.domain.version import State
from modelyard.ports import Put
from modelyard.services import purging
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


def test_a_push_before_the_doom_finds_its_proof_and_saves_the_blob(registry):
    registry.ready({"a": A})
    registry.delete(1)
    registry.clock.advance(seconds=MONTH.total_seconds())
    registry.table.before_write = lambda: registry.ready({"a": A})
    registry.purge()
    later(registry, seconds=GRACE.total_seconds())
    assert registry.blobs.removed == []
    assert fate_of(blob(registry, A)) is Fate.STANDING


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_push_around_the_doom_makes_it_a_proof_again(registry, steps):
    """So many steps of it before, the others after."""
    registry.ready({"a": A})
    registry.delete(1)
    registry.clock.advance(seconds=MONTH.total_seconds())
    push = [lambda: registry.register({"a": A}), lambda: registry.complete(2), lambda: registry.prove(2)]
    for step in push[:steps]:
        step()
    registry.purge()
    for step in push[steps:]:
        step()
    later(registry, seconds=GRACE.total_seconds())
    assert registry.version(2).state is State.READY
    assert registry.blobs.removed == []
    assert find_proven(registry.table, [digest_of(A)]) == {digest_of(A): 3}


def test_a_blob_that_a_version_waits_for_is_not_removed_however_long_that_takes(registry):
    registry.ready({"a": A})
    registry.delete(1)
    registry.clock.advance(seconds=MONTH.total_seconds())
    registry.register({"a": A})
    registry.complete(2)
    registry.purge()
    assert later(registry, days=3) == NOTHING
    assert registry.prove(2).state is State.READY
    assert later(registry, days=3) == NOTHING
    assert registry.blobs.removed == []


def test_blobs_wait_while_too_many_versions_do(registry, monkeypatch):
    monkeypatch.setattr(purging, "MOST_AWAITED", 0)
    registry.ready({"a": A})
    registry.delete(1)
    registry.clock.advance(seconds=MONTH.total_seconds())
    registry.blobs.store(C)
    registry.register({"c": C})
    registry.complete(2)
    registry.purge()
    assert later(registry, hours=1) == NOTHING
    registry.prove(2)
    assert later(registry, hours=1) == Purged(0, 0, 1)


def test_a_push_after_the_end_sends_its_bytes_again(registry):
    registry.ready({"a": A})
    registry.delete(1)
    registry.outlive()
    registry.register({"a": A})
    with pytest.raises(UploadIncomplete):
        registry.complete(2)
    registry.blobs.store(A)
    registry.complete(2)
    assert registry.prove(2).state is State.READY
    assert fate_of(blob(registry, A)) is Fate.STANDING


def condemned(registry):
    """A blob whose purge died before its bytes were removed."""
    registry.ready({"a": A})
    registry.delete(1)
    a_month_later(registry)
    registry.clock.advance(seconds=GRACE.total_seconds())

    def die(_digest):
        raise OSError

    remove, registry.blobs.remove = registry.blobs.remove, die
    with pytest.raises(ExceptionGroup):
        registry.purge()
    registry.blobs.remove = remove
    assert fate_of(blob(registry, A)) is Fate.CONDEMNED


def test_while_a_blob_is_being_removed_nobody_can_rest_on_it(registry):
    condemned(registry)
    assert find_proven(registry.table, [digest_of(A)]) == {}
    registry.register({"a": A})
    for attempt in (lambda: registry.complete(2), lambda: registry.prove_blob(digest_of(A))):
        with pytest.raises(Contended) as refusal:
            attempt()
        assert refusal.value.facts == {"retry_after": 1}
    assert fate_of(blob(registry, A)) is Fate.CONDEMNED


def test_who_died_while_removing_a_blob_is_followed_when_their_time_is_over(registry):
    condemned(registry)
    assert later(registry, seconds=LEASE.total_seconds() - 1) == NOTHING
    assert later(registry, seconds=1) == Purged(0, 0, 1)
    assert registry.blobs.stored == {}
    assert fate_of(blob(registry, A)) is Fate.REMOVED


def test_who_is_too_slow_removes_nothing(registry):
    registry.ready({"a": A})
    registry.delete(1)
    a_month_later(registry)
    registry.clock.advance(seconds=GRACE.total_seconds())
    write = registry.table.write

    def slowly(writes):
        write(writes)
        if any(isinstance(each, Put) and fate_of(each.item) is Fate.CONDEMNED for each in writes):
            registry.clock.advance(seconds=LEASE.total_seconds() - 1)

    registry.table.write = slowly
    assert registry.purge() == NOTHING
    assert registry.blobs.removed == []
    registry.table.write = write
    assert later(registry, seconds=1) == Purged(0, 0, 1)


def test_a_proof_that_storage_gave_before_the_end_is_asked_for_again(registry):
    """Who asked before the bytes went, and writes after, would prove what is not there."""
    registry.ready({"a": A})
    registry.delete(1)
    a_month_later(registry)
    registry.clock.advance(seconds=GRACE.total_seconds())
    stat, seen = registry.blobs.stat, []

    def overtaken(digest):
        found = stat(digest)
        if not seen:
            seen.append(digest)
            registry.purge()
        return found

    registry.blobs.stat = overtaken
    registry.register({"a": A})
    with pytest.raises(UploadIncomplete):
        registry.complete(2)
    assert registry.blobs.stored == {}
    assert find_proven(registry.table, [digest_of(A)]) == {}


def test_a_blob_that_turns_out_wrong_while_it_is_doomed_is_still_purged(registry):
    registry.ready({"a": A})
    registry.delete(1)
    a_month_later(registry)
    registry.blobs.stored.clear()
    registry.register({"a": A})
    with pytest.raises(UploadIncomplete):
        registry.complete(2)
    assert later(registry, seconds=GRACE.total_seconds()) == Purged(0, 0, 1)


def test_a_proof_of_an_older_registry_is_never_purged(registry):
    """Not all who rest on it are known."""
    registry.ready({"a": A})
    item = blob(registry, A)
    fields = {name: value for name, value in item.fields.items() if name != "uses"}
    registry.table.write([Put(type(item)(item.key, item.rev, fields), item.rev)])
    registry.delete(1)
    registry.outlive()
    assert registry.blobs.removed == []
    assert find_proven(registry.table, [digest_of(A)]) == {digest_of(A): 3}
