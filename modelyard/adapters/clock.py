"""The machine's clock and chance: the only place that asks for the time or a random number."""

import random
import secrets
import time
from datetime import UTC, datetime

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class SystemClock:
    """ports.Clock on the system's time."""

    def now(self) -> datetime:
        """The present moment, in UTC, in whole milliseconds, which is all that is ever written."""
        now = datetime.now(UTC)  # noqa: TID251  # the one place that reads the clock
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class UlidIds:
    """ports.Ids: ULIDs of 48 bits of milliseconds and 80 bits of chance (https://github.com/ulid/spec)."""

    def new(self) -> str:
        """A new ULID."""
        number = (int(SystemClock().now().timestamp() * 1000) << 80) | secrets.randbits(80)
        return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))

    def jitter(self) -> float:
        """A random number in [0, 1), not fit for secrets."""
        return random.random()  # noqa: S311  # spreads retries
