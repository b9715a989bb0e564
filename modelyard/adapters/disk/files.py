"""Files that survive a power cut: written, flushed and named in that order, and read by many threads."""

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from modelyard.domain.digests import Digest, combine, hex_of, part_count, part_range
from modelyard.ports import Stat

BUFFER = 1024**2
WRITABLE = 0o222


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder, and the folder's own name, to the disk."""
    for path in (folder, folder.parent):
        with opened(path, os.O_RDONLY | os.O_DIRECTORY) as file:
            os.fsync(file)


@contextmanager
def opened(path: Path | str, flags: int, folder: int | None = None) -> Iterator[int]:
    """The file at `path` (within the open `folder`, if given) as a descriptor, closed in the end."""
    file = os.open(path, flags, 0o666, dir_fd=folder)
    try:
        yield file
    finally:
        os.close(file)


def seal(file: int, digest: Digest) -> None:
    """Take everybody's right to write from a file, mark its bytes as checked, and flush it.

    The mark is a time of last writing made of the digest: whoever writes to the file, or puts another in its place,
    wipes it away. It costs no file beside each blob, and copies that keep times keep it.
    """
    os.fchmod(file, os.fstat(file).st_mode & 0o777 & ~WRITABLE)
    os.utime(file, ns=(_mark(digest), _mark(digest)))
    os.fsync(file)


def is_sealed(found: os.stat_result, digest: Digest) -> bool:
    """Whether nobody has written to a file since its bytes were checked."""
    return found.st_mtime_ns == _mark(digest)


def _mark(digest: Digest) -> int:
    """Nanoseconds since the epoch, in whole seconds before 1979: file systems keep no finer times for sure."""
    return int(hex_of(digest)[:7], 16) * 10**9


def write_at(file: int, chunk: bytes, offset: int) -> None:
    """Write all of `chunk`; OSError leaves some of it written."""
    rest = memoryview(chunk)
    while rest:
        written = os.pwrite(file, rest, offset)
        rest, offset = rest[written:], offset + written


def hash_file(file: int) -> Stat:
    """Size and digest of an open file's bytes, all of them read, on every core."""
    size = os.fstat(file).st_size
    ranges = [part_range(size, number) for number in range(1, part_count(size) + 1)]
    with ThreadPoolExecutor(min(len(ranges), os.cpu_count() or 1)) as pool:
        parts = list(pool.map(lambda place: _hash_range(file, *place), ranges))
    return Stat(size, combine(size, parts))


def _hash_range(file: int, offset: int, length: int) -> str:
    buffer, digest = bytearray(BUFFER), hashlib.sha256()
    view = memoryview(buffer)
    while length:
        count = os.preadv(file, [view[:length]], offset)
        if not count:
            break
        digest.update(view[:count])
        offset, length = offset + count, length - count
    return digest.hexdigest()


class Reader:
    """An open blob. It may be closed while another thread reads: the reading ends first."""

    def __init__(self, path: Path) -> None:
        self._file: int | None = os.open(path, os.O_RDONLY)
        self._lock = Lock()
        self.size = os.fstat(self._file).st_size

    def read(self, offset: int, length: int) -> bytes:
        """Bytes from `offset`: `length` of them, unless the file ends before."""
        chunks: list[bytes] = []
        with self._lock:
            if self._file is None:
                raise ValueError("the blob is closed")
            while length and (chunk := os.pread(self._file, length, offset)):
                chunks.append(chunk)
                offset, length = offset + len(chunk), length - len(chunk)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def close(self) -> None:
        """Let go of the file; closing twice is no error."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
            self._file = None
