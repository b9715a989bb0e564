"""Wakes functions as `functions/triggers.py` says: EventBridge, streams and schedules of one machine."""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import cast

from functions.triggers import TRIGGERS, BusEvents, Http, JournalStream, Schedule, StorageEvents, Trigger
from modelyard.serve.calls import Handler, load_handler
from modelyard.serve.dispatch_store import Journal, Queue, Uploads
from modelyard.serve.loops import Loop, wake_one
from modelyard.serve.reactions import Reaction, World
from modelyard.serve.sources import Arriving, Delivering, Following, Recurring
from modelyard.serve.tidying import Tidying
from modelyard.wiring import Ports

WORKERS = 4
"""Threads for each trigger that may have much to do at once."""

STOP_SECONDS = 10.0
"""How long a stop waits for functions under way. What they did not finish is begun again by the next process."""

log = logging.getLogger(__name__)
Load = Callable[[str, Ports], Handler]


class Dispatcher:
    """Runs from `start` to `stop`. The table, bus and blobs must be the embedded ones."""

    def __init__(self, ports: Ports, triggers: Sequence[Trigger] = TRIGGERS, load: Load = load_handler) -> None:
        self._ports, self._load = ports, load
        self._queue, self._journal = cast("Queue", ports.bus), cast("Journal", ports.table)
        self._world = World(self._queue, ports.clock, ports.ids)
        self._loops: list[Loop] = []
        self._followers: list[Loop] = []
        self._takers: defaultdict[str, list[Loop]] = defaultdict(list)
        self._arrivals: list[tuple[Arriving, list[Loop]]] = []
        for trigger in triggers:
            self._attend(trigger)
        self._tidy([trigger.name for trigger in triggers if isinstance(trigger.source, JournalStream)])
        self._queue.listen(self.queued)

    def start(self) -> None:
        """Begin."""
        for loop in self._loops:
            loop.start()

    def stop(self) -> bool:
        """Begin nothing more, and wait for what is under way; False when something still is."""
        self._world.stopping.set()
        for loop in self._loops:
            loop.stop()
        deadline = time.monotonic() + STOP_SECONDS
        ended = [loop.join(max(0.0, deadline - time.monotonic())) for loop in self._loops]
        if not all(ended):
            log.warning("a function is still at work; the next start begins it again")
        return all(ended)

    @property
    def well(self) -> bool:
        """Whether every trigger is attended to, and none is held up by a fault."""
        return all(loop.well for loop in self._loops)

    def written(self) -> None:
        """The table may have changed: look at the journal now."""
        for loop in self._followers:
            loop.wake()

    def stored(self, key: str, size: int) -> None:
        """Storage has a new object."""
        for arriving, loops in self._arrivals:
            arriving.put(key, size)
            wake_one(loops)

    def queued(self, trigger: str) -> None:
        """Something was queued for a trigger."""
        wake_one(self._takers[trigger])

    def _attend(self, trigger: Trigger) -> None:
        if isinstance(trigger.source, Http):
            return
        reaction = Reaction(trigger, self._load(trigger.function, self._ports), self._world)
        workers = 1
        match trigger.source:
            case JournalStream(batch):
                self._followers += self._run(trigger, Following(reaction, self._journal, batch).step)
            case StorageEvents(prefix):
                arriving = Arriving(reaction, prefix)
                self._arrivals.append((arriving, self._run(trigger, arriving.step, WORKERS)))
            case BusEvents(types):
                self._queue.route(trigger.name, types)
                workers = WORKERS
            case Schedule(minutes):
                self._run(trigger, Recurring(reaction, minutes * 60.0).step)
        self._takers[trigger.name] = self._run(trigger, Delivering(reaction, self.queued).step, workers)

    def _run(self, trigger: Trigger, step: Callable[[], float], threads: int = 1) -> list[Loop]:
        loops = [Loop(trigger.name, step) for _ in range(threads)]
        self._loops += loops
        return loops

    def _tidy(self, readers: Sequence[str]) -> None:
        uploads = cast("Uploads", self._ports.blobs)
        kept = self._ports.limits.upload
        tidying = Tidying(self._journal, self._queue, uploads, clock=self._ports.clock, readers=readers, kept=kept)
        self._loops.append(Loop("tidying", tidying.step))
