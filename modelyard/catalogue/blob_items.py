"""What is known of a blob: the proof that its bytes are in storage and are what their digest says, and who uses it.

A use is written in one transaction with a new revision of the proof. Whoever takes a proof away because nobody uses the
blob expects the revision it had before the uses were looked for, so one of the two loses.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial

from modelyard.catalogue.commits import contended
from modelyard.catalogue.keys import USE_PREFIX, blob_key, use_key
from modelyard.domain.digests import Digest
from modelyard.domain.journal import instant
from modelyard.ports import MAX_BATCH, Check, Clock, Delete, Expect, Ids, Item, Key, Put, Stat, Table, Update, Write


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
    _write_all(table, [Put(_proof(stat, now, ids), Expect.ANYTHING) for stat in stats], clock=clock, ids=ids)


def _proof(stat: Stat, now: datetime, ids: Ids) -> Item:
    return Item(blob_key(stat.digest), rev=_fresh(ids), fields={"size": stat.size, "proven_at": instant(now)})


def _fresh(ids: Ids) -> int:
    """A revision that nobody has seen: a proof is written by many who have not read it."""
    return 1 + int(ids.jitter() * 2**52)


def drop_proofs(table: Table, digests: Collection[Digest], *, clock: Clock, ids: Ids) -> None:
    """Forget proofs of blobs that turned out not to be what they were."""
    _write_all(table, [Delete(blob_key(digest), Expect.ANYTHING) for digest in digests], clock=clock, ids=ids)


def use_writes(home: str, number: int, digest: Digest, ids: Ids) -> list[Write]:
    """The writes by which a version uses a blob, refused unless its proof stands."""
    return [Update(blob_key(digest), Expect.ANYTHING, rev=_fresh(ids)), _use(home, number, digest)]


def use_writes_ahead(home: str, number: int, digest: Digest) -> list[Write]:
    """The writes by which a version uses a blob that is still to come, refused once its proof stands."""
    return [Check(blob_key(digest), Expect.ABSENT), _use(home, number, digest)]


def _use(home: str, number: int, digest: Digest) -> Put:
    item = Item(use_key(digest, home, number), rev=1, fields={"home": home, "number": number})
    return Put(item, Expect.ANYTHING)


def save_uses(table: Table, home: str, number: int, digests: Sequence[Digest], *, clock: Clock, ids: Ids) -> None:
    """Record that a version uses blobs that are proven; Contended when a proof was dropped meanwhile."""
    writes = [write for digest in digests for write in use_writes(home, number, digest, ids)]
    _write_all(table, writes, clock=clock, ids=ids)


def find_uses(table: Table, digest: Digest) -> Iterator[list[tuple[str, int]]]:
    """The versions that use a blob, by home and number, in lists of at most 100."""
    after: Key | None = None
    while True:
        page = table.query(blob_key(digest).pk, prefix=USE_PREFIX, after=after, limit=MAX_BATCH)
        if page.items:
            yield [(str(item.fields["home"]), int(item.fields["number"])) for item in page.items]
        after = page.after
        if after is None:
            return


def _write_all(table: Table, writes: Sequence[Write], *, clock: Clock, ids: Ids) -> None:
    """Two pushes of the same files write the same proofs, so their transactions may meet."""
    for start in range(0, len(writes), MAX_BATCH):
        some = writes[start : start + MAX_BATCH]
        contended(partial(table.write, some), clock=clock, ids=ids)
