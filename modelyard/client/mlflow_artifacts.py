"""Artifacts of an MLflow version: whether they can be fetched at all, which files they are, and the fetching.

MLflow knows no digests of its files: what is checked is that as many bytes came as it said.
"""

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from modelyard.client.errors import CorruptDownload, ModelyardError, Unreachable
from modelyard.client.mlflow_server import ARTIFACTS, Listed, Mlflow, MlflowRefused, ModelVersion, refusal_of
from modelyard.client.parallel import Stop, run_jobs
from modelyard.client.places import Destination
from modelyard.client.progress import Progress
from modelyard.client.retrying import STORAGE_PASSING, Backoff, Tries, retry_after
from modelyard.client.transport import Answer, read_all
from modelyard.domain.digests import MAX_FILE
from modelyard.domain.errors import RegistryError
from modelyard.domain.manifests import MAX_FILES, parse_path

SCHEME = "mlflow-artifacts"
MOST_FOLDERS = 10_000
_MOST = 64 * 1024
_WHOLE, _RANGE = 200, 206


class Unfetchable(ModelyardError):
    """Artifacts that cannot be had: they lie where only MLflow or others can reach, or are none."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file: its path in the version, its path on the server, and its bytes where the server says."""

    path: str
    remote: str
    size: int | None


def locate(server: Mlflow, version: ModelVersion) -> str:
    """The path of a version's artifacts on the server, or a local path or file URI; Unfetchable for anything else."""
    uri = server.artifact_uri(version.name, version.version) or version.source
    if uri.startswith("runs:/"):
        uri = _of_run(server, uri)
    parts = urlsplit(uri)
    if parts.scheme == SCHEME and parts.netloc in {"", urlsplit(server.url).netloc}:
        return _within_store(uri, uri.removeprefix(f"{SCHEME}:").removeprefix(f"//{parts.netloc}"))
    if uri.startswith(f"{server.url}{ARTIFACTS}/"):
        return _within_store(uri, unquote(parts.path.partition(f"{ARTIFACTS}/")[2]))
    if parts.scheme in {"", "file"} and parts.netloc in {"", "localhost"} and parts.path.startswith("/"):
        return f"file:{unquote(parts.path) if parts.scheme else uri}"
    raise Unfetchable(f"its artifacts are at {uri or 'no place'}, which the MLflow server does not hand out")


def _within_store(uri: str, path: str) -> str:
    names = path.strip("/").split("/")
    if any(name in {"", ".", ".."} for name in names):
        raise Unfetchable(f"its artifacts are at {uri}, which is no folder of a version")
    return "/".join(names)


def _of_run(server: Mlflow, uri: str) -> str:
    run_id, _, path = uri.removeprefix("runs:/").strip("/").partition("/")
    run = server.run(run_id)
    if run is None or not run.info.artifact_uri:
        raise Unfetchable(f"its artifacts are at {uri}, a run that is gone")
    return f"{run.info.artifact_uri.rstrip('/')}/{path}"


def local_folder(place: str, root: Path | None) -> Path | None:
    """The folder or file of this machine where artifacts lie; None when they are on the server.

    Unfetchable unless it lies below `root`: a server must not choose what is read of this machine.
    """
    if not place.startswith("file:"):
        return None
    path = place.removeprefix("file:")
    if root is None:
        raise Unfetchable(f"its artifacts are in {path} of MLflow's machine", hint="give --artifacts FOLDER there")
    try:
        real = Path(path).resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise Unfetchable(f"its artifacts are in {path}, which is not here") from error
    if not real.is_relative_to(root.resolve()):
        raise Unfetchable(f"its artifacts are in {path}, which is not below {root}")
    return real


def find_artifacts(server: Mlflow, place: str) -> list[Artifact]:
    """The files below a path of the server, or the file at it, under paths that are safe to write."""
    found = list(_below(server, place))
    if not found:
        found = [Artifact(place.rpartition("/")[2], place, None)]
    try:
        return [replace(each, path=parse_path(each.path)) for each in found]
    except RegistryError as error:
        raise Unfetchable(f"a path among its artifacts cannot be one here: {error.detail}") from error


def _below(server: Mlflow, place: str) -> Iterator[Artifact]:
    folders, count = [""], 0
    for visited, folder in enumerate(folders):
        if visited == MOST_FOLDERS:
            raise Unfetchable(f"its artifacts are in more than {MOST_FOLDERS} folders")
        for listed in server.folder(f"{place}/{folder}".strip("/")):
            path = f"{folder}{_last(listed)}"
            if listed.is_dir:
                folders.append(f"{path}/")
                continue
            count += 1
            if count > MAX_FILES:
                raise Unfetchable(f"it has more than {MAX_FILES} files")
            yield Artifact(path, f"{place}/{path}", listed.file_size)


