"""The bytes of one PUT on their way into a file: hashed as they come, and kept only if they are the promised ones."""

import hashlib
from collections.abc import Callable
from contextlib import ExitStack
from threading import Lock

from modelyard.adapters.disk.files import write_at
from modelyard.domain.errors import DigestMismatch, Invalid


class Writer:
    """Takes `length` bytes of SHA-256 `checksum` (hex) in order, into `file` from `offset`.

    Nothing of them counts until `commit` returns; `keep` is what makes right bytes count. The writer may be closed
    while another thread writes: the writing ends first.
    """

    def __init__(
        self, file: int, *, offset: int, length: int, checksum: str, keep: Callable[[], None], held: ExitStack
    ) -> None:
        self._file, self._offset, self._left, self._length = file, offset, length, length
        self._checksum, self._keep, self._held = checksum, keep, held
        self._sha256 = hashlib.sha256()
        self._lock = Lock()
        self._open = True

    def write(self, chunk: bytes) -> None:
        """Take the next bytes; Invalid when they are more than promised, OSError as the disk gives it."""
        with self._lock:
            self._require_open()
            if len(chunk) > self._left:
                raise Invalid(f"the body has more than the {self._length} bytes it was signed for")
            self._sha256.update(chunk)
            write_at(self._file, chunk, self._offset)
            self._offset, self._left = self._offset + len(chunk), self._left - len(chunk)

    def commit(self) -> None:
        """Make the bytes count. Invalid or DigestMismatch when they are not the promised ones."""
        with self._lock:
            self._require_open()
            if self._left:
                raise Invalid(f"the body has {self._length - self._left} of the {self._length} bytes it was signed for")
            if self._sha256.hexdigest() != self._checksum:
                raise DigestMismatch("the bytes are not those of the digest")
            self._keep()

    def close(self) -> None:
        """Let go of everything; what was not committed is dropped. Closing twice is no error."""
        with self._lock:
            self._open = False
            self._held.close()

    def _require_open(self) -> None:
        if not self._open:
            raise ValueError("the writer is closed")
