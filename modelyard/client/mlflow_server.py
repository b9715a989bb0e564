"""An MLflow server as its REST API shows it: registered models, their versions, runs, and where artifacts lie.

Only that server is ever asked, with the credentials that MLflow's own client takes from the environment.
"""

import base64
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from pydantic import Field, ValidationError, model_validator

from modelyard.client.errors import BadAnswer, ModelyardError, Unreachable, Unusable
from modelyard.client.retrying import PASSING, Backoff, Tries, retry_after
from modelyard.client.transport import Answer, Outgoing, Transport, read_all
from modelyard.contract.shapes import Response

API = "/api/2.0/mlflow"
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"
TOKEN = "MLFLOW_TRACKING_TOKEN"  # noqa: S105 -- the variable's name
USER, PASSWORD = "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"
PAGE = 1000
"""Models or versions asked for at once: MLflow's limit for models."""

MOST = 64 * 1024**2
"""Bytes of the longest answer that is read whole."""

MOST_PAGES = 100_000
S = TypeVar("S", bound=Response)


class MlflowRefused(ModelyardError):
    """MLflow said no. `status` is its HTTP status, `code` its error_code, where it gave one."""

    def __init__(self, detail: str, *, status: int, code: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.code = code


class Told(Response):
    """What MLflow tells; a field that it gives as null reads as left out."""

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: Any) -> Any:
        return {name: value for name, value in given.items() if value is not None} if isinstance(given, dict) else given


class Tag(Told):
    """A tag, a parameter, or any other pair."""

    key: str
    value: str = ""


class Alias(Told):
    """An alias, and the version that it stands for."""

    alias: str
    version: str


class RegisteredModel(Told):
    """A registered model. Moments are milliseconds since 1970."""

    name: str
    creation_timestamp: int = 0
    description: str = ""
    user_id: str = ""
    tags: tuple[Tag, ...] = ()
    aliases: tuple[Alias, ...] = ()


class ModelVersion(Told):
    """A version of a registered model."""

    name: str
    version: str
    creation_timestamp: int = 0
    description: str = ""
    user_id: str = ""
    current_stage: str = "None"
    source: str = ""
    run_id: str = ""
    run_link: str = ""
    model_id: str = ""
    status: str = "READY"
    status_message: str = ""
    tags: tuple[Tag, ...] = ()


class Metric(Told):
    """A metric as it was last logged. What is no number is told as text."""

    key: str
    value: float | str


class Data(Told):
    """What a run logged."""

    metrics: tuple[Metric, ...] = ()
    params: tuple[Tag, ...] = ()
    tags: tuple[Tag, ...] = ()


class Dataset(Told):
    """Data that a run read. `source` is JSON whose form depends on `source_type`."""

    name: str = ""
    digest: str = ""
    source_type: str = ""
    source: str = ""


class DatasetInput(Told):
    """One use of data in a run."""

    dataset: Dataset = Dataset()


class Inputs(Told):
    """What a run read."""

    dataset_inputs: tuple[DatasetInput, ...] = ()


class Info(Told):
    """What a run is."""

    run_id: str = ""
    experiment_id: str = ""
    artifact_uri: str = ""


class Run(Told):
    """A run."""

    info: Info = Info()
    data: Data = Data()
    inputs: Inputs = Inputs()


class Listed(Told):
    """A file or folder among artifacts. `path` is its last name, or from the folder above on."""

    path: str
    is_dir: bool = False
    file_size: int | None = None


class _Models(Told):
    registered_models: tuple[RegisteredModel, ...] = ()
    next_page_token: str = ""


class _Versions(Told):
    model_versions: tuple[ModelVersion, ...] = ()
    next_page_token: str = ""


class _Run(Told):
    run: Run = Run()


class _Uri(Told):
    artifact_uri: str = ""


class _Files(Told):
    files: tuple[Listed, ...] = ()


class _Error(Told):
    error_code: str = Field(default="", max_length=200)
    message: str = ""


