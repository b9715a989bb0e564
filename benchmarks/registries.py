"""The two registries under the same load: how each is started, filled and asked for the same five operations."""

import hashlib
import json
import pickle
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from benchmarks import peers
from benchmarks.load import Operation, Target, connect, exchange, request
from benchmarks.processes import free_port, server

READS = ("get version", "resolve", "list 100 of 1,000")
WRITES = ("create version", "set stage")
VERSIONS = 1000
PAGE = 100
CLIENTS = 8
MLFLOW_ENVIRONMENT = {"MLFLOW_DISABLE_TELEMETRY": "true"}
STEP = 37
"""Reads go through the versions in strides, so that they do not follow one another."""


class Registry(Protocol):
    """A registry that runs, with `VERSIONS` versions of `churn` and a model `own-N` with a version for each client."""

    name: str
    target: Target

    def operations(self, kind: str, client: int) -> Sequence[Operation]:
        """What client number `client` repeats."""


class Talk:
    """One conversation with a server, in JSON."""

    def __init__(self, target: Target) -> None:
        self._connection = connect(target)

    def ask(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> Any:
        """The answer's JSON; None when it is empty."""
        return json.loads(exchange(self._connection, request(method, path, body, headers)) or b"null")


def strides() -> list[int]:
    """The numbers of all versions, each once."""
    return [1 + turn * STEP % VERSIONS for turn in range(VERSIONS)]


class Modelyard:
    """`modelyard serve`, as `make serve` starts it."""

    name = "modelyard"
    CONTENT = pickle.dumps([0.5] * 140)

    def __init__(self, target: Target) -> None:
        self.target = target
        self._talk = Talk(target)
        digest = hashlib.sha256(self.CONTENT).hexdigest()
        self._version = {
            "files": [{"path": "model.joblib", "size": len(self.CONTENT), "digest": f"sha256:{digest}"}],
            "metrics": {"auc": 0.91},
            "params": {"depth": 8},
            "tags": {"team": "growth"},
        }

    def fill(self) -> None:
        """Make the models and their versions, all of them ready, and put one of each into production."""
        for name in ("churn", *(f"own-{client}" for client in range(CLIENTS))):
            self._talk.ask("POST", "/v1/models", {"name": name})
            for number in range(1, VERSIONS + 1 if name == "churn" else 2):
                self._push(name, number)
            last = VERSIONS if name == "churn" else 1
            self._await(name, last)
            self._talk.ask("POST", f"/v1/models/{name}/versions/{last}/transitions", {"stage": "production"})

    def _push(self, name: str, number: int) -> None:
        made = self._talk.ask("POST", f"/v1/models/{name}/versions", self._version)
        for upload in made["uploads"]["items"]:
            signed, url = upload["request"], urlsplit(upload["request"]["url"])
            headers = {key: value for key, value in signed["headers"].items() if key.lower() != "content-length"}
            self._talk.ask(signed["method"], f"{url.path}?{url.query}", self.CONTENT, headers)
        self._talk.ask("POST", f"/v1/models/{name}/versions/{number}/complete")

    def _await(self, name: str, number: int) -> None:
        while self._talk.ask("GET", f"/v1/models/{name}/versions/{number}")["state"] != "ready":
            time.sleep(0.05)

    def operations(self, kind: str, client: int) -> Sequence[Operation]:
        """See `Registry`."""
        own = f"/v1/models/own-{client}/versions"
        match kind:
            case "get version":
                return [[request("GET", f"/v1/models/churn/versions/{number}")] for number in strides()]
            case "resolve":
                return [[request("GET", f"/v1/resolve?ref={quote('churn/production', safe='')}")]]
            case "list 100 of 1,000":
                return [[request("GET", f"/v1/models/churn/versions?limit={PAGE}")]]
            case "create version":
                return [[request("POST", own, self._version)]]
        stages = ("staging", "production")
        return [[request("POST", f"{own}/1/transitions", {"stage": stage})] for stage in stages]


class Mlflow:
    """`mlflow server` over SQLite with everything else as it comes."""

    name = "MLflow"
    API = "/api/2.0/mlflow"
    TAGS = ("auc", "depth", "team")

    def __init__(self, target: Target) -> None:
        self.target = target
        self._talk = Talk(target)

    def fill(self) -> None:
        """Make the models and their versions, and let an alias lead to one of each."""
        for name in ("churn", *(f"own-{client}" for client in range(CLIENTS))):
            self._talk.ask("POST", f"{self.API}/registered-models/create", {"name": name})
            last = VERSIONS if name == "churn" else 1
            for _ in range(last):
                self._talk.ask("POST", f"{self.API}/model-versions/create", self._version(name))
            alias = {"name": name, "alias": "champion", "version": str(last)}
            self._talk.ask("POST", f"{self.API}/registered-models/alias", alias)

    def _version(self, name: str) -> dict[str, object]:
        tags = [{"key": key, "value": "0.91"} for key in self.TAGS]
        return {"name": name, "source": "s3://models/churn", "tags": tags}

    def operations(self, kind: str, client: int) -> Sequence[Operation]:
        """See `Registry`. Resolving takes MLflow's client two requests, by alias, which is its quickest way."""
        own = f"own-{client}"
        match kind:
            case "get version":
                return [[self._get("model-versions/get", f"name=churn&version={number}")] for number in strides()]
            case "resolve":
                alias = self._get("registered-models/alias", "name=churn&alias=champion")
                return [[alias, self._get("model-versions/get-download-uri", f"name=churn&version={VERSIONS}")]]
            case "list 100 of 1,000":
                wanted = quote("name='churn'", safe="")
                return [[self._get("model-versions/search", f"filter={wanted}&max_results={PAGE}")]]
            case "create version":
                return [[request("POST", f"{self.API}/model-versions/create", self._version(own))]]
        moves = [{"name": own, "version": "1", "stage": stage} for stage in ("Staging", "Production")]
        return [[request("POST", f"{self.API}/model-versions/transition-stage", move)] for move in moves]

    def _get(self, path: str, query: str) -> bytes:
        return request("GET", f"{self.API}/{path}?{query}")


@contextmanager
def serve_modelyard(folder: Path) -> Iterator[Modelyard]:
    """A Modelyard with its data in `folder`."""
    port = free_port()
    command: list[str | Path] = [
        Path(sys.executable).parent / "modelyard",
        "serve",
        "--port",
        str(port),
        "--data",
        str(folder / "data"),
    ]
    with server(command, ready=f"http://127.0.0.1:{port}/v1/health", log=folder / "modelyard.log"):
        yield Modelyard(Target("127.0.0.1", port))


@contextmanager
def serve_mlflow(folder: Path) -> Iterator[Mlflow]:
    """An MLflow with its database in `folder`."""
    port = free_port()
    ready, log = f"http://127.0.0.1:{port}/health", folder / "mlflow.log"
    with server(mlflow_command(folder, port), ready=ready, log=log, environment=MLFLOW_ENVIRONMENT):
        yield Mlflow(Target("127.0.0.1", port))


def mlflow_command(folder: Path, port: int) -> list[str | Path]:
    """Starts MLflow on SQLite, serving artifacts from a folder."""
    stores = ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", f"{folder}/artifacts"]
    return [peers.mlflow() / "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), *stores]
