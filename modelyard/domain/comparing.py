"""Comparing versions: their facts aligned row by row, each against the first, and their files path by path.

What a version holds is looked at as data: a fact that a version gains appears here as a row of its own.
"""

import heapq
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import Any

from modelyard.domain.digests import Digest
from modelyard.domain.errors import Invalid
from modelyard.domain.evaluations import Direction, Directions, better, difference
from modelyard.domain.manifests import File
from modelyard.domain.measuring import Origin, origin_of
from modelyard.domain.version import Version

LEAST, MOST = 2, 20
"""Versions that are compared at once."""

MOST_FILES = 1_000
"""Files that are listed: those that differ first."""

MOST_BYTES = 3_000_000
"""Bytes of all rows as JSON, so that an answer stays within what Lambda gives."""

APART = frozenset(
    {
        *("home", "name", "number", "state", "stage", "aliases", "digest", "size", "file_count", "pages", "revision"),
        *("created_at", "created_by", "deadline", "challenged", "verified_at", "proof", "refusal", "deleted"),
        *("reinspect", "inspected", "facts", "review", "attestations", "unchecked", "check_by"),
        *("description", "card_digest", "tags", "params", "metrics", "environment", "evaluated", "measured"),
    }
)
"""What has a place of its own in a comparison, or none. All other facts of a version tell where it comes from."""

PARTS = ("params", "tags", "facts", "environment")
"""What is compared fact by fact beside lineage."""

_ABSENT = ("", None)


class Change(StrEnum):
    """What became of a file since the first version: of each version, and of all taken together."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Row:
    """One fact of every version, None where a version has none; `same` when there is but one value."""

    name: str
    values: tuple[Any, ...]

    @property
    def same(self) -> bool:
        """Whether all versions have the same."""
        return all(value == self.values[0] for value in self.values)


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric of every version. `direction` is None where the models contradict one another.

    It is `assumed` when nobody stated it. `deltas` are against the first version; `best` marks whoever is ahead, nobody
    when all are equal or one stands alone. `measured` says of each version how the value came about, as far as that was
    reported; where units, data or splits are known to differ there is no delta, and nobody is best.
    """

    name: str
    direction: Direction | None
    assumed: bool
    values: tuple[float | None, ...]
    deltas: tuple[float | None, ...]
    best: tuple[bool, ...]
    measured: tuple[Origin | None, ...] = ()


@dataclass(frozen=True, slots=True)
class FileRow:
    """One path in every version: digest and size, None where it is not there, and what became of it."""

    path: str
    digests: tuple[Digest | None, ...]
    sizes: tuple[int | None, ...]
    change: Change


@dataclass(frozen=True, slots=True)
class Files:
    """The files, at most so many, and how many there are of each change in all."""

    rows: Sequence[FileRow]
    counts: Mapping[Change, int]
    truncated: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Versions beside one another. `truncated` when there is more than is told."""

    versions: Sequence[Version]
    metrics: Sequence[MetricRow]
    params: Sequence[Row]
    tags: Sequence[Row]
    facts: Sequence[Row]
    lineage: Sequence[Row]
    environment: Sequence[Row]
    files: Files
    truncated: bool


@dataclass(slots=True)
class Room:
    """How many bytes of rows there is room for."""

    left: int = MOST_BYTES
    refused: bool = field(default=False)

    def take(self, row: Any) -> bool:
        """Whether a row still finds room; once one does not, none after it does."""
        self.left -= len(json.dumps(row, ensure_ascii=False).encode())
        self.refused = self.refused or self.left < 0
        return not self.refused


def check_count(count: int) -> None:
    """Invalid unless so many versions can be compared."""
    if not LEAST <= count <= MOST:
        raise Invalid(f"{LEAST} to {MOST} versions are compared, not {count}", field="ref")


def compare(
    versions: Sequence[Version], directions: Sequence[Directions], manifests: Mapping[Digest, Iterable[File]]
) -> Comparison:
    """The versions compared with the first, given what the model of each knows of metrics.

    `manifests` gives the files by path for each content id; they are read side by side and once.
    """
    room = Room()
    metrics = [row for row in _metrics(versions, directions) if room.take(asdict(row))]
    facts = [_facts(version) for version in versions]
    rows = {part: _rows([each[part] for each in facts], room) for part in (*PARTS, "lineage")}
    places = {digest: place for place, digest in enumerate(manifests)}
    files = compare_files(list(manifests.values()), [places[version.digest] for version in versions], room)
    return Comparison(versions, metrics, **rows, files=files, truncated=room.refused or files.truncated)


def _facts(version: Version) -> dict[str, dict[str, Any]]:
    """A version's facts by part and name; those that are empty are not there."""
    facts = asdict(version)
    lineage = {name: fact for name, fact in facts.items() if name not in APART}
    parts = {**{part: facts.get(part, {}) for part in PARTS}, "lineage": lineage}
    return {part: dict(_flat(held)) for part, held in parts.items()}


