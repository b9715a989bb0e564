"""Recalling: models and versions as they were at a moment, from their journals. Nothing here changes anything."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from modelyard.catalogue.file_links import NO_LINKS, Links, link_files
from modelyard.catalogue.homes import at_home
from modelyard.catalogue.keys import NAMES_PARTITION, files_key, version_key
from modelyard.catalogue.model_items import model_item, read_model
from modelyard.catalogue.paging import BESIDE_DATA, MOST_BYTES, STEP, Listing, within
from modelyard.catalogue.past import recall, recall_version
from modelyard.catalogue.shape import NAMES
from modelyard.catalogue.version_items import read_version, version_item
from modelyard.domain.aliases import find_alias, is_latest
from modelyard.domain.errors import NotFound, VersionNotReady
from modelyard.domain.journal import instant
from modelyard.domain.model import Model
from modelyard.domain.names import Reference, parse_stage
from modelyard.domain.replaying import Replayed
from modelyard.domain.version import State, Version
from modelyard.ports import Blobs, Item, Key, Table

MOST_EXAMINED = 1_000
"""Models after which a page of them ends early."""

MOST_TOGETHER = 20_000
"""Entries after which a page of models ends early."""

HALF = MOST_BYTES // 2
"""Bytes after which a page of models ends: one more of them always fits."""

GONE = "gone"
"""What is said of a version that is not there now."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """What a reference stood for, as it was then, with the first page of its files; and the version's state now.

    Only what is ready now as well can be fetched: its bytes may be gone since.
    """

    version: Version
    links: Links
    state_now: str


def model_at(*, table: Table, name: str, at: datetime) -> Model:
    """The model as it was. NotFound when it was not there then."""
    return _recall(table, name, at).model


def version_at(*, table: Table, name: str, number: int, at: datetime) -> Version:
    """The version as it was. NotFound when it was not there then."""

    def work(home: str) -> Version:
        version = recall_version(table, home, number, at)
        if version is None:
            raise NotFound(f"there was no version {number} of {name!r} at {instant(at)}", field="version")
        return version

    return at_home(table, name, work)


def list_versions_at(
    *, table: Table, name: str, stage: str | None, at: datetime, below: int | None, limit: int
) -> tuple[list[Version], int | None]:
    """Versions as they were, newest first, those numbered below `below`; and the last one's number if more follow."""
    wanted = None if stage is None else parse_stage(stage)
    past = _recall(table, name, at)
    numbers = [number for number in sorted(past.versions, reverse=True) if below is None or number < below]
    fitting = [past.versions[n] for n in numbers if wanted is None or past.versions[n].stage == wanted]
    listed = fitting[: _room(fitting[:limit])]
    return listed, listed[-1].number if len(listed) < len(fitting) else None


def _room(versions: list[Version]) -> int:
    """How many of the versions an answer can hold; the first in any case."""
    size = 0
    for count, version in enumerate(versions):
        size += len(version_item(version).data) + BESIDE_DATA
        if count and size > MOST_BYTES:
            return count
    return len(versions)


def list_models_at(*, table: Table, prefix: str, at: datetime, after: Key | None, limit: int) -> Listing[Model]:
    """Models as they were whose names then began with `prefix`, in the order of the names that they have now.

    A page ends early after so many models or entries, and may be empty though another follows.
    """
    found: list[Model] = []
    size = replayed = 0
    for examined, item in enumerate(_by_name(table, within(NAMES_PARTITION, after)), start=1):
        then = _then(table, read_model(item), at)
        replayed += then.sequence if then and then.sequence != item.rev else 0
        if then is not None and then.name.startswith(prefix):
            size += len(model_item(then).data) + BESIDE_DATA
            found.append(then)
        if len(found) == limit or examined == MOST_EXAMINED or replayed > MOST_TOGETHER or size > HALF:
            return Listing(found, item.indexes[NAMES])
    return Listing(found, None)


def _by_name(table: Table, after: Key | None) -> Iterator[Item]:
    while True:
        page = table.query(NAMES_PARTITION, index=NAMES, after=after, limit=STEP)
        yield from page.items
        after = page.after
        if after is None:
            return


def _then(table: Table, model: Model, at: datetime) -> Model | None:
    """The model as it was. One to which nothing happened since is as it is now."""
    if model.updated_at <= at:
        return model
    past = recall(table, model.home, at) if model.created_at <= at else None
    return past.model if past else None


def resolve_at(*, table: Table, blobs: Blobs, reference: Reference, at: datetime) -> Recalled:
    """The ready version that a reference stood for, with the first page of its files.

    NotFound when none stood for it, VersionNotReady when the one that did was not ready then.
    """
    past = _recall(table, reference.name, at)
    version = _choose(past, reference)
    if version is None:
        raise NotFound(f"no version stood for {str(reference)!r} at {instant(at)}", field="reference")
    if version.state is not State.READY:
        detail = f"{version.reference} was {version.state.value}, not ready, at {instant(at)}"
        raise VersionNotReady(detail, state=version.state.value, refusal=version.refusal)
    found, page = table.get([version_key(version.home, version.number), files_key(version.home, version.number, 0)])
    if found is None:
        return Recalled(version, NO_LINKS, GONE)
    now = read_version(found)
    return Recalled(version, link_files(blobs, now, page, 0), now.state.value)


def _choose(past: Replayed, reference: Reference) -> Version | None:
    """Whom a reference stood for: in a stage the highest that was ready, or else the highest."""
    if reference.number is not None:
        return past.versions.get(reference.number)
    if reference.stage is None:
        number = _pointed(past.model, reference.alias)
        return past.versions.get(number) if number else None
    there = [version for version in past.versions.values() if version.stage == reference.stage]
    ready = [version for version in there if version.state is State.READY]
    return max(ready or there, key=lambda version: version.number, default=None)


def _pointed(model: Model, alias: str | None) -> int | None:
    if alias is None or is_latest(alias):
        return model.newest_ready
    return find_alias(model.aliases, alias).number


def _recall(table: Table, name: str, at: datetime) -> Replayed:
    def work(home: str) -> Replayed:
        past = recall(table, home, at)
        if past is None:
            raise NotFound(f"there was no model {name!r} at {instant(at)}", field="name")
        return past

    return at_home(table, name, work)
