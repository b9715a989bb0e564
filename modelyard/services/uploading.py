"""Uploading: what a client still has to send, and the moment it says that everything was sent."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from modelyard.catalogue.blob_items import find_proven, save_proofs
from modelyard.catalogue.commits import commit, contended
from modelyard.catalogue.keys import files_key, model_key, version_key
from modelyard.catalogue.manifest_items import first_page, load_page, read_files
from modelyard.catalogue.model_items import locate, read_model
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
    with ThreadPoolExecutor(TOGETHER) as pool:
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
    for index, file in enumerate(files[start.file :], start=start.file):
        if file.digest not in missing:
            continue
        missing.discard(file.digest)
        for upload in _uploads_of(blobs, file, start.part if index == start.file else 1):
            if len(requests) == PAGE_REQUESTS:
                return Uploads(requests, Place(start.page, index, max(1, upload.part), start.fresh))
            requests.append(upload)
    return Uploads(requests, None if last else Place(start.page + 1, fresh=start.fresh))


def _uploads_of(blobs: Blobs, file: File, first: int) -> Iterator[Upload]:
    if not is_tree(file.digest):
        yield Upload(file.digest, 0, 0, file.size, blobs.sign_put(file))
        return
    upload = blobs.begin(file)
    done = blobs.parts(file, upload)
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
            raise unknown_version(name, number)
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
    trees = [file for file in unproven.values() if is_tree(file.digest)]
    stats = _stats(blobs, sorted(unproven))
    for file in trees:
        if all(stat.digest != file.digest for stat in stats) and blobs.finish(file, blobs.begin(file)):
            stats += _stats(blobs, [file.digest])
    save_proofs(table, stats, clock=clock, ids=ids)
    return unproven.keys() - {stat.digest for stat in stats}
