"""Purging: what was deleted and not restored in time goes for good; its journal stays.

A model or version is purged by an entry, after which nothing brings it back. What lies about it is cleared then, page
by page, and each blob that nothing else uses is doomed; a while later its bytes are removed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from modelyard.catalogue.blob_items import Fate
from modelyard.catalogue.blob_purges import Step, doom, execute
from modelyard.catalogue.commits import commit, contended
from modelyard.catalogue.deletion_items import DELETED, PURGE_PREFIX, PURGING, attached_to, purge_item
from modelyard.catalogue.evaluation_items import read_evaluation
from modelyard.catalogue.keys import (
    HELD_PREFIX,
    VERSION_PREFIX,
    card_key,
    evaluation_prefix,
    files_key,
    home_of,
    model_key,
    use_key,
    version_key,
)
from modelyard.catalogue.manifest_items import read_files
from modelyard.catalogue.model_items import cleared, read_model
from modelyard.catalogue.shape import PENDING
from modelyard.catalogue.subjects import find_both
from modelyard.catalogue.version_items import read_version
from modelyard.domain.deletion import Deletion
from modelyard.domain.digests import Digest
from modelyard.domain.journal import Caller, Draft, EntryType, instant
from modelyard.domain.version import State, Version
from modelyard.ports import MAX_BATCH, Blobs, Clock, Delete, Expect, Ids, Item, Key, Put, Table, Write

T = TypeVar("T")

MOST_AT_ONCE = 200
"""Models and versions in one round."""

MOST_BLOBS = 2_000
"""Blobs whose uses are taken away, and blobs that are removed, in one round: it ends within a function's time."""

MOST_AWAITED = 20
"""Versions that wait for a verdict and are older than a doomed blob; when there are more, blobs wait for them."""

GRACE = timedelta(minutes=15)
"""From the doom of a blob to its end: longer than a request that saw its proof before may be under way."""

STEP = 20
"""Evaluations that are cleared together, with at most 20 files attached to each."""


@dataclass(frozen=True, slots=True)
class Purged:
    """How many models and versions were purged, and how many blobs were removed."""

    models: int = 0
    versions: int = 0
    blobs: int = 0


@dataclass(frozen=True, slots=True)
class World:
    """The effects of a round."""

    table: Table
    blobs: Blobs
    clock: Clock
    ids: Ids
    caller: Caller


def purge(*, table: Table, blobs: Blobs, clock: Clock, ids: Ids, caller: Caller) -> Purged:
    """One round: purge what is due, clear what is purged, remove the blobs whose time has come. Safe to repeat.

    One that fails keeps nobody behind it waiting; an ExceptionGroup then tells of those that did.
    """
    world = World(table, blobs, clock, ids, caller)
    failures: list[Exception] = []
    kinds = [_try(failures, partial(_purge, world, key)) for key in _waiting(table, DELETED, clock.now())]
    room = MOST_BLOBS
    for key in _waiting(table, PURGING, clock.now()):
        room -= _try(failures, partial(_clear, world, key, room)) or 0
    steps = [_try(failures, partial(_execute, world, digest)) for digest in _try(failures, partial(_ripe, world)) or ()]
    if failures:
        raise ExceptionGroup(f"{len(failures)} purges failed", failures)
    models, versions = kinds.count(EntryType.MODEL_PURGED), kinds.count(EntryType.VERSION_PURGED)
    return Purged(models, versions, steps.count(Step.REMOVED))


def _try(failures: list[Exception], work: Callable[[], T]) -> T | None:
    try:
        return work()
    except Exception as failure:  # noqa: BLE001  # raised by the caller, once the others had their turn
        failures.append(failure)
        return None


def _waiting(table: Table, kind: str, through: datetime, limit: int = MOST_AT_ONCE) -> list[Key]:
    page = table.query(kind, index=PENDING, through=f"{instant(through)}~", limit=limit)
    return [item.key for item in page.items]


def _purge(world: World, key: Key) -> EntryType | None:
    """Purge a model, or a version, whose time is over; None when it was restored."""
    home, number = home_of(key.pk), int(key.sk.rpartition("#")[2]) if key.sk.startswith(VERSION_PREFIX) else None
    one = partial(_purge_model, world, home) if number is None else partial(_purge_version, world, home, number)
    return contended(one, clock=world.clock, ids=world.ids)


def _purge_model(world: World, home: str) -> EntryType | None:
    (found,) = world.table.get([model_key(home)])
    model, now = read_model(found) if found else None, world.clock.now()
    if model is None or model.purged_at or not _is_over(model.deleted, now):
        return None
    forgotten = replace(model, description="", owner="", tags={}, standing={}, aliases={}, directions={})
    after = replace(forgotten, newest_ready=None, purged_at=now, revision=model.sequence + 1)
    draft = Draft(EntryType.MODEL_PURGED, after={"purged": True}, reason=_why(model.deleted))
    commit(world.table, after, [draft], [], caller=world.caller, now=now)
    return draft.type


def _purge_version(world: World, home: str, number: int) -> EntryType | None:
    both = find_both(*world.table.get([model_key(home), version_key(home, number)]))
    if both is None:
        return None
    (model, version), now = both, world.clock.now()
    if not _is_over(version.deleted, now):
        return None
    before, after = {"state": version.state.value}, {"purged": True}
    draft = Draft(EntryType.VERSION_PURGED, number, version.digest, before, after, _why(version.deleted))
    rest = Put(_rest(version, now), Expect.ABSENT)
    writes: list[Write] = [Delete(version_key(home, number), version.revision), rest]
    commit(world.table, model, [draft], writes, caller=world.caller, now=now)
    return draft.type


