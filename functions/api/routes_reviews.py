"""What was found in versions, what reviewers decide, and asking for another look."""

from functools import partial
from typing import Any

from functions.api import rendering
from functions.api.routes_versions import VERSION, tagged
from functions.api.routing import Call, Reply, route
from functions.api.tokens import read_token, write_token
from modelyard.contract.inspections import (
    FileFindingsResponse,
    FindingPageResponse,
    FindingResponse,
    ReviewRequest,
)
from modelyard.contract.responses import FilePageResponse, VersionResponse
from modelyard.domain.findings import Inspection
from modelyard.domain.manifests import File
from modelyard.inspection.rules import RULES_VERSION
from modelyard.services import reviewing

NOT_LOOKED_AT = Inspection()


def _effects(call: Call) -> dict[str, Any]:
    ports = call.ports
    effects: dict[str, Any] = {"table": ports.table, "clock": ports.clock, "ids": ports.ids, "caller": call.caller}
    return {**effects, "ticket": call.ticket, "name": call.path["name"], "number": call.number}


@route("GET", f"{VERSION}/findings", gives=FindingPageResponse, query=("cursor",), refusals=(404,))
def list_findings(call: Call) -> Reply:
    """List a version's files with what was found in each."""
    name, number = call.path["name"], call.number
    scope, cursor = f"findings {name} {number}", call.query.get("cursor")
    page, place = read_token(scope, cursor, int, int) if cursor else (0, 0)
    seen = reviewing.list_findings(table=call.ports.table, name=name, number=number, start=(page, place))
    following = write_token(scope, list(seen.following)) if seen.following else None
    return Reply(FindingPageResponse(items=[_file(*each) for each in seen.files], next=following))


def _file(file: File, report: Inspection | None) -> FileFindingsResponse:
    found = report or NOT_LOOKED_AT
    return FileFindingsResponse(
        path=file.path,
        digest=file.digest,
        format=found.format,
        verdict=report.verdict.value if report else "",
        facts=dict(found.facts),
        findings=[
            FindingResponse(
                rule=each.rule,
                severity=each.severity.value,
                evidence=each.evidence,
                member=each.member,
                offset=each.offset,
            )
            for each in found.findings
        ],
        unread=list(found.unread),
    )


@route("GET", f"{VERSION}/quarantine/files", gives=FilePageResponse, query=("cursor",), refusals=(404, 409, 410))
def list_quarantined_files(call: Call) -> Reply:
    """List a quarantined version's files, with signed GETs for who is to judge them."""
    name, number, ports = call.path["name"], call.number, call.ports
    scope, cursor = f"quarantine {name} {number}", call.query.get("cursor")
    (page,) = read_token(scope, cursor, int) if cursor else (0,)
    found = reviewing.list_quarantined(table=ports.table, blobs=ports.blobs, name=name, number=number, page=page)
    following = write_token(scope, [found.following]) if found.following else None
    return Reply(rendering.files(found.files, following))


@route("POST", f"{VERSION}/release", takes=ReviewRequest, gives=VersionResponse, refusals=(404, 409, 410, 413))
def release_version(call: Call) -> Reply:
    """Release a quarantined version: it is ready then."""
    return tagged(reviewing.release(**_effects(call), reason=call.body.reason))


@route("POST", f"{VERSION}/reject", takes=ReviewRequest, gives=VersionResponse, refusals=(404, 409, 410, 413))
def reject_version(call: Call) -> Reply:
    """Reject a quarantined version for good."""
    return tagged(reviewing.reject(**_effects(call), reason=call.body.reason))


@route("POST", f"{VERSION}/inspect", gives=VersionResponse, status=202, refusals=(404, 409, 410))
def inspect_version(call: Call) -> Reply:
    """Ask for an inspection of a version by the rules of today."""
    asked = partial(reviewing.ask_inspection, **_effects(call), rules=RULES_VERSION)
    return tagged(asked(), 202)
