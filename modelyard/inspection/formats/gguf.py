"""GGUF, versions 2 and 3: metadata by key, then where each tensor lies, then the tensors.

https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from collections.abc import Iterable
from math import prod
from typing import Any, NamedTuple

from modelyard.inspection.formats.matching import begins
from modelyard.inspection.formats.reading import Cursor, shown, spelled, tell
from modelyard.inspection.formats.safetensors import by_dtype
from modelyard.inspection.formats.templates import MAX_TEMPLATE, check_template
from modelyard.inspection.sight import Format, Malformed, Sight

RULE = "gguf.malformed"
MAX_KEYS = 10_000
MAX_TENSORS = 200_000
MAX_KEY = 65_535
MAX_NAME = 1024
MAX_DEPTH = 4
SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
SHAPES = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9
TYPES: dict[int, tuple[str, int, int]] = {
    0: ("F32", 1, 4),
    1: ("F16", 1, 2),
    2: ("Q4_0", 32, 18),
    3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24),
    8: ("Q8_0", 32, 34),
    9: ("Q8_1", 32, 40),
    10: ("Q2_K", 256, 84),
    11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176),
    14: ("Q6_K", 256, 210),
    15: ("Q8_K", 256, 292),
    16: ("IQ2_XXS", 256, 66),
    17: ("IQ2_XS", 256, 74),
    18: ("IQ3_XXS", 256, 98),
    19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18),
    21: ("IQ3_S", 256, 110),
    22: ("IQ2_S", 256, 82),
    23: ("IQ4_XS", 256, 136),
    24: ("I8", 1, 1),
    25: ("I16", 1, 2),
    26: ("I32", 1, 4),
    27: ("I64", 1, 8),
    28: ("F64", 1, 8),
    29: ("IQ1_M", 256, 56),
    30: ("BF16", 1, 2),
    34: ("TQ1_0", 256, 54),
    35: ("TQ2_0", 256, 66),
    39: ("MXFP4", 32, 17),
    40: ("NVFP4", 64, 36),
    41: ("Q1_0", 128, 18),
}
"""Tensor types by number: name, elements in a block, bytes of a block (ggml.h, gguf-py's GGML_QUANT_SIZES)."""
FULL = {"F32", "F16", "BF16", "F64", "I8", "I16", "I32", "I64"}


class Tensor(NamedTuple):
    """Where a tensor's bytes lie, from the start of the data."""

    start: int
    size: int
    name: str
    dtype: str
    elements: int


def look(sight: Sight) -> None:
    """Check that the tensors lie in the file, and tell what the metadata says."""
    cursor = Cursor(sight.source, RULE, 4)
    version = cursor.number("<I")
    if version not in {2, 3}:
        sight.miss(f"GGUF of version {version & 0xFFFF or version >> 24}, or big-endian")
        return
    tensors, keys = cursor.number("<Q"), cursor.number("<Q")
    if keys > MAX_KEYS or tensors > MAX_TENSORS:
        raise cursor.wrong(f"{tensors:,} tensors and {keys:,} keys are said to follow")
    metadata = _metadata(sight, cursor, keys)
    infos = [_tensor(sight, cursor) for _ in range(tensors)]
    _check_layout(infos, cursor, metadata)
    tell(sight, {"format_version": version, **_said(metadata), **_counted(infos)})
    template = metadata.get("tokenizer.chat_template")
    if isinstance(template, str):
        check_template(sight, template)


def _metadata(sight: Sight, cursor: Cursor, keys: int) -> dict[str, Any]:
    """Metadata by key; of an array only how many items it has."""
    known: dict[str, Any] = {}
    for _ in range(keys):
        name = spelled(_text(cursor, MAX_KEY))
        if name in known:
            raise cursor.wrong(shown(f"the key {name} is there twice"))
        known[name] = _value(sight, cursor, cursor.number("<I"), name, 0)
    return known


def _text(cursor: Cursor, most: int) -> bytes:
    length = cursor.number("<Q")
    if length > most:
        raise cursor.wrong(f"a text of {length:,} bytes")
    return cursor.take(length)


def _value(sight: Sight, cursor: Cursor, kind: int, name: str, depth: int) -> Any:
    if kind == STRING:
        most = MAX_TEMPLATE if "chat_template" in name else 200
        return spelled_whole(_long(cursor), most)
    if kind == ARRAY:
        return _array(sight, cursor, name, depth)
    if kind not in SIZES:
        raise cursor.wrong(f"no value has type {kind}")
    return cursor.number("<" + SHAPES[kind])


def spelled_whole(data: bytes, most: int) -> str:
    """Text as it is when it may be long (a template is judged with its line ends), shown otherwise."""
    return data.decode(errors="replace") if most > 200 else spelled(data, most)


def _long(cursor: Cursor) -> bytes:
    """A string: what is beyond the longest template is skipped unread."""
    length = cursor.number("<Q")
    data = cursor.take(min(length, MAX_TEMPLATE, cursor.left))
    cursor.skip(length - len(data))
    if length > MAX_TEMPLATE:
        raise cursor.wrong(f"a text of {length:,} bytes")
    return data


def _array(sight: Sight, cursor: Cursor, name: str, depth: int) -> int:
    """How many items an array has; they are skipped."""
    kind, count = cursor.number("<I"), int(cursor.number("<Q"))
    if kind in SIZES:
        cursor.skip(SIZES[kind] * count)
        return count
    if kind not in {STRING, ARRAY} or depth >= MAX_DEPTH or count > cursor.left:
        raise cursor.wrong(f"an array of {count:,} items of type {kind}")
    sight.budget.spend("opcodes", count)
    for _ in range(count):
        if kind == STRING:
            cursor.skip(cursor.number("<Q"))
        else:
            _array(sight, cursor, name, depth + 1)
    return count


def _tensor(sight: Sight, cursor: Cursor) -> Tensor:
    sight.budget.spend("opcodes")
    name = spelled(_text(cursor, MAX_NAME))
    dimensions = cursor.number("<I")
    if dimensions > 8:
        raise cursor.wrong(f"a tensor of {dimensions} dimensions")
    shape = [cursor.number("<Q") for _ in range(dimensions)]
    kind, start = cursor.number("<I"), cursor.number("<Q")
    if kind not in TYPES:
        sight.miss("tensors of a type that is not known")
    dtype, block, size = TYPES.get(kind, (f"type {kind}", 1, 0))
    elements = prod(shape)
    if elements % block or elements >= 2**63:
        raise cursor.wrong(f"{dtype} {shape} is no whole number of blocks")
    return Tensor(start, elements // block * size, name, dtype, elements)


def _check_layout(tensors: Iterable[Tensor], cursor: Cursor, metadata: dict[str, Any]) -> None:
    """Tensors begin where they are aligned, do not overlap, and end within the file."""
    aligned = metadata.get("general.alignment", 32)
    if not isinstance(aligned, int) or aligned <= 0 or aligned & (aligned - 1) or aligned > 2**20:
        raise cursor.wrong(f"an alignment of {aligned}")
    data = -(-cursor.place // aligned) * aligned
    place = 0
    for tensor in sorted(tensors):
        if tensor.start % aligned or tensor.start < place:
            raise Malformed(
                RULE, shown(f"{tensor.name} overlaps another or is not aligned"), offset=data + tensor.start
            )
        place = tensor.start + tensor.size
    if data + place > cursor.end and place:
        raise Malformed(RULE, f"tensors end at {data + place:,} in a file of {cursor.end:,} bytes")


def _said(metadata: dict[str, Any]) -> dict[str, Any]:
    architecture = metadata.get("general.architecture", "")
    return {
        "format": "gguf",
        "framework": "ggml",
        "architecture": architecture,
        "name": metadata.get("general.name"),
        "context_length": metadata.get(f"{architecture}.context_length"),
        "layers": metadata.get(f"{architecture}.block_count"),
        "vocabulary": metadata.get("tokenizer.ggml.tokens"),
    }


def _counted(tensors: list[Tensor]) -> dict[str, Any]:
    sizes = by_dtype((tensor.dtype, tensor.size) for tensor in tensors)
    small = {name: size for name, size in sizes.items() if name not in FULL}
    return {
        "tensors": len(tensors),
        "parameters": sum(tensor.elements for tensor in tensors),
        "dtypes": sizes,
        "quantization": max(small, key=lambda name: small[name]) if small else None,
    }


FORMATS = (Format("gguf", begins(b"GGUF"), look),)
