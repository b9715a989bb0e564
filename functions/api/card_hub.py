"""Model cards as Hugging Face reads them: the README of a repository, with YAML before it.

https://huggingface.co/docs/hub/model-cards#model-card-metadata
"""

from collections.abc import Mapping
from typing import Any

from functions.api.card_pages import markdown
from modelyard.domain.measuring import Origin, origin_of
from modelyard.domain.version import Dataset, Relation, Version
from modelyard.services.carding import Carded

HUB = "https://huggingface.co/"
HUB_DATASETS = f"{HUB}datasets/"
NAMED_BY_THE_HUB = ("license", "library_name", "pipeline_tag")
"""Tags of a version that a card's front matter has under these names."""

RELATIONS = {
    Relation.FINE_TUNE: "finetune",
    Relation.ADAPTER: "adapter",
    Relation.QUANTIZATION: "quantized",
    Relation.MERGE: "merge",
}
"""Hugging Face's words for ours; it has none for a distillation."""


def huggingface(carded: Carded) -> str:
    """A README with the front matter that Hugging Face reads, the facts, and then the card."""
    return "\n".join(["---", *_yaml(_front_matter(carded.version)), "---", "", markdown(carded)])


def _front_matter(version: Version) -> dict[str, Any]:
    named = {name: version.tags[name] for name in NAMED_BY_THE_HUB if version.tags.get(name)}
    labels = [f"{k}:{v}" if v else k for k, v in version.tags.items() if k not in named]
    bases = [base for base in version.bases if base.uri.startswith(HUB)]
    relations = {RELATIONS.get(base.relation, "") for base in bases} - {""}
    known = {
        **named,
        "tags": labels,
        "base_model": [base.uri.removeprefix(HUB) for base in bases],
        "base_model_relation": relations.pop() if len(relations) == 1 else "",
        "datasets": [_dataset_id(data) for data in version.datasets if data.name or data.uri],
        "metrics": list(version.metrics),
        "model-index": _index(version, named.get("pipeline_tag", "other")) if version.metrics else [],
    }
    return {name: value for name, value in known.items() if value}


def _dataset_id(data: Dataset) -> str:
    return data.uri.removeprefix(HUB_DATASETS) if data.uri.startswith(HUB_DATASETS) else data.name


def _index(version: Version, task: str) -> list[dict[str, Any]]:
    """The metrics as Hugging Face lists results, by the data that they were measured on.

    Of those of which nobody told, it is the data that was for testing.
    """
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for name, value in version.metrics.items():
        how = origin_of(version, name) or Origin()
        metrics = found.setdefault((how.dataset or how.digest, how.split), [])
        metrics.append({"type": name, "name": name, "value": value})
    results = [
        {"task": {"type": task}, "dataset": _tested(version, *on), "metrics": metrics} for on, metrics in found.items()
    ]
    return [{"name": version.name, "results": results}]


def _tested(version: Version, name: str, split: str) -> dict[str, str]:
    if name:
        known = next((data for data in version.datasets if name in {data.name, data.digest}), Dataset(name))
        dataset = {"name": known.name or name, "type": _dataset_id(known) or name}
        return {**dataset, "split": split} if split else dataset
    tested = next((data for role in ("test", "validation") for data in version.datasets if data.role == role), None)
    return {"name": tested.name, "type": _dataset_id(tested)} if tested else {"name": "unknown", "type": "unknown"}


def _yaml(value: Any, indent: str = "") -> list[str]:
    """YAML that every reader takes alike: nothing but blocks, quoted texts and numbers with a point."""
    if isinstance(value, Mapping):
        return [line for key, each in value.items() for line in _entry(f"{indent}{key}:", each, indent)]
    return [line for each in value for line in _item(each, indent)]


def _entry(head: str, value: Any, indent: str) -> list[str]:
    if isinstance(value, str | int | float):
        return [f"{head} {_scalar(value)}"]
    return [head, *_yaml(value, f"{indent}  " if isinstance(value, Mapping) else indent)]


def _item(value: Any, indent: str) -> list[str]:
    if isinstance(value, str | int | float):
        return [f"{indent}- {_scalar(value)}"]
    first, *others = _yaml(value, f"{indent}  ")
    return [f"{indent}- {first.lstrip()}", *others]


def _scalar(value: str | float) -> str:
    if isinstance(value, str):
        return '"' + "".join(map(_quoted, value)) + '"'
    number = repr(float(value))
    mantissa, e, exponent = number.partition("e")
    return number if "." in mantissa or not e else f"{mantissa}.0e{exponent}"


def _quoted(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    if letter.isprintable():
        return letter
    return f"\\U{ord(letter):08x}"
