"""Blobs handed out, read by range, read again for proof, and taken out of use."""

import secrets

import pytest

from modelyard.ports import Stat
from tests.contract.blob_stores import HOUR, Differs, file_of, send

pytest_plugins = ["tests.contract.blob_fixtures"]

SIZE = 3_000
NAMES = {
    "model.bin": ('filename="model.bin"', "filename*=UTF-8''model.bin"),
    "folder/model.bin": ('filename="model.bin"', "filename*=UTF-8''model.bin"),
    'say "hi".bin': ('filename="say _hi_.bin"', "filename*=UTF-8''say%20%22hi%22.bin"),
    "line\r\nSet-Cookie: a=b": ('filename="line__Set-Cookie: a=b"', "filename*=UTF-8''line__Set-Cookie%3A%20a%3Db"),
    "żółw 模型.bin": ('filename="___w __.bin"', "filename*=UTF-8''%C5%BC%C3%B3%C5%82w%20%E6%A8%A1%E5%9E%8B.bin"),
    "right\u202eto-left": ('filename="right_to-left"', "filename*=UTF-8''right_to-left"),
    "50%; a=b": ('filename="50_; a=b"', "filename*=UTF-8''50%25%3B%20a%3Db"),
    "broken \udcff": ('filename="broken _"', "filename*=UTF-8''broken%20_"),
    "..": ('filename="file"', "filename*=UTF-8''file"),
}


@pytest.fixture
def content() -> bytes:
    return secrets.token_bytes(SIZE)


@pytest.fixture
def file(blobs, content):
    """A blob that is stored."""
    file = file_of(content)
    assert send(blobs.sign_put(file), content).status == 200
    return file


def test_a_signed_get_hands_out_every_byte(blobs, file, content):
    request = blobs.sign_get(file.digest, filename="model.bin")
    answer = send(request)

    assert (request.method, dict(request.headers)) == ("GET", {})
    assert answer.status == 200
    assert answer.body == content
    assert answer.headers["content-length"] == str(SIZE)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["cache-control"] == "private, no-store, no-transform"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["etag"].strip('"')


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_whatever_its_name_a_file_is_an_attachment(blobs, file, name):
    disposition = send(blobs.sign_get(file.digest, filename=name)).headers["content-disposition"]

    assert disposition == "; ".join(("attachment", *NAMES[name]))


def test_a_name_longer_than_file_systems_take_is_cut(blobs, file):
    disposition = send(blobs.sign_get(file.digest, filename="ü" * 1000)).headers["content-disposition"]

    assert disposition.count("%C3%BC") == 127


@pytest.mark.parametrize(
    ("asked", "span"),
    [
        ("0-0", (0, 0)),
        ("10-19", (10, 19)),
        ("2990-", (2990, 2999)),
        ("-5", (2995, 2999)),
        ("100-99999", (100, 2999)),
        ("-99999", (0, 2999)),
    ],
)
def test_one_range_is_answered_with_just_it(blobs, file, content, asked, span):
    first, last = span
    answer = send(blobs.sign_get(file.digest, filename="a"), more={"Range": f"bytes={asked}"})

    assert answer.status == 206
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{SIZE}"
    assert answer.body == content[first : last + 1]


@pytest.mark.parametrize("asked", ["3000-", "3000-3001", "-0"])
def test_a_range_beyond_the_end_is_refused(blobs, file, asked):
    answer = send(blobs.sign_get(file.digest, filename="a"), more={"Range": f"bytes={asked}"})

    assert answer.status == 416


def test_several_ranges_are_answered_with_the_whole(store, blobs, file, content):
    answer = send(blobs.sign_get(file.digest, filename="a"), more={"Range": "bytes=1-2,5-6"})

    if store.differs(Differs.FIRST_OF_RANGES):
        assert (answer.status, answer.body) == (206, content[1:3])
    else:
        assert (answer.status, answer.body) == (200, content)


def test_an_absent_blob_is_not_found(blobs):
    assert send(blobs.sign_get(file_of(secrets.token_bytes(9)).digest, filename="a")).status == 404


@pytest.mark.parametrize(("offset", "length"), [(0, 1), (0, SIZE), (SIZE - 3, 100), (SIZE, 10), (SIZE + 5, 1), (7, 0)])
def test_bytes_are_read_by_range(blobs, file, content, offset, length):
    assert blobs.read(file.digest, offset, length) == content[offset : offset + length]


def test_a_discarded_blob_is_gone_but_kept_aside(store, blobs, file, content):
    blobs.discard(file.digest)

    assert blobs.stat(file.digest) is None
    assert blobs.reread(file) is None
    assert send(blobs.sign_get(file.digest, filename="a")).status == 404
    assert store.aside(file.digest) == [content]


def test_discarding_what_is_absent_is_no_error(blobs, file):
    blobs.discard(file.digest)
    blobs.discard(file.digest)

    assert blobs.stat(file.digest) is None


def test_a_discarded_blob_can_be_sent_again(blobs, file, content):
    blobs.discard(file.digest)

    assert send(blobs.sign_put(file), content).status == 200
    assert blobs.stat(file.digest) == Stat(SIZE, file.digest)


def test_a_removed_blob_is_gone_and_can_be_sent_again(blobs, file, content):
    blobs.remove(file.digest)

    assert blobs.stat(file.digest) is None
    assert blobs.reread(file) is None
    assert send(blobs.sign_get(file.digest, filename="a")).status == 404
    with pytest.raises(FileNotFoundError):
        blobs.read(file.digest, 0, 1)
    assert send(blobs.sign_put(file), content).status == 200
    assert blobs.stat(file.digest) == Stat(SIZE, file.digest)


def test_removing_what_is_absent_is_no_error(blobs, file):
    blobs.remove(file.digest)
    blobs.remove(file.digest)
    blobs.remove(file_of(secrets.token_bytes(9)).digest)

    assert blobs.stat(file.digest) is None


def test_storage_keeps_of_a_removed_blob_what_it_keeps_of_anything(store, blobs, file, content):
    """A disk nothing; a bucket, which is versioned, a noncurrent version for as long as its lifecycle says."""
    blobs.remove(file.digest)

    assert store.aside(file.digest) == ([] if store.name == "disk" else [content])


@pytest.mark.parametrize("length", [0, 10, SIZE, SIZE + 1])
def test_bytes_changed_behind_our_back_are_told_as_they_are(store, blobs, file, length):
    """Cut short, swapped for as many, or grown: neither `stat` nor `reread` vouches for the old digest."""
    changed = secrets.token_bytes(length)
    store.spoil(file.digest, changed)
    truth = Stat(length, file_of(changed).digest)

    assert blobs.reread(file) == truth
    assert blobs.stat(file.digest) == truth
    assert store.blobs(HOUR).stat(file.digest) == truth


def test_a_copy_that_storage_has_no_checksum_of_is_read_for_proof(store, blobs, file, content):
    """Restored from somewhere, say: the bytes are right, but nobody checked them on their way in."""
    blobs.discard(file.digest)
    store.spoil(file.digest, content)

    assert blobs.stat(file.digest) == Stat(SIZE, file.digest)
    assert blobs.stat(file.digest) == Stat(SIZE, file.digest)
