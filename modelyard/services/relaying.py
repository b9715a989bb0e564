"""Relaying: journal entries get their place in the feed of all models, and go out on the bus."""

from collections.abc import Sequence

from modelyard.catalogue.commits import contended
from modelyard.catalogue.entry_items import event_of, place, read_entry
from modelyard.catalogue.keys import FEED_HEAD
from modelyard.domain.journal import Entry
from modelyard.ports import Bus, Clock, Expect, Ids, Item, Key, Put, Table


def relay(*, table: Table, bus: Bus, clock: Clock, ids: Ids, places: Sequence[tuple[str, str]]) -> int:
    """Publish the entries at up to 99 places (partition and sort key) of the table, in order; answer how many.

    Safe to repeat: a placed entry keeps its position. Raises when any entry is not there or was not published, so
    that the stream brings them all again.
    """
    keys = [Key(*place) for place in dict.fromkeys(places)]
    entries = contended(lambda: _place(table, keys), clock=clock, ids=ids)
    bus.publish([event_of(entry) for entry in entries])
    return len(entries)


def _place(table: Table, keys: Sequence[Key]) -> list[Entry]:
    head, *found = table.get([FEED_HEAD, *keys])
    entries = [read_entry(_present(key, item)) for key, item in zip(keys, found, strict=True)]
    unplaced = [entry for entry in entries if entry.position is None]
    if unplaced:
        last = int(head.fields["position"]) if head else 0
        updates = [place(entry, last + nth) for nth, entry in enumerate(unplaced, start=1)]
        after = Item(FEED_HEAD, rev=last + len(unplaced), fields={"position": last + len(unplaced)})
        table.write([Put(after, head.rev if head else Expect.ABSENT), *updates])
    return entries


def _present(key: Key, item: Item | None) -> Item:
    if item is None:
        raise LookupError(f"the stream names {key}, which is not there")
    return item
