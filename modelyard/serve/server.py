"""The embedded server, from its parts to its end: adapters, dispatcher and app under one uvicorn."""

import gc
import logging
import resource
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any, cast

import uvicorn

from modelyard.serve.app import AccessLog, App
from modelyard.serve.aside import Aside
from modelyard.serve.blob_store import BlobStore
from modelyard.serve.calls import load_handler
from modelyard.serve.dispatch_store import Journal, Queue
from modelyard.serve.door import BlobDoor
from modelyard.serve.gateway import Gateway
from modelyard.serve.identity import Identity
from modelyard.serve.neighbours import Neighbours
from modelyard.serve.page import Page
from modelyard.serve.protocol import LimitedProtocol
from modelyard.wiring import Ports

KEEP_ALIVE = 75
"""Seconds that an idle connection is kept: longer than clients and proxies usually do, so that they end it."""

GRACE = 10
"""Seconds that a stop gives to requests under way."""

SWITCH = 0.001
"""Seconds after which a busy thread lets others on; Python's 5 ms would hold up every read beside it."""

MOST_FILES = 65_536


class Server:
    """Serves on a listening socket until it is told to stop. Without `neighbours`, tokens say enough."""

    def __init__(
        self,
        ports: Ports,
        identity: Identity,
        neighbours: Neighbours | None,
        page: Page,
        *,
        access_log: bool = False,
    ) -> None:
        self._aside = Aside()
        self._journal, self._queue = cast("Journal", ports.table), cast("Queue", ports.bus)
        self._queue.listen(self._aside.queued)
        self._gateway = Gateway(load_handler("api", ports), ports.clock, self._aside.written)
        self._door = BlobDoor(cast("BlobStore", ports.blobs), self._aside.stored)
        app = App(
            gateway=self._gateway,
            door=self._door,
            queue=self._queue,
            table=ports.table,
            identity=identity,
            neighbours=neighbours,
            well=lambda: self._aside.well,
            page=page,
        )
        self._uvicorn = _Uvicorn(uvicorn_config(AccessLog(app) if access_log else app))

    def run(self, listening: socket.socket, ready: Callable[[], None]) -> None:
        """Serve until SIGTERM or SIGINT, and finish what is under way. `ready` is called once requests are answered."""
        _make_room()
        try:
            self._aside.start()
            self._uvicorn.serve_until_told(listening, ready)
        finally:
            self._door.close()
            self._gateway.close()
            self._aside.stop()
            self._journal.close()
            self._queue.close()


def uvicorn_config(app: Any) -> uvicorn.Config:
    """How the app is served: only what it needs, and patiently."""
    return uvicorn.Config(
        app,
        http=LimitedProtocol,
        loop="auto",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        log_level=logging.WARNING,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
    )


class _Uvicorn(uvicorn.Server):
    """uvicorn that says when it is ready, and ends with the program's own exit code after a signal."""

    def serve_until_told(self, listening: socket.socket, ready: Callable[[], None]) -> None:
        self._ready = ready
        for number in (signal.SIGTERM, signal.SIGINT):
            # uvicorn raises the signal once more when it is done, which would end us before our own end.
            signal.signal(number, _already_stopping)
        self.run(sockets=[listening])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.collect()
        gc.freeze()
        self._ready()


def _already_stopping(*_: object) -> None:
    pass


def _make_room() -> None:
    """Allow as many open files as the system lets us, and let threads take turns quickly."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    sys.setswitchinterval(SWITCH)
