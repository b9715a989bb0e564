"""Files of a version with the requests that fetch them."""

from collections.abc import Sequence
from dataclasses import dataclass

from modelyard.catalogue.manifest_items import read_files
from modelyard.domain.manifests import File
from modelyard.domain.version import State, Version
from modelyard.ports import Blobs, Item, SignedRequest


@dataclass(frozen=True, slots=True)
class Links:
    """A page of a version's files, each with a signed GET where the version is ready, and the next page's number."""

    files: Sequence[tuple[File, SignedRequest | None]]
    following: int | None


NO_LINKS = Links((), None)


def link_files(
    blobs: Blobs, version: Version, page: Item | None, number: int, *, deleted: bool = False, deleted_too: bool = False
) -> Links:
    """Page `number` (from 0) of a version's manifest; a ready version's can be fetched unless its model is `deleted`.

    With `deleted_too`, that does not matter, and what was ready until it was deleted can be fetched as well.
    """
    ready = version.has_bytes if deleted_too else version.state is State.READY and not deleted
    files = read_files(page) if page else []
    linked = [(file, _sign(blobs, file) if ready else None) for file in files]
    return Links(linked, number + 1 if number + 1 < version.pages else None)


def link_held(blobs: Blobs, version: Version, page: Item | None, number: int) -> Links:
    """As `link_files`, with links whatever the version's state is: for who is to judge it."""
    linked = [(file, _sign(blobs, file)) for file in (read_files(page) if page else [])]
    return Links(linked, number + 1 if number + 1 < version.pages else None)


def _sign(blobs: Blobs, file: File) -> SignedRequest:
    return blobs.sign_get(file.digest, filename=file.path.rpartition("/")[2])