def _flat(held: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """What is held within something, by its path, such as `source.commit` or `datasets.customers.uri`."""
    inner: Iterable[tuple[str, Any]]
    match held:
        case Mapping():
            inner = ((str(name), each) for name, each in held.items())
        case list() | tuple():
            inner = zip(_labels(held), held, strict=True)
        case datetime():
            return
        case _:
            if held not in _ABSENT:
                yield path, held
            return
    for name, each in inner:
        yield from _flat(each, f"{path}.{name}" if path else name)


def _labels(held: Sequence[Any]) -> list[str]:
    """What the members of a list are called: by their names, so that lists in another order align, or by number."""
    names = [str(each.get("name") or "") if isinstance(each, Mapping) else "" for each in held]
    seen = Counter(names)
    return [name if name and seen[name] == 1 else f"{name}#{place}" for place, name in enumerate(names, start=1)]


def _rows(held: Sequence[Mapping[str, Any]], room: Room) -> list[Row]:
    names = sorted({name for each in held for name in each})
    rows = (Row(name, tuple(each.get(name) for each in held)) for name in names)
    return [row for row in rows if room.take(asdict(row))]


def _metrics(versions: Sequence[Version], directions: Sequence[Directions]) -> Iterator[MetricRow]:
    for name in sorted({name for version in versions for name in version.metrics}):
        stated = {known[name] for known in directions if name in known}
        direction = _direction(stated)
        values = tuple(version.metrics.get(name) for version in versions)
        origins = tuple(origin_of(version, name) for version in versions)
        deltas = tuple(_delta(*each) for each in _pairs(values, origins))
        best = _best(direction if _agree(origins) else None, values)
        yield MetricRow(name, direction, not stated, values, deltas, best, origins)


def _pairs(
    values: Sequence[float | None], origins: Sequence[Origin | None]
) -> Iterator[tuple[float | None, float | None]]:
    """Each value and the first one, which is None where they cannot be held against one another."""
    for value, origin in zip(values, origins, strict=True):
        yield value, values[0] if _agree((origin, origins[0])) else None


def _agree(origins: Iterable[Origin | None]) -> bool:
    known = [origin for origin in origins if origin is not None]
    return all(one.agrees(other) for place, one in enumerate(known) for other in known[:place])


def _direction(stated: set[Direction]) -> Direction | None:
    if len(stated) > 1:
        return None
    return next(iter(stated), Direction.HIGHER)


def _delta(value: float | None, first: float | None) -> float | None:
    return None if value is None or first is None else difference(value, first)


def _best(direction: Direction | None, values: Sequence[float | None]) -> tuple[bool, ...]:
    there = {value for value in values if value is not None}
    if direction is None or len(there) < LEAST:
        return (False,) * len(values)
    return tuple(value is not None and not any(better(direction, other, value) for other in there) for value in values)


def compare_files(manifests: Sequence[Iterable[File]], columns: Sequence[int], room: Room) -> Files:
    """Files that come in the order of their paths' UTF-8, aligned: `columns` says whose manifest each version has.

    Only what is listed is kept in memory.
    """
    counts = dict.fromkeys(Change, 0)
    differing: list[FileRow] = []
    same: list[FileRow] = []
    for row in _aligned(manifests, columns):
        counts[row.change] += 1
        kept = same if row.change is Change.SAME else differing
        if len(kept) < MOST_FILES and room.left > 0:
            kept.append(row)
    listed = [row for row in (*differing, *same)[:MOST_FILES] if room.take(asdict(row))]
    listed.sort(key=lambda row: row.path.encode())
    return Files(listed, counts, truncated=len(listed) < sum(counts.values()))


def _aligned(manifests: Sequence[Iterable[File]], columns: Sequence[int]) -> Iterator[FileRow]:
    marked = [_marked(place, manifest) for place, manifest in enumerate(manifests)]
    for path, found in groupby(heapq.merge(*marked, key=lambda each: each[:2]), key=lambda each: each[0]):
        there = {place: file for _, place, file in found}
        yield _file_row(path.decode(), [there.get(place) for place in columns])


def _marked(place: int, manifest: Iterable[File]) -> Iterator[tuple[bytes, int, File]]:
    return ((file.path.encode(), place, file) for file in manifest)


def _file_row(path: str, files: Sequence[File | None]) -> FileRow:
    digests = tuple(file.digest if file else None for file in files)
    sizes = tuple(file.size if file else None for file in files)
    return FileRow(path, digests, sizes, _change(digests))


def _change(digests: Sequence[Digest | None]) -> Change:
    first, others = digests[0], set(digests[1:])
    if others == {first}:
        return Change.SAME
    if first is None:
        return Change.ADDED
    return Change.REMOVED if others <= {first, None} else Change.CHANGED
