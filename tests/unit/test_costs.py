"""`docs/costs.md` against the table itself: what each command asks of it, counted while the functions run."""

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest

from functions.api.handler import handler as api
from functions.index.handler import handler as index
from functions.notify.handler import handler as notify
from functions.relay.handler import handler as relay
from functions.sweep.handler import handler as sweep
from functions.verify.handler import handler as verify
from modelyard.adapters.sqlite import SqliteTable
from modelyard.catalogue.shape import SHAPE
from modelyard.catalogue.table_rules import key_of
from modelyard.ports import Check, Item, SignedRequest, Stat
from modelyard.serve.envelopes import stream_event
from modelyard.settings import Limits
from modelyard.wiring import Ports
from tests.unit import costs_of_time
from tests.unit.cost_acts import VERSIONS, attest, compare, described, evaluate, move_aliases
from tests.unit.cost_of_lineage import use_lineage
from tests.unit.import_costs import import_models

DOCS = Path(__file__).parents[2] / "docs" / "costs.md"
ROW = re.compile(r"^\| (\S[^|]*?) +\| +(\d+) \| +(\d+) \| +([\d,]+) \| +(\d+) \| +([\d,]+) \|$", re.MULTILINE)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class StandingClock:
    def now(self):
        return NOW

    def sleep(self, seconds):
        raise AssertionError("nobody else writes, so nobody waits")


class CountedIds:
    def __init__(self):
        self.given = 0

    def new(self):
        self.given += 1
        return f"{self.given:026d}"

    def jitter(self):
        return 0.0


class Vouching:
    """Blobs of which storage vouches for all that are in `stored`."""

    def __init__(self):
        self.stored = {}

    def stat(self, digest):
        return Stat(self.stored[digest], digest) if digest in self.stored else None

    def reread(self, file):
        return self.stat(file.digest)

    def read(self, digest, offset, length):
        return bytes(min(length, self.stored[digest] - offset))

    def remove(self, digest):
        del self.stored[digest]

    def sign_put(self, file):
        return SignedRequest("PUT", f"https://storage/{file.digest}", {}, NOW)

    def sign_get(self, digest, *, filename):
        return SignedRequest("GET", f"https://storage/{digest}", {}, NOW)


class Outbox:
    """A bus and a topic that take everything."""

    def publish(self, events):
        pass

    def announce(self, subject, message, attributes):
        pass


def size_of(item: Item) -> int:
    """Bytes as DynamoDB counts them, near enough: names and values of all attributes, 21 for a number."""
    texts = [*item.key, *item.fields, *(value for value in item.fields.values() if isinstance(value, str))]
    texts += [part for name, key in item.indexes.items() for part in (f"{name}_pk", f"{name}_sk", *key)]
    numbers = 2 + sum(not isinstance(value, str) for value in item.fields.values())
    return len("".join(texts).encode()) + 21 * numbers + len(item.data)


@dataclass
class Cost:
    """Calls of the table; items and bytes read and written. Absent items are read as well: DynamoDB charges them."""

    calls: int = 0
    read: int = 0
    read_bytes: int = 0
    written: int = 0
    written_bytes: int = 0

    @property
    def counts(self):
        return {"calls": self.calls, "read": self.read, "written": self.written}

    @property
    def bytes(self):
        return {"read": self.read_bytes, "written": self.written_bytes}

    def row(self, command):
        bytes_read, bytes_written = (f"{size:,}" for size in (self.read_bytes, self.written_bytes))
        return f"| {command} | {self.calls} | {self.read} | {bytes_read} | {self.written} | {bytes_written} |"


@dataclass
class CountingTable:
    """A table that notes what is asked of it."""

    table: SqliteTable
    cost: Cost = field(default_factory=Cost)

    def get(self, keys):
        items = self.table.get(keys)
        self._read(len(keys), [item for item in items if item])
        return items

    def query(self, pk, **how):
        page = self.table.query(pk, **how)
        self._read(len(page.items), page.items)
        return page

    def _read(self, count, items):
        self.cost.calls += 1
        self.cost.read += count
        self.cost.read_bytes += sum(map(size_of, items))

    def write(self, writes):
        self.table.write(writes)
        changed = self.table.get([key_of(write) for write in writes if not isinstance(write, Check)])
        self.cost.calls += 1
        self.cost.written += len(changed)
        self.cost.written_bytes += sum(size_of(item) for item in changed if item)


