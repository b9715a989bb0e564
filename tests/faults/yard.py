"""A whole registry in this process: the real functions on given ports, driven as API Gateway and Lambda drive them."""

import json
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from functions import triggers
from functions.api.handler import handler as api
from functions.attest.handler import handler as attest
from functions.notify.handler import handler as notify
from functions.relay.handler import handler as relay
from functions.rename.handler import handler as rename
from functions.sweep.handler import handler as sweep
from functions.verify.handler import handler as verify
from modelyard.adapters.disk import DiskBlobs
from modelyard.adapters.sqlite import SqliteTable
from modelyard.catalogue.shape import SHAPE
from modelyard.domain.digests import Digest, combine, is_tree, part_count, part_range
from modelyard.domain.errors import Contended, NotFound, PreconditionFailed
from modelyard.settings import Limits
from modelyard.wiring import Ports
from tests.faults.crashing import Died, Plan, crashing, sound_port
from tests.faults.streams import ChangeStream, Stream
from tests.unit.fakes import CountedIds, RecordingBus, RecordingTopic, StillClock, sha256

HANDLERS = {"relay": relay, "verify": verify, "notify": notify, "rename": rename, "attest": attest}
ENOUGH = 40
"""Tries of a client or of Lambda; one more than that is a bug, not bad luck."""

AGAIN = {"Contended", "Throttled"}
"""Refusals after which a client tries again."""


@dataclass(frozen=True)
class Answer:
    """What the API answered: the status, the JSON body, the headers."""

    status: int
    body: Any
    headers: Mapping[str, Any]


