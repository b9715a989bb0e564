"""Where a pull writes: one folder, entered step by step without ever following a link, and no name outside it.

Unfinished files lie in `.modelyard-partial` within it and are renamed into place. Every open is relative to a
descriptor of the folder above (openat), so a link put in the way is refused, not followed.
"""

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from modelyard.client.errors import DestinationTaken, Hindered, Unusable
from modelyard.client.walking import PARTIAL

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_ODD = frozenset({errno.ENOTDIR, errno.ELOOP, errno.ENXIO})
"""What opening says of a link, of a socket, and of a file where a folder should be."""


class Destination:
    """An open destination folder, locked against other pulls until it is closed."""

    def __init__(self, root: int, partial: int) -> None:
        self._root = root
        self._partial = partial

    def room(self) -> int:
        """Bytes that are free."""
        status = os.fstatvfs(self._root)
        return status.f_bavail * status.f_frsize

    def open_existing(self, path: str) -> int | None:
        """A descriptor of the regular file at `path`; None when nothing is there. DestinationTaken by anything else."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            with self._parent(path, make=False) as (folder, name):
                descriptor = os.open(name, flags, dir_fd=folder)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno in _ODD:
                raise DestinationTaken([path]) from error
            raise
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
        os.close(descriptor)
        raise DestinationTaken([path])

    def open_partial(self, name: str) -> int:
        """A descriptor of the unfinished file `name`, with what an earlier pull left in it."""
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        return os.open(name, flags, 0o666, dir_fd=self._partial)

    def partial_bytes(self, name: str) -> int:
        """Bytes of disk that the unfinished file `name` takes already."""
        try:
            return os.stat(name, dir_fd=self._partial, follow_symlinks=False).st_blocks * 512
        except FileNotFoundError:
            return 0

    def put_in_place(self, name: str, path: str) -> None:
        """Rename the finished file `name` to `path`, over whatever file stands there."""
        with self._parent(path, make=True) as (folder, last):
            os.rename(name, last, src_dir_fd=self._partial, dst_dir_fd=folder)

    def remove(self, path: str) -> None:
        """Remove the file at `path`, if there is one."""
        with suppress(FileNotFoundError), self._parent(path, make=False) as (folder, name):
            os.unlink(name, dir_fd=folder)

    def tidy(self) -> None:
        """Drop what earlier pulls left unfinished."""
        with os.scandir(self._partial) as entries:
            left = [entry.name for entry in entries]
        for name in left:
            with suppress(IsADirectoryError):
                os.unlink(name, dir_fd=self._partial)

    @contextmanager
    def _parent(self, path: str, *, make: bool) -> Iterator[tuple[int, str]]:
        """A descriptor of the folder that holds `path`, and the name there."""
        *folders, name = path.split("/")
        above = os.dup(self._root)
        try:
            for folder in folders:
                below = _enter(above, folder, make=make)
                os.close(above)
                above = below
            yield above, name
        finally:
            os.close(above)


def _enter(above: int, name: str, *, make: bool) -> int:
    if make:
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=above)
    return os.open(name, _FOLDER, dir_fd=above)


@contextmanager
def open_destination(folder: Path) -> Iterator[Destination]:
    """The folder, made if need be, as a place to pull into. Unusable when it is none or another pull writes there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (FileExistsError, NotADirectoryError) as error:
        raise Unusable(f"{str(folder)!r} is no folder", field="destination") from error
    try:
        partial = _open_partial_folder(root, folder)
        try:
            yield Destination(root, partial)
        finally:
            with suppress(OSError):
                os.rmdir(PARTIAL, dir_fd=root)
            os.close(partial)
    finally:
        os.close(root)


def _open_partial_folder(root: int, folder: Path) -> int:
    try:
        partial = _enter(root, PARTIAL, make=True)
    except OSError as error:
        if error.errno in _ODD:
            raise Unusable(f"'{folder / PARTIAL}' is no folder", field="destination", hint="remove it") from error
        raise
    try:
        fcntl.flock(partial, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(partial)
        raise Hindered(f"another pull into {str(folder)!r} is under way") from error
    return partial
