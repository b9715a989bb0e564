"""What a push can find out by itself: the code from git, the environment, and what files in the folder say.

What was given is never changed, and all that is found is noted with where it came from: nothing is guessed silently.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from modelyard.client.environments import read_environment, running_environment
from modelyard.client.errors import Unusable
from modelyard.client.git import find_checkout
from modelyard.client.model_files import Told, read_card, read_config, read_mlmodel
from modelyard.client.version_calls import VersionFacts
from modelyard.client.walking import find_sources
from modelyard.contract.requests import EnvironmentRequest, RunRequest, SourceRequest
from modelyard.contract.shapes import Request
from modelyard.domain.cards import check_card
from modelyard.domain.errors import RegistryError
from modelyard.domain.names import MAX_METRICS, MAX_TAGS, check_place

AUTO, NONE = "auto", "none"
"""Instead of a file: the environment of the MLflow model that is pushed, or else of this interpreter; or none."""

READERS: Mapping[str, Callable[[Path], Told]] = {
    "MLmodel": read_mlmodel,
    "README.md": read_card,
    "adapter_config.json": read_config,
    "config.json": read_config,
}
"""The files that are read where they lie at the top of what is pushed."""

_REQUIREMENTS = "requirements.txt"
_EMPTY: tuple[Any, ...] = ("", None, {})
R = TypeVar("R", bound=Request)


@dataclass(frozen=True, slots=True)
class Note:
    """One fact that was found: its field, what it is in a few words, and where it was found."""

    field: str
    value: str
    origin: str


@dataclass(slots=True)
class Filled:
    """The facts with what was found, the notes of that, and what could not be used, each with the reason."""

    facts: VersionFacts
    notes: list[Note] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def fill(
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    facts: VersionFacts | None = None,
    *,
    environment: str | os.PathLike[str] = AUTO,
    follow_links: bool = False,
) -> Filled:
    """The facts for a push of `paths`, with what can be found out added to what is given.

    `environment` is "auto", "none", or a file: requirements, a lock of uv, Poetry or PEP 751, a conda environment.
    No program is run but git, and nothing is imported or unpickled. Unusable when the file named cannot be read.
    """
    listed = [Path(paths)] if isinstance(paths, str | os.PathLike) else [Path(path) for path in paths]
    found = {source.path: Path(source.real) for source in find_sources(listed, follow_links=follow_links)}
    filling = _Filling(facts or {})
    told = {name: filling.read(name, found[name]) for name in READERS if name in found}
    for name, what in told.items():
        filling.add(what, name)
    filling.add_environment(str(environment), told.get("MLmodel"), found.get(_REQUIREMENTS))
    filling.add_checkout(listed[0])
    return Filled(cast("VersionFacts", filling.facts), filling.notes, filling.skipped)


class _Filling:
    """The facts as they grow."""

    def __init__(self, given: VersionFacts) -> None:
        self.facts: dict[str, Any] = dict(given)
        self.notes: list[Note] = []
        self.skipped: list[str] = []

    def read(self, name: str, path: Path) -> Told:
        """What a file tells; nothing when it cannot be read."""
        try:
            return READERS[name](path)
        except (Unusable, OSError) as error:
            self.skipped.append(f"{name}: {error}")
            return Told()

    def add(self, told: Told, origin: str) -> None:
        """What a file tells, where it is not given."""
        self._pairs("tags", told.tags, origin, most=MAX_TAGS)
        self._pairs("metrics", told.metrics, origin, most=MAX_METRICS)
        for name, listed in (("datasets", told.datasets), ("bases", told.bases)):
            self._list(name, listed, origin)
        if told.run_id and not self.facts.get("run") and not self.facts.get("run_url"):
            self._part("run", RunRequest(), {"system": "mlflow", "id": told.run_id}, origin)
        if told.card and not self.facts.get("card"):
            self._card(told.card, origin)

    def add_environment(self, wanted: str, of_model: Told | None, requirements: Path | None) -> None:
        """Python and packages: as the file that is named says, or the MLflow model, or this interpreter."""
        known = self.facts.get("environment", EnvironmentRequest())
        if wanted == NONE or known.python or known.packages:
            return
        if wanted != AUTO:
            found, origin = read_environment(Path(wanted)), Path(wanted).name
        elif of_model and requirements:
            found, origin = self._of_model(of_model, requirements), "MLmodel and requirements.txt"
        else:
            found, origin = running_environment(), "this interpreter"
        self._part("environment", known, {"python": found.python, "packages": found.packages}, origin)

    def _of_model(self, told: Told, requirements: Path) -> EnvironmentRequest:
        try:
            return EnvironmentRequest(python=told.python, packages=read_environment(requirements).packages)
        except Unusable as error:
            self.skipped.append(f"{_REQUIREMENTS}: {error}")
            return EnvironmentRequest(python=told.python)

    def add_checkout(self, pushed: Path) -> None:
        """The code: of the repository that what is pushed lies in, or else of the one that the command was given in."""
        real = pushed.resolve()
        checkout = find_checkout(real if real.is_dir() else real.parent) or find_checkout(Path.cwd())
        if checkout is None:
            return
        known = self.facts.get("source", SourceRequest())
        commit = known.commit or self.facts.get("source_commit", "")
        if not checkout.commit.startswith(commit):
            self.skipped.append("git: another commit is checked out than the one that was given")
            return
        path = real.relative_to(checkout.root).as_posix() if real.is_relative_to(checkout.root) else ""
        found = {
            "repository": checkout.repository,
            "commit": "" if commit else checkout.commit,
            "path": "" if path == "." else path,
            "dirty": checkout.dirty,
            "diff_digest": checkout.diff_digest,
        }
        self._part("source", known, found, "git")

    def _part(self, name: str, known: Request, found: Mapping[str, Any], origin: str) -> None:
        missing = {key: value for key, value in found.items() if value not in _EMPTY and getattr(known, key) in _EMPTY}
        for key, value in list(missing.items()):
            if isinstance(value, str) and not self._fits(f"{name}.{key}", value):
                del missing[key]
        self.facts[name] = known.model_copy(update=missing)
        self.notes += [Note(f"{name}.{key}", _shown(value), origin) for key, value in missing.items()]

    def _pairs(self, name: str, found: Mapping[str, Any], origin: str, *, most: int) -> None:
        known = self.facts.get(name) or {}
        missing = {key: value for key, value in found.items() if key not in known}
        missing = dict(list(missing.items())[: max(0, most - len(known))])
        if missing:
            self.facts[name] = {**known, **missing}
            self.notes += [Note(f"{name}.{key}", _shown(value), origin) for key, value in missing.items()]

    def _list(self, name: str, found: Sequence[Any], origin: str) -> None:
        if found and not self.facts.get(name):
            self.facts[name] = list(found)
            said = [" ".join(str(value) for _, value in each if value not in _EMPTY) for each in found]
            self.notes += [Note(f"{name}.{index}", _shown(text), origin) for index, text in enumerate(said)]

    def _card(self, text: str, origin: str) -> None:
        try:
            self.facts["card"] = check_card(text)
            self.notes.append(Note("card", f"{len(text)} characters", origin))
        except RegistryError as error:
            self.skipped.append(f"{origin}: {error.detail}")

    def _fits(self, name: str, text: str) -> bool:
        try:
            return bool(check_place(text, field=name))
        except RegistryError as error:
            self.skipped.append(error.detail)
            return False


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return f"{len(value)} package{'' if len(value) == 1 else 's'}"
    return str(value).lower() if isinstance(value, bool) else str(value)[:200]
