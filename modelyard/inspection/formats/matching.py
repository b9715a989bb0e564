"""How formats are recognised: by first bytes, or by a name that programs look for."""

from collections.abc import Callable

from modelyard.inspection.sight import Sight

Matches = Callable[[bytes, Sight], bool]


def begins(*magics: bytes, at: int = 0) -> Matches:
    """Files that have one of the magics at a place."""
    return lambda head, _sight: head.startswith(magics, at)


def ends(*endings: str) -> Matches:
    """Files whose names end so, whatever is in them."""
    return lambda _head, sight: sight.name.lower().endswith(endings)


def called(*names: str) -> Matches:
    """Files of exactly these names, in whatever folder."""
    known = frozenset(names)
    return lambda _head, sight: sight.name.rpartition("/")[2] in known
