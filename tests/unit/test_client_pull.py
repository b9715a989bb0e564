"""Pulling: every byte is proven before a file has its name, and nothing is fetched twice."""

import os
import threading

import pytest

from modelyard.client.errors import (
    BadAnswer,
    CorruptDownload,
    DestinationTaken,
    Hindered,
    NotFound,
    StorageRefused,
    Unreachable,
    Unusable,
    VersionNotReady,
)
from modelyard.domain import digests
from tests.unit.client_server import Fault, serving

PART = 1000
PARTIAL = ".modelyard-partial"


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(digests, "MIN_PART", PART)
    with serving() as server:
        yield server


@pytest.fixture
def model(server, tmp_path):
    """A pushed model: `big.bin` of five parts, `a/small.txt`, `empty`. Gives what a pull must write."""
    root = tmp_path / "model"
    (root / "a").mkdir(parents=True)
    (root / "big.bin").write_bytes(os.urandom(4 * PART + 1))
    (root / "a" / "small.txt").write_text("small")
    (root / "empty").touch()
    with server.registry() as registry:
        registry.push("churn", root)
    server.requests.clear()
    return contents(root)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def contents(root):
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_a_pull_writes_the_files_and_leaves_nothing_else(server, model, out):
    with server.registry() as registry:
        pulled = registry.pull("churn/1", out)
    assert contents(out) == model
    assert pulled.fetched == tuple(sorted(model))
    assert not (out / PARTIAL).exists()


@pytest.mark.parametrize("reference", ["churn", "churn/1", "models:/churn/1", "churn/development"])
def test_references_are_taken_as_users_write_them(server, model, out, reference):
    with server.registry() as registry:
        assert registry.pull(reference, out).version.version == 1


def test_files_that_are_there_already_are_kept_and_not_fetched(server, model, out):
    with server.registry() as registry:
        registry.pull("churn", out)
        (out / "a" / "small.txt").unlink()
        fetched = server.asked("GET /blobs/")
        pulled = registry.pull("churn", out)
    assert pulled.fetched == ("a/small.txt",)
    assert pulled.kept == ("big.bin", "empty")
    assert server.asked("GET /blobs/") == fetched + 1


def test_a_file_that_differs_is_not_overwritten_and_nothing_is_fetched(server, model, out):
    out.mkdir()
    (out / "big.bin").write_bytes(bytes(4 * PART + 1))
    with server.registry() as registry, pytest.raises(DestinationTaken) as caught:
        registry.pull("churn", out)
    assert caught.value.paths == ["big.bin"]
    assert contents(out) == {"big.bin": bytes(4 * PART + 1)}
    assert server.asked("GET /blobs/") == 0


def test_a_file_that_differs_is_replaced_under_force(server, model, out):
    out.mkdir()
    (out / "big.bin").write_text("old")
    with server.registry() as registry:
        registry.pull("churn", out, force=True)
    assert contents(out) == model


def test_an_interrupted_pull_fetches_no_proven_part_again(server, model, out):
    server.faults.append(Fault("GET /blobs/sha256-tree:", lambda: None, times=3))
    server.faults.append(Fault("GET /blobs/sha256-tree:", 418, times=1000))
    with server.registry(connections=1) as registry, pytest.raises(StorageRefused):
        registry.pull("churn", out)
    assert "big.bin" not in contents(out)
    server.faults.clear()
    server.requests.clear()
    with server.registry() as registry:
        registry.pull("churn", out)
    ranges = sorted(headers["Range"] for _, _, headers in server.requests if "Range" in headers)
    assert ranges == ["bytes=3000-3999", "bytes=4000-4000"]
    assert contents(out) == model


def test_what_an_earlier_pull_left_is_proven_again_before_it_counts(server, model, out):
    server.faults.append(Fault("GET /blobs/sha256-tree:", lambda: None, times=3))
    server.faults.append(Fault("GET /blobs/sha256-tree:", 418, times=1000))
    with server.registry(connections=1) as registry, pytest.raises(StorageRefused):
        registry.pull("churn", out)
    (left,) = (out / PARTIAL).iterdir()
    damaged = bytearray(left.read_bytes())
    damaged[1500] ^= 1
    left.write_bytes(damaged + b"and more than there should be" * 100)
    server.faults.clear()
    server.requests.clear()
    with server.registry() as registry:
        registry.pull("churn", out)
    ranges = sorted(headers["Range"] for _, _, headers in server.requests if "Range" in headers)
    assert ranges == ["bytes=1000-1999", "bytes=3000-3999", "bytes=4000-4000"]
    assert contents(out) == model


