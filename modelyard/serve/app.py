"""The whole server as one ASGI app: the API under /v1, blobs under /blobs, dead letters under /embedded, the page."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus

from modelyard.domain.errors import RegistryError
from modelyard.ports import Key, Table
from modelyard.serve.answers import Answer, Receive, Refusal, Scope, Send, refused, send_answer
from modelyard.serve.calls import Context, new_context
from modelyard.serve.dispatch_store import Queue
from modelyard.serve.door import BlobDoor
from modelyard.serve.gateway import MOST_BODY, Gateway, Left
from modelyard.serve.http_events import Authorizer, header_values
from modelyard.serve.identity import Identity
from modelyard.serve.letters import PATH as LETTERS
from modelyard.serve.letters import answer_letters
from modelyard.serve.neighbours import Neighbours
from modelyard.serve.page import Page

HEALTH = "/v1/health"
OPEN = frozenset({HEALTH})
"""What anybody may read."""

PROBE = [Key("HEALTH", "HEALTH")]
DRAIN_SECONDS = 5.0

log = logging.getLogger(__name__)


class App:
    """Lets in whom `neighbours` and `identity` know, and leads each request to where it is answered."""

    def __init__(
        self,
        *,
        gateway: Gateway,
        door: BlobDoor,
        queue: Queue,
        table: Table,
        identity: Identity,
        neighbours: Neighbours | None,
        well: Callable[[], bool],
        page: Page,
    ) -> None:
        self._gateway, self._door, self._queue, self._table = gateway, door, queue, table
        self._identity, self._neighbours, self._well, self._page = identity, neighbours, well, page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        context = new_context("api")
        with suppress(Left):
            try:
                answer = await self._answer(scope, receive, send, context)
            except (RegistryError, Refusal) as error:
                answer = refused(error, context.aws_request_id)
            if answer is None:
                return
            if answer.close:
                await _send_early(answer, receive, send)
            else:
                await send_answer(send, answer)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, context: Context) -> Answer | None:
        """The answer to send, or None when the blob door sent it."""
        method, path = scope["method"], scope["path"]
        headers = header_values(scope["headers"])
        if self._neighbours is not None:
            self._neighbours.check(method, headers)
        if path.startswith("/blobs/"):
            await self._door(scope, receive, send)
            return None
        if path.startswith("/v1/"):
            if path == HEALTH:
                self._check_health()
            authorizer = self._authorizer(path, headers)
            return await self._gateway.answer(scope, headers, receive, authorizer, context)
        if path.startswith(LETTERS):
            self._identity.authorizer(headers)
            query = scope["query_string"].decode("latin-1")
            return await asyncio.to_thread(answer_letters, self._queue, method, path, query)
        return self._page.answer(method, path, headers)

    def _authorizer(self, path: str, headers: dict[str, str]) -> Authorizer:
        return {} if path in OPEN else self._identity.authorizer(headers)

    def _check_health(self) -> None:
        """A Refusal (503) unless events are dispatched and the table answers."""
        if not self._well():
            raise _unavailable("events are not dispatched; see the server's log")
        try:
            self._table.get(PROBE)
        except Exception as error:
            log.exception("the table does not answer")
            raise _unavailable("the table does not answer; see the server's log") from error


def _unavailable(detail: str) -> Refusal:
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "internal", "Unavailable", detail)


async def _send_early(answer: Answer, receive: Receive, send: Send) -> None:
    """Send a refusal, then take in some more of the body: closing at once could take the answer away again."""
    await send_answer(send, answer, last=False)
    left, more = 4 * MOST_BODY, True
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            while more and left > 0:
                message = await receive()
                more = message.get("more_body", False)
                left -= len(message.get("body", b""))
    await send({"type": "http.response.body", "body": b""})


class AccessLog:
    """Writes a line for each request: method, path without its query (which may hold a signature), status, time."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._log = logging.getLogger("modelyard.access")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started, status = time.monotonic(), 0

        async def noted(message: Scope) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            took = (time.monotonic() - started) * 1000
            client = (scope.get("client") or ("-",))[0]
            self._log.info("%s %s %r %d %.1f ms", client, scope["method"], scope["path"], status, took)
