"""How long the client keeps trying: exponential backoff with full jitter, Retry-After honoured, always bounded."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from secrets import SystemRandom

from modelyard.client.errors import ModelyardError, Unreachable

PASSING = frozenset({429, 502, 503, 504})
"""HTTP statuses that trying again may change."""

STORAGE_PASSING = PASSING | {408, 409, 500}
"""The same for object storage, which also answers 500, and 409 when two writers of one blob meet
(https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html)."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """How often something is tried, and how many seconds pass in between.

    The n-th wait is random between 0 and `first_wait` x 2^n, at most `longest_wait`, and never shorter than the
    answer's Retry-After, of which at most `patience` seconds are honoured. `attempts_at_first` holds until the
    registry has answered once, so that a wrong address is told soon; after that it is given time to come back.
    """

    attempts: int = 10
    attempts_at_first: int = 5
    first_wait: float = 0.1
    longest_wait: float = 8.0
    patience: float = 60.0
    chance: Callable[[], float] = SystemRandom().random
    sleep: Callable[[float], object] = time.sleep

    def wait(self, failures: int, retry_after: float | None) -> float:
        """Seconds to wait after so many failures in a row."""
        jitter = self.chance() * min(self.longest_wait, self.first_wait * 2.0 ** min(failures, 30))
        return max(jitter, min(retry_after or 0.0, self.patience))


class Tries:
    """Counts the failures of one call, and waits between them."""

    def __init__(self, backoff: Backoff, attempts: int | None = None) -> None:
        self._backoff = backoff
        self._attempts = backoff.attempts if attempts is None else attempts
        self._failures = 0

    def failed(self, error: ModelyardError, retry_after: float | None = None) -> None:
        """Wait before the next try; raises `error` when there is none left, or when another would be in vain."""
        self._failures += 1
        hopeless = isinstance(error, Unreachable) and not error.transient
        if hopeless or self._failures >= self._attempts:
            raise error
        self._backoff.sleep(self._backoff.wait(self._failures - 1, retry_after))

    def progressed(self) -> None:
        """Forget the failures: something was gained since."""
        self._failures = 0


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds of a Retry-After header; None without one. Its rare form with a date is not read."""
    text = headers.get("retry-after", "").strip()
    return float(text) if text.isdecimal() else None
