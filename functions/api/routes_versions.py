"""Versions: register, send, prove, find, describe, promote."""

from datetime import datetime
from typing import Any

from functions.api import rendering
from functions.api.rendering import Linked
from functions.api.routing import Call, Reply, route
from functions.api.tokens import as_of, read_key, read_token, write_token
from modelyard.contract.requests import (
    CreateVersionRequest,
    FileRequest,
    TransitionRequest,
    UpdateVersionRequest,
)
from modelyard.contract.responses import (
    FilePageResponse,
    RegisteredResponse,
    ResolvedResponse,
    UploadPageResponse,
    VersionPageResponse,
    VersionResponse,
)
from modelyard.domain.errors import Invalid
from modelyard.domain.evaluations import Direction
from modelyard.domain.journal import instant
from modelyard.domain.lineage import parse_bases
from modelyard.domain.manifests import File, parse_file
from modelyard.domain.names import Reference, parse_reference
from modelyard.domain.version import Dataset, Environment, Run, Source, Version
from modelyard.services import describing, finding, promoting, recalling, registering, uploading, verifying
from modelyard.services.registering import About
from modelyard.services.uploading import Place, Uploads

VERSIONS = "/v1/models/<name>/versions"
VERSION = f"{VERSIONS}/<number>"


def tagged(found: Version, status: int = 200) -> Reply:
    """A version with its ETag."""
    return Reply(rendering.version_text(found), status, {"ETag": f'"{found.revision}"'})


@route(
    "POST", VERSIONS, takes=CreateVersionRequest, gives=RegisteredResponse, status=201, refusals=(404, 409, 410, 413)
)
def register_version(call: Call) -> Reply:
    """Register a version by its manifest; the answer lists what to send where."""
    body, ports = call.body, call.ports
    files = [_file(file, index) for index, file in enumerate(body.files)]
    made = registering.register_version(
        table=ports.table,
        clock=ports.clock,
        ids=ports.ids,
        caller=call.caller,
        ticket=call.ticket,
        name=call.path["name"],
        files=files,
        about=_about(body),
        keep=ports.limits.upload,
    )
    missing = uploading.first_uploads(table=ports.table, blobs=ports.blobs, version=made, files=files)
    page = rendering.uploads(missing, _following(call.path["name"], made.number, missing))
    return Reply(RegisteredResponse.model_construct(version=rendering.version(made), uploads=page), 201)


def _file(file: FileRequest, index: int) -> File:
    return parse_file(file.path, file.size, file.digest, file.parts, field=f"files.{index}")


def _about(body: CreateVersionRequest) -> About:
    return About(
        description=body.description,
        tags=body.tags,
        params=body.params,
        metrics=body.metrics,
        source_commit=body.source_commit,
        datasets=[Dataset(data.name, data.uri, data.digest, data.role, data.rows) for data in body.datasets],
        run_url=body.run_url,
        directions={name: Direction(way) for name, way in body.directions.items()},
        source=Source(**body.source.model_dump()),
        run=Run(**body.run.model_dump()),
        bases=parse_bases([(base.relation, base.reference, base.uri) for base in body.bases]),
        environment=Environment(**body.environment.model_dump()),
        card=body.card,
    )


def _scope(name: str, number: int) -> str:
    return f"uploads {name} {number}"


def _following(name: str, number: int, found: Uploads) -> str | None:
    return write_token(_scope(name, number), found.following) if found.following else None


@route(
    "GET", VERSIONS, gives=VersionPageResponse, query=("limit", "cursor", "stage", "at", "deleted"), refusals=(404, 413)
)
def list_versions(call: Call) -> Reply:
    """List a model's versions, newest first."""
    name, stage = call.path["name"], call.query.get("stage")
    if at := call.at:
        return _list_versions_at(call, name, stage, at)
    wanted: dict[str, Any] = {"table": call.ports.table, "name": name, "stage": stage, "deleted": call.flag("deleted")}
    scope = f"versions {name} {stage}{' deleted' if wanted['deleted'] else ''}"
    page = finding.list_versions(**wanted, after=read_key(scope, call.query.get("cursor")), limit=call.limit())
    following = write_token(scope, page.after) if page.after else None
    return Reply(rendering.version_page(page.items, following))


def _list_versions_at(call: Call, name: str, stage: str | None, at: datetime) -> Reply:
    deleted = call.flag("deleted")
    scope = f"versions {name} {stage}{as_of(at)}{' deleted' if deleted else ''}"
    cursor = call.query.get("cursor")
    (below,) = read_token(scope, cursor, int) if cursor else (None,)
    found, last = recalling.list_versions_at(
        table=call.ports.table, name=name, stage=stage, at=at, below=below, limit=call.limit(), deleted=deleted
    )
    following = write_token(scope, [last]) if last else None
    return Reply(VersionPageResponse.model_construct(items=list(map(rendering.version, found)), next=following))


