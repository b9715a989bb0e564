"""Which bytes of a blob of 100 a request asks for."""

import pytest

from modelyard.serve.ranges import Slice, choose

WHOLE = Slice(200, 0, 100)
BEYOND = Slice(416)
TAG = '"abc"'


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (None, WHOLE),
        ("bytes=0-", Slice(206, 0, 100)),
        ("bytes=0-0", Slice(206, 0, 1)),
        ("bytes=10-19", Slice(206, 10, 10)),
        ("BYTES= 10-19 ", Slice(206, 10, 10)),
        ("bytes=99-", Slice(206, 99, 1)),
        ("bytes=90-1000", Slice(206, 90, 10)),
        ("bytes=-1", Slice(206, 99, 1)),
        ("bytes=-1000", Slice(206, 0, 100)),
        ("bytes=100-", BEYOND),
        ("bytes=100-200", BEYOND),
        ("bytes=-0", BEYOND),
        ("bytes=20-10", WHOLE),
        ("bytes=-", WHOLE),
        ("bytes=", WHOLE),
        ("bytes=a-b", WHOLE),
        ("bytes=1-2,3-4", WHOLE),
        ("bytes=٣-٤", WHOLE),
        ("lines=1-2", WHOLE),
        ("bytes=" + "9" * 5000 + "-", WHOLE),
    ],
)
def test_one_range_that_makes_sense_is_answered_and_all_else_with_the_whole(asked, expected):
    headers = {} if asked is None else {"range": asked}

    assert choose(headers, size=100, etag=TAG) == expected


@pytest.mark.parametrize("asked", ["bytes=0-", "bytes=-5", "bytes=0-0"])
def test_an_empty_blob_has_no_ranges(asked):
    assert choose({"range": asked}, size=0, etag=TAG) == BEYOND
    assert choose({}, size=0, etag=TAG) == Slice(200, 0, 0)


def test_a_range_of_another_version_is_answered_with_the_whole():
    asked = {"range": "bytes=0-0"}

    assert choose({**asked, "if-range": TAG}, size=100, etag=TAG) == Slice(206, 0, 1)
    assert choose({**asked, "if-range": '"old"'}, size=100, etag=TAG) == WHOLE
    assert choose({**asked, "if-range": f"W/{TAG}"}, size=100, etag=TAG) == WHOLE
    assert choose({**asked, "if-range": "Mon, 23 Nov 2026 05:00:00 GMT"}, size=100, etag=TAG) == WHOLE


@pytest.mark.parametrize("tags", [TAG, f"W/{TAG}", f'"other", {TAG}', "*"])
def test_a_version_that_is_known_is_not_sent(tags):
    assert choose({"if-none-match": tags, "range": "bytes=0-0"}, size=100, etag=TAG) == Slice(304)


def test_a_version_that_is_not_known_is_sent():
    assert choose({"if-none-match": '"other"'}, size=100, etag=TAG) == WHOLE