class Registry:
    """The functions over one counted table, and what each command that the docs name cost."""

    def __init__(self, folder):
        self.blobs = Vouching()
        self.table = CountingTable(SqliteTable(folder / "registry.sqlite3", SHAPE, StandingClock()))
        self.ports = Ports(self.table, self.blobs, Outbox(), Outbox(), StandingClock(), CountedIds(), Limits())
        self.costs: dict[str, Cost] = {}
        self.requests = 0
        self.relayed = 0
        self.indexed = 0

    @contextmanager
    def booked(self, command):
        """Book what the table is asked meanwhile."""
        assert command not in self.costs
        self.costs[command] = self.table.cost = Cost()
        yield
        self.table.cost = Cost()

    def ask(self, method, path, body=None, query=None, key=None):
        self.requests += 1
        event = {
            "rawPath": path,
            "rawQueryString": urlencode(query or {}, doseq=True),
            "queryStringParameters": query,
            "headers": {"idempotency-key": key} if key else {},
            "body": None if body is None else json.dumps(body),
            "requestContext": {
                "http": {"method": method, "path": path},
                "requestId": f"request-{self.requests:08d}",
                "stage": "$default",
                "authorizer": {"lambda": {"actor": "local:someone"}},
            },
        }
        answer = api(event, None, self.ports)
        assert answer["statusCode"] < 300, answer["body"]
        return json.loads(answer["body"])

    def relay_new(self):
        """Relay all that is new in the journal at once; how many entries that were."""
        new = self.table.table.changes(self.relayed, 1000)
        self.relayed = new[-1][0]
        records = [{"dynamodb": {"Keys": {"pk": {"S": item.key.pk}, "sk": {"S": item.key.sk}}}} for _, item in new]
        return relay({"Records": records}, None, self.ports)["published"]

    def index_new(self):
        """Index all that is new in the journal at once; how many postings changed."""
        new = self.table.table.changes(self.indexed, 1000)
        self.indexed = new[-1][0]
        return index(stream_event(new), None, self.ports)["indexed"]

    def verify(self, detail, source="modelyard"):
        return verify({"source": source, "detail": detail}, None, self.ports)

    def push(self, label, files):
        """Register, send, complete and verify a version; what that cost goes under `label`."""
        with self.booked(f"create version, {label}"):
            made = self.ask("POST", VERSIONS, register(files))
        number = made["version"]["version"]
        self.blobs.stored.update({file["digest"]: file["size"] for file in files})
        with self.booked(f"complete, {label}"):
            self.ask("POST", f"{VERSIONS}/{number}/complete")
        with self.booked(f"verify, {label}"):
            self.verify({"correlation_id": "request-00000001", "model": {"id": "churn"}, "version": number})


def register(files):
    return {"files": files, "metrics": {"auc": 0.91}, "params": {"depth": 8}, "tags": {"team": "growth"}}


def push_versions(registry):
    with registry.booked("create model"):
        registry.ask("POST", "/v1/models", {"name": "churn", "owner": "growth"})
    for label, count in (("1 file", 1), ("100 files", 100), ("200 files", 200), ("500 files", 500)):
        registry.push(label, described(label, count))
    registry.push("1,000 files", described("many", 1000))
    registry.push("1 file that is stored already", described("1 file", 1))


def interrupt_a_push(registry):
    files = described("unsent", 100)
    number = registry.ask("POST", VERSIONS, register(files), key="once")["version"]["version"]
    with registry.booked("create version, repeated with its Idempotency-Key"):
        again = registry.ask("POST", VERSIONS, register(files), key="once")
    assert again["version"]["version"] == number
    with registry.booked("list uploads, 100 files"):
        assert len(registry.ask("GET", f"{VERSIONS}/{number}/uploads")["items"]) == 100


def receive_blobs(registry):
    (file,) = described("arriving", 1)
    registry.blobs.stored[file["digest"]] = file["size"]
    detail = {"object": {"key": f"blobs/{file['digest'].replace(':', '/')}"}}
    for command in ("verify, S3 event", "verify, S3 event again"):
        with registry.booked(command):
            assert registry.verify(detail, "aws.s3")["proven"]


def promote(registry):
    with registry.booked("transition"):
        registry.ask("POST", f"{VERSIONS}/1/transitions", {"stage": "production", "comment": "beats v0"})
    with registry.booked("transition that replaces one"):
        registry.ask("POST", f"{VERSIONS}/2/transitions", {"stage": "production", "replace": True})
    with registry.booked("update version"):
        registry.ask("PATCH", f"{VERSIONS}/1", {"tags": {"team": "risk"}})
    with registry.booked("update model"):
        registry.ask("PATCH", "/v1/models/churn", {"description": "who leaves"})
    with registry.booked("ask for a new proof"):
        registry.ask("POST", f"{VERSIONS}/2/verify")


def react(registry):
    registry.relay_new()
    registry.ask("PATCH", "/v1/models/churn", {"description": "who stays"})
    with registry.booked("relay, 1 event"):
        assert registry.relay_new() == 1
    for n in range(50):
        registry.ask("PATCH", "/v1/models/churn", {"description": f"another {n}"})
    with registry.booked("relay, 50 events"):
        assert registry.relay_new() == 50
    event = {"type": "version.promoted", "model": {"name": "churn"}, "version": 1, "actor": "me", "reason": ""}
    with registry.booked("notify, 1 event"):
        notify(
            {"detail": event | {"before": {"stage": "staging"}, "after": {"stage": "production"}}}, None, registry.ports
        )
    with registry.booked("sweep, nothing to do"):
        assert sweep({"id": "round"}, None, registry.ports) == costs_of_time.NOTHING_TO_DO


