"""Blobs sent whole: what the one signed request allows, and what it does not."""

import base64
import hashlib
import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.client import HTTPConnection
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from modelyard.domain.blobs import key_of
from modelyard.domain.digests import MIN_PART, Digest
from modelyard.domain.errors import Invalid
from modelyard.domain.manifests import File
from modelyard.ports import Stat
from tests.contract.blob_stores import Differs, file_of, send

pytest_plugins = ["tests.contract.blob_fixtures"]

SIZE = 5_000
ANONYMOUS = {("altered", "X-Amz-Algorithm"), ("dropped", "X-Amz-Algorithm"), ("dropped", "X-Amz-Signature")}


@pytest.fixture
def content() -> bytes:
    return secrets.token_bytes(SIZE)


@pytest.fixture
def file(content) -> File:
    return file_of(content)


def other(content: bytes) -> bytes:
    """As many bytes, of which the last is another."""
    return content[:-1] + bytes([content[-1] ^ 1])


def changed(value: str) -> str:
    return value[:-1] + ("1" if value[-1:] != "1" else "2")


def test_an_absent_blob_has_no_stat(blobs, file):
    assert blobs.stat(file.digest) is None
    assert blobs.reread(file) is None
    with pytest.raises(FileNotFoundError):
        blobs.read(file.digest, 0, 10)


def test_a_sent_blob_is_vouched_for(blobs, file, content):
    answer = send(blobs.sign_put(file), content)

    assert answer.status == 200
    assert blobs.stat(file.digest) == Stat(SIZE, file.digest)
    assert blobs.reread(file) == Stat(SIZE, file.digest)
    assert blobs.read(file.digest, 0, SIZE) == content


def test_a_signed_put_says_what_to_send_and_until_when(blobs, file):
    request = blobs.sign_put(file)

    assert request.method == "PUT"
    assert request.headers["Content-Length"] == str(SIZE)
    assert request.headers["If-None-Match"] == "*"
    assert key_of(file.digest) in request.url
    left = request.expires_at.timestamp() - time.time()
    assert 3500 < left <= 3600


def test_an_empty_file_is_a_blob_like_any_other(blobs):
    file = file_of(b"")
    blobs.discard(file.digest)

    assert send(blobs.sign_put(file)).status == 200
    assert blobs.stat(file.digest) == blobs.reread(file) == Stat(0, file.digest)
    assert blobs.read(file.digest, 0, 10) == b""


def test_a_file_of_exactly_one_part_is_sent_whole(blobs):
    content = bytes(MIN_PART)
    file = file_of(content)

    assert send(blobs.sign_put(file), content).status == 200
    assert blobs.stat(file.digest) == blobs.reread(file) == Stat(MIN_PART, file.digest)


def test_a_file_of_several_parts_cannot_be_signed_whole(blobs):
    with pytest.raises(Invalid):
        blobs.sign_put(File("a", MIN_PART + 1, Digest("sha256-tree:" + "0" * 64), ("0" * 64, "1" * 64)))


def test_wrong_bytes_are_refused_and_nothing_is_kept(blobs, file, content):
    assert send(blobs.sign_put(file), other(content)).status == 400
    assert blobs.stat(file.digest) is None


def test_a_digest_that_lies_takes_no_bytes_at_all(blobs, content):
    lie = File("model.bin", SIZE, Digest("sha256:" + "0" * 64))

    assert send(blobs.sign_put(lie), content).status == 400
    assert blobs.stat(lie.digest) is None


@pytest.mark.parametrize("length", [SIZE - 1, SIZE + 1, 0])
def test_another_length_is_refused_and_nothing_is_kept(blobs, file, content, length):
    body = (content + b"more")[:length]

    answer = send(blobs.sign_put(file), body, more={"Content-Length": str(length)})

    assert answer.status in {400, 403}
    assert blobs.stat(file.digest) is None


def test_a_body_without_a_length_is_refused(blobs, file, content):
    request = blobs.sign_put(file)
    headers = {name: value for name, value in request.headers.items() if name != "Content-Length"}
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(content), content)

    assert send(request, headers=headers).status in {400, 403, 411}
    assert send(request, chunked, headers=headers | {"Transfer-Encoding": "chunked"}).status in {400, 403, 411}
    assert blobs.stat(file.digest) is None


def test_a_body_that_breaks_off_leaves_nothing(blobs, file, content):
    request = blobs.sign_put(file)
    parts = urlsplit(request.url)
    connection = HTTPConnection(parts.hostname, parts.port, timeout=60)
    connection.putrequest("PUT", f"{parts.path}?{parts.query}")
    for name, value in request.headers.items():
        connection.putheader(name, value)
    connection.endheaders(content[:-1])
    time.sleep(0.2)
    connection.close()
    time.sleep(0.2)

    assert blobs.stat(file.digest) is None
    assert send(request, content).status == 200


