"""How a version's metrics came about: in which units, on which data."""

from collections.abc import Mapping
from dataclasses import dataclass

from modelyard.domain.version import Evaluated, Measured, Version

MOST_EVALUATED = 100
"""Kinds of data that a version is known to be evaluated on."""

NO_DATA, UNMEASURED = Evaluated(), Measured()
"""What reports say that tell neither data nor units."""


def note_data(
    evaluated: tuple[Evaluated, ...],
    measured: Mapping[str, Measured],
    on: Evaluated,
    units: Mapping[str, str],
    *,
    part: bool,
) -> tuple[tuple[Evaluated, ...], dict[str, Measured]]:
    """What a version knows of its data and its metrics after a report on the data `on`, with these metrics and units.

    A report on a `part` of the data says nothing of metrics. Beyond 100 kinds of data, further ones are not noted.
    """
    if on != NO_DATA and on not in evaluated and len(evaluated) < MOST_EVALUATED:
        evaluated = (*evaluated, on)
    place = evaluated.index(on) if on in evaluated else None
    given = {} if part else {name: Measured(unit, place) for name, unit in units.items()}
    return evaluated, {name: known for name, known in {**measured, **given}.items() if known != UNMEASURED}


@dataclass(frozen=True, slots=True)
class Origin:
    """How a metric's value came about: in which unit, on which data."""

    unit: str = ""
    dataset: str = ""
    digest: str = ""
    split: str = ""

    def agrees(self, other: "Origin") -> bool:
        """Whether values of both can be held against one another, for all that is known."""
        mine, theirs = (self.unit, self.split), (other.unit, other.split)
        same = not (self.digest and other.digest) or self.digest == other.digest
        named = self.dataset == other.dataset or not (self.dataset and other.dataset) or bool(self.digest and same)
        return same and named and all(not a or not b or a == b for a, b in zip(mine, theirs, strict=True))


def origin_of(version: Version, metric: str) -> Origin | None:
    """How a version's metric came about; None where no report gave it, or none said."""
    how = version.measured.get(metric)
    if how is None:
        return None
    on = version.evaluated[how.on] if how.on is not None else NO_DATA
    return Origin(how.unit, on.dataset, on.digest, on.split)
