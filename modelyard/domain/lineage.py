"""Lineage: what a version was made from, checked when it is registered and never changed, as JSON and back.

Parts that nobody knows are left out of the JSON, in entries and in items alike.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from modelyard.domain.digests import parse_digest
from modelyard.domain.errors import Invalid, TooLarge
from modelyard.domain.names import Reference, check_pairs, check_place, check_text, parse_reference
from modelyard.domain.version import (
    UNKNOWN_ENVIRONMENT,
    UNKNOWN_RUN,
    UNKNOWN_SOURCE,
    Base,
    Dataset,
    Environment,
    Evaluated,
    Measured,
    Relation,
    Run,
    Source,
    Version,
)

MOST_DATASETS = 100
MOST_BASES = 50
MOST_PACKAGES = 2_000
MAX_PACKAGE_VERSION = 250
MOST_ROWS = 2**53
ROLES = ("train", "validation", "test")
"""What a dataset was for; empty where nobody says."""

LINEAGE = frozenset({"source", "run", "bases", "environment", "datasets", "source_commit", "run_url"})
"""The names under which lineage lies in an item or an entry."""

Part = Dataset | Source | Run | Base | Environment | Evaluated | Measured

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


@dataclass(frozen=True, slots=True)
class WantedBase:
    """A base as it was asked for: a reference, still to be resolved, or a URI outside of this registry."""

    relation: Relation
    reference: Reference | None = None
    uri: str = ""


def check_source(source: Source, *, commit: str = "") -> Source:
    """The code, with `commit` (given beside it, as `source_commit`) in its place. Invalid when the two differ."""
    check_text(commit, field="source_commit")
    if commit and source.commit not in {"", commit}:
        raise Invalid("source_commit and source.commit differ; give one of them", field="source_commit")
    if source.diff_digest:
        parse_digest(source.diff_digest, field="source.diff_digest")
    return Source(
        check_place(source.repository, field="source.repository"),
        check_text(source.commit or commit, field="source.commit"),
        check_text(source.path, field="source.path"),
        source.dirty,
        source.diff_digest,
    )


def check_run(run: Run, *, url: str = "") -> Run:
    """The run, with `url` (given beside it, as `run_url`) in its place. Invalid when the two differ."""
    check_place(url, field="run_url")
    if url and run.url not in {"", url}:
        raise Invalid("run_url and run.url differ; give one of them", field="run_url")
    return Run(
        check_text(run.system, field="run.system"),
        check_text(run.id, field="run.id"),
        check_place(run.url or url, field="run.url"),
    )


def check_datasets(datasets: Sequence[Dataset]) -> tuple[Dataset, ...]:
    """At most 100 datasets. A digest is free text: tools know data by many kinds of them."""
    if len(datasets) > MOST_DATASETS:
        raise TooLarge(f"at most {MOST_DATASETS} datasets, not {len(datasets)}", field="datasets")
    for index, dataset in enumerate(datasets):
        _check_dataset(dataset, field=f"datasets.{index}")
    return tuple(datasets)


def _check_dataset(dataset: Dataset, *, field: str) -> None:
    if not (dataset.name or dataset.uri or dataset.digest):
        raise Invalid("a dataset has a name, a uri or a digest", field=f"{field}.name")
    check_text(dataset.name, field=f"{field}.name")
    check_place(dataset.uri, field=f"{field}.uri")
    check_text(dataset.digest, field=f"{field}.digest")
    if dataset.role not in {"", *ROLES}:
        raise Invalid(f"a dataset's role is one of {', '.join(ROLES)}", field=f"{field}.role")
    if dataset.rows is not None and not 0 <= dataset.rows <= MOST_ROWS:
        raise Invalid(f"a dataset has 0 to {MOST_ROWS} rows", field=f"{field}.rows")


def parse_bases(asked: Sequence[tuple[str, str, str]]) -> tuple[WantedBase, ...]:
    """At most 50 bases, each given as its relation, its reference and its URI, one of which is empty."""
    if len(asked) > MOST_BASES:
        raise TooLarge(f"at most {MOST_BASES} bases, not {len(asked)}", field="bases")
    return tuple(_parse_base(*parts, field=f"bases.{index}") for index, parts in enumerate(asked))


def _parse_base(relation: str, reference: str, uri: str, *, field: str) -> WantedBase:
    if relation not in list(Relation):
        raise Invalid(f"a relation is one of {', '.join(Relation)}", field=f"{field}.relation")
    if bool(reference) == bool(uri):
        raise Invalid("a base is either a reference into this registry or a uri outside of it", field=field)
    if reference:
        return WantedBase(Relation(relation), parse_reference(reference, field=f"{field}.reference"))
    if not _URI.fullmatch(check_place(uri, field=f"{field}.uri")) or uri.startswith("models:"):
        raise Invalid("a uri begins with its scheme, such as https:; a model here is a reference", field=f"{field}.uri")
    return WantedBase(Relation(relation), uri=uri)


def check_environment(environment: Environment) -> Environment:
    """The environment, its packages in the order of their names."""
    packages = check_pairs(
        environment.packages, field="environment.packages", most=MOST_PACKAGES, longest=MAX_PACKAGE_VERSION
    )
    return Environment(
        check_text(environment.python, field="environment.python"),
        packages,
        check_text(environment.image_digest, field="environment.image_digest"),
        check_text(environment.hardware, field="environment.hardware"),
    )


def bounded_facts(version: Version) -> dict[str, Any]:
    """What `names.check_facts` bounds: all that was said of a version but its card."""
    described = {name: getattr(version, name) for name in ("description", "tags", "params", "metrics")}
    return {**described, **lineage_facts(version), **evaluated_facts(version)}


def evaluated_facts(version: Version) -> dict[str, Any]:
    """The data that a version was evaluated on, and how its metrics came about, as JSON; what is empty is left out."""
    facts = {
        "evaluated": [_known(on) for on in version.evaluated],
        "measured": {name: _known(how) for name, how in version.measured.items()},
    }
    return {name: fact for name, fact in facts.items() if fact}


def read_evaluated(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of Version that `evaluated_facts` wrote."""
    return {
        "evaluated": tuple(Evaluated(**on) for on in facts.get("evaluated", ())),
        "measured": {name: Measured(**how) for name, how in facts.get("measured", {}).items()},
    }


