"""Finding: reading models, versions, files, history and the feed. Nothing here changes anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from modelyard.catalogue.entry_items import read_entry
from modelyard.catalogue.evaluation_items import read_evaluation
from modelyard.catalogue.keys import (
    ENTRY_PREFIX,
    FEED_PARTITION,
    NAMES_PARTITION,
    VERSION_PREFIX,
    evaluation_prefix,
    feed_key,
    files_key,
    model_key,
    partition,
    stage_partition,
    subject_partition,
    version_key,
)
from modelyard.catalogue.manifest_items import read_files
from modelyard.catalogue.model_items import locate, read_model, unknown_model
from modelyard.catalogue.references import candidates
from modelyard.catalogue.shape import FEED, NAMES, STAGES, SUBJECTS
from modelyard.catalogue.version_items import read_version, unknown_version
from modelyard.domain.errors import Invalid, VersionNotReady
from modelyard.domain.evaluations import Evaluation
from modelyard.domain.journal import Entry
from modelyard.domain.manifests import File
from modelyard.domain.model import Model
from modelyard.domain.names import MAX_NAME, Reference, parse_name, parse_stage
from modelyard.domain.version import State, Version
from modelyard.ports import Blobs, Item, Key, Page, SignedRequest, Table

Found = TypeVar("Found")

MOST_BYTES = 3_500_000
"""Bytes of the items on a page: Lambda answers at most 6 MB, in which every quote of the JSON is escaped."""

BESIDE_DATA = 500
"""Bytes reckoned for what an answer says of an item besides its data."""

STEP = 100
"""Items read in one call, so that little is read in vain when they are large."""


@dataclass(frozen=True, slots=True)
class Listing(Generic[Found]):
    """A page of what was asked for, and the place after which the next begins; None at the end."""

    items: Sequence[Found]
    after: Key | None


@dataclass(frozen=True, slots=True)
class Links:
    """A page of a version's files, each with a signed GET where the version is ready, and the next page's number."""

    files: Sequence[tuple[File, SignedRequest | None]]
    following: int | None


def _within(pk: str, after: Key | None) -> Key | None:
    """A position within the partition that is asked; Invalid for one that somebody made up."""
    if after is not None and after.pk != pk:
        raise Invalid("this is not a page token of this list; begin without one", field="cursor")
    return after


def _query(table: Table, pk: str, *, after: Key | None, limit: int, index: str | None = None, **how: Any) -> Page:
    """As `Table.query`, a page that may end early: before its items are more than an answer can hold."""
    items: list[Item] = []
    size = 0
    while True:
        page = table.query(pk, index=index, after=after, limit=min(limit - len(items), STEP), **how)
        for item in page.items:
            size += len(item.data) + BESIDE_DATA
            if items and size > MOST_BYTES:
                return Page(items, items[-1].indexes[index] if index else items[-1].key)
            items.append(item)
        after = page.after
        if after is None or len(items) == limit:
            return Page(items, after)


def get_model(*, table: Table, name: str) -> Model:
    """The model of that name or id. NotFound otherwise."""
    (found,) = table.get([model_key(locate(table, name))])
    if found is None:
        raise unknown_model(name)
    return read_model(found)


def list_models(*, table: Table, prefix: str, after: Key | None, limit: int) -> Listing[Model]:
    """Models whose names begin with `prefix`, in the order of names."""
    after = _within(NAMES_PARTITION, after)
    page = _query(table, NAMES_PARTITION, index=NAMES, prefix=prefix, after=after, limit=limit)
    return Listing([read_model(item) for item in page.items], page.after)


def get_version(*, table: Table, name: str, number: int) -> Version:
    """A version, without its files. NotFound when there is no such model or version."""
    (found,) = table.get([version_key(locate(table, name), number)])
    if found is None:
        raise unknown_version(name, number)
    return read_version(found)


def list_versions(*, table: Table, name: str, stage: str | None, after: Key | None, limit: int) -> Listing[Version]:
    """A model's versions, newest first; with `stage`, those that stand there (as of about a second ago)."""
    home = locate(table, name)
    if stage is not None:
        place = stage_partition(home, parse_stage(stage))
        page = _query(table, place, index=STAGES, after=_within(place, after), limit=limit, descending=True)
    else:
        place = partition(home)
        after = _within(place, after)
        page = _query(table, place, prefix=VERSION_PREFIX, after=after, limit=limit, descending=True)
    if not page.items and after is None:
        get_model(table=table, name=name)
    return Listing([read_version(item) for item in page.items], page.after)