@dataclass
class Yard:
    """Ports, what drives them, and what is under way.

    `store` is storage as it is, for checks and for damage; `hints` holds keys of blobs that it says were created.
    """

    ports: Ports
    stream: Stream
    bus: RecordingBus
    topic: RecordingTopic
    clock: StillClock
    store: Any
    hints: deque[str] = field(default_factory=deque)
    path: Path = Path()
    requests: int = 0
    failures: int = 0
    plan: Plan = field(default_factory=Plan)

    def fail(self, plan: Plan) -> None:
        """Let calls of ports fail from now on as planned."""
        self.plan, self.ports = plan, crashing(self.sound, plan)

    def mend(self) -> None:
        """Let no call fail any more."""
        self.plan, self.ports = Plan(), self.sound

    @property
    def sound(self) -> Ports:
        """The ports without what makes them fail."""
        return replace(self.ports, **{each.name: sound_port(getattr(self.ports, each.name)) for each in fields(Ports)})

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str | list[str]] | None = None,
        headers: Mapping[str, str] | None = None,
        actor: str | None = "local:ana",
    ) -> Answer:
        """One request, in the shape of API Gateway's event. A `body` of text goes as it is, anything else as JSON."""
        self.requests += 1
        event = http_event(method, path, actor=actor, request=f"request-{self.requests}")
        raw = urlencode(query or {}, doseq=True, errors="surrogatepass")
        joined = {name: value if isinstance(value, str) else ",".join(value) for name, value in (query or {}).items()}
        event |= {"headers": dict(headers or {}), "rawQueryString": raw, "queryStringParameters": joined or None}
        if body is not None:
            event["body"] = body if isinstance(body, str) else json.dumps(body)
        return self.answer(event)

    def answer(self, event: dict[str, Any]) -> Answer:
        """What the API answers to an event as it is."""
        given = api(event, None, self.ports)
        return Answer(given["statusCode"], _read(given), given["headers"])

    def insist(self, method: str, path: str, body: Any = None, **how: Any) -> Answer:
        """The answer that a client gets in the end: it repeats the same request while the server fails."""
        for attempt in range(ENOUGH):
            self.plan.attempt(attempt)
            try:
                answer = self.call(method, path, body, **how)
            except Died:  # a lost connection, to the client
                self.failures += 1
                continue
            if answer.status < 500 and answer.body.get("kind") not in AGAIN:
                return answer
            self.failures += 1
        raise AssertionError(f"{method} {path} never succeeded")

    def again(self, attempt: Callable[[], Any]) -> Any:
        """What an attempt gives in the end, as often as it takes within reason."""
        for nth in range(ENOUGH):
            self.plan.attempt(nth)
            try:
                return attempt()
            except (Exception, Died) as error:  # Lambda tries again whatever it was
                self.failures += 1
                failure = error
                if isinstance(error, NotFound):
                    raise
                if isinstance(error, Contended):
                    time.sleep(0.02)
        raise failure

    def send(self, upload: Mapping[str, Any], content: bytes) -> None:
        """Send one signed request's bytes, again while that fails."""
        self.again(lambda: self.plan.around("door.put", lambda: self.put(upload, content)))

    def put(self, upload: Mapping[str, Any], content: bytes) -> None:
        """Give the disk a signed request's bytes, as the door does; an answer of 412 is as good as sent."""
        url = urlsplit(upload["request"]["url"])
        incoming = self.store.accept(url.path, url.query)
        try:
            writer = incoming.open()
        except PreconditionFailed:
            return
        if writer is None:
            return
        try:
            writer.write(content[upload["offset"] : upload["offset"] + upload["length"]])
            writer.commit()
        finally:
            writer.close()
        if incoming.key is not None:
            self.hints.append(incoming.key)

    def rot(self, content: bytes) -> None:
        """Let storage lose bits of a blob behind the registry's back."""
        path = self._lying(content)
        path.chmod(0o644)
        path.write_bytes(content[:-1] + b"!")

    def lose(self, content: bytes) -> None:
        """Let storage lose a blob."""
        self._lying(content).unlink()

    def _lying(self, content: bytes) -> Path:
        found: Path = self.store._path(Digest(file_request("x", content)["digest"]))
        return found

    def push(self, name: str, number: int, uploads: Mapping[str, Any], contents: Mapping[str, bytes]) -> None:
        """Send all that a version's pages of uploads ask for.

        Somebody who pushes the same files may end their upload first; then the client asks what is still missing.
        """
        path = f"/v1/models/{name}/versions/{number}/uploads"
        while True:
            try:
                for upload in uploads["items"]:
                    self.send(upload, contents[upload["digest"]])
            except NotFound:
                uploads = self.insist("GET", path).body
                continue
            if uploads["next"] is None:
                return
            uploads = self.insist("GET", path, query={"cursor": uploads["next"]}).body

    def wake(self, function: str, event: dict[str, Any]) -> Any:
        """Wake a function with the same event until it succeeds, as Lambda does."""
        return self.again(lambda: HANDLERS[function](event, None, self.ports))

    def pump(self) -> None:
        """Run every reaction that is due, and what those cause, until nothing is left."""
        while self.hints or self.bus.waiting or self.stream.waits():
            while self.hints:
                self.wake("verify", created(self.hints.popleft()))
            while places := self.stream.next():
                self.wake("relay", inserted(places))
                self.stream.done(places)
            while self.bus.waiting:
                event = self.bus.waiting.pop(0)
                for function in woken_by(event["type"]):
                    self.wake(function, told(event))

    def sweep(self) -> dict[str, Any]:
        """One round of the sweep, again while it fails."""
        return self.again(lambda: sweep({"id": "round"}, None, self.ports))

    def rows(self) -> list[tuple[Any, ...]]:
        """All that lies in SQLite's table: equal before and after means that nothing was written."""
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute("SELECT * FROM items ORDER BY pk, sk").fetchall()

    def ready(self, name: str, files: Mapping[str, bytes], **about: Any) -> int:
        """Push a version and have it verified; its number."""
        manifest = [file_request(path, content) for path, content in files.items()]
        made = self.call("POST", f"/v1/models/{name}/versions", {"files": manifest, **about})
        assert made.status == 201, made
        number = made.body["version"]["version"]
        self.push(name, number, made.body["uploads"], by_digest(files))
        assert self.call("POST", f"/v1/models/{name}/versions/{number}/complete").status == 202
        self.pump()
        return number


