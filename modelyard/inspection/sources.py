"""Where an inspection reads: bytes by range, whatever they lie in."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from modelyard.inspection.budgets import Budget

BLOCK = 64 * 1024
"""Bytes that one request fetches at least."""

KEPT = 256
"""Blocks that are kept: 16 MiB."""


class Source(Protocol):
    """Bytes that can be read in any order."""

    @property
    def size(self) -> int:
        """How many bytes there are."""

    def read(self, offset: int, length: int) -> bytes:
        """Bytes from `offset`; fewer at the end, none beyond it. OutOfBudget when that was too much."""


class Ranged:
    """A source over requests for ranges (a blob in storage, a file on disk), by whole blocks, the last ones kept."""

    def __init__(self, fetch: Callable[[int, int], bytes], size: int, budget: Budget) -> None:
        self.size = size
        self._fetch = fetch
        self._budget = budget
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def read(self, offset: int, length: int) -> bytes:
        """See `Source`."""
        end = min(self.size, offset + length)
        if offset >= end:
            return b""
        first, last = offset // BLOCK, (end - 1) // BLOCK
        self._fill(first, last)
        joined = b"".join(self._blocks[number] for number in range(first, last + 1))
        self._trim()
        return joined[offset - first * BLOCK : end - first * BLOCK]

    def _fill(self, first: int, last: int) -> None:
        """Fetch the blocks that are not here, each run of neighbours in one request."""
        missing = [number for number in range(first, last + 1) if number not in self._blocks]
        while missing:
            run = [number for place, number in enumerate(missing) if number == missing[0] + place]
            missing = missing[len(run) :]
            self._fetch_run(run[0], len(run))

    def _fetch_run(self, first: int, count: int) -> None:
        length = min(count * BLOCK, self.size - first * BLOCK)
        self._budget.spend("requests")
        self._budget.spend("bytes_read", length)
        data = self._fetch(first * BLOCK, length)
        if len(data) != length:
            raise OSError(f"{len(data)} bytes at {first * BLOCK}, not {length}")
        for place in range(count):
            self._blocks[first + place] = data[place * BLOCK : (place + 1) * BLOCK]

    def _trim(self) -> None:
        while len(self._blocks) > KEPT:
            self._blocks.popitem(last=False)


class Held:
    """A source over bytes in memory."""

    def __init__(self, data: bytes) -> None:
        self.size = len(data)
        self._data = data

    def read(self, offset: int, length: int) -> bytes:
        """See `Source`."""
        return self._data[offset : offset + length]


class Slice:
    """A source within another: `length` bytes from `start`."""

    def __init__(self, source: Source, start: int, length: int) -> None:
        self.size = max(0, min(length, source.size - start))
        self._source = source
        self._start = start

    def read(self, offset: int, length: int) -> bytes:
        """See `Source`."""
        length = min(length, self.size - offset)
        return self._source.read(self._start + offset, length) if length > 0 else b""
