"""What the blob door takes, what it refuses, and how it holds out against senders and disks."""

import asyncio
import errno
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from modelyard.adapters.disk import DiskBlobs
from modelyard.domain import digests
from modelyard.domain.manifests import File
from modelyard.ports import SignedRequest, Stat
from modelyard.serve import door as door_module
from modelyard.serve.door import BATCH, BlobDoor
from tests.unit.disk_folder import CONTENT, PART, file_of, leftovers, open_put, put, store
from tests.unit.door_calls import GONE, SMALL, Spoken, ask, bodies, settle, talk
from tests.unit.fakes import StillClock


@pytest.fixture
def stored() -> list[tuple[str, int]]:
    return []


@pytest.fixture
def blobs(tmp_path) -> DiskBlobs:
    return DiskBlobs(
        tmp_path, base_url="http://127.0.0.1", secret=b"secret", link=timedelta(hours=1), clock=StillClock()
    )


@pytest.fixture
def door(blobs, stored) -> Iterator[BlobDoor]:
    door = BlobDoor(blobs, lambda key, size: stored.append((key, size)))
    yield door
    door.close()


@pytest.mark.parametrize("chunks", [(SMALL,), (b"s", b"", b"mal", b"l"), (SMALL, b"")])
def test_a_body_may_come_in_any_pieces(door, blobs, stored, chunks):
    file = file_of(SMALL)
    answer = ask(door, blobs.sign_put(file), *bodies(*chunks))

    assert (answer.status, answer.body) == (200, b"")
    assert blobs.reread(file) == Stat(5, file.digest)
    assert stored == [(f"blobs/sha256/{file.digest[7:]}", 5)]


def test_a_body_of_many_batches_is_put_together(door, blobs):
    content = bytes(range(256)) * 4096 * 3 + b"end"
    file = file_of(content)
    pieces = [content[start : start + 100_000] for start in range(0, len(content), 100_000)]

    assert ask(door, blobs.sign_put(file), *bodies(*pieces)).status == 200
    assert blobs.read(file.digest, 0, len(content)) == content


def test_an_empty_body_is_a_blob(door, blobs, stored):
    assert ask(door, blobs.sign_put(file_of(b"")), *bodies(b"")).status == 200
    assert [size for _, size in stored] == [0]


def test_what_cannot_be_taken_is_refused_before_its_bytes_are_read(door, blobs, stored):
    store(blobs, b"other")
    request, there = blobs.sign_put(file_of(SMALL)), blobs.sign_put(file_of(b"other"))
    tampered = SignedRequest("PUT", request.url + "0", request.headers, request.expires_at)
    expected = [
        (ask(door, tampered), 403, "Forbidden"),
        (ask(door, request, content_length="6", **{"Content-Length": ""}), 400, "Invalid"),
        (ask(door, request, **{"Content-Length": ""}), 400, "Invalid"),
        (ask(door, request, **{"If-None-Match": ""}), 403, "Forbidden"),
        (ask(door, there), 412, "PreconditionFailed"),
    ]

    for answer, status, kind in expected:
        assert (answer.status, answer.kind, answer.taken) == (status, kind, 0)
    assert stored == []


def test_wrong_bytes_are_a_problem_and_nobody_is_told_of_them(door, blobs, stored, tmp_path):
    answer = ask(door, blobs.sign_put(file_of(SMALL)), *bodies(b"smalL"))

    assert (answer.status, answer.kind) == (400, "DigestMismatch")
    settle(lambda: leftovers(tmp_path) == [])
    assert stored == []


def test_more_bytes_than_were_announced_are_refused(door, blobs, tmp_path):
    answer = ask(door, blobs.sign_put(file_of(SMALL)), *bodies(SMALL + b"!"))

    assert (answer.status, answer.kind) == (400, "Invalid")
    settle(lambda: leftovers(tmp_path) == [])


def test_a_sender_that_hangs_up_leaves_nothing(door, blobs, tmp_path, stored):
    message = {"type": "http.request", "body": b"sma", "more_body": True}
    answer = ask(door, blobs.sign_put(file_of(SMALL)), message, GONE)

    assert answer.sent == []
    settle(lambda: leftovers(tmp_path) == [])
    assert blobs.stat(file_of(SMALL).digest) is None
    assert stored == []


def test_a_silent_sender_is_sent_away(door, blobs, tmp_path, monkeypatch):
    monkeypatch.setattr(door_module, "PATIENCE", 0.05)
    answer = ask(door, blobs.sign_put(file_of(SMALL)), {"type": "http.request", "body": b"sma", "more_body": True})

    assert (answer.status, answer.kind) == (408, "RequestTimeout")
    settle(lambda: leftovers(tmp_path) == [])


