"""The yard of client_yard behind a real HTTP server that can be told to fail: `with serving() as server: …`."""

import json
import socket
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from modelyard.client import Backoff, Registry
from tests.unit.client_yard import MOMENT, Refusal, Yard, missing

QUICK = Backoff(first_wait=0.001, longest_wait=0.002, patience=0.01)


@dataclass
class Fault:
    """What goes wrong, `times` times, with requests whose `METHOD /path` contains `match`.

    `act` is a status to answer; "drop" (hang up before doing anything), "lose" (do it, then hang up), "cut" (hang up
    in the middle of the body), "damage" (flip a bit of the body), "stray" (ignore the range), or a function to call.
    """

    match: str
    act: int | str | Callable
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Server:
    """A running server: its address, its state, its faults, and what it was asked."""

    url: str
    yard: Yard
    http: ThreadingHTTPServer
    faults: list[Fault] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def asked(self, text):
        """How many requests had `METHOD /path` beginning with `text`."""
        return sum(f"{method} {path}".startswith(text) for method, path, _ in self.requests)

    def registry(self, **given):
        return Registry(self.url, **{"backoff": QUICK, "token": "", **given})

    def vanish(self):
        """Stop listening and hang up on everybody."""
        threading.Thread(target=self.http.shutdown).start()
        self.http.socket.close()
        self.http.gone = True


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def handle(self):
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def do(self):
        server = self.server.owner
        if getattr(self.server, "gone", False):
            return self.hang_up()
        parts = urlsplit(self.path)
        asked = f"{self.command} {parts.path}"
        with server.yard.lock:
            server.requests.append((self.command, parts.path, dict(self.headers.items())))
            fault = next((f for f in server.faults if f.match in asked and f.times), None)
            if fault:
                fault.times -= 1
        act = fault.act if fault else None
        if act == "drop":
            return self.hang_up()
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if isinstance(act, int):
            return self.reply(act, Refusal(act, "", "", "as told").body, fault.headers)
        try:
            if callable(act):
                act()
            with server.yard.lock:
                status, answer, headers = self.answer(server.yard, parts, body)
        except Refusal as refusal:
            status, answer, headers = refusal.status, refusal.body, fault.headers if fault else {}
        if act == "lose":
            return self.hang_up()
        return self.reply(status, answer, headers, act)

    def __getattr__(self, name):
        if name in {"do_GET", "do_POST", "do_PUT", "do_PATCH"}:
            return self.do
        raise AttributeError(name)

    def hang_up(self):
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def reply(self, status, answer, headers=None, act=None):
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        if act == "damage":
            data = bytes([data[0] ^ 1]) + data[1:]
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.send_header("x-request-id", "req-1")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if act == "cut" else data)
        if act == "cut":
            self.hang_up()

    def answer(self, yard, parts, body):
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if parts.path.startswith("/blobs/"):
            return self.blob(yard, unquote(parts.path.removeprefix("/blobs/")), query, body)
        given = json.loads(body) if body else {}
        steps = [unquote(step) for step in parts.path.strip("/").split("/")]
        key = self.headers.get("idempotency-key")
        status, answer = route(yard, (self.command, steps), query, given, key)
        return status, answer, {}

    def blob(self, yard, digest, query, body):
        if int(query["link"]) < yard.oldest_link:
            raise Refusal(403, "forbidden", "Forbidden", "the link has expired")
        if self.command == "PUT":
            if self.headers.get("x-signed") != "yes" or len(body) != int(query["length"]):
                raise Refusal(403, "forbidden", "Forbidden", "not what was signed")
            yard.take(digest, int(query["part"]), body)
            return 200, {}, {}
        blob = yard.blobs[digest]
        wanted = self.headers.get("range")
        if wanted is None:
            return 200, blob, {}
        first, last = (int(end) for end in wanted.removeprefix("bytes=").split("-"))
        return 206, blob[first : last + 1], {"content-range": f"bytes {first}-{last}/{len(blob)}"}


