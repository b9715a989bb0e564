"""The services over a real table and blobs by hand, each called with as little as a test needs to say."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from modelyard.adapters.sqlite import SqliteTable
from modelyard.catalogue.entry_items import event_of
from modelyard.catalogue.shape import SHAPE
from modelyard.domain.aliases import Alias, Expected, Whoever
from modelyard.domain.digests import Digest
from modelyard.domain.evaluations import Evaluation, Report
from modelyard.domain.findings import Finding, Inspection, Severity
from modelyard.domain.inspected import Judgement, Unfinished
from modelyard.domain.journal import Caller
from modelyard.domain.manifests import File
from modelyard.domain.model import Model
from modelyard.domain.tickets import Ticket
from modelyard.domain.version import Version
from modelyard.ports import Item, Key, Table, TableConflict, Write
from modelyard.services import (
    aliasing,
    deleting,
    describing,
    evaluating,
    finding,
    inspecting,
    promoting,
    purging,
    registering,
    renaming,
    sweeping,
    uploading,
    verifying,
)
from modelyard.services.registering import About
from tests.unit.fakes import CountedIds, MemoryBlobs, StillClock, digest_of

ANA = Caller("ana", "request-1")
WEEK = timedelta(days=7)
MONTH = timedelta(days=30)
ABC = b"abc"


def look_as_named(fetch: Callable[[int, int], bytes], size: int, name: str) -> Inspection:
    """An inspection by hand: whatever a file's first word says is found in it."""
    word, _, rest = fetch(0, min(size, 100)).partition(b" ") if size else (b"", b"", b"")
    finding = Finding("test.rule", Severity.SUSPICIOUS, rest.decode("utf-8", "replace"), offset=0)
    match word:
        case b"malicious":
            return Inspection("test", findings=(replace(finding, severity=Severity.MALICIOUS),))
        case b"suspicious":
            return Inspection("test", {"format": "test", "parameters": size}, (finding,))
        case b"long":
            return Inspection("test", unread=("more than 1 bytes",))
        case b"known":
            return Inspection("test", {"format": "test", "parameters": size, "framework": "by hand"})
    return Inspection()


