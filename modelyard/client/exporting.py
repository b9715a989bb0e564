"""An export, whole: of each model the journal up to one entry, the files of its versions, and their bytes, proven.

What lies in the bundle already and is right is not fetched again. The index is written last: without it there is no
bundle, only what the next export goes on from.
"""

import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from modelyard.client.api import Api
from modelyard.client.attestation_calls import AttestationCalls
from modelyard.client.bundle_format import (
    FORMAT,
    INDEX,
    MOST_MANIFEST,
    BadBundle,
    BundledModel,
    Index,
    Manifest,
    journal_path,
    manifest_path,
    read_manifest,
    write,
)
from modelyard.client.bundle_tar import pack
from modelyard.client.bundle_targets import check_target
from modelyard.client.errors import (
    BadAnswer,
    CorruptDownload,
    Gone,
    Hindered,
    ModelyardError,
    NotFound,
    StorageRefused,
    VersionNotReady,
)
from modelyard.client.evaluation_calls import EvaluationCalls
from modelyard.client.event_calls import EventCalls
from modelyard.client.fetching import Fetching, LinkBook
from modelyard.client.journals import Story
from modelyard.client.links import Links
from modelyard.client.model_calls import ModelCalls
from modelyard.client.parallel import Stop, run_jobs
from modelyard.client.places import Destination, open_destination
from modelyard.client.progress import SILENT, Progress, Running
from modelyard.client.pulling import is_there
from modelyard.client.version_calls import VersionCalls
from modelyard.contract.attestations import AttestationResponse
from modelyard.contract.evaluations import AttachmentResponse
from modelyard.contract.requests import FileRequest
from modelyard.contract.responses import FileResponse, SignedResponse
from modelyard.domain.blobs import key_of
from modelyard.domain.canonical import canonical
from modelyard.domain.digests import Digest
from modelyard.domain.errors import RegistryError
from modelyard.domain.journal import find_break
from modelyard.domain.manifests import File, check_manifest, manifest_digest, parse_file

TAR = ".tar"
MOST_CUTS = 10
"""How often a model may change under an export before it is given up."""

_BLOCK = 1024**2


Linked = tuple[File, LinkBook, str]
"""A blob under its path in the bundle, and the name under which a book has its link."""


class Moved(Exception):
    """The model is no longer what its journal said a moment ago."""


@dataclass(slots=True)
class ExportedModel:
    """A model in the bundle: the last entry of its journal, its versions, and those whose bytes are not along.

    `deleted` says until when it can be restored, where it is deleted.
    """

    id: str
    name: str
    sequence: int
    versions: int
    without_bytes: list[int] = field(default_factory=list)
    deleted: str = ""


@dataclass(slots=True)
class Exported:
    """What an export did. `fetched` counts the blobs that came now, `kept` those that were there; bytes of both.

    `dropped` are the names of models that the bundle at this place held before, and does not any more.
    """

    bundle: Path
    models: list[ExportedModel] = field(default_factory=list)
    fetched: int = 0
    kept: int = 0
    size: int = 0
    dropped: list[str] = field(default_factory=list)


def export(
    api: Api,
    bundle: str | os.PathLike[str],
    names: Sequence[str],
    *,
    connections: int,
    force: bool = False,
    progress: Progress = SILENT,
) -> Exported:
    """As Registry.export_bundle says."""
    target = Path(bundle)
    folder = target.with_name(f"{target.name}.partial") if target.suffix == TAR else target
    ids = _find(ModelCalls(api), names)
    left = [model.name for place in dict.fromkeys((target, folder)) for model in check_target(place, ids, force=force)]
    exported = Exported(target, dropped=left)
    with open_destination(folder) as place:
        place.remove(INDEX)
        work = _Export(api, place, exported, connections, Running(progress))
        models = [work.take(each) for each in ids]
        index = Index(format=FORMAT, models=sorted(models, key=lambda model: (model.name, model.id)))
        _put(place, INDEX, write(index))
        place.tidy()
    exported.models.sort(key=lambda model: (model.name, model.id))
    if folder != target:
        pack(folder, target, index)
        shutil.rmtree(folder)
    return exported


def _find(calls: ModelCalls, names: Sequence[str]) -> list[str]:
    """The ids of the models, each once, those included that are deleted and can be restored."""
    found = [calls.get_model(name) for name in names] if names else calls.list_models(deleted=True)
    return list(dict.fromkeys(model.id for model in found))


Ask = Callable[[], Sequence[AttachmentResponse] | Sequence[AttestationResponse]]
"""Lists files that are kept beside a version's own."""


