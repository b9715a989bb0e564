"""The dispatcher in a process of its own: what a write sets off must not hold up the next one.

Two Python threads do not compute at once, and relaying and announcing an entry computes about half as long as writing
it does. The server tells the other process what happened in lines on its standard input: `written`, `stored SIZE KEY`
and `queued TRIGGER`. They are hints, as AWS gives them; the journal and the queue are looked at now and then anyway, so
that one lost costs seconds and no event. The end of that input, however the server ended, is the order to stop.
"""

import logging
import mmap
import os
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

MODULE = "modelyard.serve.dispatching"

FAINT = 10.0
"""Seconds without a pulse after which the other process does not count as well."""

STOP_SECONDS = 15.0
"""How long a stop waits for the other process, whose own wait for functions under way is shorter."""

START_SECONDS = 60.0
"""How long a start waits for the first pulse."""

AGAIN = 1.0
"""Seconds after which a process that ended by itself is begun anew."""

log = logging.getLogger(__name__)


class Pulse:
    """A moment and a verdict in memory that two processes share, through a file without a name."""

    _FORMAT = struct.Struct("d?")

    def __init__(self, file: int) -> None:
        self.file = file
        self._memory = mmap.mmap(file, mmap.PAGESIZE)

    @classmethod
    def new(cls) -> "Pulse":
        """One that never beat."""
        with tempfile.TemporaryFile() as file:
            file.truncate(mmap.PAGESIZE)
            return cls(os.dup(file.fileno()))

    def beat(self, *, well: bool) -> None:
        """Say that the process lives, and whether all is well with it."""
        self._FORMAT.pack_into(self._memory, 0, time.monotonic(), well)

    def forget(self) -> None:
        """As if it never beat."""
        self._FORMAT.pack_into(self._memory, 0, 0.0, False)

    @property
    def well(self) -> bool:
        """Whether it beat lately, and said so."""
        moment, well = self._FORMAT.unpack_from(self._memory, 0)
        return bool(well) and time.monotonic() - moment < FAINT


class Aside:
    """The other process, which finds the same registry through the environment. Begun anew when it ends by itself."""

    def __init__(self) -> None:
        self._pulse = Pulse.new()
        self._stopping = threading.Event()
        self._process = self._begin()
        self._watch = threading.Thread(target=self._attend, name="aside", daemon=True)

    def start(self) -> None:
        """Wait until it dispatches. RuntimeError when it does not get there."""
        self._watch.start()
        deadline = time.monotonic() + START_SECONDS
        while not self.well:
            if time.monotonic() > deadline:
                raise RuntimeError("events are not dispatched; see the log")
            time.sleep(0.005)

    def written(self) -> None:
        """The table may have changed."""
        self._tell("written")

    def stored(self, key: str, size: int) -> None:
        """Storage has a new object."""
        self._tell(f"stored {size} {key}")

    def queued(self, trigger: str) -> None:
        """Something was queued for a trigger."""
        self._tell(f"queued {trigger}")

    @property
    def well(self) -> bool:
        """Whether events are dispatched."""
        return self._pulse.well

    def stop(self) -> None:
        """Let it finish what is under way, and wait for its end."""
        self._stopping.set()
        self._hang_up(self._process)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            log.warning("the dispatcher does not end; it is ended, and the next start begins its work again")
            self._process.kill()
            self._process.wait()

    def _begin(self) -> "subprocess.Popen[bytes]":
        self._pulse.forget()
        command = [sys.executable, "-P", "-m", MODULE, str(self._pulse.file)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[self._pulse.file])  # noqa: S603  # ourselves
        assert process.stdin is not None  # noqa: S101  # it was asked for
        os.set_blocking(process.stdin.fileno(), False)
        return process

    def _tell(self, line: str) -> None:
        stdin = self._process.stdin
        try:
            if stdin is not None:
                os.write(stdin.fileno(), f"{line}\n".encode())
        except (OSError, ValueError):
            # It has enough to do, or has just ended and will look for itself when it begins anew.
            return

    def _attend(self) -> None:
        while not self._stopping.is_set():
            code = self._process.wait()
            if self._stopping.wait(AGAIN):
                return
            log.error("the dispatcher ended with %d, and is begun anew", code)
            self._hang_up(self._process)
            self._process = self._begin()

    @staticmethod
    def _hang_up(process: "subprocess.Popen[bytes]") -> None:
        if process.stdin is not None:
            process.stdin.close()


def lock_path(data: Path) -> Path:
    """The file that the one dispatcher of a folder holds."""
    return data / "dispatch.lock"
