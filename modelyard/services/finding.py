"""Finding: reading models, versions, files, history and the feed. Nothing here changes anything."""

from modelyard.catalogue.entry_items import read_entry
from modelyard.catalogue.file_links import Links, link_files
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
from modelyard.catalogue.model_items import locate, read_model, unknown_model
from modelyard.catalogue.paging import STEP, Listing, query_page, within
from modelyard.catalogue.shape import FEED, NAMES, STAGES, SUBJECTS
from modelyard.catalogue.version_items import read_version, unknown_version
from modelyard.domain.errors import NotFound, VersionNotReady
from modelyard.domain.journal import Entry
from modelyard.domain.model import Model
from modelyard.domain.names import MAX_NAME, Reference, parse_name, parse_stage
from modelyard.domain.version import State, Version
from modelyard.ports import Blobs, Key, Table

MOST_CANDIDATES = 10
"""Versions in one stage that are looked at for one that is ready."""


def get_model(*, table: Table, name: str) -> Model:
    """The model of that name or id. NotFound otherwise."""
    (found,) = table.get([model_key(locate(table, name))])
    if found is None:
        raise unknown_model(name)
    return read_model(found)


def list_models(*, table: Table, prefix: str, after: Key | None, limit: int) -> Listing[Model]:
    """Models whose names begin with `prefix`, in the order of names."""
    after = within(NAMES_PARTITION, after)
    page = query_page(table, NAMES_PARTITION, index=NAMES, prefix=prefix, after=after, limit=limit)
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
        page = query_page(table, place, index=STAGES, after=within(place, after), limit=limit, descending=True)
    else:
        place = partition(home)
        after = within(place, after)
        page = query_page(table, place, prefix=VERSION_PREFIX, after=after, limit=limit, descending=True)
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
    return link_files(blobs, version, files, page)


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
    return version, link_files(blobs, version, files, 0)


def _choose(table: Table, home: str, reference: Reference) -> list[int]:
    """The versions that may stand for a reference without a number, the likeliest first; NotFound if there is none."""
    (found,) = table.get([model_key(home)])
    if found is None:
        raise unknown_model(reference.name)
    model = read_model(found)
    newest = [model.newest_ready] if model.newest_ready else []
    numbers = _standing(table, model, reference.stage) if reference.stage else newest
    if reference.alias is not None or not numbers:
        raise NotFound(f"no version stands for {str(reference)!r}", field="reference")
    return numbers


def _standing(table: Table, model: Model, stage: str) -> list[int]:
    """The highest versions in a stage: counted by the model where the stage serves, else found in the index."""
    if stage in model.standing:
        return sorted(model.standing[stage], reverse=True)[:MOST_CANDIDATES]
    page = table.query(stage_partition(model.home, stage), index=STAGES, limit=STEP, descending=True)
    ready = [item for item in page.items if item.fields["state"] == State.READY]
    return [int(item.key.sk.rpartition("#")[2]) for item in (ready or page.items)[:1]]


def read_history(*, table: Table, name: str, number: int | None, after: Key | None, limit: int) -> Listing[Entry]:
    """A model's journal, oldest first; with `number`, the entries that speak of that version."""
    home = locate(table, name)
    if number is None:
        place = partition(home)
        page = query_page(table, place, prefix=ENTRY_PREFIX, after=within(place, after), limit=limit)
    else:
        place = subject_partition(home, number)
        page = query_page(table, place, index=SUBJECTS, after=within(place, after), limit=limit)
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
    page = query_page(table, FEED_PARTITION, index=FEED, after=feed_key(after), limit=limit)
    entries: list[Entry] = []
    for expected, item in enumerate(page.items, start=after + 1):
        entry = read_entry(item)
        if entry.position != expected:
            break
        entries.append(entry)
    return entries


def check_prefix(prefix: str) -> str:
    """A prefix of names: nothing, or what a name may begin with."""
    if not prefix or len(prefix) == MAX_NAME:
        return prefix and parse_name(prefix, field="prefix")
    return parse_name(f"{prefix}_", field="prefix")[:-1]
