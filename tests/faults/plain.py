"""The registry's rules as plain Python, without a table, a journal or a race: what the API is compared with."""

from dataclasses import dataclass, field
from typing import Any

STAGES = ("development", "staging", "production", "archived")
SERVING = STAGES[1:3]


@dataclass
class PlainVersion:
    """A version as the rules see it; `files` maps paths to contents."""

    number: int
    files: dict[str, bytes]
    state: str = "uploading"
    stage: str = "development"
    description: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    proof: str = ""
    pending: bool = False
    expired: bool = False
    metrics: dict[str, float] = field(default_factory=dict)
    reports: list[dict[str, float]] = field(default_factory=list)
    due: float = 0
    revision: int = 0
    types: list[str] = field(default_factory=list)
    card: str = ""
    inspected: bool = False
    review: str = ""

    def settle(self, *, proven: bool, odd: bool) -> str:
        """The verdict on a version whose bytes are proven or not, and odd or not; the entry that it takes."""
        self.inspected = self.inspected or proven
        if not proven or self.review == "reject":
            self.state, self.proof, self.pending = "rejected", "", False
            return "version.rejected"
        self.proof, self.pending = "bytes" if self.pending else "storage", False
        self.state = "quarantined" if odd and self.review != "release" else "ready"
        return "version.quarantined" if self.state == "quarantined" else "version.verified"


@dataclass
class PlainModel:
    """A model as the rules see it: `name` is the one it was created under, `called` its name now."""

    name: str
    description: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    revision: int = 1
    types: list[str] = field(default_factory=lambda: ["model.created"])
    versions: list[PlainVersion] = field(default_factory=list)
    aliases: dict[str, list[int]] = field(default_factory=dict)
    directions: dict[str, str] = field(default_factory=dict)
    called: str = ""

    def __post_init__(self) -> None:
        self.called = self.name

    def record(self, kind: str, version: PlainVersion | None = None) -> None:
        """One entry."""
        self.types.append(kind)
        if version is not None:
            version.types.append(kind)
            version.revision = len(self.types)

    def describe(self, subject: Any, description: str | None, tags: dict[str, str | None]) -> bool:
        """Change a model or a version; whether anything changed."""
        merged = {key: value for key, value in {**subject.tags, **tags}.items() if value is not None}
        text = subject.description if description is None else description
        changed = (merged, text) != (subject.tags, subject.description)
        subject.tags, subject.description = merged, text
        return changed

    def promote(self, version: PlainVersion, stage: str, *, replace: bool) -> bool:
        """Move a version; whether it was allowed."""
        if version.state != "ready" and (version.state in {"rejected", "quarantined"}, stage) != (True, "archived"):
            return False
        others = [each for each in self.versions if each.stage == stage and each is not version]
        replaced = others if replace and stage in SERVING else []
        if version.stage == stage and not replaced:
            return True
        version.stage = stage
        self.record("version.promoted", version)
        for each in replaced:
            each.stage = "archived"
            self.record("version.replaced", each)
        return True

    def evaluate(
        self, version: PlainVersion, metrics: dict[str, float], directions: dict[str, str], *, part: bool
    ) -> str | None:
        """Take a report, about a part of the data or the whole; else the name of the refusal."""
        if version.state == "rejected":
            return "VersionNotReady"
        if any(self.directions.get(name, way) != way for name, way in directions.items()):
            return "DirectionConflict"
        self.directions |= directions
        version.reports.append(metrics)
        version.metrics |= {} if part else metrics
        self.record("version.evaluated", version)
        return None

    def holds(self, alias: str, expected: Any) -> bool:
        """Whether an alias stands for whom somebody expects: a number, None for nobody, "any" for whoever."""
        return expected in ("any", self.aliases.get(alias, [None])[0])

    def point(self, alias: str, number: int) -> None:
        """Let an alias stand for a version."""
        if self.aliases.get(alias, [None])[0] != number:
            self._restack(alias, [number, *self.aliases.get(alias, [])][:10])

    def step_back(self, alias: str) -> None:
        """Let an alias stand for whom it stood for before."""
        self._restack(alias, self.aliases[alias][1:])

    def unalias(self, alias: str) -> None:
        """Take an alias away."""
        (number, *_) = self.aliases.pop(alias)
        self.record("alias.removed", self.versions[number - 1])

    def _restack(self, alias: str, numbers: list[int]) -> None:
        before, self.aliases[alias] = self.aliases.get(alias), numbers
        self.record("alias.set", self.versions[numbers[0] - 1])
        if before:
            self.record("alias.replaced", self.versions[before[0] - 1])

    def aliases_of(self, version: PlainVersion) -> list[str]:
        """The aliases that stand for a version."""
        return sorted(alias for alias, numbers in self.aliases.items() if numbers[0] == version.number)

    @property
    def newest_ready(self) -> int | None:
        return max((each.number for each in self.versions if each.state == "ready"), default=None)

    def resolve(self, selector: str | None) -> PlainVersion | None:
        """Whom `name/selector` stands for; in a stage the highest that is ready, or else the highest."""
        if selector is None:
            found = [each for each in self.versions if each.number == self.newest_ready]
        elif selector.startswith("@"):
            found = [each for each in self.versions if each.number == self.aliases.get(selector[1:], [None])[0]]
        elif selector.isdecimal():
            found = [each for each in self.versions if each.number == int(selector)]
        else:
            there = [each for each in self.versions if each.stage == selector]
            found = [each for each in there if each.state == "ready"] or there
        return found[-1] if found else None


@dataclass
class PlainStorage:
    """Which contents lie in storage, and which parts of large ones were sent."""

    part: int
    whole: set[bytes] = field(default_factory=set)
    sent: dict[bytes, set[int]] = field(default_factory=dict)

    def parts_of(self, content: bytes) -> list[int]:
        """The numbers of a content's parts; just 0 when it is sent whole."""
        count = -(-len(content) // self.part)
        return list(range(1, count + 1)) if count > 1 else [0]

    def wanted(self, files: dict[str, bytes]) -> set[tuple[bytes, int]]:
        """What a client still has to send: contents and parts."""
        absent = {content for content in files.values() if content not in self.whole}
        return {
            (content, part)
            for content in absent
            for part in self.parts_of(content)
            if part not in self.sent.get(content, set())
        }

    def take(self, content: bytes, part: int) -> None:
        """What was sent counts."""
        if part:
            self.sent.setdefault(content, set()).add(part)
        else:
            self.whole.add(content)

    def finish(self, files: dict[str, bytes]) -> set[str]:
        """Completing makes parts whole; the paths whose bytes are missing."""
        for content in files.values():
            if self.sent.get(content, set()) >= set(self.parts_of(content)):
                self.whole.add(content)
                self.sent.pop(content, None)
        return {path for path, content in files.items() if content not in self.whole}
