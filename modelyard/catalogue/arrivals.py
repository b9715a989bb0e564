"""Imported entries as items: what is stored where they go on, and the writes by which they come to be stored here.

A transaction takes a stretch of entries, all that they change, and the model's revision as its guard: so whatever ends
an import leaves a model as its journal was at some moment.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from modelyard.catalogue.deletion_items import purge_item
from modelyard.catalogue.entry_items import entry_put
from modelyard.catalogue.homes import claim, name_keys
from modelyard.catalogue.keys import HELD_PREFIX, VERSION_PREFIX, held_key, partition, version_key
from modelyard.catalogue.manifest_items import file_puts, pack_files
from modelyard.catalogue.model_items import id_put, model_item, read_model
from modelyard.catalogue.version_items import read_version, version_item
from modelyard.domain.digests import Digest
from modelyard.domain.errors import AlreadyExists, DigestMismatch, Invalid
from modelyard.domain.evaluations import MAX_ATTACHMENTS
from modelyard.domain.journal import Entry, EntryType
from modelyard.domain.manifests import File, check_manifest, manifest_digest
from modelyard.domain.model import Model
from modelyard.domain.replaying import Event, Replayed
from modelyard.domain.version import State, Version
from modelyard.ports import MAX_BATCH, Delete, Expect, Item, Key, Put, Table, Update, Write

MOST_BYTES = 3_500_000
"""Bytes of the items that one transaction puts, of which DynamoDB takes 4 MB."""

ROOM = 92
"""Writes of a transaction beside the model, its id and its names."""

ROOM_BYTES = 1_500_000
"""Bytes of entries and manifests in a stretch: the versions' items are about as much again."""

MOST_GUARDED = 10
"""Blobs of a version whose proofs the transaction itself requires; the others are looked up just before it."""

TOGETHER = 100
NAMING = frozenset({EntryType.MODEL_CREATED, EntryType.MODEL_RENAMED})


@dataclass(frozen=True, slots=True)
class Manifest:
    """A version's files as they arrive, and packed as they will lie here."""

    files: Sequence[File]
    pages: Sequence[bytes]
    digest: Digest

    @property
    def digests(self) -> list[Digest]:
        """The blobs, each once."""
        return list(dict.fromkeys(file.digest for file in self.files))


def take_manifest(files: Iterable[File]) -> Manifest:
    """The manifest that files make; Invalid or TooLarge when they make none."""
    checked = check_manifest(files)
    return Manifest(checked, pack_files(checked), manifest_digest(checked))


@dataclass(frozen=True, slots=True)
class Stored:
    """What lies here of a model: its item, and of some versions their items, those that are held back included."""

    model: Item | None
    versions: Mapping[int, Item] = field(default_factory=dict)

    @staticmethod
    def shows(item: Item) -> bool:
        """Whether a version's item is one that anybody may count on."""
        return not item.key.sk.startswith(HELD_PREFIX) and usable(read_version(item))

    @property
    def facts(self) -> Replayed | None:
        """The same as facts; None when there is nothing."""
        if self.model is None:
            return None
        return Replayed(read_model(self.model), {number: read_version(item) for number, item in self.versions.items()})


def fitting(events: Sequence[Event], manifests: Mapping[int, Manifest]) -> Sequence[Event]:
    """The first of the events: as many as one transaction takes with what they lead to, but at least one."""
    writes = size = 0
    seen: set[int] = set()
    for count, event in enumerate(events):
        manifest = manifests.get(event["version"]) if event["type"] == EntryType.VERSION_REGISTERED else None
        pages = manifest.pages if manifest else ()
        touched = set() if event["version"] in seen else {event["version"]} - {None}
        seen |= touched
        writes += 1 + 2 * len(touched) + len(pages)
        writes += _guards(event, manifests) + _beside(event)
        size += 2 * len(json.dumps(event["after"])) + sum(map(len, pages))
        if count and (writes > ROOM or size > ROOM_BYTES):
            return events[:count]
    return events


