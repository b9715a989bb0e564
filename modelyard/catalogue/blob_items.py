"""What is known of a blob: the proof that its bytes are in storage and are what their digest says, and who uses it.

A use is written in one transaction with the proof, as it was read and under a new revision. Whoever purges a blob that
nobody uses replaces the proof, as it was read before the uses were looked for: one of the two loses. What stands in
the proof's place then says how far the purge is (`Fate`), and no proof is saved over it without looking.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import partial
from typing import TypeVar

from modelyard.catalogue.commits import contended
from modelyard.catalogue.keys import INSPECTION_PREFIX, USE_PREFIX, blob_key, use_key
from modelyard.domain.digests import Digest
from modelyard.domain.errors import Contended
from modelyard.domain.journal import instant
from modelyard.ports import (
    MAX_BATCH,
    Check,
    Clock,
    Delete,
    Expect,
    Ids,
    Item,
    Key,
    Put,
    Stat,
    Table,
    TableConflict,
    Update,
    Write,
)

T = TypeVar("T")

BY_HAND = 50
"""Blobs whose uses are written in one transaction: two writes each, of at most 100."""


class Fate(Enum):
    """How far the purge of a blob is; its bytes are there until it is condemned, and are not once it is removed."""

    STANDING = ""
    DOOMED = "doomed"
    CONDEMNED = "condemned"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof as it was read: the blob's size in bytes, the revision, and when it was proven.

    Uses and reports give it another revision; one that was dropped and came again was proven at another time.
    """

    size: int
    rev: int
    proven_at: str = ""


def fate_of(item: Item) -> Fate:
    """What an item in a proof's place says."""
    return Fate(item.fields.get("fate", ""))


def read_proof(item: Item | None) -> Proof | None:
    """The proof in an item; None when there is none, or none any more."""
    standing = item is not None and fate_of(item) is Fate.STANDING
    if item is None or not standing:
        return None
    return Proof(int(item.fields["size"]), item.rev, str(item.fields.get("proven_at", "")))


def find_proofs(table: Table, digests: Iterable[Digest]) -> dict[Digest, Proof]:
    """The proofs of those blobs that have one. One call for each 100 blobs."""
    wanted = list(dict.fromkeys(digests))
    proofs: dict[Digest, Proof] = {}
    for some in _chunks(wanted, MAX_BATCH):
        found = map(read_proof, table.get([blob_key(digest) for digest in some]))
        proofs.update({digest: proof for digest, proof in zip(some, found, strict=True) if proof})
    return proofs


def find_proven(table: Table, digests: Iterable[Digest]) -> dict[Digest, int]:
    """Which of the blobs are proven, with their sizes in bytes. One call for each 100 blobs."""
    return {digest: proof.size for digest, proof in find_proofs(table, digests).items()}


def save_proofs(
    table: Table, stats: Collection[Stat], *, look: Callable[[Digest], Stat | None], clock: Clock, ids: Ids
) -> frozenset[Digest]:
    """Record what storage vouched for, and answer which blobs are proven now: all but those that are gone since.

    Proving twice is harmless. Where a blob was purged a while ago, `look` asks storage again: it may have vouched for
    bytes that were being removed. Contended while they are.
    """
    proven: set[Digest] = set()
    for some in _chunks(list(stats), MAX_BATCH):
        try:
            table.write([Put(_proof(stat, clock.now(), ids), Expect.ABSENT) for stat in some])
            proven.update(stat.digest for stat in some)
        except TableConflict:
            proven |= contended(partial(_save, table, some, look, clock, ids), clock=clock, ids=ids)
    return frozenset(proven)


def _save(
    table: Table, stats: Sequence[Stat], look: Callable[[Digest], Stat | None], clock: Clock, ids: Ids
) -> set[Digest]:
    """Save what is not proven by others meanwhile."""
    writes: list[Put] = []
    proven: set[Digest] = set()
    for stat, item in zip(stats, table.get([blob_key(stat.digest) for stat in stats]), strict=True):
        fate = fate_of(item) if item else None
        if fate is Fate.CONDEMNED:
            raise Contended(f"{stat.digest} is being purged; try again", retry_after=1)
        if fate is Fate.REMOVED and look(stat.digest) != stat:
            continue
        proven.add(stat.digest)
        if fate is not Fate.STANDING:
            writes.append(Put(_proof(stat, clock.now(), ids), item.rev if item else Expect.ABSENT))
    table.write(writes)
    return proven


