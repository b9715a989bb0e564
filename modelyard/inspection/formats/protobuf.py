"""Protobuf on the wire: fields by number, without a schema; what is long is not read until it is asked for.

https://protobuf.dev/programming-guides/encoding/
"""

from collections.abc import Iterator
from typing import NamedTuple

from modelyard.inspection.formats.reading import Cursor, shown
from modelyard.inspection.sight import Malformed, Sight

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
MAX_DEPTH = 32
COST = 3
"""Opcodes of the budget that a field costs: it takes about as long as three of a pickle."""


class Field(NamedTuple):
    """One field: its number, its wire type, and its value, or where its bytes lie."""

    number: int
    wire: int
    value: int
    start: int
    size: int


class Message(NamedTuple):
    """A message somewhere in a source. What is wrong in it is Malformed under `rule`."""

    sight: Sight
    rule: str
    start: int
    size: int

    def fields(self) -> Iterator[Field]:
        """The fields in order. Each one costs opcodes of the budget."""
        cursor = Cursor(self.sight.source, self.rule, self.start, self.start + self.size)
        while cursor.left:
            self.sight.budget.spend("opcodes", COST)
            yield _field(cursor)

    def inner(self, field: Field) -> "Message":
        """The message that a field holds."""
        if field.wire != BYTES:
            raise self.wrong(f"field {field.number} is no message")
        return Message(self.sight, self.rule, field.start, field.size)

    def inners(self, number: int) -> Iterator["Message"]:
        """The messages of a repeated field."""
        return (self.inner(field) for field in self.fields() if field.number == number)

    def text(self, field: Field, most: int = 200) -> str:
        """The text of a field, safe to show, cut at `most`."""
        raw = self.inner(field).bytes(4 * most)
        return shown(raw.decode(errors="replace"), most)

    def wrong(self, detail: str) -> Malformed:
        """What to raise when the message cannot be."""
        return Malformed(self.rule, detail, offset=self.start)

    def bytes(self, most: int) -> bytes:
        """The first bytes."""
        return self.sight.source.read(self.start, min(self.size, most))


def whole(sight: Sight, rule: str) -> Message:
    """The source as one message."""
    return Message(sight, rule, 0, sight.source.size)


def _field(cursor: Cursor) -> Field:
    key = cursor.varint()
    number, wire = key >> 3, key & 7
    if not 0 < number < 2**29:
        raise cursor.wrong(f"no field has number {number}")
    if wire == BYTES:
        size = cursor.varint()
        start = cursor.place
        cursor.skip(size)
        return Field(number, wire, 0, start, size)
    if wire == VARINT:
        return Field(number, wire, cursor.varint(), 0, 0)
    if wire in {FIXED64, FIXED32}:
        return Field(number, wire, cursor.number("<Q" if wire == FIXED64 else "<I"), 0, 0)
    raise cursor.wrong(f"no field has wire type {wire}")


def signed(value: int) -> int:
    """A varint as int64."""
    return value - 2**64 if value >= 2**63 else value


def packed(message: Message, field: Field, most: int = 1024) -> list[int]:
    """Whole numbers of a repeated field, packed or one by one; at most `most` of one packing."""
    if field.wire == VARINT:
        return [signed(field.value)]
    cursor = Cursor(message.sight.source, message.rule, field.start, field.start + field.size)
    numbers: list[int] = []
    while cursor.left and len(numbers) < most:
        numbers.append(signed(cursor.varint()))
    return numbers


def top_fields(sight: Sight, most: int = 20_000) -> list[Field] | None:
    """The fields of the source as a message; None when it is none, or has more than `most`."""
    cursor = Cursor(sight.source, "", 0)
    found: list[Field] = []
    try:
        while cursor.left:
            found.append(_field(cursor))
            if len(found) > most:
                return None
    except Malformed:
        return None
    return found
