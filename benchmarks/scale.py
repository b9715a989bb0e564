"""How the registry does as it grows: a thousand versions beside a million. `python -m benchmarks.scale [--quick]`.

Operations are asked of the API's handler in this process, of one registry after the other in turns, so that nothing
but the table differs. Units of DynamoDB are counted from the items that the same operations touch.
"""

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple, cast

from benchmarks.filling import Extent, files_of, fill, name_of, version_of
from benchmarks.metering import Cost, MeteredTable
from benchmarks.reporting import Goal, Report
from functions.api.handler import handler
from functions.index.handler import handler as index
from modelyard.adapters.sqlite import SqliteTable
from modelyard.serve.envelopes import stream_event
from modelyard.settings import Embedded, Limits
from modelyard.wiring import Ports, embedded

SMALL, MIDDLE, LARGE = Extent(10, 100, 100), Extent(1_000, 10_090, 90), Extent(10_000, 100_090, 90)
QUICK = Extent(100, 1_100, 90)
PAGE = {"limit": "100"}
WANTED = 1.5
"""How many times as long an operation may take of a million as of a thousand."""

PAGE_SECONDS = 0.01
"""How long a page of a hundred may take."""

Event = dict[str, Any]


BUSY = 10
"""Models in use, wherever there are more."""


@dataclass
class Yard:
    """A registry of some extent, in this process."""

    extent: Extent
    ports: Ports
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    seen: int = 0

    def ask(self, event: Event) -> Any:
        """What the API answers; RuntimeError for anything but a success."""
        answer = handler(event, None, self.ports)
        if answer["statusCode"] >= 300:
            raise RuntimeError(answer["body"])
        return answer["body"]

    def index_new(self) -> int:
        """Have the index follow what is new in the journal; how many entries that was."""
        changes = cast("SqliteTable", self.ports.table).changes(self.seen, 1000)
        if changes:
            self.seen = changes[-1][0]
            index(stream_event(changes), None, self.ports)
        return len(changes)

    @cached_property
    def busy(self) -> Mapping[int, Sequence[int]]:
        """Ten models that are in use, the largest among them, with a hundred versions of each."""
        models = [0, *self.chance.sample(range(1, self.extent.models), BUSY - 1)]
        return {nth: [self.chance.randint(1, self.extent.numbers(nth)) for _ in range(100)] for nth in models}

    def model(self) -> int:
        """One of the models in use."""
        return self.chance.choice(list(self.busy))

    def version(self) -> tuple[int, int]:
        """One of the versions in use: the model it is of, and its number."""
        model = self.model()
        return model, self.chance.choice(self.busy[model])

    def warm_up(self) -> None:
        """Ask for each version in use."""
        for model, numbers in self.busy.items():
            for number in numbers:
                self.ask(event_of("GET", f"/v1/models/{name_of(model)}/versions/{number}"))

    def any_version(self) -> tuple[int, int]:
        """Any version at all."""
        model = self.chance.randrange(self.extent.models)
        return model, self.chance.randint(1, self.extent.numbers(model))


