"""Any sequence of requests, retries, reactions, losses and waits ends where the plain rules say."""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
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
from tests.faults.plain import STAGES, PlainModel, PlainStorage, PlainVersion
from tests.faults.rules_of_reports import ALIASES, METRICS, WAYS, RulesOfReports
from tests.faults.story import SMALL
from tests.faults.yard import Answer, by_digest, embedded_yard, file_request

NAMES = ("churn", "é model", "B")
ODD = b"\x80\x04cmymodule\nThing\n."
CONTENTS = (ODD, b"", b"a", b"b" * SMALL, b"c" * (SMALL + 1), b"0123456789" * 8)
PATHS = ("a", "dir/b", "dir/c", "é")
HELD = ("ready", "quarantined")
DAY = 86_400.0
FILES = st.dictionaries(st.sampled_from(PATHS), st.sampled_from(CONTENTS), min_size=1)
TAGS = st.dictionaries(st.sampled_from(("x", "y")), st.none() | st.sampled_from(("1", "2")))
TEXT = st.none() | st.sampled_from(("", "one", "two"))
MATCHES = st.sampled_from(("none", "any", "current", "stale"))


def told(answer):
    """What an answer says of a version or a report; links are signed anew each time."""
    return next((answer.body[name] for name in ("version", "evaluation") if name in answer.body), answer.body)


