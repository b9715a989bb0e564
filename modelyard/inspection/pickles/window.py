"""Reads a pickle forwards through a window, and passes over what is long without reading it."""

from typing import Final

from modelyard.inspection.pickles.values import Opaque
from modelyard.inspection.sight import Malformed
from modelyard.inspection.sources import Source

WINDOW = 64 * 1024
"""Bytes in sight at once."""

ROOM: Final = 16
"""Bytes that an opcode with its fixed argument takes at most, and some."""

KEPT = 512
"""Bytes of a value that are held; what is longer is known by its place alone."""


class Window:
    """`data` holds bytes of the source from `base` on; `at` is the place in `data` that is read next."""

    def __init__(self, source: Source, start: int) -> None:
        self.source = source
        self.data = b""
        self.base = start
        self.at = 0
        self.full = -ROOM
        """The last place from where an opcode is in sight for certain."""
        self.asked = 4096

    @property
    def offset(self) -> int:
        """Where the next byte lies in the source."""
        return self.base + self.at

    def refill(self) -> None:
        """Have the window begin at the next byte. It grows as the reading goes on, and is small after a jump."""
        self.base += self.at
        self.at = 0
        self.data = self.source.read(self.base, self.asked)
        self.asked = min(WINDOW, self.asked * 4)
        ended = self.base + len(self.data) >= self.source.size
        self.full = len(self.data) if ended else len(self.data) - ROOM

    def take(self, length: int) -> bytes:
        """The next `length` bytes, no more than a window holds. Malformed when the source ends before."""
        start = self.at
        self.at = end = start + length
        if end > len(self.data):
            self.at = start
            self.asked = max(self.asked, length)
            self.refill()
            self.at = end = length
            start = 0
            if end > len(self.data):
                raise truncated(self.base)
        return self.data[start:end]

    def value(self, length: int, kind: str) -> bytes | Opaque:
        """The next bytes as a value: itself when it is short."""
        if length <= KEPT:
            return self.take(length)
        found = Opaque(kind, self.offset, length)
        self.skip(length)
        return found

    def skip(self, length: int) -> None:
        """Pass over bytes without reading them. Malformed when there are fewer."""
        self.at += length
        if self.base + self.at > self.source.size:
            raise truncated(self.source.size)
        if self.at > len(self.data):
            self.base += self.at
            self.at, self.data, self.full, self.asked = 0, b"", -ROOM, 4096

    def line(self) -> bytes | Opaque:
        """The bytes up to the end of the line, which is passed over."""
        end = self.data.find(b"\n", self.at)
        if end < 0:
            return self._far_line()
        found = self.data[self.at : end]
        self.at = end + 1
        return found if len(found) <= KEPT else Opaque("line", self.offset - 1 - len(found), len(found))

    def _far_line(self) -> bytes | Opaque:
        start, head = self.offset, b""
        while True:
            self.refill()
            if not self.data:
                raise truncated(start)
            end = self.data.find(b"\n")
            self.at = len(self.data) if end < 0 else end + 1
            head = head if len(head) > KEPT else head + self.data[: self.at]
            if end >= 0:
                length = self.offset - 1 - start
                return head[:length] if length <= KEPT else Opaque("line", start, length)


def truncated(offset: int) -> Malformed:
    """The bytes end in the middle of a pickle."""
    return Malformed("pickle.malformed", "the bytes end before the pickle does", offset=offset)
