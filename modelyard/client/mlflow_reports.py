"""What became of each thing that MLflow has registered when it was brought over."""

from collections.abc import Callable
from dataclasses import dataclass, field

BROUGHT, THERE, PLANNED, LEFT, DELETED = "brought", "there", "planned", "left", "deleted"
"""Brought now, or before; would be brought; left behind; brought before, and deleted here since."""


@dataclass(slots=True)
class ImportedVersion:
    """What became of a version: `version` is its number here, `reason` says why it was left behind or is not looked at.

    `notes` tell of facts that could not be brought, and of a stage that is another one here.
    """

    mlflow: str
    outcome: str = LEFT
    version: int | None = None
    stage: str = ""
    reason: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class ImportedAlias:
    """What became of an alias of MLflow's version `mlflow`; `version` is the number of that one here."""

    alias: str
    mlflow: str
    outcome: str = LEFT
    version: int | None = None
    reason: str = ""


@dataclass(slots=True)
class ImportedModel:
    """What became of a registered model, under its name here."""

    mlflow: str
    name: str
    outcome: str = LEFT
    reason: str = ""
    notes: list[str] = field(default_factory=list)
    versions: list[ImportedVersion] = field(default_factory=list)
    aliases: list[ImportedAlias] = field(default_factory=list)

    def count(self, outcome: str) -> int:
        """How many of its versions had this outcome."""
        return sum(version.outcome == outcome for version in self.versions)

    @property
    def left_behind(self) -> int:
        """How many things were left behind: the model itself, versions of it, aliases."""
        outcomes = [self.outcome, *(version.outcome for version in self.versions)]
        return [*outcomes, *(alias.outcome for alias in self.aliases)].count(LEFT)


Waiting = Callable[[str], object]
"""Hears the address of each model that has to wait, because another import on this machine is bringing it."""

Told = Callable[[ImportedModel, ImportedVersion | None], object]
"""Hears of each version when it is done, and of each model (then without a version)."""


def nobody(_model: ImportedModel, _version: ImportedVersion | None) -> None:
    """Where nobody listens."""


def in_silence(_address: str) -> None:
    """Where nobody is told of waiting."""
