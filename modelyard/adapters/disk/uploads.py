"""Uploads in parts: each part is written straight to its place in one sparse file, by any process, in any order.

`uploads/<hex>-<size>/` holds `data`, as long as the whole file, and `checks`, 32 bytes for each part: its SHA-256 once
the part's bytes were checked and flushed, zeros before. A part whose record stands is never written again, and a
record torn by a power cut equals no digest. The upload exists as long as `data` does: it is named last when an upload
begins and moved away first when it ends. A file's size is part of the name because who lies about it would otherwise
put right bytes in wrong places.
"""

import fcntl
import hashlib
import math
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from modelyard.adapters.disk.files import opened, seal, sync_folder, write_at
from modelyard.adapters.disk.writer import Writer
from modelyard.domain.digests import Digest, hex_of, part_count, part_range
from modelyard.domain.errors import Contended, NotFound
from modelyard.domain.manifests import File

RECORD = 32
"""Bytes of a raw SHA-256."""

LOCK = "lock"
FRESH = "new-"
WASTE = "old-"


class Uploads:
    """The folder of unfinished uploads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self, digest: Digest, size: int) -> str:
        """The id of the blob's upload, which is made when there is none."""
        upload = f"{hex_of(digest)}-{size}"
        target = self._folder / upload
        with self.alone():
            if (target / "data").exists():
                return upload
            waste = self._throw_away(target)
            self._make(size).rename(target)
            sync_folder(target)
        shutil.rmtree(waste, ignore_errors=True)
        return upload

    def _make(self, size: int) -> Path:
        fresh = self._folder / f"{FRESH}{secrets.token_hex(8)}"
        fresh.mkdir()
        for name, length in (("checks", RECORD * part_count(size)), ("data", size)):
            with opened(fresh / name, os.O_RDWR | os.O_CREAT | os.O_EXCL) as file:
                os.truncate(file, length)
                os.fsync(file)
        return fresh

    def done(self, file: File, upload: str) -> frozenset[int]:
        """Numbers of the parts whose bytes are checked and on the disk; empty when the upload is gone."""
        folder = self._place(file, upload)
        try:
            records = (folder / "checks").read_bytes()
            whole = (folder / "data").stat().st_size == file.size
        except FileNotFoundError:
            return frozenset()
        expected = enumerate((bytes.fromhex(part) for part in file.parts), start=1)
        return frozenset(n for n, part in expected if whole and records[RECORD * (n - 1) : RECORD * n] == part)

    def _place(self, file: File, upload: str) -> Path:
        """The upload's folder, whatever `upload` says if it is not the file's."""
        known = f"{hex_of(file.digest)}-{file.size}"
        return self._folder / (known if upload == known else f"{WASTE}unknown")

    def writer(self, upload: str, number: int, length: int, checksum: str) -> Writer | None:
        """Takes the bytes of a part; None when the part is done. `upload` is an id that `begin` gave.

        NotFound when the upload is gone; Contended while somebody else sends the same part.
        """
        offset = part_range(int(upload.rpartition("-")[2]), number)[0]
        with ExitStack() as opening:
            try:
                part = opening.enter_context(_held_part(self._folder / upload, number, checksum))
            except FileNotFoundError:
                raise _gone() from None
            if part is None:
                return None
            return Writer(
                part.data, offset=offset, length=length, checksum=checksum, keep=part.keep, held=opening.pop_all()
            )

    def finish(self, file: File, upload: str, final: Path) -> bool:
        """Move the whole file to `final`, and say whether that was this call's doing. NotFound when it is not whole."""
        folder = self._place(file, upload)
        with self.alone():
            if final.exists():
                sync_folder(final.parent)
                waste, moved = self._throw_away(folder), False
            else:
                self._move(file, upload, final)
                waste, moved = self._throw_away(folder), True
        shutil.rmtree(waste, ignore_errors=True)
        return moved

    def _move(self, file: File, upload: str, final: Path) -> None:
        folder = self._place(file, upload)
        if len(self.done(file, upload)) != part_count(file.size):
            raise _gone()
        if hashlib.sha256((folder / "checks").read_bytes()).hexdigest() != hex_of(file.digest):
            raise _gone()
        with opened(folder / "data", os.O_RDONLY) as data:
            seal(data, file.digest)
        final.parent.mkdir(exist_ok=True)
        (folder / "data").rename(final)
        sync_folder(final.parent)

    def sweep(self, before: float) -> int:
        """Remove everything that nobody has written to since `before` (epoch seconds); how many uploads that were."""
        with self.alone():
            stale = [path for path in self._folder.iterdir() if path.name != LOCK and _touched(path) < before]
            waste = [self._throw_away(path) for path in stale]
        for path in waste:
            _remove(path)
        return len(waste)

    def _throw_away(self, path: Path) -> Path:
        """Take a path out of use at once; where it lies until it is removed."""
        waste = self._folder / f"{WASTE}{secrets.token_hex(8)}"
        with suppress(FileNotFoundError):
            path.rename(waste)
        return waste

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else, in whatever process, begins or ends an upload meanwhile."""
        with opened(self._folder / LOCK, os.O_RDWR | os.O_CREAT) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


@dataclass(frozen=True, slots=True)
class _Part:
    """A part that nobody else may write: the open files of its upload, and the path that the upload must still have."""

    folder: int
    data: int
    checks: int
    number: int
    checksum: bytes
    path: Path

    def keep(self) -> None:
        """Record that the part's bytes are on the disk; NotFound when the upload was swept meanwhile."""
        os.fsync(self.data)
        # Until the record stands nobody can finish the upload: if it is not at its path, it was swept.
        if not _is_at(self.folder, self.path):
            raise _gone()
        write_at(self.checks, self.checksum, RECORD * (self.number - 1))
        os.fsync(self.checks)
        os.unlink(_lock_name(self.number), dir_fd=self.folder)


@contextmanager
def _held_part(path: Path, number: int, checksum: str) -> Iterator[_Part | None]:
    """The part for this writer alone; None when it is done. All files are opened within one and the same folder."""
    with ExitStack() as files:
        folder = files.enter_context(opened(path, os.O_RDONLY | os.O_DIRECTORY))
        lock = files.enter_context(opened(_lock_name(number), os.O_RDWR | os.O_CREAT, folder))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Contended("somebody else is sending the same part") from None
        checks = files.enter_context(opened("checks", os.O_RDWR, folder))
        raw = bytes.fromhex(checksum)
        if os.pread(checks, RECORD, RECORD * (number - 1)) == raw:
            yield None
            return
        data = files.enter_context(opened("data", os.O_RDWR, folder))
        yield _Part(folder, data, checks, number, raw, path)


def _lock_name(number: int) -> str:
    return f"{number}.{LOCK}"


def _gone() -> NotFound:
    return NotFound("the upload is gone, or not whole")


def _is_at(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


def _touched(path: Path) -> float:
    """When the path, or what lies in it, last changed, in epoch seconds; never, if it changes under our eyes.

    By the time of change, which nobody sets: a sealed file's time of writing says something else.
    """
    try:
        paths = [path, *(path.iterdir() if path.is_dir() else ())]
        times: list[float] = [each.stat().st_ctime for each in paths]
        return max(times)
    except FileNotFoundError:
        return math.inf


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
