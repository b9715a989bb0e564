"""Which names a pickle may import: those of the frameworks, exactly; and which ones are dangerous for certain.

The lists in `allowlists/` are data. `classes` may be made without their `__init__` and given a state; `functions` may
be named, not called; `calls` may be called with any arguments (some with those that `calls.py` demands).
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

LISTS = Path(__file__).parents[1] / "allowlists"

CLASS, FUNCTION, CALL = "class", "function", "call"
UNKNOWN, DANGEROUS, DOTTED = "unknown", "dangerous", "dotted"
KINDS = {"[classes]": CLASS, "[functions]": FUNCTION, "[calls]": CALL}

FRAMEWORKS = MappingProxyType(
    {
        "sklearn": "scikit-learn",
        "_loss": "scikit-learn",
        "numpy": "numpy",
        "scipy": "scipy",
        "pandas": "pandas",
        "xgboost": "xgboost",
        "lightgbm": "lightgbm",
        "catboost": "catboost",
        "_catboost": "catboost",
        "torch": "torch",
        "transformers": "transformers",
        "accelerate": "transformers",
        "joblib": "joblib",
    }
)
"""The frameworks by the packages that they install. Settings of transformers' trainer hold parts of accelerate."""

OLD_MODULES = MappingProxyType(
    {"__builtin__": "builtins", "copy_reg": "copyreg", "UserDict": "collections", "cPickle": "pickle", "Queue": "queue"}
)
"""What Python 3 reads for modules of Python 2 in pickles of protocols 0 to 2; only what is not dangerous anyway."""

OLD_NAMES = MappingProxyType(
    {
        ("builtins", "xrange"): "range",
        ("builtins", "unicode"): "str",
        ("builtins", "long"): "int",
        ("builtins", "unichr"): "chr",
    }
)


def judge(module: str, name: str, protocol: int) -> str:
    """What is known of a name: its kind, or that it is unknown, dotted or dangerous."""
    if protocol < 3:
        module = OLD_MODULES.get(module, module)
        name = OLD_NAMES.get((module, name), name)
    if is_dangerous(module, name):
        return DANGEROUS
    package = module.partition(".")[0]
    known = listed("python").get((module, name)) or _framework_kind(package, module, name)
    return known or (DOTTED if "." in name else UNKNOWN)


def _framework_kind(package: str, module: str, name: str) -> str | None:
    found = FRAMEWORKS.get(package)
    return (listed("by-hand").get((module, name)) or listed(found).get((module, name))) if found else None


@cache
def listed(framework: str) -> Mapping[tuple[str, str], str]:
    """The names of one list, and what kind each one is."""
    found: dict[tuple[str, str], str] = {}
    kind = ""
    for line in (LISTS / f"{framework}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            kind = KINDS[line]
        elif line and not line.startswith("#"):
            module, *names = line.split()
            found.update(((module, name), kind) for name in names)
    return found


@cache
def _dangers() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Modules with all that lies below them, single names of modules, and names that are dangerous in any module."""
    lines = (LISTS / "dangerous.txt").read_text(encoding="utf-8").splitlines()
    found = [line for line in lines if line and not line.startswith("#")]
    modules = frozenset(line.removesuffix(".*") for line in found if line.endswith(".*"))
    anywhere = frozenset(line.removeprefix("*.") for line in found if line.startswith("*."))
    return modules, frozenset(found) - {f"{each}.*" for each in modules} - {f"*.{each}" for each in anywhere}, anywhere


def is_dangerous(module: str, name: str) -> bool:
    """Whether the name runs code, commands or files for certain."""
    modules, names, anywhere = _dangers()
    parts = module.split(".")
    if any(".".join(parts[:end]) in modules for end in range(1, len(parts) + 1)):
        return True
    pieces = name.split(".")
    return any(
        f"{module}.{'.'.join(pieces[:end])}" in names for end in range(1, len(pieces) + 1)
    ) or not anywhere.isdisjoint(pieces)
