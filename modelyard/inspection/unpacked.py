"""What is compressed, as a source: unpacked in order, by pieces, never more of it in memory than is bounded here."""

from collections.abc import Callable, Iterator

from modelyard.inspection.budgets import Budget
from modelyard.inspection.sources import Held, Source

HELD = 32 * 1024**2
"""Bytes of something unpacked that are held whole; what is larger is unpacked again wherever it is read."""

WINDOW = 4 * 1024**2
"""Bytes behind the place last read that are kept of something larger."""

PIECE = 256 * 1024
"""Bytes that a decompressor gives at most at once."""

Pieces = Callable[[], Iterator[bytes]]
"""Begins anew: the unpacked bytes in order, in pieces."""


class Streamed:
    """A source over pieces that come in order. Reading on is cheap; reading back begins anew, at the budget's cost."""

    def __init__(self, pieces: Pieces, size: int) -> None:
        self.size = size
        self._pieces = pieces
        self._begin()

    def _begin(self) -> None:
        self._coming = self._pieces()
        self._start = 0
        self._kept = bytearray()

    def read(self, offset: int, length: int) -> bytes:
        """See `Source`."""
        end = min(self.size, offset + length)
        if offset < 0 or offset >= end:
            return b""
        if offset < self._start:
            self._begin()
        while self._start + len(self._kept) < end:
            piece = next(self._coming, None)
            if piece is None:
                break
            self._kept += piece
            self._forget(offset)
        return bytes(self._kept[offset - self._start : end - self._start])

    def _forget(self, offset: int) -> None:
        """Drop what lies far behind both the place that is read and the last piece."""
        behind = min(offset, self._start + len(self._kept)) - WINDOW - self._start
        if behind > WINDOW:
            del self._kept[:behind]
            self._start += behind


def unpacked(pieces: Pieces, budget: Budget) -> Source:
    """The pieces as a source: held whole when they are few, else unpacked again as they are read.

    All of it is unpacked once to know how long it is; each byte is taken from the budget. What `pieces` raises comes
    through.
    """
    coming = paid(pieces, budget)
    held, size = bytearray(), 0
    for piece in coming():
        size += len(piece)
        held += piece if size <= HELD else b""
        if size > HELD:
            held.clear()
    return Held(bytes(held)) if size <= HELD else Streamed(coming, size)


def paid(pieces: Pieces, budget: Budget) -> Pieces:
    """The pieces, each byte taken from the budget."""

    def begin() -> Iterator[bytes]:
        for piece in pieces():
            budget.spend("bytes_unpacked", len(piece))
            yield piece

    return begin
