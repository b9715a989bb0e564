"""The table on one machine: an SQLite file, safe under several threads and processes, durable on every commit.

A write stands in line, and whoever is at the front commits all that stand there in one transaction: threads share the
disk's flush. Eight threads then make 1.5 to 2 times as many writes a second as one by one would.
"""

import json
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from modelyard.adapters.sqlite.layout import DELETE, FORGET, NOTE, PURGE, Layout, find
from modelyard.catalogue.shape import TableShape
from modelyard.catalogue.spans import page, span
from modelyard.catalogue.table_rules import check_keys, check_query, check_writes, key_of
from modelyard.domain.errors import Throttled
from modelyard.ports import Clock, Delete, Expect, Item, Key, Page, Put, TableConflict, Update, Write

BUSY_SECONDS = 10.0
"""How long a write waits for other processes before it is refused as Throttled."""

SHORTEST_WAIT, LONGEST_WAIT = 0.0001, 0.005
"""Seconds between two attempts to begin a write while another process writes."""

MOST_TOGETHER = 32
"""Transactions in one commit, so that the first does not wait long for the last."""

CHECKPOINT_PAGES = 4000
"""Pages of 4 KiB in the log before they move into the file, which holds up one writer for milliseconds."""

STATEMENTS = 256
"""Statements kept prepared: there is one for each number of keys."""

PURGED_TOGETHER = 500
"""Expired items dropped in one commit, so that writes get in between."""

Found = tuple[int, int | None, str]


@dataclass(slots=True, eq=False)
class _Transaction:
    """Writes in line; `settled` once committed or refused, with the `error` for whoever waits."""

    writes: Sequence[Write]
    settled: bool = False
    error: Exception | None = None


