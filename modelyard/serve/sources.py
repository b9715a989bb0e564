"""Where events come from on one machine: the journal, the queue, storage and the clock. One step of work each."""

import time
from collections import deque
from collections.abc import Callable, Sequence

from modelyard.ports import Item
from modelyard.serve.dispatch_store import Journal
from modelyard.serve.envelopes import scheduled_event, storage_event, stream_event
from modelyard.serve.reactions import Reaction

POLL = 0.25
"""Seconds after which the journal is looked at though nobody said that it grew: other processes may write."""

PACE = 0.003
"""Seconds between the beginnings of two rounds, for each entry of the first: the more is written, the larger become
the batches, and the less the relay takes from the writers. A lone entry is handed on at once."""

LONGEST_PACE = 0.025

FEW = 2
"""Retries of each half of a batch that failed as a whole."""

IDLE = 5.0
"""Seconds after which a queue is looked at though nobody said that something came."""

SETTLE = 5.0
"""Seconds from the start to a schedule's first round."""

MOST_HINTS = 50_000
"""Storage's events that wait in memory. Beyond, the oldest are dropped: `complete` and the sweep do without them."""


class Following:
    """Hands the journal's new entries to a function, in order, a batch at a time.

    The place is noted once a batch was handled. One that keeps failing is halved again and again, until the entry at
    fault is alone; it becomes a dead letter, which is where its gap in the order is told, and the next ones go on.
    """

    def __init__(self, reaction: Reaction, journal: Journal, batch: int) -> None:
        self._reaction, self._journal, self._batch = reaction, journal, batch
        self._name, self._world = reaction.trigger.name, reaction.world
        self._next = 0.0
        self._place = self._first_place()

    def step(self) -> float:
        """One round."""
        rest = self._next - time.monotonic()
        if rest > 0:
            self._world.stopping.wait(rest)
        begun = time.monotonic()
        changes = self._journal.changes(self._place, self._batch)
        if not changes:
            return POLL
        self._next = begun + self._pace(len(changes))
        self._hand_over(changes, self._reaction.trigger.retries)
        return 0.0

    def _pace(self, entries: int) -> float:
        """Seconds from this round to the next; none while there is more than a batch holds."""
        return 0.0 if entries == self._batch else min(PACE * entries, LONGEST_PACE)

    def _first_place(self) -> int:
        """Where the last process left off; the beginning, when that place is not in this journal.

        A registry that was restored from a backup numbers anew from before it, and would be overlooked until then.
        """
        place = self._world.queue.cursor(self._name)
        return place if place and self._journal.changes(place - 1, 1) else 0

    def _hand_over(self, changes: Sequence[tuple[int, Item]], retries: int) -> bool:
        """Whether all of them were handled or given up; False when the dispatcher is being stopped."""
        error = self._try(changes, retries)
        if error is None:
            self._move_on(changes)
            return True
        if self._world.stopping.is_set():
            return False
        if len(changes) == 1:
            self._give_up(changes, error, retries + 1)
            return True
        middle = len(changes) // 2
        return self._hand_over(changes[:middle], FEW) and self._hand_over(changes[middle:], FEW)

    def _try(self, changes: Sequence[tuple[int, Item]], retries: int) -> Exception | None:
        event = stream_event(changes)
        error = self._reaction.run(event)
        for attempt in range(retries):
            if error is None or self._world.stopping.wait(min(0.05 * 2**attempt, 30.0)):
                return error
            error = self._reaction.run(event)
        return error

    def _move_on(self, changes: Sequence[tuple[int, Item]]) -> None:
        self._place = changes[-1][0]
        self._world.queue.advance(self._name, self._place)

    def _give_up(self, changes: Sequence[tuple[int, Item]], error: Exception, attempts: int) -> None:
        place = changes[-1][0]
        self._reaction.bury(stream_event(changes), error, attempts, cursor=place)
        self._place = place


class Delivering:
    """Hands a trigger's queued events to its function. Several threads may step; `more` wakes another one of them."""

    def __init__(self, reaction: Reaction, more: Callable[[str], None]) -> None:
        self._reaction, self._world, self._more = reaction, reaction.world, more

    def step(self) -> float:
        """One delivery."""
        now = self._world.now
        taken = self._world.queue.take(self._reaction.trigger.name, now)
        if taken is None:
            return IDLE
        if isinstance(taken, float):
            return min(max(taken - now, 0.001), IDLE)
        if taken.more:
            self._more(self._reaction.trigger.name)
        self._reaction.deliver(taken)
        return 0.0


class Arriving:
    """Hands storage's events to a function. They wait in memory: a crash loses them, as storage's hints may be lost."""

    def __init__(self, reaction: Reaction, prefix: str) -> None:
        self._reaction, self._prefix = reaction, prefix
        self._waiting: deque[tuple[str, int]] = deque(maxlen=MOST_HINTS)

    def put(self, key: str, size: int) -> None:
        """An object of `size` bytes was stored under `key`."""
        if key.startswith(self._prefix):
            self._waiting.append((key, size))

    def step(self) -> float:
        """One object."""
        try:
            key, size = self._waiting.popleft()
        except IndexError:
            return IDLE
        world = self._reaction.world
        self._reaction.attempt(storage_event(key, size, event_id=world.ids.new(), time=world.time))
        return 0.0


class Recurring:
    """Wakes a function every so many seconds, the first time soon after the start."""

    def __init__(self, reaction: Reaction, seconds: float) -> None:
        self._reaction, self._seconds = reaction, seconds
        self._due = time.monotonic() + SETTLE

    def step(self) -> float:
        """A round, when it is due."""
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + self._seconds
            world = self._reaction.world
            event = scheduled_event(self._reaction.trigger.name, event_id=world.ids.new(), time=world.time)
            self._reaction.attempt(event)
        return max(0.0, self._due - time.monotonic())