class Mlflow:
    """Reads one MLflow server. Safe to use from several threads."""

    def __init__(
        self, url: str, transport: Transport, backoff: Backoff, environment: Mapping[str, str] = os.environ
    ) -> None:
        self.url = mlflow_url(url)
        self._transport = transport
        self._backoff = backoff
        self._identity = _identity(environment)

    def models(self) -> Iterator[RegisteredModel]:
        """All registered models, by name, page by page."""
        query: dict[str, str | int] = {"max_results": PAGE, "order_by": "name ASC"}
        for _ in range(MOST_PAGES):
            page = self._get(f"{API}/registered-models/search", _Models, query)
            yield from page.registered_models
            if not page.next_page_token:
                return
            query["page_token"] = page.next_page_token

    def versions(self, name: str) -> list[ModelVersion]:
        """All versions of a model that are not deleted, by number."""
        query: dict[str, str | int] = {"filter": f"name={_quoted(name)}", "max_results": PAGE}
        found: list[ModelVersion] = []
        for _ in range(MOST_PAGES):
            page = self._get(f"{API}/model-versions/search", _Versions, query)
            found += [version for version in page.model_versions if version.name == name]
            if not page.next_page_token:
                break
            query["page_token"] = page.next_page_token
        return sorted(found, key=lambda version: _number(version.version))

    def run(self, run_id: str) -> Run | None:
        """A run; None when it is gone."""
        try:
            return self._get(f"{API}/runs/get", _Run, {"run_id": run_id}).run
        except MlflowRefused as error:
            if error.status == 404:
                return None
            raise

    def artifact_uri(self, name: str, version: str) -> str:
        """Where the artifacts of a version lie, as the server says to those who download them."""
        query: dict[str, str | int] = {"name": name, "version": version}
        return self._get(f"{API}/model-versions/get-download-uri", _Uri, query).artifact_uri

    def folder(self, path: str) -> Sequence[Listed]:
        """What lies directly in a folder of the server's artifacts; nothing for a file, or where nothing is."""
        return self._get(ARTIFACTS, _Files, {"path": path}).files

    def download(self, path: str, headers: Mapping[str, str]) -> AbstractContextManager[Answer]:
        """A file of the server's artifacts, its bytes still on the wire. Tried once."""
        url = f"{self.url}{ARTIFACTS}/{quote(path)}"
        return self._transport.send(Outgoing("GET", url, {**self._identity, **headers}))

    def _get(self, path: str, shape: type[S], query: Mapping[str, str | int]) -> S:
        url = f"{self.url}{path}?{urlencode(query)}"
        headers = {**self._identity, "Accept": "application/json"}
        tries = Tries(self._backoff, self._backoff.attempts_at_first)
        while True:
            try:
                with self._transport.send(Outgoing("GET", url, headers)) as answer:
                    if answer.status not in PASSING:
                        return _read(answer, shape, path)
                    waited, body = retry_after(answer.headers), read_all(answer, most=MOST)
                tries.failed(_refusal(answer.status, body, path), waited)
            except Unreachable as error:
                error.hint = "is MLflow running there?"
                tries.failed(error)


def mlflow_url(url: str) -> str:
    """The server's address without a slash at its end; Unusable when it is none, or holds what no address should."""
    known = url.strip().rstrip("/")
    try:
        parts = urlsplit(known)
        sound = parts.scheme in {"http", "https"} and parts.hostname and (parts.port is None or parts.port)
    except ValueError:
        parts, sound = None, False
    if not sound or parts is None or parts.query or parts.fragment:
        raise Unusable(f"{known!r} is no address of an MLflow server", field="URL", hint="such as http://mlflow:5000")
    if "@" in parts.netloc:
        hint = f"give them as {USER} and {PASSWORD}, or a token as {TOKEN}"
        raise Unusable("an address holds no credentials", field="URL", hint=hint)
    return known


def _identity(environment: Mapping[str, str]) -> dict[str, str]:
    """As MLflow's client does: basic authentication before a token."""
    user, password = environment.get(USER, ""), environment.get(PASSWORD, "")
    if user and password:
        return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}
    token = environment.get(TOKEN, "")
    return {"Authorization": f"Bearer {token}"} if token else {}


def _quoted(name: str) -> str:
    """A name in a filter of MLflow's, which knows no escapes."""
    if "'" not in name:
        return f"'{name}'"
    if '"' in name:
        raise MlflowRefused(f"MLflow cannot search for a name with both kinds of quotes: {name!r}", status=400)
    return f'"{name}"'


def _number(text: str) -> tuple[int, str]:
    return (int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else 0, text)


def _read(answer: Answer, shape: type[S], path: str) -> S:
    body = read_all(answer, most=MOST)
    if not 200 <= answer.status < 300:
        raise _refusal(answer.status, body, path)
    try:
        return shape.model_validate_json(body)
    except ValidationError as error:
        raise BadAnswer(f"{path} is not answered as MLflow does", hint="is this the address of MLflow?") from error


def _refusal(status: int, body: bytes, path: str) -> MlflowRefused:
    said = refusal_of(body)
    detail = f"MLflow answered {status} to {path}" + (f": {said.message[:500]}" if said.message else "")
    return MlflowRefused(detail, status=status, code=said.error_code)


def refusal_of(body: bytes) -> "_Error":
    """What a body that is no success says, if it is MLflow's."""
    try:
        found: Any = json.loads(body)
        return _Error.model_validate(found)
    except (ValueError, RecursionError):
        return _Error()
