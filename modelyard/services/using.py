"""Using: which versions were made with some data, from a commit or out of another model, or have a blob among theirs.

Postings and uses lead to candidates, and each is read and asked again: what is no longer so is not answered.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from modelyard.catalogue.bases import find_base
from modelyard.catalogue.blob_items import read_use
from modelyard.catalogue.keys import USE_PREFIX, blob_key, version_key
from modelyard.catalogue.lineage_postings import base_name, commit_value, has_commit, postings_of_lineage
from modelyard.catalogue.postings import Kind, posting_partition, read_posting
from modelyard.catalogue.version_items import read_version
from modelyard.domain.digests import parse_digest
from modelyard.domain.errors import Invalid
from modelyard.domain.names import check_text, parse_reference
from modelyard.domain.version import Base, Version
from modelyard.ports import Item, Key, Table

STEP = 100
"""Candidates that are read in one call."""

MOST_EXAMINED = 2_000
"""Candidates of one answer, which may then be short, or empty, and have a next page."""

MOST_BYTES = 3_500_000
"""Bytes of the items in an answer: Lambda answers at most 6 MB, in which every quote of the JSON is escaped."""

BESIDE_DATA = 500
"""Bytes reckoned for what an answer says of an item besides its data."""


@dataclass(frozen=True, slots=True)
class Sought:
    """Where candidates lie, in which order they are read, and what holds of those that are meant."""

    pk: str
    holds: Callable[[Version], bool]
    prefix: str = ""
    newest_first: bool = True


@dataclass(frozen=True, slots=True)
class Uses:
    """A page of versions, and the place after which the next begins; None at the end."""

    versions: Sequence[Version]
    after: Key | None


def seek(table: Table, kind: str, value: str) -> Sought:
    """What to look for: `kind` is dataset (a name), digest (of data), commit, base (a reference or a URI) or blob.

    Only a base that is a reference costs a call; NotFound when it stands for nothing.
    """
    return SEEKING[kind](table, check_text(value, field=kind))


def find_uses(*, table: Table, sought: Sought, after: Key | None, limit: int) -> Uses:
    """Versions of which it holds, newest first; of a blob, in the order of models and numbers."""
    if after is not None and after.pk != sought.pk:
        raise Invalid("this is not a page token of this list; begin without one", field="cursor")
    found: list[Version] = []
    size = examined = 0
    while examined < MOST_EXAMINED:
        page = table.query(sought.pk, prefix=sought.prefix, after=after, limit=STEP, descending=sought.newest_first)
        for place, item in zip(page.items, _read(table, page.items), strict=True):
            version = read_version(item) if item else None
            if item and version and sought.holds(version):
                size += len(item.data) + BESIDE_DATA
                if len(found) == limit or (found and size > MOST_BYTES):
                    return Uses(found, after)
                found.append(version)
            after = place.key
        examined += len(page.items)
        if page.after is None:
            return Uses(found, None)
    return Uses(found, after)


def _read(table: Table, places: Sequence[Item]) -> list[Item | None]:
    """The versions that postings, or uses of a blob, lead to, as they are now; None for one that is gone."""
    subjects = [read_posting(place) if place.data else read_use(place) for place in places]
    return table.get([version_key(home, number or 0) for home, number in subjects]) if subjects else []


def _posted(field: str, value: str, holds: Callable[[Version], bool]) -> Sought:
    return Sought(posting_partition(Kind.VERSION, field, value), holds)


def _dataset(_table: Table, name: str) -> Sought:
    return _posted("dataset", name, lambda version: ("dataset", name) in postings_of_lineage(version))


def _digest(_table: Table, digest: str) -> Sought:
    return _posted("data", digest, lambda version: ("data", digest) in postings_of_lineage(version))


def _commit(_table: Table, commit: str) -> Sought:
    return _posted("commit", commit_value(commit), lambda version: has_commit(version, commit))


def _base(table: Table, text: str) -> Sought:
    outside = ":" in text and not text.startswith("models:/")
    named = text if outside else find_base(table, parse_reference(text, field="base"), field="base")
    return _posted("base", named, lambda version: named in map(_named, version.bases))


def _named(base: Base) -> str:
    return base.uri or base_name(base.model_id, base.version or 0)


def _blob(_table: Table, text: str) -> Sought:
    digest = parse_digest(text, field="blob")
    return Sought(blob_key(digest).pk, lambda _version: True, prefix=USE_PREFIX, newest_first=False)


SEEKING: dict[str, Callable[[Table, str], Sought]] = {
    "dataset": _dataset,
    "digest": _digest,
    "commit": _commit,
    "base": _base,
    "blob": _blob,
}
"""What can be sought, and how."""
