"""Where a model was made: this interpreter, or a file that locks an environment. Nothing is imported or run."""

import platform
import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from modelyard.client.errors import Unusable
from modelyard.client.yaml_text import read_yaml
from modelyard.contract.requests import EnvironmentRequest

MOST = 8 * 1024**2
"""Bytes of a file that is read."""

MOST_PACKAGES = 2_000
LONGEST = 250
SUFFIXES = ("", ".txt", ".in", ".lock", ".toml", ".yml", ".yaml")
_REQUIREMENT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*((?:[<>=!~(].*|@\s*[A-Za-z][\w+.-]*:.*)?)")
_VERSION = re.compile(r"\d+(?:\.\w+)*")
_CONDA_PIN = re.compile(r"==?\s*([^=,*\s]+)(?:=\S*)?")
_CONDA = re.compile(r"(?:[\w./-]+::)?([A-Za-z0-9_][\w.-]*)\s*(.*)")


def running_environment() -> EnvironmentRequest:
    """This interpreter and what is installed in it."""
    found = ((each.name, each.version) for each in metadata.distributions())
    return _environment(platform.python_version(), {name: version for name, version in found if name and version})


def read_environment(path: Path) -> EnvironmentRequest:
    """What a file of requirements, a lock file of uv, Poetry or PEP 751, or a conda environment says.

    Unusable when it cannot be read. A package without an exact version has what is said of it instead; Python, which
    lock files know a range of, is left out then.
    """
    if path.suffix.lower() not in SUFFIXES:
        kinds = ", ".join(filter(None, SUFFIXES))
        raise Unusable(f"{str(path)!r} is no file of requirements ({kinds})", field="environment")
    text = _read(path)
    if path.suffix in {".lock", ".toml"}:
        return _of_lock(_toml(text, path))
    if path.suffix in {".yml", ".yaml"}:
        return _of_conda(read_yaml(text).get("dependencies"))
    return _environment("", dict(_requirements(text.splitlines())))


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MOST + 1)
    except OSError as error:
        raise Unusable(f"{str(path)!r} cannot be read: {error.strerror}", field="environment") from error
    if len(content) > MOST:
        raise Unusable(f"{str(path)!r} has more than {MOST} bytes", field="environment")
    return content.decode(errors="replace").removeprefix("\ufeff")


def _toml(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Unusable(f"{str(path)!r} is no TOML", field="environment") from error


def _of_lock(lock: Mapping[str, Any]) -> EnvironmentRequest:
    """What Poetry and uv list as `package` is `packages` in PEP 751."""
    of_poetry = lock.get("metadata")
    python = lock.get("requires-python") or (of_poetry.get("python-versions") if isinstance(of_poetry, dict) else "")
    listed = lock.get("package") or lock.get("packages")
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    known = ((row.get("name"), row.get("version", "")) for row in rows)
    packages = {name: version for name, version in known if isinstance(name, str) and isinstance(version, str)}
    return _environment(python if isinstance(python, str) else "", packages)


def _of_conda(dependencies: Any) -> EnvironmentRequest:
    """Conda's own packages, and those below `pip`. Its `python` is the environment's."""
    packages: dict[str, str] = {}
    for each in dependencies if isinstance(dependencies, list) else []:
        if isinstance(each, dict) and isinstance(each.get("pip"), list):
            packages |= _requirements(line for line in each["pip"] if isinstance(line, str))
        elif isinstance(each, str) and (named := _CONDA.fullmatch(each.strip())):
            pin = _CONDA_PIN.fullmatch(named[2].strip())
            packages[named[1]] = pin[1] if pin else named[2].strip()
    return _environment(packages.pop("python", ""), packages)


def _requirements(lines: Iterable[str]) -> dict[str, str]:
    """Names and versions of a requirements file; what is none (options, paths, URLs without a name) is passed over."""
    packages: dict[str, str] = {}
    for line in lines:
        plain = re.split(r"\s#|\s--|\s\\|;", line.strip(), maxsplit=1)[0].strip()
        found = _REQUIREMENT.fullmatch(plain)
        if found:
            packages[found[1]] = _exact(found[2].strip(), "===", "==")
    return packages


def _exact(said: str, *signs: str) -> str:
    """The version, when it is an exact one; else what is said, but for URLs, which may hold secrets."""
    if said.startswith("@"):
        return ""
    for sign in signs:
        if said.startswith(sign) and "," not in said:
            return said.removeprefix(sign).strip()
    return said


def _environment(python: str, packages: Mapping[str, str]) -> EnvironmentRequest:
    if len(packages) > MOST_PACKAGES:
        raise Unusable(f"an environment has at most {MOST_PACKAGES} packages, not {len(packages)}", field="environment")
    usable = {name: version for name, version in sorted(packages.items()) if _fits(name) and _fits(version)}
    return EnvironmentRequest(python=python if _VERSION.fullmatch(python) and _fits(python) else "", packages=usable)


def _fits(text: str) -> bool:
    return len(text) <= LONGEST and text.isprintable()
