"""Deletions as JSON, the refusals that they lead to, and where the sweep finds what is to be purged."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from modelyard.catalogue.keys import partition, short
from modelyard.catalogue.shape import PENDING
from modelyard.domain.deletion import Deletion
from modelyard.domain.digests import Digest
from modelyard.domain.errors import Deleted
from modelyard.domain.journal import instant, parse_instant
from modelyard.ports import Item, Key

DELETED = "deleted"
"""Partition of the index of what waits: deleted models and versions, in the order in which they are to be purged."""

PURGING = "purging"
"""Partition of the same index: models and versions that are purged and of which something is still to be cleared."""

PURGE_PREFIX = "PURGE#"


def deletion_facts(deletion: Deletion) -> dict[str, str]:
    """A deletion as JSON."""
    facts = {"at": instant(deletion.at), "purge_at": instant(deletion.purge_at), "by": deletion.by}
    return {**facts, "state": deletion.state} if deletion.state else facts


def read_deletion(facts: Mapping[str, Any] | None) -> Deletion | None:
    """The deletion that `deletion_facts` wrote, if there is one."""
    if not facts:
        return None
    moments = {name: parse_instant(facts[name]) for name in ("at", "purge_at")}
    return Deletion(**moments, by=facts["by"], state=facts.get("state", ""))


def due(kind: str, moment: datetime, home: str, number: int | None) -> dict[str, Key]:
    """Where a version, or its model, waits for the sweep."""
    return {PENDING: Key(kind, f"{instant(moment)}#{short(home)}/{number or 0:010d}")}


def purge_item(home: str, number: int, pages: int, now: datetime, attached: Sequence[Digest] = ()) -> Item:
    """What stands for a purged version until nothing of it is left: how many pages its manifest has, what it used."""
    key = Key(partition(home), f"{PURGE_PREFIX}{number:010d}")
    data = json.dumps(attached).encode() if attached else b""
    return Item(key, rev=1, fields={"pages": pages}, data=data, indexes=due(PURGING, now, home, number))


def attached_to(item: Item) -> list[Digest]:
    """The blobs that were attached to the version for which `purge_item` stands."""
    return [Digest(digest) for digest in json.loads(item.data)] if item.data else []


def deleted(what: str, deletion: Deletion, *, field: str | None = None) -> Deleted:
    """The refusal to do anything with what is deleted."""
    until = instant(deletion.purge_at)
    detail = f"{what} is deleted; it can be restored until {until}"
    return Deleted(detail, field=field, deleted_at=instant(deletion.at), purge_at=until)
