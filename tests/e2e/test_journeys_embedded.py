"""What only `modelyard serve` can show: its folder, its tokens, its dead letters, and that killing it loses nothing."""

import json
import os
import random
import sqlite3
import threading
import time
from contextlib import closing

import pytest

from modelyard.client import Backoff, Registry
from modelyard.client.errors import ModelyardError, Unauthenticated, VersionRefused
from modelyard.contract.requests import FileRequest
from modelyard.domain.digests import hex_of
from modelyard.domain.journal import find_break
from tests.e2e.conftest import CommandLine
from tests.e2e.embedded_server import EmbeddedServer

pytestmark = pytest.mark.skipif("MODELYARD_E2E_URL" in os.environ, reason="these start servers of their own")

PATIENT = Backoff(attempts=100, attempts_at_first=100, longest_wait=0.5)
"""Of a client that outlives restarts."""


@pytest.fixture
def server(tmp_path):
    with EmbeddedServer(tmp_path) as server:
        yield server


@pytest.fixture
def own(server):
    """A client of this test's own server."""
    with Registry(server.url, backoff=PATIENT) as registry:
        yield registry


@pytest.fixture
def model_file(tmp_path):
    path = tmp_path / "model.bin"
    path.write_bytes(b"weights" * 1000)
    return path


def stored(server, digest):
    """The blob's file in the data folder."""
    [path] = [path for path in (server.data / "storage" / "blobs").rglob(hex_of(digest)) if path.is_file()]
    return path


def flip_a_byte(path):
    """Change one byte behind the server's back, leaving size and name as they were."""
    mode = path.stat().st_mode
    path.chmod(0o600)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    path.chmod(mode)


def check_journals(registry):
    """Every model's chain holds, and the feed has each entry once, in order, under positions without a gap."""
    fed, positions, cursor = {}, [], None
    while (page := registry.events(cursor, limit=1000)).items:
        for event in page.items:
            fed.setdefault(event.model.name, []).append(event.id)
            positions.append(event.position)
        cursor = page.next
    assert positions == list(range(1, len(positions) + 1))
    for model in registry.list_models():
        told = [event.model_dump() for event in registry.history(model.name)]
        assert find_break(told) is None
        assert fed[model.name] == [event["id"] for event in told]


def all_published(registry):
    return all(event.position for model in registry.list_models() for event in registry.history(model.name))


def test_a_byte_changed_behind_our_back_is_found_when_proof_is_asked_for(server, own, model_file):
    [file] = own.files("churn", own.push("churn", model_file).version)
    own.transition("churn", 1, "production")
    flip_a_byte(stored(server, file.digest))
    own.verify("churn", 1)
    with pytest.raises(VersionRefused) as refusal:
        own.wait("churn", 1)
    assert "digest_mismatch" in " ".join(refusal.value.version.refusal)
    assert list((server.data / "storage" / "aside").iterdir())


def test_a_file_cut_short_behind_our_back_is_found_too(server, own, model_file):
    [file] = own.files("churn", own.push("churn", model_file).version)
    path = stored(server, file.digest)
    path.chmod(0o600)
    path.write_bytes(b"weights")
    own.verify("churn", 1)
    with pytest.raises(VersionRefused):
        own.wait("churn", 1)


def test_what_was_found_wrong_can_be_pushed_again(server, own, model_file, tmp_path):
    [file] = own.files("churn", own.push("churn", model_file).version)
    flip_a_byte(stored(server, file.digest))
    own.verify("churn", 1)
    with pytest.raises(VersionRefused):
        own.wait("churn", 1)
    assert own.push("churn", model_file, tags={"again": "yes"}).state == "ready"
    own.pull("churn/2", tmp_path / "out")
    assert (tmp_path / "out" / "model.bin").read_bytes() == model_file.read_bytes()


def test_with_tokens_the_journal_names_their_owners(tmp_path, model_file):
    tokens = tmp_path / "tokens"
    tokens.write_text("ada first-secret\nci second-secret\n")
    tokens.chmod(0o600)
    with EmbeddedServer(tmp_path, "--token-file", str(tokens)) as server:
        with Registry(server.url, "first-secret") as ada:
            ada.push("churn", model_file)
        with Registry(server.url, "second-secret") as ci:
            ci.transition("churn", 1, "production")
            actors = {event.type: event.actor for event in ci.history("churn")}
        with Registry(server.url, "wrong") as stranger, pytest.raises(Unauthenticated):
            stranger.get_model("churn")
        code, _, said = CommandLine(server.url, tmp_path, MODELYARD_TOKEN="wrong").run("list")
        pulled = CommandLine(server.url, tmp_path, MODELYARD_TOKEN="first-secret").json("pull", "churn/1", "out")
    assert (actors["version.registered"], actors["version.promoted"]) == ("token:ada", "token:ci")
    assert actors["version.verified"] == "modelyard:verify"
    assert (code != 0, "secret" in said, pulled["version"]) == (True, False, 1)


