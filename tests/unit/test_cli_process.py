"""The command line as a process: pipes, terminals, signals, and events that keep coming."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from modelyard.cli.events import _wait_for_page
from modelyard.cli.main import run
from modelyard.client import Unreachable
from tests.unit.client_server import Fault, serving

PROGRAM = (sys.executable, "-c", "from modelyard.cli.main import main; main()")
ESCAPE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with serving() as server:
        monkeypatch.setenv("MODELYARD_URL", server.url)
        yield server


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "model.bin"
    path.write_text("a model")
    return path


@contextmanager
def start(*arguments, **given):
    """A `modelyard` of its own, which does not outlive the block."""
    ran = subprocess.Popen(
        [*PROGRAM, *map(str, arguments)],
        text=True,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **given},
    )
    try:
        yield ran
    finally:
        ran.kill()
        ran.communicate()


def test_a_pipe_gets_no_escape_sequences_and_no_bars(server, file, tmp_path):
    for arguments in (("push", "churn", file, "--no-fill"), ("show", "churn/1"), ("pull", "churn/1", tmp_path / "out")):
        with start(*arguments) as ran:
            out, err = ran.communicate(timeout=60)
        assert (ran.returncode, err) == (0, "")
        assert not ESCAPE.search(out)


def test_a_terminal_gets_bars_and_its_cursor_back(server, tmp_path):
    file = tmp_path / "big"
    file.write_bytes(os.urandom(3_000_000))
    ours, theirs = pty.openpty()
    ran = subprocess.Popen(
        [*PROGRAM, "push", "churn", str(file)],
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm"},
    )
    os.close(theirs)
    seen = b""
    while True:
        try:
            block = os.read(ours, 4096)
        except OSError:
            break
        if not block:
            break
        seen += block
    os.close(ours)
    assert ran.wait(60) == 0
    assert b"upload" in seen
    assert b"MB" in seen or b"MiB" in seen
    assert seen.rfind(b"\x1b[?25h") > seen.rfind(b"\x1b[?25l") >= 0


def test_a_reader_that_leaves_is_no_crash(server, file):
    run(["push", "churn", str(file)])
    reading, writing = os.pipe()
    os.close(reading)
    ran = subprocess.run([*PROGRAM, "events"], stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (1, "")


def test_events_are_followed_line_by_line_until_interrupted(server, file):
    run(["push", "churn", str(file)])
    with start("events", "--follow", "--json") as ran:
        first = json.loads(ran.stdout.readline())
        assert first["type"] == "model.created"
        for _ in range(2):
            ran.stdout.readline()
        run(["push", "other", str(file)])
        assert json.loads(ran.stdout.readline())["model"]["name"] == "other"
        ran.send_signal(signal.SIGINT)
        assert ran.wait(60) == 130
        assert ran.stderr.read() == "interrupted\n"


def test_an_interrupt_ends_it_even_when_nobody_reads_its_errors(server, file):
    run(["push", "churn", str(file)])
    reading, writing = os.pipe()
    with start("events", "--follow", stderr=writing) as ran:
        os.close(writing)
        os.close(reading)
        ran.stdout.readline()
        ran.send_signal(signal.SIGINT)
        assert ran.wait(60) == 130


def test_following_outlives_a_registry_that_goes_away_and_tells_where_to_go_on(server, file):
    run(["push", "churn", str(file)])
    with start("events", "--follow", "--json", env={**os.environ, "PYTHONWARNINGS": "error"}) as ran:
        seen = [json.loads(ran.stdout.readline()) for _ in range(3)]
        server.faults.append(Fault("GET /v1/events", 503, times=3))
        run(["push", "other", str(file)])
        after = json.loads(ran.stdout.readline())
        ran.send_signal(signal.SIGINT)
    assert [event["next"] for event in seen] == [None, None, "3"]
    assert after["position"] == 4


def test_a_registry_that_is_away_is_waited_for_and_told_once(monkeypatch, capsys):
    class Away:
        left = 3

        def events(self, cursor, *, limit):
            self.left -= 1
            if self.left:
                raise Unreachable("cannot reach http://h: connection refused")
            return cursor

    monkeypatch.setattr("modelyard.cli.events.PAUSE", 0)
    assert _wait_for_page(Away(), "7") == "7"
    assert capsys.readouterr().err == "cannot reach http://h: connection refused; waiting for it to come back\n"


def test_only_new_events_are_followed_when_asked(server, file):
    run(["push", "churn", str(file)])
    with start("events", "--follow", "--new", "--json") as ran:
        while server.asked("GET /v1/events") < 3:
            time.sleep(0.01)
        run(["push", "other", str(file)])
        assert json.loads(ran.stdout.readline())["model"]["name"] == "other"
        ran.send_signal(signal.SIGINT)
        assert ran.wait(60) == 130


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
def test_a_push_that_is_killed_goes_on_with_the_same_version(server, tmp_path, capsys, sign):
    for number in range(5):
        (tmp_path / f"{number}.bin").write_bytes(bytes([number]) * 1000)
    files = sorted(tmp_path.glob("*.bin"))
    held = []
    server.faults.append(Fault("PUT /blobs/", lambda: None, times=2))
    server.faults.append(Fault("PUT /blobs/", lambda: (held.append(1), time.sleep(1)), times=1))
    with start("push", "churn", *files, "--connections", 1) as ran:
        while not held:
            time.sleep(0.01)
        ran.send_signal(sign)
        assert ran.wait(60) == (130 if sign == signal.SIGINT else -signal.SIGKILL)
    before = server.asked("PUT /blobs/")
    assert before == 3
    assert run(["push", "churn", *map(str, files), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["version"] == 1
    assert server.asked("PUT /blobs/") - before in {2, 3}
