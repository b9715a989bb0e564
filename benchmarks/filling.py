"""Fills a registry's table with models and versions as they are once everything was registered, proven and indexed.

Items and entries are made by the catalogue's own functions and written in bulk; `tests/unit/test_filling.py` holds them
to what the services write for the same facts.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path

from modelyard.adapters.clock import SystemClock
from modelyard.adapters.sqlite import SqliteTable
from modelyard.adapters.sqlite.layout import Layout
from modelyard.catalogue.entry_items import entry_put, place
from modelyard.catalogue.keys import FEED_HEAD, blob_key, use_key
from modelyard.catalogue.manifest_items import file_puts, pack_files
from modelyard.catalogue.model_items import id_put, model_item
from modelyard.catalogue.postings import Subject, posting_item, postings_of_model, postings_of_version, record_item
from modelyard.catalogue.shape import SHAPE
from modelyard.catalogue.version_items import version_item
from modelyard.domain.digests import Digest
from modelyard.domain.inspected import Judgement, inspected_facts
from modelyard.domain.journal import Caller, Draft, EntryType, instant, maybe_instant, write_entry
from modelyard.domain.lineage import lineage_facts
from modelyard.domain.manifests import File, manifest_digest
from modelyard.domain.model import Model
from modelyard.domain.stages import DEFAULT_LIFECYCLE, move
from modelyard.domain.version import Base, Dataset, Inspected, Relation, Source, State, Version
from modelyard.ports import Item, Key
from modelyard.services.uploading import DRIVEN_AGAIN

BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
KEPT = timedelta(days=7)
STEP = timedelta(seconds=30)
"""Between one version and the next, of whichever model."""

MOMENT = timedelta(seconds=5)
"""Between a version's registration and its upload, and between that and its proof."""

PROOF = 1 + 2**51
"""The revision of a proof whose chance is a half."""

TOGETHER = 10_000
"""Rows that are written in one transaction."""

CACHE = 4_000_000
"""KiB that SQLite may keep of the file while it is filled."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How many models, how many versions the first has, and how many each of the others."""

    models: int
    first: int
    each: int

    @property
    def versions(self) -> int:
        """All of them."""
        return self.first + (self.models - 1) * self.each

    def numbers(self, nth: int) -> int:
        """The versions of the nth model."""
        return self.first if nth == 0 else self.each


def name_of(nth: int) -> str:
    """The name of the nth model, from 0."""
    return f"model-{nth:05d}"


def caller_of(turn: int) -> Caller:
    """One of fifty people."""
    return Caller(f"local:person-{turn % 50}", f"request-{turn:08d}")


def model_of(nth: int) -> Model:
    """The nth model before anything of it is in the journal."""
    now = BEGIN + STEP * nth
    about = {"tier": str(nth % 5), "domain": f"domain-{nth % 40}"}
    return Model(
        id=f"01KAP4Q6Z8{nth + 1:016d}",
        home=name_of(nth),
        name=name_of(nth),
        created_at=now,
        created_by=caller_of(nth).actor,
        updated_at=now,
        description=f"Predicts thing number {nth}.",
        owner=f"team-{nth % 30}",
        tags=dict(sorted(about.items())),
        revision=1,
    )


@lru_cache(16)
def files_of(nth: int, number: int) -> list[File]:
    """A configuration that all versions of the model share, and weights of its own."""
    return [_file("config.json", f"config {nth}", 512), _file("weights.bin", f"weights {nth} {number}", 4096 + number)]


