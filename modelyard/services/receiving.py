"""Receiving: blobs by their digests alone, before anything here names them, so that what comes later finds them."""

from collections.abc import Sequence

from modelyard.catalogue.uploads import (
    FROM_THE_START,
    Place,
    Uploads,
    find_absent,
    find_stats,
    find_unproven,
    sign_missing,
)
from modelyard.domain.digests import Digest
from modelyard.domain.errors import Invalid, TooLarge
from modelyard.domain.manifests import File
from modelyard.ports import Blobs, Clock, Ids, Table

MOST_FILES = 500
"""Blobs that one request names."""

__all__ = ["FROM_THE_START", "MOST_FILES", "Place", "Uploads", "receive", "settle"]


def receive(*, table: Table, blobs: Blobs, files: Sequence[File], start: Place = FROM_THE_START) -> Uploads:
    """The signed requests for those of the blobs that storage does not hold."""
    _check(files)
    missing = find_unproven(table, files[start.file :])
    missing -= {stat.digest for stat in find_stats(blobs, sorted(missing))}
    return sign_missing(blobs, files, missing, start, last=True)


def settle(*, table: Table, blobs: Blobs, clock: Clock, ids: Ids, files: Sequence[File]) -> list[Digest]:
    """Make uploads in parts whole and prove what came; the blobs that are still missing. Safe to repeat."""
    _check(files)
    return sorted(find_absent(table, blobs, files, clock=clock, ids=ids))


def _check(files: Sequence[File]) -> None:
    if not 1 <= len(files) <= MOST_FILES:
        raise TooLarge(f"a request names 1 to {MOST_FILES} blobs, not {len(files)}", field="files")
    if len({file.digest for file in files}) < len(files):
        raise Invalid("a blob is named twice", field="files")
