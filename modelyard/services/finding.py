"""Finding: reading models, versions, files, history and the feed. Nothing here changes anything."""

from typing import Any

from modelyard.catalogue.deletion_items import deleted
from modelyard.catalogue.entry_items import read_entry
from modelyard.catalogue.evaluation_items import read_evaluation
from modelyard.catalogue.file_links import Links, link_files
from modelyard.catalogue.homes import at_home, find_home
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
from modelyard.catalogue.model_items import read_model
from modelyard.catalogue.paging import Listing, query_page, within
from modelyard.catalogue.references import candidates
from modelyard.catalogue.shape import FEED, NAMES, STAGES, SUBJECTS
from modelyard.catalogue.subjects import find_model, load_model, require_model
from modelyard.catalogue.version_items import read_version, unknown_version
from modelyard.domain.errors import VersionNotReady
from modelyard.domain.evaluations import Evaluation
from modelyard.domain.journal import Entry
from modelyard.domain.model import Model
from modelyard.domain.names import MAX_NAME, Reference, parse_name, parse_stage
from modelyard.domain.version import State, Version
from modelyard.ports import Blobs, Item, Key, Table


def get_model(*, table: Table, name: str) -> Model:
    """The model of that name or id, deleted or not. NotFound otherwise."""
    return at_home(table, name, lambda home: load_model(table, home, name, deleted_too=True))


def list_models(*, table: Table, prefix: str, after: Key | None, limit: int, deleted: bool = False) -> Listing[Model]:
    """Models whose names begin with `prefix`, in the order of names; those that are deleted only if asked for."""
    after = within(NAMES_PARTITION, after)
    page = query_page(table, NAMES_PARTITION, index=NAMES, prefix=prefix, after=after, limit=limit)
    models = map(read_model, page.items)
    return Listing([model for model in models if deleted or not model.deleted], page.after)


def get_version(*, table: Table, name: str, number: int) -> Version:
    """A version, deleted or not, without its files. NotFound when there is no such model or version."""

    def work(home: str) -> Version:
        (found,) = table.get([version_key(home, number)])
        return _version(found, name, number)

    return at_home(table, name, work)


def _version(found: Item | None, name: str, number: int) -> Version:
    if found is None:
        raise unknown_version(name, number)
    return read_version(found)


def list_versions(
    *, table: Table, name: str, stage: str | None, after: Key | None, limit: int, deleted: bool = False
) -> Listing[Version]:
    """A model's versions, newest first; with `stage`, those that stand there (as of about a second ago).

    Those that are deleted are left out unless they are asked for; a page may be shorter then, or empty, though another
    follows.
    """
    wanted = None if stage is None else parse_stage(stage)

    def work(home: str) -> Listing[Version]:
        place = partition(home) if wanted is None else stage_partition(home, wanted)
        how: dict[str, Any] = {"prefix": VERSION_PREFIX} if wanted is None else {"index": STAGES}
        page = query_page(table, place, after=within(place, after), limit=limit, descending=True, **how)
        if not page.items and after is None:
            load_model(table, home, name, deleted_too=True)
        kept = [item for item in page.items if deleted or item.fields["state"] != State.DELETED]
        return Listing([read_version(item) for item in kept], page.after)

    return at_home(table, name, work)


def list_files(*, table: Table, blobs: Blobs, name: str, number: int, page: int, deleted: bool = False) -> Links:
    """A page (from 0) of a version's files. Only a ready version's can be fetched, if its model is not deleted.

    With `deleted`, what is deleted can be fetched as long as it can be restored: whoever may restore it could, too. Its
    bytes may have been lost meanwhile.
    """

    def work(home: str) -> Links:
        keys = [model_key(home), version_key(home, number), files_key(home, number, page)]
        model_found, found, files = table.get(keys)
        gone, version = find_model(model_found, name).deleted is not None, _version(found, name, number)
        return link_files(blobs, version, files, page, deleted=gone, deleted_too=deleted)

    return at_home(table, name, work)


