"""What one writer among many does, and what must be there once all of them are done.

`python tests/faults/writers.py FOLDER PROCESS` is a process of four of them, which prints what they were acknowledged.
"""

import json
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from modelyard.adapters.clock import SystemClock, UlidIds
from tests.faults.invariants import check_table, models_of, versions_of
from tests.faults.yard import ENOUGH, Answer, Yard, embedded_yard, file_request

SHARED = "shared"
ROUNDS = 5
THREADS = 4
LONG = 600.0


@dataclass
class Done:
    """What writers were acknowledged: tags set, versions registered, and how often the counter was raised."""

    tags: dict[str, str] = field(default_factory=dict)
    versions: dict[str, list[int]] = field(default_factory=dict)
    raised: int = 0


class Writer:
    """Writes to a model that all share and to one of its own, as a client that insists."""

    def __init__(self, yard: Yard, me: str, rounds: int = ROUNDS) -> None:
        self._yard, self._me, self._rounds, self.done = yard, me, rounds, Done()

    def work(self) -> None:
        """Several rounds of every kind of command."""
        self._create(self._me)
        for turn in range(self._rounds):
            self._tag(turn)
            self._register(SHARED, turn)
            self._register(self._me, turn)
            self._raise_counter()

    def _insist(self, method: str, path: str, body: Any, **how: Any) -> Answer:
        """As `Yard.insist`, but for as long as it takes: sixteen who write one model overtake one another often."""
        for _ in range(10):
            try:
                return self._yard.insist(method, path, body, **how)
            except AssertionError:
                continue
        raise AssertionError(f"{method} {path} never succeeded in {10 * ENOUGH} tries")

    def _create(self, name: str) -> None:
        made = self._insist("POST", "/v1/models", {"name": name}, headers={"idempotency-key": f"create {name}"})
        assert made.status == 201, made

    def _tag(self, turn: int) -> None:
        tag = f"{self._me}-{turn}"
        tagged = self._insist("PATCH", f"/v1/models/{SHARED}", {"tags": {tag: self._me}})
        assert (tagged.status, tagged.body["tags"][tag]) == (200, self._me)
        self.done.tags[tag] = self._me

    def _register(self, name: str, turn: int) -> None:
        body = {"files": [file_request("a", f"{self._me} {turn}".encode())], "tags": {"writer": self._me}}
        headers = {"idempotency-key": f"{self._me} {name} {turn}"}
        made = self._insist("POST", f"/v1/models/{name}/versions", body, headers=headers)
        assert made.status == 201, made
        self.done.versions.setdefault(name, []).append(made.body["version"]["version"])

    def _raise_counter(self) -> None:
        """Add one to a number in the description, if it is still what was read."""
        path = "/v1/models/counter"
        for _ in range(2_000):
            seen = self._yard.call("GET", path)
            count = int(seen.body["description"] or 0)
            headers = {"if-match": seen.headers["ETag"]}
            changed = self._yard.call("PATCH", path, {"description": f"{count + 1}"}, headers=headers)
            if changed.status == 200:
                self.done.raised += 1
                return
            assert changed.status == 412 or changed.body["kind"] in {"Contended", "Throttled"}, changed
        raise AssertionError("the counter never stood still")


def prepare(yard: Yard) -> None:
    """The models that all share."""
    for name in (SHARED, "counter"):
        assert yard.call("POST", "/v1/models", {"name": name}).status == 201


def together(workers: list[Callable[[], None]]) -> None:
    """Run each in a thread, all from the same moment; the first failure is raised."""
    start = threading.Barrier(len(workers))
    failures: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            start.wait()
            work()
        except BaseException as failure:  # noqa: BLE001  # raised below
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(work,)) for work in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    if failures:
        raise failures[0]


def write_together(yard: Yard, names: list[str], rounds: int = ROUNDS) -> list[Done]:
    """Writers at work at once; what each was acknowledged."""
    writers = [Writer(yard, name, rounds) for name in names]
    together([writer.work for writer in writers])
    return [writer.done for writer in writers]


def check_done(yard: Yard, done: list[Done]) -> None:
    """All that was acknowledged is there, once, and nothing else."""
    entries = check_table(yard.ports.table)
    models = {model.name: model for model in models_of(yard.ports.table)}
    assert models[SHARED].tags == {tag: value for each in done for tag, value in each.tags.items()}
    for name in {name for each in done for name in each.versions}:
        numbers = [number for each in done for number in each.versions.get(name, ())]
        assert sorted(numbers) == list(range(1, len(numbers) + 1)), "each acknowledged once"
        assert len(versions_of(yard.ports.table, models[name])) == len(numbers)
    assert models["counter"].description == str(sum(each.raised for each in done))
    changes = sum(len(each.tags) + each.raised + sum(map(len, each.versions.values())) for each in done)
    assert len(entries) == len(models) + changes


def real_time(yard: Yard) -> Yard:
    """The yard with a clock that waits and real chance, so that those who met do not meet again at once."""
    yard.ports = replace(yard.ports, clock=SystemClock(), ids=UlidIds())
    return yard


if __name__ == "__main__":
    with embedded_yard(Path(sys.argv[1])) as opened:
        told = write_together(real_time(opened), [f"{sys.argv[2]}-{number}" for number in range(THREADS)])
    print(json.dumps([vars(each) for each in told]))
