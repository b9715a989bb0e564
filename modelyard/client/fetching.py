"""Fetching files by parts, side by side: each part is proven before it counts, each file before it has its name."""

import hashlib
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from modelyard.client.errors import BadAnswer, CorruptDownload, StorageRefused, Unreachable
from modelyard.client.hashing import hash_range
from modelyard.client.parallel import Job, Stop, run_jobs
from modelyard.client.places import Destination
from modelyard.client.progress import Progress
from modelyard.client.retrying import STORAGE_PASSING, Backoff, Tries
from modelyard.client.storage import OUTDATED, signed, storage_refusal
from modelyard.client.transport import Answer, Transport
from modelyard.contract.responses import SignedResponse
from modelyard.domain.digests import hex_of, part_count, part_range
from modelyard.domain.manifests import File


class LinkBook(Protocol):
    """Gives the present link of each file."""

    def of(self, path: str) -> SignedResponse:
        """The link to use for a file."""

    def renew(self, path: str, outdated: SignedResponse | None) -> None:
        """Ask for a new link, unless another thread did already."""


MOST_REFUSALS = 3
"""How often the same part may arrive damaged, or a fresh link to it be refused, before that is believed."""

_WRITTEN = 32 * 1024
"""Bytes written at once. For more, the kernel takes large runs of free memory; where a host lends a virtual machine its
memory bit by bit, those are the ones it waits for, and a write of 256 KiB took four times as long a byte."""

_WHOLE = 200
_RANGE = 206
_BAD_REQUEST = 400


def partial_name(file: File) -> str:
    """What an unfinished file is called: by its path and its content, so that a later pull of the same finds it."""
    return f"{hashlib.sha256(file.path.encode()).hexdigest()[:16]}-{hex_of(file.digest)}"


