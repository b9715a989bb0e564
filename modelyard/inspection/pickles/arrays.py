"""The types and shapes of arrays, read from what a pickle says of them; nothing is made."""

import re
from typing import Any

from modelyard.inspection.pickles.values import MOST_KEYS, Import, Made

SIMPLE = re.compile(r"[<>=|]?([?bBhHiIlLqQpPefdgFDGSUVOmMauc])(\d*)(\[\w+\])?")
SIZES = dict(
    zip("?bBhHiIlLqQpPefdgFDGuc", (1, 1, 1, 2, 2, 4, 4, 8, 8, 8, 8, 8, 8, 2, 4, 8, 16, 8, 16, 32, 4, 1), strict=True)
)
SIZED = re.compile(r"[<>=|]?[SUVa]")
"""Types of which a state says the size."""

HAS_OBJECTS = 1
DEEPEST = 16


def item_size(dtype: Any, depth: int = 0, known: dict[int, int | None] | None = None) -> int | None:
    """Bytes of an item of a pickled `numpy.dtype`; 0 when its items are objects; None when that cannot be told.

    `known` has the sizes of types by their identity: a few types within one another may stand for very many.
    """
    known = {} if known is None else known
    if id(dtype) not in known:
        known[id(dtype)] = _size_of(dtype, depth, known)
    return known[id(dtype)]


def _size_of(dtype: Any, depth: int, known: dict[int, int | None]) -> int | None:
    if not isinstance(dtype, Made) or not isinstance(dtype.args, tuple) or not dtype.args or depth > DEEPEST:
        return None
    code = dtype.args[0]
    if isinstance(code, bytes):
        code = code.decode("latin-1")
    if not isinstance(code, str) or not isinstance(dtype.what, Import) or dtype.what.name != "dtype":
        return None
    found = code_size(code)
    return found if dtype.state is None or found is None else _checked(dtype.state, code, found, depth, known)


def _checked(state: Any, code: str, found: int, depth: int, known: dict[int, int | None]) -> int | None:
    """The size when the state says the same; it may change the size of some types, and whether there are objects.

    As `arraydescr_setstate` in numpy reads it, version 3 or 4: version, byte order, type within, names, fields, size,
    alignment, flags, and sometimes metadata.
    """
    if not isinstance(state, tuple) or len(state) not in {8, 9} or state[0] not in (3, 4) or type(state[7]) is not int:
        return None
    if state[5] != found and not (state[5] == -1 and not SIZED.match(code)) and not code.strip("<>=|").startswith("O"):
        return None
    inner = [state[2][0]] if isinstance(state[2], tuple) and state[2] else []
    if isinstance(state[4], dict):
        inner += [each[0] if isinstance(each, tuple) and each else None for each in state[4].values()]
        if len(state[4]) >= MOST_KEYS or len(state[4]) != len(state[3] or ()):
            return None
    sizes = [item_size(each, depth + 1, known) for each in inner]
    found = 0 if 0 in sizes else found
    return None if None in sizes or bool(state[7] & HAS_OBJECTS) != (found == 0) else found


def code_size(code: str) -> int | None:
    """Bytes of an item of the type that numpy writes as `code`, such as `<f8`; 0 for objects."""
    match = SIMPLE.fullmatch(code)
    if match is None:
        return None
    kind, number = match[1], int(match[2]) if match[2] and len(match[2]) < 10 else None
    if kind == "O":
        return 0
    if kind in "mM":
        return 8
    if kind == "U":
        return None if number is None else 4 * number
    return (number if number is not None else SIZES.get(kind)) or None


def count(shape: Any) -> int | None:
    """How many items a shape has; None when it is none."""
    sizes = (shape,) if isinstance(shape, int) else shape
    if not isinstance(sizes, tuple | list) or not all(type(each) is int and each >= 0 for each in sizes):
        return None
    product = 1
    for each in sizes:
        product = min(product * each, 2**63)
    return product
