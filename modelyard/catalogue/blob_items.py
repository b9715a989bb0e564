"""Proofs: that a blob's bytes are in storage and are what their digest says, so that nobody asks storage twice."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import partial

from modelyard.catalogue.commits import contended
from modelyard.catalogue.keys import blob_key
from modelyard.domain.digests import Digest
from modelyard.domain.journal import instant
from modelyard.ports import MAX_BATCH, Clock, Delete, Expect, Ids, Item, Put, Stat, Table, Write


def find_proven(table: Table, digests: Iterable[Digest]) -> dict[Digest, int]:
    """Which of the blobs are proven, with their sizes in bytes. One call for each 100 blobs."""
    wanted = list(dict.fromkeys(digests))
    proven: dict[Digest, int] = {}
    for start in range(0, len(wanted), MAX_BATCH):
        some = wanted[start : start + MAX_BATCH]
        items = table.get([blob_key(digest) for digest in some])
        proven.update({d: int(item.fields["size"]) for d, item in zip(some, items, strict=True) if item})
    return proven


def save_proofs(table: Table, stats: Collection[Stat], *, clock: Clock, ids: Ids) -> None:
    """Record what storage vouched for. Proving twice is harmless: a proof has no other content."""
    now = clock.now()
    _write_all(table, [Put(_proof(stat, now), Expect.ANYTHING) for stat in stats], clock=clock, ids=ids)


def _proof(stat: Stat, now: datetime) -> Item:
    return Item(blob_key(stat.digest), rev=1, fields={"size": stat.size, "proven_at": instant(now)})


def drop_proofs(table: Table, digests: Collection[Digest], *, clock: Clock, ids: Ids) -> None:
    """Forget proofs of blobs that turned out not to be what they were."""
    _write_all(table, [Delete(blob_key(digest), Expect.ANYTHING) for digest in digests], clock=clock, ids=ids)


def _write_all(table: Table, writes: Sequence[Write], *, clock: Clock, ids: Ids) -> None:
    """Two pushes of the same files write the same proofs, so their transactions may meet."""
    for start in range(0, len(writes), MAX_BATCH):
        some = writes[start : start + MAX_BATCH]
        contended(partial(table.write, some), clock=clock, ids=ids)
