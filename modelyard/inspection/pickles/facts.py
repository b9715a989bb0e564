"""What a pickle tells of the model in it, from the values that were written down."""

from typing import Any

from modelyard.inspection.formats.reading import shortened, shown
from modelyard.inspection.pickles.following import Pickle
from modelyard.inspection.pickles.names import FRAMEWORKS
from modelyard.inspection.pickles.values import Import, Made, Stored

NAMES = {"torch": "pytorch"}
SUPPORT = ("scikit-learn", "scipy", "pandas", "numpy", "joblib")
"""Frameworks of which others make use, so that they name a file only when no other does; in this order."""

WIDTHS = {"Double": 8, "Float": 4, "Half": 2, "BFloat16": 2, "Long": 8, "Int": 4, "Short": 2, "Char": 1, "Byte": 1}
DTYPES = {"Double": "F64", "Float": "F32", "Half": "F16", "BFloat16": "BF16", "Long": "I64", "Int": "I32"}
DTYPES |= {"Short": "I16", "Char": "I8", "Byte": "U8", "Bool": "BOOL"}
MOST_STEPS = 50
DEEPEST = 8


def of_pickle(machine: Pickle, root: Any) -> dict[str, Any]:
    """The facts of a followed pickle that gave `root`."""
    framework = framework_of(machine, root)
    return {
        "framework": framework,
        "framework_version": shown(machine.versions.get(framework, ""), 40),
        "class": shown(class_of(root)),
        "protocol": machine.protocol,
        "imports": shortened(sorted(str(each) for each in machine.imports.values())),
        **_fitted(root),
        **_of_tensors(machine),
    }


def class_of(value: Any) -> str:
    """The class of a value, as far as it is known."""
    if isinstance(value, Made) and isinstance(value.what, Import):
        inner = (
            value.args[0]
            if value.what.name == "_reconstruct" and isinstance(value.args, tuple) and value.args
            else None
        )
        return str(inner if isinstance(inner, Import) else value.what)
    return type(value).__name__ if type(value) in {dict, list, tuple} else ""


def framework_of(machine: Pickle, root: Any) -> str:
    """Whose class the outermost object is; else whose names are imported."""
    if isinstance(root, Made) and isinstance(root.what, Import):
        own = _framework(root.what.module)
        if own and own not in SUPPORT[1:]:
            return own
    found = {_framework(each.module) for each in machine.imports.values()} - {""}
    return min(
        found, key=lambda name: (name in SUPPORT, SUPPORT.index(name) if name in SUPPORT else 0, name), default=""
    )


def _framework(module: str) -> str:
    package = module.partition(".")[0]
    return NAMES.get(package) or FRAMEWORKS.get(package, "")


def _fitted(root: Any, depth: int = 0) -> dict[str, Any]:
    """What a fitted estimator of scikit-learn, or a pipeline of them, says of itself."""
    state = root.state if isinstance(root, Made) and isinstance(root.state, dict) else {}
    found: dict[str, Any] = {
        "features": _number(state.get("n_features_in_")),
        "trees": _trees(state),
        "classes": _number(state.get("n_classes_")),
    }
    if found["features"] is None and isinstance(steps := state.get("steps"), list):
        classes = [each[1] for each in steps[:MOST_STEPS] if isinstance(each, tuple) and len(each) == 2]
        first = next(iter(classes), None)
        found["features"] = _fitted(first, depth + 1)["features"] if depth < DEEPEST else None
        found["steps"] = [shown(class_of(each)) for each in classes]
    return found


def _trees(state: dict[str, Any]) -> int | None:
    estimators = state.get("estimators_")
    return len(estimators) if isinstance(estimators, list) else None


def _number(value: Any) -> int | None:
    return value if type(value) is int else None


def _of_tensors(machine: Pickle) -> dict[str, Any]:
    """Tensors, learned numbers and bytes by type, each tensor counted once."""
    if not machine.tensors:
        return {}
    dtypes: dict[str, int] = {}
    parameters = 0
    for (_, _, elements), stored in machine.tensors.items():
        parameters += elements or 0
        name, width = dtype_of(stored)
        dtypes[name] = dtypes.get(name, 0) + (elements or 0) * width
    return {"tensors": len(machine.tensors), "parameters": parameters, "dtypes": dict(sorted(dtypes.items()))}


def dtype_of(stored: Stored) -> tuple[str, int]:
    """The type of a storage, as safetensors calls it, and the bytes of one of its elements."""
    kind = stored.dtype.removesuffix("Storage")
    return DTYPES.get(kind, kind), WIDTHS.get(
        kind, 16 if kind == "ComplexDouble" else 8 if kind == "ComplexFloat" else 1
    )