def read(registry):
    queries = {
        "get model": ("/v1/models/churn", None),
        "get version": (f"{VERSIONS}/1", None),
        "resolve NAME/NUMBER, 1 file": ("/v1/resolve", {"ref": "churn/1"}),
        "resolve NAME/STAGE, 100 files": ("/v1/resolve", {"ref": "churn/production"}),
        "resolve NAME, 1 file": ("/v1/resolve", {"ref": "churn"}),
        "list files, 100 files": (f"{VERSIONS}/2/files", None),
        "list models, 1 model": ("/v1/models", None),
        "list history, 50 entries": ("/v1/models/churn/history", {"limit": "50"}),
        "list events, 50 events": ("/v1/events", {"limit": "50"}),
        "list the last 50 events": ("/v1/events", {"limit": "50", "before": "end"}),
        "get version, in the past": (f"{VERSIONS}/1", {"at": "2026-03-01T12:00"}),
        "resolve NAME/STAGE in the past, of 77 entries": (
            "/v1/resolve",
            {"ref": "churn/production", "at": "2026-03-02"},
        ),
    }
    for command, (path, query) in queries.items():
        with registry.booked(command):
            registry.ask("GET", path, query=query)
    for n in range(100):
        registry.ask("POST", VERSIONS, register(described(f"listed {n}", 1)))
    with registry.booked("list versions, 100 versions"):
        assert len(registry.ask("GET", VERSIONS)["items"]) == 100


def pull(registry):
    """As the client does it: resolve, then the pages of files that follow."""
    for command, number in (("pull, 500 files", 4), ("pull, 1,000 files", 5)):
        with registry.booked(command):
            page = registry.ask("GET", "/v1/resolve", query={"ref": f"churn/{number}"})["files"]
            while page["next"]:
                page = registry.ask("GET", f"{VERSIONS}/{number}/files", query={"cursor": page["next"]})


def index_versions(registry):
    registry.index_new()
    made = registry.ask("POST", VERSIONS, register(described("indexed", 1)))["version"]["version"]
    with registry.booked("index, a new version"):
        assert registry.index_new() == 1
    registry.ask("PATCH", f"{VERSIONS}/{made}", {"tags": {"team": "risk"}})
    with registry.booked("index, a version whose tag changed"):
        assert registry.index_new() == 1
    registry.ask("PATCH", f"{VERSIONS}/{made}", {"description": "found under nothing new"})
    with registry.booked("index, a version of which nothing is found elsewhere"):
        assert registry.index_new() == 0
    for n in range(50):
        registry.ask("POST", VERSIONS, register(described(f"indexed too {n}", 1)))
    with registry.booked("index, 50 new versions"):
        assert registry.index_new() == 50


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """What each command cost."""
    registry = Registry(tmp_path_factory.mktemp("costs"))
    for act in (push_versions, interrupt_a_push, receive_blobs, promote, react, read, pull, index_versions):
        act(registry)
    use_lineage(registry, lambda n: register(described(f"traced {n}", 1)))
    for act in (move_aliases, evaluate, attest, compare, *costs_of_time.ACTS):
        act(registry)
    source = Registry(tmp_path_factory.mktemp("source"))
    source.ports.ids.given = 1000
    import_models(registry, source, described)
    return registry.costs


@pytest.fixture(scope="module")
def documented():
    """What `docs/costs.md` says it costs."""
    rows = ROW.findall(DOCS.read_text())
    numbers = {command: [int(number.replace(",", "")) for number in row] for command, *row in rows}
    assert len(numbers) == len(rows), "a command has two rows"
    return {command: Cost(*row) for command, row in numbers.items()}


def test_every_command_asks_of_the_table_what_the_docs_say(measured, documented):
    rows = "\n".join(cost.row(command) for command, cost in measured.items())
    said = {command: cost.counts for command, cost in documented.items()}
    assert said == {command: cost.counts for command, cost in measured.items()}, rows


def test_every_command_moves_the_bytes_that_the_docs_say(measured, documented):
    """To 1 %: how small a manifest's page gets is up to the zlib at hand."""
    off = [
        cost.row(command)
        for command, cost in measured.items()
        if documented[command].bytes != pytest.approx(cost.bytes, rel=0.01)
    ]
    assert off == []


@pytest.mark.parametrize(
    ("command", "most"),
    [
        ("get version", 1),
        ("resolve NAME/NUMBER, 1 file", 2),
        ("resolve NAME/STAGE, 100 files", 2),
        ("resolve NAME, 1 file", 2),
        ("create version, 1 file", 3),
        ("create version, 100 files", 3),
        ("create version, 200 files", 4),
        ("create version, 500 files", 7),
        ("transition", 2),
        ("transition that replaces one", 2),
        ("resolve NAME@ALIAS, 100 files", 2),
        ("evaluate, 2 metrics", 2),
        ("set alias", 2),
        ("compare NAME/NUMBER, 2 versions of 1 file", 2),
        ("compare NAME@latest and NAME/STAGE, 100 files", 3),
        ("compare 20 versions of 1 file", 2),
        ("move alias", 2),
    ],
)
def test_the_commands_that_people_wait_for_keep_their_budget_of_calls(measured, command, most):
    assert measured[command].calls <= most
