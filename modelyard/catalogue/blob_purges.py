"""Purging a blob that nobody uses, step by step, in the place of its proof.

First it is doomed: from then on nobody takes it for proven without asking storage, and who does makes it a proof again.
A while later it is condemned, its bytes are removed, and that is said for longer than anybody's question to storage may
be under way. Every step expects what the one before wrote; who dies in between leaves what the next round goes on with.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from functools import partial

from modelyard.catalogue.blob_items import Fate, clear_reports, fate_of, find_uses
from modelyard.catalogue.commits import contended
from modelyard.catalogue.keys import blob_key
from modelyard.catalogue.shape import PENDING
from modelyard.domain.digests import Digest
from modelyard.domain.journal import instant
from modelyard.ports import Clock, Delete, Expect, Ids, Item, Key, Put, Table, Write

LEASE = timedelta(minutes=15)
"""How long who condemned a blob may take to remove its bytes; longer than any function runs."""

SAID = timedelta(hours=1)
"""How long it is said that a blob was removed; longer than any function runs."""


class Step(Enum):
    """What became of a blob."""

    NOTHING = "nothing"
    DOOMED = "doomed"
    REMOVED = "removed"


def _marked(item: Item, fate: Fate, moment: datetime) -> Item:
    """The item in a proof's place, saying `fate`; the index of what waits leads to it, by the moment."""
    digest = item.key.pk.partition("#")[2]
    place = {PENDING: Key(fate.value, f"{instant(moment)}#{digest}")}
    fields = {**item.fields, "fate": fate.value, "moment": instant(moment)}
    return Item(item.key, rev=item.rev + 1, fields=fields, indexes=place)


def doom(table: Table, digest: Digest, now: datetime) -> Step:
    """Doom a blob, unless something uses it or it is doomed already. TableConflict when something happens to it."""
    (item,) = table.get([blob_key(digest)])
    # A proof that an older registry wrote does not know all who rest on it.
    if item is not None and (fate_of(item) is not Fate.STANDING or not item.fields.get("uses")):
        return Step.NOTHING
    if _is_used(table, digest):
        return Step.NOTHING
    doomed = _marked(item or Item(blob_key(digest), rev=0), Fate.DOOMED, now)
    table.write([Put(doomed, item.rev if item else Expect.ABSENT)])
    return Step.DOOMED


def execute(table: Table, digest: Digest, remove: Callable[[Digest], None], *, clock: Clock, ids: Ids) -> Step:
    """Condemn a doomed blob and remove its bytes, or go on with one that somebody else did not finish in time."""
    condemned = contended(partial(_condemn, table, digest, clock), clock=clock, ids=ids)
    if condemned is None:
        return Step.NOTHING
    if instant(clock.now() + LEASE / 2) > str(condemned.fields["moment"]):
        return Step.NOTHING  # too late to be sure that nobody else is at it
    contended(partial(_forget_reports, table, condemned.key), clock=clock, ids=ids)
    remove(digest)
    now = clock.now()
    said = replace(_marked(condemned, Fate.REMOVED, now), indexes={}, expires=int((now + SAID).timestamp()))
    contended(partial(table.write, [Put(said, condemned.rev)]), clock=clock, ids=ids)
    return Step.REMOVED


def _forget_reports(table: Table, key: Key) -> None:
    """What was seen in a blob that is condemned; nobody writes more of it, since that takes a standing proof."""
    if reports := clear_reports(table, key):
        table.write([Delete(report, Expect.ANYTHING) for report in reports])


def _condemn(table: Table, digest: Digest, clock: Clock) -> Item | None:
    """The blob's item, saying that it is condemned by us; None when it is not to be, or by somebody else."""
    (item,) = table.get([blob_key(digest)])
    fate = fate_of(item) if item else None
    if item is None or fate not in {Fate.DOOMED, Fate.CONDEMNED}:
        return None
    now = clock.now()
    if fate is Fate.CONDEMNED and instant(now) < str(item.fields["moment"]):
        return None
    if fate is Fate.DOOMED and _is_used(table, digest):
        table.write([_spare(item)])
        return None
    condemned = _marked(item, Fate.CONDEMNED, now + LEASE)
    table.write([Put(condemned, item.rev)])
    return condemned


def _spare(item: Item) -> Write:
    if "size" not in item.fields:
        return Delete(item.key, item.rev)
    fields = {name: value for name, value in item.fields.items() if name not in {"fate", "moment"}}
    return Put(Item(item.key, rev=item.rev + 1, fields=fields), item.rev)


def _is_used(table: Table, digest: Digest) -> bool:
    return any(find_uses(table, digest))
