"""Answers that the runtime gives by itself, and how an answer is sent. Refusals are problem documents (RFC 9457)."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from modelyard.contract.codes import STATUS
from modelyard.domain.errors import RegistryError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response; Content-Length is added. `close` ends the connection, for a body that was not read."""

    status: int
    body: bytes
    headers: Headers = field(default_factory=list)
    close: bool = False


class Refusal(Exception):
    """A refusal of the runtime itself, which the registry has no name for."""

    def __init__(self, status: HTTPStatus, code: str, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.code, self.kind, self.detail = status, code, kind, detail


def json_answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer with a JSON body."""
    known = {"content-type": "application/json", **(headers or {})}
    return Answer(status, json.dumps(body).encode(), encoded(known))


def refused(error: RegistryError | Refusal, request_id: str) -> Answer:
    """The problem document of a refusal."""
    status = error.status if isinstance(error, Refusal) else STATUS[error.code]
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", error.kind)
    problem = {
        "type": f"urn:modelyard:problem:{words.replace(' ', '-').lower()}",
        "title": words.capitalize(),
        "status": int(status),
        "detail": error.detail,
        "instance": f"urn:modelyard:request:{request_id}",
        "code": error.code,
        "kind": error.kind,
    }
    headers = {"content-type": "application/problem+json", "cache-control": "no-store", "x-request-id": request_id}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = 'Bearer realm="modelyard"'
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["retry-after"] = "1"
    unread = status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
    return Answer(int(status), json.dumps(problem).encode(), encoded(headers), close=unread)


def encoded(headers: Mapping[str, Any]) -> Headers:
    """Headers as ASGI takes them."""
    return [(name.lower().encode("latin-1"), str(value).encode("latin-1")) for name, value in headers.items()]


async def send_answer(send: Send, answer: Answer, *, last: bool = True) -> None:
    """Send an answer; the response stays open unless it is `last`, so that the rest of a body can be read."""
    headers = [*answer.headers, (b"content-length", b"%d" % len(answer.body))]
    if answer.close:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": not last})
