"""What a push remembers on disk so that it can go on after an interruption: the key it registered its version under.

Nothing else: what was sent already is for the registry to say. Losing the memory costs a second version number, and
no bytes.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from modelyard.client.api import KEY, new_key


class Remembered:
    """The Idempotency-Key of one push; `resumed` when an earlier one that did not end left it."""

    def __init__(self, descriptor: int | None, path: Path) -> None:
        self._descriptor = descriptor
        self._path = path
        self.key = self._read()
        self.resumed = bool(self.key)
        if not self.resumed:
            self.start_anew()

    def start_anew(self) -> None:
        """Take a new key, because the version of the old one is of no use any more."""
        self.key, self.resumed = new_key(), False
        self._write(self.key)

    def forget(self) -> None:
        """The push has ended."""
        self._write("")
        if self._descriptor is not None:
            with suppress(OSError):
                self._path.unlink()

    def _read(self) -> str:
        if self._descriptor is None:
            return ""
        try:
            key = json.loads(os.pread(self._descriptor, 1024, 0))["idempotency_key"]
        except (OSError, ValueError, LookupError, TypeError):
            return ""
        return key if isinstance(key, str) and KEY.fullmatch(key) else ""

    def _write(self, key: str) -> None:
        if self._descriptor is None:
            return
        with suppress(OSError):
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, json.dumps({"idempotency_key": key}).encode(), 0)


@contextmanager
def remember(url: str, name: str, body: bytes, environment: Mapping[str, str] = os.environ) -> Iterator[Remembered]:
    """The memory of the push of `body` (the request that registers it) to `name` at `url`.

    Another push of the very same thing that is under way keeps its own: this one then remembers nothing. Nor does it
    when the cache folder ($XDG_CACHE_HOME/modelyard or ~/.cache/modelyard) cannot be written.
    """
    identity = hashlib.sha256(b"\0".join((url.encode(), name.encode(errors="surrogatepass"), body))).hexdigest()
    cache = Path(environment.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    path = cache / "modelyard" / "pushes" / f"{identity}.json"
    descriptor = _locked(path)
    try:
        yield Remembered(descriptor, path)
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _locked(path: Path) -> int | None:
    """The memory's file, locked until it is closed; None when it cannot be had."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
