"""Zip files: what each reader would see must be the same, and every member is looked at."""

import bz2
import lzma
import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from modelyard.inspection.containers.members import check_names, look_inside
from modelyard.inspection.containers.streams import Unpacker, raw_lzma, unpack
from modelyard.inspection.containers.torch_zips import TorchZip
from modelyard.inspection.containers.zip_directory import (
    END,
    LOCAL,
    LOCAL_SIZE,
    RULE,
    Directory,
    Member,
    find_end,
    large_sizes,
    number,
    read_directory,
)
from modelyard.inspection.formats.reading import tell
from modelyard.inspection.sight import Format, Malformed, Sight
from modelyard.inspection.sources import Slice, Source, prefetch
from modelyard.inspection.unpacked import HELD, Streamed, paid, unpacked

STORED, DEFLATED, BZIPPED, LZMA = 0, 8, 12, 14
ENCRYPTED, DESCRIBED_LATER = 0x1, 0x8
KNOWN_FLAGS = 0x1 | 0x2 | 0x4 | 0x8 | 0x800
LINK = 0o120000
FILE_KIND = 0o170000

LOCATOR, LOCATOR_BYTES, END_BYTES = b"PK\x06\x07", 20, 22
"""Before the end record of a file of more than 4 GB (APPNOTE 4.3.15)."""

CHECKED = 1024**2
"""Bytes of a stored member that are read for its checksum alone."""

CHECKED_TOGETHER = 64 * 1024**2


def is_zip(head: bytes, _sight: Sight) -> bool:
    """Whether the bytes begin as a zip file."""
    return head.startswith((LOCAL, END, b"PK\x07\x08"))


def ends_as_zip(_head: bytes, sight: Sight) -> bool:
    """Whether the bytes end as a zip file, whatever they begin with: that is how readers find it."""
    found = find_end(sight.source) if sight.source.size > 22 else None
    if found is None:
        return False
    at, record = found
    return number(record, 12, 4) + number(record, 16, 4) <= at and len(record) == 22 + number(record, 20, 2)


def holds_zip(_head: bytes, sight: Sight) -> bool:
    """Whether some readers find a zip file by an end record, though it is not where the bytes end, or is a large one's.

    Python's `zipfile` looks for the last one and does not mind bytes behind it.
    """
    found = find_end(sight.source) if sight.source.size > END_BYTES else None
    if found is None:
        return False
    at, record = found
    large = sight.source.read(max(0, at - LOCATOR_BYTES), len(LOCATOR)) == LOCATOR
    return large or number(record, 12, 4) + number(record, 16, 4) <= at


def look(sight: Sight) -> None:
    """Compare the headers, and look at the members."""
    directory = read_directory(sight.source)
    _look_around(sight, directory)
    members = directory.members
    check_names(sight, [member.path for member in members])
    prefetch(sight.source, [member.offset for member in members])
    starts = _data_starts(sight, members)
    _look_between(sight, directory, starts)
    _look_at_members(sight, members, starts)


def _look_around(sight: Sight, directory: Directory) -> None:
    if directory.before:
        sight.note("zip.bytes-before", f"{directory.before:,} bytes before the archive", offset=0)
        look_inside(sight, Slice(sight.source, 0, directory.before), "(before the archive)")
    behind = len(directory.comment) - directory.said_comment
    if behind:
        sight.note("archive.trailing-bytes", f"{behind:,} bytes behind the end", offset=sight.source.size - behind)
    if b"PK" in directory.comment:
        sight.note("zip.comment", "the archive's comment looks like another archive", offset=directory.end)


def _data_starts(sight: Sight, members: list[Member]) -> dict[int, int]:
    """Where the bytes of each member begin, by the member's place in the directory, after a look at its header."""
    found = {}
    for place, member in enumerate(members):
        sight.budget.spend("members")
        start = _check_header(sight, member)
        if start is not None:
            found[place] = start
    return found


def _check_header(sight: Sight, member: Member) -> int | None:
    """Hold the header beside the bytes against the directory."""
    head = sight.source.read(member.offset, LOCAL_SIZE)
    if head[:4] != LOCAL or len(head) < LOCAL_SIZE:
        sight.note(RULE, f"{member.path} has no header", offset=member.offset)
        return None
    lengths = number(head, 26, 2), number(head, 28, 2)
    rest = sight.source.read(member.offset + LOCAL_SIZE, sum(lengths))
    packed, size = number(head, 18, 4), number(head, 22, 4)
    size, packed = large_sizes(rest[lengths[0] :], size, packed)
    later = bool(number(head, 6, 2) & DESCRIBED_LATER)
    said = {"name": rest[: lengths[0]], "flags": number(head, 6, 2), "method": number(head, 8, 2)}
    said |= {"crc": number(head, 14, 4), "packed": packed, "size": size}
    wrong = [
        what
        for what, value in said.items()
        if value != getattr(member, what) and not (later and value == 0 and what in {"crc", "packed", "size"})
    ]
    if wrong:
        sight.note("zip.headers-disagree", f"{member.path}: {', '.join(wrong)}", offset=member.offset)
    return member.offset + LOCAL_SIZE + sum(lengths)


