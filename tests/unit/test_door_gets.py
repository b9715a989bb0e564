"""How the blob door hands out blobs, and what it does when a receiver or a file ends too soon."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from modelyard.adapters.disk import DiskBlobs
from modelyard.domain.digests import Digest
from modelyard.serve.door import BATCH, BlobDoor
from tests.unit.disk_folder import file_of, place, store
from tests.unit.door_calls import GONE, SMALL, ask
from tests.unit.fakes import StillClock


@pytest.fixture
def blobs(tmp_path) -> DiskBlobs:
    return DiskBlobs(
        tmp_path, base_url="http://127.0.0.1", secret=b"secret", link=timedelta(hours=1), clock=StillClock()
    )


@pytest.fixture
def door(blobs) -> Iterator[BlobDoor]:
    door = BlobDoor(blobs, lambda *_: None)
    yield door
    door.close()


def test_a_blob_is_an_attachment_that_nobody_guesses_about(door, blobs):
    file = store(blobs, SMALL)
    answer = ask(door, blobs.sign_get(file.digest, filename='a"\r\nb'))

    assert (answer.status, answer.body) == (200, SMALL)
    assert answer.headers == {
        "content-length": "5",
        "etag": f'"{file.digest[7:]}"',
        "accept-ranges": "bytes",
        "cache-control": "private, no-store, no-transform",
        "x-content-type-options": "nosniff",
        "content-type": "application/octet-stream",
        "content-disposition": "attachment; filename=\"a___b\"; filename*=UTF-8''a%22__b",
    }


def test_a_head_says_what_a_get_would(door, blobs):
    file = store(blobs, SMALL)
    request = blobs.sign_get(file.digest, filename="a")
    answer = ask(door, request, method="HEAD")

    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers == ask(door, request).headers


def test_an_empty_blob_is_handed_out(door, blobs):
    file = store(blobs, b"")
    answer = ask(door, blobs.sign_get(file.digest, filename="a"))

    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "0")


def test_what_is_known_by_its_tag_is_not_sent_again(door, blobs):
    file = store(blobs, SMALL)
    answer = ask(door, blobs.sign_get(file.digest, filename="a"), if_none_match=f'"{file.digest[7:]}"')

    assert (answer.status, answer.body, answer.headers["content-length"]) == (304, b"", "0")


def test_a_range_beyond_the_end_says_how_long_the_blob_is(door, blobs):
    file = store(blobs, SMALL)
    answer = ask(door, blobs.sign_get(file.digest, filename="a"), range="bytes=5-")

    assert (answer.status, answer.headers["content-range"], answer.kind) == (416, "bytes */5", "RangeNotSatisfiable")


def test_an_absent_blob_is_not_found(door, blobs):
    answer = ask(door, blobs.sign_get(Digest("sha256:" + "0" * 64), filename="a"))

    assert (answer.status, answer.kind) == (404, "NotFound")


@pytest.mark.parametrize("method", ["POST", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_not_allowed(door, blobs, method):
    answer = ask(door, blobs.sign_put(file_of(SMALL)), method=method)

    assert (answer.status, answer.kind, answer.headers["allow"]) == (405, "MethodNotAllowed", "GET, HEAD, PUT")


def test_a_receiver_that_hangs_up_is_read_no_further(door, blobs, monkeypatch):
    content = bytes(20 * BATCH)
    file = store(blobs, content)
    answer = ask(door, blobs.sign_get(file.digest, filename="a"), GONE)

    assert len(answer.body) < 3 * BATCH


def test_a_blob_cut_short_while_it_is_sent_is_not_called_whole(door, blobs, tmp_path, caplog):
    content = bytes(3 * BATCH)
    file = store(blobs, content)
    reads: list[int] = []
    outgoing = blobs.hand_out

    class Shrinking:
        def hand_out(self, path: str, query: str) -> Any:
            found = outgoing(path, query)

            def open_and_cut() -> Any:
                reader = found.open()
                place(tmp_path, file.digest).chmod(0o600)
                with place(tmp_path, file.digest).open("r+b") as handle:
                    handle.truncate(BATCH)
                reads.append(reader.size)
                return reader

            return type(
                "Out", (), {"etag": found.etag, "filename": found.filename, "open": staticmethod(open_and_cut)}
            )()

    cutting = BlobDoor(Shrinking(), lambda *_: None)
    answer = ask(cutting, blobs.sign_get(file.digest, filename="a"))
    cutting.close()

    assert reads == [3 * BATCH]
    assert answer.headers["content-length"] == str(3 * BATCH)
    assert len(answer.body) == BATCH
    assert answer.sent[-1]["more_body"] is True
    assert "not sent to its end" in caplog.text
