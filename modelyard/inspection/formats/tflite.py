"""TFLite: a FlatBuffer; operators, inputs and outputs, and the weights by their shapes.

https://github.com/google-ai-edge/LiteRT/blob/main/tflite/schema/schema.fbs and
https://flatbuffers.dev/internals/
"""

from math import prod
from typing import Any

from modelyard.inspection.formats.matching import begins
from modelyard.inspection.formats.reading import Cursor, spelled, tell
from modelyard.inspection.formats.tensorflow import judge
from modelyard.inspection.sight import Format, Sight

RULE = "tflite.malformed"
MAX_ITEMS = 200_000
OPERATOR_CODES, SUBGRAPHS, BUFFERS = 1, 2, 4
DTYPES = (
    "FLOAT32", "FLOAT16", "INT32", "UINT8", "INT64", "STRING", "BOOL", "INT16", "COMPLEX64", "INT8", "FLOAT64",
    "COMPLEX128", "UINT64", "RESOURCE", "VARIANT", "UINT32", "UINT16", "INT4", "BFLOAT16", "INT2", "UINT4",
)  # fmt: skip
BITS = (32, 16, 32, 8, 64, 0, 8, 16, 64, 8, 64, 128, 64, 0, 0, 32, 16, 4, 16, 2, 4)
KNOWN_CUSTOM = {"TFLite_Detection_PostProcess", "CustomExtractGlimpse", "Mfcc", "AudioSpectrogram", "edgetpu-custom-op"}


class Table:
    """A FlatBuffer's table at `place`: fields by their number in the schema."""

    def __init__(self, sight: Sight, place: int) -> None:
        self.sight = sight
        self.place = place
        sight.budget.spend("opcodes")
        self._vtable = place - self._at(place, "<i")
        self._size = self._at(self._vtable, "<H")

    def _at(self, place: int, shape: str) -> int:
        if not 0 <= place < self.sight.source.size:
            raise Cursor(self.sight.source, RULE, 0).wrong(f"an offset leads to {place:,}, outside of the file")
        number: int = Cursor(self.sight.source, RULE, place).number(shape)
        return number

    def where(self, number: int) -> int | None:
        """Where field `number` lies; None when it is not there."""
        entry = 4 + 2 * number
        offset = self._at(self._vtable + entry, "<H") if entry + 2 <= self._size else 0
        return self.place + offset if offset else None

    def number(self, number: int, shape: str) -> int:
        """A plain field; 0 when it is not there."""
        place = self.where(number)
        return 0 if place is None else self._at(place, shape)

    def vector(self, number: int) -> tuple[int, int]:
        """Where the items of a vector begin, and how many there are."""
        field = self.where(number)
        if field is None:
            return 0, 0
        place = field + self._at(field, "<I")
        count = self._at(place, "<I")
        if count > min(MAX_ITEMS, self.sight.source.size - place):
            raise Cursor(self.sight.source, RULE, place).wrong(f"a vector of {count:,} items")
        return place + 4, count

    def size_of(self, number: int) -> int:
        """How many items a vector has, however many."""
        field = self.where(number)
        return 0 if field is None else self._at(field + self._at(field, "<I"), "<I")

    def tables(self, number: int) -> list["Table"]:
        """The tables of a vector."""
        start, count = self.vector(number)
        places = [start + 4 * each for each in range(count)]
        return [Table(self.sight, place + self._at(place, "<I")) for place in places]

    def whole_numbers(self, number: int, most: int = 64) -> list[int]:
        """The first items of a vector of int32."""
        start, count = self.vector(number)
        return [self._at(start + 4 * each, "<i") for each in range(min(count, most))]

    def text(self, number: int) -> str:
        """A text, safe to show."""
        field = self.where(number)
        if field is None:
            return ""
        place = field + self._at(field, "<I")
        return spelled(self.sight.source.read(place + 4, min(self._at(place, "<I"), 800)))


def look(sight: Sight) -> None:
    """Walk the tables, tell what the model is, and note operators that are not TFLite's own."""
    model = Table(sight, Cursor(sight.source, RULE).number("<I"))
    facts: dict[str, Any] = {"format": "tflite", "framework": "tflite", "spec_version": model.number(0, "<I")}
    facts["operators"] = sorted(_custom(model))[:100]
    graphs = model.tables(SUBGRAPHS)
    learned = _filled(model)
    for number, graph in enumerate(graphs):
        tensors = graph.tables(0)
        if number == 0:
            facts["inputs"] = [_value(tensors, each) for each in graph.whole_numbers(1)]
            facts["outputs"] = [_value(tensors, each) for each in graph.whole_numbers(2)]
        _weights(tensors, learned, facts)
    tell(sight, facts)


def _custom(model: Table) -> set[str]:
    """Operators by name: those of TensorFlow (Flex…) are judged as its own."""
    found = {code.text(1) for code in model.tables(OPERATOR_CODES)} - {""}
    for name in sorted(found):
        if name.startswith("Flex"):
            judge(model.sight, name.removeprefix("Flex"), name)
        elif name not in KNOWN_CUSTOM:
            model.sight.note("tflite.custom-operator", name)
    return found


def _filled(model: Table) -> set[int]:
    """Buffers with data: those of tensors that were learned. Large ones lie behind the tables (offset and size)."""
    buffers = model.tables(BUFFERS)
    return {number for number, each in enumerate(buffers) if each.size_of(0) or each.number(2, "<Q")}


def _value(tensors: list[Table], number: int) -> dict[str, Any]:
    if not 0 <= number < len(tensors):
        return {"name": "", "dtype": "", "shape": None}
    tensor = tensors[number]
    shape = tensor.whole_numbers(7) if tensor.where(7) is not None else tensor.whole_numbers(0)
    kept = [each if each >= 0 else None for each in shape]
    return {"name": tensor.text(3), "dtype": _dtype(tensor)[0], "shape": kept}


def _dtype(tensor: Table) -> tuple[str, int]:
    number = tensor.number(1, "<B")
    return (DTYPES[number], BITS[number]) if number < len(DTYPES) else ("", 0)


def _weights(tensors: list[Table], learned: set[int], facts: dict[str, Any]) -> None:
    sizes: dict[str, int] = facts.setdefault("dtypes", {})
    for tensor in tensors:
        if tensor.number(2, "<I") not in learned:
            continue
        elements = prod(max(each, 0) for each in tensor.whole_numbers(0))
        name, bits = _dtype(tensor)
        facts["tensors"] = facts.get("tensors", 0) + 1
        facts["parameters"] = facts.get("parameters", 0) + elements
        sizes[name] = sizes.get(name, 0) + elements * bits // 8


FORMATS = (Format("tflite", begins(b"TFL3", at=4), look),)
