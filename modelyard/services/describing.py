"""Describing: changes to what a user may change on a model or a version, against the revision they saw."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from modelyard.catalogue.card_items import card_writes, read_card
from modelyard.catalogue.commits import commit
from modelyard.catalogue.homes import command
from modelyard.catalogue.keys import card_key, model_key, version_key
from modelyard.catalogue.subjects import require_model, require_version
from modelyard.catalogue.version_items import version_item
from modelyard.domain.canonical import canonical
from modelyard.domain.cards import card_digest, check_card
from modelyard.domain.errors import TooLarge
from modelyard.domain.journal import Caller, Draft, EntryType
from modelyard.domain.lineage import bounded_facts
from modelyard.domain.model import Model
from modelyard.domain.names import MAX_DESCRIPTION, check_facts, check_pairs, check_text
from modelyard.domain.revisions import check_revision
from modelyard.domain.version import Version
from modelyard.ports import Clock, Ids, Put, Table, Write

FACTS_OF_MODEL = ("description", "owner", "tags")

MAX_CHANGE = 360_000
"""Bytes of what an entry says was before and is after."""

TagChanges = Mapping[str, str | None]
"""Tags to set, and those to remove as None."""


def update_model(
    *,
    table: Table,
    clock: Clock,
    ids: Ids,
    caller: Caller,
    name: str,
    expected: int | None,
    description: str | None,
    owner: str | None,
    tags: TagChanges,
) -> Model:
    """The model with the given changes; no entry when nothing changes. PreconditionFailed on another revision."""

    def attempt(home: str) -> Model:
        (found,) = table.get([model_key(home)])
        model = require_model(found, name)
        check_revision(model.revision, expected)
        changes = _changes(model, description, tags)
        if owner is not None and owner != model.owner:
            changes["owner"] = check_text(owner, field="owner")
        if not changes:
            return model
        changed = replace(model, revision=model.sequence + 1, **changes)
        check_facts({name: getattr(changed, name) for name in FACTS_OF_MODEL})
        draft = Draft(EntryType.MODEL_UPDATED, before=_before(model, changes), after=changes)
        return commit(table, changed, [draft], [], caller=caller, now=clock.now())

    return command(table, name, attempt, clock=clock, ids=ids)


def update_version(
    *,
    table: Table,
    clock: Clock,
    ids: Ids,
    caller: Caller,
    name: str,
    number: int,
    expected: int | None,
    description: str | None,
    tags: TagChanges,
    card: str | None = None,
) -> Version:
    """The version with the given changes; what was registered with it never changes. An empty card removes it."""
    text = None if card is None else check_card(card)

    def attempt(home: str) -> Version:
        keys = [model_key(home), version_key(home, number), *([] if card is None else [card_key(home, number)])]
        model_found, found, *cards = table.get(keys)
        model, version = require_version(model_found, found, name, number)
        check_revision(version.revision, expected)
        changes = _changes(version, description, tags)
        before, changed = _before(version, changes), replace(version, revision=model.sequence + 1, **changes)
        rewritten: list[Write] = []
        if text is not None and card_digest(text) != version.card_digest:
            before, changes = before | {"card": read_card(cards[0])}, changes | {"card": text}
            changed = replace(changed, card_digest=card_digest(text))
            rewritten = card_writes(changed, text)
            _check_change(before, changes)
        if not changes:
            return version
        check_facts(bounded_facts(changed))
        draft = Draft(EntryType.VERSION_UPDATED, number, version.digest, before, changes)
        writes = [Put(version_item(changed), version.revision), *rewritten]
        commit(table, model, [draft], writes, caller=caller, now=clock.now())
        return changed

    return command(table, name, attempt, clock=clock, ids=ids)


def _changes(subject: Model | Version, description: str | None, tags: TagChanges) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if description is not None and description != subject.description:
        changes["description"] = check_text(description, field="description", longest=MAX_DESCRIPTION)
    kept = {key: value for key, value in subject.tags.items() if key not in tags}
    merged = kept | {key: value for key, value in tags.items() if value is not None}
    if merged != subject.tags:
        changes["tags"] = check_pairs(merged, field="tags")
    return changes


def _before(subject: Model | Version, changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: getattr(subject, name) for name in changes}


def _check_change(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """An entry must fit an item: a large card and large tags are changed one after the other."""
    if (size := len(canonical({"before": before, "after": after}))) > MAX_CHANGE:
        raise TooLarge(f"the change takes {size} bytes; at most {MAX_CHANGE} at once", field="card")
