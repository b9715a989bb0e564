"""The lifecycle of a model's versions, and the decision whether one may move."""

from dataclasses import dataclass

from modelyard.domain.digests import Digest
from modelyard.domain.model import Model, Standing
from modelyard.domain.version import State, Version

MOST_STANDING = 30
"""Versions that may stand in one serving stage, so that replacing them all fits one transaction."""


_WRONG = frozenset({State.REJECTED, State.QUARANTINED})


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The stages in order: versions begin in the first, serve in those between, and rest in the last."""

    stages: tuple[str, ...]

    @property
    def initial(self) -> str:
        """Where a new version stands."""
        return self.stages[0]

    @property
    def final(self) -> str:
        """Where a replaced version goes."""
        return self.stages[-1]

    def serves(self, stage: str) -> bool:
        """Whether a model keeps count of who stands in `stage`."""
        return stage in self.stages[1:-1]


DEFAULT_LIFECYCLE = Lifecycle(("development", "staging", "production", "archived"))


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition of a transition: what was asked, what is, and whether it held."""

    name: str
    held: bool
    expected: str
    actual: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What a transition would do: `replaced` leaves the stage for the final one; it may go ahead if all held."""

    requirements: tuple[Requirement, ...]
    replaced: tuple[int, ...]

    @property
    def allowed(self) -> bool:
        """Whether every requirement held."""
        return all(requirement.held for requirement in self.requirements)


def decide(lifecycle: Lifecycle, model: Model, version: Version, to: str, *, replace: bool) -> Decision:
    """Whether `version` may move to stage `to`, each requirement listed, and which versions it would replace."""
    there = [number for number in model.standing.get(to, {}) if number != version.number]
    replaced = tuple(sorted(there)) if replace and lifecycle.serves(to) else ()
    staying = len(there) - len(replaced)
    requirements = (
        Requirement("stage_known", to in lifecycle.stages, " or ".join(lifecycle.stages), to),
        Requirement("version_ready", _may_stand(lifecycle, version, to), State.READY.value, version.state.value),
        Requirement("stage_has_room", staying < MOST_STANDING, f"fewer than {MOST_STANDING} standing", str(staying)),
    )
    return Decision(requirements, replaced)


def _may_stand(lifecycle: Lifecycle, version: Version, to: str) -> bool:
    """Ready versions stand anywhere; one that turned out wrong, or may have, may only be laid to rest."""
    return version.state is State.READY or (version.state in _WRONG and to == lifecycle.final)


def move(lifecycle: Lifecycle, standing: Standing, number: int, digest: Digest, to: str) -> Standing:
    """`standing` once version `number` stands in stage `to`, and nowhere else."""
    moved = {stage: {n: d for n, d in there.items() if n != number} for stage, there in standing.items()}
    if lifecycle.serves(to):
        moved[to] = {**moved.get(to, {}), number: digest}
    return {stage: there for stage, there in moved.items() if there}