class Registry(RulesOfReports, RuleBasedStateMachine):
    """The API beside the plain rules."""

    models = Bundle("models")
    versions = Bundle("versions")

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.stack.callback(setattr, digests, "MIN_PART", digests.MIN_PART)
        digests.MIN_PART = SMALL
        where = MEMORY if MEMORY.is_dir() else None
        folder = self.stack.enter_context(tempfile.TemporaryDirectory(dir=where, prefix="yard-"))
        self.yard = self.stack.enter_context(embedded_yard(Path(folder)))
        self.plain: dict[str, PlainModel] = {}
        self.owners: dict[str, str] = {}
        self.storage = PlainStorage(SMALL)
        self.memory = Memory()
        self.now = 0.0
        self.answered: list[tuple[tuple[Any, ...], str, Answer]] = []

    def teardown(self) -> None:
        try:
            self.yard.pump()
            self.memory.note(self.yard)
            check_all(self.yard)
            self.memory.check(self.yard)
        finally:
            self.stack.close()

    def post(self, path: str, body: Any = None) -> Answer:
        return self.keyed("POST", path, body)

    def keyed(self, method: str, path: str, body: Any = None, query: dict[str, str] | None = None) -> Answer:
        """Each command has a key of its own, and its answer is kept for a repeat."""
        key = f"key {self.yard.requests}"
        request = (method, path, body, query)
        answer = self.yard.call(method, path, body, query=query, headers={"idempotency-key": key})
        if answer.status < 300:
            self.answered.append((request, key, answer))
        return answer

    def versions_where(self, fits: Callable[[PlainVersion], bool]) -> list[tuple[PlainModel, PlainVersion]]:
        return [(model, each) for model in self.plain.values() for each in model.versions if fits(each)]

    @initialize(target=models)
    def begin(self):
        return self.create(NAMES[0])

    @rule(target=models, name=st.sampled_from(NAMES))
    def create(self, name):
        answer = self.post("/v1/models", {"name": name})
        if name in self.owners:
            assert (answer.status, answer.body["kind"]) == (409, "AlreadyExists")
            return multiple()
        assert (answer.status, answer.headers["ETag"]) == (201, '"1"')
        self.plain[name] = PlainModel(name)
        self.owners[name] = name
        return name

    @rule(name=models, to=st.sampled_from((*NAMES, "other")))
    def rename(self, name, to):
        """A name that leads anywhere, or once did, leads nowhere else."""
        model = self.plain[name]
        answer = self.post(f"/v1/models/{name}/rename", {"name": to})
        if self.owners.setdefault(to, name) != name:
            assert (answer.status, answer.body["kind"]) == (409, "AlreadyExists")
            return
        if model.called != to:
            model.called = to
            model.record("model.renamed")
            model.revision = len(model.types)
        assert (answer.status, answer.body["name"]) == (200, to)

    @rule(name=models, description=TEXT, tags=TAGS, match=MATCHES)
    def update_model(self, name, description, tags, match):
        model = self.plain[name]
        answer = self.patch(f"/v1/models/{name}", description, tags, match, model.revision)
        if match == "stale":
            assert answer.status == 412
            return
        if model.describe(model, description, tags):
            model.record("model.updated")
            model.revision = len(model.types)
        assert (answer.status, answer.headers["ETag"]) == (200, f'"{model.revision}"')

    @rule(version=versions, description=TEXT, tags=TAGS, match=MATCHES)
    def update_version(self, version, description, tags, match):
        model, plain = self.found(version)
        answer = self.patch(self.path(version), description, tags, match, plain.revision)
        if match == "stale":
            assert answer.status == 412
            return
        if model.describe(plain, description, tags):
            model.record("version.updated", plain)
        assert (answer.status, answer.headers["ETag"]) == (200, f'"{plain.revision}"')

    def patch(self, path: str, description: str | None, tags: Any, match: str, revision: int) -> Answer:
        tag = {"any": "*", "current": f'"{revision}"', "stale": f'"{revision + 1}"'}.get(match)
        body = {"tags": tags} | ({} if description is None else {"description": description})
        return self.yard.call("PATCH", path, body, headers={"if-match": tag} if tag else None)

    @rule(version=versions, card=st.sampled_from(("", "# One", "# Two")))
    def set_card(self, version, card):
        model, plain = self.found(version)
        answer = self.yard.call("PATCH", self.path(version), {"card": card})
        if card != plain.card:
            plain.card = card
            model.record("version.updated", plain)
        assert (answer.status, answer.headers["ETag"]) == (200, f'"{plain.revision}"')
        assert bool(answer.body["card_digest"]) is bool(card)

    @rule(target=versions, version=versions, name=models, files=FILES)
    def make_of_another(self, version, name, files):
        """A version is made of whatever is there, and keeps saying so."""
        base = f"{self.plain[version[0]].called}/{version[1]}"
        manifest = [file_request(path, content) for path, content in files.items()]
        bases = [{"relation": "merge", "reference": base}]
        answer = self.post(f"/v1/models/{name}/versions", {"files": manifest, "bases": bases, "card": "# One"})
        model = self.plain[name]
        number = len(model.versions) + 1
        assert (answer.status, answer.body["version"]["version"]) == (201, number)
        assert [f"{each['name']}/{each['version']}" for each in answer.body["version"]["bases"]] == [base]
        model.versions.append(PlainVersion(number, files, due=self.now + 7 * DAY, card="# One"))
        model.record("version.registered", model.versions[-1])
        return name, number

    @rule(target=versions, name=models, files=FILES, metrics=METRICS, ways=WAYS)
    def register(self, name, files, metrics, ways):
        manifest = [file_request(path, content) for path, content in files.items()]
        ways = {name: way for name, way in ways.items() if name in metrics}
        answer = self.post(f"/v1/models/{name}/versions", {"files": manifest, "metrics": metrics, "directions": ways})
        model = self.plain[name]
        if any(model.directions.get(name, way) != way for name, way in ways.items()):
            assert (answer.status, answer.body["kind"]) == (409, "DirectionConflict")
            return multiple()
        model.directions |= ways
        number = len(model.versions) + 1
        assert (answer.status, answer.body["version"]["version"]) == (201, number)
        model.versions.append(PlainVersion(number, files, due=self.now + 7 * DAY, metrics=dict(metrics)))
        model.record("version.registered", model.versions[-1])
        return name, number

    @rule(version=versions, most=st.integers(1, 6))
    def upload(self, version, most):
        _, plain = self.found(version)
        answer = self.yard.call("GET", f"{self.path(version)}/uploads")
        if plain.expired or (plain.state == "uploading" and plain.due <= self.now):
            assert answer.status == 410
        elif plain.state == "rejected":
            assert answer.status == 409
        elif plain.state != "uploading":
            assert answer.body["items"] == []
        else:
            contents = by_digest(plain.files)
            asked = {(contents[item["digest"]], item["part"]): item for item in answer.body["items"]}
            assert asked.keys() == self.storage.wanted(plain.files)
            for (content, part), item in list(asked.items())[:most]:
                self.yard.send(item, content)
                self.storage.take(content, part)

    @rule(version=versions)
    def complete(self, version):
        model, plain = self.found(version)
        answer = self.post(f"{self.path(version)}/complete")
        if plain.expired or (plain.state == "uploading" and plain.due <= self.now):
            assert (answer.status, answer.body["kind"]) == (410, "UploadExpired")
        elif plain.state == "rejected":
            assert (answer.status, answer.body["kind"]) == (409, "VersionNotReady")
        elif plain.state == "uploading" and (missing := self.storage.finish(plain.files)):
            assert (answer.status, set(answer.body["facts"]["missing"])) == (409, missing)
        else:
            if plain.state == "uploading":
                plain.state, plain.due = "verifying", self.now + 300
                model.record("version.uploaded", plain)
            assert (answer.status, answer.body["state"]) == (202, plain.state)

    @rule(version=versions)
    def verify(self, version):
        model, plain = self.found(version)
        answer = self.post(f"{self.path(version)}/verify")
        if plain.state == "uploading" or plain.expired:
            assert (answer.status, answer.body["kind"]) == (409, "VersionNotReady")
            return
        if plain.state != "verifying" and not plain.pending:
            plain.pending, plain.due = True, self.now + 1200
            model.record("version.challenged", plain)
        assert (answer.status, answer.body["proof_pending"]) == (202, plain.pending)

    @rule(version=versions, decision=st.sampled_from(("release", "reject")))
    def review(self, version, decision):
        model, plain = self.found(version)
        answer = self.post(f"{self.path(version)}/{decision}", {"reason": "looked at it"})
        if plain.state != "quarantined":
            assert (answer.status, answer.body["kind"]) == (409, "VersionNotReady")
            return
        plain.review = decision
        if decision == "release":
            plain.state = "ready"
        else:
            plain.state, plain.proof, plain.pending = "rejected", "", False
        model.record("version.released" if decision == "release" else "version.rejected", plain)
        assert (answer.status, answer.body["state"]) == (200, plain.state)

    @rule(version=versions)
    def inspect(self, version):
        """What was inspected by the rules of today is not inspected again."""
        _, plain = self.found(version)
        answer = self.post(f"{self.path(version)}/inspect")
        judged = plain.state == "rejected" and plain.inspected and plain.review != "reject" and not plain.expired
        if judged or plain.state in {"verifying", "ready", "quarantined"}:
            assert (answer.status, answer.body["proof_pending"]) == (202, plain.pending)
        else:
            assert (answer.status, answer.body["kind"]) == (409, "VersionNotReady")

    @rule(version=versions, stage=st.sampled_from(STAGES), replace=st.booleans())
    def promote(self, version, stage, replace):
        model, plain = self.found(version)
        answer = self.post(f"{self.path(version)}/transitions", {"stage": stage, "replace": replace})
        if model.promote(plain, stage, replace=replace):
            assert (answer.status, answer.body["stage"]) == (200, stage)
        else:
            assert (answer.status, answer.body["kind"]) == (409, "TransitionRefused")

    @rule()
    def react(self):
        """Everything that is due happens; who waits for a verdict gets it."""
        waiting = self.versions_where(lambda each: each.state == "verifying" or each.pending)
        for _, plain in sorted(waiting, key=lambda pair: (pair[0].name, pair[1].revision)):
            contents = set(plain.files.values())
            plain.types.append(plain.settle(proven=contents <= self.storage.whole, odd=ODD in contents))
        self.yard.pump()
        for model in self.plain.values():
            self.learn_order(model)

    def learn_order(self, model: PlainModel) -> None:
        """Reactions run in any order: the journal says in which; each version's own entries are the rules'."""
        events = self.history(model.name)
        assert sorted(types_of(events)[len(model.types) :]) == sorted(
            kind for each in model.versions for kind in each.types[len(self.recorded(model, each)) :]
        )
        model.types = types_of(events)
        for each in model.versions:
            each.revision = max(event["sequence"] for event in events if event["version"] == each.number)

    def recorded(self, model: PlainModel, version: PlainVersion) -> list[str]:
        """The entries of a version among those that the plain model has already."""
        events = self.history(model.name)[: len(model.types)]
        return [event["type"] for event in events if event["version"] == version.number]

    @rule(content=st.sampled_from(CONTENTS))
    def lose(self, content):
        """Storage loses a blob; somebody asks every version that has it for proof."""
        self.react()
        holders = self.versions_where(lambda each: each.state in HELD and content in each.files.values())
        if not holders:
            return
        self.yard.lose(content)
        self.storage.whole.discard(content)
        for model, plain in holders:
            self.verify((model.name, plain.number))
        self.react()

    @rule(days=st.sampled_from((0.1, 1.1, 8)))
    def wait_and_sweep(self, days):
        self.yard.clock.advance(days=days, seconds=1)
        self.now += days * DAY + 1
        if days > 1:
            self.answered.clear()  # receipts are kept for a day
        overdue = self.versions_where(lambda each: each.state == "uploading" and each.due <= self.now)
        driven = self.versions_where(lambda each: (each.state == "verifying" or each.pending) and each.due <= self.now)
        swept = self.yard.sweep()
        assert (swept["expired"], swept["redriven"]) == (len(overdue), len(driven))
        for _, plain in overdue:
            plain.state, plain.expired = "rejected", True
            plain.types.append("version.expired")
        for _, plain in driven:
            plain.types.append("version.redriven")
            plain.due = self.now + 12 * 3_600
        for model in self.plain.values():
            self.learn_order(model)
        if driven:
            self.react()

    @rule(data=st.data())
    def repeat(self, data):
        """A client that lost the answer sends the same request again, however much happened since."""
        if not self.answered:
            return
        (method, path, body, query), key, first = data.draw(st.sampled_from(self.answered))
        again = self.yard.call(method, path, body, query=query, headers={"idempotency-key": key})
        assert again.status == first.status
        assert told(again) == told(first)

    @invariant()
    def the_api_says_what_the_rules_say(self):
        for name, model in self.plain.items():
            found = self.yard.call("GET", f"/v1/models/{name}").body
            assert found == self.yard.call("GET", f"/v1/models/{model.called}").body
            assert found["name"] == model.called
            assert (found["description"], found["tags"]) == (model.description, model.tags)
            assert (found["versions"], found["newest_ready"]) == (len(model.versions), model.newest_ready)
            listed = self.yard.call("GET", f"/v1/models/{name}/versions", query={"limit": "1000"}).body["items"]
            assert [facts_of(each) for each in listed] == [plain_facts(each) for each in reversed(model.versions)]
            assert [each["aliases"] for each in reversed(listed)] == list(map(model.aliases_of, model.versions))
            assert [each["metrics"] for each in reversed(listed)] == [each.metrics for each in model.versions]
            assert found["aliases"] == {alias: numbers[0] for alias, numbers in model.aliases.items()}
            assert types_of(self.history(name)) == model.types
            for selector in (None, "1", *STAGES, *(f"@{alias}" for alias in ALIASES)):
                self.resolves(model, selector)
        check_table(self.yard.ports.table)
        self.memory.note(self.yard)

    def resolves(self, model: PlainModel, selector: str | None) -> None:
        ref = model.name if selector is None else f"{model.name}/{selector}".replace("/@", "@")
        answer = self.yard.call("GET", "/v1/resolve", query={"ref": ref})
        plain = model.resolve(selector)
        if plain is None:
            assert answer.status == 404
        elif plain.state == "ready":
            assert (answer.status, answer.body["version"]["version"]) == (200, plain.number)
            assert [file["path"] for file in answer.body["files"]["items"]] == sorted(plain.files)
        else:
            assert (answer.status, answer.body["facts"]["state"]) == (409, plain.state)

    def history(self, name: str) -> list[dict[str, Any]]:
        return self.yard.call("GET", f"/v1/models/{name}/history", query={"limit": "1000"}).body["items"]

    def found(self, version: tuple[str, int]) -> tuple[PlainModel, PlainVersion]:
        model = self.plain[version[0]]
        return model, model.versions[version[1] - 1]

    def path(self, version: tuple[str, int]) -> str:
        return f"/v1/models/{version[0]}/versions/{version[1]}"


def types_of(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


def facts_of(found: dict[str, Any]) -> tuple[Any, ...]:
    names = ("version", "state", "stage", "description", "tags", "proof", "proof_pending")
    return tuple(found[name] for name in names)


def plain_facts(each: PlainVersion) -> tuple[Any, ...]:
    return (each.number, each.state, each.stage, each.description, each.tags, each.proof, each.pending)


def test_the_api_keeps_the_rules_whatever_is_asked_of_it_in_whatever_order():
    profile = settings(max_examples=100, stateful_step_count=30, derandomize=True, deadline=None, print_blob=True)
    run_state_machine_as_test(Registry, settings=profile)