def _file(path: str, content: str, size: int) -> File:
    return File(path, size, Digest(f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"))


def version_of(extent: Extent, nth: int, number: int) -> Version:
    """A version as a pipeline would register it: the same for the same place, and spread as such things are."""
    turn = number * extent.models + nth
    files, now = files_of(nth, number), _created(extent, nth, number)
    chance = hashlib.sha256(f"{nth} {number}".encode()).digest()
    dataset = "census" if chance[0] < 64 else f"dataset-{chance[1] * 2 + chance[2] % 2:03d}"
    data = f"sha256:{hashlib.sha256(dataset.encode()).hexdigest()}"
    commit = hashlib.sha1(f"{nth} {number // 3}".encode(), usedforsecurity=False).hexdigest()
    return Version(
        home=name_of(nth),
        name=name_of(nth),
        number=number,
        state=State.UPLOADING,
        stage=DEFAULT_LIFECYCLE.initial,
        digest=manifest_digest(files),
        size=sum(file.size for file in files),
        file_count=len(files),
        pages=1,
        created_at=now,
        created_by=caller_of(turn).actor,
        revision=0,
        deadline=now + KEPT,
        description=f"Run {number} of the nightly training.",
        tags={"run": f"{nth}-{number // 2}", "team": f"team-{chance[4] % 20}", "tier": str(chance[5] % 5)},
        params={"depth": str(chance[6] % 16), "rate": repr(chance[7] / 1000), "seed": str(chance[8])},
        metrics={"auc": 0.5 + chance[9] / 512, "loss": chance[10] / 256},
        datasets=(Dataset(dataset, f"s3://data/{dataset}", data),),
        source=Source(repository="https://git.example.com/models", commit=commit),
        bases=(_first(nth),) if number > 1 and chance[3] < 26 else (),
    )


def _created(extent: Extent, nth: int, number: int) -> datetime:
    return BEGIN + STEP * (number * extent.models + nth)


@cache
def _first(nth: int) -> Base:
    """The model's first version, as what another was made of."""
    digest = manifest_digest(files_of(nth, 1))
    return Base(Relation.FINE_TUNE, model_id=model_of(nth).id, name=name_of(nth), version=1, digest=digest)


CLEAN = Judgement(Inspected(rules=1, verdict="clean", files=2), {"format": "", "parameters": 1_000}, ())
"""What an inspection comes to; the reports themselves, which no search reads, are not written."""


class Filling:
    """Models one after the other, with their versions, journals, proofs and postings."""

    def __init__(self, extent: Extent) -> None:
        self._extent = extent
        self._position = 0

    def items(self) -> Iterator[Item]:
        """Everything that is in the table in the end, each item once."""
        for nth in range(self._extent.models):
            yield from self._model(nth)
        yield Item(FEED_HEAD, rev=self._position, fields={"position": self._position})

    def _model(self, nth: int) -> Iterator[Item]:
        model = model_of(nth)
        about = {"name": model.name, "description": model.description, "owner": model.owner, "tags": model.tags}
        made = _Journal(model, self._place)
        yield made.append(Draft(EntryType.MODEL_CREATED, after=about), caller_of(nth), model.created_at)
        yield id_put(model).item
        last = self._extent.numbers(nth)
        standing: dict[int, Version] = {}
        for number in range(1, last + 1):
            version, items = self._version(made, nth, number)
            if number >= last - 1:
                standing[number] = version
            else:
                yield from _posted(version, model)
                yield version_item(version)
            yield from items
        yield from _proofs(nth, model, range(1, last + 1), self._extent)
        for number, stage in ((last, "production"), (last - 1, "staging")):
            if number in standing:
                moved, entry = made.promote(standing[number], stage, caller_of(nth))
                yield from (entry, version_item(moved), *_posted(moved, model))
        yield model_item(replace(made.model, last_number=last, newest_ready=last))
        yield from _postings(Subject(model.home, None), postings_of_model(made.model))

    def _version(self, made: "_Journal", nth: int, number: int) -> tuple[Version, list[Item]]:
        """A version once it is proven, and its manifest and entries."""
        version = version_of(self._extent, nth, number)
        turn = number * self._extent.models + nth
        entries = []
        for step, draft in enumerate(_drafts(version)):
            entries.append(made.append(draft, caller_of(turn), version.created_at + step * MOMENT))
        pages = file_puts(version.home, number, pack_files(files_of(nth, number)))
        proven = version.created_at + 2 * MOMENT
        ready = replace(version, state=State.READY, deadline=None, verified_at=proven, proof="storage")
        ready = replace(ready, revision=made.model.sequence, inspected=CLEAN.inspected, facts=CLEAN.facts)
        return ready, [*entries, *(put.item for put in pages)]

    def _place(self) -> int:
        """The next position in the feed."""
        self._position += 1
        return self._position


class _Journal:
    """A model as its journal grows: published, and placed in the feed."""

    def __init__(self, model: Model, position: Callable[[], int]) -> None:
        self.model, self._position = model, position
        self._now = model.created_at

    def append(self, draft: Draft, caller: Caller, now: datetime) -> Item:
        """The item of the next entry."""
        model = self.model
        entry = write_entry(
            draft,
            model_id=model.id,
            name=model.name,
            home=model.home,
            sequence=model.sequence + 1,
            previous=model.head,
            caller=caller,
            time=now,
        )
        self._now = now
        self.model = replace(model, sequence=entry.sequence, head=entry.hash, updated_at=now)
        put, placed = entry_put(entry, now).item, place(entry, self._position())
        indexes = {**put.indexes, **{index: key for index, key in placed.indexes.items() if key}}
        return Item(put.key, placed.rev, {**put.fields, **placed.fields}, put.data, indexes)

    def promote(self, version: Version, stage: str, caller: Caller) -> tuple[Version, Item]:
        """The version in another stage, and the entry that says so, at the moment of the entry before."""
        before, after = {"stage": version.stage}, {"stage": stage}
        draft = Draft(EntryType.VERSION_PROMOTED, version.number, version.digest, before, after, "good")
        entry = self.append(draft, caller, self._now)
        standing = move(DEFAULT_LIFECYCLE, self.model.standing, version.number, version.digest, stage)
        self.model = replace(self.model, standing=standing)
        return replace(version, stage=stage, revision=self.model.sequence), entry


def _drafts(version: Version) -> Iterator[Draft]:
    """What is recorded of a version until it is ready."""
    after = {
        "state": version.state.value,
        "stage": version.stage,
        "size": version.size,
        "file_count": version.file_count,
        "pages": version.pages,
        "deadline": maybe_instant(version.deadline),
        "description": version.description,
        "tags": version.tags,
        "params": version.params,
        "metrics": version.metrics,
        **lineage_facts(version),
    }
    said = (version.number, version.digest)
    yield Draft(EntryType.VERSION_REGISTERED, *said, after=after)
    verifying = {"state": "verifying", "deadline": instant(version.created_at + MOMENT + DRIVEN_AGAIN)}
    yield Draft(EntryType.VERSION_UPLOADED, *said, {"state": "uploading"}, verifying)
    seen = {"inspected": inspected_facts(CLEAN.inspected), "facts": dict(CLEAN.facts)}
    yield Draft(
        EntryType.VERSION_VERIFIED, *said, {"state": "verifying"}, {"state": "ready", "proof": "storage", **seen}
    )


def _proofs(nth: int, model: Model, numbers: range, extent: Extent) -> Iterator[Item]:
    """The proofs of all blobs, and which versions use them."""
    for number in numbers:
        config, weights = files_of(nth, number)
        proven = instant(_created(extent, nth, number) + MOMENT)
        for file, used in ((config, len(numbers)), (weights, 1)) if number == 1 else ((weights, 1),):
            facts: dict[str, str | int] = {"size": file.size, "proven_at": proven, "uses": 1}
            yield Item(blob_key(file.digest), rev=PROOF + used, fields=facts)
        for file in (config, weights):
            fields: dict[str, str | int] = {"home": model.home, "number": number}
            yield Item(use_key(file.digest, model.home, number), rev=1, fields=fields)


def _posted(version: Version, model: Model) -> list[Item]:
    return _postings(Subject(version.home, version.number), postings_of_version(version, model))


def _postings(subject: Subject, keys: Iterable[Key]) -> list[Item]:
    known = list(keys)
    return [*(posting_item(key, subject) for key in known), record_item(subject, known, rev=1)]


def fill(path: Path, extent: Extent, told: Callable[[int], None] = lambda _rows: None) -> int:
    """Fill the table in the file at `path`, made when absent; how many rows were written. `told` hears of progress."""
    SqliteTable(path, SHAPE, SystemClock()).close()
    layout, rows = Layout(SHAPE), 0
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("journal_mode = MEMORY", "synchronous = OFF", f"cache_size = -{CACHE}"):
            connection.execute(f"PRAGMA {pragma}")
        waiting = map(layout.row, Filling(extent).items())
        while some := list(islice(waiting, TOGETHER)):
            connection.execute("BEGIN")
            connection.executemany(layout.put, some)
            connection.execute("COMMIT")
            rows += len(some)
            told(rows)
        connection.execute("PRAGMA journal_mode = WAL")
    return rows
