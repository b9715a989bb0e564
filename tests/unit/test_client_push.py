"""Pushing: what is sent, what is sent again, and what stops a push."""

import json
import os
import threading

import pytest

from modelyard.client import Registry, VersionRefused
from modelyard.client.errors import (
    BadAnswer,
    FileChanged,
    Invalid,
    StillVerifying,
    StorageRefused,
    Unreachable,
    Unusable,
)
from modelyard.domain import digests
from tests.unit.client_server import QUICK, Fault, serving

PART = 1000


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with serving() as server:
        yield server


@pytest.fixture
def small_parts(monkeypatch):
    """Files of more than 1,000 bytes travel in parts of 1,000."""
    monkeypatch.setattr(digests, "MIN_PART", PART)


@pytest.fixture
def folder(tmp_path):
    """Three files: one in a folder, one empty, one of five parts where parts are small."""
    root = tmp_path / "model"
    (root / "weights").mkdir(parents=True)
    (root / "weights" / "big.bin").write_bytes(os.urandom(4 * PART + 1))
    (root / "config.json").write_text("{}")
    (root / "empty").touch()
    return root


def memories(tmp_path):
    return list((tmp_path / "cache").rglob("*.json"))


def test_a_push_makes_the_model_and_returns_the_ready_version(server, folder, small_parts):
    with server.registry() as registry:
        version = registry.push("churn", folder, metrics={"auc": 0.9}, params={"depth": 8, "deep": True})
    assert (version.name, version.version, version.state) == ("churn", 1, "ready")
    assert version.params == {"depth": "8", "deep": "true"}
    assert version.metrics == {"auc": 0.9}
    stored = {file["path"]: server.yard.blobs[file["digest"]] for file in server.yard.versions["churn"][0].files}
    assert stored == {
        "config.json": b"{}",
        "empty": b"",
        "weights/big.bin": (folder / "weights" / "big.bin").read_bytes(),
    }


def test_a_single_file_keeps_its_own_name(server, folder):
    with server.registry() as registry:
        registry.push("churn", folder / "config.json")
        assert [file.path for file in registry.files("churn", 1)] == ["config.json"]


def test_of_several_paths_each_keeps_its_last_name(server, folder):
    with server.registry() as registry:
        registry.push("churn", [folder / "weights", folder / "config.json"])
        assert [file.path for file in registry.files("churn", 1)] == ["config.json", "weights/big.bin"]


def test_what_storage_holds_already_is_not_sent_again(server, folder, small_parts):
    with server.registry() as registry:
        registry.push("churn", folder)
        sent = server.asked("PUT /blobs/")
        assert registry.push("churn", folder).version == 2
    assert sent == 7
    assert server.asked("PUT /blobs/") == sent


def test_an_interrupted_push_goes_on_with_its_version_and_resends_no_part(server, folder, small_parts, tmp_path):
    server.faults.append(Fault("PUT /blobs/sha256-tree:", 418, times=100))
    server.faults.insert(0, Fault("PUT /blobs/sha256-tree:", lambda: None, times=3))
    with server.registry(connections=1) as registry, pytest.raises(StorageRefused):
        registry.push("churn", folder)
    held = set(server.yard.parts)
    assert len(held) == 5
    server.faults.clear()
    server.requests.clear()
    with server.registry() as registry:
        assert registry.push("churn", folder).version == 1
    assert server.asked("PUT /blobs/") == 7 - len(held)
    assert memories(tmp_path) == []


def test_an_interrupted_push_of_other_facts_is_another_version(server, folder):
    server.faults.append(Fault("complete", 418))
    with server.registry() as registry:
        with pytest.raises(Invalid.__mro__[1]):
            registry.push("churn", folder, tags={"a": "1"})
        assert registry.push("churn", folder, tags={"a": "2"}).version == 2


def test_a_push_killed_before_its_registration_was_answered_registers_once(server, folder):
    server.faults.append(Fault("POST /v1/models/churn/versions", "lose", times=100))
    with server.registry() as registry:
        registry.create_model("churn")
        with pytest.raises(Unreachable):
            registry.push("churn", folder)
        server.faults.clear()
        assert registry.push("churn", folder).version == 1
    assert len(server.yard.versions["churn"]) == 1


