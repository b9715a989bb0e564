"""Writes `modelyard/inspection/allowlists`, a file a framework, from the sources in its releases.

    python -m gathering [--wheels FOLDER] [--only scikit-learn]

A list has exact names. Left out are modules that no model comes from, whatever has a `__del__`, and whatever calls
something dangerous in a method that loading calls; what is compiled, and what is called, is in `by-hand.txt`.
"""

import argparse
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from gathering.frameworks import FRAMEWORKS, NO_MODELS, NOT_FOR_MODELS, Framework
from gathering.reading import DANGEROUS, ENUMS, Known, Module, reached, read_cython, read_python
from gathering.wheels import fetch, sources

LISTS = Path(__file__).parents[1] / "modelyard" / "inspection" / "allowlists"
HEAD = "# Made by `python -m gathering` from {name} {versions}.\n"
UNSAFE_WORDS = re.compile(
    r"(load|save|dump|fetch|read|write|open|exec|eval|run|show|plot|import|file|call|apply|test|print)"
)

Names = dict[str, set[str]]


def main() -> None:
    """Write the lists that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m gathering", description=__doc__)
    parser.add_argument("--wheels", type=Path, default=Path(tempfile.gettempdir()) / "gathered-wheels")
    parser.add_argument("--only", action="append", choices=[framework.name for framework in FRAMEWORKS])
    options = parser.parse_args()
    for framework in FRAMEWORKS:
        if framework.name in (options.only or [framework.name]):
            text = write(framework, gather(framework, options.wheels))
            (LISTS / f"{framework.name}.txt").write_text(text)
            print(f"{framework.name}: {len(text):,} bytes", flush=True)


def gather(framework: Framework, folder: Path) -> Mapping[str, Names]:
    """The names of all releases, by what they may be used for."""
    found: dict[str, Names] = {kind: defaultdict(set) for kind in ("classes", "calls", "functions")}
    for version in framework.versions:
        modules = [read_python(module, text) if suffix == ".py" else read_cython(module, text)
                   for suffix, module, text in sources(fetch(framework.name, version, folder))
                   if not re.search(NOT_FOR_MODELS, module)]  # fmt: skip
        add(framework, modules, found)
    return found


def add(framework: Framework, modules: Iterable[Module], found: Mapping[str, Names]) -> None:
    """Put in what one release has."""
    known = [each for module in modules for each in module.classes]
    dangerous, enums = spread(known)
    for each in known:
        if wanted(each, framework.classes, framework.never) and (
            each.name not in dangerous | NO_MODELS or re.match(framework.guarded, each.module)
        ):
            called = each.name in enums or re.fullmatch(framework.calls, f"{each.module}.{each.name}")
            kind = "calls" if called else "classes"
            found[kind][each.module].add(each.name)
            if each.moved_to:
                found[kind][each.moved_to].add(each.name)
    for each in (each for module in modules for each in module.functions):
        if wanted(each, framework.functions, framework.never) and harmless(each):
            found["functions"][each.module].add(each.name)


def spread(known: Iterable[Known]) -> tuple[set[str], set[str]]:
    """The classes that are dangerous, and those that are enums, by themselves or by what they derive from."""
    known = list(known)
    dangerous, enums = {each.name for each in known if each.dangerous}, set(ENUMS)
    methods = inherited(known)
    dangerous |= {each.name for each in known if reached(methods[each.name]) & DANGEROUS}
    while more := [each for each in known if each.name not in dangerous and not dangerous.isdisjoint(each.bases)]:
        dangerous |= {each.name for each in more}
    while more := [each for each in known if each.name not in enums and not enums.isdisjoint(each.bases)]:
        enums |= {each.name for each in more}
    return dangerous, enums


def inherited(known: Iterable[Known]) -> dict[str, dict[str, frozenset[str]]]:
    """The methods of each class with those of its bases, by names alone: namesakes are taken together."""
    bases: dict[str, set[str]] = defaultdict(set)
    own: dict[str, dict[str, frozenset[str]]] = defaultdict(dict)
    for each in known:
        bases[each.name] |= set(each.bases)
        for method, called in each.calls.items():
            own[each.name][method] = own[each.name].get(method, frozenset()) | called
    return {name: _with_bases(name, bases, own) for name in bases}


def _with_bases(
    name: str, bases: Mapping[str, set[str]], own: Mapping[str, dict[str, frozenset[str]]]
) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    coming, seen = [name], set()
    while coming:
        each = coming.pop()
        if each in seen:
            continue
        seen.add(each)
        coming += bases.get(each, set())
        for method, called in own.get(each, {}).items():
            found[method] = found.get(method, frozenset()) | called
    return found


def wanted(each: Known, pattern: str, never: str) -> bool:
    """Whether the names of this module are listed."""
    return bool(re.match(pattern, each.module)) and not re.match(never, each.module)


def harmless(function: Known) -> bool:
    """Whether a function may be named: it is public, and neither its name nor its calls speak of more than numbers."""
    name = function.name
    return not (name.startswith("_") or function.dangerous or UNSAFE_WORDS.search(name) or name in DANGEROUS)


def write(framework: Framework, found: Mapping[str, Names]) -> str:
    """The list as text."""
    lines = [HEAD.format(name=framework.name, versions=", ".join(framework.versions))]
    for kind, names in found.items():
        lines.append(f"[{kind}]\n")
        lines += [f"{module} {' '.join(sorted(names[module]))}\n" for module in sorted(names)]
    return "".join(lines)


if __name__ == "__main__":
    main()
