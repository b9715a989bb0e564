"""The process beside the server that dispatches events. `modelyard.serve.aside` begins it and talks to it."""

import fcntl
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import cast

from modelyard.serve.aside import Pulse, lock_path
from modelyard.serve.dispatch_store import Journal, Queue
from modelyard.serve.dispatcher import Dispatcher
from modelyard.settings import Embedded, read_settings
from modelyard.wiring import embedded

BEAT = 0.5
"""Seconds between two beats."""

log = logging.getLogger(__name__)


def main(pulse: Pulse, lines: Iterable[bytes]) -> None:
    """Dispatch the events of the registry that the environment names, until there are no more lines."""
    settings = read_settings(os.environ)
    if not isinstance(settings, Embedded):
        raise SystemExit("there is no embedded registry in the environment")
    _hold(lock_path(settings.data))
    ports = embedded(settings)
    dispatcher = Dispatcher(ports)
    dispatcher.start()
    gc.collect()
    gc.freeze()
    ended = threading.Event()
    threading.Thread(target=_beat, args=(pulse, dispatcher, ended), daemon=True).start()
    for line in lines:
        take(line, dispatcher)
    ended.set()
    if dispatcher.stop():
        cast("Journal", ports.table).close()
        cast("Queue", ports.bus).close()


def take(line: bytes, dispatcher: Dispatcher) -> None:
    """Pass on what the server told."""
    match line.decode().split():
        case ["written"]:
            dispatcher.written()
        case ["stored", size, key]:
            dispatcher.stored(key, int(size))
        case ["queued", trigger]:
            dispatcher.queued(trigger)
        case _:
            log.warning("this makes no sense: %r", line)


def _hold(path: Path) -> None:
    """Wait until no other process dispatches here: one whose server was killed may still be at it."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(file, fcntl.LOCK_EX)
    os.ftruncate(file, 0)
    os.pwrite(file, f"{os.getpid()}\n".encode(), 0)


def _beat(pulse: Pulse, dispatcher: Dispatcher, ended: threading.Event) -> None:
    while True:
        pulse.beat(well=dispatcher.well)
        if ended.wait(BEAT):
            return


if __name__ == "__main__":
    # Ctrl-C reaches both; the server decides when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.umask(0o077)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    main(Pulse(int(sys.argv[1])), sys.stdin.buffer)