def http_event(
    method: str, path: str, *, actor: str | None = "local:ana", request: str = "request-0"
) -> dict[str, Any]:
    """An event of API Gateway (HTTP API, payload 2.0) without body, query or headers."""
    return {
        "version": "2.0",
        "rawPath": path.replace("%", "%25"),  # decoded by API Gateway, but for this
        "rawQueryString": "",
        "headers": {},
        "requestContext": {
            "http": {"method": method, "path": path},
            "requestId": request,
            "stage": "$default",
            "authorizer": {"lambda": {"actor": actor}} if actor else None,
        },
        "isBase64Encoded": False,
    }


def created(key: str) -> dict[str, Any]:
    """EventBridge's event that S3 created an object."""
    detail = {"bucket": {"name": "yard"}, "object": {"key": key, "size": 1}}
    return {"version": "0", "id": "s3-1", "source": "aws.s3", "detail-type": "Object Created", "detail": detail}


def told(event: Mapping[str, Any]) -> dict[str, Any]:
    """EventBridge's envelope of a journal entry."""
    return {
        "version": "0",
        "id": f"bus-{event['id']}",
        "source": triggers.EVENT_SOURCE,
        "detail-type": event["type"],
        "detail": dict(event),
    }


def inserted(places: list[tuple[str, str]]) -> dict[str, Any]:
    """A batch of the table's stream."""
    keys = [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in places]
    return {"Records": [{"eventName": "INSERT", "dynamodb": {"Keys": key, "NewImage": key}} for key in keys]}


def woken_by(kind: str) -> list[str]:
    """The functions that an event of this type wakes."""
    return [
        trigger.function
        for trigger in triggers.TRIGGERS
        if isinstance(trigger.source, triggers.BusEvents) and kind in trigger.source.types
    ]


def file_request(path: str, content: bytes) -> dict[str, Any]:
    """A file of a manifest, as a client describes it."""
    ranges = [part_range(len(content), number) for number in range(1, part_count(len(content)) + 1)]
    parts = [sha256(content[offset : offset + length]) for offset, length in ranges]
    digest = combine(len(content), parts)
    return {"path": path, "size": len(content), "digest": digest, "parts": parts if is_tree(digest) else []}


def by_digest(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The contents of files by the digests that a server asks for."""
    return {file_request(path, content)["digest"]: content for path, content in files.items()}


@contextmanager
def embedded_yard(folder: Path, **instead: Any) -> Iterator[Yard]:
    """A registry on SQLite and a folder; `instead` replaces ports."""
    clock, bus, topic = StillClock(), RecordingBus(), RecordingTopic()
    hints: deque[str] = deque()
    disk = disk_blobs(folder / "storage", clock, hints)
    path = folder / "table.sqlite3"
    table = SqliteTable(path, SHAPE, clock)
    ports = Ports(table, disk, bus, topic, clock, CountedIds(), Limits())
    try:
        yield Yard(replace(ports, **instead), ChangeStream(table), bus, topic, clock, disk, hints, path)
    finally:
        table.close()


def disk_blobs(folder: Path, clock: StillClock, hints: deque[str]) -> DiskBlobs:
    """Blobs on disk that say in `hints` what they stored from parts."""
    return DiskBlobs(
        folder,
        base_url="http://yard.test",
        secret=b"s" * 32,
        link=timedelta(hours=1),
        clock=clock,
        on_stored=lambda key, _size: hints.append(key),
    )


def _read(given: Mapping[str, Any]) -> Any:
    """The JSON of an answer; a text that is none as {"text": …}."""
    text = str(given["body"])
    return json.loads(text) if "json" in given["headers"]["Content-Type"] else {"text": text}
