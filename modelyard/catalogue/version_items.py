"""A version as an item, and back. What a transition changes lies in fields, so that it is changed without reading."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from modelyard.catalogue.deletion_items import DELETED, deletion_facts, due, read_deletion
from modelyard.catalogue.keys import home_of, short, stage_partition, version_key
from modelyard.catalogue.shape import PENDING, STAGES
from modelyard.domain.attestations import attestation_facts, checked_by, read_attestations
from modelyard.domain.digests import Digest
from modelyard.domain.errors import NotFound
from modelyard.domain.inspected import inspected_facts, read_inspected, read_review, review_facts
from modelyard.domain.journal import instant, parse_instant
from modelyard.domain.lineage import LINEAGE, evaluated_facts, lineage_facts, read_evaluated, read_lineage
from modelyard.domain.version import State, Version
from modelyard.ports import Expect, Item, Key, Update

UNCHECKED = "unchecked"
WAITING = ("uploading", "verifying", "challenged", UNCHECKED)
"""Partitions of the index of pending versions: what each waits for."""

ATTESTED = "attested"
"""A partition of the same index: versions whose attestations are checked, by the settings that they were checked by."""

REMEMBERED = 4096
"""Versions kept decoded in a process, by all that their items hold: a list of the same ones again costs a third."""

MOST_REMEMBERED = 4096
"""Bytes of an item's data beyond which it is decoded each time, so that what is kept stays below a few megabytes."""


def version_item(version: Version) -> Item:
    """The item of `version`."""
    return Item(
        version_key(version.home, version.number),
        rev=version.revision,
        fields={
            "state": version.state.value,
            "stage": version.stage,
            "name": version.name,
            **_alias_field(version.aliases),
        },
        data=json.dumps(_facts(version), ensure_ascii=False).encode(),
        indexes=_indexes(version),
    )


def _alias_field(aliases: Sequence[str]) -> dict[str, str]:
    """Aliases as one field, which a version without any does not have."""
    return {"aliases": " ".join(aliases)} if aliases else {}


def _indexes(version: Version) -> dict[str, Key]:
    indexes = {STAGES: stage_place(version.home, version.stage, version.number)}
    if version.deleted:
        return indexes | due(DELETED, version.deleted.purge_at, version.home, version.number)
    waiting = "challenged" if version.challenged else version.state.value
    if waiting in WAITING and version.deadline is not None:
        indexes[PENDING] = Key(waiting, f"{instant(version.deadline)}#{short(version.home)}/{version.number:010d}")
    elif version.check_by is not None:
        indexes[PENDING] = Key(UNCHECKED, f"{instant(version.check_by)}#{short(version.home)}/{version.number:010d}")
    elif version.attestations:
        settings = checked_by(version.attestations)
        indexes[PENDING] = Key(ATTESTED, f"{settings}#{short(version.home)}/{version.number:010d}")
    return indexes


def stage_place(home: str, stage: str, number: int) -> Key:
    """Where a version stands in the index of stages."""
    return Key(stage_partition(home, stage), f"{number:010d}")


def restage(home: str, number: int, stage: str, *, expect: int | Expect, revision: int) -> Update:
    """The write that moves a version to another stage.

    A version that was read is expected as it was, since a table may answer two keys of one read as of two moments.
    One that was not read is known from the model's standing, which the model's guard covers: ANYTHING is safe.
    """
    place = {STAGES: stage_place(home, stage, number)}
    return Update(version_key(home, number), expect, revision, fields={"stage": stage}, indexes=place)


def realias(home: str, number: int, aliases: Sequence[str], *, expect: int | Expect, revision: int) -> Update:
    """The write that tells a version by which aliases it is known. What it expects is as for `restage`."""
    return Update(version_key(home, number), expect, revision, fields={"aliases": " ".join(aliases)})


