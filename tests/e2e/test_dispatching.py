"""The process beside the server: it is begun anew when it ends, ends with its server, and what it owes is not lost."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.client import Registry
from modelyard.serve import dispatching
from tests.e2e.embedded_server import EmbeddedServer

LONG = 30.0


def dispatcher_of(server: EmbeddedServer) -> int:
    return int((server.data / "dispatch.lock").read_text())


def until(holds: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + LONG
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def lives(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not asked about yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not Path("/proc/self").exists()


@pytest.fixture
def server(tmp_path):
    with EmbeddedServer(tmp_path) as running:
        yield running


def test_a_dispatcher_that_is_killed_is_begun_anew_and_goes_on(server, tmp_path):
    file = tmp_path / "model.bin"
    file.write_bytes(b"weights")
    registry = Registry(server.url)
    registry.push("churn", file)
    killed = dispatcher_of(server)
    os.kill(killed, signal.SIGKILL)
    second = registry.push("churn", file)
    assert (second.version, second.state) == (2, "ready")
    assert dispatcher_of(server) != killed
    until(lambda: registry.health().status == "ok", "the server does not call itself well again")
    assert "begun anew" in server.log


def test_a_dispatcher_ends_when_its_server_is_killed(server):
    dispatcher = dispatcher_of(server)
    assert lives(dispatcher)
    server.kill()
    until(lambda: not lives(dispatcher), "it outlives its server")


def test_a_stop_ends_both_and_leaves_nothing_beside_the_files(server, tmp_path):
    dispatcher = dispatcher_of(server)
    file = tmp_path / "model.bin"
    file.write_bytes(b"weights")
    Registry(server.url).push("churn", file)
    assert server.stop() == 0
    assert not lives(dispatcher)
    assert sorted(path.name for path in server.data.iterdir() if "-" in path.name) == []


def test_what_the_server_tells_reaches_the_dispatcher_and_nonsense_is_logged(caplog):
    told = []

    class Dispatcher:
        def written(self):
            told.append("written")

        def stored(self, key, size):
            told.append((key, size))

        def queued(self, trigger):
            told.append(trigger)

    for line in (b"written\n", b"stored 5 blobs/sha256/ab\n", b"queued proofs\n", b"dance\n"):
        dispatching.take(line, Dispatcher())
    assert told == ["written", ("blobs/sha256/ab", 5), "proofs"]
    assert "makes no sense" in caplog.text
