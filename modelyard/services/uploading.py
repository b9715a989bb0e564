"""Uploading: what a client still has to send, and the moment it says that everything was sent."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from modelyard.catalogue.changing import Change, change_version
from modelyard.catalogue.homes import at_home
from modelyard.catalogue.keys import files_key, model_key, version_key
from modelyard.catalogue.manifest_items import first_page, load_page, read_files
from modelyard.catalogue.subjects import require_version
from modelyard.catalogue.uploads import (
    FROM_THE_START,
    PAGE_REQUESTS,
    Place,
    Uploads,
    find_absent,
    find_stats,
    find_unproven,
    sign_missing,
)
from modelyard.domain.errors import UploadExpired, UploadIncomplete, VersionNotReady
from modelyard.domain.journal import Caller, Draft, EntryType, maybe_instant
from modelyard.domain.manifests import File, check_manifest
from modelyard.domain.model import Model
from modelyard.domain.tickets import Ticket
from modelyard.domain.version import State, Version
from modelyard.ports import Blobs, Clock, Ids, Item, Table

__all__ = ["FROM_THE_START", "PAGE_REQUESTS", "Place", "Uploads", "complete", "first_uploads", "list_uploads"]

DRIVEN_AGAIN = timedelta(minutes=5)


def first_uploads(*, table: Table, blobs: Blobs, version: Version, files: Sequence[File]) -> Uploads:
    """The first page for a version just registered with `files`, by the table's proofs alone.

    A blob that is stored but not proven yet may be listed; storage answers its PUT with 412.
    """
    page = first_page(check_manifest(files))
    return sign_missing(blobs, page, find_unproven(table, page), Place(fresh=1), last=version.pages == 1)


def list_uploads(
    *, table: Table, blobs: Blobs, clock: Clock, name: str, number: int, start: Place = FROM_THE_START
) -> Uploads:
    """What the version's manifest names and storage does not hold; in fresh pages, by the table's proofs alone.

    UploadExpired when nobody waits for the bytes any more; nothing to send when they were all verified.
    """
    version, page = at_home(table, name, lambda home: _read(table, home, name, number, start.page))
    if not _awaits_bytes(version, clock.now()) or page is None:
        return Uploads((), None)
    files = read_files(page)
    missing = find_unproven(table, files[start.file :])
    if not start.fresh:
        missing -= {stat.digest for stat in find_stats(blobs, sorted(missing))}
    return sign_missing(blobs, files, missing, start, last=start.page + 1 == version.pages)


def _read(table: Table, home: str, name: str, number: int, page: int) -> tuple[Version, Item | None]:
    model_found, found, files = table.get([model_key(home), version_key(home, number), files_key(home, number, page)])
    _, version = require_version(model_found, found, name, number)
    return version, files


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
    proven = False

    def make(model: Model, version: Version, now: datetime) -> Change | None:
        nonlocal proven
        if not _awaits_bytes(version, now):
            return None
        if not proven:
            _require_bytes(table, blobs, clock, ids, version)
            proven = True
        after = replace(version, state=State.VERIFYING, revision=model.sequence + 1, deadline=now + DRIVEN_AGAIN)
        changed = {"state": after.state.value, "deadline": maybe_instant(after.deadline)}
        states = {"state": version.state.value}, changed
        return Change(model, after, [Draft(EntryType.VERSION_UPLOADED, number, version.digest, *states)])

    who: dict[str, Any] = {"caller": caller, "ticket": ticket, "name": name, "number": number}
    return change_version(make, table=table, clock=clock, ids=ids, **who)


def _require_bytes(table: Table, blobs: Blobs, clock: Clock, ids: Ids, version: Version) -> None:
    missing: list[str] = []
    for page in range(version.pages):
        files = load_page(table, version.home, version.number, page)
        absent = find_absent(table, blobs, files, clock=clock, ids=ids)
        missing += [file.path for file in files if file.digest in absent]
    if missing:
        detail = f"{len(missing)} files of {version.reference} are not uploaded yet"
        raise UploadIncomplete(detail, missing=missing[:20], count=len(missing))