def _guards(event: Event, manifests: Mapping[int, Manifest]) -> int:
    """How many proofs are required, at most, so that an entry makes a version usable, or deletes one that was."""
    if event["after"].get("state") not in (State.READY, State.DELETED):
        return 0
    manifest = manifests.get(event["version"])
    return min(MOST_GUARDED, len(manifest.files) if manifest else MOST_GUARDED)


def _beside(event: Event) -> int:
    """How many items of their own an entry keeps, at most, with who uses what is attached, and how many names take."""
    if event["type"] in NAMING:
        return 3
    if event["type"] == EntryType.ATTESTATION_ADDED:
        return 2
    report = event["after"].get("evaluation")
    attached = report.get("attachments") if isinstance(report, dict) else None
    return 1 + (2 * MAX_ATTACHMENTS if attached else 0)


def load_versions(table: Table, home: str, numbers: Sequence[int]) -> dict[int, Item]:
    """The items of those versions that lie here, held back or not. One call for each 50."""
    found: dict[int, Item] = {}
    step = MAX_BATCH // 2
    for start in range(0, len(numbers), step):
        some = numbers[start : start + step]
        items = table.get([key for number in some for key in (version_key(home, number), held_key(home, number))])
        pairs = zip(some, items[::2], items[1::2], strict=True)
        found.update({number: item for number, version, held in pairs if (item := version or held)})
    return found


@dataclass(frozen=True, slots=True)
class Stretch:
    """Entries in a row, as events and as they will be stored, and what they lead to."""

    home: str
    events: Sequence[Event]
    entries: Sequence[Entry]
    stored: Stored
    after: Replayed
    manifests: Mapping[int, Manifest]

    @property
    def touched(self) -> list[int]:
        """The versions that the entries speak of."""
        return sorted({event["version"] for event in self.events if event["version"] is not None})

    def registered(self) -> dict[int, Manifest]:
        """The manifests of those versions that the entries register, where they came along."""
        numbers = [event["version"] for event in self.events if event["type"] == EntryType.VERSION_REGISTERED]
        return {number: self.manifests[number] for number in numbers if number in self.manifests}


def settle_pages(stretch: Stretch) -> Stretch:
    """The stretch, its new versions with as many pages as their manifests have here; none where none came along."""
    versions = dict(stretch.after.versions)
    manifests = stretch.registered()
    for event in stretch.events:
        number = event["version"]
        if event["type"] == EntryType.VERSION_REGISTERED and number in versions:
            manifest = manifests.get(number)
            _check_manifest(versions[number], manifest)
            versions[number] = replace(versions[number], pages=len(manifest.pages) if manifest else 0)
    return replace(stretch, after=Replayed(stretch.after.model, versions))


def _check_manifest(version: Version, manifest: Manifest | None) -> None:
    if manifest is None:
        return
    extent = sum(file.size for file in manifest.files), len(manifest.files)
    if (manifest.digest, *extent) != (version.digest, version.size, version.file_count):
        raise DigestMismatch(
            f"the files of version {version.number} are not those of its entry", field=f"manifests.{version.number}"
        )


def usable(version: Version) -> bool:
    """Whether somebody may count on the version's bytes."""
    return version.state is State.READY


def stretch_writes(
    table: Table, stretch: Stretch, *, held: Sequence[int], extra: Sequence[Write], now: datetime
) -> list[Write]:
    """The transaction by which a stretch is stored; versions `held` back are kept where nobody finds them."""
    writes: dict[Key, Write] = {}
    model = _point(table, stretch)
    guard = stretch.stored.model.rev if stretch.stored.model else Expect.ABSENT
    written: list[Write] = [Put(model_item(model), guard), *(entry_put(entry, now) for entry in stretch.entries)]
    if stretch.stored.model is None:
        written.append(id_put(model))
    for number, manifest in stretch.registered().items():
        written += file_puts(stretch.home, number, manifest.pages)
    for number in stretch.touched:
        written += _version_writes(stretch, number, held=number in held)
    for event in stretch.events:
        written += _purge_writes(stretch, event, now)
    for write in (*written, *extra):
        writes[write.item.key if isinstance(write, Put) else write.key] = write
    return list(writes.values())


