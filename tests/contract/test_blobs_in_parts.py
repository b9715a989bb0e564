"""Blobs of several parts: sent in any order, resumed, made one, and never anything but what the digest says."""

import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.client import HTTPConnection
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from modelyard.domain.digests import MIN_PART, Digest, part_count
from modelyard.domain.errors import Invalid
from modelyard.domain.manifests import File
from modelyard.ports import Stat
from tests.contract.blob_stores import HOUR, Differs, file_of, part_of, send, send_parts

pytest_plugins = ["tests.contract.blob_fixtures"]

ANONYMOUS = {("altered", "X-Amz-Algorithm"), ("dropped", "X-Amz-Algorithm"), ("dropped", "X-Amz-Signature")}


@pytest.fixture
def content(small_parts) -> bytes:
    """Two parts, of which the second has 3 bytes."""
    return secrets.token_bytes(8) + bytes(small_parts - 8) + secrets.token_bytes(3)


@pytest.fixture
def file(content) -> File:
    return file_of(content)


def other(body: bytes) -> bytes:
    return body[:-1] + bytes([body[-1] ^ 1])


def changed(value: str) -> str:
    return value[:-1] + ("1" if value[-1:] != "1" else "2")


def test_a_file_of_one_part_and_a_byte_is_sent_in_two(blobs):
    """With the parts' real size."""
    content = bytes(MIN_PART) + b"\n"
    file = file_of(content)
    upload = send_parts(blobs, file, content)

    assert part_count(file.size) == 2
    assert blobs.finish(file, upload)
    assert blobs.stat(file.digest) == blobs.reread(file) == Stat(MIN_PART + 1, file.digest)
    assert blobs.read(file.digest, MIN_PART - 1, 10) == b"\0\n"


def test_nothing_is_there_until_the_parts_are_one(blobs, file, content):
    upload = send_parts(blobs, file, content)
    assert blobs.stat(file.digest) is None

    assert blobs.finish(file, upload)
    assert blobs.stat(file.digest) == blobs.reread(file) == Stat(len(content), file.digest)
    assert send(blobs.sign_get(file.digest, filename="a")).body == content


def test_parts_may_come_in_any_order(blobs, file, content):
    upload = send_parts(blobs, file, content, 2, 1)

    assert blobs.finish(file, upload)
    assert blobs.reread(file) == Stat(len(content), file.digest)


def test_the_parts_received_are_listed(blobs, file, content):
    upload = blobs.begin(file)
    assert blobs.parts(file, upload) == frozenset()
    send_parts(blobs, file, content, 2)
    assert blobs.parts(file, upload) == {2}
    send_parts(blobs, file, content, 1)
    assert blobs.parts(file, upload) == {1, 2}


def test_an_upload_is_begun_once(store, blobs, file):
    upload = blobs.begin(file)

    assert blobs.begin(file) == upload
    assert store.blobs(HOUR).begin(file) == upload


def test_uploads_begun_at_once_are_one(store, file, content):
    start = threading.Barrier(4)

    def begin(_: int) -> str:
        blobs = store.blobs(HOUR)
        start.wait()
        return blobs.begin(file)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(begin, range(4)))
    blobs = store.blobs(HOUR)
    settled = blobs.begin(file)

    assert blobs.begin(file) == settled
    assert send_parts(blobs, file, content) == settled
    assert blobs.finish(file, settled)


def test_wrong_bytes_of_a_part_are_refused(blobs, file, content):
    upload = blobs.begin(file)
    for number in (1, 2):
        assert send(blobs.sign_part(file, upload, number), other(part_of(content, number))).status == 400
    assert blobs.parts(file, upload) == frozenset()


@pytest.mark.parametrize("length", [2, 4, 0])
def test_another_length_of_a_part_is_refused(blobs, file, content, length):
    upload = blobs.begin(file)
    body = (part_of(content, 2) + b"m")[:length]
    answer = send(blobs.sign_part(file, upload, 2), body, more={"Content-Length": str(length)})

    assert answer.status in {400, 403}
    assert blobs.parts(file, upload) == frozenset()


def test_a_part_has_no_link_beyond_the_last(blobs, file):
    upload = blobs.begin(file)
    for number in (-1, 0, 3):
        with pytest.raises(Invalid):
            blobs.sign_part(file, upload, number)