@pytest.mark.parametrize("answer", [{"refusal": ["upload_expired"]}, {"state": "rejected"}, {"state": "deleted"}])
def test_a_version_that_is_past_using_is_replaced_by_a_new_one(server, folder, answer):
    server.faults.append(Fault("complete", 418))
    with server.registry() as registry:
        with pytest.raises(Exception, match="as told"):
            registry.push("churn", folder)
        server.yard.versions["churn"][0].answer.update(answer)
        assert registry.push("churn", folder).version == 2


def test_a_memory_that_is_damaged_is_not_believed(server, folder, tmp_path):
    server.faults.append(Fault("complete", 418))
    with server.registry() as registry:
        with pytest.raises(Exception, match="as told"):
            registry.push("churn", folder)
        (memory,) = memories(tmp_path)
        memory.write_text('{"idempotency_key": "\\n"}')
        assert registry.push("churn", folder).version == 2


def test_a_memory_holds_nothing_but_the_key_and_is_the_users_own(server, folder, tmp_path):
    server.faults.append(Fault("complete", 418))
    with server.registry() as registry, pytest.raises(Exception, match="as told"):
        registry.push("churn", folder)
    (memory,) = memories(tmp_path)
    assert set(json.loads(memory.read_text())) == {"idempotency_key"}
    assert memory.stat().st_mode & 0o077 == 0


def test_a_push_works_where_no_memory_can_be_kept(server, folder, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with server.registry() as registry:
        assert registry.push("churn", folder).state == "ready"


def test_two_pushes_of_the_same_at_once_are_two_versions(server, folder):
    arrived = threading.Barrier(2, timeout=10)
    server.faults.append(Fault("PUT /blobs/", arrived.wait, times=2))
    numbers = []

    def push():
        with server.registry(connections=1) as registry:
            numbers.append(registry.push("churn", folder / "config.json").version)

    threads = [threading.Thread(target=push) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == [1, 2]


def test_uploads_are_paged_until_nothing_is_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for number in range(7):
        (tmp_path / f"{number}.bin").write_bytes(bytes([number]))
    with serving(page=2) as server, server.registry() as registry:
        assert registry.push("churn", sorted(tmp_path.glob("*.bin"))).file_count == 7
        assert len(server.yard.blobs) == 7
        assert len(list(registry.files("churn", 1))) == 7


def test_links_that_ran_out_are_asked_for_anew(server, folder, small_parts):
    server.faults.append(Fault("PUT /blobs/sha256-tree:", server.yard.expire_links))
    with server.registry(connections=2) as registry:
        assert registry.push("churn", folder).state == "ready"
    assert server.asked("GET /v1/models/churn/versions/1/uploads") >= 1


def test_links_that_never_work_are_a_clear_error(server, folder):
    server.faults.append(Fault("PUT /blobs/", 403, times=1000))
    with server.registry() as registry, pytest.raises(StorageRefused, match=r"sending '.*': storage answered 403"):
        registry.push("churn", folder)


def test_storage_that_loses_what_it_took_is_not_asked_for_ever(server, folder):
    server.faults.append(Fault("PUT /blobs/", 200, times=1000))
    with server.registry() as registry, pytest.raises(Exception, match="are missing"):
        registry.push("churn", folder)
    assert server.asked("POST /v1/models/churn/versions/1/complete") == 5


@pytest.mark.parametrize("act", [503, 500, 429, 409, "drop", "lose"])
def test_storage_that_fails_for_a_while_is_tried_again(server, folder, small_parts, act):
    server.faults.append(Fault("PUT /blobs/", act, times=3))
    with server.registry() as registry:
        assert registry.push("churn", folder).state == "ready"


def test_bytes_that_are_damaged_on_the_way_are_sent_again(server, folder):
    server.faults.append(Fault("PUT /blobs/", 400))
    with server.registry() as registry:
        assert registry.push("churn", folder).state == "ready"


def test_bytes_that_storage_keeps_refusing_are_a_clear_error(server, folder):
    server.faults.append(Fault("PUT /blobs/", 400, times=1000))
    with server.registry(connections=1) as registry, pytest.raises(StorageRefused, match="answered 400"):
        registry.push("churn", folder)
    assert server.asked("PUT /blobs/") == 3


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file.write_bytes(b"x" * file.stat().st_size),
        lambda file: os.truncate(file, 10),
        lambda file: file.unlink(),
        lambda file: (file.unlink(), file.mkdir()),
    ],
    ids=["overwritten", "truncated", "removed", "replaced"],
)
def test_a_file_that_changes_while_it_is_pushed_is_a_clear_error(server, folder, small_parts, change):
    big = folder / "weights" / "big.bin"
    server.faults.append(Fault("POST /v1/models/churn/versions", lambda: change(big), times=1))
    with server.registry() as registry:
        registry.create_model("churn")
        with pytest.raises(FileChanged, match=r"weights/big\.bin"):
            registry.push("churn", folder)
    assert server.yard.blobs == {}


