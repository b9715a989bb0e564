"""Tar files: ustar, GNU and pax headers (POSIX.1-2017 `pax`, GNU tar manual), every member looked at in place."""

from dataclasses import dataclass, field

from modelyard.inspection.containers.members import check_names, look_inside
from modelyard.inspection.formats.reading import shown, tell
from modelyard.inspection.sight import Format, Malformed, Sight
from modelyard.inspection.sources import Slice

RULE = "tar.malformed"
BLOCK = 512
MOST_HEADER = 1024**2
FILES, LINKS, FOLDER = b"\0" + b"07", b"12", b"5"
LONG_NAME, LONG_LINK, PAX, PAX_GLOBAL, SPARSE = b"L", b"K", b"x", b"g", b"S"


@dataclass(slots=True)
class Walk:
    """How far the archive was read, and what headers said of the member that follows."""

    place: int = 0
    name: str = ""
    pax: dict[str, str] = field(default_factory=dict)
    everywhere: dict[str, str] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)


def is_tar(head: bytes, _sight: Sight) -> bool:
    """Whether the first block is a header: it has its magic, or, as old ones, only a checksum that is right."""
    return len(head) >= BLOCK and (head[257:262] == b"ustar" or (_checksum(head[:BLOCK]) and head[0] not in b"\0"))


def _checksum(block: bytes) -> bool:
    """Whether the header's checksum is that of its bytes, taken as unsigned or as signed."""
    said = _octal(block[148:156])
    total = sum(block[:148]) + sum(block[156:512]) + 8 * 32
    negative = 256 * sum(each >= 128 for each in block[:148] + block[156:512])
    return said is not None and said in {total, total - negative} and any(block[:148])


def _octal(data: bytes) -> int | None:
    """A number in octal digits, or, with the first bit set, in base 256."""
    if data[:1] >= b"\x80":
        return int.from_bytes(data[1:], "big") if data[0] == 0x80 else None
    text = data.split(b"\0", 1)[0].strip()
    try:
        return int(text, 8) if text else 0
    except ValueError:
        return None


def look(sight: Sight) -> None:
    """Read the headers one after the other, and look at the members."""
    walk = Walk()
    while walk.place < sight.source.size:
        block = sight.source.read(walk.place, BLOCK)
        if not any(block):
            break
        if len(block) < BLOCK or not _checksum(block):
            raise Malformed(RULE, "a header has a wrong checksum", offset=walk.place)
        sight.budget.spend("members")
        _read_member(sight, walk, block)
    else:
        sight.note(RULE, "the archive has no end", offset=walk.place)
    check_names(sight, walk.names)
    _look_behind(sight, walk.place)
    tell(sight, {"format": "tar"})


def _read_member(sight: Sight, walk: Walk, block: bytes) -> None:
    size, kind, start = _octal(block[124:136]), block[156:157], walk.place + BLOCK
    known = {**walk.everywhere, **walk.pax}
    if "size" in known and kind not in (LONG_NAME, LONG_LINK, PAX, PAX_GLOBAL):
        size = int(known["size"]) if known["size"].isdecimal() and len(known["size"]) < 20 else None
    if size is None or start + size > sight.source.size:
        raise Malformed(RULE, "a member has no size, or is cut off", offset=walk.place)
    has_bytes = kind not in (b"1", b"2", b"3", b"4", b"5", b"6") or (kind == b"1" and "size" in known)
    walk.place = start + (-(-size // BLOCK) * BLOCK if has_bytes else 0)
    if kind in (LONG_NAME, PAX, PAX_GLOBAL, LONG_LINK):
        _read_extra(walk, kind, _small(sight, start, size))
        return
    name = walk.name or known.get("path") or _name(block)
    walk.names.append(name)
    _look_at(sight, name, kind, start, size, known=known)
    walk.name, walk.pax = "", {}


def _small(sight: Sight, start: int, size: int) -> bytes:
    if size > MOST_HEADER:
        raise Malformed(RULE, f"a header has {size:,} bytes", offset=start)
    return sight.source.read(start, size)


def _read_extra(walk: Walk, kind: bytes, data: bytes) -> None:
    """What the headers before a member's own say of it."""
    if kind == LONG_NAME:
        walk.name = data.split(b"\0", 1)[0].decode("utf-8", "replace")
    elif kind == PAX:
        walk.pax = _records(data)
    elif kind == PAX_GLOBAL:
        walk.everywhere |= _records(data)


def _records(data: bytes) -> dict[str, str]:
    """The records of a pax header: `LENGTH KEY=VALUE` and the end of the line."""
    found, at = {}, 0
    while at < len(data):
        digits, space, _ = data[at : at + 12].partition(b" ")
        length = int(digits) if space and digits.isdigit() else 0
        record = data[at + len(digits) + 1 : at + length]
        if length < len(digits) + 3 or at + length > len(data) or record[-1:] != b"\n" or b"=" not in record:
            raise Malformed(RULE, "a pax header is none")
        key, _, value = record[:-1].partition(b"=")
        found[key.decode("utf-8", "replace")] = value.decode("utf-8", "replace")
        at += length
    return found


def _name(block: bytes) -> str:
    name = block[:100].split(b"\0", 1)[0]
    prefix = block[345:500].split(b"\0", 1)[0] if block[257:263] == b"ustar\0" else b""
    return (prefix + b"/" + name if prefix else name).decode("utf-8", "replace")


def _look_at(sight: Sight, name: str, kind: bytes, start: int, size: int, *, known: dict[str, str]) -> None:
    if kind in LINKS:
        sight.note("archive.link", f"{shown(name)} is a link", offset=start - BLOCK)
    elif kind == SPARSE or any(key.startswith("GNU.sparse") for key in known):
        sight.note("tar.odd-member", f"{shown(name)} has holes", offset=start - BLOCK)
    elif kind not in FILES and kind != FOLDER:
        sight.note("tar.odd-member", f"{shown(name)} is of kind {kind!r}", offset=start - BLOCK)
    if size and kind not in (b"2", b"3", b"4", FOLDER, b"6"):
        look_inside(sight, Slice(sight.source, start, size), name)


def _look_behind(sight: Sight, end: int) -> None:
    """Behind the end there are zeros; some programs read on behind them."""
    for offset in range(end, sight.source.size, 1024**2):
        block = sight.source.read(offset, 1024**2)
        if block.count(0) != len(block):
            place = offset + len(block) - len(block.lstrip(b"\0"))
            sight.note("archive.trailing-bytes", f"{sight.source.size - place:,} bytes behind the end", offset=place)
            look_inside(sight, Slice(sight.source, place, sight.source.size - place), "(behind the archive)")
            return


FORMATS = (Format("tar", is_tar, look),)