@pytest.fixture
def parts(monkeypatch, blobs) -> tuple[File, str]:
    """A file of two parts, and its upload."""
    monkeypatch.setattr(digests, "MIN_PART", PART)
    return file_of(CONTENT), blobs.begin(file_of(CONTENT))


def test_a_part_is_taken_and_nobody_is_told_yet(door, blobs, parts, stored):
    file, upload = parts
    assert ask(door, blobs.sign_part(file, upload, 2), *bodies(b"end")).status == 200

    assert blobs.parts(file, upload) == {2}
    assert stored == []


def test_a_part_that_is_there_is_answered_without_reading_it(door, blobs, parts):
    file, upload = parts
    put(blobs, blobs.sign_part(file, upload, 2), b"end")

    answer = ask(door, blobs.sign_part(file, upload, 2))
    assert (answer.status, answer.taken) == (200, 0)


def test_a_part_that_another_sends_is_to_be_tried_again(door, blobs, parts):
    file, upload = parts
    held = open_put(blobs, blobs.sign_part(file, upload, 2))
    answer = ask(door, blobs.sign_part(file, upload, 2))

    assert (answer.status, answer.kind, answer.headers["retry-after"]) == (503, "Contended", "1")
    held.close()
    assert ask(door, blobs.sign_part(file, upload, 2), *bodies(b"end")).status == 200


def test_a_sender_that_hangs_up_frees_its_part(door, blobs, parts):
    file, upload = parts
    request = blobs.sign_part(file, upload, 2)
    ask(door, request, {"type": "http.request", "body": b"en", "more_body": True}, GONE)

    settle(lambda: ask(door, request, *bodies(b"end")).status == 200)


def test_a_part_of_an_upload_that_is_gone_is_not_found(door, blobs, parts):
    file, upload = parts
    request = blobs.sign_part(file, upload, 2)
    store(blobs, CONTENT)

    answer = ask(door, request)
    assert (answer.status, answer.kind, answer.taken) == (404, "NotFound", 0)


@pytest.mark.parametrize(
    ("number", "status", "kind"),
    [(errno.ENOSPC, 507, "NoSpace"), (errno.EDQUOT, 507, "NoSpace"), (errno.EIO, 500, "Internal")],
)
def test_a_disk_that_fails_is_said_without_its_paths(door, blobs, tmp_path, monkeypatch, number, status, kind):
    def fail(*_: object) -> int:
        raise OSError(number, "the disk", str(tmp_path))

    monkeypatch.setattr("os.pwrite", fail)
    answer = ask(door, blobs.sign_put(file_of(SMALL)), *bodies(SMALL))

    assert (answer.status, answer.kind) == (status, kind)
    assert str(tmp_path).encode() not in answer.body
    settle(lambda: leftovers(tmp_path) == [])
    assert blobs.stat(file_of(SMALL).digest) is None


def test_a_blob_is_stored_though_nobody_could_be_told(blobs, caplog):
    def fail(key: str, size: int) -> None:
        raise RuntimeError(f"{key} {size}")

    door = BlobDoor(blobs, fail)
    assert ask(door, blobs.sign_put(file_of(SMALL)), *bodies(SMALL)).status == 200
    door.close()

    assert blobs.stat(file_of(SMALL).digest) is not None
    assert "nobody could be told" in caplog.text


def test_the_sender_is_held_back_while_the_disk_is_slow(blobs, tmp_path):
    """Memory is bounded by what is taken ahead, however fast the bytes come."""
    slow = threading.Event()

    class SlowStore:
        def accept(self, path: str, query: str) -> Any:
            incoming = blobs.accept(path, query)

            def open_slowly() -> Any:
                writer = incoming.open()
                write = writer.write
                writer.write = lambda chunk: (slow.wait(10), write(chunk))
                return writer

            return type(
                "Slow",
                (),
                {
                    "length": incoming.length,
                    "headers": incoming.headers,
                    "key": None,
                    "open": staticmethod(open_slowly),
                },
            )()

    content = bytes(8 * BATCH)
    file = file_of(content)
    door = BlobDoor(SlowStore(), lambda *_: None)

    async def measure() -> tuple[int, Spoken]:
        spoken_soon = asyncio.create_task(talk(door, blobs.sign_put(file), counted(), "PUT", {}))
        await asyncio.sleep(0.3)
        ahead = len(taken)
        slow.set()
        return ahead, await spoken_soon

    taken: list[int] = []

    def counted() -> Iterator[dict[str, Any]]:
        for message in bodies(*[bytes(BATCH // 4)] * 32):
            taken.append(1)
            yield message

    ahead, spoken = asyncio.run(measure())
    door.close()

    assert spoken.status == 200
    assert ahead * (BATCH // 4) <= 3 * BATCH
    assert blobs.stat(file.digest) == Stat(len(content), file.digest)
