"""Facts of what is in files: the known names, and how the facts of several files become those of a version."""

from collections.abc import Iterable, Mapping
from typing import Any

KNOWN = {
    "format": "what the file is, as the inspection calls it",
    "formats": "of a version: the formats of its files, sorted",
    "framework": "what wrote the file, such as pytorch, keras, xgboost",
    "framework_version": "the version of it, as written in the file",
    "architecture": "what kind of model it is, in its framework's words",
    "class": "the class of the outermost object",
    "name": "what the file calls its model",
    "parameters": "how many numbers were learned, over all tensors",
    "tensors": "how many tensors there are",
    "dtypes": "bytes by data type",
    "quantization": "how weights are made smaller, in the format's words",
    "layers": "how many layers, as far as the file tells",
    "layer_types": "how many layers of each class",
    "inputs": "what goes in: a list of name, dtype and shape",
    "outputs": "what comes out, likewise",
    "context_length": "how many tokens go in at most",
    "vocabulary": "how many tokens are known",
    "features": "how many columns the model was fitted on",
    "classes": "how many classes it tells apart",
    "trees": "how many trees there are",
    "objective": "what was optimised",
    "opset": "versions of the operators, by domain",
    "format_version": "the version of the file's format",
    "spec_version": "the version of the specification that the file follows",
    "operators": "which operators are used that are not the format's own",
    "external_files": "other files of the version that hold a part of this one",
    "flavors": "how MLflow loads the model",
    "python": "the version of Python that is asked for",
    "packages": "what is asked to be installed",
    "chat_template": "whether a chat template is in the file",
    "dtype": "the data type of an array, or that a configuration asks for",
    "shape": "the shape of an array",
    "protocol": "the protocol of a pickle",
    "imports": "what a pickle imports when it is loaded",
    "compression": "how the file is compressed",
    "base": "the model that a configuration says it was made from",
    "signatures": "how the model can be called, by name",
}
"""Every fact with a name of its own, and what it says. `docs/facts.md` is held to it."""

ADDED = ("parameters", "tensors", "trees")
"""Facts that add up over the shards of a model."""


UNITED = ("imports", "packages", "external_files", "operators")
"""Facts that are lists, of which a version has all."""
MOST_UNITED = 500


def merge(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of two files as those of one.

    Shards (the same format) add up. Of different formats the one with more parameters speaks: weights are often kept
    twice; the other says what is still unknown.
    """
    if not first or not second:
        return {**first, **second}
    united = _united(first, second)
    if first.get("format") == second.get("format"):
        return {**second, **first, **united, **_added(first, second)}
    ordered = sorted((second, first), key=_weight)
    return {**ordered[0], **ordered[1], **united}


def _united(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """What either file lists, sorted."""
    both = [key for key in UNITED if key in first and key in second]
    return {key: sorted({*first[key], *second[key]})[:MOST_UNITED] for key in both}


def _weight(facts: Mapping[str, Any]) -> int:
    count = facts.get("parameters", 0)
    return count if isinstance(count, int) else 0


def _added(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    added: dict[str, Any] = {key: first[key] + second[key] for key in ADDED if key in first and key in second}
    if "dtypes" in first and "dtypes" in second:
        both = first["dtypes"].keys() | second["dtypes"].keys()
        added["dtypes"] = {key: first["dtypes"].get(key, 0) + second["dtypes"].get(key, 0) for key in sorted(both)}
    return added


def of_files(files: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The facts of a version from those of its files; the order of the files does not matter to what is counted."""
    groups: dict[str, dict[str, Any]] = {}
    for facts in files:
        name = str(facts.get("format", ""))
        groups[name] = merge(groups.get(name, {}), facts)
    together: dict[str, Any] = {}
    for name in sorted(groups, key=lambda each: (-_weight(groups[each]), each)):
        together = merge(together, groups[name])
    formats = sorted(name for name in groups if name)
    return {**together, "formats": formats} if formats else together
