"""What AWS does by itself, done here: expired items, streams that were read, and abandoned uploads go."""

from collections.abc import Sequence
from datetime import timedelta

from modelyard.ports import Clock
from modelyard.serve.dispatch_store import Journal, Queue, Uploads

EVERY = 300.0
"""Seconds between two rounds."""

KEPT = 100_000
"""Delivered events that are remembered, so that a repeat is known."""

GRACE = timedelta(days=1)
"""How long an upload is kept after the registry gave it up, for a clock that was wrong."""


class Tidying:
    """One step is one round."""

    def __init__(
        self, journal: Journal, queue: Queue, uploads: Uploads, *, clock: Clock, readers: Sequence[str], kept: timedelta
    ) -> None:
        self._journal, self._queue, self._uploads = journal, queue, uploads
        self._clock, self._readers, self._kept = clock, readers, kept

    def step(self) -> float:
        """Remove what nobody needs any more."""
        now = self._clock.now()
        self._journal.purge_expired(int(now.timestamp()))
        if self._readers:
            self._journal.forget_changes(min(self._queue.cursor(reader) for reader in self._readers))
        self._queue.forget(KEPT)
        self._uploads.sweep_uploads(now - self._kept - GRACE)
        return EVERY
