"""Journal entries as items, and as the events that the world sees."""

import json
from datetime import datetime
from typing import Any

from modelyard.catalogue.keys import UNPLACED_PARTITION, entry_key, feed_key, home_of, subject_partition
from modelyard.catalogue.shape import FEED, SUBJECTS
from modelyard.domain.journal import Entry, EntryType, instant
from modelyard.ports import Expect, Item, Key, Put, Update


def entry_put(entry: Entry, now: datetime) -> Put:
    """The write that appends an entry where none may stand yet. In the feed it waits among the unplaced."""
    fields: dict[str, str | int] = {"type": entry.type.value, "hash": entry.hash}
    indexes = {
        FEED: Key(UNPLACED_PARTITION, f"{instant(now)}#{entry.sequence:012d}#{entry.hash}"),
        SUBJECTS: Key(subject_partition(entry.home, entry.version), f"{entry.sequence:012d}"),
    }
    if entry.version is not None:
        fields["version"] = entry.version
    if entry.imported:
        fields["imported"] = entry.imported
    item = Item(entry_key(entry.home, entry.sequence), rev=1, fields=fields, data=entry.body, indexes=indexes)
    return Put(item, Expect.ABSENT)


def read_entry(item: Item) -> Entry:
    """The entry that `entry_put` wrote, with its position once the relay gave it one."""
    version, position = item.fields.get("version"), item.fields.get("position")
    return Entry(
        home=home_of(item.key.pk),
        sequence=int(item.key.sk.rpartition("#")[2]),
        type=EntryType(str(item.fields["type"])),
        version=None if version is None else int(version),
        body=item.data,
        hash=str(item.fields["hash"]),
        position=None if position is None else int(position),
        imported=str(item.fields.get("imported", "")),
    )


def place(entry: Entry, position: int) -> Update:
    """The write that gives an entry its position in the feed, unless it has one."""
    place = {FEED: feed_key(position)}
    return Update(entry_key(entry.home, entry.sequence), 1, 2, fields={"position": position}, indexes=place)


def event_of(entry: Entry) -> dict[str, Any]:
    """The entry as an event: the JSON it is hashed over, and the hash."""
    event: dict[str, Any] = json.loads(entry.body)
    event["hash"] = entry.hash
    return event
