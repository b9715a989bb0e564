"""Aliases: names that a model gives to its versions, moves from one to another, and moves back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from modelyard.domain.errors import AliasMoved, Conflict, Invalid, NotFound, TooLarge
from modelyard.domain.names import parse_alias

MAX_ALIASES = 100
"""Aliases of one model, which travel with its facts."""

REMEMBERED = 10
"""Versions that an alias remembers, the one that it stands for included."""

LATEST = "latest"
"""Stands for the newest ready version: computed, never stored."""

_NUMBERED = re.compile(r"v[0-9]+", re.IGNORECASE)

Aliases = Mapping[str, tuple[int, ...]]
"""Alias → the version that it stands for, then those that it stood for before, the latest first."""


class Whoever(Enum):
    """What somebody expects of an alias who does not mind whom it stands for."""

    WHOEVER = "whoever"


Expected = int | None | Whoever
"""Whom an alias should stand for before it is changed: a version's number, None for nobody, or whoever it is."""


@dataclass(frozen=True, slots=True)
class Alias:
    """An alias as it stands: for version `number` (nobody when there is no such alias), and `previous` before that."""

    name: str
    number: int | None
    previous: tuple[int, ...]


def parse_new_alias(text: str, *, field: str = "alias") -> str:
    """An alias that may be given to a version: neither `latest`, which is computed, nor like `v12` (MLflow's rule)."""
    alias = parse_alias(text, field=field)
    if is_latest(alias) or _NUMBERED.fullmatch(alias):
        raise Invalid(f"{alias!r} is reserved: 'latest' is computed, and 'v12' reads as a number", field=field)
    return alias


def is_latest(alias: str) -> bool:
    """Whether the alias stands for the newest ready version, however it is spelt."""
    return alias.lower() == LATEST


def find_alias(aliases: Aliases, name: str) -> Alias:
    """An alias as it stands now."""
    numbers = aliases.get(name, ())
    return Alias(name, numbers[0] if numbers else None, numbers[1:])


def aliases_of(aliases: Aliases, number: int) -> tuple[str, ...]:
    """The aliases that stand for a version, in order."""
    return tuple(sorted(name for name, numbers in aliases.items() if numbers[0] == number))


def check_expected(alias: Alias, expected: Expected) -> None:
    """AliasMoved, with whom the alias stands for as `actual`, unless that is as expected."""
    if expected is not Whoever.WHOEVER and expected != alias.number:
        actual, due = (_said(number) for number in (alias.number, expected))
        raise AliasMoved(f"{alias.name!r} stands for {actual}, not for {due}", field="expect", actual=alias.number)


def _said(number: int | None) -> str:
    return "nobody" if number is None else f"version {number}"


def point(aliases: Aliases, name: str, number: int) -> Aliases:
    """`aliases` once `name` stands for version `number`; TooLarge when the model has too many."""
    before = aliases.get(name, ())
    if before[:1] == (number,):
        return aliases
    if not before and len(aliases) >= MAX_ALIASES:
        raise TooLarge(f"a model has at most {MAX_ALIASES} aliases", field="alias")
    return {**aliases, name: (number, *before)[:REMEMBERED]}


def step_back(aliases: Aliases, name: str) -> Aliases:
    """`aliases` once `name` stands for whom it stood for before; NotFound without the alias, Conflict without any."""
    before = aliases[existing(aliases, name).name]
    if len(before) == 1:
        raise Conflict(f"{name!r} is not known to have stood for another version before", field="alias")
    return {**aliases, name: before[1:]}


def drop(aliases: Aliases, name: str) -> Aliases:
    """`aliases` without `name`, and without what it stood for before; NotFound when there is no such alias."""
    gone = existing(aliases, name).name
    return {kept: numbers for kept, numbers in aliases.items() if kept != gone}


def existing(aliases: Aliases, name: str) -> Alias:
    """The alias; NotFound when it stands for nobody."""
    if name not in aliases:
        raise NotFound(f"there is no alias {name!r}", field="alias")
    return find_alias(aliases, name)
