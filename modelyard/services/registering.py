"""Registering models and versions: everything is checked before anything is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from modelyard.catalogue.bases import resolve_bases
from modelyard.catalogue.card_items import card_writes
from modelyard.catalogue.commits import commit, contended
from modelyard.catalogue.homes import claim, command, name_keys
from modelyard.catalogue.keys import model_key
from modelyard.catalogue.manifest_items import file_puts, pack_files
from modelyard.catalogue.model_items import id_put, model_item, read_model
from modelyard.catalogue.receipts import receipt_keys, receipt_puts, redeem
from modelyard.catalogue.subjects import require_model
from modelyard.catalogue.version_items import read_version, version_item
from modelyard.domain.cards import card_digest, check_card
from modelyard.domain.errors import AlreadyExists
from modelyard.domain.evaluations import Directions, add_directions, check_directions
from modelyard.domain.journal import Caller, Draft, EntryType, maybe_instant
from modelyard.domain.lineage import (
    WantedBase,
    bounded_facts,
    check_datasets,
    check_environment,
    check_run,
    check_source,
    lineage_facts,
)
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
from modelyard.domain.version import (
    UNKNOWN_ENVIRONMENT,
    UNKNOWN_RUN,
    UNKNOWN_SOURCE,
    Dataset,
    Environment,
    Run,
    Source,
    State,
    Version,
)
from modelyard.ports import Clock, Expect, Ids, Put, Table


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a version besides its bytes, as the caller gave it.

    `source_commit` and `run_url` are other ways to give `source.commit` and `run.url`.
    """

    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    source_commit: str = ""
    datasets: Sequence[Dataset] = ()
    run_url: str = ""
    directions: Directions = field(default_factory=dict)
    source: Source = UNKNOWN_SOURCE
    run: Run = UNKNOWN_RUN
    bases: Sequence[WantedBase] = ()
    environment: Environment = UNKNOWN_ENVIRONMENT
    card: str = ""


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
        version = replace(version, bases=resolve_bases(table, checked.bases))
        check_facts(bounded_facts(version))
        item = version_item(version)
        kept = [*file_puts(home, version.number, pages), *(card_writes(version, checked.card) if checked.card else [])]
        writes = [Put(item, Expect.ABSENT), *kept, *receipt_puts(ticket, item, now)]
        commit(table, _counted(model, checked), [_registered(version, checked)], writes, caller=caller, now=now)
        return version

    return command(table, name, attempt, clock=clock, ids=ids)


def _counted(model: Model, about: About) -> Model:
    directions = add_directions(model.directions, about.directions) if about.directions else model.directions
    return replace(model, last_number=model.last_number + 1, directions=directions)


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
        datasets=tuple(about.datasets),
        source=about.source,
        run=about.run,
        environment=about.environment,
        card_digest=card_digest(about.card),
    )


def _registered(version: Version, about: About) -> Draft:
    after: dict[str, Any] = {
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
        **lineage_facts(version),
        **({"card": about.card} if about.card else {}),
    }
    if about.directions:
        after["directions"] = about.directions
    return Draft(EntryType.VERSION_REGISTERED, version.number, version.digest, after=after)


def _check_about(about: About) -> About:
    return replace(
        about,
        description=check_text(about.description, field="description", longest=MAX_DESCRIPTION),
        tags=check_pairs(about.tags, field="tags"),
        params=check_pairs(about.params, field="params", most=MAX_PARAMS, longest=MAX_PARAM_VALUE),
        metrics=check_metrics(about.metrics),
        datasets=check_datasets(about.datasets),
        source=check_source(about.source, commit=about.source_commit),
        run=check_run(about.run, url=about.run_url),
        environment=check_environment(about.environment),
        card=check_card(about.card),
        directions=check_directions(about.directions, about.metrics),
    )
