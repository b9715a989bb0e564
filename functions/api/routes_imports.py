"""Imports: what another registry holds, its bytes first, then its journals."""

from collections.abc import Sequence

from functions.api import rendering
from functions.api.routing import Call, Reply, route, whole
from functions.api.tokens import read_token, write_token
from modelyard.contract.imports import (
    BlobRequest,
    BlobsResponse,
    CompleteBlobsRequest,
    ImportBlobsRequest,
    ImportedJournalResponse,
    ImportJournalRequest,
)
from modelyard.contract.requests import FileRequest
from modelyard.contract.responses import UploadPageResponse
from modelyard.domain.canonical import canonical
from modelyard.domain.manifests import File, parse_file
from modelyard.services import importing, receiving

NOWHERE = "blob"
"""The path of a blob that no version names yet."""


def _blobs(files: Sequence[BlobRequest]) -> list[File]:
    return [
        parse_file(NOWHERE, file.size, file.digest, file.parts, field=f"files.{index}")
        for index, file in enumerate(files)
    ]


@route("POST", "/v1/imports/blobs", takes=ImportBlobsRequest, gives=UploadPageResponse, refusals=(413,))
def import_blobs(call: Call) -> Reply:
    """List what is still to be sent of some blobs."""
    files = _blobs(call.body.files)
    scope = f"blobs {canonical([file.digest for file in files]).decode()}"
    cursor = call.body.cursor
    start = receiving.Place(*read_token(scope, cursor, int, int, int, int)) if cursor else receiving.FROM_THE_START
    found = receiving.receive(table=call.ports.table, blobs=call.ports.blobs, files=files, start=start)
    following = write_token(scope, found.following) if found.following else None
    return Reply(rendering.uploads(found, following))


@route("POST", "/v1/imports/blobs/complete", takes=CompleteBlobsRequest, gives=BlobsResponse, refusals=(413,))
def complete_blobs(call: Call) -> Reply:
    """Say that some blobs were sent, so that they are proven."""
    ports = call.ports
    missing = receiving.settle(
        table=ports.table, blobs=ports.blobs, clock=ports.clock, ids=ports.ids, files=_blobs(call.body.files)
    )
    return Reply(BlobsResponse(missing=list(missing)))


@route(
    "POST",
    "/v1/imports/journals",
    takes=ImportJournalRequest,
    gives=ImportedJournalResponse,
    refusals=(404, 409, 413),
)
def import_journal(call: Call) -> Reply:
    """Append entries of another registry's journal, as they are, and all that they lead to."""
    body, ports = call.body, call.ports
    model = importing.import_entries(
        table=ports.table,
        clock=ports.clock,
        ids=ports.ids,
        caller=call.caller,
        model_id=body.model,
        events=[event.model_dump(exclude={"position"}) for event in body.events],
        manifests={_number(number): _files(number, files) for number, files in body.manifests.items()},
        withheld=frozenset(body.withheld),
        called=body.called,
    )
    return Reply(ImportedJournalResponse(id=model.id, name=model.name, sequence=model.sequence, head=model.head))


def _number(text: str) -> int:
    return whole(text, field="manifests", least=1, most=10**10 - 1)


def _files(number: str, files: Sequence[FileRequest]) -> list[File]:
    field = f"manifests.{number[:10]}"
    return [
        parse_file(file.path, file.size, file.digest, file.parts, field=f"{field}.{index}")
        for index, file in enumerate(files)
    ]
