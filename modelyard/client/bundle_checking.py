"""A bundle held to what it says of itself, before anything is done with it: chains, manifests, every byte."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from pydantic import ValidationError

from modelyard.client.bundle_format import (
    INDEX,
    MOST_INDEX,
    MOST_MANIFEST,
    BadBundle,
    BundledModel,
    journal_path,
    manifest_path,
    read_index,
    read_manifest,
)
from modelyard.client.bundle_reading import Bundle, find_blob, read_lines, read_whole
from modelyard.client.hashing import Hashed, hash_sources
from modelyard.client.journals import Story
from modelyard.client.progress import SILENT, Progress, Running
from modelyard.client.walking import Source
from modelyard.contract.imports import EventRequest
from modelyard.domain.digests import Digest
from modelyard.domain.errors import RegistryError
from modelyard.domain.journal import find_break
from modelyard.domain.manifests import File, manifest_digest, parse_file

ATTACHED = "attached"
"""The path of a file of a report, where none matters."""

TOGETHER = 500
"""Blobs that are hashed, or asked for, in one go."""


@dataclass(slots=True)
class CheckedModel:
    """A model of a bundle that holds. `whole` are the versions whose bytes are all along, `withheld` the others.

    `attached` are files of reports, as far as they are along, under any path. `names` are all that the model had;
    `deleted` says until when it can be restored, where it is deleted.
    """

    model: BundledModel
    whole: list[int] = field(default_factory=list)
    withheld: list[int] = field(default_factory=list)
    attached: list[File] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    deleted: str = ""


@dataclass(slots=True)
class Checked:
    """A bundle that holds: its models, and how many blobs and bytes of them there are."""

    models: list[CheckedModel] = field(default_factory=list)
    blobs: int = 0
    size: int = 0


def check_bundle(bundle: Bundle, *, progress: Progress = SILENT) -> Checked:
    """What the bundle holds. BadBundle tells the first thing that is not as it says."""
    checked = Checked()
    index = read_index(read_whole(bundle, INDEX, most=MOST_INDEX) or b"")
    seen: set[Digest] = set()
    running = Running(progress)
    for listed in index.models:
        story = _check_journal(bundle, listed)
        model = CheckedModel(listed, names=story.names, deleted=story.deleted)
        for number in story.digests:
            whole = _check_version(bundle, listed, story, number)
            (model.whole if whole else model.withheld).append(number)
        model.attached = list(_attached(bundle, story))
        checked.models.append(model)
        for some in batches(fresh_blobs(bundle, model, seen)):
            _check_bytes(bundle, some, running)
            checked.blobs += len(some)
            checked.size += sum(blob.size for blob in some)
    return checked


def read_events(bundle: Bundle, model_id: str) -> Iterator[dict[str, Any]]:
    """The entries of a model's journal, each in its shape."""
    path = journal_path(model_id)
    for count, line in enumerate(read_lines(bundle, path), start=1):
        try:
            event = json.loads(line)
            EventRequest.model_validate(event)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            said = f"{'.'.join(map(str, first['loc']))}: {first['msg'].lower()}"
            raise BadBundle(f"{path} line {count} is no entry: {said}") from error
        except (ValueError, RecursionError) as error:
            raise BadBundle(f"{path} line {count} is not JSON") from error
        yield event


def _check_journal(bundle: Bundle, listed: BundledModel) -> Story:
    """The journal, chained from its first entry to the one that the index names."""
    story, path = Story(listed.id), journal_path(listed.id)
    try:
        broken = find_break(_heard(story, read_events(bundle, listed.id)))
    except (ValueError, RecursionError) as error:
        raise BadBundle(f"{path} line {story.sequence} has no canonical JSON: {error}") from error
    if broken:
        raise BadBundle(f"{path} is broken at entry {broken.sequence}: it {broken.reason}")
    if (story.sequence, story.head, story.name) != (listed.sequence, listed.head, listed.name):
        raise BadBundle(
            f"{path} ends at entry {story.sequence}; {INDEX} says {listed.sequence}, or another hash or name"
        )
    return story


