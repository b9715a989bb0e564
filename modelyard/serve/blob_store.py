"""What the blob door asks of the disk adapter, whose own signed URLs it answers."""

from collections.abc import Callable, Mapping
from typing import Protocol


class Sink(Protocol):
    """Takes the bytes of one PUT."""

    def write(self, chunk: bytes) -> None:
        """Take the next bytes; Invalid when there are too many, OSError as the disk gives it."""

    def commit(self) -> None:
        """Make the bytes count, which they do not before. Invalid or DigestMismatch when they are not the promised."""

    def close(self) -> None:
        """Let go; what was not committed is dropped. It may be called at any time, from any thread, and again."""


class Source(Protocol):
    """An open blob."""

    @property
    def size(self) -> int:
        """Bytes of the whole blob."""

    def read(self, offset: int, length: int) -> bytes:
        """Bytes from `offset`; fewer at the end."""

    def close(self) -> None:
        """Let go. It may be called at any time, from any thread, and again."""


class Incoming(Protocol):
    """A PUT that may come."""

    @property
    def length(self) -> int:
        """Bytes of its body."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers that it must have besides Content-Length."""

    @property
    def key(self) -> str | None:
        """The key that it makes exist; None for a part."""

    @property
    def open(self) -> Callable[[], Sink | None]:
        """What takes its bytes; None when they are there already. PreconditionFailed, NotFound, Contended."""


class Outgoing(Protocol):
    """A GET that may be answered."""

    @property
    def etag(self) -> str:
        """The blob's entity tag, without quotes."""

    @property
    def filename(self) -> str:
        """The name to save the blob under, as somebody wrote it."""

    @property
    def open(self) -> Callable[[], Source]:
        """The blob; NotFound when it is not there."""


class BlobStore(Protocol):
    """Checks signed URLs. Both raise Forbidden for one that was not signed so, was altered or has expired."""

    def accept(self, path: str, query: str) -> Incoming:
        """What a PUT of this URL may bring."""

    def hand_out(self, path: str, query: str) -> Outgoing:
        """What a GET of this URL may take away."""
