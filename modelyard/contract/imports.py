"""Bodies by which a registry takes what another one holds, as clients send them and as the registry answers them."""

from typing import Any

from pydantic import Field

from modelyard.contract.requests import FileRequest
from modelyard.contract.shapes import Request, Response


class BlobRequest(Request):
    """A blob: `parts` lists the hex SHA-256 of each part of a `sha256-tree` digest, in order."""

    digest: str
    size: int
    parts: list[str] = Field(default_factory=list)


class ImportBlobsRequest(Request):
    """Blobs that are to come, each once. `cursor` is the `next` of an earlier answer to the same blobs."""

    files: list[BlobRequest]
    cursor: str | None = None


class CompleteBlobsRequest(Request):
    """Blobs that were sent."""

    files: list[BlobRequest]


class BlobsResponse(Response):
    """The digests of those blobs that the registry still misses; the others are proven."""

    missing: list[str]


class ModelRefRequest(Request):
    """A model as an entry names it."""

    id: str
    name: str


class EventRequest(Request):
    """A journal entry as another registry wrote it. `position`, its place in the feed there, is not kept."""

    id: str
    type: str
    schema_version: int
    model: ModelRefRequest
    sequence: int
    version: int | None
    digest: str | None
    before: dict[str, Any]
    after: dict[str, Any]
    actor: str
    reason: str
    time: str
    correlation_id: str
    previous: str
    hash: str
    position: int | None = None


class ImportJournalRequest(Request):
    """Entries of one model's journal, in a row, and the files of the versions that they register, by number.

    `withheld` are versions that come without files or bytes: a later entry says that they are wrong or gone, and until
    then nobody finds them. `called` is the name that the model has after the last of its entries: where it is given,
    names that the model had before and that are another's here stay that one's.
    """

    model: str
    events: list[EventRequest]
    manifests: dict[str, list[FileRequest]] = Field(default_factory=dict)
    withheld: list[int] = Field(default_factory=list)
    called: str = ""


class ImportedJournalResponse(Response):
    """How far the model's journal is here: the number and the hash of its last entry."""

    id: str
    name: str
    sequence: int
    head: str
