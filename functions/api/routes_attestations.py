"""Attestations: keep a signature or provenance with a version, list them, ask what they are worth."""

from typing import Any

from functions.api import rendering
from functions.api.routes_versions import VERSION, tagged
from functions.api.routing import Call, Reply, route
from modelyard.contract.attestations import AttestationPageResponse, AttestationResponse, AttestRequest
from modelyard.contract.responses import VersionResponse
from modelyard.domain.attestations import Attestation, Kind, check_attached, checked_facts
from modelyard.domain.journal import instant
from modelyard.ports import SignedRequest
from modelyard.services import attesting

ATTESTATIONS = f"{VERSION}/attestations"


def _effects(call: Call) -> dict[str, Any]:
    ports = call.ports
    return {"table": ports.table, "clock": ports.clock, "ids": ports.ids}


@route("POST", ATTESTATIONS, takes=AttestRequest, gives=AttestationResponse, status=201, refusals=(404, 409, 410, 413))
def attest_version(call: Call) -> Reply:
    """Keep a signature or provenance with a version; the answer says how to send it, if it is to be sent."""
    body: AttestRequest = call.body
    which: dict[str, Any] = {"name": call.path["name"], "number": call.number, "kind": Kind(body.kind)}
    who: dict[str, Any] = {"caller": call.caller, "ticket": call.ticket}
    kept = attesting.attest(**_effects(call), **who, **which, file=check_attached(body.path, body.size, body.digest))
    upload = attesting.missing_attestation(table=call.ports.table, blobs=call.ports.blobs, attestation=kept)
    return Reply(_rendered(kept, None, upload), 201)


@route("GET", ATTESTATIONS, gives=AttestationPageResponse, refusals=(404,))
def list_attestations(call: Call) -> Reply:
    """List what vouches for a version and what it is worth, with signed GETs, or the PUTs of what was not sent yet."""
    which: dict[str, Any] = {"name": call.path["name"], "number": call.number}
    found = attesting.list_attestations(**_effects(call), blobs=call.ports.blobs, **which)
    items = [_rendered(each, link.download, link.upload, withheld=link.withheld) for each, link in found]
    return Reply(AttestationPageResponse(items=items, next=None))


@route("POST", f"{ATTESTATIONS}/check", gives=VersionResponse, status=202, refusals=(404, 409, 410))
def check_attestations(call: Call) -> Reply:
    """Ask what a version's attestations are worth by today's trusted signers; to be asked once one was sent, too."""
    which: dict[str, Any] = {"name": call.path["name"], "number": call.number}
    asked = attesting.ask_check(**_effects(call), **which, caller=call.caller, ticket=call.ticket)
    return tagged(asked, 202)


def _rendered(
    found: Attestation, download: SignedRequest | None, upload: SignedRequest | None, *, withheld: bool = False
) -> AttestationResponse:
    known = checked_facts(found.checked) if found.checked else {}
    lists: dict[str, Any] = {"why": known.get("why", []), "files": known.get("files", {})}
    texts = ("by", "identity", "signers", "predicate_type", "builder", "build_type", "source")
    return AttestationResponse(
        id=found.id,
        kind=found.kind.value,
        path=found.path,
        size=found.size,
        digest=found.digest,
        added_at=instant(found.added_at),
        added_by=found.added_by,
        verdict=found.verdict.value,
        checked_at=known.get("at"),
        paths=known.get("paths", {}),
        download=rendering.signed(download) if download else None,
        upload=rendering.signed(upload) if upload else None,
        withheld=withheld,
        **lists,
        **{name: known.get(name, "") for name in texts},
    )
