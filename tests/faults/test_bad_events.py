"""Events that are unknown, repeated, out of order or malformed: nothing breaks, and nothing passes for done."""

import random

import pytest

from functions.notify.handler import handler as notify
from functions.relay.handler import handler as relay
from functions.verify.handler import handler as verify
from modelyard.domain.blobs import key_of
from modelyard.domain.digests import Digest
from tests.faults.invariants import check_all
from tests.faults.yard import by_digest, created, file_request, inserted, told
from tests.unit.fakes import digest_of

V = "/v1/models/churn/versions"
FILES = {"a.bin": b"a" * 20, "b.bin": b"b" * 20}
ULID = "01KAP4Q6Z8T5V3W9XENCHRNGGD"


@pytest.fixture
def churn(yard):
    assert yard.call("POST", "/v1/models", {"name": "churn"}).status == 201
    return yard


def sent(yard, number=1):
    """A version whose bytes are there, not completed yet."""
    made = yard.call("POST", V, {"files": [file_request(path, content) for path, content in FILES.items()]})
    yard.push("churn", number, made.body["uploads"], by_digest(FILES))


def state(yard, number=1):
    return yard.call("GET", f"{V}/{number}").body["state"]


HEX = "0" * 64
KEYS = [
    *("", "x", "blobs/", "blobs/sha256/", "blobs/sha256/x", f"blobs/sha512/{HEX}", f"blobs/sha256/{HEX}/x"),
    *(
        f"sha256/{HEX}",
        f"blobs/sha256:{HEX}",
        f"blobs/sha256/{HEX[:-1]}",
        f"blobs/sha256/{'A' * 64}",
        f"/blobs/sha256/{HEX}",
    ),
    *("../../etc/passwd", "blobs/../blobs/sha256/" + HEX, f"blobs/sha256/{HEX}\n", "é" * 1024, f"blobs/sha256%2F{HEX}"),
]


@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
def test_an_object_that_is_no_blob_of_ours_is_nobodys_concern(churn, key):
    before = churn.rows()
    assert verify(created(key), None, churn.ports) == {"digest": None, "proven": False}
    assert churn.rows() == before


@pytest.mark.parametrize("kind", ["sha256", "sha256-tree"])
def test_a_blob_that_storage_does_not_have_is_not_proven(churn, kind):
    before = churn.rows()
    digest = Digest(f"{kind}:{HEX}")
    assert verify(created(key_of(digest)), None, churn.ports) == {"digest": digest, "proven": False}
    assert churn.rows() == before


def test_hints_that_repeat_or_never_come_change_nothing_of_the_end(churn):
    sent(churn)
    hints = list(churn.hints)
    churn.hints.clear()
    for key in hints[:1] * 5:
        assert verify(created(key), None, churn.ports)["proven"]
    assert state(churn) == "uploading"
    churn.call("POST", f"{V}/1/complete")
    churn.pump()
    assert state(churn) == "ready"
    for key in hints * 2:
        assert verify(created(key), None, churn.ports)["proven"]
    check_all(churn)


def test_a_verdict_is_given_once_however_often_and_in_whatever_order_events_come(churn):
    for number in (1, 2):
        sent(churn, number)
        churn.call("POST", f"{V}/{number}/complete")
    while places := churn.stream.next():
        churn.wake("relay", inserted(places))
        churn.stream.done(places)
    asking = [event for event in churn.bus.waiting if event["type"] == "version.uploaded"]
    shuffled = asking * 4
    random.Random(7).shuffle(shuffled)
    answers = [verify(told(event), None, churn.ports) for event in shuffled]
    assert sorted(answer["state"] for answer in answers if answer["state"]) == ["ready", "ready"]
    churn.pump()
    check_all(churn)


def test_an_old_event_decides_nothing_about_what_happened_since(churn):
    churn.ready("churn", FILES)
    old = [event for event in churn.bus.published if event["type"] == "version.uploaded"]
    before = churn.rows()
    assert verify(told(old[0]), None, churn.ports) == {"version": 1, "state": None}
    assert churn.rows() == before


