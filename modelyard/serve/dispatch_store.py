"""What the dispatcher asks of the embedded table, blobs and bus beyond their ports."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from modelyard.ports import Item


class Journal(Protocol):
    """The table's stream: inserted items that the table's shape calls streamed, numbered in the order of commits."""

    def changes(self, after: int, limit: int) -> Sequence[tuple[int, Item]]:
        """Insertions numbered above `after`."""

    def forget_changes(self, through: int) -> None:
        """Drop the stream up to a number."""

    def purge_expired(self, now: int) -> int:
        """Drop items that expired by `now`, in epoch seconds; how many."""

    def close(self) -> None:
        """Close the file, with everything in it and nothing beside it."""


class Uploads(Protocol):
    """Unfinished uploads."""

    def sweep_uploads(self, older_than: datetime) -> int:
        """Remove those that nobody has written to since; how many."""


class Delivery(Protocol):
    """An event for a function, the taker's until it is settled, postponed or buried by its number."""

    @property
    def number(self) -> int:
        """Its number in the queue."""

    @property
    def event(self) -> dict[str, Any]:
        """What the function is given."""

    @property
    def attempts(self) -> int:
        """Attempts, with the one that begins now."""

    @property
    def more(self) -> bool:
        """Whether another one was due."""


class Queue(Protocol):
    """Deliveries owed to functions, readers' places in the journal, and dead letters. All outlive the process."""

    def route(self, trigger: str, types: Iterable[str]) -> None:
        """Queue events of these types for a trigger, from now on."""

    def listen(self, told: Callable[[str], None]) -> None:
        """Have `told` called with a trigger's name whenever something was queued for it."""

    def queue(self, trigger: str, event: Mapping[str, Any], *, attempts: int, due: float) -> None:
        """Owe an event, which has an `id`, to a trigger's function, from `due` (epoch seconds) on."""

    def take(self, trigger: str, now: float) -> Delivery | float | None:
        """The next delivery due, its attempt counted; else when one will be due, or None."""

    def settle(self, number: int) -> None:
        """A delivery was handled."""

    def postpone(self, number: int, due: float) -> None:
        """Try a delivery again from `due` on."""

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
        """Keep an event as a dead letter, and in the same step settle its delivery or move the trigger's reader on."""

    def cursor(self, name: str) -> int:
        """How far a reader has come; 0 at first."""

    def advance(self, name: str, position: int) -> None:
        """Remember how far a reader has come."""

    def letters(self, after: int, limit: int) -> list[dict[str, Any]]:
        """Dead letters numbered above `after`, the oldest first."""

    def revive(self, number: int) -> bool:
        """Owe a dead letter's event to its function again; False when there is none of that number."""

    def forget(self, kept: int) -> None:
        """Drop what was delivered, but for the last `kept`."""

    def close(self) -> None:
        """Let go of the file."""
