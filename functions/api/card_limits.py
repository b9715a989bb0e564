"""The limits that a model card tells of: what nobody recorded of a version, and what speaks against it."""

from collections.abc import Callable, Iterator, Mapping

from modelyard.domain.measuring import origin_of
from modelyard.domain.version import State, Version


def limits_of(version: Version) -> Iterator[str]:
    """A sentence for each limit that there is."""
    for sentence, culprits in LIMITS.items():
        found = culprits(version)
        if found is not None:
            yield sentence.format(", ".join(found))


Culprits = list[str] | None
"""What a limit is about, which may be nothing in particular; None when there is no such limit."""


def _when(holds: object) -> Culprits:
    return [] if holds else None


def _unmeasured(version: Version) -> Culprits:
    origins = {name: origin_of(version, name) for name in version.metrics}
    return [name for name, how in origins.items() if not how or not (how.dataset or how.digest)] or None


def _leaked(version: Version) -> Culprits:
    made_from = {part for data in version.datasets if data.role in {"", "train"} for part in (data.name, data.digest)}
    evaluated = {part for on in version.evaluated for part in (on.dataset, on.digest)}
    return sorted((made_from & evaluated) - {""}) or None


def _loose(version: Version) -> Culprits:
    return [data.name or data.uri for data in version.datasets if not data.digest] or None


def _nowhere(version: Version) -> Culprits:
    made = version.environment
    return _when(not (made.python or made.packages or made.image_digest))


LIMITS: Mapping[str, Callable[[Version], Culprits]] = {
    "It is {}, not ready for use.": lambda v: None if v.state is State.READY else [v.state.value],
    "No metric is recorded.": lambda v: _when(not v.metrics),
    "On which data these metrics were measured is not recorded: {}.": _unmeasured,
    "It was evaluated on data that it was made from: {}.": _leaked,
    "The data that it was made from is not recorded.": lambda v: _when(not v.datasets),
    "These data have no digest, and may have changed since: {}.": _loose,
    "The code that it was made from is not recorded.": lambda v: _when(not v.source.commit),
    "It was made from code with changes that are in no commit.": lambda v: _when(v.source.dirty),
    "The environment that it was made in is not recorded.": _nowhere,
}
"""What a card says of a limit, and who tells whether there is one."""
