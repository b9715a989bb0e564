"""What an inspection may cost, and what it has cost so far."""

from collections.abc import Callable
from dataclasses import dataclass, field


class OutOfBudget(Exception):
    """Something ran out: the rest of the file is not inspected. `what` is the limit's name."""

    def __init__(self, what: str, most: float) -> None:
        super().__init__(f"more than {most:,.0f} {what}")
        self.what = what


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one file's inspection."""

    requests: int = 2_000
    bytes_read: int = 256 * 1024**2
    bytes_unpacked: int = 512 * 1024**2
    nesting: int = 6
    members: int = 20_000
    opcodes: int = 5_000_000
    findings: int = 200
    seconds: float = 60.0


@dataclass(slots=True)
class Budget:
    """What is left of the limits. One is shared by everything that is found inside a file."""

    limits: Limits
    clock: Callable[[], float]
    spent: dict[str, float] = field(default_factory=dict)
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.clock()

    def spend(self, what: str, amount: int = 1) -> None:
        """Take `amount` of the limit called `what`. OutOfBudget when there is less left, or the time is over."""
        spent = self.spent.get(what, 0) + amount
        self.spent[what] = spent
        if spent > getattr(self.limits, what):
            raise OutOfBudget(what, getattr(self.limits, what))
        self.check_time()

    def give_back(self, what: str, amount: int) -> None:
        """What was taken and not used."""
        self.spent[what] = self.spent.get(what, 0) - amount

    def check_time(self) -> None:
        """OutOfBudget when the time is over."""
        if self.clock() - self.started > self.limits.seconds:
            raise OutOfBudget("seconds", self.limits.seconds)
