"""Any sequence of pushes, deletions, restorations and waits: what was asked for is there, the rest is gone."""

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from modelyard.domain import digests
from tests.faults.conftest import MEMORY
from tests.faults.invariants import check_all, check_table
from tests.faults.memory import Memory
from tests.faults.story import SMALL
from tests.faults.yard import Answer, by_digest, embedded_yard, file_request

NAMES = ("a", "b", "c")
CONTENTS = (b"", b"a", b"b" * SMALL, b"0123456789" * 8)
FILES = st.dictionaries(st.sampled_from(("x", "y")), st.sampled_from(CONTENTS), min_size=1)
MONTH = 30.0


@dataclass
class Thing:
    """A model or a version: `until` is the day on which it is purged, if it is deleted."""

    until: float | None = None
    purged: bool = False


@dataclass
class Kept(Thing):
    """A version, its bytes and where it stands."""

    files: dict[str, bytes] = field(default_factory=dict)
    state: str = "uploading"
    stage: str = "development"
    aliased: bool = False
    due: float = 0.0


@dataclass
class Line(Thing):
    """A model and its versions."""

    name: str = ""
    versions: list[Kept] = field(default_factory=list)

    @property
    def living(self) -> list[Kept]:
        return [version for version in self.versions if version.until is None and not version.purged]

    @property
    def newest_ready(self) -> int | None:
        ready = [n for n, each in enumerate(self.versions, 1) if each in self.living and each.state == "ready"]
        return max(ready, default=None)


