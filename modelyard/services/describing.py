"""Describing: changes to what a user may change on a model or a version, against the revision they saw."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from modelyard.catalogue.commits import commit
from modelyard.catalogue.homes import command
from modelyard.catalogue.keys import model_key, version_key
from modelyard.catalogue.subjects import require_model, require_version
from modelyard.catalogue.version_items import version_item
from modelyard.domain.journal import Caller, Draft, EntryType
from modelyard.domain.model import Model
from modelyard.domain.names import MAX_DESCRIPTION, check_facts, check_pairs, check_text
from modelyard.domain.revisions import check_revision
from modelyard.domain.version import Version
from modelyard.ports import Clock, Ids, Put, Table

FACTS_OF_MODEL = ("description", "owner", "tags")
FACTS_OF_VERSION = ("description", "tags", "params", "metrics", "source_commit", "datasets", "run_url")

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
) -> Version:
    """The version with the given changes; what was registered with it never changes."""

    def attempt(home: str) -> Version:
        model_found, found = table.get([model_key(home), version_key(home, number)])
        model, version = require_version(model_found, found, name, number)
        check_revision(version.revision, expected)
        changes = _changes(version, description, tags)
        if not changes:
            return version
        changed = replace(version, revision=model.sequence + 1, **changes)
        check_facts({name: asdict(changed)[name] for name in FACTS_OF_VERSION})
        draft = Draft(EntryType.VERSION_UPDATED, number, version.digest, _before(version, changes), changes)
        put = Put(version_item(changed), version.revision)
        commit(table, model, [draft], [put], caller=caller, now=clock.now())
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
