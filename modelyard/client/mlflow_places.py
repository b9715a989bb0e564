"""Where files from MLflow lie on their way, below the user's cache; who is there first brings a model alone."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from modelyard.client.mlflow_reports import Waiting

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def one_at_a_time(source: str, waiting: Waiting, environment: Mapping[str, str] = os.environ) -> Iterator[Path]:
    """A folder for what is on its way of a model, held until the block ends: nobody else on this machine has it.

    Whoever comes while it is held waits, and tells `waiting` so; what was brought meanwhile is there for it then. A
    process that dies lets go of it.
    """
    cache = Path(environment.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    folder = cache / "modelyard" / "mlflow" / _hashed(source)
    descriptor = _hold(folder, source, waiting)
    try:
        yield folder
    finally:
        with suppress(OSError):
            folder.rmdir()
        os.close(descriptor)


def _hold(folder: Path, source: str, waiting: Waiting) -> int:
    """A descriptor of the folder, locked. Whoever held it may have removed it meanwhile: then it is made anew."""
    told = False
    while True:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            descriptor = os.open(folder, _FOLDER)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not told:
                    waiting(source)
                told = True
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _is_there(folder, descriptor):
                return descriptor
            os.close(descriptor)


def _is_there(folder: Path, descriptor: int) -> bool:
    """Whether the folder is still the one that was opened."""
    try:
        return os.path.samestat(folder.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


@contextmanager
def work_folder(place: Path, identity: str, *, lost: tuple[type[Exception], ...]) -> Iterator[Path]:
    """A folder for a version's files: always the same, so that what was fetched before an interruption is found.

    It is removed at the end, and when the version is lost; not when the import is cut off.
    """
    folder = place / _hashed(identity)
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        yield folder
    except lost:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
