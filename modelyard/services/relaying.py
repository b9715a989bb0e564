"""Relaying: journal entries go out on the bus, and get their place in the feed of all models."""

from collections.abc import Sequence
from datetime import timedelta

from modelyard.catalogue.commits import contended
from modelyard.catalogue.entry_items import event_of, place, read_entry
from modelyard.catalogue.keys import FEED_HEAD, UNPLACED_PARTITION
from modelyard.catalogue.shape import FEED
from modelyard.domain.journal import Entry, instant
from modelyard.ports import Bus, Clock, Expect, Ids, Item, Key, Put, Table

LATE = timedelta(minutes=15)
"""After which an entry without a place is nobody's but the sweep's."""

MOST_TOGETHER = 99
"""Entries in one transaction, beside the feed's head."""


def relay(*, table: Table, bus: Bus, clock: Clock, ids: Ids, places: Sequence[tuple[str, str]]) -> int:
    """Publish the entries at up to 99 places (partition and sort key) of the table, in order; answer how many.

    Safe to repeat: a placed entry keeps its position. Raises when any entry is not there or was not published, so
    that the stream brings them all again. They are placed once they are published, so an entry that never was is
    found among the unplaced.
    """
    keys = [Key(*place) for place in dict.fromkeys(places)]
    bus.publish([event_of(entry) for entry in _load(table, keys)])
    contended(lambda: _place(table, keys), clock=clock, ids=ids)
    return len(keys)


def relay_late(*, table: Table, bus: Bus, clock: Clock, ids: Ids) -> int:
    """Publish the oldest entries that the stream gave up on or forgot, and answer how many. Safe to repeat."""
    through = instant(clock.now() - LATE)
    late = table.query(UNPLACED_PARTITION, index=FEED, through=through, limit=MOST_TOGETHER)
    if not late.items:
        return 0
    return relay(table=table, bus=bus, clock=clock, ids=ids, places=[item.key for item in late.items])


def _load(table: Table, keys: Sequence[Key]) -> list[Entry]:
    return [read_entry(_present(key, item)) for key, item in zip(keys, table.get(keys), strict=True)]


def _place(table: Table, keys: Sequence[Key]) -> None:
    head, *found = table.get([FEED_HEAD, *keys])
    entries = [read_entry(item) for item in found if item is not None]
    unplaced = [entry for entry in entries if entry.position is None]
    if unplaced:
        last = int(head.fields["position"]) if head else 0
        updates = [place(entry, last + nth) for nth, entry in enumerate(unplaced, start=1)]
        after = Item(FEED_HEAD, rev=last + len(unplaced), fields={"position": last + len(unplaced)})
        table.write([Put(after, head.rev if head else Expect.ABSENT), *updates])


def _present(key: Key, item: Item | None) -> Item:
    if item is None:
        raise LookupError(f"the stream names {key}, which is not there")
    return item