def lineage_facts(version: Version) -> dict[str, Any]:
    """A version's lineage as JSON: commit, datasets and the run's URL always, anything else where it is known."""
    parts = {
        "source": _known(version.source, replace(UNKNOWN_SOURCE, commit=version.source.commit)),
        "run": _known(version.run, replace(UNKNOWN_RUN, url=version.run.url)),
        "bases": [_known(base) for base in version.bases],
        "environment": _known(version.environment),
    }
    always = {"source_commit": version.source.commit, "datasets": dataset_facts(version.datasets)}
    return {**always, "run_url": version.run.url, **{name: part for name, part in parts.items() if part}}


def dataset_facts(datasets: Sequence[Dataset]) -> list[dict[str, Any]]:
    """Datasets as JSON: name, URI and digest always, role and rows where they are known."""
    return [{"name": data.name, "uri": data.uri, "digest": data.digest} | _known(data) for data in datasets]


def _known(part: Part, told: Source | Run | None = None) -> dict[str, Any]:
    """What is known of a part; nothing when that is no more than is told elsewhere."""
    if part == told:
        return {}
    known = {name: getattr(part, name) for name in part.__slots__}
    return {name: fact for name, fact in known.items() if fact not in ("", None, {})}


def read_lineage(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of Version that `lineage_facts` wrote, or an entry `version.registered` or an item of old."""
    source, run = facts.get("source"), facts.get("run")
    if source is None and (commit := facts.get("source_commit")):
        source = {"commit": commit}
    if run is None and (url := facts.get("run_url")):
        run = {"url": url}
    environment = facts.get("environment")
    return {
        "source": Source(**source) if source else UNKNOWN_SOURCE,
        "run": Run(**run) if run else UNKNOWN_RUN,
        "bases": tuple(Base(**{**base, "relation": Relation(base["relation"])}) for base in facts.get("bases", ())),
        "environment": Environment(**environment) if environment else UNKNOWN_ENVIRONMENT,
        "datasets": tuple(Dataset(**dataset) for dataset in facts["datasets"]),
    }
