"""Registering models and versions: everything is checked before anything is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any

from modelyard.catalogue.commits import commit, contended
from modelyard.catalogue.homes import claim, command, name_keys
from modelyard.catalogue.keys import model_key
from modelyard.catalogue.manifest_items import file_puts, pack_files
from modelyard.catalogue.model_items import id_put, model_item, read_model
from modelyard.catalogue.receipts import receipt_keys, receipt_puts, redeem
from modelyard.catalogue.subjects import require_model
from modelyard.catalogue.version_items import dataset_facts, read_version, version_item
from modelyard.domain.errors import AlreadyExists, TooLarge
from modelyard.domain.journal import Caller, Draft, EntryType, maybe_instant
from modelyard.domain.manifests import File, check_manifest, manifest_digest
from modelyard.domain.model import Model
from modelyard.domain.names import (
    MAX_DESCRIPTION,
    MAX_PARAM_VALUE,
    MAX_PARAMS,
    check_facts,
    check_metrics,
    check_pairs,
    check_text,
    parse_name,
)
from modelyard.domain.stages import DEFAULT_LIFECYCLE
from modelyard.domain.tickets import Ticket
from modelyard.domain.version import Dataset, State, Version
from modelyard.ports import Clock, Expect, Ids, Put, Table

MOST_DATASETS = 100


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a version besides its bytes, as the caller gave it."""

    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    source_commit: str = ""
    datasets: Sequence[Dataset] = ()
    run_url: str = ""


def create_model(
    *,
    table: Table,
    clock: Clock,
    ids: Ids,
    caller: Caller,
    ticket: Ticket | None,
    name: str,
    description: str = "",
    owner: str = "",
    tags: Mapping[str, str] | None = None,
) -> Model:
    """A new model with an id of its own. AlreadyExists when the name is taken."""
    named = parse_name(name)
    facts: dict[str, Any] = {
        "description": check_text(description, field="description", longest=MAX_DESCRIPTION),
        "owner": check_text(owner, field="owner"),
        "tags": check_pairs(tags or {}, field="tags"),
    }
    check_facts(facts)
    draft = Draft(EntryType.MODEL_CREATED, after={"name": named, **facts})

    def attempt() -> Model:
        found, redirect, *receipts = table.get([*name_keys(named), *receipt_keys(ticket)])
        if answered := redeem(ticket, *receipts or [None]):
            return read_model(answered)
        if found is not None:
            raise AlreadyExists(f"there is a model {named!r} already", field="name", id=found.fields["id"])
        claims = claim(table, named, found, redirect, home=named)
        now = clock.now()
        model = Model(ids.new(), named, named, now, caller.actor, now, revision=1, **facts)
        outcome = receipt_puts(ticket, model_item(replace(model, sequence=1)), now)
        return commit(table, model, [draft], [id_put(model), *claims, *outcome], caller=caller, now=now)

    return contended(attempt, clock=clock, ids=ids)


def register_version(
    *,
    table: Table,
    clock: Clock,
    ids: Ids,
    caller: Caller,
    ticket: Ticket | None,
    name: str,
    files: Sequence[File],
    about: About,
    keep: timedelta,
) -> Version:
    """The model's next version, waiting for its bytes for as long as `keep`. NotFound when there is no such model."""
    manifest = check_manifest(files)
    pages = pack_files(manifest)
    checked = _check_about(about)

    def attempt(home: str) -> Version:
        found, *receipts = table.get([model_key(home), *receipt_keys(ticket)])
        if answered := redeem(ticket, *receipts or [None]):
            return read_version(answered)
        model, now = require_model(found, name), clock.now()
        version = _next_version(model, manifest, checked, len(pages), caller=caller, now=now, keep=keep)
        item = version_item(version)
        writes = [Put(item, Expect.ABSENT), *file_puts(home, version.number, pages), *receipt_puts(ticket, item, now)]
        commit(table, _counted(model), [_registered(version)], writes, caller=caller, now=now)
        return version

    return command(table, name, attempt, clock=clock, ids=ids)


def _counted(model: Model) -> Model:
    return replace(model, last_number=model.last_number + 1)


def _next_version(
    model: Model, files: Sequence[File], about: About, pages: int, *, caller: Caller, now: datetime, keep: timedelta
) -> Version:
    return Version(
        home=model.home,
        name=model.name,
        number=model.last_number + 1,
        state=State.UPLOADING,
        stage=DEFAULT_LIFECYCLE.initial,
        digest=manifest_digest(files),
        size=sum(file.size for file in files),
        file_count=len(files),
        pages=pages,
        created_at=now,
        created_by=caller.actor,
        revision=model.sequence + 1,
        deadline=now + keep,
        description=about.description,
        tags=about.tags,
        params=about.params,
        metrics=about.metrics,
        source_commit=about.source_commit,
        datasets=tuple(about.datasets),
        run_url=about.run_url,
    )


def _registered(version: Version) -> Draft:
    after = {
        "state": version.state.value,
        "stage": version.stage,
        "size": version.size,
        "file_count": version.file_count,
        "pages": version.pages,
        "deadline": maybe_instant(version.deadline),
        "description": version.description,
        "tags": version.tags,
        "params": version.params,
        "metrics": version.metrics,
        "source_commit": version.source_commit,
        "datasets": dataset_facts(version.datasets),
        "run_url": version.run_url,
    }
    return Draft(EntryType.VERSION_REGISTERED, version.number, version.digest, after=after)


def _check_about(about: About) -> About:
    checked = About(
        description=check_text(about.description, field="description", longest=MAX_DESCRIPTION),
        tags=check_pairs(about.tags, field="tags"),
        params=check_pairs(about.params, field="params", most=MAX_PARAMS, longest=MAX_PARAM_VALUE),
        metrics=check_metrics(about.metrics),
        source_commit=check_text(about.source_commit, field="source_commit"),
        datasets=_check_datasets(about.datasets),
        run_url=check_text(about.run_url, field="run_url"),
    )
    facts = {each.name: getattr(checked, each.name) for each in fields(checked)}
    check_facts({**facts, "datasets": dataset_facts(tuple(checked.datasets))})
    return checked


def _check_datasets(datasets: Sequence[Dataset]) -> tuple[Dataset, ...]:
    if len(datasets) > MOST_DATASETS:
        raise TooLarge(f"at most {MOST_DATASETS} datasets, not {len(datasets)}", field="datasets")
    for dataset in datasets:
        for part in ("name", "uri", "digest"):
            check_text(getattr(dataset, part), field=f"datasets.{part}")
    return tuple(datasets)
