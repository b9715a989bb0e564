"""A bundle: models as files that anybody can read and check with plain tools. `docs/bundle.md` says what lies where.

bundle.json                           which models, and how far the journal of each goes
models/<id>/journal.jsonl             an entry a line, in canonical JSON, with its hash
models/<id>/manifests/<number>.json   the files of a version
blobs/sha256/<hex>                    bytes, each once
blobs/sha256-tree/<hex>
"""

import re
from typing import Any

from pydantic import ConfigDict, ValidationError

from modelyard.client.errors import ModelyardError
from modelyard.contract.requests import FileRequest
from modelyard.contract.shapes import Request
from modelyard.domain.canonical import canonical
from modelyard.domain.errors import RegistryError
from modelyard.domain.manifests import File, check_manifest, parse_file

FORMAT = 1
INDEX = "bundle.json"
MOST_INDEX = 256 * 1024**2
MOST_LINE = 1024**2
MOST_MANIFEST = 64 * 1024**2
"""Bytes of a bundle's files that are read whole: the registry writes none that is larger."""

_ULID = "[0-9A-HJKMNP-TV-Z]{26}"
PLACES = re.compile(
    rf"bundle\.json|models/{_ULID}/journal\.jsonl|models/{_ULID}/manifests/[1-9][0-9]{{0,9}}\.json"
    r"|blobs/sha256(?:-tree)?/[0-9a-f]{64}"
)
"""Where files of a bundle may lie."""

FOLDERS = re.compile(rf"models(?:/{_ULID}(?:/manifests)?)?|blobs(?:/sha256(?:-tree)?)?")


class BadBundle(ModelyardError):
    """A bundle that is none, is not whole, or is not what it says."""


class _Written(Request):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class BundledModel(_Written):
    """A model: its id, its name, and the number and hash of the last entry of its journal."""

    id: str
    name: str
    sequence: int
    head: str


class Index(_Written):
    """What a bundle holds, in the order of the models' names."""

    format: int
    models: list[BundledModel]


class Manifest(_Written):
    """The files of a version."""

    version: int
    digest: str
    files: list[FileRequest]


def journal_path(model_id: str) -> str:
    """Where a model's journal lies."""
    return f"models/{model_id}/journal.jsonl"


def manifest_path(model_id: str, number: int) -> str:
    """Where the files of a version are listed."""
    return f"models/{model_id}/manifests/{number}.json"


def write(shape: Request) -> bytes:
    """A file of the bundle: canonical JSON on one line, so that the same is always written alike."""
    return canonical(shape.model_dump()) + b"\n"


def read_index(content: bytes) -> Index:
    """What a bundle holds; BadBundle when this is no such file."""
    index: Index = _parse(Index, content, INDEX)
    if index.format != FORMAT:
        raise BadBundle(f"this is a bundle of format {index.format}; {FORMAT} is known here")
    for model in index.models:
        if not PLACES.fullmatch(journal_path(model.id)) or model.sequence < 1:
            raise BadBundle(f"{INDEX} lists a model that can be none: {model.id!r}")
    if len({model.id for model in index.models}) < len(index.models):
        raise BadBundle(f"{INDEX} lists a model twice")
    return index


def read_manifest(content: bytes, path: str) -> tuple[Manifest, tuple[File, ...]]:
    """The files of a version; BadBundle when they cannot be such."""
    manifest: Manifest = _parse(Manifest, content, path)
    try:
        files = check_manifest(parse_file(each.path, each.size, each.digest, each.parts) for each in manifest.files)
    except RegistryError as error:
        raise BadBundle(f"{path}: {error.detail}") from error
    return manifest, files


def _parse(shape: type[Request], content: bytes, path: str) -> Any:
    try:
        return shape.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise BadBundle(f"{path} is not as a bundle has it: {where}: {first['msg'].lower()}") from error
