"""Threads that do one step after another until they are told to stop. The dispatcher is made of them."""

import logging
import threading
from collections.abc import Callable, Sequence

PAUSE_AFTER_FAULT = 1.0
"""Seconds to wait after a step that raised, as when the disk is full."""

log = logging.getLogger(__name__)


def wake_one(loops: Sequence["Loop"]) -> None:
    """Let one of several that do the same begin at once; when none waits, each looks again once it is done."""
    for loop in loops:
        if loop.idle:
            loop.wake()
            return
    for loop in loops:
        loop.wake()


class Loop:
    """Repeats `step`, which answers how many seconds to wait at most before the next one; 0 means at once."""

    def __init__(self, name: str, step: Callable[[], float]) -> None:
        self._step = step
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._faulty = False
        self._idle = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """End the wait: there is something to do. A wake during a step makes another step follow."""
        self._idle = False
        self._woken.set()

    def stop(self) -> None:
        """Begin no other step."""
        self._stopping.set()
        self._woken.set()

    def join(self, seconds: float) -> bool:
        """Wait for the step under way; False when it still is."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    @property
    def idle(self) -> bool:
        """Whether it waits, so that a wake makes it begin at once."""
        return self._idle

    @property
    def well(self) -> bool:
        """Whether it runs and its last step did not raise."""
        return self._thread.is_alive() and not self._faulty

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            pause = self._once()
            if pause > 0 and not self._stopping.is_set():
                self._idle = True
                self._woken.wait(pause)
                self._idle = False

    def _once(self) -> float:
        try:
            pause = self._step()
        except Exception:
            log.exception("%s failed, and goes on", self._thread.name)
            self._faulty = True
            return PAUSE_AFTER_FAULT
        self._faulty = False
        return pause
