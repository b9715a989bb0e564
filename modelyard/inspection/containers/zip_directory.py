"""The directory of a zip file, and the headers beside its members, as PKWARE's APPNOTE 6.3.10 describes them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from modelyard.inspection.sight import Malformed
from modelyard.inspection.sources import Source

RULE = "zip.malformed"
END, ENTRY, LOCAL = b"PK\5\6", b"PK\1\2", b"PK\3\4"
END64, LOCATOR64 = b"PK\6\6", b"PK\6\7"
END_SIZE, LOCATOR_SIZE, END64_SIZE, ENTRY_SIZE, LOCAL_SIZE = 22, 20, 56, 46, 30
MOST_COMMENT = 65535
MOST_DIRECTORY = 32 * 1024**2
FULL16, FULL32 = 0xFFFF, 0xFFFFFFFF


def number(data: bytes, at: int, length: int) -> int:
    """A number, the least significant byte first."""
    return int.from_bytes(data[at : at + length], "little")


@dataclass(slots=True)
class Member:
    """What the directory says of a member."""

    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    mode: int

    @property
    def path(self) -> str:
        """The name as text."""
        return self.name.decode("utf-8", "replace")

    @property
    def is_folder(self) -> bool:
        """Whether the name is a folder's."""
        return self.name.endswith(b"/")


@dataclass(slots=True)
class Directory:
    """Where the directory lies, how many members it should have, and how many bytes come before the archive.

    The comment is all that follows the end record, `said_comment` how many bytes it should have.
    """

    start: int
    size: int
    count: int
    end: int
    before: int
    comment: bytes
    said_comment: int
    members: list[Member] = field(default_factory=list)


def find_end(source: Source) -> tuple[int, bytes] | None:
    """Where the end record lies, and it with its comment: the last one, as readers look for it."""
    tail = source.read(max(0, source.size - END_SIZE), END_SIZE)
    if tail[:4] != END or tail[-2:] != b"\0\0":
        tail = source.read(max(0, source.size - END_SIZE - MOST_COMMENT), END_SIZE + MOST_COMMENT)
    place = tail.rfind(END)
    if place < 0 or len(tail) - place < END_SIZE:
        return None
    return source.size - len(tail) + place, tail[place:]


def read_directory(source: Source) -> Directory:
    """The directory with its members. Malformed when it is none."""
    found = find_end(source)
    if found is None:
        raise Malformed(RULE, "there is no end record")
    at, record = found
    directory = Directory(
        start=number(record, 16, 4),
        size=number(record, 12, 4),
        count=number(record, 10, 2),
        end=at,
        before=0,
        comment=record[END_SIZE:],
        said_comment=number(record, 20, 2),
    )
    _read_end64(source, at, directory)
    directory.before = directory.end - directory.size - directory.start
    if directory.before < 0:
        raise Malformed(RULE, "the directory does not lie where the end record says", offset=at)
    if directory.size > MOST_DIRECTORY:
        raise Malformed(RULE, f"the directory has {directory.size:,} bytes", offset=at)
    data = source.read(directory.start + directory.before, directory.size)
    directory.members = list(_entries(data, directory))
    return directory


def _read_end64(source: Source, at: int, directory: Directory) -> None:
    """Take what the end record has no room for from the one for large files, where there is one."""
    locator = source.read(at - LOCATOR_SIZE, LOCATOR_SIZE) if at >= LOCATOR_SIZE else b""
    if locator[:4] != LOCATOR64:
        return
    place = at - LOCATOR_SIZE - END64_SIZE
    record = source.read(place, END64_SIZE)
    if record[:4] != END64:
        raise Malformed(RULE, "the end record for large files is not where it belongs", offset=at)
    directory.end = place
    large = (number(record, 48, 8), number(record, 40, 8), number(record, 32, 8))
    small = (directory.start, directory.size, directory.count)
    if any(one not in (other, FULL16, FULL32) for one, other in zip(small, large, strict=True)):
        raise Malformed("zip.headers-disagree", "the two end records say different things", offset=place)
    directory.start, directory.size, directory.count = large


def _entries(data: bytes, directory: Directory) -> Iterator[Member]:
    at, count = 0, 0
    while at < len(data):
        if data[at : at + 4] != ENTRY or at + ENTRY_SIZE > len(data):
            raise Malformed(RULE, "the directory has an entry that is none", offset=directory.start + at)
        lengths = [number(data, at + place, 2) for place in (28, 30, 32)]
        end = at + ENTRY_SIZE + sum(lengths)
        if end > len(data):
            raise Malformed(RULE, "the directory ends within an entry", offset=directory.start + at)
        yield _entry(data[at:end], lengths, directory.before)
        at, count = end, count + 1
    if count != directory.count:
        raise Malformed(RULE, f"the directory has {count} members, {directory.count} are said to be there")


def _entry(data: bytes, lengths: list[int], before: int) -> Member:
    name = data[ENTRY_SIZE : ENTRY_SIZE + lengths[0]]
    extra = data[ENTRY_SIZE + lengths[0] : ENTRY_SIZE + lengths[0] + lengths[1]]
    size, packed, offset = number(data, 24, 4), number(data, 20, 4), number(data, 42, 4)
    size, packed, offset = large_sizes(extra, size, packed, offset)
    return Member(
        name, number(data, 8, 2), number(data, 10, 2), number(data, 16, 4), packed, size, offset + before,
        number(data, 40, 2) if data[5] == 3 else 0,
    )  # fmt: skip


def large_sizes(extra: bytes, *small: int) -> tuple[int, ...]:
    """The sizes with those that did not fit, from the extra field for large files."""
    found = list(small)
    at = 0
    while at + 4 <= len(extra):
        kind, length = number(extra, at, 2), number(extra, at + 2, 2)
        if kind == 1:
            place = at + 4
            for which, value in enumerate(small):
                if value == FULL32 and place + 8 <= at + 4 + length:
                    found[which] = number(extra, place, 8)
                    place += 8
            break
        at += 4 + length
    return tuple(found)