def _rest(version: Version, now: datetime) -> Item:
    attached = [each.digest for each in version.attestations]
    return purge_item(version.home, version.number, version.pages, now, attached)


def _is_over(deletion: Deletion | None, now: datetime) -> bool:
    return deletion is not None and deletion.purge_at <= now


def _why(deletion: Deletion | None) -> str:
    return f"not restored by {instant(deletion.purge_at)}" if deletion else ""


def _clear(world: World, key: Key, room: int) -> int:
    """Clear some of what a purged model or version left; how many blobs' uses were taken away, `room` at most."""
    (item,) = world.table.get([key])
    if item is None:
        return 0
    return _clear_version(world, item, room) if key.sk.startswith(PURGE_PREFIX) else _clear_model(world, item)


def _clear_model(world: World, item: Item) -> int:
    """Turn versions into what is left of them; once there are none, the model's name is free."""
    for _ in range(MOST_AT_ONCE):
        found = _versions_at(world.table, item.key.pk)
        if not found:
            _write(world, [cleared(item)])
            break
        gone: list[Write] = [Delete(each.key, Expect.ANYTHING) for each in found]
        versions = map(read_version, found)
        rests = [_rest(each, world.clock.now()) for each in versions]
        _write(world, [*gone, *(Put(rest, Expect.ANYTHING) for rest in rests)])
    return 0


def _versions_at(table: Table, pk: str) -> Sequence[Item]:
    """Some versions of a partition, those included that an import holds back."""
    for prefix in (VERSION_PREFIX, HELD_PREFIX):
        if found := table.query(pk, prefix=prefix, limit=MAX_BATCH // 2).items:
            return found
    return ()


def _clear_version(world: World, item: Item, room: int) -> int:
    """Take away a version's uses and its manifest, page by page, then what lies beside it."""
    home, number = home_of(item.key.pk), int(item.key.sk.rpartition("#")[2])
    spent = 0
    for place in range(int(item.fields["pages"])):
        if spent >= room:
            return spent
        (page,) = world.table.get([files_key(home, number, place)])
        if page is not None:
            digests = list(dict.fromkeys(file.digest for file in read_files(page)))
            _release(world, home, number, digests)
            _write(world, [Delete(page.key, Expect.ANYTHING)])
            spent += len(digests)
    while evaluations := world.table.query(item.key.pk, prefix=evaluation_prefix(number), limit=STEP).items:
        if spent >= room:
            return spent
        reports = [read_evaluation(each).report for each in evaluations]
        attached = list(dict.fromkeys(file.digest for report in reports for file in report.attachments))
        _release(world, home, number, attached)
        _write(world, [Delete(each.key, Expect.ANYTHING) for each in evaluations])
        spent += len(evaluations) + len(attached)
    _release(world, home, number, attached_to(item))
    _write(world, [Delete(key, Expect.ANYTHING) for key in (card_key(home, number), item.key)])
    return spent


def _write(world: World, writes: Sequence[Write]) -> None:
    contended(partial(world.table.write, writes), clock=world.clock, ids=world.ids)


def _release(world: World, home: str, number: int, digests: Sequence[Digest]) -> None:
    """A version uses these blobs no more; those that nothing else uses are doomed."""
    for start in range(0, len(digests), MAX_BATCH):
        uses = [use_key(digest, home, number) for digest in digests[start : start + MAX_BATCH]]
        _write(world, [Delete(use, Expect.ANYTHING) for use in uses])
    for digest in digests:
        contended(partial(doom, world.table, digest, world.clock.now()), clock=world.clock, ids=world.ids)


def _ripe(world: World) -> list[Digest]:
    """Blobs that were doomed long enough ago and that nobody waits for, and those that somebody did not finish."""
    now = world.clock.now()
    doomed = _digests(_waiting(world.table, Fate.DOOMED.value, now - GRACE, MOST_BLOBS))
    awaited = _awaited(world.table, now - GRACE) if doomed else set()
    ripe = [] if awaited is None else [digest for digest in doomed if digest not in awaited]
    return ripe + _digests(_waiting(world.table, Fate.CONDEMNED.value, now))


def _digests(keys: Sequence[Key]) -> list[Digest]:
    return [Digest(key.pk.partition("#")[2]) for key in keys]


def _awaited(table: Table, before: datetime) -> set[Digest] | None:
    """Blobs of versions that wait for their verdict and may have seen a proof that is doomed now; None for too many."""
    waiting = table.query(State.VERIFYING.value, index=PENDING, limit=MOST_AT_ONCE).items
    old = [version for version in map(read_version, waiting) if version.created_at <= before]
    if len(old) > MOST_AWAITED or len(waiting) == MOST_AT_ONCE:
        return None
    pages = [files_key(version.home, version.number, page) for version in old for page in range(version.pages)]
    return {file.digest for key in pages for item in table.get([key]) if item for file in read_files(item)}


def _execute(world: World, digest: Digest) -> Step:
    return execute(world.table, digest, world.blobs.remove, clock=world.clock, ids=world.ids)
