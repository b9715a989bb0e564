"""A version: what was registered, which never changes, and where it stands, which does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from modelyard.domain.attestations import Attestations, Kind, summary
from modelyard.domain.deletion import Deletion
from modelyard.domain.digests import Digest


class State(StrEnum):
    """Where a version is on its way to use. Only `ready` ones can be pulled, promoted or aliased."""

    UPLOADING = "uploading"
    VERIFYING = "verifying"
    READY = "ready"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"
    DELETED = "deleted"


class Relation(StrEnum):
    """How a version came of another model."""

    FINE_TUNE = "fine-tune"
    ADAPTER = "adapter"
    QUANTIZATION = "quantization"
    MERGE = "merge"
    DISTILLATION = "distillation"


@dataclass(frozen=True, slots=True)
class Dataset:
    """Data a version was made from: a name, and what the pipeline knows besides. `role` is one of `lineage.ROLES`."""

    name: str
    uri: str = ""
    digest: str = ""
    role: str = ""
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Data that a version was evaluated on, as reports tell: its name, its digest, and the split."""

    dataset: str = ""
    digest: str = ""
    split: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """How a metric came about, as the report that gave it told: the unit, and the data by its place in `evaluated`."""

    unit: str = ""
    on: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """The code a version was made from. `dirty` says whether files differed from the commit; None if nobody looked.

    `path` is within the repository; `diff_digest` is of the difference as text.
    """

    repository: str = ""
    commit: str = ""
    path: str = ""
    dirty: bool | None = None
    diff_digest: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """The run that made a version: the system it ran in, its id there, and where it can be seen."""

    system: str = ""
    id: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Base:
    """What a version was made out of: a version of this registry, as it was resolved then, or a URI outside."""

    relation: Relation
    uri: str = ""
    model_id: str = ""
    name: str = ""
    version: int | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Environment:
    """Where a version was made: the Python, its packages with their versions, the image and the hardware."""

    python: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    image_digest: str = ""
    hardware: str = ""


@dataclass(frozen=True, slots=True)
class Inspected:
    """What was seen in a version's files: by which version of the rules, the worst verdict, how many files it is of.

    `incomplete` files were not read to their end. `findings` counts by severity; `found` are the rules that found
    more than information, and `unread` where a file is incomplete.
    """

    rules: int
    verdict: str
    files: int
    incomplete: int = 0
    findings: Mapping[str, int] = field(default_factory=dict)
    found: tuple[str, ...] = ()


class Reviewed(StrEnum):
    """What a reviewer decided on a quarantined version."""

    RELEASED = "released"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Review:
    """A reviewer's decision: by whom, why, at which version of the rules, and of which rules' findings they knew."""

    decision: Reviewed
    by: str
    reason: str
    rules: int
    found: tuple[str, ...] = ()


UNKNOWN_SOURCE, UNKNOWN_RUN, UNKNOWN_ENVIRONMENT = Source(), Run(), Environment()
"""Where nobody knows anything of them; readers take these, so that they are told by `is`."""


@dataclass(frozen=True, slots=True)
class Version:
    """The facts of one version. `digest` is its content id; `size` counts the bytes of all its files.

    `revision` is the sequence of the journal entry that last changed it. `deadline` is when the sweep looks at it
    next: for an upload its expiry, while verifying the moment to drive it again. `challenged` is the sequence of an
    unanswered request for proof, which asks for an inspection alone if `reinspect`. `refusal` says why a version is
    rejected or quarantined. `aliases` are those that stand for it. `card_digest` is of its card, if it has one. `facts`
    are of what is in its files, by the names of `domain.facts`. `evaluated` is the data that reports
    were about, in the order in which it came; `measured` says of metrics that a report gave how they came about.
    `unchecked` is the sequence of an unanswered request to check the `attestations`, `check_by` when it is made again.
    """

    home: str
    name: str
    number: int
    state: State
    stage: str
    digest: Digest
    size: int
    file_count: int
    pages: int
    created_at: datetime
    created_by: str
    revision: int
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    datasets: tuple[Dataset, ...] = ()
    deadline: datetime | None = None
    challenged: int | None = None
    verified_at: datetime | None = None
    proof: str = ""
    refusal: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    source: Source = UNKNOWN_SOURCE
    run: Run = UNKNOWN_RUN
    bases: tuple[Base, ...] = ()
    environment: Environment = UNKNOWN_ENVIRONMENT
    card_digest: str = ""
    deleted: Deletion | None = None
    reinspect: bool = False
    inspected: Inspected | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    review: Review | None = None
    evaluated: tuple[Evaluated, ...] = ()
    measured: Mapping[str, Measured] = field(default_factory=dict)
    attestations: Attestations = ()
    unchecked: int | None = None
    check_by: datetime | None = None

    @property
    def signed(self) -> dict[str, Any] | None:
        """What its signatures come to; None without one."""
        return summary(self.attestations, Kind.SIGNATURE)

    @property
    def provenance(self) -> dict[str, Any] | None:
        """What is said of where it comes from; None where nothing is."""
        return summary(self.attestations, Kind.PROVENANCE)

    @property
    def has_bytes(self) -> bool:
        """Whether its bytes were proven, as far as is known: it is ready, or was until it was deleted."""
        return (self.deleted.state if self.deleted and self.deleted.state else self.state) == State.READY

    @property
    def reference(self) -> str:
        """The version as a user would type it."""
        return f"{self.name}/{self.number}"

    @property
    def source_commit(self) -> str:
        """The commit it was made from."""
        return self.source.commit

    @property
    def run_url(self) -> str:
        """Where the run that made it can be seen."""
        return self.run.url
