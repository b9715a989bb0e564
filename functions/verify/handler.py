"""Proves blobs as they arrive, and decides versions that wait for their verdict, by what is in their files.

Woken by: S3 `Object Created`; bus events version.uploaded, version.challenged, version.redriven, version.restored
Reads: the table (model, version, manifest, proofs, reports), storage's checksums, files by ranges
Writes: proofs of blobs, reports on them; the version's verdict with its journal entry
When it fails: Lambda tries again, then the event becomes a dead letter; the sweep drives the version again anyway
"""

from functools import partial
from typing import Any

from functions.verify.looking import inspect_files
from modelyard.domain.blobs import digest_at
from modelyard.domain.journal import Caller
from modelyard.services.verifying import prove_blob, prove_version
from modelyard.wiring import Ports
from modelyard.wiring import ports as wired

ACTOR = "modelyard:verify"


def handler(event: dict[str, Any], context: object, ports: Ports | None = None) -> dict[str, Any]:
    """Answer with what was found out. An object that is no blob of ours is nobody's concern and no failure."""
    world = ports or wired()
    detail = event["detail"]
    if event["source"] == "aws.s3":
        digest = digest_at(detail["object"]["key"])
        proven = digest and prove_blob(
            table=world.table, blobs=world.blobs, clock=world.clock, ids=world.ids, digest=digest
        )
        return {"digest": digest, "proven": bool(proven)}
    version = prove_version(
        table=world.table,
        blobs=world.blobs,
        clock=world.clock,
        ids=world.ids,
        caller=Caller(ACTOR, detail["correlation_id"]),
        name=detail["model"]["id"],
        number=detail["version"],
        inspector=partial(inspect_files, world, context),
    )
    return {"version": detail["version"], "state": version and version.state.value}
