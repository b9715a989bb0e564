"""What storage lacks of some files: looked up, signed for in pages, and made whole once it was sent."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent import futures
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from modelyard.catalogue.blob_items import find_proven, save_proofs
from modelyard.domain.digests import Digest, is_tree, part_count, part_range
from modelyard.domain.manifests import File
from modelyard.ports import Blobs, Clock, Ids, SignedRequest, Stat, Table

PAGE_REQUESTS = 500
TOGETHER = 16
MOST_BEGUN = 128
"""Uploads in parts that one page looks at, so that it is answered within a request's time."""

Begun = Mapping[Digest, tuple[str, frozenset[int]]]
"""Blobs of several parts: their uploads' ids, and the parts that came."""


class Place(NamedTuple):
    """Where a page of uploads begins: a page of the manifest, a file on it, a part of it (from 1).

    `fresh` is 1 in the pages of a version that was just registered: storage need not be asked what it holds.
    """

    page: int = 0
    file: int = 0
    part: int = 1
    fresh: int = 0


FROM_THE_START = Place()


@dataclass(frozen=True, slots=True)
class Upload:
    """Bytes still to be sent, and the signed request that takes them. `part` is 0 for a blob sent whole."""

    digest: Digest
    part: int
    offset: int
    length: int
    request: SignedRequest


@dataclass(frozen=True, slots=True)
class Uploads:
    """At most 500 uploads, and where the next page begins; None at the end."""

    requests: Sequence[Upload]
    following: Place | None


def find_unproven(table: Table, files: Sequence[File]) -> set[Digest]:
    """The digests that have no proof."""
    return {file.digest for file in files} - find_proven(table, (file.digest for file in files)).keys()


def find_stats(blobs: Blobs, digests: Sequence[Digest]) -> list[Stat]:
    """What storage vouches for among the digests, leaving out what is absent or other than it should be."""
    if not digests:
        return []
    with futures.ThreadPoolExecutor(TOGETHER) as pool:
        return [stat for stat in pool.map(partial(stat_of, blobs), digests) if stat is not None]


def stat_of(blobs: Blobs, digest: Digest) -> Stat | None:
    """What storage vouches for. Other bytes under the digest are taken out of use: they would bar the right ones."""
    stat = blobs.stat(digest)
    if stat is not None and stat.digest != digest:
        blobs.discard(digest)
        return None
    return stat


def sign_missing(blobs: Blobs, files: Sequence[File], missing: set[Digest], start: Place, *, last: bool) -> Uploads:
    """The requests by which missing blobs of `files`, a page of them, are sent, from `start` on.

    `missing` is used up; `last` says that no other page follows.
    """
    requests: list[Upload] = []
    begun = _begin(blobs, [file for file in files[start.file :] if file.digest in missing and is_tree(file.digest)])
    for index, file in enumerate(files[start.file :], start=start.file):
        if file.digest not in missing:
            continue
        missing.discard(file.digest)
        if is_tree(file.digest) and file.digest not in begun:
            return Uploads(requests, Place(start.page, index, 1, start.fresh))
        for upload in _uploads_of(blobs, file, start.part if index == start.file else 1, begun):
            if len(requests) == PAGE_REQUESTS:
                return Uploads(requests, Place(start.page, index, max(1, upload.part), start.fresh))
            requests.append(upload)
    return Uploads(requests, None if last else Place(start.page + 1, fresh=start.fresh))


def _begin(blobs: Blobs, trees: Sequence[File]) -> Begun:
    """The uploads under way for the first files of several parts, with the parts that came: no more than a page's."""
    some = list({file.digest: file for file in trees}.values())[:MOST_BEGUN]
    if not some:
        return {}
    with futures.ThreadPoolExecutor(TOGETHER) as pool:
        uploads = list(pool.map(blobs.begin, some))
        parts = pool.map(blobs.parts, some, uploads)
        return {file.digest: (upload, done) for file, upload, done in zip(some, uploads, parts, strict=True)}


def _uploads_of(blobs: Blobs, file: File, first: int, begun: Begun) -> Iterator[Upload]:
    if not is_tree(file.digest):
        yield Upload(file.digest, 0, 0, file.size, blobs.sign_put(file))
        return
    upload, done = begun[file.digest]
    for part in range(first, part_count(file.size) + 1):
        if part not in done:
            offset, length = part_range(file.size, part)
            yield Upload(file.digest, part, offset, length, blobs.sign_part(file, upload, part))


def find_absent(table: Table, blobs: Blobs, files: Sequence[File], *, clock: Clock, ids: Ids) -> set[Digest]:
    """The digests that are not in storage, once uploads in parts are made whole. What is there is proven on the way."""
    proven = find_proven(table, (file.digest for file in files))
    unproven = {file.digest: file for file in files if file.digest not in proven}
    stats = find_stats(blobs, sorted(unproven))
    absent = unproven.keys() - {stat.digest for stat in stats}
    finished = _finish(blobs, [unproven[digest] for digest in sorted(absent) if is_tree(digest)])
    stats += find_stats(blobs, finished)
    return unproven.keys() - save_proofs(table, stats, look=partial(stat_of, blobs), clock=clock, ids=ids)


def _finish(blobs: Blobs, trees: Sequence[File]) -> list[Digest]:
    """The digests of those that are whole now."""
    if not trees:
        return []
    with futures.ThreadPoolExecutor(TOGETHER) as pool:
        whole = pool.map(lambda file: blobs.finish(file, blobs.begin(file)), trees)
        return [file.digest for file, done in zip(trees, whole, strict=True) if done]
