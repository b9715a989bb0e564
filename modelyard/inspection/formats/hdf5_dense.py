"""HDF5's dense storage: where groups of many links, and objects of many attributes, keep them since version 1.8.

A B-tree of version 2 lists ids of objects in a fractal heap, whose blocks double in size row by row.
https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html (III.A.2 and III.G)
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Protocol

from modelyard.inspection.budgets import Budget
from modelyard.inspection.formats.reading import Cursor

COST = 3
"""Opcodes of the budget that a record or a child costs."""
MAX_DEPTH = 16
MAX_ROWS = 64
MANAGED = 0
LINKS_BY_NAME, ATTRIBUTES_BY_NAME = 5, 8


Block = tuple[int, int, int]
"""A direct block: where it begins in the heap, where in the file, and its size."""


class File(Protocol):
    """What of an HDF5 file is needed here."""

    offsets: int
    lengths: int

    def cursor(self, address: int, length: int | None = None) -> Cursor:
        """Reads from an address."""

    def offset(self, cursor: Cursor) -> int:
        """An address; -1 for none."""

    def length(self, cursor: Cursor) -> int:
        """A length."""


@dataclass(frozen=True, slots=True)
class Heap:
    """A fractal heap's shape: widths in bytes of what ids hold, and the doubling table."""

    id_length: int
    offset_width: int
    length_width: int
    width: int
    smallest: int
    largest: int
    root: int
    rows: int
    filtered: bool


def objects(file: File, budget: Budget, heap_at: int, tree_at: int) -> Iterator[Cursor]:
    """Everything that the tree lists, where it lies in the heap. Malformed when it does not fit."""
    heap = read_heap(file, heap_at)
    blocks = [] if heap.filtered else sorted(_blocks(file, budget, heap))
    for record in _records(file, budget, tree_at, heap.id_length):
        yield _object(file, heap, blocks, record)


def read_heap(file: File, address: int) -> Heap:
    """The header of a fractal heap."""
    head = file.cursor(address)
    if head.take(5) != b"FRHP\0":
        raise head.wrong("no fractal heap")
    id_length, filters = head.number("<H"), head.number("<H")
    head.skip(1)
    longest = head.number("<I")
    head.skip(10 * file.lengths + 2 * file.offsets)
    width, smallest, largest = head.number("<H"), file.length(head), file.length(head)
    bits = head.number("<H")
    head.skip(2)
    root, rows = file.offset(head), head.number("<H")
    if not 0 < width <= 1024 or not 0 < smallest <= largest < 2**32 or rows > MAX_ROWS or not 0 < bits <= 64:
        raise head.wrong("a fractal heap of impossible size")
    length_width = (min(largest, longest).bit_length() + 7) // 8
    if not 1 + (bits + 7) // 8 + length_width <= id_length <= 64:
        raise head.wrong("ids in a heap that are too short")
    return Heap(id_length, (bits + 7) // 8, length_width, width, smallest, largest, root, rows, filters > 0)


def _blocks(file: File, budget: Budget, heap: Heap) -> Iterator[Block]:
    """The direct blocks of a heap: where each begins in the heap, then in the file, and its size."""
    if heap.rows == 0:
        yield 0, heap.root, heap.smallest
        return
    waiting = [(heap.root, 0, heap.rows)]
    while waiting:
        address, place, rows = waiting.pop()
        block = file.cursor(address)
        if block.take(5) != b"FHIB\0":
            raise block.wrong("no indirect block of a heap")
        block.skip(file.offsets + heap.offset_width)
        for row in range(rows):
            size = heap.smallest << max(0, row - 1)
            for _ in range(heap.width):
                budget.spend("opcodes", COST)
                child = file.offset(block)
                if child >= 0 and size <= heap.largest:
                    yield place, child, size
                elif child >= 0:
                    waiting.append((child, place, _rows_of(heap, size)))
                place += size


def _rows_of(heap: Heap, size: int) -> int:
    """How many rows an indirect block has that stands for `size` bytes."""
    return min(MAX_ROWS, max(1, (size // (heap.smallest * heap.width)).bit_length()))


def _records(file: File, budget: Budget, address: int, id_length: int) -> Iterator[bytes]:
    """The ids that a B-tree lists: of links behind a hash, of attributes first."""
    head = file.cursor(address)
    if head.take(5) != b"BTHD\0":
        raise head.wrong("no B-tree")
    kind, node_size, record_size, depth = head.take(1)[0], head.number("<I"), head.number("<H"), head.number("<H")
    head.skip(2)
    root, count = file.offset(head), head.number("<H")
    before = 4 if kind == LINKS_BY_NAME else 0
    if kind not in {LINKS_BY_NAME, ATTRIBUTES_BY_NAME} or depth > MAX_DEPTH or record_size < before + id_length:
        raise head.wrong("a B-tree of another kind")
    waiting = [(root, count, depth)] if root >= 0 else []
    widths = _widths(file, node_size, record_size, depth)
    while waiting:
        place, count, level = waiting.pop()
        node = file.cursor(place)
        if node.take(4) != (b"BTIN" if level else b"BTLF"):
            raise node.wrong("no node of a B-tree")
        node.skip(2)
        for _ in range(count):
            budget.spend("opcodes", COST)
            yield node.take(record_size)[before : before + id_length]
        if level:
            waiting += _children(file, node, count + 1, level, widths)


def _widths(file: File, node_size: int, record_size: int, depth: int) -> list[tuple[int, int]]:
    """For each level: bytes of the numbers of records in a child, and in everything below it."""
    most = total = max(1, (node_size - 10) // max(1, record_size))
    leaf = _width(most)
    widths = [(leaf, 0)]
    for level in range(1, depth + 1):
        widths.append((leaf, _width(total) if level > 1 else 0))
        pointer = file.offsets + leaf + widths[-1][1]
        most = max(1, (node_size - 10 - pointer) // (record_size + pointer))
        total = (most + 1) * total + most
    return widths


def _width(number: int) -> int:
    return (number.bit_length() + 7) // 8


def _children(
    file: File, node: Cursor, count: int, level: int, widths: list[tuple[int, int]]
) -> list[tuple[int, int, int]]:
    found = []
    for _ in range(count):
        place = file.offset(node)
        records = int.from_bytes(node.take(widths[level][0]), "little")
        node.skip(widths[level][1])
        found.append((place, records, level - 1))
    return found


def _object(file: File, heap: Heap, blocks: list[Block], record: bytes) -> Cursor:
    """A managed object's bytes. Objects that are tiny or huge, or in filtered blocks, are not followed."""
    place = int.from_bytes(record[1 : 1 + heap.offset_width], "little")
    start = 1 + heap.offset_width
    length = int.from_bytes(record[start : start + heap.length_width], "little")
    kind = record[0] >> 4 & 3
    number = bisect_right(blocks, place, key=itemgetter(0)) - 1
    begin, address, size = blocks[number] if number >= 0 else (0, 0, -1)
    if kind != MANAGED or place + length > begin + size:
        raise file.cursor(0).wrong("an object in a heap that cannot be followed")
    return file.cursor(address + place - begin, length)
