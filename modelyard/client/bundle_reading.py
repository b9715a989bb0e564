"""Bundles as they lie on a disk, folder or tar, read without leaving them: no link is followed, nothing unpacked."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Protocol

from modelyard.client.bundle_format import INDEX, MOST_LINE, PLACES, BadBundle
from modelyard.client.bundle_tar import read_members
from modelyard.client.walking import Mark, Source
from modelyard.domain.blobs import key_of
from modelyard.domain.digests import Digest

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_ODD = frozenset({errno.ENOTDIR, errno.ELOOP, errno.ENXIO})
_BLOCK = 1024**2


class Bundle(Protocol):
    """An open bundle."""

    def find(self, path: str) -> Source | None:
        """Where a file of the bundle lies; None when it has none there. BadBundle for anything but a plain file."""


class FolderBundle:
    """A bundle as a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        try:
            self._root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise BadBundle(f"there is no bundle {str(folder)!r}") from error

    def find(self, path: str) -> Source | None:
        """As Bundle says. The mark is that of the file itself, whatever stands at its path later."""
        try:
            with self._parent(path) as (folder, name):
                descriptor = os.open(name, _FILE, dir_fd=folder)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno in _ODD:
                raise BadBundle(f"{path} of the bundle is no plain file") from error
            raise
        try:
            status = os.fstat(descriptor)
        finally:
            os.close(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise BadBundle(f"{path} of the bundle is no plain file")
        return Source(path, str(self._folder / path), Mark.of(status))

    @contextmanager
    def _parent(self, path: str) -> Iterator[tuple[int, str]]:
        *folders, name = path.split("/")
        above = os.dup(self._root)
        try:
            for folder in folders:
                below = os.open(folder, _FOLDER, dir_fd=above)
                os.close(above)
                above = below
            yield above, name
        finally:
            os.close(above)

    def close(self) -> None:
        """Let go of the folder."""
        os.close(self._root)


class TarBundle:
    """A bundle as a tar, whose members are read where they lie."""

    def __init__(self, path: Path) -> None:
        self._members: dict[str, tuple[int, int]] = {}
        with path.open("rb") as file:
            self._mark, self._real = Mark.of(os.fstat(file.fileno())), str(path.resolve())
            for name, offset, size in read_members(file):
                if name in self._members:
                    raise BadBundle(f"the tar holds {name!r} twice")
                self._members[name] = (offset, size)

    def find(self, path: str) -> Source | None:
        """As Bundle says."""
        extent = self._members.get(path)
        return None if extent is None else Source(path, self._real, self._mark, extent)

    def close(self) -> None:
        """Nothing is held open."""


@contextmanager
def open_bundle(path: Path) -> Iterator[Bundle]:
    """The bundle at a path. BadBundle when there is none, or none that was finished."""
    bundle = FolderBundle(path) if not path.is_file() else TarBundle(path)
    try:
        if bundle.find(INDEX) is None:
            hint = "an export that was interrupted is gone on with by the same command"
            raise BadBundle(f"{str(path)!r} is no bundle, or none that was finished: it has no {INDEX}", hint=hint)
        yield bundle
    finally:
        with suppress(OSError):
            bundle.close()


def find_blob(bundle: Bundle, digest: Digest) -> Source | None:
    """Where the bytes of a blob lie."""
    return bundle.find(key_of(digest))


def read_whole(bundle: Bundle, path: str, *, most: int) -> bytes | None:
    """A small file of the bundle; None when there is none. BadBundle when it is larger than any can be."""
    source = bundle.find(path) if PLACES.fullmatch(path) else None
    if source is None:
        return None
    if source.size > most:
        raise BadBundle(f"{path} has {source.size} bytes; a bundle's has at most {most}")
    with _opened(source) as file:
        content = file.read(source.size)
    if len(content) < source.size:
        raise BadBundle(f"{path} ends early")
    return content


def read_lines(bundle: Bundle, path: str) -> Iterator[bytes]:
    """The lines of a file of the bundle, each without its end; BadBundle when there is none, or one is too long."""
    source = bundle.find(path)
    if source is None:
        raise BadBundle(f"the bundle has no {path}")
    left = source.size
    with _opened(source) as file:
        while left:
            line = file.readline(min(left, MOST_LINE + 1))
            if not line.endswith(b"\n"):
                raise BadBundle(f"{path} has a line of more than {MOST_LINE} bytes, or ends within one")
            left -= len(line)
            yield line[:-1]


@contextmanager
def _opened(source: Source) -> Iterator[BinaryIO]:
    """The very file that was found, from where the source begins."""
    with os.fdopen(os.open(source.real, _FILE), "rb", _BLOCK) as file:
        if Mark.of(os.fstat(file.fileno())) != source.mark:
            raise BadBundle(f"{source.path} changed while the bundle was being read")
        file.seek(source.start)
        yield file
