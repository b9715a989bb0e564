"""Bodies that the registry answers. Moments are RFC 3339 in UTC; sizes are bytes; `next` is an opaque page token."""

from typing import Any

from pydantic import ConfigDict, Field

from modelyard.contract.shapes import Response
from modelyard.contract.vouched import ProvenanceResponse, SignedByResponse


class DeletionResponse(Response):
    """When and by whom something was deleted, and until when it can be restored; of a version, its state before."""

    at: str
    purge_at: str
    by: str
    state: str = ""


class ModelResponse(Response):
    """A model. `stages` lists who stands in each serving stage, `aliases` gives the version behind each alias.

    `sequence` is its last journal entry's number. `revision`, in quotes, is its ETag: it changes when the
    description, owner or tags do.
    """

    id: str
    name: str
    description: str
    owner: str
    tags: dict[str, str]
    created_at: str
    created_by: str
    updated_at: str
    sequence: int
    revision: int = 0
    versions: int
    newest_ready: int | None
    stages: dict[str, list[int]]
    aliases: dict[str, int] = {}
    deleted: DeletionResponse | None = None


class ModelPageResponse(Response):
    """Models in the order of their names."""

    items: list[ModelResponse]
    next: str | None


class DatasetResponse(Response):
    """Data that a version was made from."""

    name: str
    uri: str
    digest: str
    role: str = ""
    rows: int | None = None


class SourceResponse(Response):
    """The code that a version was made from; `dirty` is null where nobody looked for changes."""

    repository: str = ""
    commit: str = ""
    path: str = ""
    dirty: bool | None = None
    diff_digest: str = ""


class RunResponse(Response):
    """The run that made a version."""

    system: str = ""
    id: str = ""
    url: str = ""


class BaseResponse(Response):
    """What a version was made out of: a version here, as its name was when it was registered, or a `uri` outside."""

    relation: str
    uri: str = ""
    model_id: str = ""
    name: str = ""
    version: int | None = None
    digest: str = ""


class EnvironmentResponse(Response):
    """Where a version was made; `packages` maps names to versions."""

    python: str = ""
    packages: dict[str, str] = {}
    image_digest: str = ""
    hardware: str = ""


class InspectedResponse(Response):
    """What was seen in a version's files: by which version of the rules, the worst verdict, how many files it is of.

    The verdict is `clean`, `incomplete`, `suspicious` or `malicious`. `incomplete` files were not read to their end.
    `findings` counts by severity; `found` are the rules that found more than information, and `unread` where a file is
    incomplete.
    """

    rules: int
    verdict: str
    files: int
    incomplete: int
    findings: dict[str, int]
    found: list[str]


class ReviewResponse(Response):
    """A reviewer's decision, `released` or `rejected`: by whom, why, and of which rules' findings they knew."""

    decision: str
    by: str
    reason: str
    rules: int
    found: list[str]


class MeasuredResponse(Response):
    """How a metric came about, as far as the report that gave it told."""

    unit: str = ""
    dataset: str = ""
    digest: str = ""
    split: str = ""


class EvaluatedDataResponse(Response):
    """Data that a version was evaluated on, as a report told."""

    dataset: str = ""
    digest: str = ""
    split: str = ""


class VersionResponse(Response):
    """A version without its files. `digest` names its content; `refusal` says why it is rejected or quarantined.

    `evaluated` is the data that reports were about; `measured` says how metrics that they gave came about.

    `source_commit` and `run_url` are `source.commit` and `run.url`. `card_digest` is the SHA-256 of its card, empty
    where it has none. `facts` are of what is in its files, by the names of docs/facts.md; `inspected` is null where
    nobody looked. `signed` and `provenance` are null where nothing vouches for it, `check_pending` says that a check is
    to come. `revision`, in quotes, is its ETag.
    """

    name: str
    version: int
    state: str
    stage: str
    digest: str
    size: int
    file_count: int
    description: str
    tags: dict[str, str]
    params: dict[str, str]
    metrics: dict[str, float]
    source_commit: str
    datasets: list[DatasetResponse]
    run_url: str
    created_at: str
    created_by: str
    verified_at: str | None
    proof: str
    proof_pending: bool
    refusal: list[str]
    revision: int = 0
    aliases: list[str] = []
    source: SourceResponse = SourceResponse()
    run: RunResponse = RunResponse()
    bases: list[BaseResponse] = []
    environment: EnvironmentResponse = EnvironmentResponse()
    card_digest: str = ""
    deleted: DeletionResponse | None = None
    inspected: InspectedResponse | None = None
    facts: dict[str, Any] = {}
    review: ReviewResponse | None = None
    evaluated: list[EvaluatedDataResponse] = []
    measured: dict[str, MeasuredResponse] = {}
    signed: SignedByResponse | None = None
    provenance: ProvenanceResponse | None = None
    check_pending: bool = False