@dataclass(slots=True)
class _Landing:
    """A file on its way: open from its first part to its last."""

    file: File
    place: Destination
    lock: threading.Lock = field(default_factory=threading.Lock)
    descriptor: int = -1
    missing: int = 0

    def open(self) -> int:
        with self.lock:
            if self.descriptor < 0:
                self.descriptor = self.place.open_partial(partial_name(self.file))
                self.missing = part_count(self.file.size)
            return self.descriptor

    def part_is_there(self) -> None:
        """Count a proven part; the last one gives the file its name. That it reaches the disk is left to the system."""
        with self.lock:
            self.missing -= 1
            if self.missing:
                return
        if os.fstat(self.descriptor).st_size != self.file.size:
            os.ftruncate(self.descriptor, self.file.size)
        self.close()
        self.place.put_in_place(partial_name(self.file), self.file.path)

    def close(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


class _Part:
    """A part on its way into its file: how much of it has come, and the hash of that."""

    def __init__(self, file: File, number: int, descriptor: int) -> None:
        self.path = file.path
        self.offset, self.length = part_range(file.size, number)
        self.whole = self.length == file.size
        self.expected = file.parts[number - 1] if file.parts else hex_of(file.digest)
        self.descriptor = descriptor
        self.link: SignedResponse | None = None
        self.restart()

    def restart(self) -> None:
        self.came = 0
        self._hasher = hashlib.sha256()

    def is_on_disk(self, stop: Stop) -> bool:
        """Whether an earlier pull left exactly these bytes."""
        try:
            if os.lseek(self.descriptor, self.offset, os.SEEK_DATA) >= self.offset + self.length:
                return False
        except OSError:  # ENXIO: nothing but a hole from here to the end
            return False
        return hash_range(self.descriptor, self.offset, self.length, stop=stop) == self.expected

    def take(self, block: bytes | memoryview) -> None:
        if self.came + len(block) > self.length:
            raise CorruptDownload(f"storage sent more bytes of {self.path!r} than it was asked for")
        self._hasher.update(block)
        left, at = memoryview(block), self.offset + self.came
        while left:
            written = os.pwrite(self.descriptor, left[:_WRITTEN], at)
            left, at = left[written:], at + written
        self.came += len(block)

    def prove(self) -> None:
        if self._hasher.hexdigest() != self.expected:
            raise CorruptDownload(f"what storage sent of {self.path!r} is not what the manifest names")


class Fetching:
    """Fetches files of one version into a destination."""

    def __init__(
        self,
        transport: Transport,
        backoff: Backoff,
        links: LinkBook,
        place: Destination,
        *,
        connections: int,
        progress: Progress,
    ) -> None:
        self._transport = transport
        self._links = links
        self._place = place
        self._connections = connections
        self._progress = progress
        self._stop = Stop()
        self._backoff = replace(backoff, sleep=self._stop.sleep)

    def fetch(self, files: Sequence[File]) -> None:
        """Every file, proven and under its name. What was proven stays for the next try when this fails."""
        landings = [_Landing(file, self._place) for file in files]
        self._progress.started(sum(file.size for file in files))
        try:
            run_jobs(self._jobs(landings), workers=self._connections, stop=self._stop)
        finally:
            self._progress.finished()
            for landing in landings:
                landing.close()

    def _jobs(self, landings: Sequence[_Landing]) -> Iterator[Job]:
        for landing in landings:
            for number in range(1, part_count(landing.file.size) + 1):
                yield partial(self._fetch, landing, number)

    def _fetch(self, landing: _Landing, number: int) -> None:
        part = _Part(landing.file, number, landing.open())
        if part.is_on_disk(self._stop):
            self._progress.advanced(part.length)
        else:
            self._download(part)
        landing.part_is_there()

    def _download(self, part: _Part) -> None:
        tries, refusals = Tries(self._backoff), 0
        while True:
            try:
                self._download_rest(part, tries)
                part.prove()
            except Unreachable as error:
                tries.failed(error)
            except (StorageRefused, CorruptDownload) as error:
                refusals += self._weigh(error, part, tries)
                if refusals >= MOST_REFUSALS:
                    raise
            else:
                return

    def _weigh(self, error: StorageRefused | CorruptDownload, part: _Part, tries: Tries) -> int:
        """Wait, ask for a new link or begin anew, as the failure calls for; 1 when it counts against the part."""
        if isinstance(error, CorruptDownload):
            self._progress.advanced(-part.came)
            part.restart()
            return 1
        if error.status in STORAGE_PASSING:
            tries.failed(error, error.retry_after)
            return 0
        if error.status not in {_BAD_REQUEST, *OUTDATED}:
            raise error
        self._links.renew(part.path, part.link)
        return 1

    def _download_rest(self, part: _Part, tries: Tries) -> None:
        """What is missing of the part, over as many connections as it takes."""
        while part.came < part.length:
            before = part.came
            self._stream(part, tries)
            if part.came == before:
                tries.failed(Unreachable(f"storage sends no bytes of {part.path!r}"))

    def _stream(self, part: _Part, tries: Tries) -> None:
        part.link = self._links.of(part.path)
        start, last = part.offset + part.came, part.offset + part.length - 1
        whole = part.whole and part.came == 0
        headers = {} if whole else {"Range": f"bytes={start}-{last}"}
        with self._transport.send(signed(part.link, method="GET", headers=headers)) as answer:
            _check_status(answer, part, start, whole=whole)
            for block in answer.blocks():
                self._stop.check()
                part.take(block)
                tries.progressed()
                self._progress.advanced(len(block))


def _check_status(answer: Answer, part: _Part, start: int, *, whole: bool) -> None:
    if not 200 <= answer.status < 300:
        raise storage_refusal(answer, doing=f"fetching {part.path!r}")
    ranged = answer.status == _RANGE and answer.headers.get("content-range", "").startswith(f"bytes {start}-")
    if not (ranged or (whole and answer.status == _WHOLE)):
        raise BadAnswer(f"storage answered {answer.status} where bytes from {start} of {part.path!r} were due")