def _purge_writes(stretch: Stretch, event: Event, now: datetime) -> list[Write]:
    """What stands for a version that an entry purges, until the sweep has cleared what is left of it."""
    number = event["version"]
    if event["type"] != EntryType.VERSION_PURGED:
        return []
    before, manifest = stretch.stored.versions.get(number), stretch.registered().get(number)
    known = read_version(before) if before else None
    pages = len(manifest.pages) if manifest else known.pages if known else 0
    attached = [each.digest for each in known.attestations] if known else []
    return [Put(purge_item(stretch.home, number, pages, now, attached), Expect.ANYTHING)]


def _version_writes(stretch: Stretch, number: int, *, held: bool) -> list[Write]:
    """A version where it belongs, and no more where it was."""
    before, after = stretch.stored.versions.get(number), stretch.after.versions.get(number)
    writes: list[Write] = []
    key = held_key(stretch.home, number) if held else version_key(stretch.home, number)
    if after is not None:
        item = version_item(after)
        stays = before is not None and before.key == key
        put = replace(item, key=key, indexes={}) if held else item
        writes.append(Put(put, before.rev if before and stays else Expect.ABSENT))
    if before is not None and (after is None or before.key != key):
        writes.append(Delete(before.key, before.rev))
    return writes


def name_writes(table: Table, stretch: Stretch, *, called: str) -> list[Write]:
    """What makes the names lead here that the entries give to the model; AlreadyExists when one is another's.

    Where it is known how the model is `called` in the end, that is the one name it must have: from the first entry on,
    so that nobody takes it meanwhile.
    """
    given = [event["after"]["name"] for event in stretch.events if event["type"] in NAMING]
    writes: list[Write] = []
    for name in dict.fromkeys([called, *given] if called else given):
        try:
            writes += claim(table, name, *table.get(name_keys(name)), home=stretch.home)
        except AlreadyExists:
            if called in {"", name}:
                raise
    return writes


def _point(table: Table, stretch: Stretch) -> Model:
    """The model, with its newest ready version found where the entries alone do not tell."""
    model, before = stretch.after.model, stretch.stored.facts
    newest = before.model.newest_ready if before else None
    if newest is None or model.newest_ready is not None:
        return model
    below = _newest_below(table, stretch.home, newest, frozenset(stretch.touched))
    ready = [number for number, version in stretch.after.versions.items() if version.state is State.READY]
    return replace(model, newest_ready=max([*ready, *([below] if below else [])], default=None))


def _newest_below(table: Table, home: str, number: int, touched: frozenset[int]) -> int | None:
    key: Key | None = version_key(home, number)
    while key is not None:
        page = table.query(partition(home), prefix=VERSION_PREFIX, after=key, descending=True)
        for item in page.items:
            found = int(item.key.sk.rpartition("#")[2])
            if item.fields["state"] == State.READY and found not in touched:
                return found
        key = page.after
    return None


def rename_versions(table: Table, home: str, name: str, retry: Callable[[Callable[[], None]], None]) -> None:
    """Tell every version here its model's name before the model itself gets it. Safe to repeat, and to leave undone."""
    after: Key | None = None
    while True:
        page = table.query(partition(home), prefix=VERSION_PREFIX, after=after, limit=TOGETHER)
        late = [item for item in page.items if item.fields.get("name") != name]
        updates = [Update(item.key, item.rev, item.rev, fields={"name": name}) for item in late]
        if updates:
            retry(lambda updates=updates: table.write(updates))  # type: ignore[misc]
        after = page.after
        if after is None:
            return


def size_of(writes: Sequence[Write]) -> int:
    """Bytes of data that writes put."""
    return sum(len(write.item.data) + TOGETHER for write in writes if isinstance(write, Put))


def check_extent(writes: Sequence[Write], sequence: int) -> None:
    """Invalid when what one entry brings is more than a transaction takes."""
    if len(writes) > MAX_BATCH or size_of(writes) > MOST_BYTES:
        raise Invalid(f"what entry {sequence} brings is too much for one transaction", field=f"events.{sequence}")
