"""MLflow's `MLmodel`: how a model is loaded, and whether code comes with it.

https://mlflow.org/docs/latest/ml/model/#mlmodel-file
"""

from typing import Any

from modelyard.inspection.formats.matching import both, called, is_text
from modelyard.inspection.formats.reading import leads_away, shortened, shown, tell
from modelyard.inspection.formats.yamls import RULE, parse_yaml
from modelyard.inspection.sight import Format, Malformed, Sight

PATHS = ("code", "data", "env", "model_data", "path", "pickled_model", "python_model")


def look(sight: Sight) -> None:
    """Tell the flavors, and note loaders that are not MLflow's own, code, and paths that lead away."""
    model = parse_yaml(sight)
    flavors = model.get("flavors") if isinstance(model, dict) else None
    if not isinstance(flavors, dict):
        raise Malformed(RULE, "an MLmodel has flavors")
    for name, flavor in flavors.items():
        if isinstance(flavor, dict):
            _note(sight, str(name), flavor)
    tell(sight, _facts(flavors))


def _note(sight: Sight, name: str, flavor: dict[Any, Any]) -> None:
    loader = flavor.get("loader_module")
    if isinstance(loader, str) and not loader.startswith("mlflow."):
        sight.note("mlflow.loader", shown(f"{name}: {loader}"))
    if flavor.get("code") not in {None, "", "null", "~"}:
        sight.note("mlflow.code", shown(f"{name}: {flavor['code']}"))
    for key in PATHS:
        value = flavor.get(key)
        if isinstance(value, str) and leads_away(value):
            sight.note("mlflow.outside", shown(f"{name}.{key}: {value}"))


def _facts(flavors: dict[Any, Any]) -> dict[str, Any]:
    own = [str(name) for name in flavors if name != "python_function"]
    pyfunc = flavors.get("python_function")
    named = flavors[own[0]] if own and isinstance(flavors[own[0]], dict) else {}
    version = next((value for key, value in named.items() if str(key).endswith("_version")), None)
    python = pyfunc.get("python_version") if isinstance(pyfunc, dict) else None
    return {
        "format": "mlmodel",
        "flavors": shortened(sorted(map(str, flavors))),
        "framework": shown(own[0]) if own else None,
        "framework_version": shown(version) if isinstance(version, str) else None,
        "python": shown(python) if isinstance(python, str) else None,
    }


FORMATS = (Format("mlmodel", both(called("MLmodel"), is_text), look),)
