"""Jobs run side by side, taken from an iterator no faster than they are done, until all are done or one fails."""

import threading
from collections.abc import Callable, Iterable, Iterator

Job = Callable[[], None]


class Stopped(Exception):
    """Raised in a job that is told to stop because another one failed."""


class Stop:
    """Tells the jobs of one run to stop."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Tell them."""
        self._event.set()

    def check(self) -> None:
        """Raise Stopped once they were told."""
        if self._event.is_set():
            raise Stopped

    def sleep(self, seconds: float) -> None:
        """Wait, but no longer than until they are told; then raise Stopped."""
        if self._event.wait(seconds):
            raise Stopped


class _Run:
    """What the workers of one run share: the jobs that are left, and the first failure."""

    def __init__(self, jobs: Iterator[Job], stop: Stop) -> None:
        self.stop = stop
        self.failure: BaseException | None = None
        self._jobs = jobs
        self._lock = threading.Lock()

    def work(self) -> None:
        """Do jobs until none is left or one failed, here or elsewhere."""
        try:
            while (job := self._next()) is not None:
                job()
        except BaseException as error:  # noqa: BLE001 -- it is raised again by run_jobs
            self._fail(error)

    def _next(self) -> Job | None:
        with self._lock:
            self.stop.check()
            return next(self._jobs, None)

    def _fail(self, error: BaseException) -> None:
        self.stop.set()
        with self._lock:
            if self.failure is None and not isinstance(error, Stopped):
                self.failure = error


def run_jobs(jobs: Iterable[Job], *, workers: int, stop: Stop) -> None:
    """Run every job, at most `workers` at once; the first failure stops the rest and is raised.

    Returns or raises only when no job runs any more, so what the jobs used may be closed then.
    """
    run = _Run(iter(jobs), stop)
    threads = [threading.Thread(target=run.work, name=f"modelyard-{number}") for number in range(workers)]
    try:
        for thread in threads:
            thread.start()
        _join(threads)
    except BaseException:
        stop.set()
        _join(threads)
        raise
    if run.failure is not None:
        raise run.failure


def _join(threads: Iterable[threading.Thread]) -> None:
    for thread in threads:
        if thread.ident is not None:
            thread.join()
