"""safetensors: a JSON header that lists the tensors, and their bytes without a gap.

https://github.com/huggingface/safetensors#format; what the reference library refuses is refused here, and keys that
are there twice, which the format forbids and the library lets pass.
"""

import re
from collections.abc import Iterable
from math import prod
from typing import Any, NamedTuple

from modelyard.inspection.budgets import OutOfBudget
from modelyard.inspection.formats.matching import both, ends, is_json
from modelyard.inspection.formats.reading import (
    MAX_JSON,
    Cursor,
    all_of,
    leads_away,
    parse_json,
    shortened,
    shown,
    tell,
)
from modelyard.inspection.sight import Format, Malformed, Sight

RULE = "safetensors.malformed"
MAX_HEADER = 100_000_000
BITS = {
    **dict.fromkeys(("F4",), 4),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
    **dict.fromkeys(("I16", "U16", "F16", "BF16"), 16),
    **dict.fromkeys(("I32", "U32", "F32"), 32),
    **dict.fromkeys(("C64", "F64", "I64", "U64"), 64),
}
FRAMEWORKS = {"pt": "pytorch", "tf": "tensorflow", "flax": "flax", "np": "numpy", "mlx": "mlx", "jax": "jax"}
_LAYER = re.compile(r"(?:^|\.)(?:layers|layer|h|blocks|block)\.(\d{1,5})\.")


class Tensor(NamedTuple):
    """A tensor as the header describes it, its bytes from `start` to `end` of the data."""

    start: int
    end: int
    name: str
    dtype: str
    elements: int


def matches(head: bytes, sight: Sight) -> bool:
    """A length that fits, and an object."""
    length = int.from_bytes(head[:8], "little")
    return head[8:9] == b"{" and length <= max(sight.source.size - 8, 0)


def look(sight: Sight) -> None:
    """Check the header against the bytes, and tell what the tensors are."""
    length = _header_length(sight)
    header = parse_json(sight.source.read(8, length), RULE)
    metadata = header.pop("__metadata__", {}) if isinstance(header, dict) else None
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise Malformed(RULE, "__metadata__ maps text to text")
    tensors = sorted(_tensor(name, info) for name, info in header.items())
    _check_layout(tensors, sight.source.size - 8 - length)
    tell(sight, {"format": "safetensors", "framework": FRAMEWORKS.get(metadata.get("format", "")), **_facts(tensors)})


def _header_length(sight: Sight) -> int:
    length: int = Cursor(sight.source, RULE).number("<Q")
    if length > MAX_HEADER:
        raise Malformed(RULE, f"a header of {length:,} bytes; the format allows {MAX_HEADER:,}")
    if length > sight.source.size - 8:
        raise Malformed(RULE, f"a header of {length:,} bytes in a file of {sight.source.size:,}")
    if length > MAX_JSON:
        raise OutOfBudget("bytes of header", MAX_JSON)
    return length


def _tensor(name: str, info: Any) -> Tensor:
    match info:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [start, end]} if len(info) == 3:
            if dtype not in BITS:
                raise Malformed(RULE, shown(f"{name}: the format has no dtype {dtype}"))
            if not all(type(each) is int and 0 <= each < 2**64 for each in (*shape, start, end)):
                raise Malformed(RULE, shown(f"{name}: shape and offsets are whole numbers"))
            return _sized(name, dtype, shape, start, end)
    raise Malformed(RULE, shown(f"{name}: a tensor has dtype, shape and data_offsets"))


def _sized(name: str, dtype: str, shape: list[int], start: int, end: int) -> Tensor:
    elements = prod(shape[:64])
    if len(shape) > 64 or elements * BITS[dtype] != (end - start) * 8:
        raise Malformed(RULE, shown(f"{name}: {dtype} {shape} does not take {end - start} bytes"))
    return Tensor(start, end, name, dtype, elements)


def _check_layout(tensors: Iterable[Tensor], size: int) -> None:
    """Tensors follow one another, without overlap or hole, to the end of the file."""
    place = 0
    for tensor in tensors:
        if tensor.start != place:
            what = "overlaps another" if tensor.start < place else "leaves bytes unused before it"
            raise Malformed(RULE, shown(f"{tensor.name}: {what}"), offset=place)
        place = tensor.end
    if place != size:
        raise Malformed(RULE, f"tensors take {place:,} bytes, the file has {size:,} for them", offset=place)


def _facts(tensors: list[Tensor]) -> dict[str, Any]:
    return {
        "tensors": len(tensors),
        "parameters": sum(tensor.elements for tensor in tensors),
        "dtypes": by_dtype((tensor.dtype, tensor.end - tensor.start) for tensor in tensors),
        "layers": layers(tensor.name for tensor in tensors),
    }


def by_dtype(sizes: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Bytes by data type, from pairs of the two."""
    total: dict[str, int] = {}
    for dtype, size in sizes:
        total[dtype] = total.get(dtype, 0) + size
    return dict(sorted(total.items()))


def layers(names: Iterable[str]) -> int | None:
    """How many layers tensors are named for, as in `model.layers.31.mlp`; None when names do not say."""
    numbers = [int(found[1]) for name in names if (found := _LAYER.search(name[:512]))]
    return max(numbers) + 1 if numbers else None


INDEXES = (".safetensors.index.json", ".bin.index.json", ".h5.index.json")


def look_index(sight: Sight) -> None:
    """Check that an index names files beside it, and nothing else."""
    index = parse_json(all_of(sight, MAX_JSON), RULE)
    match index:
        case {"weight_map": dict(weights)}:
            files = {value for value in weights.values() if isinstance(value, str)}
        case _:
            raise Malformed(RULE, "an index has a weight_map")
    for path in sorted(files):
        if leads_away(path):
            sight.note("safetensors.outside", shown(path))
    tell(sight, {"format": "weights-index", "external_files": shortened(sorted(files))})


FORMATS = (Format("weights-index", both(ends(*INDEXES), is_json), look_index), Format("safetensors", matches, look))
