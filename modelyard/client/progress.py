"""How far a transfer is: a Progress is told, from several threads. The SDK is silent unless it is given one."""

from typing import Protocol


class Progress(Protocol):
    """Told about one stretch of work, in bytes."""

    def started(self, total: int) -> None:
        """The work has begun, and is `total` bytes."""

    def advanced(self, count: int) -> None:
        """So many bytes more are done. Negative when bytes must be sent or fetched again."""

    def finished(self) -> None:
        """The work is done, or was given up."""


class _Silent:
    def started(self, total: int) -> None:
        pass

    def advanced(self, count: int) -> None:
        pass

    def finished(self) -> None:
        pass


SILENT: Progress = _Silent()


class Running:
    """Makes one stretch of work of several that follow one another, whose extent is known only as they come."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._total = 0

    def started(self, total: int) -> None:
        """As Progress says; the work has grown."""
        self._total += total
        self._progress.started(self._total)

    def advanced(self, count: int) -> None:
        """As Progress says."""
        self._progress.advanced(count)

    def finished(self) -> None:
        """As Progress says."""
        self._progress.finished()
