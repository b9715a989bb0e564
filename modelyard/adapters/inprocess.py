"""The bus and the topic of one machine: a queue in an SQLite file, and a log line.

The file holds what the dispatcher owes: deliveries still to be made, how far the journal was followed, and dead
letters. One process has it open. What a power cut may take back is only the note that something was done, and then it
is done again; what was published or given up is on the disk before it counts.
"""

import json
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard.ports import PublishFailed

log = logging.getLogger(__name__)

_TABLES = """
CREATE TABLE IF NOT EXISTS deliveries (
    number INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, trigger TEXT NOT NULL, body TEXT NOT NULL,
    attempts INTEGER NOT NULL, due REAL NOT NULL, done INTEGER NOT NULL DEFAULT 0, UNIQUE (event, trigger));
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (trigger, due, number) WHERE NOT done;
CREATE TABLE IF NOT EXISTS cursors (name TEXT PRIMARY KEY, position INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS letters (
    id INTEGER PRIMARY KEY AUTOINCREMENT, function TEXT NOT NULL, trigger TEXT NOT NULL, event TEXT NOT NULL,
    error TEXT NOT NULL, attempts INTEGER NOT NULL, failed_at TEXT NOT NULL);
"""
_QUEUE = (
    "INSERT INTO deliveries (event, trigger, body, attempts, due) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (event, trigger) DO NOTHING"
)
_QUEUE_AGAIN = (
    "INSERT INTO deliveries (event, trigger, body, attempts, due) VALUES (?, ?, ?, 0, 0)"
    " ON CONFLICT (event, trigger) DO UPDATE SET body = excluded.body, attempts = 0, due = 0, done = 0"
)
_NEXT = "SELECT number, body, attempts, due FROM deliveries WHERE trigger = ? AND NOT done ORDER BY due, number LIMIT ?"
_DONE = "UPDATE deliveries SET done = 1, body = '' WHERE number = ?"
_TRY = "UPDATE deliveries SET attempts = attempts + 1 WHERE number = ?"
_WAIT = "UPDATE deliveries SET due = ? WHERE number = ?"
_ADVANCE = "INSERT INTO cursors VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET position = excluded.position"
_BURY = "INSERT INTO letters (function, trigger, event, error, attempts, failed_at) VALUES (?, ?, ?, ?, ?, ?)"
_LETTERS = (
    "SELECT id, function, trigger, event, error, attempts, failed_at FROM letters WHERE id > ? ORDER BY id LIMIT ?"
)
_LETTER = ("id", "function", "trigger", "event", "error", "attempts", "failed_at")
_REVIVED = "DELETE FROM letters WHERE id = ? RETURNING trigger, event"
_FORGET = "DELETE FROM deliveries WHERE done AND number <= (SELECT max(number) FROM deliveries) - ?"


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event for a function. `attempts` counts the one that begins now; `more` tells that another one was due."""

    number: int
    event: dict[str, Any]
    attempts: int
    more: bool


class QueueBus:
    """`ports.Bus` in the file at `path`, and the dispatcher's memory."""

    def __init__(self, path: Path, source: str = "modelyard") -> None:
        self._source = source
        self._lock = threading.Lock()
        self._durable = _connect(path, "FULL")
        self._quick = _connect(path, "NORMAL")
        self._durable.executescript(_TABLES)
        self._routes: dict[str, list[str]] = {}
        self._claimed: set[int | None] = set()
        self._told: Callable[[str], None] = _ignore

    def route(self, trigger: str, types: Iterable[str]) -> None:
        """From now on, events of these types are queued for `trigger`. What nobody waits for is not kept."""
        for event_type in types:
            self._routes.setdefault(event_type, []).append(trigger)

    def listen(self, told: Callable[[str], None]) -> None:
        """`told` is called with a trigger's name, on any thread, whenever something was queued for it."""
        self._told = told

    def publish(self, events: Sequence[Mapping[str, Any]]) -> None:
        """See `ports.Bus`. On the disk when it returns; a repeated id is queued once for each trigger."""
        try:
            rows = [row for event in events for row in self._rows(event)]
            self._insert(rows)
        except (sqlite3.Error, OSError) as error:
            raise PublishFailed([event["id"] for event in events]) from error
        for trigger in dict.fromkeys(row[1] for row in rows):
            self._told(trigger)

    def _rows(self, event: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        triggers = self._routes.get(event["type"], ())
        body = json.dumps(self._envelope(event), ensure_ascii=False) if triggers else ""
        return [(event["id"], trigger, body, 0, 0.0) for trigger in triggers]

    def _envelope(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The event as EventBridge hands it to a function."""
        return {
            "version": "0",
            "id": event["id"],
            "detail-type": event["type"],
            "source": self._source,
            "account": "000000000000",
            "time": event.get("time", ""),
            "region": "local",
            "resources": [],
            "detail": event,
        }

    def _insert(self, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            with self._writing(self._durable) as connection:
                connection.executemany(_QUEUE, rows)

    def queue(self, trigger: str, event: Mapping[str, Any], *, attempts: int, due: float) -> None:
        """Owe `event`, which has an `id`, to a trigger's function from `due` (epoch seconds) on."""
        self._insert([(event["id"], trigger, json.dumps(event, ensure_ascii=False), attempts, due)])
        self._told(trigger)

    def take(self, trigger: str, now: float) -> Delivery | float | None:
        """The next delivery due, which is the caller's until it is settled; else when one will be due, or None.

        The attempt is counted before it begins, so that an event which ends the process is given up in time.
        """
        with self._writing(self._quick) as connection:
            rows = connection.execute(_NEXT, (trigger, len(self._claimed) + 2)).fetchall()
            free = [row for row in rows if row[0] not in self._claimed]
            if not free or free[0][3] > now:
                return float(free[0][3]) if free else None
            number, body, attempts, _due = free[0]
            connection.execute(_TRY, (number,))
            self._claimed.add(number)
        return Delivery(number, json.loads(body), attempts + 1, more=any(row[3] <= now for row in free[1:]))

    def settle(self, number: int) -> None:
        """The function has handled a delivery."""
        with self._released(number), self._writing(self._quick) as connection:
            connection.execute(_DONE, (number,))

    def postpone(self, number: int, due: float) -> None:
        """Try a delivery again from `due` (epoch seconds) on."""
        with self._released(number), self._writing(self._quick) as connection:
            connection.execute(_WAIT, (due, number))

    def bury(
        self,
        *,
        function: str,
        trigger: str,
        event: Mapping[str, Any],
        error: str,
        attempts: int,
        failed_at: str,
        delivery: int | None = None,
        cursor: int | None = None,
    ) -> None:
        """Give an event up as a dead letter, and with it what brought it: a delivery, or a place in the journal."""
        row = (function, trigger, json.dumps(event, ensure_ascii=False), error, attempts, failed_at)
        with self._released(delivery), self._writing(self._durable) as connection:
            connection.execute(_BURY, row)
            connection.execute(_DONE, (delivery,))
            if cursor is not None:
                connection.execute(_ADVANCE, (trigger, cursor))

    def cursor(self, name: str) -> int:
        """How far the reader `name` has come; 0 at first."""
        with self._lock:
            row = self._quick.execute("SELECT position FROM cursors WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def advance(self, name: str, position: int) -> None:
        """Remember how far the reader `name` has come."""
        with self._writing(self._quick) as connection:
            connection.execute(_ADVANCE, (name, position))

    def letters(self, after: int, limit: int) -> list[dict[str, Any]]:
        """Dead letters numbered above `after`, the oldest first: id, function, trigger, event, error, and so on."""
        with self._lock:
            rows = self._quick.execute(_LETTERS, (after, limit)).fetchall()
        return [dict(zip(_LETTER, row, strict=True)) | {"event": json.loads(row[3])} for row in rows]

    def revive(self, number: int) -> bool:
        """Owe a dead letter's event to its function again; False when there is no such letter."""
        with self._writing(self._durable) as connection:
            row = connection.execute(_REVIVED, (number,)).fetchone()
            if row is None:
                return False
            trigger, event = row
            connection.execute(_QUEUE_AGAIN, (json.loads(event).get("id") or f"letter-{number}", trigger, event))
        self._told(trigger)
        return True

    def forget(self, kept: int) -> None:
        """Drop what was delivered, but for the last `kept`, by which repeats are known."""
        with self._writing(self._quick) as connection:
            connection.execute(_FORGET, (kept,))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._durable.close()
            self._quick.close()

    @contextmanager
    def _writing(self, connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
        """One transaction at a time."""
        with self._lock:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _released(self, number: int | None) -> Iterator[None]:
        """Whether or not it could be written down, the delivery is nobody's afterwards."""
        try:
            yield
        finally:
            self._claimed.discard(number)


class LogTopic:
    """`ports.Topic` as a line of the log."""

    def announce(self, subject: str, message: str, attributes: Mapping[str, str]) -> None:
        """See `ports.Topic`. What could begin another line is shown as a blank."""
        del message, attributes
        log.info("%s", "".join(letter if letter.isprintable() else " " for letter in subject))


def _connect(path: Path, synchronous: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    return connection


def _ignore(_trigger: str) -> None:
    pass