class VersionPageResponse(Response):
    """Versions, newest first."""

    items: list[VersionResponse]
    next: str | None


class SignedResponse(Response):
    """A request to send to storage exactly as written, until `expires_at`."""

    method: str
    url: str
    headers: dict[str, str]
    expires_at: str


class FileResponse(Response):
    """A file of a version; `download` is given for ready versions."""

    path: str
    size: int
    digest: str
    parts: list[str]
    download: SignedResponse | None


class FilePageResponse(Response):
    """Files in the order of their paths."""

    items: list[FileResponse]
    next: str | None


class UploadResponse(Response):
    """Bytes `offset` to `offset + length` of the blob `digest`, still to be sent; any file of that digest will do.

    `part` is 0 for a blob sent whole, else the part's number. An answer of 412 to the request means that the blob is
    there already, which is as good as having sent it.
    """

    digest: str
    part: int
    offset: int
    length: int
    request: SignedResponse


class UploadPageResponse(Response):
    """What is still to be sent, at most 500 requests. An empty page without `next` means: complete the version."""

    items: list[UploadResponse]
    next: str | None


class RegisteredResponse(Response):
    """A registered version and the first page of its uploads."""

    version: VersionResponse
    uploads: UploadPageResponse


class ResolvedResponse(Response):
    """What a reference stands for: the version and the first page of its files.

    As of a moment (`at`), the version is as it was then, and `state_now` is its state now, or `gone`: files can be
    fetched only if that is `ready`.
    """

    reference: str
    version: VersionResponse
    files: FilePageResponse
    at: str | None = None
    state_now: str | None = None


class ModelRefResponse(Response):
    """A model as an event names it."""

    id: str
    name: str


class EventResponse(Response):
    """A journal entry: `hash` is the SHA-256 of the rest in canonical JSON (RFC 8785), without `position`.

    `position` is the entry's place in the feed of all models, null until it is published.
    """

    id: str
    type: str
    schema_version: int
    model: ModelRefResponse
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


class EventPageResponse(Response):
    """Entries in order. In the feed `next` is always given: what it leads to may be empty now and hold more later.

    Of a feed that is read before a cursor, items come newest first, `next` is the cursor after which newer ones will
    be, and `previous` the one before which there are older ones.
    """

    items: list[EventResponse]
    next: str | None
    previous: str | None = None


class HealthResponse(Response):
    """The registry answers, and in which version."""

    status: str
    version: str


class ProblemResponse(Response):
    """RFC 9457. `code` is one of a few, `kind` names the refusal, `field` the field at fault, `facts` explain it."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    kind: str
    field: str | None = None
    facts: dict[str, Any] = {}


class LineageNodeResponse(Response):
    """A thing in a lineage: a `version` here, a `base` outside, a `dataset`, a `commit` or a `run`.

    `name` is the model's, the dataset's, the commit or the run's; `uri` the data's, the repository's or the run's.
    A version that is there no more has the state `purged`.
    """

    id: str
    kind: str
    name: str = ""
    version: int | None = None
    state: str = ""
    stage: str = ""
    digest: str = ""
    uri: str = ""


class LineageEdgeResponse(Response):
    """That `to` was made with `from`: the relation to a base, the role of data, `made from` code, `by` a run."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True, validate_by_alias=True)

    origin: str = Field(alias="from")
    to: str
    relation: str


class LineageResponse(Response):
    """What a version came of and what came of it. `truncated` when a limit was reached, so that there may be more."""

    nodes: list[LineageNodeResponse]
    edges: list[LineageEdgeResponse]
    truncated: bool


class SearchPlanResponse(Response):
    """How a page was found: from which index, in which order, and whether that took sorting.

    Each of the `examined` candidates was read and looked at for the whole filter; the index alone does not answer
    what is `filtered`. `matched` of them are on the page.
    """

    index: str
    order: str
    sorted: bool
    filtered: list[str]
    examined: int
    matched: int


class VersionSearchResponse(Response):
    """Versions that match. A page may hold few or none and still have a `next`: enough was looked at for one call."""

    items: list[VersionResponse]
    next: str | None
    plan: SearchPlanResponse | None = None


class ModelSearchResponse(Response):
    """Models that match. A page may hold few or none and still have a `next`: enough was looked at for one call."""

    items: list[ModelResponse]
    next: str | None
    plan: SearchPlanResponse | None = None
