"""What MLflow knows of models and versions, in the registry's words. What the registry does not take is told, not lost.

Tags that begin with `mlflow.` say where a thing came from: `mlflow.source` is its address, by which it is known again.
"""

import hashlib
import json
import math
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from modelyard.client.errors import Unusable
from modelyard.client.mlflow_server import Dataset, ModelVersion, RegisteredModel, Run, Tag
from modelyard.client.version_calls import VersionFacts
from modelyard.client.yaml_text import MOST as MOST_YAML
from modelyard.client.yaml_text import read_yaml
from modelyard.contract.requests import DatasetRequest, EnvironmentRequest, RunRequest, SourceRequest
from modelyard.domain.canonical import canonical
from modelyard.domain.errors import RegistryError
from modelyard.domain.names import (
    MAX_DESCRIPTION,
    MAX_FACTS,
    MAX_METRICS,
    MAX_NAME,
    MAX_PARAM_VALUE,
    MAX_PARAMS,
    MAX_TAG_VALUE,
    MAX_TAGS,
    check_metrics,
    check_pairs,
    check_place,
    check_text,
    parse_name,
)

SOURCE = "mlflow.source"
NUMBER = "mlflow.model_version"
_GIT = "mlflow.source.git."
MAX_VERSION = 100
MOST_DATASETS = 100
ROOM = 4 * 1024
"""Bytes of facts that are left free, for what the registry counts besides."""


@dataclass(slots=True)
class Facts:
    """What can be said here about a version, and notes of what could not."""

    facts: VersionFacts
    notes: list[str] = field(default_factory=list)


def map_name(name: str, prefix: str = "") -> str:
    """The name here of what MLflow calls `name`: the same where the rules allow it, else mended and marked."""
    wanted = prefix + name
    try:
        return parse_name(wanted)
    except RegistryError:
        mended = "".join("-" if _is_odd(letter) else letter for letter in unicodedata.normalize("NFC", wanted)).strip()
        mark = hashlib.sha256(wanted.encode(errors="surrogatepass")).hexdigest()[:8]
        return parse_name(f"{mended[: MAX_NAME - 9]}-{mark}")


def _is_odd(letter: str) -> bool:
    return letter in "/:@" or unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"}


def source_of(url: str, name: str, version: str = "") -> str:
    """The address by which a model or a version of a server is known again."""
    address = f"{url}/{name}" + (f"/{version}" if version else "")
    if len(address) <= MAX_TAG_VALUE and address.isprintable():
        return address
    return f"{url}/~{hashlib.sha256(address.encode(errors='surrogatepass')).hexdigest()}"


def model_facts(url: str, model: RegisteredModel) -> tuple[str, dict[str, str], list[str]]:
    """A registered model's description and tags, and notes of what was left behind."""
    notes: list[str] = []
    own = {
        SOURCE: source_of(url, model.name),
        "mlflow.created_at": _moment(model.creation_timestamp),
        "mlflow.user_id": model.user_id,
    }
    return _description(model.description, notes), _tags(own, model.tags, notes), notes


def version_facts(url: str, version: ModelVersion, run: Run | None, mlmodel: Mapping[str, Any]) -> Facts:
    """What is known of a version: by the registry, by its run, and by the `MLmodel` among its files."""
    notes: list[str] = []
    flavors = mlmodel.get("flavors")
    own = {
        SOURCE: source_of(url, version.name, version.version),
        NUMBER: version.version,
        "mlflow.created_at": _moment(version.creation_timestamp),
        "mlflow.user_id": version.user_id,
        "mlflow.run_id": version.run_id or _text(mlmodel, "run_id"),
        "mlflow.model_id": version.model_id or _text(mlmodel, "model_id"),
        "mlflow.flavors": ", ".join(sorted(map(str, flavors))) if isinstance(flavors, dict) else "",
        "mlflow.version": _text(mlmodel, "mlflow_version"),
    }
    data = (run or Run()).data
    facts: VersionFacts = {
        "description": _description(version.description, notes),
        "tags": _tags(own, version.tags, notes),
        "params": _params(data.params, mlmodel, notes),
        "metrics": _metrics([(metric.key, metric.value) for metric in data.metrics], notes),
        "datasets": _datasets(run, notes),
        "source": _source(data.tags, notes),
        "run": _run(url, version, run, notes),
        "environment": _environment(mlmodel),
    }
    if version.run_id and run is None:
        notes.append("its run is gone: no parameters and metrics")
    _fit(facts, notes)
    return Facts(facts, notes)


