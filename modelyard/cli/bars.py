"""Progress bars with rate and remaining time, on a terminal only; elsewhere nothing is printed."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from modelyard.cli.output import size
from modelyard.client.progress import SILENT, Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

_EVERY = 0.1
"""Seconds between two looks at a bar; parts report far more often."""


class _Bar:
    """One bar: told by the threads that do the work, drawn now and then."""

    def __init__(self, bars: "Bars", title: str) -> None:
        self._bars = bars
        self._title = title
        self._lock = threading.Lock()
        self._task = bars.add_task(title, total=None, visible=False, rate="")
        self._done = 0
        self._drawn = self._begun = 0.0

    def started(self, total: int) -> None:
        """As Progress says."""
        self._begun = time.monotonic()
        self._bars.reset(self._task, total=total, visible=total > 0)

    def advanced(self, count: int) -> None:
        """As Progress says."""
        with self._lock:
            self._done += count
            now = time.monotonic()
            if now - self._drawn < _EVERY:
                return
            self._drawn = now
        self._bars.update(self._task, completed=self._done, rate=self._rate())

    def _rate(self) -> str:
        speed = next(task.speed for task in self._bars.tasks if task.id == self._task)
        return f"{size(int(speed))}/s" if speed else ""

    def finished(self) -> None:
        """As Progress says. What stays to be seen is the rate over the whole time, however short that was."""
        seconds = max(time.monotonic() - self._begun, 1e-6)
        self._bars.update(self._task, completed=self._done, rate=f"{size(int(self._done / seconds))}/s")


@contextmanager
def progress_bars(*, wanted: bool) -> Iterator[Callable[[str], Progress]]:
    """A maker of bars by their titles, drawn on stderr while the block runs if it is a terminal."""
    if not (wanted and sys.stderr.isatty()):
        yield lambda _: SILENT
        return
    with _rich_bars() as bars:
        yield lambda title: _Bar(bars, title)


def _rich_bars() -> "Bars":
    from rich import progress  # noqa: PLC0415 -- it takes as long to import as everything else together
    from rich.console import Console  # noqa: PLC0415 -- as above

    return progress.Progress(
        progress.TextColumn("{task.description:<7}"),
        progress.BarColumn(),
        progress.DownloadColumn(binary_units=True),
        progress.TextColumn("{task.fields[rate]}"),
        progress.TimeRemainingColumn(compact=True),
        console=Console(stderr=True),
        transient=True,
    )
