"""HTTP/1.1 with limits that uvicorn does not set: how long and how slow the head of a request may be."""

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from modelyard.serve.answers import Refusal, refused
from modelyard.serve.calls import new_context

MOST_HEAD = 64 * 1024
"""Bytes of a request's target and headers."""

TOO_LONG = Refusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "too_large",
    "TooLarge",
    f"the request's address and headers take more than {MOST_HEAD} bytes; a long filter has to be made shorter",
)

PATIENCE = 30.0
"""Seconds in which a request's head must have come, once it has begun."""


class LimitedProtocol(HttpToolsProtocol):
    """Ends connections whose next request is too long or too slow in coming."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head = 0
        self._overdue: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a first request."""
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._arrived()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._head = 0
        if self._overdue is None:
            self._expect()

    def on_url(self, url: bytes) -> None:
        """Some of the target."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._arrived()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request, or too long a one."""
        if self._head <= MOST_HEAD:
            super().send_400_response(msg)
            return
        answer = refused(TOO_LONG, new_context("api").aws_request_id)
        headers = [*answer.headers, (b"content-length", b"%d" % len(answer.body)), (b"connection", b"close")]
        head = b"".join(b"%b: %b\r\n" % header for header in headers)
        self.transport.write(STATUS_LINE[answer.status] + head + b"\r\n" + answer.body)
        self.transport.close()

    def timeout_keep_alive_handler(self) -> None:
        """End an idle connection; one whose client does not take its answer would otherwise stay for ever."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        super().timeout_keep_alive_handler()

    def _expect(self) -> None:
        self._overdue = self.loop.call_later(PATIENCE, self._give_up)

    def _arrived(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None

    def _give_up(self) -> None:
        self._overdue = None
        if not self.transport.is_closing():
            self.transport.close()

    def _count(self, length: int) -> None:
        self._head += length
        if self._head > MOST_HEAD:
            raise _TooLong


class _TooLong(Exception):
    """Raised within the parser, which then takes the request for broken."""
