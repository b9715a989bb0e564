"""Checks the signatures and the provenance that are kept with a version, against its manifest and who is trusted.

Woken by: bus events attestation.added, attestation.asked; a schedule
Reads: the table (version, manifest, proofs), the files that vouch, storage's checksums of those
Writes: what they are worth, with its journal entry; on schedule, that versions are to be checked by today's signers
When it fails: Lambda tries again, then the event becomes a dead letter; the sweep asks again anyway
"""

from typing import Any

from functions.attest.trusting import checker_for, signers_of
from modelyard.domain.journal import Caller
from modelyard.services.vouching import ask_stale, vouch
from modelyard.wiring import Ports
from modelyard.wiring import ports as wired

ACTOR = "modelyard:attest"


def handler(event: dict[str, Any], _context: object, ports: Ports | None = None) -> dict[str, Any]:
    """Answer with what was found out, or how many versions were asked about."""
    world = ports or wired()
    effects: dict[str, Any] = {"table": world.table, "clock": world.clock, "ids": world.ids}
    signers = signers_of(world)
    if event["source"] == "aws.events":
        caller = Caller(ACTOR, str(event.get("id", "")))
        return {"asked": ask_stale(**effects, caller=caller, signers=signers.digest)}
    detail = event["detail"]
    version = vouch(
        **effects,
        blobs=world.blobs,
        caller=Caller(ACTOR, detail["correlation_id"]),
        name=detail["model"]["id"],
        number=detail["version"],
        checker=checker_for(signers),
        awaited=world.limits.upload,
    )
    kept = version.attestations if version else ()
    return {"version": detail["version"], "verdicts": [each.verdict.value for each in kept]}
