"""The table's stream of new journal entries, on either table: batches that come again until they are done."""

from typing import Protocol

from modelyard.adapters.sqlite import SqliteTable
from modelyard.catalogue.keys import ENTRY_PREFIX, NAMES_PARTITION
from modelyard.catalogue.shape import NAMES
from modelyard.ports import Key, Table

BATCH = 7
Places = list[tuple[str, str]]


class Stream(Protocol):
    """Places of new entries, in order per model."""

    def waits(self) -> bool:
        """Whether anything is new."""

    def next(self) -> Places:
        """The next batch; the same one until it is done."""

    def done(self, places: Places) -> None:
        """Go on behind a batch."""


class ChangeStream:
    """SQLite's own list of changes."""

    def __init__(self, table: SqliteTable) -> None:
        self._table, self._cursor = table, 0
        self._next: dict[tuple[str, str], int] = {}

    def waits(self) -> bool:
        return bool(self._table.changes(self._cursor, 1))

    def next(self) -> Places:
        changes = self._table.changes(self._cursor, BATCH)
        self._next = {tuple(item.key): number for number, item in changes}
        return list(self._next)

    def done(self, places: Places) -> None:
        self._cursor = max(self._next[place] for place in places)
        self._table.forget_changes(self._cursor)


class JournalStream:
    """What stands in the journals of a table that has no list of changes here: DynamoDB's on an emulator."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._seen: dict[str, Key] = {}

    def waits(self) -> bool:
        return bool(self.next())

    def next(self) -> Places:
        for model in self._table.query(NAMES_PARTITION, index=NAMES, limit=1000).items:
            pk = model.key.pk
            page = self._table.query(pk, prefix=ENTRY_PREFIX, after=self._seen.get(pk), limit=BATCH)
            if page.items:
                return [tuple(item.key) for item in page.items]
        return []

    def done(self, places: Places) -> None:
        self._seen[places[-1][0]] = Key(*places[-1])