def read_mlmodel(folder: Path) -> dict[str, Any]:
    """What the `MLmodel` of a folder says; nothing where there is none that can be read."""
    try:
        with (folder / "MLmodel").open("rb") as file:
            return read_yaml(file.read(MOST_YAML + 1).decode(errors="replace"))
    except (OSError, Unusable):
        return {}


def _description(text: str, notes: list[str]) -> str:
    plain = "".join(letter if letter in "\n\r\t" or not _is_control(letter) else " " for letter in text)
    if plain != text:
        notes.append("description: control characters became blanks")
    if len(plain) > MAX_DESCRIPTION:
        notes.append(f"description: cut after {MAX_DESCRIPTION} of {len(plain)} characters")
    return plain[:MAX_DESCRIPTION]


def _is_control(letter: str) -> bool:
    return unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"}


def _tags(own: Mapping[str, str], given: Iterable[Tag], notes: list[str]) -> dict[str, str]:
    known = {key: value for key, value in own.items() if value}
    ours = _pairs("tag", known, notes, most=MAX_TAGS, longest=MAX_TAG_VALUE)
    theirs = {tag.key: tag.value for tag in given}
    both = sorted(theirs.keys() & ours.keys())
    notes += [f"tag {key!r}: left behind for the one that says where this came from" for key in both]
    others = {key: value for key, value in sorted(theirs.items()) if key not in ours}
    kept = _pairs("tag", others, notes, most=MAX_TAGS - len(ours), longest=MAX_TAG_VALUE)
    return ours | kept


def _params(given: Iterable[Tag], mlmodel: Mapping[str, Any], notes: list[str]) -> dict[str, str]:
    signature = mlmodel.get("signature")
    known = signature if isinstance(signature, dict) else {}
    parts = {f"mlflow.signature.{part}": _text(known, part) for part in ("inputs", "outputs", "params")}
    signed = {key: value for key, value in parts.items() if value not in {"", "null"}}
    found = {param.key: param.value for param in given} | signed
    return _pairs("parameter", found, notes, most=MAX_PARAMS, longest=MAX_PARAM_VALUE)


def _pairs(what: str, given: Mapping[str, str], notes: list[str], *, most: int, longest: int) -> dict[str, str]:
    """Those that the registry takes, as many as it takes; a note of each other."""
    kept: dict[str, str] = {}
    for key, value in given.items():
        if len(kept) >= most:
            notes.append(f"{what} {key!r}: there are more than {most}")
        elif _taken(what, key, notes, partial(check_pairs, {key: value}, field="", longest=longest)):
            kept[key] = value
    return kept


def _taken(what: str, key: str, notes: list[str], check: Callable[[], object]) -> bool:
    try:
        check()
    except RegistryError as error:
        notes.append(f"{what} {key!r}: {error.detail.strip()}")
        return False
    return True


def _metrics(given: Iterable[tuple[str, float | str]], notes: list[str]) -> dict[str, float]:
    kept: dict[str, float] = {}
    for key, value in given:
        number = value if isinstance(value, float) else math.nan
        if len(kept) >= MAX_METRICS:
            notes.append(f"metric {key!r}: there are more than {MAX_METRICS}")
        elif not math.isfinite(number):
            notes.append(f"metric {key!r}: {value} is no finite number")
        elif _taken("metric", key, notes, partial(check_metrics, {key: number})):
            kept[key] = number
    return kept


