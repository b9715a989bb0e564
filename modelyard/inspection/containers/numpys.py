"""numpy's own files (numpy.lib.format): a header that says what the array is, then its bytes, or a pickle."""

import ast
from typing import Any

from modelyard.inspection.formats.reading import shown, tell
from modelyard.inspection.pickles.arrays import code_size, count
from modelyard.inspection.pickles.reading import follow_all
from modelyard.inspection.sight import Format, Malformed, Sight

MAGIC = b"\x93NUMPY"
RULE = "npy.malformed"
MOST_HEADER = 10_000
"""Characters of a header that numpy reads from files that are not trusted."""

DEEPEST = 16


def is_npy(head: bytes, _sight: Sight) -> bool:
    """Whether the bytes begin as numpy's."""
    return head.startswith(MAGIC)


def look(sight: Sight) -> None:
    """Hold the header against the bytes; an array of objects is a pickle."""
    header, start = _header(sight)
    size, items = _item_size(header.get("descr"), 0), count(header.get("shape"))
    if header.keys() != {"descr", "fortran_order", "shape"} or size is None or items is None:
        raise Malformed(RULE, "the header has no known type or shape")
    tell(
        sight,
        {"format": "npy", "framework": "numpy", "shape": list(header["shape"]), "dtype": shown(str(header["descr"]))},
    )
    if size == 0:
        sight.note("npy.objects", "an array of objects is a pickle", offset=start)
        follow_all(sight, start)
    elif start + size * items != sight.source.size:
        raise Malformed(RULE, f"the array should have {size * items:,} bytes", offset=start)


def _header(sight: Sight) -> tuple[dict[str, Any], int]:
    head = sight.source.read(0, 12)
    width = {1: 2, 2: 4, 3: 4}.get(head[6] if len(head) == 12 else 0)
    if width is None:
        raise Malformed(RULE, "the version is not known", offset=6)
    length = int.from_bytes(head[8 : 8 + width], "little")
    if length > MOST_HEADER:
        raise Malformed(RULE, f"the header has {length:,} bytes", offset=8)
    text = sight.source.read(8 + width, length)
    try:
        header = ast.literal_eval(text.decode("utf-8" if head[6] == 3 else "latin-1").strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        header = None
    if not isinstance(header, dict) or len(text) < length:
        raise Malformed(RULE, "the header is none", offset=8)
    return header, 8 + width + length


def _item_size(descr: Any, depth: int) -> int | None:
    """Bytes of an item; 0 when there are objects in it."""
    if isinstance(descr, str):
        return code_size(descr)
    if not isinstance(descr, list | tuple) or depth > DEEPEST:
        return None
    if isinstance(descr, tuple):
        inner = _item_size(descr[0], depth + 1) if len(descr) == 2 else None
        items = count(descr[1]) if len(descr) == 2 else None
        return None if inner is None or items is None else inner * items
    sizes = [_field_size(each, depth + 1) for each in descr]
    known = [each for each in sizes if each is not None]
    return None if len(known) < len(sizes) else 0 if 0 in known else sum(known)


def _field_size(field: Any, depth: int) -> int | None:
    if not isinstance(field, tuple) or len(field) not in {2, 3}:
        return None
    inner = _item_size(field[1], depth)
    items = count(field[2]) if len(field) == 3 else 1
    return None if inner is None or items is None else inner * items


FORMATS = (Format("npy", is_npy, look),)
