"""How items lie in SQLite: one row each, with a pair of columns and a partial index for every index of the shape.

Measured against two other layouts: WITHOUT ROWID read two to three times as slowly and made the file 2.5 times as
large, since items are long for a key's tree; a table of index entries wrote a fifth more slowly. `data` is the last
column, so that a check of an item's revision does not walk through its pages.
"""

import json
import sqlite3
from collections.abc import Mapping
from functools import cache, lru_cache, partial
from types import MappingProxyType
from typing import Any

from modelyard.catalogue.shape import TableShape
from modelyard.catalogue.spans import Span
from modelyard.ports import Item, Key, Scalar, Update

Row = tuple[Any, ...]

REMEMBERED = 1024
"""Texts of fields kept decoded in a process."""

AT = "pk = ? AND sk = ?"
DELETE = f"DELETE FROM items WHERE {AT}"
PURGE = "DELETE FROM items WHERE rowid IN (SELECT rowid FROM items WHERE expires <= ? LIMIT ?)"
NOTE = "INSERT INTO changes (pk, sk) VALUES (?, ?)"
# The newest change stays, because SQLite numbers the next one after the largest number there is.
FORGET = "DELETE FROM changes WHERE number <= ? AND number < (SELECT max(number) FROM changes)"

_ITEMS = """CREATE TABLE IF NOT EXISTS items (
    pk TEXT NOT NULL, sk TEXT NOT NULL, rev INTEGER NOT NULL, expires INTEGER, fields TEXT NOT NULL, {places}
    data BLOB NOT NULL, PRIMARY KEY (pk, sk))"""
_LEADING = ("pk", "sk", "rev", "expires", "fields")
_EXPIRING = "CREATE INDEX IF NOT EXISTS items_expires ON items (expires) WHERE expires IS NOT NULL"
_CHANGES = "CREATE TABLE IF NOT EXISTS changes (number INTEGER PRIMARY KEY, pk TEXT NOT NULL, sk TEXT NOT NULL)"


def _select(columns: str, keys: int) -> str:
    """Selects the items at so many keys. The keys come first in the join, so that each is looked up once."""
    wanted = ", ".join(["(?, ?)"] * keys)
    return f"WITH wanted (pk, sk) AS (VALUES {wanted}) SELECT {columns} FROM wanted CROSS JOIN items USING (pk, sk)"


find = cache(partial(_select, "pk, sk, rev, expires, fields"))
"""Selects, of the items at so many keys, what conditions and updates look at."""


class Layout:
    """The statements for the indexes of one shape, and rows to items and back."""

    def __init__(self, shape: TableShape) -> None:
        self._indexes = shape.indexes
        self._places = [(index, len(_LEADING) + 2 * n) for n, index in enumerate(shape.indexes)]
        self._data = len(_LEADING) + 2 * len(shape.indexes)
        places = [column for index in shape.indexes for column in _pair(index)]
        columns = [*_LEADING, *places, "data"]
        changed = ", ".join(f"{column} = excluded.{column}" for column in columns[2:])
        self._columns = ", ".join(f"items.{column}" for column in columns)
        self.get = cache(partial(_select, self._columns))
        self.put = (
            f"INSERT INTO items ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
            f" ON CONFLICT (pk, sk) DO UPDATE SET {changed}"
        )

        self.changes = (
            f"SELECT {self._columns}, number FROM changes JOIN items USING (pk, sk)"
            " WHERE number > ? ORDER BY number LIMIT ?"
        )

    def query(self, index: str | None, wanted: Span, *, descending: bool) -> str:
        """Selects the items in a span, by :pk, :low, :high, :now and :limit."""
        pk, sk = _pair(index) if index else ("pk", "sk")
        span = f"{sk} {'>' if wanted.past_low else '>='} :low"
        if wanted.high is not None:
            span += f" AND {sk} {'<' if wanted.short_of_high else '<='} :high"
        return (
            f"SELECT {self._columns} FROM items WHERE {pk} = :pk AND {span}"
            f" AND (expires IS NULL OR expires > :now) ORDER BY {sk} {'DESC' if descending else 'ASC'} LIMIT :limit"
        )

    def item(self, row: Row) -> Item:
        """The item in a row that one of the statements selected."""
        indexes = {index: Key(row[n], row[n + 1]) for index, n in self._places if row[n] is not None}
        return Item(Key(row[0], row[1]), row[2], _fields(row[4]), row[self._data], indexes, row[3])

    def row(self, item: Item) -> Row:
        """The values for `put`."""
        places = [part for index in self._indexes for part in item.indexes.get(index, (None, None))]
        return (*item.key, item.rev, item.expires, json.dumps(dict(item.fields)), *places, item.data)

    def prepare(self, connection: sqlite3.Connection) -> None:
        """Make the tables, or add the indexes that a newer shape has; what is there stays."""
        places = [f"{column} TEXT," for index in self._indexes for column in _pair(index)]
        connection.execute(_ITEMS.format(places=" ".join(places)))
        present = {f'"{row[1]}"' for row in connection.execute("PRAGMA table_info(items)")}
        for index in self._indexes:
            for column in set(_pair(index)) - present:
                connection.execute(f"ALTER TABLE items ADD COLUMN {column} TEXT")
            pk, sk = _pair(index)
            name = f'"items_{index}"'
            connection.execute(f"CREATE INDEX IF NOT EXISTS {name} ON items ({pk}, {sk}) WHERE {pk} IS NOT NULL")
        connection.execute(_EXPIRING)
        connection.execute(_CHANGES)

    def update(self, write: Update, fields: str) -> tuple[str, Row]:
        """A statement that sets the item's revision, fields and some of its indexes, and its values."""
        facts: dict[str, Scalar | None] = {"rev": write.rev, "fields": fields}
        for index, key in write.indexes.items():
            facts.update(zip(_pair(index), key or (None, None), strict=True))
        changes = ", ".join(f"{column} = ?" for column in facts)
        return f"UPDATE items SET {changes} WHERE {AT}", (*facts.values(), *write.key)


@lru_cache(REMEMBERED)
def _fields(text: str) -> Mapping[str, Scalar]:
    """Fields as they are read; many items have the same."""
    return MappingProxyType(json.loads(text))


def _pair(index: str) -> tuple[str, str]:
    """The columns that an index goes by: partition and sort key."""
    return f'"{index}_pk"', f'"{index}_sk"'
