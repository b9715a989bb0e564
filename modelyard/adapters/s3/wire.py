"""Requests without bodies, over connections that are kept: what a question to S3 costs at least."""

import select
import ssl
from collections.abc import Mapping
from functools import cached_property
from http.client import HTTPConnection, HTTPSConnection
from threading import Lock
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

CONNECT_SECONDS = 5
READ_SECONDS = 30
KEPT = 32
"""Idle connections per host."""


class Reply(NamedTuple):
    """An answer's status, and its headers by lower-case names."""

    status: int
    headers: Mapping[str, str]


class Wire:
    """Asks hosts, each request once. Trusts the certificates that the system trusts. Safe for several threads."""

    def __init__(self) -> None:
        self._idle: dict[str, list[HTTPConnection]] = {}
        self._lock = Lock()

    def __del__(self) -> None:
        for idle in self._idle.values():
            for connection in idle:
                connection.close()

    def ask(self, method: str, url: str, headers: Mapping[str, str]) -> Reply:
        """The answer; OSError or HTTPException without one."""
        parts = urlsplit(url)
        connection = self._take(parts.netloc) or self._connect(parts)
        try:
            connection.request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path, headers=headers)
            response = connection.getresponse()
            response.read()
        except BaseException:
            connection.close()
            raise
        if not response.will_close:
            self._keep(parts.netloc, connection)
        return Reply(response.status, {name.lower(): value for name, value in response.getheaders()})

    def _take(self, place: str) -> HTTPConnection | None:
        """An idle connection that its host left open: one that speaks before it is asked has hung up."""
        while True:
            with self._lock:
                idle = self._idle.get(place)
                connection = idle.pop() if idle else None
            if connection is None:
                return None
            waiting = select.poll()
            waiting.register(connection.sock, select.POLLIN)
            if not waiting.poll(0):
                return connection
            connection.close()

    def _keep(self, place: str, connection: HTTPConnection) -> None:
        with self._lock:
            idle = self._idle.setdefault(place, [])
            if len(idle) < KEPT:
                idle.append(connection)
                return
        connection.close()

    def _connect(self, parts: SplitResult) -> HTTPConnection:
        host = parts.hostname or ""
        connection = (
            HTTPSConnection(host, parts.port or 443, timeout=CONNECT_SECONDS, context=self._tls)
            if parts.scheme == "https"
            else HTTPConnection(host, parts.port or 80, timeout=CONNECT_SECONDS)
        )
        connection.connect()
        connection.sock.settimeout(READ_SECONDS)
        return connection

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context()
