"""The registry that the journeys travel: one embedded server a test run, or the deployment MODELYARD_E2E_URL names."""

import json
import os
import secrets
import subprocess
import time
from collections import Counter
from contextlib import contextmanager

import pytest

from modelyard.client import Registry
from modelyard.client.network import HttpTransport
from tests.e2e.embedded_server import COMMAND, EmbeddedServer, environment
from tests.e2e.trusted import SIGNERS

PATIENCE = 60.0
"""Seconds after which what should happen by itself has failed to."""


class CountingTransport:
    """Sends like the real one, and counts by method; from as many as `fuse` says on, the program is interrupted."""

    def __init__(self):
        self._real = HttpTransport()
        self.sent, self.fuse = Counter(), {}

    @contextmanager
    def send(self, request):
        kind = "API" if "/v1/" in request.url else request.method
        if self.sent[kind] >= self.fuse.get(kind, float("inf")):
            raise KeyboardInterrupt
        self.sent[kind] += 1
        with self._real.send(request) as answer:
            yield answer

    def close(self):
        self._real.close()


class CommandLine:
    """Runs the real command line against a registry."""

    def __init__(self, url, folder, **variables):
        self.folder = folder
        known = {name: value for name, value in os.environ.items() if name.startswith("MODELYARD_")}
        self.environment = environment(
            **{**known, "MODELYARD_URL": url, "XDG_CACHE_HOME": str(folder / "cache"), **variables}
        )

    def run(self, *arguments):
        """Exit code, stdout and stderr of `modelyard ARGUMENTS`."""
        done = subprocess.run(
            [*COMMAND, *map(str, arguments)], cwd=self.folder, env=self.environment, capture_output=True, text=True,
            timeout=4 * PATIENCE, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    def json(self, *arguments):
        """What a command that must succeed prints under --json."""
        code, said, complained = self.run(*arguments, "--json")
        assert code == 0, complained
        return json.loads(said)

    def start(self, *arguments):
        """A command that goes on by itself."""
        return subprocess.Popen(
            [*COMMAND, *map(str, arguments)], cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, text=True
        )


@pytest.fixture(scope="session")
def url(tmp_path_factory):
    """Where the registry answers."""
    deployed = os.environ.get("MODELYARD_E2E_URL")
    if deployed:
        yield deployed
        return
    with EmbeddedServer(tmp_path_factory.mktemp("registry"), "--trusted-signers", str(SIGNERS)) as server:
        yield server.url
        assert server.stop() == 0
        assert "Traceback" not in server.log


@pytest.fixture(autouse=True)
def _memory(tmp_path, monkeypatch):
    """What the client remembers of interrupted pushes is each test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def transport():
    return CountingTransport()


@pytest.fixture
def registry(url, transport):
    with Registry(url, transport=transport) as registry:
        yield registry


@pytest.fixture
def name(request):
    """A model's name that no other test has."""
    return f"{request.node.originalname.removeprefix('test_')[:60]}-{secrets.token_hex(4)}"


@pytest.fixture
def cli(url, tmp_path):
    return CommandLine(url, tmp_path)


@pytest.fixture
def eventually():
    """Calls until what is called gives something true, and gives that."""

    def eventually(look):
        deadline = time.monotonic() + PATIENCE
        while not (found := look()):
            assert time.monotonic() < deadline, "it did not happen"
            time.sleep(0.05)
        return found

    return eventually


@pytest.fixture
def feed_of():
    """The events of one model in the order of the feed of all models."""

    def feed_of(registry, model):
        events, cursor = [], None
        while True:
            page = registry.events(cursor, limit=1000)
            if not page.items:
                return events
            events += [event for event in page.items if event.model.name == model]
            cursor = page.next

    return feed_of