def event_of(method: str, path: str, *, query: Mapping[str, str] | None = None, body: object = None) -> Event:
    """A request as API Gateway hands it over."""
    return {
        "version": "2.0",
        "rawPath": path,
        "headers": {},
        "queryStringParameters": dict(query or {}),
        "requestContext": {
            "http": {"method": method, "path": path},
            "requestId": "request",
            "stage": "$default",
            "authorizer": {"lambda": {"actor": "local:someone"}},
        },
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def get_version(yard: Yard) -> Event:
    """A version in use."""
    model, number = yard.version()
    return event_of("GET", f"/v1/models/{name_of(model)}/versions/{number}")


def get_any_version(yard: Yard) -> Event:
    """A version that nobody may have asked for in years."""
    model, number = yard.any_version()
    return event_of("GET", f"/v1/models/{name_of(model)}/versions/{number}")


def resolve(yard: Yard) -> Event:
    """A model's version in production."""
    return event_of("GET", "/v1/resolve", query={"ref": f"{name_of(yard.model())}/production"})


def create_version(yard: Yard) -> Event:
    """Another version of a model."""
    model = yard.model()
    digest = f"sha256:{yard.chance.randbytes(32).hex()}"
    about = version_of(yard.extent, model, 1)
    facts = {"tags": dict(about.tags), "params": dict(about.params), "metrics": dict(about.metrics)}
    body = {"files": [{"path": "weights.bin", "size": 4096, "digest": digest}], **facts}
    return event_of("POST", f"/v1/models/{name_of(model)}/versions", body=body)


def transition(yard: Yard) -> Event:
    """The first version of a model to a stage where it does not stand."""
    path = f"/v1/models/{name_of(yard.model())}/versions/1"
    stage = json.loads(yard.ask(event_of("GET", path)))["stage"]
    return event_of("POST", f"{path}/transitions", body={"stage": "staging" if stage == "production" else "production"})


def search(wanted: str, order: str = "") -> Callable[[Yard], Event]:
    """A search by the same filter each time."""
    return lambda _yard: event_of("GET", "/v1/search/versions", query={"filter": wanted, "order": order, **PAGE})


def uses(**sought: str) -> Callable[[Yard], Event]:
    """Reverse lineage."""
    return lambda _yard: event_of("GET", "/v1/uses", query={**sought, **PAGE})


def uses_of_a_blob(yard: Yard) -> Event:
    """The versions that use a model's configuration."""
    return event_of("GET", "/v1/uses", query={"blob": files_of(yard.model(), 1)[0].digest, **PAGE})


OPERATIONS: Mapping[str, Callable[[Yard], Event]] = {
    "get version": get_version,
    "resolve NAME/STAGE": resolve,
    "create version": create_version,
    "transition": transition,
    "search by tag, 100 versions": search("tags.tier = '1'"),
    "uses of a dataset, 100 versions": uses(dataset="census"),
    "uses of a blob": uses_of_a_blob,
}
"""What is to take as long of many versions as of few."""

_CENSUS = version_of(SMALL, 0, 1).datasets[0].digest
INDEXED: Mapping[str, Callable[[Yard], Event]] = {
    "everything, newest first": search(""),
    "everything by name": search("", "name"),
    "a name": search(f"name = '{name_of(0)}'"),
    "a beginning of names, by name": search("name LIKE 'model-0000%'", "name"),
    "a tag": search("tags.team = 'team-7'"),
    "a dataset": search("dataset = 'census'"),
    "a dataset's digest": search(f"data = '{_CENSUS}'"),
    "a commit": search(f"commit = '{version_of(SMALL, 0, 50).source.commit}'"),
    "a base": search(f"base = '{name_of(0)}/1'"),
    "an owner": search("owner = 'team-0'"),
    "an author": search("author = 'local:person-7'"),
    "a stage": search("stage = 'production'"),
    "a state": search("state = 'ready'"),
    "a tag and a metric": search("tags.tier = '1' AND metrics.auc > 0.5"),
}
"""Searches by each index."""


@contextmanager
def opened(folder: Path, extent: Extent) -> Iterator[Yard]:
    """The registry in a folder, filled when it is new."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "registry.sqlite3"
    if not file.exists():
        fill(file, extent, lambda rows: print(f"\r{extent.versions:,} versions: {rows:,} rows", end="", flush=True))
        print()
    ports = embedded(Embedded(folder, "http://127.0.0.1:8080", Limits()))
    yard = Yard(extent, ports)
    try:
        yield yard
    finally:
        cast("SqliteTable", ports.table).close()


class Took(NamedTuple):
    """Seconds that something took, and those of them that this process was at work."""

    wall: float
    cpu: float


def timed(act: Callable[[], object]) -> Took:
    """How long something takes."""
    wall, cpu = time.perf_counter(), time.process_time()
    act()
    return Took(time.perf_counter() - wall, time.process_time() - cpu)


def p50(took: Sequence[Took]) -> Took:
    """The medians of both."""
    return Took(median(each.wall for each in took), median(each.cpu for each in took))


def compare(small: Yard, large: Yard, *, times: int) -> Report:
    """Each operation on both, in turns."""
    rows, goals = [], []
    for yard in (small, large):
        yard.warm_up()
    for name, make in OPERATIONS.items():
        took = _in_turns(small, large, make, times)
        rows.append(_row(name, took))
        ratio = p50(took[1]).wall / p50(took[0]).wall
        goals.append(Goal(f"{name}, p50 of {large.extent.versions:,} versions", ratio, WANTED, at_most=True))
    rows.append(_row("get any version at all", _in_turns(small, large, get_any_version, times)))
    rows.append(_row("index an entry", _index_in_turns(small, large, times)))
    sizes = [f"{yard.extent.versions:,}" for yard in (small, large)]
    header = ("operation", *(f"{size}: {what}" for size in sizes for what in ("p50 ms", "CPU")), "times", "times CPU")
    return Report("Growth on SQLite", METHOD.format(times=times, **_extents(small, large)), header, rows, goals)


METHOD = """The API's handler in one process, {times} times each, in turns on {small} and on {large}. A page has 100.
In use are ten models of either, the largest among them, and a hundred versions of each. The last row but one is of any
version at all: those of many come from the disk and are decoded, those of few are in memory. CPU is what this process
spent; where other work has the processors, it tells more than the time that passed."""


def _extents(small: Yard, large: Yard) -> dict[str, str]:
    told = {"small": small.extent, "large": large.extent}
    return {name: f"{each.versions:,} versions of {each.models:,} models" for name, each in told.items()}


WARM_UP = 20
"""Turns that do not count."""

Both = tuple[list[Took], list[Took]]


def _in_turns(small: Yard, large: Yard, make: Callable[[Yard], Event], times: int) -> Both:
    took: Both = ([], [])
    for turn in range(times + WARM_UP):
        for yard, spent in list(zip((small, large), took, strict=True))[:: 1 if turn % 2 else -1]:
            event = make(yard)
            once = timed(partial(yard.ask, event))
            if turn >= WARM_UP:
                spent.append(once)
    return took


def _index_in_turns(small: Yard, large: Yard, times: int) -> Both:
    took: Both = ([], [])
    for yard in (small, large):
        while yard.index_new():
            pass
    for _ in range(times):
        for yard, spent in zip((small, large), took, strict=True):
            yard.ask(create_version(yard))
            spent.append(timed(yard.index_new))
    return took


def _row(name: str, took: Both) -> list[str]:
    few, many = map(p50, took)
    ratios = (many.wall / few.wall, many.cpu / few.cpu)
    return [name, *(f"{each * 1000:.2f}" for each in (*few, *many)), *(f"{each:.2f}" for each in ratios)]


def pages(yard: Yard, *, times: int) -> Report:
    """A page of a hundred by every index."""
    rows, goals = [], []
    for name, make in INDEXED.items():
        found = len(json.loads(yard.ask(make(yard)))["items"])
        took = [timed(partial(yard.ask, make(yard))) for _ in range(times)]
        worst = quantiles((each.wall for each in took), n=20)[-1]
        middle = p50(took)
        rows.append([name, str(found), *(f"{each * 1000:.2f}" for each in (middle.wall, worst, middle.cpu))])
        goals.append(Goal(f"a page by {name}, p50 in ms", middle.wall * 1000, PAGE_SECONDS * 1000, at_most=True))
    method = f"The API's handler on {yard.extent.versions:,} versions, {times} times each; pages of at most 100."
    return Report("Searches by index", method, ("by", "found", "p50 ms", "p95 ms", "CPU ms"), rows, goals)


def units(small: Yard, middle: Yard) -> Report:
    """Calls and units of DynamoDB for each operation, at two sizes."""
    rows, goals = [], []
    for name, make in {**OPERATIONS, "search by tag and metric, 100 versions": INDEXED["a tag and a metric"]}.items():
        few, many = (_cost(yard, make) for yard in (small, middle))
        rows.append([name, *(f"{each:g}" for cost in (few, many) for each in (cost.calls, cost.read, cost.written))])
        goals.append(
            Goal(f"{name}, calls of {middle.extent.versions:,} versions", many.calls / few.calls, 1, at_most=True)
        )
    header = (
        "operation",
        *(f"{y.extent.versions:,}: {what}" for y in (small, middle) for what in ("calls", "read", "write")),
    )
    method = "Counted from the items that each operation touches, as DynamoDB charges them; medians of 30."
    return Report("Units of DynamoDB", method, header, rows, goals)


def _cost(yard: Yard, make: Callable[[Yard], Event]) -> Cost:
    table = MeteredTable(yard.ports.table)
    metered = replace(yard, ports=replace(yard.ports, table=table))
    costs = []
    for _ in range(30):
        event = make(yard)
        with table.metered() as told:
            metered.ask(event)
        costs += told
    return Cost(*(median(getattr(cost, name) for cost in costs) for name in ("calls", "read", "written")))


def report(*, quick: bool, work: Path) -> Sequence[Report]:
    """Fill three registries in a folder of their own below `work`, measure, and remove them."""
    times = 30 if quick else 300
    middle, large = (Extent(20, 400, 90), QUICK) if quick else (MIDDLE, LARGE)
    with tempfile.TemporaryDirectory(dir=work, prefix="modelyard-scale-") as temporary:
        return measure(Path(temporary), (SMALL, middle, large), times=times)


def measure(folder: Path, extents: tuple[Extent, Extent, Extent], *, times: int) -> Sequence[Report]:
    """Measure the registries of these extents in a folder, which are filled when they are not there."""
    small, middle, large = extents
    with opened(folder / "small", small) as few, opened(folder / "large", large) as many:
        found = [pages(many, times=times), compare(few, many, times=times)]
    with opened(folder / "small", small) as few, opened(folder / "middle", middle) as some:
        return [*found, units(few, some)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few versions: a check of the script, not a result")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()), help="a folder with 20 GB free")
    options = parser.parse_args()
    for each in report(quick=options.quick, work=options.work):
        print(f"\n{each}\n")
