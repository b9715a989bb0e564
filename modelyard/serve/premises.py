"""The data folder of one server: made private, and held by one process at a time."""

import fcntl
import os
from pathlib import Path


class Occupied(Exception):
    """Another server has the folder."""


class Premises:
    """Holds `folder`, which is made when it is missing, until `leave`, or until the process ends however it ends."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = os.open(folder / "serve.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._lock, 32, 0).decode("ascii", "replace").strip()
            os.close(self._lock)
            raise Occupied(f"another server (process {holder or 'unknown'}) uses {folder}") from None
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)

    def leave(self) -> None:
        """Let another server have the folder."""
        os.close(self._lock)
