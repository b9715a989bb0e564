"""The disk adapter's HTTP door: PUT, GET and HEAD of signed blob URLs, as an ASGI application.

Hashing and the disk are worked by threads, a MiB at a time, while the event loop takes the next bytes off the wire; a
connection never holds more than a few MiB. Every refusal is a problem document, as those of the registry's API are.
"""

import asyncio
import errno
import json
import logging
import os
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar

from modelyard.domain.blobs import attachment
from modelyard.domain.errors import Forbidden, Invalid, RegistryError
from modelyard.serve.blob_store import BlobStore, Incoming, Outgoing, Sink, Source
from modelyard.serve.ranges import Slice, choose

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
T = TypeVar("T")

BATCH = 1024**2
"""Bytes that go to the disk, and come from it, at once."""

PATIENCE = 60.0
"""Seconds that a sender may be silent, and in which a receiver must take a MiB."""

THREADS = 4 + 2 * (os.cpu_count() or 1)
"""Threads for hashing and the disk; more than cores, since some wait for the disk's flush."""

STATUS = {"invalid": 400, "forbidden": 403, "not_found": 404, "conflict": 503, "precondition_failed": 412}
"""What object storage answers to the same refusals; a conflict passes, so the sender tries again."""

FULL = {errno.ENOSPC, errno.EDQUOT}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response but for a blob's bytes."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class _Left(Exception):
    """The other side hung up."""


class BlobDoor:
    """Answers requests whose path begins with `/blobs/`.

    `on_stored` is called with key and size, on a thread, once a blob sent whole is stored for good; what it raises is
    logged, since the blob is stored all the same. Like storage's events on AWS it is a hint that a crash can lose.
    """

    def __init__(self, blobs: BlobStore, on_stored: Callable[[str, int], None]) -> None:
        self._blobs, self._on_stored = blobs, on_stored
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="blobs")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        with suppress(_Left):
            try:
                answer = await self._answer(scope, receive, send)
            except RegistryError as error:
                answer = _refusal(STATUS.get(error.code, 500), error.code, error.kind, error.detail)
            except TimeoutError:
                answer = _refusal(408, "malformed", "RequestTimeout", f"no bytes came for {PATIENCE:.0f} seconds")
            except OSError as error:
                answer = _failure(error)
            if answer is not None:
                await _send(send, answer)

    def close(self) -> None:
        """Let the threads end once their work is done."""
        self._pool.shutdown(wait=False)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> Answer | None:
        """The answer to send, or None when it was sent."""
        path, query = scope["path"], scope["query_string"].decode("latin-1")
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        match scope["method"]:
            case "PUT":
                return await self._put(self._blobs.accept(path, query), headers, receive)
            case "GET" | "HEAD" as method:
                outgoing = self._blobs.hand_out(path, query)
                return await self._get(outgoing, headers, receive, send, body=method == "GET")
        allowed = {"allow": "GET, HEAD, PUT"}
        return _refusal(405, "malformed", "MethodNotAllowed", "a blob is sent by PUT and fetched by GET", allowed)

    async def _put(self, incoming: Incoming, headers: Mapping[str, str], receive: Receive) -> Answer:
        _check_headers(incoming, headers)
        sink = await self._work(incoming.open)
        if sink is None:
            return Answer(200)
        try:
            await self._pour(receive, sink)
            await self._work(lambda: self._keep(sink, incoming))
        finally:
            # On a thread, because a write may still be under way when the request was given up.
            self._pool.submit(sink.close)
        return Answer(200)

    async def _pour(self, receive: Receive, sink: Sink) -> None:
        """Give the body to `sink`, while the next bytes come in."""
        loop = asyncio.get_running_loop()
        writing: asyncio.Future[None] | None = None
        more = True
        while more:
            chunk, more = await _gather(receive)
            if writing:
                await writing
            writing = loop.run_in_executor(self._pool, sink.write, chunk)
        if writing:
            await writing

    def _keep(self, sink: Sink, incoming: Incoming) -> None:
        sink.commit()
        if incoming.key is None:
            return
        try:
            self._on_stored(incoming.key, incoming.length)
        except Exception:
            log.exception("%s is stored, but nobody could be told", incoming.key)

    async def _get(
        self, outgoing: Outgoing, headers: Mapping[str, str], receive: Receive, send: Send, *, body: bool
    ) -> Answer | None:
        source = await self._work(outgoing.open)
        try:
            part = choose(headers, size=source.size, etag=f'"{outgoing.etag}"')
            answer = _head(part, outgoing, source.size)
            if not body or not part.length:
                return answer
            await self._stream(source, part, answer, receive, send)
            return None
        finally:
            self._pool.submit(source.close)

    async def _stream(self, source: Source, part: Slice, answer: Answer, receive: Receive, send: Send) -> None:
        """Send the bytes, reading ahead; stop when the other side is gone."""
        left = asyncio.ensure_future(_hung_up(receive))
        offset, end = part.offset, part.offset + part.length
        try:
            await _start(send, answer)
            ahead = self._read(source, offset, end)
            while offset < end and not left.done():
                chunk = await ahead
                offset += len(chunk)
                if offset < end:
                    ahead = self._read(source, offset, end)
                async with asyncio.timeout(PATIENCE):
                    await send({"type": "http.response.body", "body": chunk, "more_body": offset < end})
        except OSError as error:
            # The answer has begun: cutting it short is the only way left to say that it failed.
            log.warning("a blob was not sent to its end: %r", error)
            raise _Left from error
        finally:
            left.cancel()

    def _read(self, source: Source, offset: int, end: int) -> asyncio.Future[bytes]:
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self._pool, _read_some, source, offset, min(BATCH, end - offset))

    async def _work(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)