def _facts(version: Version) -> dict[str, Any]:
    return {
        "digest": version.digest,
        "size": version.size,
        "file_count": version.file_count,
        "pages": version.pages,
        "created_at": instant(version.created_at),
        "created_by": version.created_by,
        "description": version.description,
        "tags": version.tags,
        "params": version.params,
        "metrics": version.metrics,
        "deadline": _maybe(version.deadline),
        "challenged": version.challenged,
        "verified_at": _maybe(version.verified_at),
        "proof": version.proof,
        "refusal": list(version.refusal),
        **lineage_facts(version),
        **evaluated_facts(version),
        **({"card_digest": version.card_digest} if version.card_digest else {}),
        **({"deleted": deletion_facts(version.deleted)} if version.deleted else {}),
        **_seen(version),
        **_vouched(version),
    }


def _seen(version: Version) -> dict[str, Any]:
    """What inspections and reviewers said, as far as they did."""
    seen: dict[str, Any] = {}
    if version.reinspect:
        seen["reinspect"] = True
    if version.inspected:
        seen["inspected"] = inspected_facts(version.inspected)
    if version.facts:
        seen["facts"] = version.facts
    if version.review:
        seen["review"] = review_facts(version.review)
    return seen


def _vouched(version: Version) -> dict[str, Any]:
    """Attestations, as far as there are any."""
    if not version.attestations:
        return {}
    waiting = {"unchecked": version.unchecked, "check_by": _maybe(version.check_by)}
    return {"attestations": list(map(attestation_facts, version.attestations)), **waiting}


def _maybe(moment: datetime | None) -> str | None:
    return None if moment is None else instant(moment)


def read_version(item: Item) -> Version:
    """The version that `version_item` wrote, with the stage, the aliases and the model's name that it has now."""
    fields = item.fields
    states = (str(fields["state"]), str(fields["stage"]), str(fields.get("aliases", "")), str(fields.get("name", "")))
    content = (item.key, item.rev, states, item.data)
    return _remembered(*content) if len(item.data) <= MOST_REMEMBERED else _read(*content, facts=_facts_in(item.data))


def _read(
    key: Key, rev: int, states: tuple[str, str, str, str], data: bytes, *, facts: Mapping[str, Any] | None = None
) -> Version:
    """Items that are older than renaming hold their name among the facts."""
    state, stage, aliases, name = states
    known = facts or _facts_remembered(data)
    return Version(
        home=home_of(key.pk),
        number=int(key.sk.rpartition("#")[2]),
        state=State(state),
        stage=stage,
        aliases=tuple(aliases.split()),
        revision=rev,
        **({**known, "name": name} if name else known),
    )


def _facts_in(data: bytes) -> Mapping[str, Any]:
    """The facts in an item's data, as `Version` takes them."""
    facts: dict[str, Any] = json.loads(data)
    facts["digest"] = Digest(facts["digest"])
    facts["refusal"] = tuple(facts["refusal"])
    facts["deleted"] = read_deletion(facts.get("deleted"))
    facts["inspected"] = read_inspected(facts.get("inspected"))
    facts["review"] = read_review(facts.get("review"))
    facts["attestations"] = read_attestations(facts.get("attestations", ()))
    others = {name: fact for name, fact in facts.items() if name not in LINEAGE}
    return {**_moments(others), **read_lineage(facts), **read_evaluated(facts)}


_remembered = lru_cache(REMEMBERED)(_read)
_facts_remembered = lru_cache(REMEMBERED)(_facts_in)
"""What stays when a version moves to another stage."""


def _moments(facts: Mapping[str, Any]) -> dict[str, Any]:
    moments = ("created_at", "deadline", "verified_at", "check_by")
    return {name: parse_instant(fact) if name in moments and fact else fact for name, fact in facts.items()}


def unknown_version(name: str, number: int) -> NotFound:
    """The refusal for a version that is not there."""
    return NotFound(f"there is no version {number} of {name!r}", field="version")