def resolve(*, table: Table, blobs: Blobs, reference: Reference) -> tuple[Version, Links]:
    """The ready version that a reference stands for, with the first page of its files, in at most two calls.

    A stage stands for the highest number in it that is ready, as in MLflow. VersionNotReady when none is.
    """
    return at_home(table, reference.name, lambda home: _resolve(table, blobs, home, reference))


def _resolve(table: Table, blobs: Blobs, home: str, reference: Reference) -> tuple[Version, Links]:
    numbers = [reference.number] if reference.number else _choose(table, home, reference)
    keys = [key for number in numbers for key in (version_key(home, number), files_key(home, number, 0))]
    guard = [model_key(home)] if reference.number else []  # others were chosen by what their model knows
    found = table.get([*keys, *guard])
    if guard:
        require_model(found.pop(), reference.name)
    versions = [read_version(item) for item in found[::2] if item is not None]
    if not versions:
        raise unknown_version(reference.name, numbers[0])
    version = next((each for each in versions if each.state is State.READY), versions[0])
    if version.deleted:
        raise deleted(version.reference, version.deleted)
    if version.state is not State.READY:
        detail = f"{version.reference} is {version.state.value}, not ready{_way_on(version)}"
        raise VersionNotReady(detail, state=version.state.value, refusal=version.refusal)
    files = found[2 * numbers.index(version.number) + 1]
    return version, link_files(blobs, version, files, 0)


def _way_on(version: Version) -> str:
    """What to do about a version that is kept from use for what was found in it."""
    if version.state is not State.QUARANTINED:
        return ""
    return ": see its findings; a reviewer releases or rejects it"


def _choose(table: Table, home: str, reference: Reference) -> list[int]:
    """The versions that may stand for a reference without a number, the likeliest first; NotFound if there is none."""
    return candidates(table, load_model(table, home, reference.name), reference)


def read_history(
    *, table: Table, name: str, number: int | None, after: Key | None, limit: int, newest: bool = False
) -> Listing[Entry]:
    """A model's journal, oldest first or `newest`; with `number`, the entries that speak of that version."""
    home = find_home(table, name)
    place = partition(home) if number is None else subject_partition(home, number)
    how: dict[str, Any] = {"prefix": ENTRY_PREFIX} if number is None else {"index": SUBJECTS}
    page = query_page(table, place, after=within(place, after), limit=limit, descending=newest, **how)
    if not page.items and after is None and number is not None:
        raise unknown_version(name, number)
    return Listing([read_entry(item) for item in page.items], page.after)


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


def read_feed_back(*, table: Table, before: int | None, limit: int) -> list[Entry]:
    """Published entries before position `before`, or the last ones of all, newest first and without a gap.

    What is newer than a gap is left out: whoever goes on reading behind the first of these finds it, and what was
    missing.
    """
    bound = None if before is None else feed_key(before)
    page = query_page(table, FEED_PARTITION, index=FEED, after=bound, limit=limit, descending=True)
    entries: list[Entry] = []
    for item in reversed(page.items):
        entry = read_entry(item)
        if entries and entry.position != (entries[-1].position or 0) + 1:
            break
        entries.append(entry)
    return entries[::-1]


def list_evaluations(*, table: Table, name: str, number: int, after: Key | None, limit: int) -> Listing[Evaluation]:
    """The reports on a version, newest first."""

    def work(home: str) -> Listing[Evaluation]:
        place, prefix = partition(home), evaluation_prefix(number)
        page = query_page(table, place, prefix=prefix, after=within(place, after), limit=limit, descending=True)
        if not page.items and after is None:
            (found,) = table.get([version_key(home, number)])
            _version(found, name, number)
        return Listing([read_evaluation(item) for item in page.items], page.after)

    return at_home(table, name, work)


def check_prefix(prefix: str) -> str:
    """A prefix of names: nothing, or what a name may begin with."""
    if not prefix or len(prefix) == MAX_NAME:
        return prefix and parse_name(prefix, field="prefix")
    return parse_name(f"{prefix}_", field="prefix")[:-1]
