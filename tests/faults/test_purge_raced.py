"""A purge against a push of the same bytes: each comes in between any two calls of the other, the purge may die there.

Whatever happens, the push ends with a version that is ready, with its bytes, and nothing that is used goes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from modelyard.domain.errors import Forbidden
from tests.faults.crashing import Plan, Point, When
from tests.faults.invariants import check_all
from tests.faults.yard import Yard, by_digest, embedded_yard, file_request

V = "/v1/models/churn/versions"
OLD = {"a": b"a" * 40, "big": b"0123456789" * 8, "shared": b"s" * 20}
OTHER = {"shared": b"s" * 20}
PUSHED = {"a": b"a" * 40, "big": b"0123456789" * 8, "new": b"n" * 20}
SHARDS = 4
NEVER_LESS = 40
"""Calls of the purge; should they become fewer, something is no longer done."""

SPLITS = [(0, 4), (0, 3), (0, 1), (1, 2), (1, 4), (2, 3), (3, 4)]
"""Which of the push's four steps come before the purge, and which at its chosen call; the others come after it."""

pytestmark = pytest.mark.usefixtures("small_parts")


class Meeting(Plan):
    """A plan that lets something else happen before the `nth` call."""

    def __init__(self, nth: int, meanwhile: Callable[[], None], points: list[Point]) -> None:
        super().__init__(points)
        self._nth, self._meanwhile = nth, meanwhile

    def enter(self, name: str) -> int:
        if len(self.calls) == self._nth:
            self._nth = -1
            self._meanwhile()
        return super().enter(name)


class Push:
    """A push of `PUSHED`, step by step. A step that cannot be done now is left for later, as a client does it."""

    def __init__(self, yard: Yard) -> None:
        self.yard = yard
        self.number = 0
        self.through_all = False
        self.left = [self.register, self.send, self.complete, self.react]

    def advance(self, steps: int) -> None:
        """Do so many steps."""
        for _ in range(min(steps, len(self.left))):
            if not self.left[0]():
                return
            self.left.pop(0)

    def register(self) -> bool:
        manifest = {"files": [file_request(path, content) for path, content in PUSHED.items()]}
        made = self.call("POST", V, manifest)
        assert made.status == 201, made
        self.number, self.uploads = made.body["version"]["version"], made.body["uploads"]
        return True

    def send(self) -> bool:
        try:
            for upload in self.uploads["items"]:
                self.yard.put(upload, by_digest(PUSHED)[upload["digest"]])
        except Forbidden:  # the links have expired
            self.uploads = self.call("GET", f"{V}/{self.number}/uploads").body
            return self.send()
        return True

    def complete(self) -> bool:
        done = self.call("POST", f"{V}/{self.number}/complete")
        if done.body.get("kind") == "UploadIncomplete":
            self.uploads = self.call("GET", f"{V}/{self.number}/uploads").body
            self.send()
            done = self.call("POST", f"{V}/{self.number}/complete")
        assert done.status == 202 or done.body["kind"] in {"Contended", "UploadIncomplete"}, done
        return done.status == 202

    def react(self) -> bool:
        self.sound(self.yard.pump)
        return True

    def call(self, *how):
        return self.sound(lambda: self.yard.call(*how))

    def sound(self, work):
        """What the client and its reactions do is not what is counted, unless it is."""
        return work() if self.through_all else sound(self.yard, work)


def sound(yard: Yard, work):
    """What work gives while nothing is counted and nothing fails."""
    ports, yard.ports = yard.ports, yard.sound
    try:
        return work()
    finally:
        yard.ports = ports


def purge(yard: Yard) -> None:
    """The sweeps from the moment when the deletion is over to that when the bytes are gone."""
    for minutes in (30 * 24 * 60, 20):
        yard.clock.advance(minutes=minutes, seconds=1)
        yard.sweep()


@contextmanager
def deleted_version(folder: Path) -> Iterator[Yard]:
    """A yard with a deleted version, which shares a file with another."""
    with embedded_yard(folder) as yard:
        assert yard.call("POST", "/v1/models", {"name": "churn"}).status == 201
        yard.ready("churn", OLD)
        yard.ready("churn", OTHER)
        assert yard.call("POST", f"{V}/1/delete", {}).status == 200
        yard.pump()
        yield yard


def race(folder: Path, nth: int, split: tuple[int, int], points: list[Point]) -> Meeting:
    with deleted_version(folder) as yard:
        push = Push(yard)
        if split[0]:
            yard.clock.advance(days=29)
            push.advance(split[0])
            yard.clock.advance(days=-29)
        plan = Meeting(nth, lambda: push.advance(split[1] - split[0]), points)
        yard.fail(plan)
        purge(yard)
        yard.mend()
        end(yard, push)
        return plan


def end(yard: Yard, push: Push) -> None:
    """What is left to be done is done, and all is as it should be."""
    for _ in range(4):
        push.advance(4)
        yard.clock.advance(minutes=20)
        yard.sweep()
        yard.pump()
    check(yard, push)


def check(yard: Yard, push: Push) -> None:
    assert push.left == []
    states = {each["version"]: each["state"] for each in yard.call("GET", V).body["items"]}
    assert states == {2: "ready", push.number: "ready"}
    check_all(yard)
    there = {path.name for path in yard.path.parent.glob("storage/blobs/*/??/*")}
    assert there == {digest.partition(":")[2] for digest in by_digest({**OTHER, **PUSHED, "s": OTHER["shared"]})}


def test_the_purge_makes_every_call_that_is_met_here(quick_folder):
    calls = race(quick_folder, -1, (0, 0), []).calls
    assert len(calls) > NEVER_LESS
    assert set(calls) >= {"table.get", "table.query", "table.write", "blobs.remove"}


@pytest.mark.parametrize("split", SPLITS, ids=str)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_push_between_any_two_calls_of_a_purge_loses_nothing(quick_folder, shard, split):
    calls = race(quick_folder / "clean", -1, (0, 0), []).calls
    for nth in range(shard, len(calls), SHARDS):
        for when in (None, When.BEFORE, When.AFTER):
            points = [] if when is None else [Point(nth, when)]
            try:
                race(quick_folder / f"{nth}-{when}", nth, split, points)
            except BaseException as error:
                error.add_note(f"{split} at {nth}, {calls[nth]}, which fails: {when}")
                raise


def meet(folder: Path, nth: int, rounds: int) -> Meeting:
    """A push after so many rounds of the purge, and before its `nth` call the next round."""
    with deleted_version(folder) as yard:
        yard.clock.advance(days=30, seconds=1)
        for _ in range(rounds):
            yard.sweep()
            yard.clock.advance(minutes=20)
        push = Push(yard)
        plan = Meeting(nth, lambda: sound(yard, yard.sweep), [])
        yard.fail(plan)
        push.through_all = True
        push.advance(4)
        yard.mend()
        push.through_all = False
        end(yard, push)
        return plan


@pytest.mark.parametrize("rounds", [0, 1])
def test_a_purge_between_any_two_calls_of_a_push_takes_nothing_from_it(quick_folder, rounds):
    """The first round dooms the blobs, the second removes them."""
    calls = meet(quick_folder / "clean", -1, rounds).calls
    assert len(calls) > 20
    for nth in range(len(calls)):
        try:
            meet(quick_folder / f"{nth}", nth, rounds)
        except BaseException as error:
            error.add_note(f"before {nth}, {calls[nth]}")
            raise