@pytest.mark.parametrize("act", ["cut", "drop", "damage", 503, 500, 404, 403])
def test_a_download_that_fails_for_a_while_is_tried_again(server, model, out, act):
    server.faults.append(Fault("GET /blobs/", act, times=2))
    with server.registry() as registry:
        registry.pull("churn", out)
    assert contents(out) == model


def test_a_connection_that_breaks_in_the_middle_goes_on_where_it_broke(server, model, out):
    server.faults.append(Fault("GET /blobs/sha256-tree:", "cut"))
    with server.registry(connections=1) as registry:
        registry.pull("churn", out)
    ranges = [headers["Range"] for _, _, headers in server.requests if "Range" in headers]
    assert ranges[:2] == ["bytes=0-999", "bytes=500-999"]
    assert contents(out) == model


def test_damaged_bytes_never_get_a_name(server, model, out):
    server.faults.append(Fault("GET /blobs/", "damage", times=10**6))
    with server.registry() as registry, pytest.raises(CorruptDownload, match="is not what the manifest names"):
        registry.pull("churn", out)
    assert set(contents(out)) <= {"empty"} | {name for name in contents(out) if name.startswith(PARTIAL)}


@pytest.mark.parametrize("extra", [b"", b"more"], ids=["short", "long"])
def test_bytes_of_another_length_never_get_a_name(server, model, out, extra):
    digest = next(digest for digest in server.yard.blobs if digest.startswith("sha256-tree:"))
    server.yard.blobs[digest] = server.yard.blobs[digest][:3500] + extra * 1000
    with server.registry() as registry, pytest.raises((CorruptDownload, Unreachable)):
        registry.pull("churn", out)
    assert "big.bin" not in contents(out)


def test_links_that_ran_out_are_asked_for_anew(server, model, out):
    server.faults.append(Fault("GET /v1/resolve", lambda: None))
    server.faults.append(Fault("GET /blobs/", server.yard.expire_links))
    with server.registry() as registry:
        registry.pull("churn", out)
    assert contents(out) == model
    assert server.asked("GET /v1/models/churn/versions/1/files") >= 1


def test_a_server_that_vanishes_is_a_clear_error_and_its_parts_stay(server, model, out):
    server.faults.append(Fault("GET /blobs/sha256-tree:", lambda: None, times=2))
    server.faults.append(Fault("GET /blobs/sha256-tree:", server.vanish))
    with server.registry(connections=1) as registry, pytest.raises(Unreachable, match="cannot reach http://127"):
        registry.pull("churn", out)
    assert "big.bin" not in contents(out)
    (left,) = (out / PARTIAL).iterdir()
    assert left.read_bytes()[: 2 * PART] == model["big.bin"][: 2 * PART]


def test_a_version_that_is_not_ready_is_refused_and_makes_no_folder(server, model, out, tmp_path):
    server.yard.proven_after = 10**6
    with server.registry() as registry:
        registry.push("churn", tmp_path / "model", wait=False)
        with pytest.raises(VersionNotReady):
            registry.pull("churn/2", out)
    assert not out.exists()


def test_what_does_not_exist_makes_no_folder(server, model, out):
    with server.registry() as registry, pytest.raises(NotFound):
        registry.pull("nothing/1", out)
    assert not out.exists()


def test_many_pages_of_files_are_pulled_whole(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "model"
    root.mkdir()
    for number in range(9):
        (root / f"{number}").write_bytes(bytes([number]))
    with serving(page=2) as server, server.registry() as registry:
        registry.push("churn", root)
        server.faults.append(Fault("GET /blobs/", server.yard.expire_links))
        registry.pull("churn", tmp_path / "out")
    assert contents(tmp_path / "out") == contents(root)


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "/etc/x",
        "a/../../x",
        "",
        ".",
        "a//b",
        "a\\b",
        "C:x",
        "x\x00",
        "x\n",
        f"{PARTIAL}/x",
        PARTIAL.upper(),
        "x" * 5000,
    ],
)
def test_a_path_that_leads_elsewhere_is_refused_and_nothing_is_written(server, model, out, path):
    server.yard.versions["churn"][0].files[0]["path"] = path
    with server.registry() as registry, pytest.raises(BadAnswer):
        registry.pull("churn", out)
    assert not out.exists()