class SqliteTable:
    """`ports.Table` in the file at `path`, made when absent, in a folder that is there."""

    def __init__(self, path: Path, shape: TableShape, clock: Clock) -> None:
        self._path, self._shape, self._clock = path, shape, clock
        self._layout = Layout(shape)
        self._readers: list[sqlite3.Connection] = []
        self._line: deque[_Transaction] = deque()
        self._front = threading.Lock()
        self._closed = threading.Event()
        self._writer = _connect(path)
        self._writer.execute("PRAGMA busy_timeout = 0")
        with _transaction(self._writer):
            self._layout.prepare(self._writer)

    def get(self, keys: Sequence[Key]) -> list[Item | None]:
        """See `ports.Table`. All items are of one moment."""
        if not keys:
            return []
        check_keys(keys)
        with self._reader() as reader:
            rows = reader.execute(self._layout.get(len(keys)), list(chain.from_iterable(keys))).fetchall()
        found = {(row[0], row[1]): row for row in rows}
        return [self._living(found.get(key)) for key in keys]

    def query(
        self,
        pk: str,
        *,
        prefix: str = "",
        index: str | None = None,
        after: Key | None = None,
        through: str | None = None,
        limit: int = 100,
        descending: bool = False,
    ) -> Page:
        """See `ports.Table`. An index never lags."""
        check_query(index, limit, self._shape)
        wanted = span(pk, prefix=prefix, after=after, through=through, descending=descending)
        statement = self._layout.query(index, wanted, descending=descending)
        values = {
            "pk": pk,
            "low": wanted.low,
            "high": wanted.high,
            "now": self._clock.now().timestamp(),
            "limit": limit + 1,
        }
        with self._reader() as reader:
            rows = reader.execute(statement, values).fetchall()
        return page([self._layout.item(row) for row in rows], limit, index)

    def write(self, writes: Sequence[Write]) -> None:
        """See `ports.Table`. Throttled when another process holds the file for long."""
        if not writes:
            return
        check_writes(writes, self._shape)
        mine = _Transaction(writes)
        self._line.append(mine)
        with self._front:
            if not mine.settled:
                self._settle(self._step_up(mine))
        if mine.error is not None:
            raise mine.error

    def changes(self, after: int, limit: int) -> list[tuple[int, Item]]:
        """Insertions of streamed items numbered above `after`, in the order of their commits, as the items are now."""
        with self._reader() as reader:
            rows = reader.execute(self._layout.changes, (after, limit)).fetchall()
        return [(row[-1], self._layout.item(row)) for row in rows]

    def forget_changes(self, through: int) -> None:
        """Drop the changes up to a number, which is never given again; the items stay."""
        with self._front, _transaction(self._writer):
            self._writer.execute(FORGET, (through,))

    def purge_expired(self, now: int) -> int:
        """Drop the items that expired by `now`, in epoch seconds; how many they were."""
        purged = 0
        while True:
            with self._front, _transaction(self._writer):
                some = self._writer.execute(PURGE, (now, PURGED_TOGETHER)).rowcount
            purged += some
            if some < PURGED_TOGETHER:
                return purged

    def close(self) -> None:
        """Close the file, once the writes in line are done. A read under way ends undisturbed."""
        with self._front:
            self._closed.set()
            self._writer.close()
        while self._readers:
            self._readers.pop().close()

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        """A connection of one's own for a while. Threads come and go, so connections are lent, not theirs."""
        if self._closed.is_set():
            raise sqlite3.ProgrammingError("the table is closed")
        try:
            reader = self._readers.pop()
        except IndexError:
            reader = _connect(self._path)
        try:
            yield reader
        finally:
            self._readers.append(reader)
            if self._closed.is_set():
                self.close()

    def _living(self, row: tuple[Any, ...] | None) -> Item | None:
        return None if row is None or self._expired(row[3]) else self._layout.item(row)

    def _expired(self, expires: int | None) -> bool:
        return expires is not None and expires <= self._clock.now().timestamp()

    def _step_up(self, mine: _Transaction) -> list[_Transaction]:
        """`mine` and others from the line."""
        together = [mine]
        while self._line and len(together) < MOST_TOGETHER:
            other = self._line.popleft()
            if other is not mine and not other.settled:
                together.append(other)
        return together

    def _settle(self, together: Sequence[_Transaction]) -> None:
        """Commit transactions at once, or, when that fails, one by one, so that none fails for another's sake."""
        try:
            outcomes = self._commit(together)
        except Exception as error:  # noqa: BLE001  # raised by whoever waits for it
            if len(together) > 1 and not _busy(error):
                for one in together:
                    self._settle([one])
                return
            outcomes = [_translated(error) for _ in together]
        for one, outcome in zip(together, outcomes, strict=True):
            one.error = outcome
            one.settled = True

    def _commit(self, together: Sequence[_Transaction]) -> list[Exception | None]:
        with _transaction(self._writer):
            return [self._attempt(one.writes) for one in together]

    def _attempt(self, writes: Sequence[Write]) -> TableConflict | None:
        """Apply writes to the open transaction; touch nothing when an expectation does not hold."""
        found = self._find([key_of(write) for write in writes])
        failed = [n for n, (write, before) in enumerate(zip(writes, found, strict=True)) if not _holds(write, before)]
        if failed:
            return TableConflict(failed)
        for write, before in zip(writes, found, strict=True):
            self._apply(write, before)
        return None

    def _find(self, keys: Sequence[Key]) -> list[Found | None]:
        rows = self._writer.execute(find(len(keys)), list(chain.from_iterable(keys))).fetchall()
        found = {(row[0], row[1]): row[2:] for row in rows if not self._expired(row[3])}
        return [found.get(key) for key in keys]

    def _apply(self, write: Write, before: Found | None) -> None:
        match write:
            case Put(item):
                self._writer.execute(self._layout.put, self._layout.row(item))
                if before is None and item.key.sk.startswith(self._shape.streamed):
                    self._writer.execute(NOTE, item.key)
            case Update() if before is not None:
                fields = json.dumps(json.loads(before[2]) | dict(write.fields))
                self._writer.execute(*self._layout.update(write, fields))
            case Delete(key):
                self._writer.execute(DELETE, key)


def _holds(write: Write, before: Found | None) -> bool:
    """Whether a write may go ahead, given what stands there."""
    if write.expect is Expect.ABSENT:
        return before is None
    if write.expect is Expect.ANYTHING:
        return before is not None or isinstance(write, Put | Delete)
    return before is not None and before[0] == write.expect


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS
    )
    _write_ahead(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    return connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Let the file have a log. Whoever else makes the file just now is waited for here, because SQLite does not."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not _busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _begin(connection: sqlite3.Connection) -> None:
    """Begin to write, once no other process does. SQLite's own wait sleeps for milliseconds, longer than they write."""
    deadline, pause = time.monotonic() + BUSY_SECONDS, SHORTEST_WAIT
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if not _busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_WAIT)
        else:
            return


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit at the end, or leave nothing behind."""
    _begin(connection)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _busy(error: Exception) -> bool:
    """Whether another process held the file for too long."""
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode == sqlite3.SQLITE_BUSY


def _translated(error: Exception) -> Exception:
    """A busy file is no fault: nothing was written, and trying later may do."""
    return Throttled("another process keeps the table busy; try again", retry_after=1) if _busy(error) else error