def _proof(stat: Stat, now: datetime, ids: Ids) -> Item:
    """A proof says by `uses` that whoever rests on it is known: older ones do not, and are never purged.

    Its revision is one that nobody has seen, since proofs come, go and come again.
    """
    fields: dict[str, str | int] = {"size": stat.size, "proven_at": instant(now), "uses": 1}
    return Item(blob_key(stat.digest), rev=1 + int(ids.jitter() * 2**52), fields=fields)


def drop_proofs(table: Table, digests: Collection[Digest], *, clock: Clock, ids: Ids) -> None:
    """Forget proofs of blobs that turned out not to be what they were, with what was seen in those bytes.

    What says that one is purged stays.
    """
    for keys in _chunks([blob_key(digest) for digest in digests], MAX_BATCH):
        for item in table.get(keys):
            if item is not None:
                contended(partial(_drop, table, item.key), clock=clock, ids=ids)


def _drop(table: Table, key: Key) -> None:
    """One proof with its reports: whoever writes one meanwhile gives the proof another revision."""
    (item,) = table.get([key])
    if item is None or fate_of(item) in {Fate.CONDEMNED, Fate.REMOVED}:
        return
    reports = clear_reports(table, key)
    table.write([Delete(key, item.rev), *(Delete(report, Expect.ANYTHING) for report in reports)])


def clear_reports(table: Table, key: Key) -> list[Key]:
    """Delete what was seen in the blob whose proof is at `key`, but for so much as a transaction takes: those keys."""
    while True:
        page = table.query(key.pk, prefix=INSPECTION_PREFIX, limit=MAX_BATCH)
        keys = [item.key for item in page.items]
        if page.after is None and len(keys) < MAX_BATCH:
            return keys
        table.write([Delete(each, Expect.ANYTHING) for each in keys])


def use_writes(home: str, number: int, digest: Digest, proof: Proof) -> list[Write]:
    """The writes by which a version uses a blob, refused unless its proof stands as it was read."""
    return [Update(blob_key(digest), proof.rev, proof.rev + 1), _use(home, number, digest)]


def use_writes_ahead(home: str, number: int, digest: Digest, found: Item | None) -> list[Write]:
    """The writes by which a version uses a blob that is still to come, refused unless no proof stands, as was read."""
    return [Check(blob_key(digest), found.rev if found else Expect.ABSENT), _use(home, number, digest)]


def _use(home: str, number: int, digest: Digest) -> Put:
    item = Item(use_key(digest, home, number), rev=1, fields={"home": home, "number": number})
    return Put(item, Expect.ANYTHING)


def save_uses(table: Table, home: str, number: int, digests: Sequence[Digest], *, clock: Clock, ids: Ids) -> None:
    """Record that a version uses blobs that are proven; Contended when a proof was dropped meanwhile."""

    def attempt(some: Sequence[Digest]) -> None:
        proofs = require_proofs(find_proofs(table, some), some)
        table.write([write for digest in some for write in use_writes(home, number, digest, proofs[digest])])

    for some in _chunks(digests, BY_HAND):
        contended(partial(attempt, some), clock=clock, ids=ids)


def require_proofs(proofs: dict[Digest, Proof], digests: Sequence[Digest]) -> dict[Digest, Proof]:
    """The proofs of all the blobs; Contended when one is gone: what rests on it is to be examined again."""
    if not proofs.keys() >= set(digests):
        raise Contended("a blob was taken out of use meanwhile", retry_after=1)
    return proofs


def find_uses(table: Table, digest: Digest) -> Iterator[list[tuple[str, int]]]:
    """The versions that use a blob, by home and number, in lists of at most 100."""
    after: Key | None = None
    while True:
        page = table.query(blob_key(digest).pk, prefix=USE_PREFIX, after=after, limit=MAX_BATCH)
        if page.items:
            yield [read_use(item) for item in page.items]
        after = page.after
        if after is None:
            return


def read_use(item: Item) -> tuple[str, int]:
    """The version that uses a blob, by home and number."""
    return str(item.fields["home"]), int(item.fields["number"])


def _chunks(things: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    return (things[start : start + most] for start in range(0, len(things), most))