def list_files(*, table: Table, blobs: Blobs, name: str, number: int, page: int) -> Links:
    """A page (from 0) of a version's files. Only a ready version's files can be fetched."""
    home = locate(table, name)
    found, files = table.get([version_key(home, number), files_key(home, number, page)])
    if found is None:
        raise unknown_version(name, number)
    version = read_version(found)
    return _link(blobs, version, read_files(files) if files else [], page)


def _link(blobs: Blobs, version: Version, files: Sequence[File], page: int) -> Links:
    ready = version.state is State.READY
    linked = [(file, _sign(blobs, file) if ready else None) for file in files]
    return Links(linked, page + 1 if page + 1 < version.pages else None)


def _sign(blobs: Blobs, file: File) -> SignedRequest:
    return blobs.sign_get(file.digest, filename=file.path.rpartition("/")[2])


def resolve(*, table: Table, blobs: Blobs, reference: Reference) -> tuple[Version, Links]:
    """The ready version that a reference stands for, with the first page of its files, in at most two calls.

    A stage stands for the highest number in it that is ready, as in MLflow. VersionNotReady when none is.
    """
    home = locate(table, reference.name)
    numbers = [reference.number] if reference.number else _choose(table, home, reference)
    keys = [key for number in numbers for key in (version_key(home, number), files_key(home, number, 0))]
    found = table.get(keys)
    versions = [read_version(item) for item in found[::2] if item is not None]
    if not versions:
        raise unknown_version(reference.name, numbers[0])
    version = next((each for each in versions if each.state is State.READY), versions[0])
    if version.state is not State.READY:
        detail = f"{version.reference} is {version.state.value}, not ready"
        raise VersionNotReady(detail, state=version.state.value, refusal=version.refusal)
    files = found[2 * numbers.index(version.number) + 1]
    return version, _link(blobs, version, read_files(files) if files else [], 0)


def _choose(table: Table, home: str, reference: Reference) -> list[int]:
    """The versions that may stand for a reference without a number, the likeliest first; NotFound if there is none."""
    (found,) = table.get([model_key(home)])
    if found is None:
        raise unknown_model(reference.name)
    return candidates(table, read_model(found), reference)


def read_history(*, table: Table, name: str, number: int | None, after: Key | None, limit: int) -> Listing[Entry]:
    """A model's journal, oldest first; with `number`, the entries that speak of that version."""
    home = locate(table, name)
    if number is None:
        place = partition(home)
        page = _query(table, place, prefix=ENTRY_PREFIX, after=_within(place, after), limit=limit)
    else:
        place = subject_partition(home, number)
        page = _query(table, place, index=SUBJECTS, after=_within(place, after), limit=limit)
    if not page.items and after is None:
        _require(table, name, number)
    return Listing([read_entry(item) for item in page.items], page.after)


def _require(table: Table, name: str, number: int | None) -> None:
    if number is None:
        get_model(table=table, name=name)
    else:
        get_version(table=table, name=name, number=number)


def read_feed(*, table: Table, after: int, limit: int) -> list[Entry]:
    """Published entries of all models after position `after`, without a gap: what lies beyond one comes later."""
    page = _query(table, FEED_PARTITION, index=FEED, after=feed_key(after), limit=limit)
    entries: list[Entry] = []
    for expected, item in enumerate(page.items, start=after + 1):
        entry = read_entry(item)
        if entry.position != expected:
            break
        entries.append(entry)
    return entries


def list_evaluations(*, table: Table, name: str, number: int, after: Key | None, limit: int) -> Listing[Evaluation]:
    """The reports on a version, newest first."""
    home = locate(table, name)
    place = partition(home)
    within = _within(place, after)
    page = _query(table, place, prefix=evaluation_prefix(number), after=within, limit=limit, descending=True)
    if not page.items and after is None:
        _require(table, name, number)
    return Listing([read_evaluation(item) for item in page.items], page.after)


def check_prefix(prefix: str) -> str:
    """A prefix of names: nothing, or what a name may begin with."""
    if not prefix or len(prefix) == MAX_NAME:
        return prefix and parse_name(prefix, field="prefix")
    return parse_name(f"{prefix}_", field="prefix")[:-1]