def test_every_header_of_a_signed_part_is_needed_as_it_is(blobs, file, content):
    upload = blobs.begin(file)
    request, body = blobs.sign_part(file, upload, 2), part_of(content, 2)
    for name in request.headers:
        without = {each: value for each, value in request.headers.items() if each != name}
        rest = body if "Content-Length" in without else b""
        assert send(request, rest, headers=without).status in {400, 403, 411}, name
        if name != "Content-Length":
            wrong = request.headers | {name: changed(request.headers[name])}
            assert send(request, body, headers=wrong).status in {400, 403}, name
    assert blobs.parts(file, upload) == frozenset()


def test_every_field_of_a_part_s_link_is_needed_as_it_is(store, blobs, file, content):
    upload = blobs.begin(file)
    request, body = blobs.sign_part(file, upload, 2), part_of(content, 2)
    base, _, query = request.url.partition("?")
    fields = dict(parse_qsl(query))
    for name, value in fields.items():
        for how, altered in (
            ("altered", fields | {name: changed(value)}),
            ("dropped", {each: given for each, given in fields.items() if each != name}),
        ):
            status = send(request, body, url=f"{base}?{urlencode(altered)}").status
            if (how, name) in ANONYMOUS and store.differs(Differs.TAKES_ANONYMOUS):
                assert status == 200, (how, name)
            else:
                assert status in {400, 403, 404}, (how, name)
                if not store.differs(Differs.TAKES_ANONYMOUS):
                    assert blobs.parts(file, upload) == frozenset(), (how, name)


def test_a_part_s_link_is_worth_nothing_once_expired(store, blobs, file, content):
    upload = blobs.begin(file)
    request = store.blobs(timedelta(seconds=1)).sign_part(file, upload, 2)
    time.sleep(request.expires_at.timestamp() - time.time() + 1.1)

    assert send(request, part_of(content, 2)).status == 403
    assert blobs.parts(file, upload) == frozenset()


def test_a_part_sent_again_stays_as_it_is(blobs, file, content):
    upload = send_parts(blobs, file, content)
    request = blobs.sign_part(file, upload, 2)

    assert send(request, part_of(content, 2)).status == 200
    # The disk's door does not look at bytes that it has no use for.
    assert send(request, other(part_of(content, 2))).status in {200, 400}
    assert blobs.parts(file, upload) == {1, 2}
    assert blobs.finish(file, upload)
    assert blobs.reread(file) == Stat(len(content), file.digest)


def test_a_link_replayed_after_the_end_changes_nothing(blobs, file, content):
    upload = blobs.begin(file)
    requests = [blobs.sign_part(file, upload, number) for number in (1, 2)]
    send_parts(blobs, file, content)
    assert blobs.finish(file, upload)

    for number, request in enumerate(requests, start=1):
        assert send(request, part_of(content, number)).status == 404
        assert send(request, other(part_of(content, number))).status in {400, 404}
    assert blobs.reread(file) == Stat(len(content), file.digest)


def test_an_interrupted_upload_goes_on_where_it_was(store, blobs, file, content):
    upload = send_parts(blobs, file, content, 2)
    _break_off(blobs.sign_part(file, upload, 1), part_of(content, 1)[:-1])
    again = store.blobs(HOUR)

    assert again.parts(file, again.begin(file)) == {2}
    assert not again.finish(file, upload)
    _until(lambda: send(again.sign_part(file, upload, 1), part_of(content, 1)).status == 200)
    assert again.finish(file, upload)
    assert again.reread(file) == Stat(len(content), file.digest)


def _break_off(request, body: bytes) -> None:
    parts = urlsplit(request.url)
    connection = HTTPConnection(parts.hostname, parts.port, timeout=60)
    connection.putrequest("PUT", f"{parts.path}?{parts.query}")
    for name, value in request.headers.items():
        connection.putheader(name, value)
    connection.endheaders(body)
    connection.close()


def _until(done) -> None:
    """Wait for storage to notice that somebody hung up."""
    deadline = time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_upload_is_not_finished_without_all_its_parts(blobs, file, content):
    upload = blobs.begin(file)
    assert not blobs.finish(file, upload)
    send_parts(blobs, file, content, 1)
    assert not blobs.finish(file, upload)

    assert blobs.parts(file, upload) == {1}
    assert blobs.stat(file.digest) is None


def test_finishing_twice_is_finishing_once(blobs, file, content):
    upload = send_parts(blobs, file, content)

    assert blobs.finish(file, upload)
    assert blobs.finish(file, upload)
    assert blobs.parts(file, upload) == frozenset()


