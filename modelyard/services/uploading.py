"""Uploading: what a client still has to send, and the moment it says that everything was sent."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent import futures
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from modelyard.catalogue.blob_items import find_proven, save_proofs
from modelyard.catalogue.commits import commit, contended
from modelyard.catalogue.keys import files_key, model_key, version_key
from modelyard.catalogue.manifest_items import first_page, load_page, read_files
from modelyard.catalogue.model_items import locate, read_model, unknown_model
from modelyard.catalogue.receipts import keep_receipt, receipt_keys, receipt_puts, redeem
from modelyard.catalogue.version_items import read_version, unknown_version, version_item
from modelyard.domain.digests import Digest, is_tree, part_count, part_range
from modelyard.domain.errors import UploadExpired, UploadIncomplete, VersionNotReady
from modelyard.domain.journal import Caller, Draft, EntryType
from modelyard.domain.manifests import File, check_manifest
from modelyard.domain.tickets import Ticket
from modelyard.domain.version import State, Version
from modelyard.ports import Blobs, Clock, Ids, Put, SignedRequest, Stat, Table

PAGE_REQUESTS = 500
TOGETHER = 16
MOST_BEGUN = 128
"""Uploads in parts that one page looks at, so that it is answered within a request's time."""

Begun = Mapping[Digest, tuple[str, frozenset[int]]]
"""Blobs of several parts: their uploads' ids, and the parts that came."""
DRIVEN_AGAIN = timedelta(minutes=5)


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


def first_uploads(*, table: Table, blobs: Blobs, version: Version, files: Sequence[File]) -> Uploads:
    """The first page for a version just registered with `files`, by the table's proofs alone.

    A blob that is stored but not proven yet may be listed; storage answers its PUT with 412.
    """
    page = first_page(check_manifest(files))
    return _sign(blobs, page, _unproven(table, page), Place(fresh=1), last=version.pages == 1)


def list_uploads(
    *, table: Table, blobs: Blobs, clock: Clock, name: str, number: int, start: Place = FROM_THE_START
) -> Uploads:
    """What the version's manifest names and storage does not hold; in fresh pages, by the table's proofs alone.

    UploadExpired when nobody waits for the bytes any more; nothing to send when they were all verified.
    """
    home = locate(table, name)
    found, page = table.get([version_key(home, number), files_key(home, number, start.page)])
    if found is None:
        raise unknown_version(name, number)
    version = read_version(found)
    if not _awaits_bytes(version, clock.now()) or page is None:
        return Uploads((), None)
    files = read_files(page)
    missing = _unproven(table, files[start.file :])
    if not start.fresh:
        missing -= {stat.digest for stat in _stats(blobs, sorted(missing))}
    return _sign(blobs, files, missing, start, last=start.page + 1 == version.pages)


def _awaits_bytes(version: Version, now: datetime) -> bool:
    if version.state is State.UPLOADING and version.deadline is not None and version.deadline <= now:
        raise _expired(version)
    if version.refusal == ("upload_expired",):
        raise _expired(version)
    if version.state is State.REJECTED:
        raise _rejected(version)
    return version.state is State.UPLOADING


def _expired(version: Version) -> UploadExpired:
    return UploadExpired(f"the upload of {version.reference} has expired; push it again as a new version")


def _rejected(version: Version) -> VersionNotReady:
    return VersionNotReady(f"{version.reference} is rejected", state=version.state.value, refusal=version.refusal)


def _unproven(table: Table, files: Sequence[File]) -> set[Digest]:
    """The digests that have no proof."""
    return {file.digest for file in files} - find_proven(table, (file.digest for file in files)).keys()


def _stats(blobs: Blobs, digests: Sequence[Digest]) -> list[Stat]:
    """What storage vouches for among the digests, leaving out what is absent or other than it should be."""
    if not digests:
        return []
    with futures.ThreadPoolExecutor(TOGETHER) as pool:
        return [stat for stat in pool.map(partial(_stat, blobs), digests) if stat is not None]


def _stat(blobs: Blobs, digest: Digest) -> Stat | None:
    """What storage vouches for. Other bytes under the digest are taken out of use: they would bar the right ones."""
    stat = blobs.stat(digest)
    if stat is not None and stat.digest != digest:
        blobs.discard(digest)
        return None
    return stat


def _sign(blobs: Blobs, files: Sequence[File], missing: set[Digest], start: Place, *, last: bool) -> Uploads:
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


def complete(
    *,
    table: Table,
    blobs: Blobs,
    clock: Clock,
    ids: Ids,
    caller: Caller,
    ticket: Ticket | None,
    name: str,
    number: int,
) -> Version:
    """The version, now verifying: every blob is in storage. Completing it again changes nothing.

    UploadIncomplete names files whose bytes are missing; UploadExpired when nobody waits for them any more.
    """
    home = locate(table, name)
    keys = [model_key(home), version_key(home, number), *receipt_keys(ticket)]
    proven = False

    def attempt() -> Version:
        nonlocal proven
        model_found, found, *receipts = table.get(keys)
        if answered := redeem(ticket, *receipts or [None]):
            return read_version(answered)
        if model_found is None or found is None:
            raise unknown_version(name, number) if model_found else unknown_model(name)
        model, version, now = read_model(model_found), read_version(found), clock.now()
        if not _awaits_bytes(version, now):
            keep_receipt(table, ticket, found, now)
            return version
        if not proven:
            _require_bytes(table, blobs, clock, ids, version)
            proven = True
        after = replace(version, state=State.VERIFYING, revision=model.sequence + 1, deadline=now + DRIVEN_AGAIN)
        states = {"state": version.state.value}, {"state": after.state.value}
        draft = Draft(EntryType.VERSION_UPLOADED, number, version.digest, *states)
        item = version_item(after)
        writes = [Put(item, version.revision), *receipt_puts(ticket, item, now)]
        commit(table, model, [draft], writes, caller=caller, now=now)
        return after

    return contended(attempt, clock=clock, ids=ids)


def _require_bytes(table: Table, blobs: Blobs, clock: Clock, ids: Ids, version: Version) -> None:
    missing: list[str] = []
    for page in range(version.pages):
        files = load_page(table, version.home, version.number, page)
        absent = _absent(table, blobs, files, clock=clock, ids=ids)
        missing += [file.path for file in files if file.digest in absent]
    if missing:
        detail = f"{len(missing)} files of {version.reference} are not uploaded yet"
        raise UploadIncomplete(detail, missing=missing[:20], count=len(missing))


def _absent(table: Table, blobs: Blobs, files: Sequence[File], *, clock: Clock, ids: Ids) -> set[Digest]:
    """The digests that are not in storage, once uploads in parts are made whole. What is there is proven on the way."""
    proven = find_proven(table, (file.digest for file in files))
    unproven = {file.digest: file for file in files if file.digest not in proven}
    stats = _stats(blobs, sorted(unproven))
    absent = unproven.keys() - {stat.digest for stat in stats}
    finished = _finish(blobs, [unproven[digest] for digest in sorted(absent) if is_tree(digest)])
    stats += _stats(blobs, finished)
    save_proofs(table, stats, clock=clock, ids=ids)
    return unproven.keys() - {stat.digest for stat in stats}


def _finish(blobs: Blobs, trees: Sequence[File]) -> list[Digest]:
    """The digests of those that are whole now."""
    if not trees:
        return []
    with futures.ThreadPoolExecutor(TOGETHER) as pool:
        whole = pool.map(lambda file: blobs.finish(file, blobs.begin(file)), trees)
        return [file.digest for file, done in zip(trees, whole, strict=True) if done]
