"""Imports: blobs by their digests, and entries of another registry's journals."""

from collections.abc import Mapping, Sequence
from typing import Any

from modelyard.client.api import shape_request
from modelyard.client.calls import Calls
from modelyard.contract.imports import (
    BlobRequest,
    BlobsResponse,
    CompleteBlobsRequest,
    EventRequest,
    ImportBlobsRequest,
    ImportedJournalResponse,
    ImportJournalRequest,
)
from modelyard.contract.requests import FileRequest
from modelyard.contract.responses import UploadPageResponse
from modelyard.domain.manifests import File


class ImportCalls(Calls):
    """The API of imports. All of it is safe to repeat."""

    def import_blobs(self, files: Sequence[File], cursor: str | None = None) -> UploadPageResponse:
        """A page of what must be sent of at most 500 blobs."""
        body = shape_request(ImportBlobsRequest, files=_blobs(files), cursor=cursor)
        return self._api.post("/v1/imports/blobs", UploadPageResponse, body)

    def complete_blobs(self, files: Sequence[File]) -> list[str]:
        """Say that at most 500 blobs were sent; the digests of those that are missing."""
        body = shape_request(CompleteBlobsRequest, files=_blobs(files))
        return self._api.post("/v1/imports/blobs/complete", BlobsResponse, body).missing

    def import_journal(
        self,
        model_id: str,
        events: Sequence[Mapping[str, Any]],
        manifests: Mapping[int, Sequence[File]],
        withheld: Sequence[int] = (),
        *,
        called: str = "",
    ) -> ImportedJournalResponse:
        """Append at most 500 entries, or as many of them as one request takes; how far the journal is then.

        With `called`, the name that the model has in the end, former names of it may be another's here.
        """
        body = shape_request(
            ImportJournalRequest,
            model=model_id,
            events=[EventRequest.model_validate(event) for event in events],
            manifests={str(number): file_requests(files) for number, files in manifests.items()},
            withheld=list(withheld),
            called=called,
        )
        return self._api.post("/v1/imports/journals", ImportedJournalResponse, body)


def _blobs(files: Sequence[File]) -> list[BlobRequest]:
    return [BlobRequest(digest=file.digest, size=file.size, parts=list(file.parts)) for file in files]


def file_requests(files: Sequence[File]) -> list[FileRequest]:
    """Files of a manifest as a request names them."""
    return [FileRequest(path=file.path, size=file.size, digest=file.digest, parts=list(file.parts)) for file in files]