def _look_between(sight: Sight, directory: Directory, starts: dict[int, int]) -> None:
    """Members lie one behind the other, with nothing between."""
    extents = sorted(
        (member.offset, starts[place] + member.packed, bool(member.flags & DESCRIBED_LATER))
        for place, member in enumerate(directory.members)
        if place in starts
    )
    first, last = (directory.before,) * 2 + (False,), (directory.start + directory.before,) * 2 + (False,)
    for (_, end, later), (start, _, _) in pairwise([first, *extents, last]):
        if start < end:
            sight.note("zip.overlap", "members share bytes", offset=start)
        elif start - end not in ({0, 12, 16, 20, 24} if later else {0}):
            sight.note("zip.hidden-bytes", f"{start - end:,} bytes that belong to no member", offset=end)


def _look_at_members(sight: Sight, members: list[Member], starts: dict[int, int]) -> None:
    torch = TorchZip(sight, Counter(member.path for member in members))
    unread = CHECKED_TOGETHER
    for place in torch.ordered([member.path for member in members]):
        member = members[place]
        if place not in starts or _is_odd(sight, member):
            continue
        whole = Slice(sight.source, starts[place], member.packed)
        if torch.is_storage(member.path, member.size) and member.method == STORED:
            continue
        source = _open(sight, member, whole)
        if source is not None:
            if member.method == STORED and member.size <= min(CHECKED, unread):
                unread -= member.size
                _check_sum(sight, member, source)
            torch.look_at(source, member.path)
    tell(sight, {**torch.facts(), "format": torch.format()})


def _is_odd(sight: Sight, member: Member) -> bool:
    """Whether a member has no bytes that could be looked at; what is odd about it is said."""
    if member.flags & ~KNOWN_FLAGS:
        sight.note("zip.odd-flags", f"{member.path}: flags {member.flags:#06x}", offset=member.offset)
    if member.mode & FILE_KIND == LINK:
        sight.note("archive.link", f"{member.path} is a link", offset=member.offset)
    if member.flags & ENCRYPTED:
        sight.note("zip.encrypted", f"{member.path} is encrypted", offset=member.offset)
        sight.miss(f"{member.path} is encrypted")
        return True
    if member.is_folder and member.size:
        sight.note("zip.odd-member", f"{member.path} is a folder with bytes", offset=member.offset)
    return member.is_folder and not member.size


def _open(sight: Sight, member: Member, whole: Source) -> Source | None:
    """The bytes of a member, unpacked as they are read."""
    if member.method == STORED:
        if member.packed != member.size:
            sight.note("zip.headers-disagree", f"{member.path} is stored with two sizes", offset=member.offset)
        return whole
    unpackers = {DEFLATED: lambda: zlib.decompressobj(-15), BZIPPED: bz2.BZ2Decompressor, LZMA: lambda: _Lzma(member)}
    if member.method not in unpackers:
        sight.note("zip.method", f"{member.path}: compression {member.method}", offset=member.offset)
        sight.miss(f"{member.path} is compressed in a way that is not known here")
        return None
    try:
        return _unpacked(sight, member, whole, unpackers[member.method])
    except Malformed as wrong:
        sight.note(wrong.rule, str(wrong), offset=member.offset)
        return None


def _unpacked(sight: Sight, member: Member, whole: Source, unpacker: Unpacker) -> Source:
    def pieces() -> Iterator[bytes]:
        size = crc = 0
        for piece in unpack(whole, unpacker, RULE, sight.budget):
            size += len(piece)
            crc = zlib.crc32(piece, crc)
            if size > member.size:
                break
            yield piece
        if size != member.size:
            raise Malformed("zip.headers-disagree", f"{member.path} does not have the size that it is said to have")
        if crc != member.crc:
            sight.note("zip.checksum", f"{member.path} does not have its checksum", offset=member.offset)

    if member.size > HELD:
        return Streamed(paid(pieces, sight.budget), member.size)
    return unpacked(pieces, sight.budget)


class _Lzma:
    """LZMA as zip has it: two bytes of version, two of length, then the properties."""

    def __init__(self, member: Member) -> None:
        self._head = b""
        self._name = member.path
        self._inner: lzma.LZMADecompressor | None = None
        self.eof = False
        self.unused_data = b""

    @property
    def needs_input(self) -> bool:
        """As lzma's."""
        return self._inner is None or self._inner.needs_input

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """As lzma's."""
        if self._inner is None:
            self._head += data
            if len(self._head) < 9:
                return b""
            self._inner, data = raw_lzma(self._head[4:9]), self._head[9:]
        found = self._inner.decompress(data, max_length)
        self.eof = self._inner.eof
        return found


def _check_sum(sight: Sight, member: Member, source: Source) -> None:
    data = source.read(0, member.size)
    if len(data) != member.size:
        raise Malformed(RULE, f"{member.path} ends early", offset=member.offset)
    if zlib.crc32(data) != member.crc:
        sight.note("zip.checksum", f"{member.path} does not have its checksum", offset=member.offset)


FORMATS = (Format("zip", is_zip, look),)
LAST = (Format("zip", ends_as_zip, look),)
ANYWHERE = (Format("zip", holds_zip, look),)
