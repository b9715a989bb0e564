"""What inspections of its files make of a version: a verdict, a summary, facts; and what a reviewer made of those."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from modelyard.domain.errors import Invalid
from modelyard.domain.facts import of_files
from modelyard.domain.findings import Inspection, Severity, Verdict, worst
from modelyard.domain.version import Inspected, Review, Reviewed, State, Version

UNREAD = "unread"
"""What stands among the rules that found something where a file was not fully inspected."""

MOST_REASONS = 20
MOST_FOUND = 300
MOST_FACTS = 16 * 1024
"""Bytes of a version's facts as JSON; the largest are left out beyond that."""

LONGEST_TEXT = 1_000
MOST_MEMBERS = 300
DEEPEST = 6
LARGEST = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the reports on all files of a version come to. `reasons` names rules and files, at most 20."""

    inspected: Inspected
    facts: Mapping[str, Any]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """How far an inspection came that goes on later."""

    done: int
    total: int


@dataclass(slots=True)
class Tally:
    """Reports as they come, in any order."""

    verdicts: set[Verdict] = field(default_factory=set)
    severities: Counter[str] = field(default_factory=Counter)
    found: set[str] = field(default_factory=set)
    incomplete: int = 0
    reasons: list[str] = field(default_factory=list)
    facts: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    files: int = 0

    def add(self, report: Inspection, paths: Sequence[str], content: str) -> None:
        """Count what a report says of the files at `paths`; the facts of the same `content` count once."""
        self.files += len(paths)
        self.verdicts.add(report.verdict)
        self.severities.update(finding.severity.value for finding in report.findings)
        self.incomplete += bool(report.unread)
        self.facts[content] = report.facts
        rules = {finding.rule for finding in report.findings if finding.severity is not Severity.INFO}
        rules |= {UNREAD} if report.unread else set()
        self.found |= rules
        order = _by_severity(report)
        told = sorted(rules, key=lambda rule: (order.get(rule, 1), rule))[:MOST_REASONS]
        self.reasons += [f"{rule}: {path}" for path in paths[:MOST_REASONS] for rule in told]
        if len(self.reasons) > MOST_REASONS * MOST_REASONS:
            self.reasons = sorted(self.reasons)[:MOST_REASONS]

    def judge(self, rules: int) -> Judgement:
        """What it comes to, by that version of the rules."""
        inspected = Inspected(
            rules=rules,
            verdict=worst(self.verdicts).value,
            files=self.files,
            incomplete=self.incomplete,
            findings=dict(sorted(self.severities.items())),
            found=tuple(sorted(self.found)[:MOST_FOUND]),
        )
        facts = of_files(self.facts[content] for content in sorted(self.facts))
        return Judgement(inspected, bounded(plain(facts)), tuple(sorted(set(self.reasons))[:MOST_REASONS]))


def _by_severity(report: Inspection) -> dict[str, int]:
    """Rules by how bad what they found is: the worst first."""
    return {finding.rule: -(finding.severity is Severity.MALICIOUS) for finding in report.findings}


def plain(value: Any, depth: int = 0) -> Any:
    """A value out of a file as JSON that can be kept: no control characters, nothing endless, no number too large."""
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        return _members(value, depth + 1) if depth < DEEPEST else "…"
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and math.isfinite(value) and -LARGEST <= value <= LARGEST:
        return value
    return clean(str(value))


def _members(value: Any, depth: int) -> Any:
    if isinstance(value, Mapping):
        some = list(value.items())[:MOST_MEMBERS]
        return {clean(str(name), 200): plain(each, depth) for name, each in some}
    return [plain(each, depth) for each in list(value)[:MOST_MEMBERS]]


def clean(text: str, longest: int = LONGEST_TEXT) -> str:
    """A text without control characters and halves of characters, and not too long."""
    shown = text[:longest].encode("utf-8", "replace").decode()
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in shown)


def bounded(facts: Mapping[str, Any], most: int = MOST_FACTS) -> dict[str, Any]:
    """The facts, without the largest of them as long as all together are too much."""
    sizes = {name: len(json.dumps(fact, ensure_ascii=False).encode()) + len(name) + 6 for name, fact in facts.items()}
    kept = dict(facts)
    for name in sorted(sizes, key=lambda each: (-sizes[each], each)):
        if sum(sizes[each] for each in kept) <= most:
            break
        del kept[name]
    return kept


def covers(review: Review | None, inspected: Inspected) -> bool:
    """Whether a reviewer released the version knowing of every rule that finds something in it."""
    released = review is not None and review.decision is Reviewed.RELEASED
    return released and review is not None and set(inspected.found) <= set(review.found)


def state_for(judgement: Judgement, review: Review | None) -> State:
    """Where the verdict puts a version whose bytes are proven. What a reviewer rejected stays rejected."""
    if judgement.inspected.verdict == Verdict.MALICIOUS or (review and review.decision is Reviewed.REJECTED):
        return State.REJECTED
    if judgement.inspected.verdict == Verdict.CLEAN or covers(review, judgement.inspected):
        return State.READY
    return State.QUARANTINED


def inspected_facts(inspected: Inspected) -> dict[str, Any]:
    """A summary as JSON."""
    return {**asdict(inspected), "findings": dict(inspected.findings), "found": list(inspected.found)}


def read_inspected(facts: Mapping[str, Any] | None) -> Inspected | None:
    """The summary that `inspected_facts` wrote, if there is one."""
    return Inspected(**{**facts, "found": tuple(facts["found"])}) if facts else None


def review_facts(review: Review) -> dict[str, Any]:
    """A review as JSON."""
    return {**asdict(review), "decision": review.decision.value, "found": list(review.found)}


def read_review(facts: Mapping[str, Any] | None) -> Review | None:
    """The review that `review_facts` wrote, if there is one."""
    return (
        Review(**{**facts, "decision": Reviewed(facts["decision"]), "found": tuple(facts["found"])}) if facts else None
    )


class Severities(StrEnum):
    """Severities by which findings are counted."""

    INFO = Severity.INFO.value
    SUSPICIOUS = Severity.SUSPICIOUS.value
    MALICIOUS = Severity.MALICIOUS.value


def check_inspected(version: Version, *, field: str) -> None:
    """Hold what a journal from elsewhere says of an inspection to what one here could say."""
    inspected, review = version.inspected, version.review
    texts: Iterable[str] = (*(inspected.found if inspected else ()), *(review.found if review else ()))
    if any(len(text) > 200 for text in texts) or len(version.facts) > MOST_MEMBERS:
        raise Invalid("what an inspection found is not as an inspection says it", field=field)
    if inspected and (inspected.verdict not in list(Verdict) or len(inspected.findings) > len(Severities)):
        raise Invalid("what an inspection found is not as an inspection says it", field=field)
    if bounded(version.facts) != dict(version.facts):
        raise Invalid(f"a version's facts have at most {MOST_FACTS} bytes", field=field)
