"""The index dies, repeats itself, comes late, out of order and several at once: the postings are right in the end."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.catalogue.keys import ENTRY_PREFIX, NAMES_PARTITION, version_key
from modelyard.catalogue.shape import NAMES
from modelyard.ports import Delete, Expect, Item, Key, Table
from tests.faults.aws_yard import aws_yard
from tests.faults.crashing import Crashing, Plan, Point, Relentless, When
from tests.faults.story import tell
from tests.faults.writers import real_time, together
from tests.faults.yard import Yard, embedded_yard, file_request
from tests.unit.posted import check_postings, every, index, posted, wanted

V = "/v1/models/churn/versions"
MANY = {f"key-{n:03d}": "x" for n in range(99)}
SHARDS = 2


class Follower:
    """The index function on a yard's journal: `follow` hands it what is new, again while that fails."""

    def __init__(self, yard: Yard, plan: Plan) -> None:
        self.yard, self.plan = yard, plan
        self.seen: dict[str, Key] = {}

    def follow(self) -> None:
        for model in every(self.yard.ports.table, NAMES_PARTITION, index=NAMES):
            pk = model.key.pk
            while entries := self._after(pk):
                self.again(entries)
                self.seen[pk] = entries[-1].key

    def _after(self, pk: str) -> list[Item]:
        return list(self.yard.ports.table.query(pk, prefix=ENTRY_PREFIX, after=self.seen.get(pk), limit=5).items)

    def again(self, entries: list[Item]) -> None:
        """The same batch until it succeeds, as a stream brings it."""
        for attempt in range(40):
            self.plan.attempt(attempt)
            try:
                index(SimpleNamespace(table=self.table, clock=self.yard.clock, ids=self.yard.ports.ids), entries)
            except self.plan.failure:
                continue
            return
        raise AssertionError("the batch never succeeded")

    @property
    def table(self) -> Table:
        return Crashing(self.yard.ports.table, "table", self.plan)


def commands(yard: Yard) -> Iterator[None]:
    """A model's life, as far as searches see it; the index follows at each pause."""

    def say(method: str, path: str, body: Any) -> None:
        answer = yard.call(method, path, body)
        assert answer.status < 300, answer

    def register(content: bytes, **about: Any) -> None:
        say("POST", V, {"files": [file_request("a", content)], **about})

    say("POST", "/v1/models", {"name": "churn", "owner": "growth", "tags": {"tier": "1"}})
    register(b"1", tags={"team": "growth"}, datasets=[{"name": "census", "digest": "sha256:1"}], source_commit="abc")
    yield
    register(b"2", tags=MANY)
    say("PATCH", f"{V}/1", {"tags": {"team": "risk"}})
    say("PATCH", "/v1/models/churn", {"owner": "risk", "tags": {"tier": None}})
    yield
    say("PATCH", f"{V}/2", {"tags": {**dict.fromkeys(MANY, "y"), "one": "more"}})
    yield
    say("POST", "/v1/models", {"name": "other"})
    say("PATCH", f"{V}/2", {"tags": dict.fromkeys(MANY)})
    yield


def told_with(plan: Plan, folder: Path) -> None:
    with embedded_yard(folder) as yard:
        follower = Follower(yard, plan)
        for _ in commands(yard):
            follower.follow()
        assert len(check_postings(yard.ports.table)) > 20


def clean_run(folder: Path) -> list[str]:
    plan = Plan()
    told_with(plan, folder)
    return plan.calls


@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("dying", [False, True], ids=["call-fails", "process-dies"])
def test_any_call_of_the_index_may_fail_once_and_the_postings_are_right(quick_folder, shard, dying):
    calls = clean_run(quick_folder / "clean")
    assert set(calls) == {"table.get", "table.write"}
    ways = [(nth, When.BEFORE) for nth in range(len(calls))]
    ways += [(nth, when) for nth, call in enumerate(calls) if call == "table.write" for when in (When.AFTER, When.MET)]
    for nth, when in ways[shard::SHARDS]:
        plan = Plan([Point(nth, when)], dying=dying)
        told_with(plan, quick_folder / f"{nth}-{when.value}")
        assert plan.fired == [Point(nth, when)]