class _Export:
    """One export on its way."""

    def __init__(self, api: Api, place: Destination, exported: Exported, connections: int, progress: Progress) -> None:
        self._api = api
        self._place = place
        self._exported = exported
        self._connections = connections
        self._progress = progress
        self._models, self._versions, self._events = ModelCalls(api), VersionCalls(api), EventCalls(api)
        self._reports, self._vouching = EvaluationCalls(api), AttestationCalls(api)
        self._proven: set[str] = set()

    def take(self, model_id: str) -> BundledModel:
        """A model as it is at one moment, and all that belongs to it; begun anew when it changes underneath."""
        for _ in range(MOST_CUTS):
            sequence = self._models.get_model(model_id).sequence
            try:
                return self._cut(model_id, sequence)
            except (Moved, BadAnswer, NotFound, StorageRefused, VersionNotReady) as error:
                if self._models.get_model(model_id).sequence == sequence:
                    raise _explained(error, model_id) from error
        raise Hindered(f"the model {model_id} changes faster than it can be exported", hint="try again later")

    def _cut(self, model_id: str, sequence: int) -> BundledModel:
        story = self._write_journal(model_id, sequence)
        links: dict[str, Linked] = {}
        lacking: list[int] = []
        for number, digest in story.digests.items():
            if not self._take_version(model_id, number, digest, story.states.get(number), links):
                lacking.append(number)
        links.update(self._attachments(model_id, story))
        self._fetch(links)
        lacking = [each for each in lacking if not self._take_deleted(model_id, each, story)]
        report = ExportedModel(model_id, story.name, sequence, len(story.digests), lacking, story.deleted)
        self._exported.models.append(report)
        return BundledModel(id=model_id, name=story.name, sequence=sequence, head=story.head)

    def _write_journal(self, model_id: str, sequence: int) -> Story:
        """The entries up to one, each on a line; what they tell."""
        story, name = Story(model_id), f"journal-{model_id}"
        descriptor = self._place.open_partial(name)
        with os.fdopen(descriptor, "wb", _BLOCK) as file:
            file.truncate(0)
            entries = self._told(model_id, sequence, story, file)
            if broken := find_break(entries):
                raise BadAnswer(f"the journal of {model_id} is broken at {broken.sequence}: it {broken.reason}")
            file.flush()
            os.fsync(file.fileno())
        if story.sequence != sequence:
            raise Moved
        self._place.put_in_place(name, journal_path(model_id))
        return story

    def _told(self, model_id: str, sequence: int, story: Story, file: Any) -> Iterator[dict[str, Any]]:
        for event in self._events.history(model_id):
            entry = event.model_dump(exclude={"position"})
            file.write(canonical(entry) + b"\n")
            story.read(entry)
            yield entry
            if event.sequence == sequence:
                return

    def _take_version(
        self, model_id: str, number: int, digest: str, state: str | None, links: dict[str, Linked]
    ) -> bool:
        """List a version's files, and note those whose bytes are to be fetched; whether its bytes come along."""
        if state is None:
            self._place.remove(manifest_path(model_id, number))
            return False
        known = self._known(model_id, number, digest)
        if known is not None and (state != "ready" or not self._missing(known)):
            return state == "ready"
        book = Links(partial(self._versions.files_page, model_id, number, deleted=True))
        try:
            files, ready = self._list(book, model_id, number, digest)
        except (NotFound, Gone) as error:
            raise Moved from error
        if state != "ready":
            return False
        if not ready:
            raise Moved
        paths = {file.digest: file.path for file in files}
        links.update({blob.path: (blob, book, paths[blob.digest]) for blob in self._missing(files)})
        return True

    def _take_deleted(self, model_id: str, number: int, story: Story) -> bool:
        """Bring the bytes of a version that can be restored. Nobody looked after them, so some may be lost."""
        if not story.restorable(number):
            return False
        links: dict[str, Linked] = {}
        try:
            self._take_version(model_id, number, story.digests[number], "ready", links)
            self._fetch(links)
        except (CorruptDownload, StorageRefused):
            return False
        return True

    def _attachments(self, model_id: str, story: Story) -> dict[str, Linked]:
        """What is to be fetched of files kept with reports, and of those that vouch; of what was not sent nothing."""
        links: dict[str, Linked] = {}
        asks: list[tuple[int, Ask]] = [
            *((number, partial(self._reports.attachments, model_id, number, each)) for number, each in story.reports),
            *((number, partial(self._vouching.attestations, model_id, number)) for number in story.attested),
        ]
        for number, ask in asks:
            book = _Attached(ask)
            try:
                files = book.files() if number in story.states else []
            except (NotFound, Gone) as error:
                raise Moved from error
            blobs = self._missing([File(each.path, each.size, Digest(each.digest)) for each in files])
            links.update({blob.path: (blob, book, blob.digest) for blob in blobs})
        return links

    def _known(self, model_id: str, number: int, digest: str) -> Sequence[File] | None:
        """A version's files as an earlier export listed them; None where that is not right."""
        path = manifest_path(model_id, number)
        descriptor = self._place.open_existing(path)
        if descriptor is None:
            return None
        with os.fdopen(descriptor, "rb") as file:
            content = file.read(MOST_MANIFEST + 1)
        try:
            manifest, files = read_manifest(content, path)
        except BadBundle:
            return None
        wanted = Manifest(version=number, digest=digest, files=manifest.files)
        return files if manifest_digest(files) == digest and content == write(wanted) else None

    def _missing(self, files: Sequence[File]) -> list[File]:
        """The blobs that do not lie in the bundle as they should, each under the path that it has there."""
        blobs = {file.digest: File(key_of(file.digest), file.size, file.digest, file.parts) for file in files}
        unseen = [blob for digest, blob in blobs.items() if digest not in self._proven]
        stop, there = Stop(), set[str]()

        def look(blob: File) -> None:
            if is_there(self._place, blob, stop):
                there.add(blob.digest)

        run_jobs((partial(look, blob) for blob in unseen), workers=self._connections, stop=stop)
        self._proven |= there
        self._exported.kept += len(there)
        self._exported.size += sum(blob.size for blob in unseen if blob.digest in there)
        return [blob for blob in unseen if blob.digest not in there]

    def _list(self, book: Links, model_id: str, number: int, digest: str) -> tuple[Sequence[File], bool]:
        """A version's files, written down; and whether all of them can be fetched."""
        listed = list(self._pages(book, model_id, number))
        try:
            files = check_manifest(parse_file(each.path, each.size, each.digest, each.parts) for each in listed)
        except RegistryError as error:
            raise BadAnswer(f"the manifest of {model_id}/{number} is not sound: {error.detail}") from error
        if manifest_digest(files) != digest:
            raise BadAnswer(f"the files of {model_id}/{number} do not make its digest {digest}")
        requests = [FileRequest(path=f.path, size=f.size, digest=f.digest, parts=list(f.parts)) for f in files]
        manifest = Manifest(version=number, digest=digest, files=requests)
        _put(self._place, manifest_path(model_id, number), write(manifest))
        return files, all(each.download for each in listed)

    def _pages(self, book: Links, model_id: str, number: int) -> Iterator[FileResponse]:
        cursor: str | None = None
        while True:
            page = self._versions.files_page(model_id, number, cursor, deleted=True)
            if all(file.download for file in page.items):
                book.keep(cursor, page)
            yield from page.items
            cursor = page.next
            if cursor is None:
                return

    def _fetch(self, links: dict[str, Linked]) -> None:
        blobs = [blob for blob, _, _ in links.values()]
        fetching = Fetching(
            self._api.transport,
            self._api.backoff,
            _BlobLinks(links),
            self._place,
            connections=self._connections,
            progress=self._progress,
        )
        fetching.fetch(blobs)
        self._proven.update(blob.digest for blob in blobs)
        self._exported.fetched += len(blobs)
        self._exported.size += sum(blob.size for blob in blobs)


