"""Relaying: journal entries go out on the bus, and get their place in the feed of all models."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial

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

MOST_BYTES = 3_000_000
"""Bytes of the entries that one transaction touches, of which DynamoDB takes 4 MB in all."""

MOST_ROUNDS = 20
"""Transactions in one round of the sweep: about 2,000 entries."""

MOST_FAILURES = 5
"""Entries that fail before a round is given up: it is the bus then, not they."""


def relay(*, table: Table, bus: Bus, clock: Clock, ids: Ids, places: Sequence[tuple[str, str]]) -> int:
    """Publish the entries at up to 99 places (partition and sort key) of the table, in order; answer how many.

    Safe to repeat: a placed entry keeps its position. Raises when any entry is not there or was not published, so
    that the stream brings them all again. They are placed once they are published, so an entry that never was is
    found among the unplaced. Imported entries are placed and not published: the world was told of them before.
    """
    keys = [Key(*place) for place in dict.fromkeys(places)]
    for group in _groups(keys, _load(table, keys)):
        if news := [event_of(entry) for entry in group.values() if not entry.imported]:
            bus.publish(news)
        if any(entry.position is None for entry in group.values()):
            contended(_Placing(table, group).attempt, clock=clock, ids=ids)
    return len(keys)


def _groups(keys: Sequence[Key], entries: Sequence[Entry]) -> Iterator[dict[Key, Entry]]:
    """The entries in order, cut where they would be too large for one transaction."""
    group: dict[Key, Entry] = {}
    size = 0
    for key, entry in zip(keys, entries, strict=True):
        size += len(entry.body)
        if group and size > MOST_BYTES:
            yield group
            group, size = {}, len(entry.body)
        group[key] = entry
    if group:
        yield group


def relay_late(*, table: Table, bus: Bus, clock: Clock, ids: Ids) -> int:
    """Publish entries that the stream gave up on or forgot, the oldest first, and answer how many. Safe to repeat.

    One that cannot be published does not keep the others; an ExceptionGroup tells of it then.
    """
    one_call = partial(relay, table=table, bus=bus, clock=clock, ids=ids)
    through = instant(clock.now() - LATE)
    relayed, failures, after = 0, list[Exception](), None
    for _ in range(MOST_ROUNDS):
        late = table.query(UNPLACED_PARTITION, index=FEED, through=through, after=after, limit=MOST_TOGETHER)
        relayed += _relay_apart([item.key for item in late.items], one_call, failures)
        after = late.after
        if after is None or len(failures) >= MOST_FAILURES:
            break
    if failures:
        raise ExceptionGroup(f"{relayed} late entries were published, others were not", failures)
    return relayed


def _relay_apart(keys: Sequence[Key], one_call: Callable[..., int], failures: list[Exception]) -> int:
    """Relay the entries together, or one by one when that fails; add to `failures`, and stop when there are several."""
    if not keys or len(failures) >= MOST_FAILURES:
        return 0
    try:
        return one_call(places=keys)
    except Exception as failure:  # noqa: BLE001  # raised by the caller, once the others had their turn
        if len(keys) == 1:
            failures.append(failure)
            return 0
    return sum(_relay_apart([key], one_call, failures) for key in keys)


def _load(table: Table, keys: Sequence[Key]) -> list[Entry]:
    return [read_entry(_present(key, item)) for key, item in zip(keys, table.get(keys), strict=True)]


class _Placing:
    """Gives entries their positions: as they were read at first, and read anew each time that proves out of date."""

    def __init__(self, table: Table, group: Mapping[Key, Entry]) -> None:
        self._table, self._keys = table, list(group)
        self._read: Sequence[Entry] | None = list(group.values())

    def attempt(self) -> None:
        """Once; TableConflict when others placed entries meanwhile."""
        read, self._read = self._read, None
        head, *found = self._table.get([FEED_HEAD, *([] if read else self._keys)])
        entries = read or [read_entry(item) for item in found if item is not None]
        unplaced = [entry for entry in entries if entry.position is None]
        if unplaced:
            last = int(head.fields["position"]) if head else 0
            updates = [place(entry, last + nth) for nth, entry in enumerate(unplaced, start=1)]
            after = Item(FEED_HEAD, rev=last + len(unplaced), fields={"position": last + len(unplaced)})
            self._table.write([Put(after, head.rev if head else Expect.ABSENT), *updates])


def _present(key: Key, item: Item | None) -> Item:
    if item is None:
        raise LookupError(f"the stream names {key}, which is not there")
    return item
