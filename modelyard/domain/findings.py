"""What an inspection saw in a file, and what follows from it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How bad a finding is by itself."""

    INFO = "info"
    SUSPICIOUS = "suspicious"
    MALICIOUS = "malicious"


class Verdict(StrEnum):
    """What an inspection makes of a file, or of several. From best to worst."""

    CLEAN = "clean"
    INCOMPLETE = "incomplete"
    SUSPICIOUS = "suspicious"
    MALICIOUS = "malicious"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something seen: by which rule, in which member of the file (`a.zip!b.pkl`; empty for the file itself), where.

    `offset` is in bytes, from the start of the member as it is read. `evidence` is what was seen, 200 characters at
    most.
    """

    rule: str
    severity: Severity
    evidence: str
    member: str = ""
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is known of one file's content: what it is, facts as JSON, findings, and what was left unread and why."""

    format: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The worst that the findings say; what was not fully inspected is never clean."""
        severities = {finding.severity for finding in self.findings}
        if Severity.MALICIOUS in severities:
            return Verdict.MALICIOUS
        if Severity.SUSPICIOUS in severities:
            return Verdict.SUSPICIOUS
        return Verdict.INCOMPLETE if self.unread else Verdict.CLEAN


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of the verdicts; clean when there are none."""
    order = list(Verdict)
    return max(verdicts, key=order.index, default=Verdict.CLEAN)
