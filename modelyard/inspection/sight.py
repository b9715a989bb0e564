"""One look at a source: where it lies in the file, what it may cost, and what was seen so far."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from modelyard.domain.findings import Finding, Severity
from modelyard.inspection.budgets import Budget, OutOfBudget
from modelyard.inspection.rulebook import RULES
from modelyard.inspection.sources import Source

MAX_EVIDENCE = 200
CERTAIN = frozenset({"pickle.dangerous-import", "pickle.two-readings"})
"""Rules that no bytes break by accident."""


@dataclass(slots=True)
class Seen:
    """What was seen in a file, all its members included."""

    facts: dict[str, Any] = field(default_factory=dict)
    findings: dict[Finding, None] = field(default_factory=dict)
    unread: dict[str, None] = field(default_factory=dict)

    @property
    def is_dangerous(self) -> bool:
        """Whether something was seen that bytes are not by accident."""
        return any(finding.rule in CERTAIN for finding in self.findings)

    def adopt(self, other: "Seen", *, every: bool) -> None:
        """Take over what was seen in a trial: all of it, or only what bytes are not by accident."""
        for finding in other.findings:
            if every or finding.rule in CERTAIN:
                self.findings[finding] = None
        self.unread.update(other.unread)


@dataclass(frozen=True, slots=True)
class Sight:
    """A source with its name, its place in the file, and where to say what is seen.

    `look` inspects what lies inside (a member of an archive, a pickle in a pickle) by all formats, and answers the one
    that was found ("" for none); it is given by whoever begins the inspection, so that a format knows no other.
    """

    source: Source
    name: str
    budget: Budget
    seen: Seen
    look: Callable[["Sight"], str]
    member: str = ""
    depth: int = 0

    def note(self, rule: str, evidence: str, *, offset: int | None = None, severity: Severity | None = None) -> None:
        """Say what was seen. `severity` is the rule's own unless given. OutOfBudget beyond the most findings."""
        shown = evidence if len(evidence) <= MAX_EVIDENCE else evidence[: MAX_EVIDENCE - 1] + "…"
        finding = Finding(rule, severity or RULES[rule].severity, shown, self.member, offset)
        if finding not in self.seen.findings:
            self.budget.spend("findings")
            self.seen.findings[finding] = None

    def miss(self, why: str) -> None:
        """Say that something was not inspected: the file is not clean then."""
        self.seen.unread[f"{self.member}: {why}" if self.member else why] = None

    def inside(self, source: Source, name: str) -> "Sight":
        """A look at what lies inside, one level deeper. OutOfBudget when that is too deep."""
        if self.depth >= self.budget.limits.nesting:
            raise OutOfBudget("nesting", self.budget.limits.nesting)
        member = f"{self.member}!{name}" if self.member else name
        return Sight(source, name, self.budget, self.seen, self.look, member, self.depth + 1)

    def blocks(self, size: int = 1024**2, *, start: int = 0) -> Iterator[bytes]:
        """The source's bytes in order, from `start`."""
        for offset in range(start, self.source.size, size):
            yield self.source.read(offset, size)


@dataclass(frozen=True, slots=True)
class Format:
    """How a format is recognised, by the first bytes (4 KiB) and the sight, and inspected.

    `look` raises OutOfBudget when that is too much, and Malformed when the bytes are not what the format requires.
    """

    name: str
    matches: Callable[[bytes, Sight], bool]
    look: Callable[[Sight], None]


class Malformed(Exception):
    """The bytes are not what the format requires; the message says what is wrong, and `rule` what that is called."""

    def __init__(self, rule: str, detail: str, *, offset: int | None = None) -> None:
        super().__init__(detail)
        self.rule = rule
        self.offset = offset
