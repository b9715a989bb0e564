"""What a rule is, and the version of all of them together. The rules themselves are data, by what they are about."""

from dataclasses import dataclass

from modelyard.domain.findings import Severity

RULES_VERSION = 2
"""Goes up whenever the same bytes could be judged otherwise: what older rules passed is inspected again."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of finding: how bad it is, what it means, and what to do about it."""

    severity: Severity
    means: str
    fix: str
