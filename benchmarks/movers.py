"""Those who move files: each pushes a file or a folder under a name, and pulls it back into a folder."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import boto3

from benchmarks import peers
from benchmarks.processes import Run, free_port, run, server
from benchmarks.registries import MLFLOW_ENVIRONMENT, mlflow_command

BUCKET = "benchmark"
ACCESS = {
    "AWS_ACCESS_KEY_ID": "benchmark",
    "AWS_SECRET_ACCESS_KEY": "benchmark",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
BIN = Path(sys.executable).parent


class Mover(Protocol):
    """One way to move files."""

    @property
    def name(self) -> str:
        """What it is called in the tables."""

    @property
    def server(self) -> int | None:
        """The process whose memory counts, if there is one of its own."""

    def push(self, name: str, source: Path) -> Run:
        """Send a file or a folder."""

    def pull(self, name: str, destination: Path, *, folder: bool) -> Run:
        """Fetch it into the folder `destination`, which is there and empty."""


class Modelyard:
    """`modelyard push` and `modelyard pull`, as people run them; a push ends when the version is proven."""

    def __init__(self, name: str, url: str, server_id: int, cache: Path) -> None:
        self.name, self.server = name, server_id
        self._environment = {"MODELYARD_URL": url, "XDG_CACHE_HOME": str(cache)}

    def push(self, name: str, source: Path) -> Run:
        """See `Mover`."""
        return run([BIN / "modelyard", "push", name, source], self._environment)

    def pull(self, name: str, destination: Path, *, folder: bool) -> Run:  # noqa: ARG002  # it knows by itself
        """See `Mover`."""
        return run([BIN / "modelyard", "pull", name, destination], self._environment)


class Mlflow:
    """MLflow's client and its server's artifact proxy. Its import, of some seconds, is not counted."""

    name = "MLflow"
    PUSH = """
import sys, time, mlflow
client = mlflow.MlflowClient(sys.argv[1])
run = client.create_run("0", run_name=sys.argv[2]).info.run_id
log = client.log_artifacts if sys.argv[4] else client.log_artifact
start = time.perf_counter()
log(run, sys.argv[3])
print(time.perf_counter() - start)
"""
    PULL = """
