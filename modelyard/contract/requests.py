"""Bodies that clients send. Limits on sizes and characters are the domain's and are checked there."""

import math
from typing import Annotated

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


class CreateVersionRequest(Request):
    """A new version: its manifest, which never changes, and what is known about it."""

    files: list[FileRequest]
    description: str = ""
    tags: Pairs = Field(default_factory=dict)
    params: Pairs = Field(default_factory=dict)
    metrics: Metrics = Field(default_factory=dict)
    source_commit: str = ""
    datasets: list[DatasetRequest] = Field(default_factory=list)
    run_url: str = ""


class UpdateVersionRequest(Request):
    """Changes to a version: what is left out stays; a tag given as null is removed."""

    description: str | None = None
    tags: dict[str, Text | None] = Field(default_factory=dict)


class TransitionRequest(Request):
    """A move to another stage; with `replace`, the versions that stand there go to the last stage."""

    stage: str
    comment: str = ""
    replace: bool = False


class RenameModelRequest(Request):
    """Another name for a model."""

    name: str