def test_a_version_that_is_rejected_raises_with_the_reason(server, folder):
    server.yard.verdict = "rejected"
    with (
        server.registry() as registry,
        pytest.raises(VersionRefused, match=r"churn/1 is rejected: bytes_differ") as caught,
    ):
        registry.push("churn", folder)
    assert caught.value.version.state == "rejected"


def test_a_push_without_waiting_returns_before_the_proof(server, folder):
    server.yard.proven_after = 10**6
    with server.registry() as registry:
        assert registry.push("churn", folder, wait=False).state == "verifying"


def test_waiting_ends_when_the_time_is_up(server, folder):
    server.yard.proven_after = 10**6
    with server.registry() as registry, pytest.raises(StillVerifying, match="not proven after 0 seconds"):
        registry.push("churn", folder, timeout=0)


def test_waiting_looks_until_the_proof_is_there(server, folder):
    server.yard.proven_after = 4
    with server.registry() as registry:
        assert registry.push("churn", folder).state == "ready"
    assert server.yard.looks["churn", 1] == 5


def test_a_push_that_is_refused_leaves_nothing_to_remember(server, folder, tmp_path):
    with server.registry() as registry, pytest.raises(Invalid, match="no '/'"):
        registry.push("a:b", folder)
    assert memories(tmp_path) == []


def test_a_name_the_registry_refuses_is_its_refusal(server, folder):
    with server.registry() as registry, pytest.raises(Invalid, match="no '/'") as caught:
        registry.push("a:b", folder)
    assert caught.value.field == "name"


def test_the_token_never_goes_to_storage(server, folder):
    with server.registry(token="secret") as registry:
        registry.push("churn", folder)
    with_token = {path.split("/")[1] for _, path, headers in server.requests if "Authorization" in headers}
    assert with_token == {"v1"}


def test_a_registry_that_asks_for_other_bytes_is_not_obeyed(server, folder, monkeypatch):
    sign = server.yard.sign
    monkeypatch.setattr(
        server.yard,
        "due",
        lambda version: [
            {
                "digest": "sha256:" + "0" * 64,
                "part": 0,
                "offset": 0,
                "length": 9,
                "request": sign("PUT", "sha256:" + "0" * 64),
            }
        ],
    )
    with server.registry() as registry, pytest.raises(BadAnswer, match="not of this push"):
        registry.push("churn", folder)


@pytest.mark.parametrize("metrics", [{"auc": float("nan")}, {"auc": "high"}])
def test_a_metric_that_is_no_number_is_refused_before_anything_is_sent(server, folder, metrics):
    with server.registry() as registry, pytest.raises(Unusable, match="auc"):
        registry.push("churn", folder, metrics=metrics)
    assert server.requests == []


def test_progress_ends_at_its_total_whatever_had_to_be_sent_again(server, folder, small_parts):
    class Heard:
        total = done = ended = 0

        def started(self, total):
            self.total = total

        def advanced(self, count):
            self.done += count

        def finished(self):
            self.ended += 1

    server.faults += [Fault("PUT /blobs/", "drop", times=2), Fault("PUT /blobs/", 400)]
    hashing, sending = Heard(), Heard()
    with server.registry(connections=1) as registry:
        registry.push("churn", folder, hashing=hashing, sending=sending)
    assert (hashing.total, hashing.done, hashing.ended) == (4 * PART + 3,) * 2 + (1,)
    assert (sending.total, sending.done, sending.ended) == (4 * PART + 3,) * 2 + (1,)


def test_the_default_registry_is_the_one_that_serve_starts(monkeypatch):
    monkeypatch.delenv("MODELYARD_URL", raising=False)
    with Registry(backoff=QUICK) as registry:
        assert registry.url == "http://127.0.0.1:8080"
