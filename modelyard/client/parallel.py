"""Jobs run side by side, taken from an iterator no faster than they are done, until all are done or one fails."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

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
    """What the jobs of one run share: room for a few of them to wait, and the first failure."""

    def __init__(self, workers: int, stop: Stop) -> None:
        self.room = threading.Semaphore(2 * workers)
        self.stop = stop
        self.failure: BaseException | None = None
        self._lock = threading.Lock()

    def do(self, job: Job) -> None:
        try:
            self.stop.check()
            job()
        except BaseException as error:  # noqa: BLE001 -- it is raised again by run_jobs
            with self._lock:
                if self.failure is None and not isinstance(error, Stopped):
                    self.failure = error
            self.stop.set()
        finally:
            self.room.release()


def run_jobs(jobs: Iterable[Job], *, workers: int, stop: Stop) -> None:
    """Run every job, at most `workers` at once; the first failure stops the rest and is raised.

    Returns or raises only when no job runs any more, so what the jobs used may be closed then.
    """
    run = _Run(workers, stop)
    with ThreadPoolExecutor(workers, thread_name_prefix="modelyard") as pool:
        try:
            for job in jobs:
                run.room.acquire()
                if run.failure is not None:
                    break
                pool.submit(run.do, job)
        except BaseException:
            stop.set()
            raise
    if run.failure is not None:
        raise run.failure