def _datasets(run: Run | None, notes: list[str]) -> list[DatasetRequest]:
    inputs = run.inputs.dataset_inputs if run else []
    found = list(dict.fromkeys(_dataset(each.dataset) for each in inputs if each.dataset.name))
    if len(found) > MOST_DATASETS:
        notes.append(f"datasets: {MOST_DATASETS} of {len(found)}")
    kept = [each for each in found if _taken("dataset", each[0], notes, partial(_check_dataset, each))]
    return [DatasetRequest(name=name, uri=uri, digest=digest) for name, uri, digest in kept[:MOST_DATASETS]]


def _check_dataset(dataset: tuple[str, str, str]) -> None:
    name, uri, digest = dataset
    check_text(name, field="its name")
    check_place(uri, field="its uri")
    check_text(digest, field="its digest")


def _dataset(dataset: Dataset) -> tuple[str, str, str]:
    try:
        source = json.loads(dataset.source)
    except (ValueError, RecursionError):
        source = {}
    named = source if isinstance(source, dict) else {}
    uri = next((named[key] for key in ("uri", "url", "path") if isinstance(named.get(key), str)), "")
    return dataset.name, uri, dataset.digest


def _source(tags: Iterable[Tag], notes: list[str]) -> SourceRequest:
    """The code that the run says it ran. An address with a password in it is left behind."""
    known = {tag.key: tag.value for tag in tags if tag.key.startswith(_GIT)}
    places = {name: known.get(_GIT + key, "") for name, key in (("repository", "repoURL"), ("commit", "commit"))}
    kept = {
        name: text for name, text in places.items() if _taken(name, "of the run", notes, partial(_check_place, text))
    }
    return SourceRequest(repository=kept.get("repository", ""), commit=kept.get("commit", ""))


def _run(url: str, version: ModelVersion, run: Run | None, notes: list[str]) -> RunRequest:
    known = version.run_link
    if not known and run is not None and run.info.experiment_id:
        known = f"{url}/#/experiments/{run.info.experiment_id}/runs/{version.run_id}"
    address = known if _taken("run link", "of the version", notes, partial(_check_place, known)) else ""
    return RunRequest(system="mlflow", id=version.run_id, url=address) if version.run_id or address else RunRequest()


def _check_place(text: str) -> None:
    check_place(text, field="it")


def _environment(mlmodel: Mapping[str, Any]) -> EnvironmentRequest:
    """The Python that the model was saved under."""
    flavors = mlmodel.get("flavors")
    function = flavors.get("python_function") if isinstance(flavors, dict) else None
    python = _text(function, "python_version") if isinstance(function, dict) else ""
    return EnvironmentRequest(python=python if len(python) <= MAX_VERSION and python.isprintable() else "")


def _fit(facts: VersionFacts, notes: list[str]) -> None:
    """Leave the longest parameters and tags behind until what remains is what the registry takes."""
    params, tags = dict(facts["params"]), dict(facts["tags"])
    facts["params"], facts["tags"] = params, tags
    while _size(facts) > MAX_FACTS - ROOM:
        pairs, what = (params, "parameter") if params else (tags, "tag")
        key = max((key for key in pairs if key != SOURCE), key=lambda key: len(str(pairs[key]).encode()))
        del pairs[key]
        notes.append(f"{what} {key!r}: it was too much together with the others")


def _size(facts: VersionFacts) -> int:
    shapes = {name: facts[name].model_dump() for name in ("source", "run", "environment")}
    datasets = [dataset.model_dump() for dataset in facts["datasets"]]
    return len(canonical({**facts, **shapes, "datasets": datasets}))


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) else ""


def _moment(milliseconds: int) -> str:
    """As the registry writes moments; nothing for one that is not known or cannot be."""
    try:
        moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return ""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z") if milliseconds > 0 else ""
