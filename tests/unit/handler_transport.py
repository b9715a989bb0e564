"""A client's transport that hands requests to the API's handler in this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from functions.api.handler import handler
from modelyard.client.transport import Outgoing
from modelyard.serve.http_events import joined


@dataclass
class Answered:
    """An answer that is here already."""

    status: int
    headers: dict[str, str]
    body: bytes

    def blocks(self) -> Iterator[bytes]:
        yield self.body


class HandlerTransport:
    """`modelyard.client.transport.Transport`; `asked` is what was asked for, in order."""

    def __init__(self, ports: Any) -> None:
        self._ports = ports
        self.asked: list[str] = []

    @contextmanager
    def send(self, request: Outgoing) -> Iterator[Answered]:
        url = urlsplit(request.url)
        self.asked.append(f"{request.method} {url.path}?{url.query}")
        body = request.body if isinstance(request.body, bytes) else b""
        event = {
            "version": "2.0",
            "rawPath": unquote(url.path),
            "rawQueryString": url.query,
            "queryStringParameters": joined(parse_qsl(url.query, keep_blank_values=True)),
            "headers": {name.lower(): value for name, value in request.headers.items()},
            "requestContext": {
                "http": {"method": request.method, "path": url.path},
                "requestId": f"request-{len(self.asked)}",
                "stage": "$default",
                "authorizer": {"lambda": {"actor": "local:ana"}},
            },
            "body": body.decode(),
            "isBase64Encoded": False,
        }
        given = handler(event, None, self._ports)
        headers = {name.lower(): str(value) for name, value in given["headers"].items()}
        yield Answered(given["statusCode"], headers, given["body"].encode())

    def close(self) -> None:
        pass
