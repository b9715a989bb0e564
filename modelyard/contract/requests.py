"""Bodies that clients send. Limits on sizes and characters are checked by the domain; the schemas tell of them."""

import math
from typing import Annotated, Literal, cast

from pydantic import BeforeValidator, Field
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo

from modelyard.contract.shapes import Request


def _as_text(value: object) -> object:
    """Numbers and truth values as JSON spells them, since a pipeline's parameters are rarely strings."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("NaN and infinities are not JSON")
    return repr(value) if isinstance(value, int | float) else value


def told(**limits: object) -> FieldInfo:
    """Limits that the schema tells of, for those who read it; the domain refuses in better words."""
    return cast("FieldInfo", Field(json_schema_extra=cast("JsonDict", limits)))


_NO = r"/:@\x00-\x1f\x7f-\x9f"
KEYS = {"minLength": 1, "maxLength": 250}
Name = Annotated[str, told(minLength=1, maxLength=256, pattern=f"^[^{_NO}\\s]([^{_NO}]*[^{_NO}\\s])?$")]
Digest = Annotated[str, told(pattern="^sha256(-tree)?:[0-9a-f]{64}$")]
Part = Annotated[str, told(pattern="^[0-9a-f]{64}$")]
Stage = Annotated[str, told(pattern="^[a-z][a-z0-9_-]{0,63}$")]
Path = Annotated[str, told(minLength=1, maxLength=1024)]
Size = Annotated[int, told(minimum=0, maximum=5 * 1024**4)]
Line = Annotated[str, told(maxLength=2_000)]
Description = Annotated[str, told(maxLength=20_000)]
Text = Annotated[str, BeforeValidator(_as_text, json_schema_input_type=str | int | float | bool)]
Pairs = Annotated[dict[str, Text], told(maxProperties=100, propertyNames=KEYS)]
Changes = Annotated[dict[str, Text | None], told(maxProperties=100, propertyNames=KEYS)]
Params = Annotated[dict[str, Text], told(maxProperties=1_000, propertyNames=KEYS)]
Metrics = Annotated[dict[str, float], told(maxProperties=1_000, propertyNames=KEYS)]


class CreateModelRequest(Request):
    """A new model."""

    name: Name
    description: Description = ""
    owner: Line = ""
    tags: Pairs = Field(default_factory=dict)


class UpdateModelRequest(Request):
    """Changes to a model: what is left out stays; a tag given as null is removed."""

    description: Description | None = None
    owner: Line | None = None
    tags: Changes = Field(default_factory=dict)


class FileRequest(Request):
    """A file of the manifest: `parts` lists the hex SHA-256 of each part of a `sha256-tree` digest, in order."""

    path: Path
    size: Size
    digest: Digest
    parts: list[Part] = Field(default_factory=list)


class DatasetRequest(Request):
    """Data that the version was made from."""

    name: str
    uri: str = ""
    digest: str = ""
    role: str = ""
    rows: int | None = None


class SourceRequest(Request):
    """The code that the version was made from; `dirty` says whether files differed from the commit."""

    repository: str = ""
    commit: str = ""
    path: str = ""
    dirty: bool | None = None
    diff_digest: str = ""


class RunRequest(Request):
    """The run that made the version."""

    system: str = ""
    id: str = ""
    url: str = ""


class BaseRequest(Request):
    """What the version was made out of: a `reference` into this registry, or a `uri` outside of it."""

    relation: str
    reference: str = ""
    uri: str = ""


class EnvironmentRequest(Request):
    """Where the version was made; `packages` maps names to versions."""

    python: str = ""
    packages: dict[str, str] = Field(default_factory=dict)
    image_digest: str = ""
    hardware: str = ""


class CreateVersionRequest(Request):
    """A new version: its manifest, which never changes, and what is known about it.

    `source_commit` and `run_url` are other ways to give `source.commit` and `run.url`. `directions` says which values
    of a metric are better.
    """

    files: Annotated[list[FileRequest], told(minItems=1, maxItems=10_000)]
    description: Description = ""
    tags: Pairs = Field(default_factory=dict)
    params: Params = Field(default_factory=dict)
    metrics: Metrics = Field(default_factory=dict)
    source_commit: str = ""
    datasets: list[DatasetRequest] = Field(default_factory=list)
    run_url: str = ""
    directions: dict[str, Literal["higher", "lower"]] = Field(default_factory=dict)
    source: SourceRequest = SourceRequest()
    run: RunRequest = RunRequest()
    bases: list[BaseRequest] = Field(default_factory=list)
    environment: EnvironmentRequest = EnvironmentRequest()
    card: str = ""


class UpdateVersionRequest(Request):
    """Changes to a version: what is left out stays; a tag given as null is removed, and so is a card given as ''."""

    description: Description | None = None
    tags: Changes = Field(default_factory=dict)
    card: str | None = None


class TransitionRequest(Request):
    """A move to another stage; with `replace`, the versions that stand there go to the last stage."""

    stage: Stage
    comment: Line = ""
    replace: bool = False


class DeletionRequest(Request):
    """Why something is deleted; by `force`, though it is in use."""

    force: bool = False
    reason: Line = ""


class RenameModelRequest(Request):
    """Another name for a model."""

    name: str