import sys, time, mlflow
client = mlflow.MlflowClient(sys.argv[1])
wanted = f"attributes.run_name = '{sys.argv[2]}'"
run = client.search_runs(["0"], wanted)[0].info.run_id
start = time.perf_counter()
mlflow.artifacts.download_artifacts(run_id=run, dst_path=sys.argv[3], tracking_uri=sys.argv[1])
print(time.perf_counter() - start)
"""

    def __init__(self, url: str, server_id: int) -> None:
        self.server = server_id
        self._url = url

    def push(self, name: str, source: Path) -> Run:
        """See `Mover`."""
        return self._run(self.PUSH, name, source, "folder" if source.is_dir() else "")

    def pull(self, name: str, destination: Path, *, folder: bool) -> Run:  # noqa: ARG002  # a run is a folder
        """See `Mover`."""
        return self._run(self.PULL, name, destination)

    def _run(self, script: str, name: str, *rest: str | Path) -> Run:
        environment = MLFLOW_ENVIRONMENT | {"MLFLOW_TRACKING_URI": self._url}
        ended = run([peers.mlflow() / "python", "-c", script, self._url, name, *rest], environment)
        return Run(float(ended.said.split()[-1]), ended.memory, ended.said)


class AwsCli:
    """`aws s3 cp`."""

    name = "aws s3 cp"
    server = None

    def __init__(self, endpoint: str) -> None:
        self._command = [str(peers.s3_tools() / "aws"), "--endpoint-url", endpoint, "s3", "cp", "--only-show-errors"]

    def push(self, name: str, source: Path) -> Run:
        """See `Mover`."""
        where = f"s3://{BUCKET}/aws/{name}/"
        return run([*self._command, *(["--recursive"] if source.is_dir() else []), str(source), where], ACCESS)

    def pull(self, name: str, destination: Path, *, folder: bool) -> Run:
        """See `Mover`."""
        where = f"s3://{BUCKET}/aws/{name}/"
        what = ["--recursive", where] if folder else [where + "model.bin"]
        return run([*self._command, *what, f"{destination}/"], ACCESS)


class S5cmd:
    """`s5cmd cp`."""

    name = "s5cmd"
    server = None

    def __init__(self, endpoint: str) -> None:
        self._command = [str(peers.s3_tools() / "s5cmd"), "--endpoint-url", endpoint, "--log", "error", "cp"]

    def push(self, name: str, source: Path) -> Run:
        """See `Mover`."""
        return run(
            [*self._command, f"{source}/" if source.is_dir() else str(source), f"s3://{BUCKET}/s5/{name}/"], ACCESS
        )

    def pull(self, name: str, destination: Path, *, folder: bool) -> Run:
        """See `Mover`."""
        what = f"s3://{BUCKET}/s5/{name}/" + ("*" if folder else "model.bin")
        return run([*self._command, what, f"{destination}/"], ACCESS)


@contextmanager
def embedded(folder: Path) -> Iterator[Modelyard]:
    """Modelyard with its blobs in a folder."""
    port = free_port()
    command: list[str | Path] = [BIN / "modelyard", "serve", "--port", str(port), "--data", folder / "embedded"]
    with _modelyard("modelyard", command, port, folder) as mover:
        yield mover


@contextmanager
def on_seaweedfs(folder: Path, endpoint: str) -> Iterator[Modelyard]:
    """Modelyard with its blobs in a bucket of SeaweedFS."""
    port = free_port()
    where = ["--data", str(folder / "on-s3"), "--endpoint", endpoint, "--bucket", BUCKET]
    command = [sys.executable, "-m", "benchmarks.serve_s3", "--port", str(port), *where]
    with _modelyard("modelyard, SeaweedFS", command, port, folder) as mover:
        yield mover


@contextmanager
def _modelyard(name: str, command: list[str | Path] | list[str], port: int, folder: Path) -> Iterator[Modelyard]:
    url = f"http://127.0.0.1:{port}"
    log = folder / f"{name}.log"
    with server(command, ready=f"{url}/v1/health", log=log, environment=ACCESS) as process:
        yield Modelyard(name, url, process, folder / "cache")


@contextmanager
def mlflow(folder: Path) -> Iterator[Mlflow]:
    """MLflow with its artifacts in a folder."""
    port = free_port()
    url, command = f"http://127.0.0.1:{port}", mlflow_command(folder, port)
    with server(command, ready=f"{url}/health", log=folder / "mlflow.log", environment=MLFLOW_ENVIRONMENT) as process:
        yield Mlflow(url, process)


@contextmanager
def seaweedfs(folder: Path) -> Iterator[str]:
    """The endpoint of a SeaweedFS with an empty bucket."""
    identity = {
        "name": "benchmark",
        "credentials": [{"accessKey": ACCESS["AWS_ACCESS_KEY_ID"], "secretKey": ACCESS["AWS_SECRET_ACCESS_KEY"]}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    place = folder / "seaweedfs"
    place.mkdir()
    (place / "s3.json").write_text(json.dumps({"identities": [identity]}))
    endpoint, command = _weed(place)
    with server(command, ready=endpoint, log=folder / "seaweedfs.log", patient=False):
        client = boto3.session.Session().client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id=ACCESS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=ACCESS["AWS_SECRET_ACCESS_KEY"],
            region_name=ACCESS["AWS_DEFAULT_REGION"],
        )
        client.create_bucket(Bucket=BUCKET)
        yield endpoint


def _weed(place: Path) -> tuple[str, list[str | Path]]:
    """SeaweedFS's endpoint and command, every port of it a free one of this machine."""
    ports = {name: (free_port(), free_port()) for name in ("master", "volume", "filer", "s3")}
    options = [f"-{name}.port={port}" for name, (port, _) in ports.items()]
    options += [f"-{name}.port.grpc={port}" for name, (_, port) in ports.items()]
    options += [f"-{name}.localSocket={place}/{name}.sock" for name in ("filer", "s3")]
    command: list[str | Path] = [BIN / "weed", "server", f"-dir={place}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"]
    limits = ["-master.telemetry=false", "-master.volumeSizeLimitMB=1024", "-volume.max=50"]
    unused = ["-s3.port.iceberg=0", "-s3.port.lance=0", f"-debug.port={free_port()}"]
    s3 = ["-filer", "-s3", f"-s3.config={place}/s3.json"]
    return f"http://127.0.0.1:{ports['s3'][0]}", [*command, *limits, *s3, *unused, *options]
