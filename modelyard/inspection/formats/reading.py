"""Reading structures by range: exact reads that become Malformed, text that is safe to show, and JSON within bounds."""

import json
import struct
from collections.abc import Mapping
from typing import Any

from modelyard.domain.facts import merge
from modelyard.inspection.budgets import OutOfBudget
from modelyard.inspection.sight import Malformed, Sight
from modelyard.inspection.sources import Source

WINDOW = 64 * 1024
MAX_TEXT = 200
MAX_JSON = 16 * 1024**2
"""Bytes of JSON that are parsed: about 150 thousand tensors of a safetensors header."""
MAX_NODES = 600_000
"""Lists and objects of a JSON text that is parsed, which bounds what it needs in memory."""


class Cursor:
    """Reads `source` forward from `start` up to `end`, by windows. What is not there is Malformed under `rule`."""

    def __init__(self, source: Source, rule: str, start: int = 0, end: int | None = None) -> None:
        self.place = start
        self.end = source.size if end is None else end
        self._source = source
        self._rule = rule
        self._window = b""
        self._from = start
        self._structs: dict[str, struct.Struct] = {}

    @property
    def left(self) -> int:
        """Bytes up to the end."""
        return self.end - self.place

    def skip(self, length: int) -> None:
        """Go `length` bytes on. Malformed beyond the end."""
        if not 0 <= length <= self.left:
            raise self.wrong(f"{length} bytes are said to follow, {self.left} do")
        self.place += length

    def take(self, length: int) -> bytes:
        """The next `length` bytes. Malformed when there are fewer; the caller bounds `length`."""
        begin = self.place
        self.skip(length)
        if begin < self._from or begin + length > self._from + len(self._window):
            self._window = self._source.read(begin, max(length, min(WINDOW, self.end - begin)))
            self._from = begin
        data = self._window[begin - self._from : begin - self._from + length]
        if len(data) != length:
            raise self.wrong("the bytes end early")
        return data

    def number(self, shape: str) -> Any:
        """The next number, as `struct` names its shape."""
        known = self._structs.setdefault(shape, struct.Struct(shape))
        return known.unpack(self.take(known.size))[0]

    def varint(self) -> int:
        """A whole number of up to 64 bits, seven to a byte, the lowest first (protobuf's)."""
        at = self.place - self._from
        if 0 <= at < len(self._window) and self._window[at] < 0x80 and self.left > 0:
            self.place += 1
            return self._window[at]
        value = 0
        for place in range(0, 70, 7):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << place
            if byte < 0x80:
                return value & (2**64 - 1)
        raise self.wrong("a number of more than ten bytes")

    def wrong(self, detail: str) -> Malformed:
        """What to raise when what was just read cannot be."""
        return Malformed(self._rule, detail, offset=self.place)


def shown(text: str, most: int = MAX_TEXT) -> str:
    """`text` as it can be stored and shown anywhere: no control characters, no surrogates, not long."""
    short = text if len(text) <= most else text[: most - 1] + "…"
    return short if short.isprintable() else "".join(each if each.isprintable() else "\ufffd" for each in short)


def spelled(data: bytes, most: int = MAX_TEXT) -> str:
    """Bytes that should be text, as text that is safe to show."""
    return shown(data[: 4 * most].decode(errors="replace"), most)


def tell(sight: Sight, facts: Mapping[str, Any]) -> None:
    """Add what a format says to the facts of the file. What is None or empty is not known."""
    known = {key: value for key, value in facts.items() if value not in (None, "", {}, [])}
    together = merge(sight.seen.facts, known)
    sight.seen.facts.clear()
    sight.seen.facts.update(together)


def all_of(sight: Sight, most: int) -> bytes:
    """The whole source. OutOfBudget when it has more than `most` bytes."""
    if sight.source.size > most:
        raise OutOfBudget(f"bytes of {sight.name.rpartition('/')[2]}", most)
    return sight.source.read(0, sight.source.size)


def parse_json(data: bytes, rule: str) -> Any:
    """JSON that every reader understands alike: UTF-8, no key twice, numbers that are numbers. Malformed otherwise."""
    if len(data) > MAX_JSON:
        raise OutOfBudget("bytes of JSON", MAX_JSON)
    if data.count(b"{") + data.count(b"[") > MAX_NODES:
        raise OutOfBudget("objects in JSON", MAX_NODES)
    try:
        return json.loads(data.decode(), object_pairs_hook=_distinct, parse_constant=_no_constant)
    except (ValueError, RecursionError) as wrong:
        raise Malformed(rule, shown(f"JSON: {wrong}")) from None


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    known = dict(pairs)
    if len(known) != len(pairs):
        raise ValueError(f"{len(pairs) - len(known)} keys of an object are there twice")
    return known


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is no number")


def leads_away(path: str) -> bool:
    """Whether a path that should be of a file beside this one is absolute or goes up, on any system."""
    parts = path.replace("\\", "/").split("/")
    return path.startswith(("/", "\\", "~")) or path[1:2] == ":" or ".." in parts or "://" in path or "\0" in path


def shortened(names: list[str], most: int = 100) -> list[str]:
    """The first of many names, safe to show."""
    return [shown(name) for name in names[:most]]
