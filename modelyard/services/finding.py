"""Finding: reading models, versions, files, history and the feed. Nothing here changes anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from modelyard.catalogue.entry_items import read_entry
from modelyard.catalogue.keys import (
    ENTRY_PREFIX,
    FEED_PARTITION,
    NAMES_PARTITION,
    VERSION_PREFIX,
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
from modelyard.catalogue.shape import FEED, NAMES, STAGES, SUBJECTS
from modelyard.catalogue.version_items import read_version, unknown_version
from modelyard.domain.errors import Invalid, NotFound, VersionNotReady
from modelyard.domain.journal import Entry
from modelyard.domain.manifests import File
from modelyard.domain.model import Model
from modelyard.domain.names import Reference, parse_name, parse_stage
from modelyard.domain.version import State, Version
from modelyard.ports import Blobs, Key, SignedRequest, Table

Found = TypeVar("Found")


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


def get_model(*, table: Table, name: str) -> Model:
    """The model of that name or id. NotFound otherwise."""
    (found,) = table.get([model_key(locate(table, name))])
    if found is None:
        raise unknown_model(name)
    return read_model(found)


def list_models(*, table: Table, prefix: str, after: Key | None, limit: int) -> Listing[Model]:
    """Models whose names begin with `prefix`, in the order of names."""
    page = table.query(NAMES_PARTITION, index=NAMES, prefix=prefix, after=_within(NAMES_PARTITION, after), limit=limit)
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
        page = table.query(place, index=STAGES, after=_within(place, after), limit=limit, descending=True)
    else:
        place = partition(home)
        after = _within(place, after)
        page = table.query(place, prefix=VERSION_PREFIX, after=after, limit=limit, descending=True)
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

    A stage stands for the highest number in it, as in MLflow. VersionNotReady when that version cannot be used.
    """
    home = locate(table, reference.name)
    number = reference.number or _choose(table, home, reference)
    found, files = table.get([version_key(home, number), files_key(home, number, 0)])
    if found is None:
        raise unknown_version(reference.name, number)
    version = read_version(found)
    if version.state is not State.READY:
        detail = f"{version.reference} is {version.state.value}, not ready"
        raise VersionNotReady(detail, state=version.state.value, refusal=version.refusal)
    return version, _link(blobs, version, read_files(files) if files else [], 0)


def _choose(table: Table, home: str, reference: Reference) -> int:
    (found,) = table.get([model_key(home)])
    if found is None:
        raise unknown_model(reference.name)
    model = read_model(found)
    number = _standing(table, model, reference.stage) if reference.stage else model.newest_ready
    if reference.alias is not None or number is None:
        raise NotFound(f"no version stands for {str(reference)!r}", field="reference")
    return number


def _standing(table: Table, model: Model, stage: str) -> int | None:
    """The highest version in a stage: counted by the model where the stage serves, else found in the index."""
    if stage in model.standing:
        return max(model.standing[stage])
    page = table.query(stage_partition(model.home, stage), index=STAGES, limit=1, descending=True)
    return int(page.items[0].key.sk.rpartition("#")[2]) if page.items else None


def read_history(*, table: Table, name: str, number: int | None, after: Key | None, limit: int) -> Listing[Entry]:
    """A model's journal, oldest first; with `number`, the entries that speak of that version."""
    home = locate(table, name)
    if number is None:
        place = partition(home)
        page = table.query(place, prefix=ENTRY_PREFIX, after=_within(place, after), limit=limit)
    else:
        place = subject_partition(home, number)
        page = table.query(place, index=SUBJECTS, after=_within(place, after), limit=limit)
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
    page = table.query(FEED_PARTITION, index=FEED, after=feed_key(after), limit=limit)
    entries: list[Entry] = []
    for expected, item in enumerate(page.items, start=after + 1):
        entry = read_entry(item)
        if entry.position != expected:
            break
        entries.append(entry)
    return entries


def check_prefix(prefix: str) -> str:
    """A prefix of names: nothing, or what a name may begin with."""
    return parse_name(f"{prefix}_", field="prefix")[:-1]
