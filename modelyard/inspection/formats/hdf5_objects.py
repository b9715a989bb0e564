"""HDF5 by hand: object headers, groups and attributes, as far as a model's structure needs them.

The reference library is C code that has been broken by hostile files many times, and would take this process with it.
What is read here is little, and read with bounds: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from modelyard.inspection.formats.hdf5_dense import objects
from modelyard.inspection.formats.reading import Cursor, spelled
from modelyard.inspection.sight import Malformed, Sight

RULE = "hdf5.malformed"
SIGNATURE = b"\x89HDF\r\n\x1a\n"
MAX_MESSAGES = 10_000
MAX_VALUE = 16 * 1024**2
MAX_RANK = 32
LINK_INFO, LAYOUT, FILTERS, CONTINUATION, ATTRIBUTE_INFO = 2, 8, 11, 16, 21
HARD, SOFT, EXTERNAL = 0, 1, 64
CLASSES = (
    "int",
    "float",
    "time",
    "string",
    "bits",
    "opaque",
    "compound",
    "reference",
    "enum",
    "vlen",
    "array",
    "complex",
)
NUMBERS = ("int", "uint", "float")
"""What learned values are kept as; other datasets are no parameters."""


class Link(NamedTuple):
    """A name in a group: where its object is, or what it says of where it is."""

    name: str
    kind: int
    address: int
    target: str = ""


class Message(NamedTuple):
    """A message of an object header, and where its body lies."""

    kind: int
    flags: int
    start: int
    size: int


@dataclass(slots=True)
class Thing:
    """A group or dataset, as its header describes it."""

    links: list[Link] = field(default_factory=list)
    attributes: dict[str, bytes] = field(default_factory=dict)
    shape: list[int] | None = None
    dtype: str = "unknown"
    width: int = 0
    stored: bool = False
    external: bool = False
    virtual: bool = False
    filters: list[int] = field(default_factory=list)


class Hdf5:
    """An HDF5 file whose signature is at `base`."""

    def __init__(self, sight: Sight, base: int) -> None:
        self.sight = sight
        self.base = base
        version = self.cursor(8).take(1)[0]
        if version > 3:
            raise Malformed(RULE, f"no superblock has version {version}", offset=base + 8)
        sizes = self.cursor(13 if version < 2 else 9)
        self.offsets, self.lengths = sizes.take(1)[0], sizes.take(1)[0]
        if self.offsets not in {2, 4, 8} or self.lengths not in {2, 4, 8}:
            raise Malformed(RULE, f"offsets of {self.offsets} and lengths of {self.lengths} bytes", offset=base)
        self.root = self._root(version)

    def _root(self, version: int) -> int:
        if version > 1:
            return self.offset(self.cursor(12 + 3 * self.offsets))
        symbols = (24, 28)[version] + 4 * self.offsets
        return self.offset(self.cursor(symbols + self.offsets))

    def cursor(self, address: int, length: int | None = None) -> Cursor:
        """Reads from an address of the file. Malformed outside of it."""
        place, size = self.base + address, self.sight.source.size
        end = size if length is None else place + length
        if not self.base <= place <= end <= size:
            raise Malformed(RULE, f"an address leads to {place:,} in a file of {size:,} bytes")
        return Cursor(self.sight.source, RULE, place, end)

    def offset(self, cursor: Cursor) -> int:
        """An address; -1 for none."""
        value = int.from_bytes(cursor.take(self.offsets), "little")
        return -1 if value == 256**self.offsets - 1 else value

    def length(self, cursor: Cursor) -> int:
        """A length."""
        return int.from_bytes(cursor.take(self.lengths), "little")

    def messages(self, address: int) -> Iterator[Message]:
        """The messages of the object header at `address`."""
        first = self.cursor(address)
        if first.take(4) == b"OHDR":
            yield from self._second(first)
            return
        head = self.cursor(address)
        if head.take(1) != b"\1":
            raise head.wrong("no object header")
        head.skip(7)
        size = head.number("<I")
        head.skip(4)
        yield from self._blocks(head.place - self.base, size, None)

    def _second(self, head: Cursor) -> Iterator[Message]:
        """Version 2 of object headers."""
        if head.take(1) != b"\2":
            raise head.wrong("no object header of this version")
        flags = head.take(1)[0]
        head.skip((16 if flags & 32 else 0) + (4 if flags & 16 else 0))
        size = int.from_bytes(head.take(1 << (flags & 3)), "little")
        yield from self._blocks(head.place - self.base, size, bool(flags & 4))

    def _blocks(self, address: int, size: int, ordered: bool | None) -> Iterator[Message]:
        """The messages of a block and of those that continue it; `ordered` is None for version 1."""
        waiting, count = [(address, size)], 0
        while waiting:
            block = self.cursor(*waiting.pop(0))
            while block.left >= (8 if ordered is None else 4 + 2 * ordered):
                self.sight.budget.spend("opcodes")
                count += 1
                if count > MAX_MESSAGES:
                    raise block.wrong("an object header without end")
                message = self._message(block, ordered)
                if message.kind == CONTINUATION:
                    waiting.append(self._continued(message, ordered))
                yield message

    def _message(self, block: Cursor, ordered: bool | None) -> Message:
        if ordered is None:
            kind, size, flags = block.number("<H"), block.number("<H"), block.take(1)[0]
            block.skip(3)
        else:
            kind, size, flags = block.take(1)[0], block.number("<H"), block.take(1)[0]
            block.skip(2 if ordered else 0)
        start = block.place - self.base
        block.skip(size)
        return Message(kind, flags, start, size)

    def _continued(self, message: Message, ordered: bool | None) -> tuple[int, int]:
        body = self.cursor(message.start, message.size)
        address, size = self.offset(body), self.length(body)
        return (address, size) if ordered is None else (address + 4, size - 8)

    def thing(self, address: int) -> Thing:
        """The group or dataset whose header is at `address`."""
        thing = Thing()
        for message in self.messages(address):
            body = self.cursor(message.start, message.size)
            if not message.flags & 2:
                self._take(message.kind, body, thing)
        return thing

    def _take(self, kind: int, body: Cursor, thing: Thing) -> None:
        """Add what a message says. Messages that are shared (a flag) say it elsewhere, and are left out."""
        match kind:
            case 1:
                thing.shape = self._shape(body)
            case 3:
                thing.dtype, thing.width = _dtype(body)
            case 6:
                thing.links.append(self._link(body))
            case 7:
                thing.external = True
            case 12:
                self._attribute(body, thing)
            case 17:
                thing.links += self._symbols(self.offset(body), self.offset(body))
            case _:
                self._more(kind, body, thing)

    def _more(self, kind: int, body: Cursor, thing: Thing) -> None:
        if kind == LAYOUT:
            version, what = body.take(1)[0], body.take(1)[0]
            thing.stored = True
            thing.virtual = version > 3 and what == 3
        elif kind == FILTERS:
            thing.filters = _filters(body)
        elif kind in {LINK_INFO, ATTRIBUTE_INFO}:
            body.skip(1)
            flags = body.take(1)[0]
            body.skip((8 if kind == LINK_INFO else 2) if flags & 1 else 0)
            heap, tree = self.offset(body), self.offset(body)
            if heap >= 0 and tree >= 0:
                self._dense(kind, heap, tree, thing)

    def _dense(self, kind: int, heap: int, tree: int, thing: Thing) -> None:
        """Links or attributes that lie in a heap, for there are many."""
        for body in objects(self, self.sight.budget, heap, tree):
            if kind == LINK_INFO:
                thing.links.append(self._link(body))
            else:
                self._attribute(body, thing)

    def _shape(self, body: Cursor) -> list[int]:
        version, rank = body.take(1)[0], body.take(1)[0]
        empty = body.take(6 if version == 1 else 2)[1] == 2 and version == 2
        if rank > MAX_RANK:
            raise body.wrong(f"a dataspace of {rank} dimensions")
        if empty:
            return [0]
        return [self.length(body) for _ in range(rank)]

    def _link(self, body: Cursor) -> Link:
        body.skip(1)
        flags = body.take(1)[0]
        kind = body.take(1)[0] if flags & 8 else HARD
        body.skip((8 if flags & 4 else 0) + (1 if flags & 16 else 0))
        name = spelled(body.take(int.from_bytes(body.take(1 << (flags & 3)), "little")))
        if kind == HARD:
            return Link(name, kind, self.offset(body))
        value = body.take(body.number("<H"))
        return Link(name, kind, -1, spelled(value.lstrip(b"\0").replace(b"\0", b" ")))

    def _symbols(self, tree: int, heap: int) -> list[Link]:
        """The links of a group of the old kind: a tree of nodes, names in a heap."""
        names = self._heap(heap)
        links: list[Link] = []
        waiting, seen = [tree], {tree}
        while waiting:
            self.sight.budget.spend("opcodes")
            node = self.cursor(waiting.pop())
            signature = node.take(4)
            if signature == b"TREE":
                fresh = set(self._children(node)) - seen
                seen |= fresh
                waiting += sorted(fresh)
            elif signature == b"SNOD":
                links += self._entries(node, names)
            else:
                raise node.wrong("no node of a group")
        return links

    def _heap(self, address: int) -> tuple[int, int]:
        head = self.cursor(address)
        if head.take(4) != b"HEAP":
            raise head.wrong("no heap of names")
        head.skip(4)
        size = self.length(head)
        head.skip(self.lengths)
        return self.offset(head), size

    def _children(self, node: Cursor) -> list[int]:
        node.skip(2)
        count = node.number("<H")
        node.skip(2 * self.offsets)
        children = []
        for _ in range(count):
            node.skip(self.lengths)
            children.append(self.offset(node))
        return children

    def _entries(self, node: Cursor, names: tuple[int, int]) -> Iterator[Link]:
        node.skip(2)
        for _ in range(node.number("<H")):
            self.sight.budget.spend("opcodes")
            name = self._name(names, int.from_bytes(node.take(self.offsets), "little"))
            address = self.offset(node)
            kind = node.number("<I")
            node.skip(4)
            scratch = node.take(16)
            if kind == 2:
                yield Link(name, SOFT, -1, self._name(names, int.from_bytes(scratch[:4], "little")))
            else:
                yield Link(name, HARD, address)

    def _name(self, names: tuple[int, int], place: int) -> str:
        start, size = names
        if place >= size:
            raise Malformed(RULE, "a name outside of the heap of names")
        raw = self.cursor(start + place, min(1024, size - place))
        return spelled(raw.take(raw.left).partition(b"\0")[0])

    def _attribute(self, body: Cursor, thing: Thing) -> None:
        """Keep the bytes of an attribute that is one text."""
        version = body.take(1)[0]
        body.skip(1)
        sizes = [body.number("<H") for _ in range(3)]
        body.skip(1 if version > 2 else 0)
        padded = [-(-size // 8) * 8 if version == 1 else size for size in sizes]
        name = spelled(body.take(sizes[0]).partition(b"\0")[0])
        body.skip(padded[0] - sizes[0])
        kind = body.take(padded[1])
        body.skip(padded[2])
        if kind[:1] and kind[0] & 15 == 9:
            thing.attributes[name] = self._long(body)
        elif kind[:1] and kind[0] & 15 == 3:
            thing.attributes[name] = body.take(body.left)[: int.from_bytes(kind[4:8], "little")].rstrip(b"\0")

    def _long(self, body: Cursor) -> bytes:
        """Text of any length: it lies in a collection of such things."""
        if body.left < 8 + self.offsets:
            return b""
        body.skip(4)
        collection, wanted = self.offset(body), body.number("<I")
        if collection < 0:
            return b""
        heap = self.cursor(collection)
        if heap.take(4) != b"GCOL":
            raise heap.wrong("no collection of texts")
        heap.skip(4)
        end = collection + self.length(heap)
        while heap.place - self.base + 8 + self.lengths <= end:
            self.sight.budget.spend("opcodes")
            number = heap.number("<H")
            heap.skip(6)
            size = self.length(heap)
            if number in {0, wanted}:
                return heap.take(min(size, MAX_VALUE)) if number else b""
            heap.skip(-(-size // 8) * 8)
        return b""


def _dtype(body: Cursor) -> tuple[str, int]:
    """A datatype by name, and its width in bytes."""
    first, bits = body.take(1)[0], body.take(3)
    width = body.number("<I")
    name = CLASSES[first & 15] if first & 15 < len(CLASSES) else "unknown"
    if first & 15 in {0, 1}:
        unsigned = "u" if first & 15 == 0 and not bits[0] & 8 else ""
        name = f"{unsigned}{name}{8 * width}"
    return name, width


def _filters(body: Cursor) -> list[int]:
    version, count = body.take(1)[0], body.take(1)[0]
    body.skip(6 if version == 1 else 0)
    found = []
    for _ in range(count):
        number = body.number("<H")
        named = body.number("<H") if version == 1 or number >= 256 else 0
        body.skip(2)
        values = body.number("<H")
        body.skip(-(-named // 8) * 8 if version == 1 else named)
        body.skip(4 * (values + (values % 2 if version == 1 else 0)))
        found.append(number)
    return found
