"""Inspecting: what is in a version's files, each looked at once for each version of the rules, several side by side.

Each report is kept soon after it is made, so whatever ends a round leaves only what is not reported on for the next.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from modelyard.catalogue.blob_items import Proof, find_proofs
from modelyard.catalogue.inspection_items import (
    Report,
    Wanted,
    find_reports,
    read_facts,
    report_facts,
    save_reports,
    wanted_of,
)
from modelyard.catalogue.manifest_items import load_page
from modelyard.domain.digests import Digest
from modelyard.domain.errors import Contended
from modelyard.domain.findings import Inspection
from modelyard.domain.inspected import Judgement, Tally, Unfinished
from modelyard.domain.version import Version
from modelyard.ports import Blobs, Clock, Ids, Table

TOGETHER = 4
"""Files that are looked at side by side, by one process: each may hold some tens of megabytes."""

KEPT_TOGETHER = 20
"""Reports that one transaction takes, with the proofs of their blobs."""

KEPT_WITHIN = timedelta(seconds=5)
"""How long a report waits for others to be kept with."""

Fetch = Callable[[int, int], bytes]
Look = Callable[[Fetch, int, str], Inspection]
"""Inspects bytes: what reads them by offset and length, how many there are, and the file's name."""


@dataclass(frozen=True, slots=True)
class Room:
    """Who looks, by which version of the rules, and how long a round may begin with another file."""

    look: Look
    rules: int
    time: timedelta


def inspect_version(
    *, table: Table, blobs: Blobs, clock: Clock, ids: Ids, room: Room, version: Version
) -> Judgement | Unfinished:
    """What the reports on all files of a version, whose blobs are proven, come to; Unfinished when time ran out.

    A round looks at some files at least. Contended when a blob is taken out of use meanwhile; what storage raises is
    raised, once the other files that were begun are done.
    """
    files, paths = _wanted(table, version)
    there = find_reports(table, files, room.rules)
    missing = [wanted for wanted in files if wanted not in there]
    tally = _tally(there, paths)
    there.clear()
    work = _Round(table, blobs, clock, ids, room)
    for report in work.run(missing, files):
        tally.add(report.inspection, paths[report.wanted], report.wanted[0])
    if work.done < len(missing):
        return Unfinished(len(files) - len(missing) + work.done, len(files))
    return tally.judge(room.rules)


def _wanted(table: Table, version: Version) -> tuple[dict[Wanted, int], dict[Wanted, list[str]]]:
    """For whom the version's files need reports: the size of the blob, and the paths."""
    sizes: dict[Wanted, int] = {}
    paths: dict[Wanted, list[str]] = {}
    for page in range(version.pages):
        for file in load_page(table, version.home, version.number, page):
            sizes[wanted_of(file)] = file.size
            paths.setdefault(wanted_of(file), []).append(file.path)
    return sizes, paths


def _tally(reports: Mapping[Wanted, Inspection], paths: Mapping[Wanted, Sequence[str]]) -> Tally:
    tally = Tally()
    for wanted, report in reports.items():
        tally.add(report, paths[wanted], wanted[0])
    return tally


@dataclass(slots=True)
class _Round:
    """Files that are looked at until the time is over."""

    table: Table
    blobs: Blobs
    clock: Clock
    ids: Ids
    room: Room
    done: int = 0
    failure: Exception | None = None
    waiting: list[Report] = field(default_factory=list)

    def run(self, missing: Sequence[Wanted], sizes: Mapping[Wanted, int]) -> Iterator[Report]:
        """The reports, each once it is kept."""
        started = kept = self.clock.now()
        jobs = self._jobs(missing, sizes)
        with ThreadPoolExecutor(TOGETHER) as pool:
            running = {pool.submit(job) for job in islice(jobs, TOGETHER)}
            while running:
                ended, running = wait(running, return_when=FIRST_COMPLETED)
                self._take(ended)
                if not self.failure and self._has_time(started):
                    running |= {pool.submit(job) for job in islice(jobs, TOGETHER - len(running))}
                now = self.clock.now()
                late = not running or now - kept >= KEPT_WITHIN
                if late or len(self.waiting) >= KEPT_TOGETHER:
                    yield from self._keep(least=1 if late else KEPT_TOGETHER)
                    kept = now
        if self.failure:
            raise self.failure

    def _has_time(self, started: datetime) -> bool:
        return self.clock.now() - started < self.room.time

    def _jobs(self, missing: Sequence[Wanted], sizes: Mapping[Wanted, int]) -> Iterator[Callable[[], Report]]:
        """One for each file; proofs are read a hundred at a time, just before their files are looked at."""
        for start in range(0, len(missing), 100):
            some = missing[start : start + 100]
            proofs = find_proofs(self.table, (digest for digest, _ in some))
            for wanted in some:
                yield partial(self._inspect, wanted, sizes[wanted], proofs.get(wanted[0]))

    def _inspect(self, wanted: Wanted, size: int, proof: Proof | None) -> Report:
        digest, name = wanted
        if proof is None:
            raise Contended("a blob was taken out of use meanwhile", retry_after=1)
        return Report(wanted, look_at(self.blobs, self.room.look, digest, size, name), proof)

    def _take(self, ended: Iterable[Future[Report]]) -> None:
        for future in ended:
            failure = future.exception()
            if failure is None:
                self.waiting.append(future.result())
            elif isinstance(failure, Exception):
                self.failure = self.failure or failure
            else:
                raise failure

    def _keep(self, least: int) -> list[Report]:
        """Keep what waits, as many reports at once as a transaction takes and no fewer than `least`."""
        kept: list[Report] = []
        while len(self.waiting) >= least:
            some, self.waiting = self.waiting[:KEPT_TOGETHER], self.waiting[KEPT_TOGETHER:]
            save_reports(self.table, some, rules=self.room.rules, clock=self.clock, ids=self.ids)
            kept += some
        self.done += len(kept)
        return kept


def look_at(blobs: Blobs, look: Look, digest: Digest, size: int, name: str) -> Inspection:
    """What is seen in a blob, as it is kept. What storage raises is raised.

    Anything else that goes wrong is a file that could not be inspected to its end: one such must not keep a version
    from its verdict for ever.
    """
    troubles: list[Exception] = []

    def fetch(offset: int, length: int) -> bytes:
        try:
            return blobs.read(digest, offset, length)
        except FileNotFoundError as trouble:
            troubles.append(Contended(f"{digest} was taken out of use meanwhile", retry_after=1))
            raise troubles[-1] from trouble
        except Exception as trouble:
            troubles.append(trouble)
            raise

    try:
        seen = look(fetch, size, name)
    except Exception as trouble:  # noqa: BLE001  # of a hostile file anything may come
        seen = Inspection(unread=(f"the inspection failed: {type(trouble).__name__}",))
    if troubles:
        raise troubles[0]
    return read_facts(report_facts(seen))
