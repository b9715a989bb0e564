"""Evaluations: report, list, find what is attached."""

import json
from typing import Any

from functions.api import rendering
from functions.api.problems import MOST_ECHOED
from functions.api.routing import Call, Reply, route
from functions.api.tokens import read_key, write_token
from modelyard.contract.evaluations import (
    AttachedResponse,
    AttachmentPageResponse,
    AttachmentResponse,
    EvaluatedResponse,
    EvaluateRequest,
    EvaluationPageResponse,
    EvaluationResponse,
    EvaluationRunResponse,
    MetricResponse,
)
from modelyard.contract.responses import UploadPageResponse, UploadResponse
from modelyard.domain.errors import Invalid
from modelyard.domain.evaluations import Direction, Evaluation, Measure, Report, Run
from modelyard.domain.journal import instant
from modelyard.domain.manifests import File, parse_file
from modelyard.ports import SignedRequest
from modelyard.services import evaluating, finding

EVALUATIONS = "/v1/models/<name>/versions/<number>/evaluations"
FIELDS = frozenset(EvaluateRequest.model_fields)


@route("POST", EVALUATIONS, takes=EvaluateRequest, gives=EvaluatedResponse, status=201, refusals=(404, 409, 410, 413))
def evaluate_version(call: Call) -> Reply:
    """Report metrics of a version; the answer lists what to send of its attachments."""
    _refuse_twice(call.text)
    ports = call.ports
    taken = evaluating.evaluate(
        table=ports.table,
        clock=ports.clock,
        ids=ports.ids,
        caller=call.caller,
        ticket=call.ticket,
        name=call.path["name"],
        number=call.number,
        report=_report(call.body),
    )
    missing = evaluating.missing_attachments(table=ports.table, blobs=ports.blobs, evaluation=taken)
    uploads = UploadPageResponse(items=[_upload(file, request) for file, request in missing], next=None)
    return Reply(EvaluatedResponse(evaluation=_rendered(taken), uploads=uploads), 201)


def _refuse_twice(text: str) -> None:
    """A metric that comes twice has two values, of which JSON readers silently take the last."""

    def only_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for name, value in pairs:
            if name in members:
                field = name if name in FIELDS else f"metrics.{name[:MOST_ECHOED]}"
                raise Invalid("it comes twice, with one value each", field=field)
            members[name] = value
        return members

    json.loads(text, object_pairs_hook=only_once)


def _report(body: EvaluateRequest) -> Report:
    return Report(
        metrics={name: Measure(each.value, each.unit, _way(each.direction)) for name, each in body.metrics.items()},
        dataset=body.dataset,
        dataset_digest=body.dataset_digest,
        split=body.split,
        slice=body.slice,
        evaluator=body.evaluator,
        run=Run(body.run.system, body.run.id, body.run.url),
        comment=body.comment,
        attachments=tuple(
            parse_file(each.path, each.size, each.digest, field=f"attachments.{index}")
            for index, each in enumerate(body.attachments)
        ),
    )


def _way(direction: str | None) -> Direction | None:
    return Direction(direction) if direction else None


def _rendered(found: Evaluation) -> EvaluationResponse:
    report = found.report
    return EvaluationResponse(
        id=found.sequence,
        version=found.number,
        created_at=instant(found.created_at),
        created_by=found.created_by,
        metrics={
            name: MetricResponse(value=each.value, unit=each.unit, direction=each.direction)
            for name, each in report.metrics.items()
        },
        dataset=report.dataset,
        dataset_digest=report.dataset_digest,
        split=report.split,
        slice=report.slice,
        evaluator=report.evaluator,
        run=EvaluationRunResponse(system=report.run.system, id=report.run.id, url=report.run.url),
        attachments=[
            AttachedResponse(path=each.path, size=each.size, digest=each.digest) for each in report.attachments
        ],
        comment=report.comment,
    )


def _upload(file: File, request: SignedRequest) -> UploadResponse:
    signed = rendering.signed(request)
    return UploadResponse(digest=file.digest, part=0, offset=0, length=file.size, request=signed)


@route("GET", EVALUATIONS, gives=EvaluationPageResponse, query=("limit", "cursor"), refusals=(404,))
def list_evaluations(call: Call) -> Reply:
    """List reports on a version, newest first."""
    name, number = call.path["name"], call.number
    scope = f"evaluations {name} {number}"
    after = read_key(scope, call.query.get("cursor"))
    page = finding.list_evaluations(table=call.ports.table, name=name, number=number, after=after, limit=call.limit())
    following = write_token(scope, page.after) if page.after else None
    return Reply(EvaluationPageResponse.model_construct(items=list(map(_rendered, page.items)), next=following))


@route("GET", f"{EVALUATIONS}/<evaluation>/attachments", gives=AttachmentPageResponse, refusals=(404,))
def list_attachments(call: Call) -> Reply:
    """List a report's attachments, with signed GETs of those that are stored, and signed PUTs of the others."""
    ports = call.ports
    found = evaluating.list_attachments(
        table=ports.table,
        blobs=ports.blobs,
        clock=ports.clock,
        ids=ports.ids,
        name=call.path["name"],
        number=call.number,
        sequence=call.evaluation,
    )
    return Reply(AttachmentPageResponse(items=list(map(_attachment, found)), next=None))


def _attachment(found: evaluating.Attachment) -> AttachmentResponse:
    return AttachmentResponse(
        path=found.file.path,
        size=found.file.size,
        digest=found.file.digest,
        download=rendering.signed(found.download) if found.download else None,
        upload=rendering.signed(found.upload) if found.upload else None,
        withheld=found.withheld,
    )
