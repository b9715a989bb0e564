"""Evaluations: reports of how well a version does, which only ever add up, and what they make of its metrics."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from modelyard.domain.canonical import canonical
from modelyard.domain.errors import DirectionConflict, Invalid, TooLarge
from modelyard.domain.manifests import File, check_manifest
from modelyard.domain.names import MAX_METRICS, check_metrics, check_text

MAX_ATTACHMENTS = 20
MAX_ATTACHMENT = 16 * 1024**2
"""Bytes of one attachment: a plot, a table, a page; anything larger belongs into the version or elsewhere."""

MAX_REPORT = 96 * 1024
"""Bytes of a report in canonical JSON: its entry, which tells its metrics up to four times, fits an item of 400 KB."""

MAX_DIRECTIONS = 64 * 1024
"""Bytes of all directions of a model in canonical JSON, which every command on it reads."""

MAX_UNIT = 50


class Direction(StrEnum):
    """Which values of a metric are better."""

    HIGHER = "higher"
    LOWER = "lower"


Directions = Mapping[str, Direction]
"""Metric → which of its values are better, where somebody said so. One answer for all versions of a model."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric of a report. Without a direction the report says nothing about which values are better."""

    value: float
    unit: str = ""
    direction: Direction | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """What did the evaluation: the system, its own id of the run there, and where that can be seen."""

    system: str = ""
    id: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured, on which data, by whom. A `slice` is a part of the data, such as one country."""

    metrics: Mapping[str, Measure] = field(default_factory=dict)
    dataset: str = ""
    dataset_digest: str = ""
    split: str = ""
    slice: str = ""
    evaluator: str = ""
    run: Run = Run()
    comment: str = ""
    attachments: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A report as it was taken: on version `number`, as entry `sequence` of the model's journal, which is its id."""

    number: int
    sequence: int
    created_at: datetime
    created_by: str
    report: Report


def check_report(report: Report) -> Report:
    """A report within its limits, its attachments in the order of their paths; Invalid or TooLarge names the field."""
    if not report.metrics and not report.attachments:
        raise Invalid("a report has at least one metric or attachment", field="metrics")
    check_metrics({name: measure.value for name, measure in report.metrics.items()})
    for name, measure in report.metrics.items():
        check_text(measure.unit, field=f"metrics.{name}.unit", longest=MAX_UNIT)
    for text in ("dataset", "dataset_digest", "split", "slice", "evaluator", "comment"):
        check_text(getattr(report, text), field=text)
    for text in ("system", "id", "url"):
        check_text(getattr(report.run, text), field=f"run.{text}")
    return _sized(report, _check_attachments(report.attachments))


def _sized(report: Report, attachments: tuple[File, ...]) -> Report:
    metrics = dict(sorted(report.metrics.items()))
    texts = (report.dataset, report.dataset_digest, report.split, report.slice, report.evaluator)
    checked = Report(metrics, *texts, report.run, report.comment, attachments)
    if (size := len(canonical(report_facts(checked))) + len(report.comment.encode())) > MAX_REPORT:
        raise TooLarge(f"the report takes {size} bytes; at most {MAX_REPORT}", field="metrics")
    return checked


def _check_attachments(attachments: Sequence[File]) -> tuple[File, ...]:
    if len(attachments) > MAX_ATTACHMENTS:
        raise TooLarge(f"at most {MAX_ATTACHMENTS} attachments, not {len(attachments)}", field="attachments")
    for index, file in enumerate(attachments):
        if file.size > MAX_ATTACHMENT:
            detail = f"an attachment has at most {MAX_ATTACHMENT} bytes, not {file.size}"
            raise TooLarge(detail, field=f"attachments.{index}.size")
    return check_manifest(attachments, field="attachments") if attachments else ()


def report_facts(report: Report) -> dict[str, Any]:
    """A report as JSON, without its comment. What a measure does not say is left out."""
    return {
        "metrics": {name: _measure_facts(measure) for name, measure in report.metrics.items()},
        "dataset": report.dataset,
        "dataset_digest": report.dataset_digest,
        "split": report.split,
        "slice": report.slice,
        "evaluator": report.evaluator,
        "run": {"system": report.run.system, "id": report.run.id, "url": report.run.url},
        "attachments": [{"path": each.path, "size": each.size, "digest": each.digest} for each in report.attachments],
    }


def _measure_facts(measure: Measure) -> dict[str, Any]:
    facts: dict[str, Any] = {"value": measure.value}
    if measure.unit:
        facts["unit"] = measure.unit
    if measure.direction:
        facts["direction"] = measure.direction.value
    return facts


def roll_up(metrics: Mapping[str, float], report: Report) -> dict[str, float]:
    """The metrics of a version that a report changes, as they are after it: each has the value that came last.

    A report about a slice changes none: what holds for a part of the data says nothing of the whole. TooLarge when a
    version would have too many.
    """
    if report.slice:
        return {}
    values = {name: measure.value for name, measure in report.metrics.items()}
    changed = {name: value for name, value in values.items() if name not in metrics or metrics[name] != value}
    if (count := len(metrics.keys() | changed.keys())) > MAX_METRICS:
        raise TooLarge(f"a version has at most {MAX_METRICS} metrics, not {count}", field="metrics")
    return changed


def stated(report: Report) -> dict[str, Direction]:
    """The directions that a report states."""
    return {name: measure.direction for name, measure in report.metrics.items() if measure.direction}


def add_directions(known: Directions, given: Directions) -> Directions:
    """`known`, and those that are `given`; DirectionConflict when one was known to be the other way."""
    for name, direction in given.items():
        if known.get(name, direction) != direction:
            detail = f"of {name!r} {known[name]} values are better, as was said before; not {direction} ones"
            raise DirectionConflict(detail, field=f"metrics.{name}", metric=name, known=known[name], given=direction)
    merged = {**known, **given}
    if len(merged) > MAX_METRICS or len(canonical(merged)) > MAX_DIRECTIONS:
        raise TooLarge(
            f"a model knows directions of at most {MAX_METRICS} metrics, {MAX_DIRECTIONS} bytes", field="metrics"
        )
    return merged


def check_directions(directions: Directions, metrics: Mapping[str, float]) -> Directions:
    """Directions of metrics that are given along with them; Invalid for one of any other."""
    for name in directions:
        if name not in metrics:
            raise Invalid("a direction is of a metric that is given", field=f"directions.{name}")
    return dict(sorted(directions.items()))


def better(direction: Direction, one: float, other: float) -> bool:
    """Whether `one` is strictly better than `other`."""
    return one > other if direction is Direction.HIGHER else one < other


def difference(one: float, other: float) -> float | None:
    """`one - other`; None when that is no finite number."""
    found = one - other
    return found if math.isfinite(found) else None
