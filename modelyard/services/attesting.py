"""Attesting: keeping signatures and provenance with a version, and asking what they are worth."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from modelyard.catalogue.attached import Attachment, link_attached, sign_missing_attached, use_attached
from modelyard.catalogue.blob_items import read_proof
from modelyard.catalogue.changing import Change, change_version
from modelyard.catalogue.homes import at_home
from modelyard.catalogue.keys import blob_key, model_key, version_key
from modelyard.catalogue.subjects import look_up_version
from modelyard.catalogue.version_items import version_item
from modelyard.domain.attestations import MOST_ATTESTATIONS, Attestation, Kind, attached_facts, find_same
from modelyard.domain.errors import DigestMismatch, NotFound, TooLarge, VersionNotReady
from modelyard.domain.journal import Caller, Draft, EntryType, maybe_instant
from modelyard.domain.manifests import File
from modelyard.domain.model import Model
from modelyard.domain.tickets import Ticket
from modelyard.domain.version import State, Version
from modelyard.ports import Blobs, Clock, Ids, Item, Put, SignedRequest, Table

CHECKED_WITHIN = timedelta(minutes=5)
"""After which the sweep asks again."""

PAST_USE = frozenset({State.REJECTED, State.DELETED})


def attest(
    *,
    table: Table,
    clock: Clock,
    ids: Ids,
    caller: Caller,
    ticket: Ticket | None,
    name: str,
    number: int,
    kind: Kind,
    file: File,
) -> Attestation:
    """Keep a file that vouches for a version; once its bytes are there, it is checked. One that is kept stays as it is.

    TooLarge when there are too many, VersionNotReady for a version that is rejected.
    """

    def change(model: Model, version: Version, now: datetime) -> Change | None:
        if find_same(version.attestations, kind, file.digest):
            return None
        _require_attestable(version)
        (found,) = table.get([blob_key(file.digest)])
        _check_size(file, found)
        revision, due = model.sequence + 1, now + CHECKED_WITHIN
        added = Attestation(revision, kind, file.path, file.digest, file.size, now, caller.actor)
        every = (*version.attestations, added)
        after = replace(version, attestations=every, unchecked=revision, check_by=due, revision=revision)
        facts = {"attestation": attached_facts(kind, file), "check_by": maybe_instant(due)}
        draft = Draft(EntryType.ATTESTATION_ADDED, number, version.digest, after=facts)
        uses = use_attached(version.home, number, {file.digest: found})
        return Change(model, after, [draft], [Put(version_item(after), version.revision), *uses])

    effects: dict[str, Any] = {"table": table, "clock": clock, "ids": ids, "caller": caller, "ticket": ticket}
    version = change_version(change, name=name, number=number, **effects)
    kept = find_same(version.attestations, kind, file.digest)
    if kept is None:
        raise NotFound("the attestation is not there any more", field="digest")
    return kept


def _check_size(file: File, found: Item | None) -> None:
    proof = read_proof(found)
    if proof is not None and proof.size != file.size:
        raise DigestMismatch("the file has another size than its bytes", field="size")


def _require_attestable(version: Version) -> None:
    if version.state in PAST_USE:
        detail = f"{version.reference} is {version.state.value}: there is nothing to vouch for"
        raise VersionNotReady(detail, state=version.state.value, refusal=version.refusal)
    if len(version.attestations) >= MOST_ATTESTATIONS:
        raise TooLarge(f"a version has at most {MOST_ATTESTATIONS} attestations", field="kind")


def ask_check(
    *, table: Table, clock: Clock, ids: Ids, caller: Caller, ticket: Ticket | None, name: str, number: int
) -> Version:
    """Ask what a version's attestations are worth, by those who are trusted today; the answer comes as an event.

    To be asked once a file was sent, too. NotFound when the version has none.
    """

    def change(model: Model, version: Version, now: datetime) -> Change:
        if not version.attestations:
            raise NotFound(f"{version.reference} has no signature and no provenance", field="version")
        revision, due = model.sequence + 1, now + CHECKED_WITHIN
        after = replace(version, unchecked=revision, check_by=due, revision=revision)
        facts = {"check_by": maybe_instant(due)}
        return Change(model, after, [Draft(EntryType.ATTESTATION_ASKED, number, version.digest, after=facts)])

    effects: dict[str, Any] = {"table": table, "clock": clock, "ids": ids, "caller": caller, "ticket": ticket}
    return change_version(change, name=name, number=number, **effects)


def missing_attestation(*, table: Table, blobs: Blobs, attestation: Attestation) -> SignedRequest | None:
    """The request that sends a file just kept; None when its bytes are there."""
    missing = sign_missing_attached(table, blobs, [attestation.file])
    return missing[0][1] if missing else None


def list_attestations(
    *, table: Table, blobs: Blobs, clock: Clock, ids: Ids, name: str, number: int
) -> list[tuple[Attestation, Attachment]]:
    """What vouches for a version, oldest first, each with what fetches or sends it; deleted or not."""

    def work(home: str) -> Version:
        model_found, found = table.get([model_key(home), version_key(home, number)])
        return look_up_version(model_found, found, name, number)[1]

    kept = at_home(table, name, work).attestations
    links = link_attached(table, blobs, clock, ids, [each.file for each in kept])
    return list(zip(kept, links, strict=True))
