"""A version: what was registered, which never changes, and where it stands, which does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from modelyard.domain.digests import Digest


class State(StrEnum):
    """Where a version is on its way to use. Only `ready` ones can be pulled, promoted or aliased."""

    UPLOADING = "uploading"
    VERIFYING = "verifying"
    READY = "ready"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Dataset:
    """Data a version was made from: a name, and a URI and digest where the pipeline knows them."""

    name: str
    uri: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """The facts of one version. `digest` is its content id; `size` counts the bytes of all its files.

    `revision` is the sequence of the journal entry that last changed it. `deadline` is when the sweep looks at it
    next: for an upload its expiry, while verifying the moment to drive it again. `challenged` is the sequence of an
    unanswered request for proof. `refusal` says why a version is rejected. `aliases` are those that stand for it.
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
    source_commit: str = ""
    datasets: tuple[Dataset, ...] = ()
    run_url: str = ""
    deadline: datetime | None = None
    challenged: int | None = None
    verified_at: datetime | None = None
    proof: str = ""
    refusal: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """The version as a user would type it."""
        return f"{self.name}/{self.number}"
