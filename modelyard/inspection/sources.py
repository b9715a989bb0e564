"""Where an inspection reads: bytes by range, whatever they lie in."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Protocol

from modelyard.inspection.budgets import Budget

BLOCK = 32 * 1024
"""Bytes that one request fetches at least."""

AHEAD = 64
"""Blocks that one request fetches at most when the reading goes on where it was: 2 MiB."""

KEPT = 512
"""Blocks that are kept: 16 MiB."""


class Source(Protocol):
    """Bytes that can be read in any order."""

    @property
    def size(self) -> int:
        """How many bytes there are."""

    def read(self, offset: int, length: int) -> bytes:
        """Bytes from `offset`; fewer at the end, none beyond it. OutOfBudget when that was too much."""


class Ranged:
    """A source over requests for ranges (a blob in storage, a file on disk), by whole blocks, the last used ones kept.

    Reading on where it was fetches ever more at once, up to 2 MiB, and by `parallel` requests side by side when
    `fetch` may be called so; reading elsewhere fetches no more than the blocks that are asked for.
    """

    def __init__(self, fetch: Callable[[int, int], bytes], size: int, budget: Budget, parallel: int = 1) -> None:
        self.size = size
        self._fetch = fetch
        self._budget = budget
        self._parallel = parallel
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._next = -1
        self._ahead = 1

    def read(self, offset: int, length: int) -> bytes:
        """See `Source`. OSError when a request answers with fewer bytes than there must be."""
        end = min(self.size, offset + length)
        if offset < 0 or offset >= end:
            return b""
        first, last = offset // BLOCK, (end - 1) // BLOCK
        self._fill(first, last)
        if first == last:
            found = self._blocks[first][offset - first * BLOCK : end - first * BLOCK]
        else:
            joined = b"".join([self._blocks[number] for number in range(first, last + 1)])
            found = joined[offset - first * BLOCK : end - first * BLOCK]
        self._trim()
        return found

    def prefetch(self, offsets: Iterable[int]) -> None:
        """Have the blocks of these places here, as many as are kept, fetched side by side."""
        wanted = sorted({offset // BLOCK for offset in offsets if 0 <= offset < self.size} - self._blocks.keys())
        if self._parallel > 1 and len(wanted) > 1:
            self._fetch_all(wanted[: KEPT // 2])
            self._trim()

    def _fill(self, first: int, last: int) -> None:
        """Have the blocks here: each run of those that are missing is fetched in one request."""
        missing = []
        for number in range(first, last + 1):
            if number in self._blocks:
                self._blocks.move_to_end(number)
            else:
                missing.append(number)
        if missing:
            self._fetch_all(self._with_ahead(missing))

    def _with_ahead(self, missing: list[int]) -> list[int]:
        """The blocks that are wanted, and those behind them when the reading goes on where it was."""
        self._ahead = min(AHEAD, self._ahead * 2) if missing[0] == self._next else 1
        end = min(missing[-1] + self._ahead, -(-self.size // BLOCK))
        further = [number for number in range(missing[-1] + 1, end) if number not in self._blocks]
        self._next = (further or missing)[-1] + 1
        return missing + further

    def _fetch_all(self, numbers: list[int]) -> None:
        runs = list(self._runs(numbers))
        for first, count in runs:
            self._budget.spend("requests")
            self._budget.spend("bytes_read", self._length(first, count))
        if len(runs) == 1 or self._parallel == 1:
            answers = [self._fetch_run(run) for run in runs]
        else:
            with ThreadPoolExecutor(min(self._parallel, len(runs))) as pool:
                answers = list(pool.map(self._fetch_run, runs))
        for (first, count), data in zip(runs, answers, strict=True):
            for place in range(count):
                self._blocks[first + place] = data[place * BLOCK : (place + 1) * BLOCK]

    def _runs(self, numbers: list[int]) -> Iterator[tuple[int, int]]:
        """Neighbours together, a first block and how many; large runs are cut for the requests side by side."""
        cuts = [place + 1 for place, (one, two) in enumerate(pairwise(numbers)) if two != one + 1]
        for start, end in pairwise([0, *cuts, len(numbers)]):
            most = max(8, -(-(end - start) // self._parallel))
            for place in range(start, end, most):
                yield numbers[place], min(most, end - place)

    def _length(self, first: int, count: int) -> int:
        return min(count * BLOCK, self.size - first * BLOCK)

    def _fetch_run(self, run: tuple[int, int]) -> bytes:
        offset, length = run[0] * BLOCK, self._length(*run)
        data = self._fetch(offset, length)
        if len(data) != length:
            raise OSError(f"{len(data)} bytes at {offset}, not {length}")
        return data

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
        return self._data[offset : offset + length] if offset >= 0 else b""


class Slice:
    """A source within another: `length` bytes from `start`."""

    def __init__(self, source: Source, start: int, length: int) -> None:
        self.size = max(0, min(length, source.size - start))
        self._source = source
        self._start = start

    def read(self, offset: int, length: int) -> bytes:
        """See `Source`."""
        length = min(length, self.size - offset)
        return self._source.read(self._start + offset, length) if length > 0 and offset >= 0 else b""

    def prefetch(self, offsets: Iterable[int]) -> None:
        """See `Ranged`."""
        prefetch(self._source, [self._start + offset for offset in offsets])


def prefetch(source: Source, offsets: Iterable[int]) -> None:
    """Say which places are read soon, to a source that can make use of it."""
    if isinstance(source, Ranged | Slice):
        source.prefetch(offsets)
