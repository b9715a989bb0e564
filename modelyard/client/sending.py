"""Sending what storage lacks: parts read straight from their files, side by side, until the registry misses nothing."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from modelyard.client.errors import BadAnswer, FileChanged, Hindered, StorageRefused, Unreachable
from modelyard.client.hashing import Hashed, check_unchanged, open_source, read_range
from modelyard.client.parallel import Job, Stop, run_jobs
from modelyard.client.progress import Progress
from modelyard.client.retrying import STORAGE_PASSING, Backoff, Tries
from modelyard.client.storage import OUTDATED, signed, storage_refusal
from modelyard.client.transport import Transport, read_all
from modelyard.client.walking import Source
from modelyard.contract.responses import UploadPageResponse, UploadResponse

MOST_REFUSALS = 3
"""How often storage may refuse the same bytes before it is believed: they may have been damaged on the way."""

MOST_FRUITLESS = 2
"""Rounds in a row in which every link was outdated, after which storage is believed."""

_REFUSED = 400
_THERE_ALREADY = 412
_ANSWER = 64 * 1024

Pages = Callable[[str | None], UploadPageResponse]


@dataclass(slots=True)
class _Slice:
    """A range of an open file as the body of a request. Progress is taken back when the range is sent again."""

    source: Source
    descriptor: int
    offset: int
    length: int
    stop: Stop
    progress: Progress
    sent: int = 0

    def blocks(self) -> Iterator[memoryview]:
        self.take_back()
        try:
            for block in read_range(self.descriptor, self.offset, self.length):
                self.stop.check()
                yield block
                self._count(self.sent + len(block))
        except OSError as error:
            raise Hindered(f"{self.source.path!r} cannot be read: {error.strerror}") from error
        if self.sent < self.length:
            check_unchanged(self.source, self.descriptor)
            raise FileChanged(f"{self.source.path!r} ends early: it changed while it was being pushed")

    def take_back(self) -> None:
        self._count(0)

    def taken(self) -> None:
        """Storage has the range, read or not: one that it had already it may refuse to read."""
        self._count(self.length)

    def _count(self, sent: int) -> None:
        if sent != self.sent:
            self.progress.advanced(sent - self.sent)
            self.sent = sent


@dataclass(slots=True)
class _Round:
    """What came of sending everything that was listed once; `outdated` when links no longer held."""

    stop: Stop = field(default_factory=Stop)
    sent: int = 0
    outdated: StorageRefused | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self) -> None:
        with self.lock:
            self.sent += 1


class Sending:
    """Sends the missing bytes of one version."""

    def __init__(
        self, transport: Transport, backoff: Backoff, sources: Iterable[Hashed], *, connections: int, progress: Progress
    ) -> None:
        self._transport = transport
        self._backoff = backoff
        self._sources: Mapping[str, Hashed] = {one.digest: one for one in sources}
        self._total = sum(one.size for one in self._sources.values())
        self._connections = connections
        self._progress = progress
        self._announced = False

    def send_missing(self, pages: Pages, first: UploadPageResponse | None = None) -> None:
        """Send what `pages` lists; `first` is its first page, when it is fresh.

        Links that ran out are asked for anew. Raises FileChanged when a file is not what was hashed, StorageRefused
        when storage insists on refusing.
        """
        page = first or pages(None)
        fruitless = 0
        while True:
            done = _Round()
            run_jobs(self._jobs(pages, page, done), workers=self._connections, stop=done.stop)
            if done.outdated is None:
                return
            # Somebody else who pushes the same may have ended the upload just now: the next list says so.
            fruitless = 0 if done.sent else fruitless + 1
            if fruitless == MOST_FRUITLESS:
                raise done.outdated
            page = pages(None)

    def _jobs(self, pages: Pages, page: UploadPageResponse, done: _Round) -> Iterator[Job]:
        """A job for each upload, page by page as they are reached: links are fresh then, and few are held."""
        counted = self._announce(page)
        missing: dict[tuple[str, int], int] = {}
        while True:
            fresh = [upload for upload in page.items if (upload.digest, upload.part) not in missing]
            missing.update({(upload.digest, upload.part): upload.length for upload in fresh})
            if page.next is None and not counted:
                self._progress.advanced(self._total - sum(missing.values()))
            yield from (partial(self._send, upload, done) for upload in fresh)
            if page.next is None or done.outdated is not None:
                return
            page = pages(page.next)

    def _announce(self, first: UploadPageResponse) -> bool:
        """Tell how much there is to do; whether that is all of it, or what is there already must still be counted."""
        if self._announced:
            return True
        self._announced = True
        self._progress.started(_bytes_of(first) if first.next is None else self._total)
        return first.next is None

    def _send(self, upload: UploadResponse, done: _Round) -> None:
        if done.outdated is not None:
            return
        source = self._source_of(upload).source
        with open_source(source) as descriptor:
            start = source.start + upload.offset
            body = _Slice(source, descriptor, start, upload.length, done.stop, self._progress)
            try:
                self._put_until_taken(upload, body)
            except StorageRefused as error:
                body.take_back()
                check_unchanged(source, descriptor)
                if error.status not in OUTDATED:
                    raise
                done.outdated = error
            else:
                body.taken()
                done.count()

    def _put_until_taken(self, upload: UploadResponse, body: _Slice) -> None:
        tries = Tries(replace(self._backoff, sleep=body.stop.sleep))
        refusals = 0
        while True:
            try:
                self._put(upload, body)
            except Unreachable as error:
                tries.failed(error)
            except StorageRefused as error:
                refusals += error.status == _REFUSED
                if error.status not in {_REFUSED, *STORAGE_PASSING} or refusals >= MOST_REFUSALS:
                    raise
                check_unchanged(body.source, body.descriptor)
                tries.failed(error, error.retry_after)
            else:
                return

    def _put(self, upload: UploadResponse, body: _Slice) -> None:
        with self._transport.send(signed(upload.request, method="PUT", body=body)) as answer:
            if answer.status == _THERE_ALREADY or 200 <= answer.status < 300:
                read_all(answer, most=_ANSWER)
                return
            raise storage_refusal(answer, doing=f"sending {body.source.path!r}")

    def _source_of(self, upload: UploadResponse) -> Hashed:
        source = self._sources.get(upload.digest)
        if source is None or not 0 <= upload.offset <= upload.offset + upload.length <= source.size:
            raise BadAnswer("the registry asks for bytes that are not of this push")
        return source


def _bytes_of(page: UploadPageResponse) -> int:
    return sum(upload.length for upload in page.items)
