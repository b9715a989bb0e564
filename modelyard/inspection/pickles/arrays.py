"""The types and shapes of arrays, read from what a pickle says of them; nothing is made."""

import re
from typing import Any

from modelyard.inspection.pickles.values import Import, Made

SIMPLE = re.compile(r"[<>=|]?([?bBhHiIlLqQpPefdgFDGSUVOmMauc])(\d*)(\[\w+\])?")
SIZES = dict(
    zip("?bBhHiIlLqQpPefdgFDGuc", (1, 1, 1, 2, 2, 4, 4, 8, 8, 8, 8, 8, 8, 2, 4, 8, 16, 8, 16, 32, 4, 1), strict=True)
)
DEEPEST = 16


def item_size(dtype: Any, depth: int = 0) -> int | None:
    """Bytes of an item of a pickled `numpy.dtype`; 0 when its items are objects; None when that cannot be told."""
    if not isinstance(dtype, Made) or not isinstance(dtype.args, tuple) or not dtype.args or depth > DEEPEST:
        return None
    code = dtype.args[0]
    if isinstance(code, bytes):
        code = code.decode("latin-1")
    if not isinstance(code, str) or not isinstance(dtype.what, Import) or dtype.what.name != "dtype":
        return None
    found = code_size(code)
    return _checked(dtype.state, found, depth) if isinstance(dtype.state, tuple) else found


def _checked(state: tuple[Any, ...], found: int | None, depth: int) -> int | None:
    """What the state adds: fields, a type within, and the size of what has neither."""
    inner = [state[2][0]] if len(state) > 2 and isinstance(state[2], tuple) and state[2] else []
    if len(state) > 4 and isinstance(state[4], dict):
        inner += [each[0] for each in state[4].values() if isinstance(each, tuple) and each]
        if len(state[4]) >= 1024:
            return None
    sizes = [item_size(each, depth + 1) for each in inner]
    if None in sizes:
        return None
    return 0 if 0 in sizes else found


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