@route("GET", VERSION, gives=VersionResponse, query=("at",), refusals=(404, 413))
def get_version(call: Call) -> Reply:
    """Get a version, without its files."""
    which: dict[str, Any] = {"table": call.ports.table, "name": call.path["name"], "number": call.number}
    at = call.at
    return tagged(recalling.version_at(**which, at=at) if at else finding.get_version(**which))


@route("PATCH", VERSION, takes=UpdateVersionRequest, gives=VersionResponse, refusals=(404, 409, 410, 412, 413))
def update_version(call: Call) -> Reply:
    """Change a version's description, tags or card."""
    body, ports = call.body, call.ports
    changed = describing.update_version(
        table=ports.table,
        clock=ports.clock,
        ids=ports.ids,
        caller=call.caller,
        name=call.path["name"],
        number=call.number,
        expected=call.expected,
        description=body.description,
        tags=body.tags,
        card=body.card,
    )
    return tagged(changed)


@route("GET", f"{VERSION}/uploads", gives=UploadPageResponse, query=("cursor",), refusals=(404, 409, 410))
def list_uploads(call: Call) -> Reply:
    """List what is still to be sent."""
    name, number, ports = call.path["name"], call.number, call.ports
    cursor = call.query.get("cursor")
    start = Place(*read_token(_scope(name, number), cursor, int, int, int, int)) if cursor else uploading.FROM_THE_START
    found = uploading.list_uploads(
        table=ports.table, blobs=ports.blobs, clock=ports.clock, name=name, number=number, start=start
    )
    return Reply(rendering.uploads(found, _following(name, number, found)))


@route("POST", f"{VERSION}/complete", gives=VersionResponse, status=202, refusals=(404, 409, 410))
def complete_version(call: Call) -> Reply:
    """Say that everything was sent, so that the version is verified."""
    ports = call.ports
    completed = uploading.complete(
        table=ports.table,
        blobs=ports.blobs,
        clock=ports.clock,
        ids=ports.ids,
        caller=call.caller,
        ticket=call.ticket,
        name=call.path["name"],
        number=call.number,
    )
    return tagged(completed, 202)


@route("POST", f"{VERSION}/verify", gives=VersionResponse, status=202, refusals=(404, 409, 410))
def verify_version(call: Call) -> Reply:
    """Ask for proof of a version's bytes again."""
    ports = call.ports
    asked = verifying.challenge(
        table=ports.table,
        clock=ports.clock,
        ids=ports.ids,
        caller=call.caller,
        ticket=call.ticket,
        name=call.path["name"],
        number=call.number,
    )
    return tagged(asked, 202)


@route("GET", f"{VERSION}/files", gives=FilePageResponse, query=("cursor", "deleted"), refusals=(404,))
def list_files(call: Call) -> Reply:
    """List a version's files, with signed GETs when it is ready."""
    name, number, ports = call.path["name"], call.number, call.ports
    cursor = call.query.get("cursor")
    (page,) = read_token(_files_scope(name, number), cursor, int) if cursor else (0,)
    found = finding.list_files(
        table=ports.table, blobs=ports.blobs, name=name, number=number, page=page, deleted=call.flag("deleted")
    )
    following = write_token(_files_scope(name, number), [found.following]) if found.following else None
    return Reply(rendering.files(found.files, following))


def _files_scope(name: str, number: int) -> str:
    return f"files {name} {number}"


@route(
    "POST", f"{VERSION}/transitions", takes=TransitionRequest, gives=VersionResponse, refusals=(404, 409, 410, 412, 413)
)
def promote_version(call: Call) -> Reply:
    """Move a version to another stage."""
    body, ports = call.body, call.ports
    moved = promoting.promote(
        table=ports.table,
        clock=ports.clock,
        ids=ports.ids,
        caller=call.caller,
        ticket=call.ticket,
        name=call.path["name"],
        number=call.number,
        stage=body.stage,
        comment=body.comment,
        replaces=body.replace,
        expected=call.expected,
    )
    return tagged(moved)


@route("GET", "/v1/resolve", gives=ResolvedResponse, query=("ref", "at"), refusals=(404, 409, 410, 413))
def resolve(call: Call) -> Reply:
    """Resolve a reference to a ready version and its files."""
    text = call.query.get("ref")
    if text is None:
        raise Invalid("say what to resolve: ref=NAME/NUMBER, NAME/STAGE or NAME", field="ref")
    reference, at = parse_reference(text, field="ref"), call.at
    stores: dict[str, Any] = {"table": call.ports.table, "blobs": call.ports.blobs}
    if at is None:
        version, files = finding.resolve(**stores, reference=reference)
        return Reply(_resolved(reference, version, files.files, files.following))
    past = recalling.resolve_at(**stores, reference=reference, at=at)
    resolved = _resolved(reference, past.version, past.links.files, past.links.following)
    return Reply(resolved.model_copy(update={"at": instant(at), "state_now": past.state_now}))


def _resolved(reference: Reference, version: Version, files: Linked, following: int | None) -> ResolvedResponse:
    token = write_token(_files_scope(version.name, version.number), [following]) if following else None
    page = rendering.files(files, token)
    return ResolvedResponse.model_construct(reference=str(reference), version=rendering.version(version), files=page)
