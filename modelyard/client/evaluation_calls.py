"""Evaluations: report, list, find what is attached."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypedDict, Unpack

from modelyard.client.api import segment, shape_request
from modelyard.client.calls import Calls, as_numbers, each
from modelyard.client.errors import Unusable
from modelyard.contract.evaluations import (
    AttachmentPageResponse,
    AttachmentRequest,
    AttachmentResponse,
    EvaluatedResponse,
    EvaluateRequest,
    EvaluationPageResponse,
    EvaluationResponse,
    EvaluationRunRequest,
    MetricRequest,
)

Direction = Literal["higher", "lower"]


class ReportFacts(TypedDict, total=False):
    """What can be said of an evaluation beside its metrics. `units` and `directions` are of those metrics."""

    units: Mapping[str, str]
    directions: Mapping[str, Direction]
    dataset: str
    dataset_digest: str
    split: str
    slice: str
    evaluator: str
    run: EvaluationRunRequest
    comment: str


def report_request(
    metrics: Mapping[str, float], facts: ReportFacts, attachments: Sequence[AttachmentRequest] = ()
) -> EvaluateRequest:
    """The body that reports these metrics; Unusable for a unit or a direction of a metric that is not among them."""
    units, directions = facts.get("units", {}), facts.get("directions", {})
    numbers = as_numbers(metrics)
    for name in (*units, *directions):
        if name not in numbers:
            raise Unusable(f"there is no metric {name!r} in this report", field=f"metrics.{name}")
    return shape_request(
        EvaluateRequest,
        metrics={
            name: shape_request(MetricRequest, value=value, unit=units.get(name, ""), direction=directions.get(name))
            for name, value in numbers.items()
        },
        dataset=facts.get("dataset", ""),
        dataset_digest=facts.get("dataset_digest", ""),
        split=facts.get("split", ""),
        slice=facts.get("slice", ""),
        evaluator=facts.get("evaluator", ""),
        run=facts.get("run", EvaluationRunRequest()),
        comment=facts.get("comment", ""),
        attachments=list(attachments),
    )


class EvaluationCalls(Calls):
    """The API of evaluations. A model is named by its name or its id."""

    def report(
        self,
        name: str,
        number: int,
        metrics: Mapping[str, float],
        *,
        attachments: Sequence[AttachmentRequest] = (),
        key: str | None = None,
        **facts: Unpack[ReportFacts],
    ) -> EvaluatedResponse:
        """A report taken, and what is to be sent of its attachments; `Registry.evaluate` sends that as well."""
        return self.report_evaluation(name, number, report_request(metrics, facts, attachments), key=key)

    def report_evaluation(
        self, name: str, number: int, body: EvaluateRequest, *, key: str | None = None
    ) -> EvaluatedResponse:
        """As `report`, from a request that is already made."""
        return self._api.post(_path(name, number), EvaluatedResponse, body, key=key)

    def evaluations(self, name: str, number: int) -> Iterator[EvaluationResponse]:
        """All reports on a version, newest first."""

        def page(cursor: str | None) -> EvaluationPageResponse:
            return self._api.get(_path(name, number), EvaluationPageResponse, {"limit": 100, "cursor": cursor})

        return each(page)

    def attachments(self, name: str, number: int, evaluation: int) -> list[AttachmentResponse]:
        """The files of one report, each with a signed download once it is stored, else with the upload it lacks."""
        return self._api.get(f"{_path(name, number)}/{evaluation}/attachments", AttachmentPageResponse).items


def _path(name: str, number: int) -> str:
    return f"/v1/models/{segment(name)}/versions/{number}/evaluations"