def route(yard, asked, query, body, key):  # noqa: C901, PLR0911, PLR0912 -- it is the table of routes
    start = int(query.get("cursor") or query.get("after") or 0)
    method = asked[0]
    match asked:
        case "GET", ["v1", "health"]:
            return 200, {"status": "ok", "version": "0"}
        case "POST", ["v1", "models"]:
            return 201, yard.once(key, body, yard.create_model)
        case "GET", ["v1", "models"]:
            held = [m for n, m in sorted(yard.models.items()) if n.startswith(query.get("prefix", ""))]
            following = str(start + yard.page) if start + yard.page < len(held) else None
            return 200, {"items": held[start : start + yard.page], "next": following}
        case "GET", ["v1", "resolve"]:
            return 200, yard.resolve(query["ref"])
        case "GET", ["v1", "events"]:
            if query.get("before") == "end":
                start = max(0, len(yard.events) - int(query["limit"]))
                return 200, {"items": yard.events[start:][::-1], "next": str(len(yard.events)), "previous": None}
            held = yard.events[start : start + int(query["limit"])]
            return 200, {"items": held, "next": str(start + len(held))}
        case "GET", ["embedded", "dead-letters"]:
            return 200, {"items": list(yard.letters.values()), "next": None}
        case "POST", ["embedded", "dead-letters", letter, "retry"]:
            if letter not in yard.letters:
                raise missing(f"dead letter {letter!r}")
            return 202, yard.letters.pop(letter)
        case _, ["v1", "models", name]:
            if method == "PATCH":
                change(yard.model(name), body)
            return 200, yard.model(name)
        case "GET", ["v1", "models", name, "history"]:
            held = [e for e in yard.events if e["model"]["name"] == name]
            return 200, {"items": held, "next": None}
        case "GET", ["v1", "models", name, "versions"]:
            yard.model(name)
            stages = {query.get("stage")} - {None}
            held = [v.answer for v in reversed(yard.versions[name]) if not stages or v.answer["stage"] in stages]
            return 200, {"items": held, "next": None}
        case "POST", ["v1", "models", name, "versions"]:
            return 201, yard.once(key, body, lambda given: yard.register(name, given))
        case _, ["v1", "models", name, "versions", number]:
            if method == "PATCH":
                change(yard.version(name, int(number)).answer, body)
            return 200, yard.look(name, int(number))
        case "GET", ["v1", "models", name, "versions", number, "uploads"]:
            return 200, yard.uploads(name, int(number), start)
        case "GET", ["v1", "models", name, "versions", number, "files"]:
            return 200, yard.files(name, int(number), start)
        case "POST", ["v1", "models", name, "versions", number, "complete"]:
            return 202, yard.complete(name, int(number))
        case "POST", ["v1", "models", name, "versions", number, "verify"]:
            answer = yard.version(name, int(number)).answer
            answer["proof_pending"] = True
            return 202, answer
        case "POST", ["v1", "models", name, "versions", number, "transitions"]:
            return 200, yard.transition(name, int(number), body)
    return route_of_lineage(yard, asked, query, start)


def route_of_lineage(yard, asked, query, start):
    match asked:
        case "GET", ["v1", "uses"]:
            held = [each.answer for versions in yard.versions.values() for each in versions]
            return 200, {"items": held[start:][:1], "next": str(start + 1) if start + 1 < len(held) else None}
        case "GET", ["v1", "models", name, "versions", number, "lineage"]:
            yard.version(name, int(number))
            return 200, yard.graph
        case "GET", ["v1", "models", name, "versions", number, "card"]:
            own = yard.version(name, int(number)).answer.get("card", "")
            return 200, f"{query['format']} of {name}\n\n{own}".encode()
    raise missing("such address")


def change(answer, body):
    tags = {**answer["tags"], **body.get("tags", {})}
    answer["tags"] = {key: value for key, value in tags.items() if value is not None}
    answer["description"] = body.get("description", answer["description"])
    answer["card"] = body.get("card", answer.get("card", ""))


@contextmanager
def serving(**given):
    """A server on a free port of loopback, until the block ends."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    url = f"http://127.0.0.1:{http.server_port}"
    http.owner = server = Server(url, Yard(base=url, **given), http)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


__all__ = ["MOMENT", "QUICK", "Fault", "Server", "serving"]