def _heard(story: Story, events: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for event in events:
        if event["model"]["id"] != story.model_id:
            raise BadBundle(f"{journal_path(story.model_id)} has an entry of another model")
        story.read(event)
        yield event


def _attached(bundle: Bundle, story: Story) -> Iterator[File]:
    """The files of reports whose bytes are along; a report is kept without them, too."""
    for digest, size in story.attached.items():
        try:
            file = parse_file(ATTACHED, size, digest)
        except RegistryError as error:
            raise BadBundle(f"a report in {journal_path(story.model_id)} has a file that is none: {error}") from error
        if find_blob(bundle, file.digest) is not None:
            yield file


def _check_version(bundle: Bundle, listed: BundledModel, story: Story, number: int) -> bool:
    """Whether the bytes of a version are along, which they must be if it is ready."""
    path, ready = manifest_path(listed.id, number), story.states.get(number) == "ready"
    files = read_files(bundle, listed.id, number)
    if files is not None and manifest_digest(files) != story.digests[number]:
        raise BadBundle(f"{path} does not list the files of version {number}: they make another digest")
    found = [(file, find_blob(bundle, file.digest)) for file in files or ()]
    odd = next(((file, source) for file, source in found if source is None or source.size != file.size), None)
    if ready and (files is None or odd is not None):
        detail = _wrong(*odd) if odd else f"the bundle has no {path}"
        raise BadBundle(f"version {number} of {listed.name!r} is ready, and {detail}")
    if story.restorable(number) and odd is not None and odd[1] is not None:
        raise BadBundle(f"version {number} of {listed.name!r} can be restored, and {_wrong(*odd)}")
    return files is not None and odd is None


def _wrong(file: File, source: Source | None) -> str:
    if source is None:
        return f"the bundle has no bytes of {file.path!r} ({file.digest})"
    return f"{source.path} has {source.size} bytes, where {file.path!r} has {file.size}"


def read_files(bundle: Bundle, model_id: str, number: int) -> tuple[File, ...] | None:
    """The files of a version; None when the bundle does not list them."""
    path = manifest_path(model_id, number)
    content = read_whole(bundle, path, most=MOST_MANIFEST)
    if content is None:
        return None
    manifest, files = read_manifest(content, path)
    if manifest.version != number or manifest.digest != manifest_digest(files):
        raise BadBundle(f"{path} is not of version {number}, or its files make another digest")
    return files


def fresh_blobs(bundle: Bundle, model: CheckedModel, seen: set[Digest]) -> Iterator[File]:
    """The blobs of a model's versions, each once, but for those seen before."""
    manifests = (read_files(bundle, model.model.id, number) or () for number in model.whole)
    for file in chain(chain.from_iterable(manifests), model.attached):
        if file.digest not in seen:
            seen.add(file.digest)
            yield file


def batches(files: Iterator[File], most: int = TOGETHER) -> Iterator[Sequence[File]]:
    """The files in lists of at most so many."""
    while some := list(islice(files, most)):
        yield some


def _check_bytes(bundle: Bundle, files: Sequence[File], progress: Progress) -> None:
    """Read every byte of the blobs."""
    sources = [_source(bundle, file) for file in files]
    for file, found in zip(files, hash_sources(sources, progress=progress), strict=True):
        if found.digest != file.digest:
            raise BadBundle(f"{found.source.path} is not what its name says: its bytes make {found.digest}")


def _source(bundle: Bundle, file: File) -> Source:
    source = find_blob(bundle, file.digest)
    if source is None or source.size != file.size:
        raise BadBundle(f"the bundle does not hold {file.digest}, or holds other bytes of it")
    return source


def as_hashed(bundle: Bundle, files: Sequence[File]) -> list[Hashed]:
    """Blobs that were checked, ready to be sent."""
    return [Hashed(_source(bundle, file), list(file.parts or [""]), file.digest) for file in files]


def shown(checked: Checked) -> Mapping[str, int]:
    """How much there is, in numbers."""
    versions = sum(len(model.whole) + len(model.withheld) for model in checked.models)
    return {"models": len(checked.models), "versions": versions, "blobs": checked.blobs, "bytes": checked.size}
