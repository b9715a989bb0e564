"""Which bytes of a blob a request asks for (RFC 9110, sections 13 and 14)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_RANGE = re.compile(r"bytes=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Slice:
    """The bytes to answer with, and the status that says why these."""

    status: int
    offset: int = 0
    length: int = 0


def choose(headers: Mapping[str, str], *, size: int, etag: str) -> Slice:
    """The one range asked for; the whole for none, several, or one that is not understood or of another ETag."""
    if _names(headers.get("if-none-match", ""), etag):
        return Slice(304)
    whole = Slice(200, 0, size)
    if headers.get("if-range", etag) != etag:
        return whole
    found = _RANGE.fullmatch(headers.get("range", ""))
    if found is None:
        return whole
    return _one(found[1], found[2], size) or whole


def _names(header: str, etag: str) -> bool:
    return header.strip() == "*" or etag in {each.strip().removeprefix("W/") for each in header.split(",")}


def _one(first: str, last: str, size: int) -> Slice | None:
    """The range `first-last`; None when it makes no sense, 416 when it lies beyond the end."""
    if not first and not last:
        return None
    if not first:
        length = min(int(last), size)
        return Slice(206, size - length, length) if length else Slice(416)
    offset = int(first)
    if last and int(last) < offset:
        return None
    if offset >= size:
        return Slice(416)
    end = min(int(last), size - 1) if last else size - 1
    return Slice(206, offset, end - offset + 1)