def test_a_manifest_that_is_not_the_versions_is_refused(server, model, out):
    server.yard.versions["churn"][0].files.pop()
    with server.registry() as registry, pytest.raises(BadAnswer, match="do not make its digest"):
        registry.pull("churn", out)


def test_parts_that_do_not_make_the_files_digest_are_refused(server, model, out):
    big = next(file for file in server.yard.versions["churn"][0].files if file["parts"])
    big["parts"] = big["parts"][::-1]
    with server.registry() as registry, pytest.raises(BadAnswer, match="not sound"):
        registry.pull("churn", out)


def test_a_link_in_the_way_is_not_followed(server, model, out, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    out.mkdir()
    (out / "a").symlink_to(elsewhere)
    with server.registry() as registry, pytest.raises(DestinationTaken):
        registry.pull("churn", out, force=True)
    assert list(elsewhere.iterdir()) == []


def test_a_link_where_a_file_belongs_is_neither_followed_nor_replaced(server, model, out, tmp_path):
    (tmp_path / "precious").write_text("precious")
    out.mkdir()
    (out / "big.bin").symlink_to(tmp_path / "precious")
    with server.registry() as registry, pytest.raises(DestinationTaken):
        registry.pull("churn", out, force=True)
    assert (tmp_path / "precious").read_text() == "precious"


@pytest.mark.parametrize("make", ["mkdir", "mkfifo"])
def test_what_is_no_file_is_never_replaced(server, model, out, make):
    out.mkdir()
    (out / "big.bin").mkdir() if make == "mkdir" else os.mkfifo(out / "big.bin")
    with server.registry() as registry, pytest.raises(DestinationTaken):
        registry.pull("churn", out, force=True)


def test_a_link_as_the_folder_of_unfinished_files_is_refused(server, model, out, tmp_path):
    out.mkdir()
    (out / PARTIAL).symlink_to(tmp_path)
    with server.registry() as registry, pytest.raises(Unusable, match="no folder"):
        registry.pull("churn", out)


def test_a_file_as_the_destination_is_refused(server, model, out):
    out.touch()
    with server.registry() as registry, pytest.raises(Unusable, match="no folder"):
        registry.pull("churn", out)


def test_two_pulls_into_one_folder_do_not_write_over_each_other(server, model, out):
    held, go_on = threading.Event(), threading.Event()

    def hold():
        held.set()
        go_on.wait(10)

    server.faults.append(Fault("GET /blobs/", hold))
    with server.registry() as registry:
        first = threading.Thread(target=registry.pull, args=("churn", out))
        first.start()
        held.wait(10)
        with pytest.raises(Hindered, match="another pull"):
            registry.pull("churn", out)
        go_on.set()
        first.join()
    assert contents(out) == model


def test_a_disk_without_room_is_told_before_anything_is_fetched(server, model, out, monkeypatch):
    monkeypatch.setattr("modelyard.client.places.Destination.room", lambda _: 100)
    with server.registry() as registry, pytest.raises(Hindered, match=r"4006 more bytes .* 100 are free"):
        registry.pull("churn", out)
    assert server.asked("GET /blobs/") == 0


def test_a_disk_that_fills_up_keeps_what_was_proven(server, model, out, monkeypatch):
    pwrite, room = os.pwrite, [3 * PART]

    def full_at_last(descriptor, data, offset):
        room[0] -= len(data)
        if room[0] < 0:
            raise OSError(28, "No space left on device")
        return pwrite(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", full_at_last)
    with server.registry(connections=1) as registry, pytest.raises(OSError, match="No space left"):
        registry.pull("churn", out)
    assert "big.bin" not in contents(out)
    monkeypatch.undo()
    monkeypatch.setattr(digests, "MIN_PART", PART)
    server.requests.clear()
    with server.registry() as registry:
        registry.pull("churn", out)
    assert contents(out) == model
    assert "bytes=0-999" not in {headers.get("Range") for _, _, headers in server.requests}