@pytest.mark.parametrize("dying", [False, True], ids=["call-fails", "process-dies"])
@pytest.mark.parametrize("when", [When.BEFORE, When.AFTER])
def test_every_call_of_every_batch_may_fail_one_after_another(quick_folder, when, dying):
    plan = Relentless(when, dying=dying)
    told_with(plan, quick_folder)
    assert len(plan.fired) > 15


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), sizes=st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_entries_in_any_order_and_as_often_as_they_come_give_the_same_postings(quick_folder, seed, sizes):
    chance = random.Random(seed)
    with embedded_yard(quick_folder / f"{len(list(quick_folder.iterdir()))}") as yard:
        for _ in commands(yard):
            entries = shuffled(yard, chance)
            while entries:
                size = chance.choice(sizes)
                index(yard.ports, entries[:size])
                entries = entries[size:]
        check_postings(yard.ports.table)


def shuffled(yard: Yard, chance: random.Random) -> list[Item]:
    """All entries there are, some of them twice, in any order."""
    table = yard.ports.table
    pks = [model.key.pk for model in every(table, NAMES_PARTITION, index=NAMES)]
    entries = [entry for pk in pks for entry in every(table, pk, prefix=ENTRY_PREFIX)]
    more = entries + chance.sample(entries, len(entries) // 2)
    chance.shuffle(more)
    return more


def test_a_whole_life_of_pushes_proofs_and_promotions_is_indexed(quick_folder, small_parts):
    with embedded_yard(quick_folder) as yard:
        follower = Follower(yard, Plan())
        pump = yard.pump
        yard.pump = lambda: (pump(), follower.follow())
        tell(yard)
        follower.follow()
        there = check_postings(yard.ports.table)
        assert sum(key.pk == "SEARCH#version#all#" for key in there) == 7, "one was purged"


def test_runs_that_overlap_while_others_write_leave_the_postings_of_the_last_facts(quick_folder):
    with embedded_yard(quick_folder) as yard:
        real_time(yard)
        assert yard.call("POST", "/v1/models", {"name": "churn", "owner": "ana"}).status == 201
        for content in (b"1", b"2", b"3"):
            yard.call("POST", V, {"files": [file_request("a", content)]})
        finished = Event()

        def write() -> None:
            for n in range(40):
                yard.insist("PATCH", f"{V}/{1 + n % 3}", {"tags": {"n": str(n), f"n{n}": "x"}})
                yard.insist("PATCH", "/v1/models/churn", {"owner": f"owner-{n // 10}"})
            finished.set()

        together([write, *[until(finished, Follower(yard, Plan())) for _ in range(3)]])
        check_postings(yard.ports.table)


def until(finished: Event, follower: Follower) -> Callable[[], None]:
    """Follows until nothing more comes."""

    def work() -> None:
        while not finished.is_set():
            follower.follow()
        follower.follow()

    return work


@pytest.mark.parametrize("when", [When.BEFORE, When.AFTER])
def test_on_dynamodb_every_call_of_every_batch_may_fail_one_after_another(when):
    with aws_yard() as yard:
        plan = Relentless(when)
        follower = Follower(yard, plan)
        for _ in commands(yard):
            follower.follow()
        there = posted(yard.ports.table)
        assert there == wanted(yard.ports.table)
        assert (len(there) > 20, len(plan.fired) > 15) == (True, True)


def test_a_run_that_began_before_a_purge_brings_nothing_back(quick_folder):
    """The record of something gone stays, so that the slow run's condition fails."""
    with embedded_yard(quick_folder) as yard:
        follower = Follower(yard, Plan())
        story = commands(yard)
        next(story)
        table = yard.ports.table
        slow = Slow(table, lambda: purge_and_index(yard, follower))
        entries = every(table, "MODEL#churn", prefix=ENTRY_PREFIX)
        index(replace(yard.ports, table=slow), entries)
        assert set(posted(table).values()) == {("churn", None)}
        check_postings(table)


class Slow:
    """A table before whose first write something happens."""

    def __init__(self, table: Table, happening: Callable[[], None]) -> None:
        self._table, self._happening = table, happening

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    def write(self, writes: Any) -> None:
        happening, self._happening = self._happening, lambda: None
        happening()
        self._table.write(writes)


def purge_and_index(yard: Yard, follower: Follower) -> None:
    follower.follow()
    yard.ports.table.write([Delete(version_key("churn", 1), Expect.ANYTHING)])
    follower.seen.clear()
    follower.follow()