MALFORMED = [
    {},
    {"source": "aws.s3"},
    {"source": "aws.s3", "detail": None},
    {"source": "aws.s3", "detail": {}},
    {"source": "aws.s3", "detail": {"object": {}}},
    {"source": "aws.s3", "detail": {"object": {"key": 7}}},
    {"source": "aws.s3", "detail": {"object": {"key": None}}},
    {"source": "modelyard", "detail": {}},
    {"source": "modelyard", "detail": {"model": {"id": ULID}, "version": 1}},
    {"source": "modelyard", "detail": {"model": {"id": ULID}, "version": 1, "correlation_id": "c"}},
    {"source": "modelyard", "detail": {"model": {"id": "a/b"}, "version": 1, "correlation_id": "c"}},
    {"source": "modelyard", "detail": {"model": {"id": "churn"}, "version": None, "correlation_id": "c"}},
    {"source": "modelyard", "detail": {"model": {"id": "churn"}, "version": "one", "correlation_id": "c"}},
    {"source": "modelyard", "detail": "text"},
    {"source": "elsewhere", "detail": {"object": {"key": "x"}}},
]


@pytest.mark.parametrize("event", MALFORMED, ids=range(len(MALFORMED)))
def test_an_event_that_cannot_be_read_fails_and_so_becomes_a_dead_letter(churn, event):
    churn.ready("churn", FILES)
    before = churn.rows()
    with pytest.raises(Exception):  # noqa: B017, PT011  # whatever it is: Lambda tells the operator
        verify(event, None, churn.ports)
    assert churn.rows() == before


def test_a_version_that_is_not_there_needs_no_verdict(churn):
    detail = {"model": {"id": "churn"}, "version": 9, "correlation_id": "c"}
    assert verify({"source": "modelyard", "detail": detail}, None, churn.ports) == {"version": 9, "state": None}


BATCHES = [
    {},
    {"Records": [{}]},
    {"Records": [{"dynamodb": {}}]},
    {"Records": [{"dynamodb": {"Keys": {"pk": {"S": "MODEL#churn"}}}}]},
    {"Records": [{"dynamodb": {"Keys": {"pk": {"N": "1"}, "sk": {"N": "1"}}}}]},
    inserted([("MODEL#churn", "ENTRY#000000000001"), ("MODEL#churn", "ENTRY#000000000099")]),
    inserted([("MODEL#churn", "MODEL")]),
    inserted([("BLOB#" + digest_of(b"x"), "BLOB")]),
]


@pytest.mark.parametrize("batch", BATCHES, ids=range(len(BATCHES)))
def test_a_batch_of_the_stream_that_cannot_be_read_fails_as_a_whole(churn, batch):
    before = churn.rows()
    with pytest.raises(Exception):  # noqa: B017, PT011
        relay(batch, None, churn.ports)
    assert churn.rows() == before
    assert churn.bus.published == []
    churn.pump()
    check_all(churn)


def test_a_batch_that_comes_again_and_again_gives_each_entry_one_place(churn):
    churn.ready("churn", FILES)
    entries = [("MODEL#churn", f"ENTRY#{sequence:012d}") for sequence in (1, 2, 3, 4)]
    for _ in range(3):
        relay(inserted(entries[1:3]), None, churn.ports)
        relay(inserted(entries), None, churn.ports)
    churn.bus.waiting.clear()
    check_all(churn)


@pytest.mark.parametrize("event", [{}, {"detail": {}}, {"detail": {"type": "version.promoted"}}, {"detail": None}])
def test_news_that_cannot_be_read_fail_and_nobody_is_told(churn, event):
    with pytest.raises(Exception):  # noqa: B017, PT011
        notify(event, None, churn.ports)
    assert churn.topic.announced == []
