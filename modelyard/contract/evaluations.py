"""Bodies about evaluations, as clients send them and as the registry answers them."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from modelyard.contract.requests import KEYS, Digest, Line, Path, told
from modelyard.contract.responses import SignedResponse, UploadPageResponse
from modelyard.contract.shapes import Request, Response

Unit = Annotated[str, told(maxLength=50)]
AttachmentSize = Annotated[int, told(minimum=0, maximum=16 * 1024**2)]


def _or_a_number(schema: dict[str, Any]) -> None:
    whole = dict(schema)
    schema.clear()
    schema["anyOf"] = [{"type": "number"}, whole]


class MetricRequest(Request):
    """A metric: a number, or its value with a unit and which of its values are better."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, json_schema_extra=_or_a_number)

    value: float
    unit: Unit = ""
    direction: Literal["higher", "lower"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _read(cls, given: Any) -> Any:
        """A bare number as a metric of that value."""
        if isinstance(given, int | float) and not isinstance(given, bool):
            return {"value": given}
        if not isinstance(given, dict | MetricRequest):
            raise ValueError("a metric is a number, or an object with its value")  # noqa: TRY004  # pydantic's way
        return given


MetricsRequest = Annotated[dict[str, MetricRequest], told(maxProperties=1_000, propertyNames=KEYS)]


class EvaluationRunRequest(Request):
    """What did the evaluation: the system, its id of the run there, and where that can be seen."""

    system: Line = ""
    id: Line = ""
    url: Line = ""


class AttachmentRequest(Request):
    """A file of at most 16 MiB to keep with the report, by its path and its SHA-256."""

    path: Path
    size: AttachmentSize
    digest: Digest


class EvaluateRequest(Request):
    """A report on a version: what was measured, on which data, by whom.

    A report of a slice (a part of the data, such as one country) is kept, and leaves the version's own metrics alone.
    """

    metrics: MetricsRequest = Field(default_factory=dict)
    dataset: Line = ""
    dataset_digest: Line = ""
    split: Line = ""
    slice: Line = ""
    evaluator: Line = ""
    run: EvaluationRunRequest = EvaluationRunRequest()
    attachments: Annotated[list[AttachmentRequest], told(maxItems=20)] = Field(default_factory=list)
    comment: Line = ""


class MetricResponse(Response):
    """A metric of a report; `direction` is null where the report does not say which values are better."""

    value: float
    unit: str
    direction: str | None


class EvaluationRunResponse(Response):
    """What did the evaluation."""

    system: str
    id: str
    url: str


class AttachedResponse(Response):
    """A file kept with a report."""

    path: str
    size: int
    digest: str


class EvaluationResponse(Response):
    """A report on a version. `id` is the sequence of its journal entry."""

    id: int
    version: int
    created_at: str
    created_by: str
    metrics: dict[str, MetricResponse]
    dataset: str
    dataset_digest: str
    split: str
    slice: str
    evaluator: str
    run: EvaluationRunResponse
    attachments: list[AttachedResponse]
    comment: str


class EvaluationPageResponse(Response):
    """Reports, newest first."""

    items: list[EvaluationResponse]
    next: str | None


class EvaluatedResponse(Response):
    """A report that was taken, and what is to be sent of its attachments: nothing more is to be said once it is."""

    evaluation: EvaluationResponse
    uploads: UploadPageResponse


class AttachmentResponse(Response):
    """A file kept with a report: `download` once its bytes are proven, until then `upload`, by which they are sent.

    Neither where it is `withheld`: it is a file of a version, too, and an inspection found it not clean.
    """

    path: str
    size: int
    digest: str
    download: SignedResponse | None
    upload: SignedResponse | None
    withheld: bool = False


class AttachmentPageResponse(Response):
    """The files of a report, in the order of their paths. A report has at most 20, so that one page holds them all."""

    items: list[AttachmentResponse]
    next: str | None
