"""What files that describe a model say of it: MLflow's `MLmodel`, Hugging Face's `config.json` and model card.

They are read as text and never believed further than that: what does not look as it should is passed over.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelyard.client.errors import Unusable
from modelyard.client.yaml_text import MOST as MOST_YAML
from modelyard.client.yaml_text import read_yaml
from modelyard.contract.requests import BaseRequest, DatasetRequest
from modelyard.domain.cards import split_front_matter

MOST = 1024**2
"""Bytes of a file that is read."""

HUB = "https://huggingface.co/"
HUB_DATASETS = f"{HUB}datasets/"
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(?:/[A-Za-z0-9][\w.-]*)?", re.ASCII)
_LABEL = re.compile(r"[^\s\x00-\x1f\x7f]{1,250}")
_RELATIONS = {
    "finetune": "fine-tune",
    "adapter": "adapter",
    "quantized": "quantization",
    "merge": "merge",
}
"""Hugging Face's words for ours (https://huggingface.co/docs/hub/model-cards#specifying-a-base-model)."""

_MOST_LISTED = 50


@dataclass(slots=True)
class Told:
    """What one file tells, in the words of the registry."""

    tags: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    datasets: list[DatasetRequest] = field(default_factory=list)
    bases: list[BaseRequest] = field(default_factory=list)
    run_id: str = ""
    python: str = ""
    card: str = ""


def read_mlmodel(path: Path) -> Told:
    """An `MLmodel`: the run, the flavors, the Python it was made under. Unusable when it cannot be read."""
    document = read_yaml(_read(path, MOST_YAML))
    flavors = document.get("flavors")
    named = flavors if isinstance(flavors, dict) else {}
    function = named.get("python_function")
    tags = {"mlflow.flavors": ", ".join(sorted(map(str, named))), "mlflow.version": _text(document, "mlflow_version")}
    return Told(
        tags=_kept(tags),
        run_id=_text(document, "run_id"),
        python=_text(function, "python_version") if isinstance(function, dict) else "",
    )


def read_config(path: Path) -> Told:
    """A `config.json` of Transformers or `adapter_config.json` of PEFT: what it is, and what an adapter is for."""
    try:
        document = json.loads(_read(path, MOST))
    except (ValueError, RecursionError) as error:
        raise Unusable("it is no JSON that can be read") from error
    if not isinstance(document, dict):
        raise Unusable("it is no object")
    architectures = document.get("architectures")
    listed = architectures if isinstance(architectures, list) else []
    tags = {
        "architecture": ", ".join(each for each in listed if isinstance(each, str)),
        "model_type": _text(document, "model_type"),
        "peft_type": _text(document, "peft_type"),
    }
    base = _text(document, "base_model_name_or_path")
    named = [BaseRequest(relation="adapter", uri=HUB + base)] if _on_hub(base) and "/" in base else []
    return Told(tags=_kept(tags), bases=named)


def read_card(path: Path) -> Told:
    """A `README.md` as Hugging Face writes model cards: YAML between lines of dashes, then the card itself."""
    front, rest = split_front_matter(_read(path, MOST))
    document = read_yaml(front) if front.strip() else {}
    tags = {name: _text(document, name) for name in ("license", "library_name", "pipeline_tag")}
    labels = {label: "" for label in _texts(document, "tags") if _LABEL.fullmatch(label)}
    return Told(
        tags=labels | _kept(tags),
        metrics=_results(document.get("model-index")),
        datasets=[_dataset(name) for name in _texts(document, "datasets")],
        bases=_bases(document),
        card=rest.strip("\r\n"),
    )


def _bases(document: Mapping[str, Any]) -> list[BaseRequest]:
    """The bases a card names. Where it does not say how they were used, one was tuned and several were merged."""
    named = [name for name in _texts(document, "base_model") if _on_hub(name)]
    usual = "merge" if len(named) > 1 else "fine-tune"
    relation = _RELATIONS.get(_text(document, "base_model_relation"), usual)
    return [BaseRequest(relation=relation, uri=HUB + name) for name in dict.fromkeys(named)]


def _dataset(name: str) -> DatasetRequest:
    return DatasetRequest(name=name, uri=HUB_DATASETS + name if _on_hub(name) else "")


def _results(index: Any) -> dict[str, float]:
    """The metrics of a `model-index`; one that is given with two values is passed over."""
    found: dict[str, set[float]] = {}
    for metric in _metrics(index):
        name = _text(metric, "type") or _text(metric, "name")
        value = _number(metric.get("value"))
        if value is not None and _LABEL.fullmatch(name):
            found.setdefault(name, set()).add(value)
    return {name: values.pop() for name, values in found.items() if len(values) == 1}


def _metrics(index: Any) -> Iterator[Mapping[str, Any]]:
    for model in _mappings(index):
        for result in _mappings(model.get("results")):
            yield from _mappings(result.get("metrics"))


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _texts(document: Mapping[str, Any], name: str) -> list[str]:
    """A text or a list of them, as a list without repeats."""
    value = document.get(name)
    listed = value if isinstance(value, list) else [value]
    return list(dict.fromkeys(each for each in listed if isinstance(each, str) and _plain(each)))[:_MOST_LISTED]


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) and _plain(value) else ""


def _kept(tags: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in tags.items() if value and _plain(value)}


def _plain(text: str) -> bool:
    return len(text) <= 2_000 and text.isprintable() and bool(text)


def _on_hub(name: str) -> bool:
    return len(name) <= 200 and _HUB_ID.fullmatch(name) is not None


def _read(path: Path, most: int) -> str:
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise Unusable(f"it has more than {most} bytes")
    return content.decode(errors="replace").removeprefix("\ufeff")
