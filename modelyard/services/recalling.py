"""Recalling: models and versions as they were at a moment, from their journals. Nothing here changes anything."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from modelyard.catalogue.file_links import NO_LINKS, Links, link_files
from modelyard.catalogue.homes import at_home
from modelyard.catalogue.keys import NAMES_PARTITION, PURGED_PARTITION, files_key, model_key, version_key
from modelyard.catalogue.model_items import model_item, read_model
from modelyard.catalogue.paging import BESIDE_DATA, MOST_BYTES, STEP, Listing, within
from modelyard.catalogue.past import recall, recall_version
from modelyard.catalogue.shape import NAMES
from modelyard.catalogue.subjects import find_both
from modelyard.catalogue.version_items import version_item
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
    *, table: Table, name: str, stage: str | None, at: datetime, below: int | None, limit: int, deleted: bool = False
) -> tuple[list[Version], int | None]:
    """Versions as they were, newest first, those numbered below `below`; and the last one's number if more follow.

    Those that were deleted then are left out unless they are asked for.
    """
    wanted = None if stage is None else parse_stage(stage)
    past = _recall(table, name, at)
    numbers = [number for number in sorted(past.versions, reverse=True) if below is None or number < below]
    known = [past.versions[number] for number in numbers]
    fitting = [each for each in known if wanted in {None, each.stage} and (deleted or not each.deleted)]
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


def list_models_at(
    *, table: Table, prefix: str, at: datetime, after: Key | None, limit: int, deleted: bool = False
) -> Listing[Model]:
    """Models as they were whose names then began with `prefix`, in the order of the names that they have now.

    Those that are purged now come last. A page ends early after so many models or entries, and may be empty though
    another follows.
    """
    if after is not None and after.pk != PURGED_PARTITION:
        within(NAMES_PARTITION, after)
    found: list[Model] = []
    size = replayed = 0
    for examined, item in enumerate(_by_name(table, after), start=1):
        then = _then(table, read_model(item), at)
        replayed += then.sequence if then and then.sequence != item.rev else 0
        if then is not None and then.name.startswith(prefix) and (deleted or not then.deleted):
            size += len(model_item(then).data) + BESIDE_DATA
            found.append(then)
        if len(found) == limit or examined == MOST_EXAMINED or replayed > MOST_TOGETHER or size > HALF:
            return Listing(found, item.indexes[NAMES])
    return Listing(found, None)


def _by_name(table: Table, after: Key | None) -> Iterator[Item]:
    places = (NAMES_PARTITION, PURGED_PARTITION)
    for place in places[places.index(after.pk) if after else 0 :]:
        while True:
            page = table.query(place, index=NAMES, after=after, limit=STEP)
            yield from page.items
            after = page.after
            if after is None:
                break


def _then(table: Table, model: Model, at: datetime) -> Model | None:
    """The model as it was. One to which nothing happened since is as it is now."""
    if model.updated_at <= at:
        return None if model.purged_at else model
    past = recall(table, model.home, at) if model.created_at <= at else None
    return past.model if past and not past.model.purged_at else None


def resolve_at(*, table: Table, blobs: Blobs, reference: Reference, at: datetime) -> Recalled:
    """The ready version that a reference stood for, with the first page of its files.

    NotFound when none stood for it, VersionNotReady when the one that did was not ready then.
    """
    past = _recall(table, reference.name, at)
    version = _choose(past, reference)
    if version is None:
        raise NotFound(f"no version stood for {str(reference)!r} at {instant(at)}", field="reference")
    state = State.DELETED if past.model.deleted else version.state
    if state is not State.READY:
        detail = f"{version.reference} was {state.value}, not ready, at {instant(at)}"
        raise VersionNotReady(detail, state=state.value, refusal=version.refusal)
    return _now(table, blobs, version)


def _now(table: Table, blobs: Blobs, version: Version) -> Recalled:
    """What is left now of a version of the past."""
    home, number = version.home, version.number
    model_found, found, page = table.get([model_key(home), version_key(home, number), files_key(home, number, 0)])
    both = find_both(model_found, found)
    if both is None:
        return Recalled(version, NO_LINKS, GONE)
    model, now = both
    links = link_files(blobs, now, page, 0, deleted=model.deleted is not None)
    return Recalled(version, links, State.DELETED.value if model.deleted else now.state.value)


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
        if past is None or past.model.purged_at:
            raise NotFound(f"there was no model {name!r} at {instant(at)}", field="name")
        return past

    return at_home(table, name, work)
