"""A real `modelyard serve` to kill, and clients that insist until they are acknowledged."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import urllib3

from tests.faults.yard import AGAIN, Answer, by_digest, file_request

PATIENCE = 120.0
"""Seconds until something that is tried again and again must have succeeded."""

SERVE = "from modelyard.cli.main import main; main()"
LOST = (urllib3.exceptions.HTTPError, OSError)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Victim:
    """The server on one folder and one port, started as often as it is killed. Its log is kept in `log`."""

    def __init__(self, folder: Path) -> None:
        self.data, self.log = folder / "data", folder / "log"
        self.port, self.kills = free_port(), 0
        self.url = f"http://127.0.0.1:{self.port}"
        self.pools: list[urllib3.PoolManager] = []
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it answers."""
        command = [sys.executable, "-c", SERVE, "serve", "--port", str(self.port), "--data", str(self.data)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        client = Client(self)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            assert self._process.poll() is None, self.log.read_text()[-2000:]
            if client.ask("GET", "/v1/health").status == 200:
                return
            time.sleep(0.02)
        raise AssertionError("the server never answered")

    def kill(self) -> None:
        """End the process as a power cut ends it."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self.kills += 1

    def stop(self) -> int:
        """Ask the server to stop; its exit code."""
        assert self._process is not None
        self._process.terminate()
        for pool in self.pools:
            pool.clear()
        try:
            return self._process.wait(30)
        finally:
            self._process.kill()


class Client:
    """One user of the server. Whatever is lost on the way is asked for again, under the same key."""

    def __init__(self, victim: Victim) -> None:
        self._url = victim.url
        self._http = urllib3.PoolManager(maxsize=1, retries=False, timeout=urllib3.Timeout(connect=2, read=20))
        victim.pools.append(self._http)

    def ask(self, method: str, path: str, body: Any = None, *, key: str = "", query: Mapping[str, str] = {}) -> Answer:
        """One request; a status of 0 when the answer never came."""
        headers = {"content-type": "application/json"} | ({"idempotency-key": key} if key else {})
        url = f"{self._url}{quote(path)}{'?' + urlencode(query) if query else ''}"
        sent = None if body is None else json.dumps(body)
        try:
            answer = self._http.request(method, url, body=sent, headers=headers)
            return Answer(answer.status, json.loads(answer.data), answer.headers)
        except LOST:
            return Answer(0, None, {})

    def insist(self, method: str, path: str, body: Any = None, **how: Any) -> Answer:
        """The answer, however often the server dies meanwhile."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            answer = self.ask(method, path, body, **how)
            if 0 < answer.status < 500 and answer.body.get("kind") not in AGAIN:
                return answer
            time.sleep(0.03)
        raise AssertionError(f"{method} {path} never succeeded")

    def everything(self, path: str) -> list[Any]:
        """All items of a paged list."""
        items: list[Any] = []
        query = {"limit": "1000"}
        while True:
            page = self.insist("GET", path, query=query).body
            items += page["items"]
            if page["next"] is None or not page["items"]:
                return items
            query = {"limit": "1000", ("after" if path == "/v1/events" else "cursor"): page["next"]}

    def push(self, name: str, files: Mapping[str, bytes], *, key: str) -> int:
        """Push a version up to its acknowledged completion; its number."""
        manifest = [file_request(path, content) for path, content in files.items()]
        body = {"files": manifest, "tags": {"key": key}}
        made = self.insist("POST", f"/v1/models/{name}/versions", body, key=f"register {key}")
        assert made.status == 201, made
        number: int = made.body["version"]["version"]
        path = f"/v1/models/{name}/versions/{number}"
        contents = by_digest(files)
        uploads = made.body["uploads"]
        while uploads["items"]:
            for upload in uploads["items"]:
                self._send(upload, contents[upload["digest"]])
            uploads = self.insist("GET", f"{path}/uploads").body
        done = self.insist("POST", f"{path}/complete", key=f"complete {key}")
        assert done.status == 202, done
        return number

    def _send(self, upload: Mapping[str, Any], content: bytes) -> None:
        """Send the bytes once; whatever did not arrive is listed again."""
        request = upload["request"]
        body = content[upload["offset"] : upload["offset"] + upload["length"]]
        try:
            status = self._http.request(request["method"], request["url"], body=body, headers=request["headers"]).status
        except LOST:
            time.sleep(0.03)
            return
        assert status in {200, 412} or status >= 500, status


def while_killed(victim: Victim, works: list[Callable[[], None]], pause: Callable[[], float], kills: int) -> None:
    """Kill the server, after a pause each time, while others work; they end once it was killed often enough."""
    failures: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            while victim.kills < kills and not failures:
                work()
        except BaseException as failure:  # noqa: BLE001  # raised below
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    while victim.kills < kills and not failures:
        time.sleep(pause())
        victim.kill()
        victim.start()
    for thread in threads:
        thread.join(PATIENCE)
    if failures:
        raise failures[0]
