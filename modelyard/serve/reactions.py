"""A trigger joined to its function's handler, and what becomes of an event that the handler cannot handle."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.triggers import Trigger
from modelyard.domain.journal import instant
from modelyard.ports import Clock, Ids
from modelyard.serve.calls import Handler, new_context
from modelyard.serve.dispatch_store import Delivery, Queue

LONGEST_WAIT = 300.0
"""Seconds between two attempts at most."""

LONGEST_ERROR = 2000

log = logging.getLogger(__name__)


class Died(Exception):
    """The process ended while an event was being handled, as often as it was tried."""


@dataclass(frozen=True, slots=True)
class World:
    """What every reaction needs: the queue, time and ids, and whether the dispatcher is being stopped."""

    queue: Queue
    clock: Clock
    ids: Ids
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def now(self) -> float:
        """Epoch seconds."""
        return self.clock.now().timestamp()

    @property
    def time(self) -> str:
        """The moment as events write it."""
        return instant(self.clock.now())


@dataclass(frozen=True, slots=True)
class Reaction:
    """Wakes one function for one trigger."""

    trigger: Trigger
    handler: Handler
    world: World

    def run(self, event: Mapping[str, Any]) -> Exception | None:
        """Hand the event over; what the function raised, if anything."""
        context = new_context(self.trigger.function)
        try:
            self.handler(dict(event), context)
        except Exception as error:  # noqa: BLE001  # whatever it was, it is tried again or becomes a dead letter
            log.warning("%s failed on %s: %s", self.trigger.function, _name(event), text_of(error))
            return error
        return None

    def deliver(self, delivery: Delivery) -> None:
        """See one delivery through: settled, postponed, or given up once its retries are used up."""
        over = delivery.attempts > self.trigger.retries + 1
        error = Died("the process ended each time it was tried") if over else self.run(delivery.event)
        if error is None:
            self.world.queue.settle(delivery.number)
        elif delivery.attempts > self.trigger.retries:
            self.bury(delivery.event, error, delivery.attempts, delivery=delivery.number)
        else:
            self.world.queue.postpone(delivery.number, self.world.now + wait_after(delivery.attempts))

    def attempt(self, event: Mapping[str, Any]) -> None:
        """Try an event that no queue holds; when that fails it is queued for its retries, or given up."""
        error = self.run(event)
        if error is None:
            return
        if self.trigger.retries:
            self.world.queue.queue(self.trigger.name, event, attempts=1, due=self.world.now + wait_after(1))
        else:
            self.bury(event, error, 1)

    def bury(
        self,
        event: Mapping[str, Any],
        error: Exception,
        attempts: int,
        *,
        delivery: int | None = None,
        cursor: int | None = None,
    ) -> None:
        """Make the event a dead letter, and tell whoever reads the log."""
        self.world.queue.bury(
            function=self.trigger.function,
            trigger=self.trigger.name,
            event=event,
            error=text_of(error),
            attempts=attempts,
            failed_at=self.world.time,
            delivery=delivery,
            cursor=cursor,
        )
        log.error("%s gave up on %s, now a dead letter: %s", self.trigger.function, _name(event), text_of(error))


def wait_after(attempts: int) -> float:
    """Seconds to wait after that many failed attempts: 1, 4, 16, 64, 256, then 300."""
    return min(4.0 ** (attempts - 1), LONGEST_WAIT)


def text_of(error: Exception) -> str:
    """An error in a line, as dead letters and the log show it."""
    text = f"{type(error).__name__}: {error}".replace("\n", " ")
    return text[:LONGEST_ERROR]


def _name(event: Mapping[str, Any]) -> str:
    records = event.get("Records")
    if records is None:
        return f"event {event.get('id')}"
    keys = [record["dynamodb"]["Keys"] for record in records]
    first, last = ("/".join(part["S"] for part in key.values()) for key in (keys[0], keys[-1]))
    return f"{len(records)} journal entries, {first} to {last}" if len(records) > 1 else f"journal entry {first}"
