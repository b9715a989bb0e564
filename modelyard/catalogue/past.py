"""Journals up to a moment: what was known then."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from modelyard.catalogue.keys import ENTRY_PREFIX, partition, subject_partition
from modelyard.catalogue.shape import SUBJECTS
from modelyard.domain.errors import TooLarge
from modelyard.domain.journal import instant
from modelyard.domain.replaying import Replayed, replay, replay_version
from modelyard.domain.version import Version
from modelyard.ports import Key, Table

MOST_ENTRIES = 200_000
"""Entries that one answer is made of: what a function can read and replay in the time that a request has."""

STEP = 1000


def recall(table: Table, home: str, at: datetime) -> Replayed | None:
    """A model with its versions as they were at a moment; None when it was not there yet.

    An entry counts when neither it nor any before it is later. TooLarge when there are more than MOST_ENTRIES.
    """
    return replay(_until(_events(table, partition(home), prefix=ENTRY_PREFIX), at), home=home)


def recall_version(table: Table, home: str, number: int, at: datetime) -> Version | None:
    """A version as it was at a moment, from the entries about it and about its model alone; None when it was not."""
    both = [_until(_events(table, subject_partition(home, each), index=SUBJECTS), at) for each in (None, number)]
    events = sorted((event for events in both for event in events), key=lambda event: int(event["sequence"]))
    return replay_version(events, home=home, number=number)


def _events(table: Table, pk: str, **how: Any) -> Iterator[dict[str, Any]]:
    after: Key | None = None
    while True:
        page = table.query(pk, after=after, limit=STEP, **how)
        yield from (json.loads(item.data) | {"hash": item.fields["hash"]} for item in page.items)
        after = page.after
        if after is None:
            return


def _until(events: Iterator[dict[str, Any]], at: datetime) -> Iterator[dict[str, Any]]:
    last = instant(at)
    for count, event in enumerate(events):
        if event["time"] > last:
            return
        if count == MOST_ENTRIES:
            detail = (
                f"more than {MOST_ENTRIES} entries lie before that moment: ask for one version, or read the history"
            )
            raise TooLarge(detail, field="at")
        yield event