def test_every_header_of_a_signed_put_is_needed_as_it_is(blobs, file, content):
    request = blobs.sign_put(file)
    for name in request.headers:
        without = {each: value for each, value in request.headers.items() if each != name}
        body = content if "Content-Length" in without else b""
        assert send(request, body, headers=without).status in {400, 403, 411}, name
        if name != "Content-Length":
            wrong = request.headers | {name: changed(request.headers[name])}
            assert send(request, content, headers=wrong).status in {400, 403}, name
    assert blobs.stat(file.digest) is None


def test_no_other_bytes_can_be_sent_with_their_own_checksum(blobs, file, content):
    """The checksum is part of the signature, so a header that fits other bytes is refused."""
    wrong = other(content)
    checksum = base64.b64encode(hashlib.sha256(wrong).digest()).decode()

    assert send(blobs.sign_put(file), wrong, more={"x-amz-checksum-sha256": checksum}).status in {400, 403}
    assert blobs.stat(file.digest) is None


def test_every_field_of_a_link_is_needed_as_it_is(store, blobs, file, content):
    request = blobs.sign_put(file)
    base, _, query = request.url.partition("?")
    fields = dict(parse_qsl(query))
    for name, value in fields.items():
        for how, altered in (
            ("altered", fields | {name: changed(value)}),
            ("dropped", {each: given for each, given in fields.items() if each != name}),
        ):
            answer = send(request, content, url=f"{base}?{urlencode(altered)}")
            if (how, name) in ANONYMOUS and store.differs(Differs.TAKES_ANONYMOUS):
                assert answer.status == 200, (how, name)
                blobs.discard(file.digest)
                continue
            assert answer.status in {400, 403}, (how, name)
            assert blobs.stat(file.digest) is None, (how, name)


def test_a_link_opens_no_other_blob(blobs, file, content):
    request = blobs.sign_put(file)
    another = file_of(other(content))
    url = request.url.replace(key_of(file.digest), key_of(another.digest))

    assert url != request.url
    assert send(request, other(content), url=url).status == 403
    assert blobs.stat(another.digest) is None


@pytest.mark.parametrize(
    "path", ["blobs/sha256/../../secret", "blobs/sha256/%2e%2e%2fsecret", "blobs/sha256/", "secret"]
)
def test_a_link_leads_nowhere_else(blobs, file, content, path):
    request = blobs.sign_put(file)
    url = request.url.replace(key_of(file.digest), path)

    assert url != request.url
    assert 400 <= send(request, content, url=url).status < 500


def test_a_link_is_for_one_method(blobs, file, content):
    put, get = blobs.sign_put(file), blobs.sign_get(file.digest, filename="a")

    assert send(get, content, method="PUT", headers=put.headers).status == 403
    assert blobs.stat(file.digest) is None
    assert send(put, content).status == 200
    assert send(put, method="GET", headers={}).status == 403
    assert send(put, method="DELETE", headers={}).status in {403, 405}
    assert send(get, method="DELETE").status in {403, 405}
    assert blobs.stat(file.digest) is not None


def test_a_link_is_worth_nothing_once_expired(store, blobs, file, content):
    brief = store.blobs(timedelta(seconds=1))
    stored = file_of(other(content))
    assert send(blobs.sign_put(stored), other(content)).status == 200
    put, get = brief.sign_put(file), brief.sign_get(stored.digest, filename="a")
    time.sleep(max(put.expires_at, get.expires_at).timestamp() - time.time() + 1.1)

    assert send(put, content).status == 403
    assert send(get).status == 403
    assert blobs.stat(file.digest) is None


def test_a_second_write_is_refused_and_changes_nothing(blobs, file, content):
    request = blobs.sign_put(file)
    assert send(request, content).status == 200

    assert send(request, content).status == 412
    assert send(blobs.sign_put(file), content).status == 412
    assert send(request, other(content)).status in {400, 412}
    assert blobs.reread(file) == Stat(SIZE, file.digest)


def test_of_many_writers_of_one_blob_one_succeeds(blobs):
    content = secrets.token_bytes(1024**2)
    file = file_of(content)
    request = blobs.sign_put(file)
    start = threading.Barrier(6)

    def write(_: int) -> int:
        start.wait()
        return send(request, content).status

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(write, range(6)))

    assert statuses.count(200) == 1, statuses
    assert set(statuses) <= {200, 409, 412}, statuses
    assert blobs.reread(file) == Stat(len(content), file.digest)


def test_a_wrong_writer_never_beats_a_right_one(blobs):
    content = secrets.token_bytes(1024**2)
    file = file_of(content)
    request = blobs.sign_put(file)
    start = threading.Barrier(4)

    def write(body: bytes) -> int:
        start.wait()
        return send(request, body).status

    with ThreadPoolExecutor(4) as pool:
        right, *wrong = pool.map(write, [content, other(content), other(content), other(content)])

    assert right == 200
    assert set(wrong) <= {400, 409, 412}
    assert blobs.reread(file) == Stat(len(content), file.digest)
