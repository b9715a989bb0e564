"""The client and the command line on the real functions, without a socket: `YardTransport` stands for the network."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from modelyard.cli.main import run
from modelyard.client import Backoff, Registry
from modelyard.domain.blobs import digest_at
from modelyard.serve.http_events import joined
from tests.faults.yard import Yard, http_event

URL = "http://yard.test"
QUICK = Backoff(first_wait=0.001, longest_wait=0.002, patience=0.01)


@dataclass
class Given:
    """An answer whose body is there."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def blocks(self) -> Iterator[bytes]:
        yield self.body


class YardTransport:
    """Hands requests to a yard's API, and signed ones to its storage, one at a time. Reactions happen after each.

    `before` is called with the method and path of each request.
    """

    def __init__(self, yard: Yard) -> None:
        self._yard = yard
        self._lock = threading.RLock()
        self.sent: list[tuple[str, str]] = []
        self.before: Callable[[str, str], object] = lambda _method, _path: None

    @contextmanager
    def send(self, request: Any) -> Iterator[Given]:
        with self._lock:
            yield from self._send(request)

    def _send(self, request: Any) -> Iterator[Given]:
        url = urlsplit(request.url)
        self.sent.append((request.method, url.path))
        self.before(request.method, url.path)
        body = request.body if isinstance(request.body, bytes) else b"".join(map(bytes, request.body.blocks()))
        if url.path.startswith("/v1/"):
            yield self._ask(request, url, body)
        elif request.method == "GET":
            yield self._fetch(request, url)
        else:
            self._yard.put({"request": {"url": request.url}, "offset": 0, "length": len(body)}, body)
            yield Given(200)
        self._yard.pump()

    def _ask(self, request: Any, url: Any, body: bytes) -> Given:
        event = http_event(request.method, unquote(url.path))
        event["headers"] = {name.lower(): value for name, value in request.headers.items()}
        event["rawQueryString"] = url.query
        event["queryStringParameters"] = joined(parse_qsl(url.query, keep_blank_values=True)) or None
        if body:
            event["body"] = body.decode()
        answer = self._yard.answer(event)
        return Given(answer.status, json.dumps(answer.body).encode())

    def _fetch(self, request: Any, url: Any) -> Given:
        digest = digest_at(url.path.removeprefix("/"))
        stat = self._yard.store.stat(digest)
        if stat is None:
            return Given(404)
        first, _, last = request.headers.get("Range", "").removeprefix("bytes=").partition("-")
        content = self._yard.store.read(digest, int(first or 0), int(last or stat.size - 1) + 1 - int(first or 0))
        return Given(206 if last else 200, content, {"content-range": f"bytes {first}-{last}/{stat.size}"})

    def close(self) -> None:
        pass


def client(yard: Yard) -> Registry:
    """The SDK on a yard."""
    return Registry(URL, "", transport=YardTransport(yard), backoff=QUICK)


def command_line(yard: Yard, monkeypatch: Any, capsys: Any) -> Any:
    """`.run(*arguments)` runs a command line in this process: exit code, stdout and stderr; `.json` its document."""
    monkeypatch.setenv("MODELYARD_URL", URL)
    monkeypatch.delenv("MODELYARD_TOKEN", raising=False)
    monkeypatch.setattr("modelyard.client.registry.HttpTransport", lambda connections: YardTransport(yard))
    monkeypatch.setattr("modelyard.client.registry.Backoff", lambda: QUICK)

    def call(*arguments: Any) -> tuple[int, str, str]:
        code = run([str(argument) for argument in arguments])
        told = capsys.readouterr()
        return code, told.out, told.err

    def answer(*arguments: Any) -> Any:
        code, out, err = call(*arguments, "--json")
        assert (code, err) == (0, ""), err
        return json.loads(out)

    return SimpleNamespace(run=call, json=answer)
