"""What people see while bytes move: bars with rate and remaining time on a terminal, nothing where nobody looks."""

import os
import pty
import re
import subprocess
from contextlib import suppress

import pytest

from tests.e2e.embedded_server import COMMAND, EmbeddedServer, environment

pytestmark = pytest.mark.skipif("MODELYARD_E2E_URL" in os.environ, reason="these start a server of their own")

SIZE = 96 * 1024**2
"""Bytes, so that a transfer lasts longer than the time between two drawings."""

DRAWN = r"{title} .*\d+\.\d/\d+\.\d MiB.* [\d.]+ [KMG]iB/s .*\d+:\d\d"
"""A bar: what is done of what, how fast, and how long still."""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with EmbeddedServer(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "weights.bin"
    path.write_bytes(os.urandom(SIZE))
    return path


def on_a_terminal(server, *arguments):
    """What a command writes to a terminal that shows its errors, all redrawings included."""
    ours, theirs = pty.openpty()
    variables = environment(MODELYARD_URL=server.url, TERM="xterm", COLUMNS="120")
    process = subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.DEVNULL, stderr=theirs, env=variables)
    os.close(theirs)
    said = b""
    with suppress(OSError):  # what Linux answers once nobody holds the other end
        while chunk := os.read(ours, 65536):
            said += chunk
    os.close(ours)
    assert process.wait(60) == 0
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", said.decode())


def in_a_pipe(server, *arguments):
    done = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, env=environment(MODELYARD_URL=server.url), check=True
    )
    return done.stderr


def test_push_and_pull_show_how_far_how_fast_and_how_long_on_a_terminal(server, weights, tmp_path):
    pushed = on_a_terminal(server, "push", "shown", str(weights))
    assert re.search(DRAWN.format(title="upload"), pushed), pushed
    pulled = on_a_terminal(server, "pull", "shown/1", str(tmp_path / "out"))
    assert re.search(DRAWN.format(title="pull"), pulled), pulled
    assert (tmp_path / "out" / "weights.bin").stat().st_size == SIZE


def test_pipes_and_machines_are_spared_the_bars(server, weights, tmp_path):
    quiet = [
        in_a_pipe(server, "push", "quiet", str(weights)),
        in_a_pipe(server, "pull", "quiet/1", str(tmp_path / "out")),
        on_a_terminal(server, "pull", "quiet/1", str(tmp_path / "again"), "--json"),
    ]
    assert not [said for said in quiet if "MiB" in said]