class _Attached:
    """The links of the files of a report, by their digests. Safe to use from several threads."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._links: dict[str, SignedResponse] = {}
        self._lock = threading.Lock()

    def files(self) -> list[AttachmentResponse | AttestationResponse]:
        """Those whose bytes are there, asked for anew, each blob once."""
        there = {each.digest: each for each in self._ask() if each.download is not None}
        self._links = {digest: each.download for digest, each in there.items() if each.download is not None}
        return list(there.values())

    def of(self, path: str) -> SignedResponse:
        """As LinkBook says."""
        with self._lock:
            return self._links[path]

    def renew(self, path: str, outdated: SignedResponse | None) -> None:
        """As LinkBook says."""
        with self._lock:
            if self._links.get(path) is outdated:
                self.files()
            if path not in self._links:
                raise BadAnswer(f"the registry gives no download of {path}")


class _BlobLinks:
    """The links of blobs, each that of a file which has it."""

    def __init__(self, links: dict[str, Linked]) -> None:
        self._links = links

    def of(self, path: str) -> SignedResponse:
        """As LinkBook says."""
        _, book, name = self._links[path]
        return book.of(name)

    def renew(self, path: str, outdated: SignedResponse | None) -> None:
        """As LinkBook says."""
        _, book, name = self._links[path]
        book.renew(name, outdated)


def _explained(error: Exception, model_id: str) -> Exception:
    """What to say of a model that did not change, and cannot be exported all the same."""
    if isinstance(error, ModelyardError):
        return error
    return BadAnswer(f"the registry does not give what the journal of {model_id} says is there")


def _put(place: Destination, path: str, content: bytes) -> None:
    """Write a small file under a temporary name, and give it its own when it is whole."""
    name = path.replace("/", "-")
    with os.fdopen(place.open_partial(name), "wb") as file:
        file.truncate(0)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    place.put_in_place(name, path)
