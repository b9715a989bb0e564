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