def _last(listed: Listed) -> str:
    name = listed.path.rstrip("/").rpartition("/")[2]
    if name in {"", ".", ".."}:
        raise Unfetchable(f"MLflow lists {listed.path!r} among its artifacts")
    return name


class Fetching:
    """Fetches a version's artifacts into a folder. Files that are whole stay for the next try when it fails."""

    def __init__(self, server: Mlflow, backoff: Backoff, *, connections: int, progress: Progress) -> None:
        self._server = server
        self._connections = connections
        self._progress = progress
        self._stop = Stop()
        self._backoff = replace(backoff, sleep=self._stop.sleep)

    def fetch(self, artifacts: list[Artifact], place: Destination) -> None:
        """Every file, whole and under its name."""
        self._progress.started(sum(artifact.size or 0 for artifact in artifacts))
        try:
            jobs = (partial(self._fetch, artifact, place, nth) for nth, artifact in enumerate(artifacts))
            run_jobs(jobs, workers=self._connections, stop=self._stop)
        finally:
            self._progress.finished()

    def _fetch(self, artifact: Artifact, place: Destination, nth: int) -> None:
        if _is_there(artifact, place):
            self._progress.advanced(artifact.size or 0)
            return
        name = f"{nth}"
        with closing(_Landing(artifact, place.open_partial(name), self._progress)) as landing:
            self._download(landing)
        place.put_in_place(name, artifact.path)

    def _download(self, landing: "_Landing") -> None:
        tries = Tries(self._backoff)
        while True:
            came = landing.came
            try:
                with self._server.download(landing.artifact.remote, landing.headers()) as answer:
                    if answer.status in STORAGE_PASSING:
                        tries.failed(_refusal(answer, landing.artifact), retry_after(answer.headers))
                        continue
                    landing.begin(answer)
                    for block in answer.blocks():
                        self._stop.check()
                        landing.take(block)
                landing.end()
            except Unreachable as error:
                if landing.came > came:
                    tries.progressed()
                tries.failed(error)
            else:
                return


def _is_there(artifact: Artifact, place: Destination) -> bool:
    """Whether an earlier try left the whole file, as far as its size tells."""
    descriptor = place.open_existing(artifact.path)
    if descriptor is None:
        return False
    try:
        return artifact.size is not None and os.fstat(descriptor).st_size == artifact.size
    finally:
        os.close(descriptor)


def _refusal(answer: Answer, artifact: Artifact) -> MlflowRefused:
    said = refusal_of(read_all(answer, most=_MOST))
    detail = f"MLflow answered {answer.status} to {artifact.remote!r}" + (f": {said.message}" if said.message else "")
    return MlflowRefused(detail, status=answer.status, code=said.error_code)


class _Landing:
    """A file on its way: how much of it came, and what tells that it is still the same file."""

    def __init__(self, artifact: Artifact, descriptor: int, progress: Progress) -> None:
        self.artifact = artifact
        self._descriptor = descriptor
        self._progress = progress
        self._tag = ""
        self.came = 0
        self._restart()

    def headers(self) -> dict[str, str]:
        """Of a request for what is missing; for all of it where nothing would tell that the file changed."""
        if not self.came or not self._tag:
            return {}
        return {"Range": f"bytes={self.came}-", "If-Range": self._tag}

    def begin(self, answer: Answer) -> None:
        """An answer begins: with what follows, or with the whole file anew."""
        if answer.status == _RANGE and answer.headers.get("content-range", "").startswith(f"bytes {self.came}-"):
            return
        if answer.status != _WHOLE:
            raise _refusal(answer, self.artifact)
        self._restart()
        tag = answer.headers.get("etag", "")
        self._tag = "" if tag.startswith("W/") else tag

    def take(self, block: bytes | memoryview) -> None:
        """Bytes came."""
        left, at = memoryview(block), self.came
        if at + len(left) > MAX_FILE:
            raise CorruptDownload(f"MLflow sends more bytes of {self.artifact.remote!r} than a file may have")
        while left:
            written = os.pwrite(self._descriptor, left, at)
            left, at = left[written:], at + written
        self.came += len(block)
        self._progress.advanced(len(block))

    def end(self) -> None:
        """All came that the server had to send; CorruptDownload when that is not what it said."""
        if self.artifact.size not in {None, self.came}:
            detail = f"{self.came} bytes of {self.artifact.remote!r} came, where MLflow lists {self.artifact.size}"
            raise CorruptDownload(detail)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)

    def _restart(self) -> None:
        self._progress.advanced(-self.came)
        self.came = 0
        os.ftruncate(self._descriptor, 0)