def _read_some(source: Source, offset: int, length: int) -> bytes:
    chunk = source.read(offset, length)
    if not chunk:
        raise OSError(errno.EIO, "the blob became shorter while it was sent")
    return chunk


async def _gather(receive: Receive) -> tuple[bytes, bool]:
    """About a MiB of the body, and whether there is more of it."""
    chunks: list[bytes] = []
    size, more, clock = 0, True, asyncio.get_running_loop().time
    async with asyncio.timeout(PATIENCE) as patience:
        while more and size < BATCH:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Left
            chunks.append(message.get("body", b""))
            size, more = size + len(chunks[-1]), message.get("more_body", False)
            patience.reschedule(clock() + PATIENCE)
    return b"".join(chunks), more


async def _hung_up(receive: Receive) -> None:
    """Return when the other side is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _check_headers(incoming: Incoming, headers: Mapping[str, str]) -> None:
    """Refuse, before any byte of the body is read, what was not signed so."""
    if headers.get("content-length") != str(incoming.length):
        raise Invalid(f"the link is for a Content-Length of {incoming.length}")
    for name, value in incoming.headers.items():
        if headers.get(name.lower()) != value:
            raise Forbidden(f"the link is for a request with {name}: {value}")


def _head(part: Slice, outgoing: Outgoing, size: int) -> Answer:
    """Status and headers for a range of a blob of `size` bytes."""
    headers = {
        "etag": f'"{outgoing.etag}"',
        "accept-ranges": "bytes",
        "cache-control": "private, no-store, no-transform",
        "x-content-type-options": "nosniff",
    }
    if part.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        beyond = {"content-range": f"bytes */{size}"}
        return _refusal(part.status, "invalid", "RangeNotSatisfiable", f"the blob has {size} bytes", headers | beyond)
    if part.status == HTTPStatus.NOT_MODIFIED:
        return Answer(part.status, headers)
    if part.status == HTTPStatus.PARTIAL_CONTENT:
        headers["content-range"] = f"bytes {part.offset}-{part.offset + part.length - 1}/{size}"
    headers |= {
        "content-type": "application/octet-stream",
        "content-disposition": attachment(outgoing.filename),
        "content-length": str(part.length),
    }
    return Answer(part.status, headers)


def _refusal(status: int, code: str, kind: str, detail: str, headers: Mapping[str, str] | None = None) -> Answer:
    """A problem document (RFC 9457) with the registry's `code` and `kind`."""
    problem = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "kind": kind,
    }
    extra = {"retry-after": "1"} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    kept = {"content-type": "application/problem+json", "cache-control": "no-store"}
    return Answer(status, {**(headers or {}), **kept, **extra}, json.dumps(problem).encode())


def _failure(error: OSError) -> Answer:
    if error.errno in FULL:
        log.error("the disk is full: %s", error)
        return _refusal(507, "internal", "NoSpace", "the disk is full")
    log.error("the disk failed", exc_info=error)
    return _refusal(500, "internal", "Internal", "the disk failed")


async def _send(send: Send, answer: Answer) -> None:
    await _start(send, answer)
    await send({"type": "http.response.body", "body": answer.body})


async def _start(send: Send, answer: Answer) -> None:
    headers = {"content-length": str(len(answer.body)), **answer.headers}
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
