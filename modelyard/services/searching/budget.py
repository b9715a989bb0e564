"""What one call may read and how long it may look: beyond, it says where to go on."""

from datetime import timedelta

from modelyard.ports import Clock

MOST_EXAMINED = 2_000
"""Candidates that one call reads for a page."""

MOST_READ = 64_000_000
"""Bytes of candidates that one call reads for a page, and as many to sort."""

LONGEST = timedelta(seconds=5)
"""Time after which a call begins nothing more; a hundred candidates take seconds only of the worst filters."""


class Budget:
    """Counts what a call reads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ends = clock.now() + LONGEST
        self.examined = self._read = 0
        self._most_examined, self._most_read = MOST_EXAMINED, MOST_READ

    def spend(self, candidates: int, size: int) -> None:
        """So many candidates of so many bytes were read."""
        self.examined += candidates
        self._read += size

    def begin_page(self) -> None:
        """What was read to sort does not count for the page."""
        self._most_examined, self._most_read = self.examined + MOST_EXAMINED, self._read + MOST_READ

    @property
    def overdrawn(self) -> bool:
        """Whether too many bytes were read, or it took too long."""
        return self._read > self._most_read or self._clock.now() >= self._ends

    @property
    def spent(self) -> bool:
        """Whether a page is to end here."""
        return self.examined >= self._most_examined or self.overdrawn