class Deletions(RuleBasedStateMachine):
    """The API beside plain rules. Models go by their ids, which are never used again."""

    models = Bundle("models")
    versions = Bundle("versions")

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.stack.callback(setattr, digests, "MIN_PART", digests.MIN_PART)
        digests.MIN_PART = SMALL
        folder = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None, prefix="yard-")
        self.yard = self.stack.enter_context(embedded_yard(Path(self.stack.enter_context(folder))))
        self.plain: dict[str, Line] = {}
        self.names: dict[str, str] = {}
        self.memory = Memory()
        self.now = 0.0

    def teardown(self) -> None:
        try:
            self.pump()
            for _ in range(3):
                self.pass_time(0.1)
            self.memory.note(self.yard)
            check_all(self.yard)
            self.check_storage()
            self.memory.check(self.yard)
        finally:
            self.stack.close()

    def check_storage(self) -> None:
        """At rest there are the bytes of what is there, and none that only purged versions had."""
        there = {path.name for path in self.yard.path.parent.glob("storage/blobs/*/??/*")}
        versions = [each for line in self.plain.values() if not line.purged for each in line.versions]
        known = [each for each in versions if not each.purged]
        assert there <= {named(content) for each in known for content in each.files.values()}
        sent = [each for each in known if each.state in {"verifying", "ready"}]
        assert there >= {named(content) for each in sent for content in each.files.values()}

    @initialize(target=models)
    def begin(self):
        return self.create("a")

    @rule(target=models, name=st.sampled_from(NAMES))
    def create(self, name):
        answer = self.yard.call("POST", "/v1/models", {"name": name})
        if name in self.names:
            assert (answer.status, answer.body["kind"]) == (409, "AlreadyExists")
            return multiple()
        assert answer.status == 201, answer
        self.plain[answer.body["id"]] = Line(name=name)
        self.names[name] = answer.body["id"]
        return answer.body["id"]

    @rule(model=models, to=st.sampled_from(NAMES))
    def rename(self, model, to):
        answer = self.yard.call("POST", f"/v1/models/{model}/rename", {"name": to})
        if self.refuses(answer, self.plain[model]):
            return
        if self.names.setdefault(to, model) != model:
            assert (answer.status, answer.body["kind"]) == (409, "AlreadyExists")
        else:
            assert answer.status == 200
            self.plain[model].name = to

    @rule(target=versions, model=models, files=FILES)
    def register(self, model, files):
        manifest = [file_request(path, content) for path, content in files.items()]
        answer = self.yard.call("POST", f"/v1/models/{model}/versions", {"files": manifest})
        if self.refuses(answer, self.plain[model]):
            return multiple()
        self.plain[model].versions.append(Kept(files=files, due=self.now + 7))
        assert answer.body["version"]["version"] == len(self.plain[model].versions)
        return model, len(self.plain[model].versions)

    @rule(version=versions)
    def send(self, version):
        """Send whatever is asked for, and say that all was sent."""
        line, kept = self.found(version)
        answer = self.yard.call("GET", f"{self.path(version)}/uploads")
        if self.refuses(answer, line, kept):
            return
        if answer.status != 200:
            assert kept.state in {"uploading", "rejected"}
            return
        self.yard.push(version[0], version[1], answer.body, by_digest(kept.files))
        answer = self.yard.call("POST", f"{self.path(version)}/complete")
        assert answer.status == 202, answer
        kept.state = "verifying" if kept.state == "uploading" else kept.state

    @rule()
    def pump(self):
        """Whatever waits for its verdict is ready then: all bytes are there."""
        self.yard.pump()
        for line in self.plain.values():
            for version in line.living:
                version.state = "ready" if version.state == "verifying" and not line.purged else version.state

    @rule(version=versions)
    def promote(self, version):
        line, kept = self.found(version)
        answer = self.yard.call("POST", f"{self.path(version)}/transitions", {"stage": "production"})
        if not self.refuses(answer, line, kept):
            assert answer.status == (200 if kept.state == "ready" else 409)
            kept.stage = "production" if kept.state == "ready" else kept.stage

    @rule(version=versions)
    def alias(self, version):
        line, kept = self.found(version)
        path = f"/v1/models/{version[0]}/aliases/champion"
        answer = self.yard.call("PUT", path, {"version": version[1]})
        if not self.refuses(answer, line, kept) and kept.state == "ready":
            assert answer.status == 200
            for each in line.versions:
                each.aliased = each is kept

    @rule(version=versions, force=st.booleans())
    def delete_version(self, version, force):
        line, kept = self.found(version)
        answer = self.yard.call("POST", f"{self.path(version)}/delete", {"force": force})
        if self.refuses(answer, line) or self.unknown(answer, kept):
            return
        if kept.until is None:
            if (kept.stage == "production" or kept.aliased) and not force:
                assert (answer.status, answer.body["kind"]) == (409, "InUse")
                return
            kept.until, kept.aliased = self.now + MONTH, False
            kept.stage = "archived" if kept.stage == "production" else kept.stage
        assert (answer.status, answer.body["state"], answer.body["stage"]) == (200, "deleted", kept.stage)

    @rule(version=versions)
    def restore_version(self, version):
        line, kept = self.found(version)
        answer = self.yard.call("POST", f"{self.path(version)}/restore")
        if self.refuses(answer, line) or self.unknown(answer, kept):
            return
        if kept.until is not None:
            kept.until = None
            kept.state = "verifying" if kept.state == "ready" else kept.state
        assert (answer.status, answer.body["state"]) == (200, kept.state)

    @rule(model=models, force=st.booleans())
    def delete_model(self, model, force):
        line = self.plain[model]
        answer = self.yard.call("POST", f"/v1/models/{model}/delete", {"force": force})
        if self.unknown(answer, line):
            return
        used = any(each.stage == "production" or each.aliased for each in line.versions if not each.purged)
        if line.until is None and used and not force:
            assert (answer.status, answer.body["kind"]) == (409, "InUse")
            return
        line.until = line.until or self.now + MONTH
        assert (answer.status, answer.body["deleted"]["by"]) == (200, "local:ana")

    @rule(model=models)
    def restore_model(self, model):
        answer = self.yard.call("POST", f"/v1/models/{model}/restore")
        if self.unknown(answer, self.plain[model]):
            return
        self.plain[model].until = None
        assert (answer.status, answer.body["deleted"]) == (200, None)

    @rule(days=st.sampled_from((0.1, 8, 31)))
    def pass_time(self, days):
        """And sweep."""
        self.memory.note(self.yard)
        self.yard.clock.advance(days=days, seconds=1)
        self.now += days + 1 / 86_400
        swept = self.yard.sweep()
        purged = [0, 0]
        for model, line in self.plain.items():
            for version in () if line.purged else line.versions:
                over = self.pass_over(version)
                # A model goes first when both are due, and its versions with it, but for those that were due before.
                alone = line.until is None or line.until > self.now or (version.until or 0) < line.until
                purged[1] += over and alone
            if self.pass_over(line):
                purged[0] += 1
                self.names = {name: owner for name, owner in self.names.items() if owner != model}
        assert [swept["purged"]["models"], swept["purged"]["versions"]] == purged
        self.pump()

    def pass_over(self, thing: Thing) -> bool:
        """Whether its time is over now."""
        if isinstance(thing, Kept) and thing.state == "uploading" and thing.until is None and thing.due <= self.now:
            thing.state = "rejected"
        over = not thing.purged and thing.until is not None and thing.until <= self.now
        thing.purged |= over
        return over

    def refuses(self, answer: Answer, line: Line, kept: Kept | None = None) -> bool:
        """Whether the command is refused, for what it is about is deleted or purged; the answer says so."""
        if self.unknown(answer, line):
            return True
        if line.until is None and kept is not None and self.unknown(answer, kept):
            return True
        deleted = line.until is not None or (kept is not None and kept.until is not None)
        if deleted:
            assert (answer.status, answer.body["kind"]) == (410, "Deleted")
        return deleted

    def unknown(self, answer: Answer, thing: Thing) -> bool:
        if thing.purged:
            assert (answer.status, answer.body["kind"]) == (404, "NotFound")
        return thing.purged

    @invariant()
    def the_api_says_what_the_rules_say(self):
        listed = self.yard.call("GET", "/v1/models").body["items"]
        everything = self.yard.call("GET", "/v1/models", query={"deleted": "true"}).body["items"]
        there = {model: line for model, line in self.plain.items() if not line.purged}
        assert {model["id"] for model in everything} == there.keys()
        assert {model["id"] for model in listed} == {model for model, line in there.items() if line.until is None}
        for found in everything:
            line = there[found["id"]]
            assert (found["name"], found["newest_ready"]) == (line.name, line.newest_ready)
            self.check_versions(found["id"], line)
        for name, model in self.names.items():
            assert self.yard.call("GET", f"/v1/models/{name}").body["id"] == model
        check_table(self.yard.ports.table)
        self.memory.note(self.yard)

    def check_versions(self, model: str, line: Line) -> None:
        path = f"/v1/models/{model}/versions"
        known = {n: each for n, each in enumerate(line.versions, 1) if not each.purged}
        for deleted in (False, True):
            found = self.yard.call("GET", path, query={"deleted": str(deleted).lower()}).body["items"]
            expected = {n: each for n, each in known.items() if deleted or each.until is None}
            assert [each["version"] for each in found] == sorted(expected, reverse=True)
            states = {each["version"]: (each["state"], each["stage"]) for each in found}
            assert states == {n: (e.state if e.until is None else "deleted", e.stage) for n, e in expected.items()}
        for number, each in enumerate(line.versions, 1):
            answer = self.yard.call("GET", "/v1/resolve", query={"ref": f"{model}/{number}"})
            usable = {"ready": 200}.get(each.state, 409)
            deleted = line.until is not None or each.until is not None
            gone = each.purged and line.until is None
            assert answer.status == (404 if gone else 410 if deleted else usable), answer

    def found(self, version: tuple[str, int]) -> tuple[Line, Kept]:
        return self.plain[version[0]], self.plain[version[0]].versions[version[1] - 1]

    def path(self, version: tuple[str, int]) -> str:
        return f"/v1/models/{version[0]}/versions/{version[1]}"


def named(content: bytes) -> str:
    """The name of the file in which a content lies."""
    digest: Any = file_request("x", content)["digest"]
    return str(digest).partition(":")[2]


def test_what_is_deleted_comes_back_or_goes_and_nothing_else_does():
    profile = settings(max_examples=60, stateful_step_count=30, derandomize=True, deadline=None, print_blob=True)
    run_state_machine_as_test(Deletions, settings=profile)
