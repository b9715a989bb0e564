"""Speaks to an ASGI application as a server would, one message after the other."""

import asyncio
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from modelyard.ports import SignedRequest
from modelyard.serve.door import BlobDoor

SMALL = b"small"
GONE = {"type": "http.disconnect"}


@dataclass
class Spoken:
    """What the door said, and how many messages it took."""

    sent: list[dict[str, Any]] = field(default_factory=list)
    taken: int = 0

    @property
    def status(self) -> int:
        return self.sent[0]["status"]

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def body(self) -> bytes:
        return b"".join(each.get("body", b"") for each in self.sent[1:])

    @property
    def kind(self) -> str:
        assert self.headers["content-type"] == "application/problem+json"
        problem = json.loads(self.body)
        assert problem["status"] == self.status
        return problem["kind"]


def bodies(*chunks: bytes) -> list[dict[str, Any]]:
    last = len(chunks) - 1
    return [{"type": "http.request", "body": each, "more_body": n < last} for n, each in enumerate(chunks)]


def ask(door: BlobDoor, request: SignedRequest, *messages: Any, method: str = "", **headers: str) -> Spoken:
    """Send messages one after the other, then be silent; an event among them is waited for first."""
    return asyncio.run(talk(door, request, messages, method or request.method, headers))


async def talk(door: BlobDoor, request: SignedRequest, messages: Any, method: str, headers: dict[str, str]) -> Spoken:
    url, spoken = urlsplit(request.url), Spoken()
    given = {**request.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope = {
        "type": "http",
        "method": method,
        "path": url.path,
        "query_string": url.query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in given.items() if value],
    }
    waiting = iter(messages)

    async def receive() -> Any:
        message = next(waiting, None)
        if message is None:
            await asyncio.sleep(3600)
        spoken.taken += 1
        return message

    async def send(message: Any) -> None:
        spoken.sent.append(message)

    await door(scope, receive, send)
    return spoken


def settle(done: Callable[[], bool]) -> None:
    """Wait for the door's threads."""
    for _ in range(2000):
        if done():
            return
        threading.Event().wait(0.005)
    raise AssertionError("the door's threads did not settle")
