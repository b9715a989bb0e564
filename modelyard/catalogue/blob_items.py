"""Proofs: that a blob's bytes are in storage and are what their digest says, so that nobody asks storage twice."""

from collections.abc import Collection, Iterable
from datetime import datetime

from modelyard.catalogue.keys import blob_key
from modelyard.domain.digests import Digest
from modelyard.domain.journal import instant
from modelyard.ports import MAX_BATCH, Delete, Expect, Item, Put, Stat, Table


def find_proven(table: Table, digests: Iterable[Digest]) -> dict[Digest, int]:
    """Which of the blobs are proven, with their sizes in bytes. One call for each 100 blobs."""
    wanted = list(dict.fromkeys(digests))
    proven: dict[Digest, int] = {}
    for start in range(0, len(wanted), MAX_BATCH):
        some = wanted[start : start + MAX_BATCH]
        items = table.get([blob_key(digest) for digest in some])
        proven.update({d: int(item.fields["size"]) for d, item in zip(some, items, strict=True) if item})
    return proven


def save_proofs(table: Table, stats: Collection[Stat], now: datetime) -> None:
    """Record what storage vouched for. Proving twice is harmless: a proof has no other content."""
    puts = [Put(_proof(stat, now), Expect.ANYTHING) for stat in stats]
    for start in range(0, len(puts), MAX_BATCH):
        table.write(puts[start : start + MAX_BATCH])


def _proof(stat: Stat, now: datetime) -> Item:
    return Item(blob_key(stat.digest), rev=1, fields={"size": stat.size, "proven_at": instant(now)})


def drop_proofs(table: Table, digests: Collection[Digest]) -> None:
    """Forget proofs of blobs that turned out not to be what they were."""
    deletes = [Delete(blob_key(digest), Expect.ANYTHING) for digest in digests]
    for start in range(0, len(deletes), MAX_BATCH):
        table.write(deletes[start : start + MAX_BATCH])
