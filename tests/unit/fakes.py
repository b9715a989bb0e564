"""The world by hand: a clock that is moved, ids in order, blobs in memory, and a bus and a topic that only remember."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from modelyard.domain.digests import Digest, composite
from modelyard.domain.manifests import File
from modelyard.ports import SignedRequest, Stat

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class StillClock:
    """ports.Clock: time passes when somebody sleeps or moves it."""

    def __init__(self, moment: datetime = NOON) -> None:
        self.moment = moment
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def advance(self, **units: float) -> None:
        self.moment += timedelta(**units)


class CountedIds:
    """ports.Ids: ULIDs that count up, and no chance."""

    def __init__(self) -> None:
        self.count = 0

    def new(self) -> str:
        self.count += 1
        return "01KAP4Q6Z8" + "".join(CROCKFORD[self.count >> shift & 31] for shift in range(75, -1, -5))

    def jitter(self) -> float:
        return 0.5


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def digest_of(content: bytes) -> Digest:
    """The digest of a file of one part."""
    return Digest(f"sha256:{sha256(content)}")


class MemoryBlobs:
    """ports.Blobs: `stored` maps digests to the bytes that lie there; what was discarded lies in `aside`."""

    def __init__(self) -> None:
        self.stored: dict[Digest, bytes] = {}
        self.aside: dict[Digest, bytes] = {}
        self.uploads: dict[Digest, dict[int, bytes]] = {}
        self.asked: list[Digest] = []
        self.discarded: list[Digest] = []
        self.removed: list[Digest] = []

    def store(self, content: bytes) -> Digest:
        """Keep bytes under their digest, as an upload would."""
        digest = digest_of(content)
        self.stored[digest] = content
        return digest

    def stat(self, digest: Digest) -> Stat | None:
        self.asked.append(digest)
        return Stat(len(self.stored[digest]), digest) if digest in self.stored else None

    def reread(self, file: File) -> Stat | None:
        content = self.stored.get(file.digest)
        if content is None:
            return None
        return Stat(len(content), file.digest if file.parts else digest_of(content))

    def sign_put(self, file: File) -> SignedRequest:
        return SignedRequest("PUT", f"https://storage.test/{file.digest}", {}, NOON)

    def begin(self, file: File) -> str:
        self.uploads.setdefault(file.digest, {})
        return file.digest

    def parts(self, file: File, upload: str) -> frozenset[int]:
        return frozenset(self.uploads.get(Digest(upload), {}))

    def sign_part(self, file: File, upload: str, number: int) -> SignedRequest:
        return SignedRequest("PUT", f"https://storage.test/{upload}/{number}", {}, NOON)

    def finish(self, file: File, upload: str) -> bool:
        sent = self.uploads.get(Digest(upload), {})
        if composite(sha256(sent[number]) for number in sorted(sent)) != file.digest.rpartition(":")[2]:
            return False
        self.stored[file.digest] = b"".join(sent[number] for number in sorted(sent))
        return True

    def sign_get(self, digest: Digest, *, filename: str) -> SignedRequest:
        return SignedRequest("GET", f"https://storage.test/{digest}?as={filename}", {}, NOON)

    def read(self, digest: Digest, offset: int, length: int) -> bytes:
        if digest not in self.stored:
            raise FileNotFoundError(digest)
        return self.stored[digest][offset : offset + length]

    def remove(self, digest: Digest) -> None:
        self.removed.append(digest)
        self.stored.pop(digest, None)

    def discard(self, digest: Digest) -> None:
        self.discarded.append(digest)
        if digest in self.stored:
            self.aside[digest] = self.stored.pop(digest)


class RecordingBus:
    """ports.Bus: `published` is all that ever went out, `waiting` what nobody took yet."""

    def __init__(self) -> None:
        self.published: list[Mapping[str, Any]] = []
        self.waiting: list[Mapping[str, Any]] = []

    def publish(self, events: Sequence[Mapping[str, Any]]) -> None:
        self.published += events
        self.waiting += events


class RecordingTopic:
    """ports.Topic: everything that people were told."""

    def __init__(self) -> None:
        self.announced: list[tuple[str, str, Mapping[str, str]]] = []

    def announce(self, subject: str, message: str, attributes: Mapping[str, str]) -> None:
        self.announced.append((subject, message, attributes))
