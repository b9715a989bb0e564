"""The journal: per model, the numbered, hash-chained list of everything that ever happened to it.

An entry's hash is the SHA-256 of its canonical JSON (RFC 8785) without the hash, and that JSON holds the hash of the
entry before it, so changing, dropping or adding an entry anywhere breaks every later link. An event is an entry as
the world sees it: the same JSON, with the hash.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from modelyard.domain.canonical import canonical
from modelyard.domain.digests import Digest

GENESIS = "0" * 64
"""What the first entry of a journal names as the hash before it."""

SCHEMA = 1
"""The version of the entry's JSON shape (`events/<type>/v1.schema.json`)."""


class EntryType(StrEnum):
    """`noun.participle`: everything that can happen. An event's type is its entry's."""

    MODEL_CREATED = "model.created"
    MODEL_UPDATED = "model.updated"
    VERSION_REGISTERED = "version.registered"
    VERSION_UPLOADED = "version.uploaded"
    VERSION_VERIFIED = "version.verified"
    VERSION_REJECTED = "version.rejected"
    VERSION_QUARANTINED = "version.quarantined"
    VERSION_RELEASED = "version.released"
    VERSION_EXPIRED = "version.expired"
    VERSION_CHALLENGED = "version.challenged"
    VERSION_REDRIVEN = "version.redriven"
    VERSION_UPDATED = "version.updated"
    VERSION_PROMOTED = "version.promoted"
    VERSION_REPLACED = "version.replaced"
    VERSION_EVALUATED = "version.evaluated"
    ATTESTATION_ADDED = "attestation.added"
    ATTESTATION_ASKED = "attestation.asked"
    ATTESTATION_CHECKED = "attestation.checked"
    ALIAS_SET = "alias.set"
    ALIAS_REPLACED = "alias.replaced"
    ALIAS_REMOVED = "alias.removed"
    MODEL_RENAMED = "model.renamed"
    MODEL_DELETED = "model.deleted"
    MODEL_RESTORED = "model.restored"
    MODEL_PURGED = "model.purged"
    VERSION_DELETED = "version.deleted"
    VERSION_RESTORED = "version.restored"
    VERSION_PURGED = "version.purged"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and the id that ties together everything the request causes."""

    actor: str
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What a command wants to record: `before` and `after` hold only the facts that change."""

    type: EntryType
    version: int | None = None
    digest: Digest | None = None
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A recorded entry: `body` is the canonical JSON that `hash` is over.

    `imported` names who brought an entry that was written elsewhere: it was told of there, and is not told of again.
    """

    home: str
    sequence: int
    type: EntryType
    version: int | None
    body: bytes
    hash: str
    position: int | None = None
    imported: str = ""


@lru_cache(2048)
def instant(moment: datetime) -> str:
    """A moment as the registry writes it: RFC 3339, UTC, milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def maybe_instant(moment: datetime | None) -> str | None:
    """As `instant`, where there may be no moment."""
    return None if moment is None else instant(moment)


def parse_instant(text: str) -> datetime:
    """The moment that `instant` wrote."""
    return datetime.fromisoformat(text)


def write_entry(
    draft: Draft, *, model_id: str, name: str, home: str, sequence: int, previous: str, caller: Caller, time: datetime
) -> Entry:
    """The entry that records `draft` as number `sequence` of its model's journal."""
    body = canonical(
        {
            "id": f"{model_id}-{sequence}",
            "type": draft.type.value,
            "schema_version": SCHEMA,
            "model": {"id": model_id, "name": name},
            "sequence": sequence,
            "version": draft.version,
            "digest": draft.digest,
            "before": draft.before,
            "after": draft.after,
            "actor": caller.actor,
            "reason": draft.reason,
            "time": instant(time),
            "correlation_id": caller.correlation_id,
            "previous": previous,
        }
    )
    return Entry(home, sequence, draft.type, draft.version, body, hashlib.sha256(body).hexdigest())


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where a journal is not what was written: its sequence and what is wrong."""

    sequence: int
    reason: str


def find_break(entries: Iterable[Mapping[str, Any]], *, previous: str = GENESIS, first: int = 1) -> Break | None:
    """The first broken link of a journal given as events (parsed JSON with `hash`), or None when the chain holds."""
    for expected, event in enumerate(entries, start=first):
        body = {key: value for key, value in event.items() if key not in {"hash", "position"}}
        if event.get("sequence") != expected:
            return Break(expected, f"entry {expected} is missing")
        if event.get("previous") != previous:
            return Break(expected, "does not name the entry before it")
        if hashlib.sha256(canonical(body)).hexdigest() != event.get("hash"):
            return Break(expected, "is not what was hashed")
        previous = event["hash"]
    return None
