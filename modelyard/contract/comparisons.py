"""What the registry answers of versions compared. Lists named `values` and the like have one place for each version."""

from typing import Any

from modelyard.contract.responses import MeasuredResponse
from modelyard.contract.shapes import Response


class ComparedResponse(Response):
    """A version that is compared, in brief."""

    reference: str
    name: str
    version: int
    state: str
    stage: str
    aliases: list[str]
    digest: str
    size: int
    file_count: int
    created_at: str
    created_by: str


class ComparedFactResponse(Response):
    """One fact of every version, null where it has none. `same` when all have the same."""

    name: str
    values: list[Any]
    same: bool


class ComparedMetricResponse(Response):
    """One metric of every version. `deltas` are against the first one; `best` is true for whoever is ahead.

    `direction` says which values are better: `assumed` (higher) when nobody said so, null when models contradict one
    another. `measured` says how a value came about, as far as a report told; where units, data or splits are known to
    differ there is no delta, and nobody is best.
    """

    name: str
    direction: str | None
    assumed: bool
    values: list[float | None]
    deltas: list[float | None]
    best: list[bool]
    measured: list[MeasuredResponse | None] = []


class ComparedFileResponse(Response):
    """One path in every version, null where it is not there.

    `change` since the first version: `same` (all have the same blob), `added` (it has no such file), `removed` (some
    have it no more, the others have the same), `changed`.
    """

    path: str
    digests: list[str | None]
    sizes: list[int | None]
    change: str


class FileCountsResponse(Response):
    """How many files there are of each change, listed or not."""

    same: int
    added: int
    removed: int
    changed: int


class ComparisonResponse(Response):
    """Versions compared with the first of them.

    Files are listed by path, those that differ before those that are the same, at most 1,000. `truncated` when there is
    more than is told: `file_counts` counts all files.
    """

    versions: list[ComparedResponse]
    metrics: list[ComparedMetricResponse]
    params: list[ComparedFactResponse]
    tags: list[ComparedFactResponse]
    facts: list[ComparedFactResponse] = []
    lineage: list[ComparedFactResponse]
    environment: list[ComparedFactResponse]
    files: list[ComparedFileResponse]
    file_counts: FileCountsResponse
    truncated: bool
