"""Where facts stand in an order: numbers before texts, and what has no value last, whichever way the order goes."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from modelyard.domain.journal import instant
from modelyard.search.evaluating import number_of
from modelyard.search.facts import Fact

LONGEST = 200
"""Bytes of a text that count in an order; those that begin alike beyond are in the order of creation."""

Place = tuple[int, Any]
"""A kind of value, and the value: 0 for numbers, 1 for texts, less or more than these for none."""

_TYPES: Mapping[int, tuple[type, ...]] = {-1: (int,), 0: (int, float), 1: (str,), 2: (int,)}


def place_of(facts: Sequence[Fact], *, descending: bool) -> Place:
    """Where something with these values stands: by the least of them."""
    return min(map(_place, facts)) if facts else _nowhere(descending=descending)


def _nowhere(*, descending: bool) -> Place:
    return (-1 if descending else 2), 0


def _place(fact: Fact) -> Place:
    if isinstance(fact, datetime):
        return 1, instant(fact)
    number = number_of(fact)
    if number is not None:
        return 0, number
    return 1, str(fact).encode()[:LONGEST].decode(errors="ignore")


def write_place(place: Place) -> str:
    """A place as text."""
    return json.dumps(place)


def read_place(text: str) -> Place:
    """The place that `write_place` wrote. ValueError for anything else."""
    try:
        place = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(place, list) or len(place) != 2:
        raise ValueError(text)
    kind, value = place
    if type(kind) is not int or not isinstance(value, _TYPES.get(kind, ())) or isinstance(value, bool):
        raise ValueError(text)
    return kind, value