def test_finishing_at_once_is_finishing_once(store, file, content):
    upload = send_parts(store.blobs(HOUR), file, content)
    start = threading.Barrier(4)

    def finish(_: int) -> bool:
        blobs = store.blobs(HOUR)
        start.wait()
        return blobs.finish(file, upload)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(finish, range(4)))
    assert store.blobs(HOUR).reread(file) == Stat(len(content), file.digest)


def test_an_unknown_upload_is_gone(blobs, file, content):
    upload = send_parts(blobs, file, content)
    unknown = changed(upload)

    assert blobs.parts(file, unknown) == frozenset()
    assert not blobs.finish(file, unknown)
    assert blobs.finish(file, upload)
    assert blobs.finish(file, unknown)


def test_what_is_there_is_not_overwritten(blobs, file, content):
    assert blobs.finish(file, send_parts(blobs, file, content))

    second = send_parts(blobs, file, content)
    assert blobs.finish(file, second)
    assert blobs.parts(file, second) == frozenset()
    assert blobs.reread(file) == Stat(len(content), file.digest)


def test_an_upload_of_what_is_there_needs_no_parts(blobs, file, content):
    assert blobs.finish(file, send_parts(blobs, file, content))

    assert blobs.finish(file, blobs.begin(file))
    assert blobs.reread(file) == Stat(len(content), file.digest)


def test_after_a_discard_the_parts_are_sent_anew(store, blobs, file, content):
    assert blobs.finish(file, send_parts(blobs, file, content))
    blobs.discard(file.digest)

    upload = blobs.begin(file)
    assert blobs.parts(file, upload) == frozenset()
    assert not blobs.finish(file, upload)
    assert blobs.finish(file, send_parts(blobs, file, content))
    assert blobs.reread(file) == Stat(len(content), file.digest)
    assert store.aside(file.digest) == [content]


def test_after_a_removal_the_parts_are_sent_anew(blobs, file, content):
    assert blobs.finish(file, send_parts(blobs, file, content))
    blobs.remove(file.digest)

    assert not blobs.finish(file, blobs.begin(file))
    assert blobs.finish(file, send_parts(blobs, file, content))
    assert blobs.reread(file) == Stat(len(content), file.digest)


def test_a_digest_that_its_parts_do_not_make_never_comes_to_be(blobs, file, content):
    lie = File(file.path, file.size, Digest("sha256-tree:" + secrets.token_hex(32)), file.parts)
    upload = send_parts(blobs, lie, content)

    assert not blobs.finish(lie, upload)
    assert blobs.stat(lie.digest) is None
    assert blobs.stat(file.digest) is None


def test_a_size_that_lies_stops_nobody_who_does_not(blobs, file, content):
    """Digest and parts are right but the size is not: no part of the lie may count for the truth."""
    lie = File(file.path, file.size - 1, file.digest, file.parts)
    upload = blobs.begin(lie)
    assert send(blobs.sign_part(lie, upload, 2), part_of(content, 2)[:-1]).status == 400
    send(blobs.sign_part(lie, upload, 1), part_of(content, 1))

    assert not blobs.finish(lie, upload)
    assert blobs.finish(file, send_parts(blobs, file, content))
    assert blobs.reread(file) == Stat(len(content), file.digest)


def test_writers_of_one_part_at_once_end_with_the_right_bytes(blobs, file, content):
    upload = send_parts(blobs, file, content, 2)
    request, body = blobs.sign_part(file, upload, 1), part_of(content, 1)
    start = threading.Barrier(4)

    def write(some: bytes) -> int:
        start.wait()
        return send(request, some).status

    with ThreadPoolExecutor(4) as pool:
        right, again, *wrong = pool.map(write, [body, body, other(body), other(body)])

    assert {right, again} <= {200, 503}
    assert set(wrong) <= {200, 400, 503}
    if 1 not in blobs.parts(file, upload):
        assert send(request, body).status == 200
    assert blobs.finish(file, upload)
    assert blobs.reread(file) == Stat(len(content), file.digest)


def test_what_was_spoiled_is_set_aside_and_replaced(store, blobs, file, content):
    """Somebody wrote other bytes in a blob's place: sending it again heals it."""
    assert blobs.finish(file, send_parts(blobs, file, content))
    store.spoil(file.digest, other(content))
    assert blobs.stat(file.digest) == blobs.reread(file) != Stat(len(content), file.digest)

    assert blobs.finish(file, send_parts(blobs, file, content))
    assert blobs.stat(file.digest) == blobs.reread(file) == Stat(len(content), file.digest)
    assert other(content) in store.aside(file.digest)
