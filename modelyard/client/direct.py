"""Straight to the host, by the standard library: little work around a request, and bodies read without a copy."""

import http.client
import select
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import Self
from urllib.parse import SplitResult, urlsplit

from modelyard.client.transport import BLOCK, Outgoing, headers_of, unreachable, why

_BROKEN = (OSError, http.client.HTTPException)


@dataclass(frozen=True, slots=True)
class Limits:
    """How many idle connections are kept per host, and how long one may take to be reached, and to go on."""

    connections: int
    connect_seconds: float
    read_seconds: float


class _Connection:
    """A connection, used by one request at a time, and the buffer that its answers are read into."""

    def __init__(self, made: http.client.HTTPConnection, place: str) -> None:
        self.http = made
        self.place = place

    @cached_property
    def buffer(self) -> memoryview:
        """Room for one block."""
        return memoryview(bytearray(BLOCK))

    def is_usable(self) -> bool:
        """Whether the host left it open: one that speaks before it is asked has hung up."""
        waiting = select.poll()
        waiting.register(self.http.sock, select.POLLIN)
        return not waiting.poll(0)

    def exchange(self, request: Outgoing, parts: SplitResult) -> tuple[http.client.HTTPResponse, bool]:
        """The answer's head, and whether the host heard the request to its end before it gave it."""
        self.http.putrequest(request.method, _target(parts), skip_accept_encoding=True)
        for name, value in headers_of(request).items():
            self.http.putheader(name, value)
        try:
            self._put(request)
        except (BrokenPipeError, ConnectionResetError):
            return self.http.getresponse(), False
        return self.http.getresponse(), True

    def _put(self, request: Outgoing) -> None:
        if isinstance(request.body, bytes):
            self.http.endheaders(request.body or None)
            return
        self.http.endheaders()
        for block in request.body.blocks():
            self.http.send(block)


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


class DirectTransport:
    """Keeps connections alive. Trusts the certificates that the system trusts."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._idle: dict[str, list[_Connection]] = {}
        self._lock = threading.Lock()

    def send(self, request: Outgoing) -> "_Answer":
        """As Transport says."""
        connection = None
        try:
            parts = urlsplit(request.url)
            connection = self._take(parts) or self._connect(parts)
            response, heard = connection.exchange(request, parts)
        except BaseException as error:
            if connection is not None:
                connection.http.close()
            if not isinstance(error, (*_BROKEN, ValueError)):
                raise
            reason, transient = why(error)
            raise unreachable(request.url, reason, transient=transient) from error
        return _Answer(self, connection, response, request.url, reusable=heard)

    def give_back(self, connection: _Connection) -> None:
        """Keep a connection whose answer was read to its end, unless there are enough."""
        with self._lock:
            idle = self._idle.setdefault(connection.place, [])
            if len(idle) < self._limits.connections:
                idle.append(connection)
                return
        connection.http.close()

    def close(self) -> None:
        """As Transport says."""
        with self._lock:
            idle, self._idle = self._idle, {}
        for connections in idle.values():
            for connection in connections:
                connection.http.close()

    def __del__(self) -> None:
        self.close()

    def _take(self, parts: SplitResult) -> _Connection | None:
        """An idle connection that still works."""
        while True:
            with self._lock:
                idle = self._idle.get(_place(parts))
                connection = idle.pop() if idle else None
            if connection is None or connection.is_usable():
                return connection
            connection.http.close()

    def _connect(self, parts: SplitResult) -> _Connection:
        if not parts.hostname:
            raise ValueError("the address names no host")
        seconds = self._limits.connect_seconds
        made = (
            http.client.HTTPSConnection(parts.hostname, parts.port or 443, timeout=seconds, context=self._tls)
            if parts.scheme == "https"
            else http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=seconds)
        )
        made.connect()
        made.sock.settimeout(self._limits.read_seconds)
        return _Connection(made, _place(parts))

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        return context


def _place(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc}"


class _Answer:
    """A response that gives its connection back when its body was read, and closes it when it was not."""

    def __init__(
        self,
        transport: DirectTransport,
        connection: _Connection,
        response: http.client.HTTPResponse,
        url: str,
        *,
        reusable: bool,
    ) -> None:
        self._transport = transport
        self._connection = connection
        self._response = response
        self._url = url
        self._reusable = reusable and not response.will_close
        self._drained = False
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}

    def blocks(self) -> Iterator[memoryview]:
        """As Answer says."""
        buffer = self._connection.buffer
        try:
            while count := self._response.readinto(buffer):
                yield buffer[:count]
        except _BROKEN as error:
            raise unreachable(self._url, why(error)[0]) from error
        if self._response.length:
            raise unreachable(self._url, "the connection broke")
        self._drained = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._drained and self._reusable:
            self._transport.give_back(self._connection)
        else:
            self._connection.http.close()
