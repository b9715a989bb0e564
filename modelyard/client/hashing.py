"""Digests of files, by parts, on all cores. Bytes are read by offset into one buffer per thread."""

import errno
import hashlib
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from modelyard.client.errors import FileChanged
from modelyard.client.parallel import Job, Stop, run_jobs
from modelyard.client.progress import SILENT, Progress
from modelyard.client.walking import Mark, Source
from modelyard.domain.digests import Digest, combine, part_count, part_range

BLOCK = 256 * 1024
"""Bytes read at once: small enough to stay in a core's cache between reading and hashing."""

_BATCH_FILES = 64
_BATCH_BYTES = 32 * 1024**2
_thread = threading.local()


@dataclass(slots=True)
class Hashed:
    """A source with what was read from it: the hex SHA-256 of each part, and the digest they make."""

    source: Source
    parts: list[str]
    digest: Digest = field(default=Digest(""))

    @property
    def size(self) -> int:
        """Bytes in the file."""
        return self.source.size


def hash_sources(sources: Sequence[Source], *, progress: Progress = SILENT, workers: int | None = None) -> list[Hashed]:
    """The digests of all sources, in their order. FileChanged when one is not the file that was found."""
    hashed = [Hashed(source, [""] * part_count(source.size)) for source in sources]
    stop = Stop()
    progress.started(sum(one.size for one in hashed))
    try:
        run_jobs(_jobs(hashed, stop, progress), workers=workers or _cores(), stop=stop)
    finally:
        progress.finished()
    for one in hashed:
        one.digest = combine(one.size, one.parts)
    return hashed


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _jobs(hashed: Sequence[Hashed], stop: Stop, progress: Progress) -> Iterator[Job]:
    """A job for each part of a large file, and one for each handful of small ones."""
    batch: list[Hashed] = []
    weight = 0
    for one in hashed:
        if len(one.parts) > 1:
            yield from (partial(_hash_part, one, number, stop, progress) for number in range(1, len(one.parts) + 1))
            continue
        batch.append(one)
        weight += one.size
        if len(batch) >= _BATCH_FILES or weight >= _BATCH_BYTES:
            yield partial(_hash_batch, batch, stop, progress)
            batch, weight = [], 0
    yield partial(_hash_batch, batch, stop, progress)


def _hash_batch(batch: Sequence[Hashed], stop: Stop, progress: Progress) -> None:
    for one in batch:
        _hash_part(one, 1, stop, progress)


def _hash_part(one: Hashed, number: int, stop: Stop, progress: Progress) -> None:
    offset, length = part_range(one.size, number)
    with open_source(one.source) as descriptor:
        start = one.source.start + offset
        one.parts[number - 1] = hash_range(descriptor, start, length, stop=stop, progress=progress)
        check_unchanged(one.source, descriptor)


def hash_range(descriptor: int, offset: int, length: int, *, stop: Stop, progress: Progress = SILENT) -> str:
    """Hex SHA-256 of a range of an open file, as far as the file reaches."""
    hasher = hashlib.sha256()
    for block in read_range(descriptor, offset, length):
        hasher.update(block)
        progress.advanced(len(block))
        stop.check()
    return hasher.hexdigest()


def read_range(descriptor: int, offset: int, length: int) -> Iterator[memoryview]:
    """The bytes of a range, in blocks that are overwritten when the next is asked for; ends early with the file."""
    buffer = _buffer()
    end = offset + length
    while offset < end:
        count = os.preadv(descriptor, [buffer[: end - offset]], offset)
        if count == 0:
            return
        yield buffer[:count]
        offset += count


def _buffer() -> memoryview:
    """This thread's buffer; a thread reads one range at a time."""
    if not hasattr(_thread, "buffer"):
        _thread.buffer = memoryview(bytearray(BLOCK))
    buffer: memoryview = _thread.buffer
    return buffer


@contextmanager
def open_source(source: Source) -> Iterator[int]:
    """A descriptor of the file that was found, and no other: FileChanged when another stands there now."""
    try:
        descriptor = os.open(source.real, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError as error:
        raise _changed(source, "was removed") from error
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _changed(source, "changed") from error
        raise
    try:
        check_unchanged(source, descriptor)
        yield descriptor
    finally:
        os.close(descriptor)


def check_unchanged(source: Source, descriptor: int) -> None:
    """FileChanged unless the open file is as it was found."""
    if Mark.of(os.fstat(descriptor)) != source.mark:
        raise _changed(source, "changed")


def _changed(source: Source, how: str) -> FileChanged:
    hint = "wait until nothing writes to it, then push again"
    return FileChanged(f"{source.path!r} {how} while it was being pushed", hint=hint)
