"""Bodies that clients send. Limits on sizes and characters are the domain's and are checked there."""

import math
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from modelyard.contract.shapes import Request


def _as_text(value: object) -> object:
    """Numbers and truth values as JSON spells them, since a pipeline's parameters are rarely strings."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("NaN and infinities are not JSON")
    return repr(value) if isinstance(value, int | float) else value


Text = Annotated[str, BeforeValidator(_as_text)]
Pairs = dict[str, Text]
Metrics = dict[str, float]


class CreateModelRequest(Request):
    """A new model."""

    name: str
    description: str = ""
    owner: str = ""
    tags: Pairs = Field(default_factory=dict)


class UpdateModelRequest(Request):
    """Changes to a model: what is left out stays; a tag given as null is removed."""

    description: str | None = None
    owner: str | None = None
    tags: dict[str, Text | None] = Field(default_factory=dict)


class FileRequest(Request):
    """A file of the manifest: `parts` lists the hex SHA-256 of each part of a `sha256-tree` digest, in order."""

    path: str
    size: int
    digest: str
    parts: list[str] = Field(default_factory=list)


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

    files: list[FileRequest]
    description: str = ""
    tags: Pairs = Field(default_factory=dict)
    params: Pairs = Field(default_factory=dict)
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

    description: str | None = None
    tags: dict[str, Text | None] = Field(default_factory=dict)
    card: str | None = None


class TransitionRequest(Request):
    """A move to another stage; with `replace`, the versions that stand there go to the last stage."""

    stage: str
    comment: str = ""
    replace: bool = False
