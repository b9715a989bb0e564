"""Compressed files: gzip, zlib, bzip2, xz and lzma, as one stream or several, with nothing behind them."""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Protocol

from modelyard.inspection.budgets import Budget
from modelyard.inspection.containers.members import look_inside
from modelyard.inspection.formats.reading import tell
from modelyard.inspection.sight import Format, Malformed, Sight
from modelyard.inspection.sources import Source
from modelyard.inspection.unpacked import PIECE, unpacked

READ = 64 * 1024
MOST_MEMORY = 128 * 1024**2
"""Bytes that an xz or lzma dictionary may take: the largest that `xz -9` makes is 64 MiB."""

WRONG = (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError)
RULE = "stream.malformed"

ENDINGS = {".tgz": ".tar", ".tbz2": ".tar", ".txz": ".tar"}


class Decompressor(Protocol):
    """What zlib, bz2 and lzma have in common."""

    eof: Any
    unused_data: Any

    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes:
        """The next bytes, as many as are allowed."""


Unpacker = Callable[[], Any]


def raw_lzma(properties: bytes) -> lzma.LZMADecompressor:
    """A decompressor for bytes that follow the five of LZMA's properties. LZMAError when they are none."""
    code, size = properties[0], int.from_bytes(properties[1:5], "little")
    if code >= 225 or size > MOST_MEMORY:
        raise lzma.LZMAError("properties that are not allowed")
    filters = {
        "id": lzma.FILTER_LZMA1,
        "dict_size": max(size, 4096),
        "lc": code % 9,
        "lp": code // 9 % 5,
        "pb": code // 45,
    }
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[filters])


UNPACKERS: dict[str, Unpacker] = {
    "gzip": partial(zlib.decompressobj, 31),
    "zlib": partial(zlib.decompressobj, 15),
    "bzip2": bz2.BZ2Decompressor,
    "xz": partial(lzma.LZMADecompressor, lzma.FORMAT_XZ, MOST_MEMORY),
    "lzma": partial(lzma.LZMADecompressor, lzma.FORMAT_ALONE, MOST_MEMORY),
}
SEVERAL = frozenset({"gzip", "bzip2", "xz"})
"""Formats of which one file may hold several streams."""


def unpack(source: Source, unpacker: Unpacker, rule: str, budget: Budget) -> Iterator[bytes]:
    """The bytes of one stream that fills the source, piece by piece. Malformed when it does not fill it."""
    stream = Stream(source, 0, unpacker, rule, budget)
    yield from stream
    if stream.end != source.size:
        raise Malformed(rule, f"{source.size - stream.end:,} bytes behind the stream", offset=stream.end)


class Stream:
    """One stream from `start`; `end` is behind it once it was read."""

    def __init__(self, source: Source, start: int, unpacker: Unpacker, rule: str, budget: Budget) -> None:
        self.end = start
        self._source = source
        self._unpacker = unpacker
        self._rule = rule
        self._budget = budget

    def __iter__(self) -> Iterator[bytes]:
        """The unpacked bytes in pieces. Malformed when the stream is broken, or not whole."""
        try:
            inner = self._unpacker()
            while not inner.eof:
                self._budget.check_time()
                if piece := self._step(inner):
                    yield piece
            self.end -= len(inner.unused_data)
        except WRONG as wrong:
            raise Malformed(self._rule, f"{type(wrong).__name__}: {wrong}", offset=self.end) from None

    def _step(self, inner: Any) -> bytes:
        """Give it bytes when it wants some. zlib keeps what it could not unpack yet in `unconsumed_tail`."""
        waiting = getattr(inner, "unconsumed_tail", b"")
        data = waiting if waiting or not getattr(inner, "needs_input", True) else self._source.read(self.end, READ)
        if not waiting:
            self.end += len(data)
        found: bytes = inner.decompress(data, PIECE)
        if not found and not data and not inner.eof and getattr(inner, "needs_input", True):
            raise EOFError("the stream ends early")
        return found


def pieces(sight: Sight, kind: str) -> Iterator[bytes]:
    """The unpacked bytes of all streams of a file."""
    start = 0
    while True:
        stream = Stream(sight.source, start, UNPACKERS[kind], RULE, sight.budget)
        yield from stream
        start = stream.end
        if start >= sight.source.size:
            return
        sight.budget.spend("members")
        if kind not in SEVERAL or not _begins(sight.source.read(start, 6), kind):
            raise _Behind(f"{sight.source.size - start:,} bytes behind the stream", start)


class _Behind(Exception):
    def __init__(self, detail: str, offset: int) -> None:
        super().__init__(detail)
        self.offset = offset


def look(kind: str, sight: Sight) -> None:
    """Unpack a stream as it is read, and look at what is in it."""
    behind: list[_Behind] = []

    def coming() -> Iterator[bytes]:
        try:
            yield from pieces(sight, kind)
        except _Behind as found:
            behind.append(found)

    source = unpacked(coming, sight.budget)
    if behind:
        sight.note("stream.trailing-bytes", str(behind[0]), offset=behind[0].offset)
    look_inside(sight, source, inner_name(sight.name))
    tell(sight, {"compression": kind})


def inner_name(name: str) -> str:
    """What the file is called once it is unpacked."""
    stem, dot, ending = name.rpartition("/")[2].rpartition(".")
    if (changed := ENDINGS.get(f".{ending.lower()}")) is not None:
        return stem + changed
    return stem if dot and ending.lower() in {"gz", "gzip", "bz2", "xz", "lzma", "z", "zlib"} else stem + dot + ending


def _begins(head: bytes, kind: str) -> bool:
    return head.startswith({"gzip": b"\x1f\x8b", "bzip2": b"BZh", "xz": b"\xfd7zXZ\0"}[kind])


def _is_kind(kind: str, head: bytes, _sight: Sight) -> bool:
    return _begins(head, kind)


def is_zlib(head: bytes, sight: Sight) -> bool:
    """Whether the bytes begin as zlib's (RFC 1950), and can be unpacked a little."""
    return (
        len(head) > 6
        and head[0] == 0x78
        and int.from_bytes(head[:2], "big") % 31 == 0
        and _unpacks("zlib", head, sight)
    )


def is_lzma(head: bytes, sight: Sight) -> bool:
    """Whether the bytes begin as LZMA alone, as joblib knows it, and can be unpacked a little."""
    return len(head) > 13 and head[:2] == b"\x5d\0" and _unpacks("lzma", head, sight)


def _unpacks(kind: str, head: bytes, _sight: Sight) -> bool:
    try:
        UNPACKERS[kind]().decompress(head, 1024)
    except WRONG as wrong:
        return "limit" in str(wrong)
    return True


FORMATS = (
    *(Format(kind, partial(_is_kind, kind), partial(look, kind)) for kind in ("gzip", "bzip2", "xz")),
    Format("zlib", is_zlib, partial(look, "zlib")),
    Format("lzma", is_lzma, partial(look, "lzma")),
)