class BusyTable:
    """A table on which something else happens: before a `get`, between the keys of one, or before a `write`.

    Each is a function that is called once. `met` writes are refused because two transactions met. It answers the keys
    of a `get` one by one, as of different moments, which DynamoDB may do as well.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self.before_get: Callable[[], object] | None = None
        self.between_keys: Callable[[], object] | None = None
        self.before_write: Callable[[], object] | None = None
        self.met = 0
        self.gets = 0
        self.writes: list[Sequence[Write]] = []

    def get(self, keys: Sequence[Key]) -> list[Item | None]:
        self.gets += 1
        self._happen("before_get")
        found = []
        for nth, key in enumerate(keys):
            if nth:
                self._happen("between_keys")
            found += self._table.get([key])
        return found

    def query(self, pk: str, **how: Any) -> Any:
        return self._table.query(pk, **how)

    def write(self, writes: Sequence[Write]) -> None:
        self._happen("before_write")
        if self.met:
            self.met -= 1
            raise TableConflict
        self._table.write(writes)
        self.writes.append(writes)

    def _happen(self, what: str) -> None:
        happening = getattr(self, what)
        setattr(self, what, None)
        if happening is not None:
            happening()


class Registry:
    """Every use case, for the model `churn` unless told otherwise."""

    def __init__(self, table: Table) -> None:
        self.table = BusyTable(table)
        self.blobs = MemoryBlobs()
        self.clock, self.ids = StillClock(), CountedIds()
        self.room = inspecting.Room(look_as_named, 1, timedelta(minutes=1))

    @property
    def _effects(self) -> dict[str, Any]:
        return {"table": self.table, "clock": self.clock, "ids": self.ids, "caller": ANA}

    def create(self, name: str = "churn", *, ticket: Ticket | None = None, **facts: Any) -> Model:
        return registering.create_model(**self._effects, ticket=ticket, name=name, **facts)

    def register(
        self,
        files: Mapping[str, bytes] | Sequence[File] = (),
        *,
        name: str = "churn",
        ticket: Ticket | None = None,
        **about: Any,
    ) -> Version:
        return registering.register_version(
            **self._effects,
            ticket=ticket,
            name=name,
            files=files_of(files) if isinstance(files, Mapping) else list(files) or files_of({"a.bin": ABC}),
            about=About(**about),
            keep=WEEK,
        )

    def complete(self, number: int = 1, *, name: str = "churn", ticket: Ticket | None = None) -> Version:
        return uploading.complete(**self._effects, blobs=self.blobs, ticket=ticket, name=name, number=number)

    def prove(self, number: int = 1, *, name: str = "churn") -> Version | None:
        how = {"blobs": self.blobs, "name": name, "number": number, "inspector": self.inspect}
        return verifying.prove_version(**self._effects, **how)

    def inspect(self, version: Version) -> Judgement | Unfinished:
        """Inspect a version's files by `room`."""
        effects = {name: effect for name, effect in self._effects.items() if name != "caller"}
        return inspecting.inspect_version(**effects, blobs=self.blobs, room=self.room, version=version)

    def prove_blob(self, digest: Digest) -> bool:
        effects = {name: effect for name, effect in self._effects.items() if name != "caller"}
        return verifying.prove_blob(**effects, blobs=self.blobs, digest=digest)

    def challenge(self, number: int = 1, *, name: str = "churn", ticket: Ticket | None = None) -> Version:
        return verifying.challenge(**self._effects, ticket=ticket, name=name, number=number)

    def promote(
        self,
        number: int = 1,
        stage: str = "production",
        *,
        name: str = "churn",
        ticket: Ticket | None = None,
        **how: Any,
    ) -> Version:
        return promoting.promote(**self._effects, ticket=ticket, name=name, number=number, stage=stage, **how)

    def alias(
        self,
        alias: str,
        number: int,
        *,
        name: str = "churn",
        ticket: Ticket | None = None,
        expected: Expected = Whoever.WHOEVER,
        comment: str = "",
    ) -> Alias:
        how = {"ticket": ticket, "name": name, "alias": alias, "expected": expected, "comment": comment}
        return aliasing.set_alias(**self._effects, number=number, **how)

    def roll_back(
        self, alias: str, *, name: str = "churn", ticket: Ticket | None = None, expected: Expected = Whoever.WHOEVER
    ) -> Alias:
        return aliasing.roll_back_alias(**self._effects, ticket=ticket, name=name, alias=alias, expected=expected)

    def unalias(
        self, alias: str, *, name: str = "churn", ticket: Ticket | None = None, expected: Expected = Whoever.WHOEVER
    ) -> Alias:
        return aliasing.remove_alias(**self._effects, ticket=ticket, name=name, alias=alias, expected=expected)

    def evaluate(
        self, report: Report, number: int = 1, *, name: str = "churn", ticket: Ticket | None = None
    ) -> Evaluation:
        return evaluating.evaluate(**self._effects, ticket=ticket, name=name, number=number, report=report)

    def update(
        self, number: int | None = None, *, name: str = "churn", expected: int | None = None, **facts: Any
    ) -> Any:
        """Describe the model, or a version of it."""
        what: dict[str, Any] = {"description": None, "tags": {}, **facts}
        if number is None:
            what = {"owner": None, **what}
            return describing.update_model(**self._effects, name=name, expected=expected, **what)
        return describing.update_version(**self._effects, name=name, number=number, expected=expected, **what)

    def rename(self, to: str, *, name: str = "churn", ticket: Ticket | None = None, **how: Any) -> Model:
        return renaming.rename(**self._effects, ticket=ticket, name=name, to=to, **how)

    def rewrite(self, model: Model, after: Key | None = None) -> Key | None:
        """Tell a page of a model's versions its name."""
        effects = {name: effect for name, effect in self._effects.items() if name != "caller"}
        return renaming.rewrite_names(**effects, model_id=model.id, after=after)

    def delete(
        self, number: int | None = None, *, name: str = "churn", ticket: Ticket | None = None, **how: Any
    ) -> Any:
        """Delete the model, or a version of it."""
        wish = deleting.Wish(**{"keep": MONTH, **how})
        if number is None:
            return deleting.delete_model(**self._effects, ticket=ticket, name=name, wish=wish)
        return deleting.delete_version(**self._effects, ticket=ticket, name=name, number=number, wish=wish)

    def restore(self, number: int | None = None, *, name: str = "churn", ticket: Ticket | None = None) -> Any:
        """Restore the model, or a version of it."""
        if number is None:
            return deleting.restore_model(**self._effects, ticket=ticket, name=name)
        return deleting.restore_version(**self._effects, ticket=ticket, name=name, number=number)

    def purge(self) -> purging.Purged:
        return purging.purge(**self._effects, blobs=self.blobs)

    def outlive(self) -> None:
        """Let the time of everything that is deleted pass, and purge it to its last byte."""
        self.clock.advance(seconds=MONTH.total_seconds())
        self.purge()
        self.clock.advance(minutes=20)
        self.purge()

    def sweep(self) -> sweeping.Swept:
        return sweeping.sweep(**self._effects)

    def ready(self, files: Mapping[str, bytes] | None = None, *, name: str = "churn") -> Version:
        """A version whose bytes are there and proven."""
        contents = files or {"a.bin": ABC}
        for content in contents.values():
            self.blobs.store(content)
        made = self.register(contents, name=name)
        self.complete(made.number, name=name)
        proven = self.prove(made.number, name=self.model(name).id)
        assert proven is not None
        return proven

    def version(self, number: int = 1, *, name: str = "churn") -> Version:
        return finding.get_version(table=self.table, name=name, number=number)

    def model(self, name: str = "churn") -> Model:
        return finding.get_model(table=self.table, name=name)

    def journal(self, name: str = "churn") -> list[dict[str, Any]]:
        """The model's events, oldest first."""
        page = finding.read_history(table=self.table, name=name, number=None, after=None, limit=1000)
        return [event_of(entry) for entry in page.items]

    def types(self, name: str = "churn") -> list[str]:
        return [event["type"] for event in self.journal(name)]


@contextmanager
def open_registry(folder: Path) -> Iterator[Registry]:
    """An empty registry in a folder."""
    clock = StillClock()
    table = SqliteTable(folder / "table.sqlite3", SHAPE, clock)
    registry = Registry(table)
    registry.clock = clock
    try:
        yield registry
    finally:
        table.close()


def files_of(contents: Mapping[str, bytes]) -> list[File]:
    """A manifest of small files."""
    return [File(path, len(content), digest_of(content)) for path, content in contents.items()]