def test_a_dead_letter_is_seen_and_sent_again_from_the_command_line(server, own, model_file, tmp_path, eventually):
    own.push("churn", model_file)
    own.transition("churn", 1, "production")
    server.stop()
    with closing(sqlite3.connect(server.data / "dispatch.sqlite3")) as queue, queue:
        [(news,)] = queue.execute("SELECT number FROM deliveries WHERE trigger = 'news'").fetchall()
        envelope = {"id": "late", "detail": own_event("churn")}
        queue.execute(
            "UPDATE deliveries SET done = 0, attempts = 99, body = ? WHERE number = ?", (json.dumps(envelope), news)
        )
    server.start()
    command = CommandLine(server.url, tmp_path)
    [letter] = eventually(lambda: command.json("dead-letters")["items"])
    assert (letter["function"], letter["trigger"], letter["attempts"]) == ("notify", "news", 100)
    command.json("dead-letters", "retry", letter["id"])
    eventually(lambda: "churn/1 is production (was development), by local:late" in server.log)
    assert command.json("dead-letters")["items"] == []


def own_event(name):
    return {
        "type": "version.promoted",
        "model": {"name": name},
        "version": 1,
        "before": {"stage": "development"},
        "after": {"stage": "production"},
        "actor": "local:late",
        "reason": "",
    }


def test_a_promotion_is_announced_in_the_log(server, own, model_file, eventually):
    own.push("churn", model_file)
    own.transition("churn", 1, "production", comment="beats v0")
    eventually(lambda: "churn/1 is production (was development), by local:" in server.log)
    assert server.log.count("beats v0") == 1


def test_a_version_completed_right_before_a_kill_becomes_ready_after_the_restart(server, own, model_file):
    version = own.push("churn", model_file, wait=False)
    server.kill()
    assert version.state in {"verifying", "ready"}
    server.start()
    assert own.wait("churn", 1).state == "ready"


def test_a_push_outlives_a_kill_and_a_restart(server, own, tmp_path):
    path = tmp_path / "weights.bin"
    path.write_bytes(random.Random(7).randbytes(66 * 1024**2))
    pushed = []
    pushing = threading.Thread(target=lambda: pushed.append(own.push("churn", path)))
    pushing.start()
    while pushing.is_alive() and not any((server.data / "storage" / "uploads").iterdir()):
        time.sleep(0.005)
    server.kill()
    server.start()
    pushing.join()
    assert [(version.version, version.state) for version in pushed] == [(1, "ready")]
    own.pull("churn/1", tmp_path / "out")
    assert (tmp_path / "out" / "weights.bin").read_bytes() == path.read_bytes()


def test_killed_again_and_again_under_load_it_loses_nothing_that_it_acknowledged(server, own, eventually):
    """Writers note every version that was acknowledged; a version may be made without its answer having come."""
    chance, acknowledged, ended = random.Random(3), [], threading.Event()
    content = FileRequest(path="model.bin", size=1, digest="sha256:" + "0" * 64)

    def write(name):
        with Registry(server.url, backoff=PATIENT) as writer:
            writer.create_model(name, key=name)
            while not ended.is_set():
                try:
                    made = writer.register(name, [content])
                except ModelyardError:
                    continue
                acknowledged.append((name, made.version.version))

    writers = [threading.Thread(target=write, args=(f"model-{number}",)) for number in range(4)]
    for writer in writers:
        writer.start()
    for _ in range(5):
        time.sleep(chance.uniform(0.3, 1.2))
        server.kill()
        server.start()
    eventually(lambda: len(acknowledged) > 20)
    ended.set()
    for writer in writers:
        writer.join()
    eventually(lambda: all_published(own))
    there = {(model.name, version.version) for model in own.list_models() for version in own.list_versions(model.name)}
    assert len(set(acknowledged)) == len(acknowledged)
    assert set(acknowledged) <= there
    check_journals(own)
    assert own.dead_letters() == []


def test_a_graceful_stop_loses_nothing_either(server, own, model_file, eventually):
    for number in range(5):
        own.push(f"model-{number}", model_file, wait=False)
    assert server.stop() == 0
    server.start()
    assert [own.wait(f"model-{number}", 1).state for number in range(5)] == ["ready"] * 5
    eventually(lambda: all_published(own))
    check_journals(own)
