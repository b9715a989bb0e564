"""HTTP in, Lambda events out, and back: what API Gateway does on AWS.

Reads are answered on the event loop, because a hop to a thread costs as much as many of them take; one that took long
is answered on a thread when it comes again. Everything that may write runs on threads, so that no read waits for the
disk, and several writes share one flush of it. Measured on two busy cores: 5,900 reads/s this way and 3,700 with
everything on threads; beside four writers 2,100 this way, 930 with everything on threads, 100 all on the loop.
"""

import asyncio
import base64
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

from modelyard.domain.errors import Internal, TooLarge
from modelyard.ports import Clock
from modelyard.serve.answers import Answer, Receive, Refusal, Scope, encoded, refused
from modelyard.serve.calls import Context, Handler
from modelyard.serve.http_events import Authorizer, http_event

MOST_BODY = 6 * 1024**2
"""Bytes of a request's body: Lambda's limit of what a function is given."""

PATIENCE = 60.0
"""Seconds in which a body must have come."""

LONG = 0.004
"""Seconds of computing after which a read is answered on a thread from then on."""

MOST_LONG = 1024
"""Long reads that are remembered."""

THREADS = 8
"""Calls at once beside the loop: with eight clients 1,160 writes/s, 910 with four threads, 760 with two."""

READS = frozenset({"GET", "HEAD"})
WAITING = ("/uploads", "/attachments", "/compare", "/lineage", "/card")
"""How the path of a read ends that may wait for the disk, or computes for long."""

_CLOSED = frozenset({"content-length", "connection", "transfer-encoding"})

log = logging.getLogger(__name__)


class Left(Exception):
    """The client hung up before its request was whole."""


class Gateway:
    """Hands requests to the function `api`. `wrote` is called after each request that may have changed something."""

    def __init__(self, handler: Handler, clock: Clock, wrote: Callable[[], None]) -> None:
        self._handler, self._clock, self._wrote = handler, clock, wrote
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="api")
        self._long: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def answer(
        self, scope: Scope, headers: dict[str, str], receive: Receive, authorizer: Authorizer, context: Context
    ) -> Answer:
        """The function's answer. Left, TooLarge, or a Refusal when the body does not come as it should."""
        body = await read_body(headers, receive) if _has_body(headers) else b""
        event = http_event(
            scope,
            headers,
            body,
            request_id=context.aws_request_id,
            now=self._clock.now(),
            authorizer=authorizer,
        )
        try:
            return _answer(await self._call(scope["method"], event, context))
        except Exception:
            log.exception("the function failed on request %s", context.aws_request_id)
            return refused(Internal("something went wrong here; quote the request id"), context.aws_request_id)

    def close(self) -> None:
        """Wait for the calls under way."""
        self._pool.shutdown()

    async def _call(self, method: str, event: dict[str, Any], context: Context) -> Mapping[str, Any]:
        key = (event["rawPath"], event["rawQueryString"])
        if method in READS and key not in self._long and not key[0].endswith(WAITING):
            return self._timed(key, event, context)
        loop = asyncio.get_running_loop()
        if method in READS:
            return await loop.run_in_executor(self._pool, self._timed, key, event, context)
        try:
            answer: Mapping[str, Any] = await loop.run_in_executor(self._pool, self._handler, event, context)
        finally:
            self._wrote()
        return answer

    def _timed(self, key: tuple[str, str], event: dict[str, Any], context: Context) -> Mapping[str, Any]:
        """Call, and remember whether it took long. Counted in the thread's own time, not that of others."""
        started = time.thread_time()
        answer: Mapping[str, Any] = self._handler(event, context)
        if time.thread_time() - started > LONG:
            self._long[key] = None
            if len(self._long) > MOST_LONG:
                self._long.popitem(last=False)
        elif key in self._long:
            self._long.pop(key, None)
        return answer


def _has_body(headers: Mapping[str, str]) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


async def read_body(headers: Mapping[str, str], receive: Receive) -> bytes:
    """The request's body; TooLarge as soon as that is known, Left when it is cut short, a Refusal when it is slow."""
    if int(headers.get("content-length", "0")) > MOST_BODY:
        raise _too_large()
    chunks, size, more = [], 0, True
    try:
        async with asyncio.timeout(PATIENCE):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Left
                chunk, more = message.get("body", b""), message.get("more_body", False)
                size += len(chunk)
                if size > MOST_BODY:
                    raise _too_large()
                chunks.append(chunk)
    except TimeoutError:
        detail = f"the body did not come within {PATIENCE:.0f} seconds"
        raise Refusal(HTTPStatus.REQUEST_TIMEOUT, "malformed", "RequestTimeout", detail) from None
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _too_large() -> TooLarge:
    return TooLarge(f"a request's body has at most {MOST_BODY} bytes")


def _answer(given: Mapping[str, Any]) -> Answer:
    """What the function gave, as an HTTP response."""
    body = given.get("body") or ""
    content = base64.b64decode(body) if given.get("isBase64Encoded") else body.encode()
    headers = encoded({name: value for name, value in given.get("headers", {}).items() if name.lower() not in _CLOSED})
    headers += [(b"set-cookie", cookie.encode("latin-1")) for cookie in given.get("cookies", ())]
    return Answer(given["statusCode"], content, headers)
