"""Right requests at the wrong moment: twice, too early, too late, or at the same time as somebody else's."""

import threading

import pytest

from tests.faults.invariants import check_all
from tests.faults.yard import by_digest, file_request

V = "/v1/models/churn/versions"
FILES = {"a.bin": b"a" * 20, "b.bin": b"b" * 20, "big.bin": b"0123456789" * 8}


@pytest.fixture
def churn(yard, small_parts):
    assert yard.call("POST", "/v1/models", {"name": "churn"}).status == 201
    return yard


def manifest():
    return {"files": [file_request(path, content) for path, content in FILES.items()]}


def register(yard, number):
    made = yard.call("POST", V, manifest())
    assert (made.status, made.body["version"]["version"]) == (201, number)
    return made.body["uploads"]


def complete(yard, number, **how):
    return yard.call("POST", f"{V}/{number}/complete", **how)


def state(yard, number):
    return yard.call("GET", f"{V}/{number}").body["state"]


def events_of(yard, number):
    page = yard.call("GET", "/v1/models/churn/history", query={"version": str(number)})
    return [event["type"].removeprefix("version.") for event in page.body["items"]]


def test_a_version_completed_twice_is_verified_once(churn):
    churn.push("churn", 1, register(churn, 1), by_digest(FILES))
    assert [complete(churn, 1).status for _ in range(3)] == [202, 202, 202]
    churn.pump()
    assert (complete(churn, 1).body["state"], state(churn, 1)) == ("ready", "ready")
    assert events_of(churn, 1) == ["registered", "uploaded", "verified"]
    check_all(churn)


def test_a_version_completed_before_its_bytes_says_what_is_missing_and_can_be_completed_later(churn):
    uploads = register(churn, 1)
    refused = complete(churn, 1)
    assert (refused.status, refused.body["kind"]) == (409, "UploadIncomplete")
    assert refused.body["facts"] == {"missing": ["a.bin", "b.bin", "big.bin"], "count": 3}
    sent = [upload for upload in uploads["items"] if upload["part"] != 2]
    churn.push("churn", 1, {"items": sent, "next": None}, by_digest(FILES))
    assert complete(churn, 1).body["facts"] == {"missing": ["big.bin"], "count": 1}
    left = churn.call("GET", f"{V}/1/uploads").body
    assert [upload["part"] for upload in left["items"]] == [2]
    churn.push("churn", 1, left, by_digest(FILES))
    assert complete(churn, 1).status == 202
    churn.pump()
    assert state(churn, 1) == "ready"
    check_all(churn)


def test_a_refused_completion_does_not_use_up_its_key(churn):
    headers = {"idempotency-key": "k"}
    uploads = register(churn, 1)
    assert complete(churn, 1, headers=headers).status == 409
    churn.push("churn", 1, uploads, by_digest(FILES))
    assert complete(churn, 1, headers=headers).status == 202


@pytest.mark.parametrize("swept", [False, True])
def test_a_version_completed_after_its_upload_expired_is_gone(churn, swept):
    uploads = register(churn, 1)
    churn.push("churn", 1, uploads, by_digest(FILES))
    churn.clock.advance(days=8)
    if swept:
        assert churn.sweep()["expired"] == 1
    for answer in (complete(churn, 1), churn.call("GET", f"{V}/1/uploads")):
        assert (answer.status, answer.body["code"], answer.body["kind"]) == (410, "gone", "UploadExpired")
    assert churn.call("POST", f"{V}/1/transitions", {"stage": "staging"}).status == 409
    assert churn.call("POST", f"{V}/1/verify").status == 409
    churn.sweep()
    churn.pump()
    assert (state(churn, 1), events_of(churn, 1)) == ("rejected", ["registered", "expired"])
    assert register(churn, 2)["items"] == []  # the bytes came after all, and are good for another version
    assert complete(churn, 2).status == 202
    churn.pump()
    assert state(churn, 2) == "ready"
    check_all(churn)


def test_a_version_that_is_not_ready_cannot_be_used(churn):
    churn.push("churn", 1, register(churn, 1), by_digest(FILES))
    for expected in ("uploading", "verifying"):
        assert state(churn, 1) == expected
        refused = churn.call("GET", "/v1/resolve", query={"ref": "churn/1"})
        assert (refused.status, refused.body["kind"], refused.body["facts"]["state"]) == (
            409,
            "VersionNotReady",
            expected,
        )
        refused = churn.call("POST", f"{V}/1/transitions", {"stage": "production"})
        assert (refused.status, refused.body["kind"]) == (409, "TransitionRefused")
        (unmet,) = [each for each in refused.body["facts"]["requirements"] if not each["held"]]
        assert unmet == {"name": "version_ready", "held": False, "expected": "ready", "actual": expected}
        assert all(file["download"] is None for file in churn.call("GET", f"{V}/1/files").body["items"])
        complete(churn, 1)
    assert churn.call("POST", f"{V}/1/verify").status == 202  # its proof is under way


def test_bytes_sent_twice_or_by_two_are_kept_once(churn):
    uploads = register(churn, 1)
    again = register(churn, 2)
    for page in (uploads, again, uploads):
        for upload in page["items"]:
            churn.put(upload, by_digest(FILES)[upload["digest"]])
    assert churn.call("GET", f"{V}/2/uploads").body["items"] == []
    for number in (2, 1):
        assert complete(churn, number).status == 202
    churn.pump()
    assert (state(churn, 1), state(churn, 2)) == ("ready", "ready")
    check_all(churn)


def test_two_pushes_of_the_same_files_at_once_both_arrive(churn):
    """Eight clients push the same manifest, each in its own thread, and send whatever they are told to send."""
    failures = []
    together = threading.Barrier(8)

    def push(client):
        try:
            together.wait()
            made = churn.insist("POST", V, manifest(), headers={"idempotency-key": f"{client}"})
            number = made.body["version"]["version"]
            churn.push("churn", number, made.body["uploads"], by_digest(FILES))
            assert churn.insist("POST", f"{V}/{number}/complete").status == 202
        except BaseException as error:  # noqa: BLE001  # told below, by the thread that pytest hears
            failures.append(error)

    clients = [threading.Thread(target=push, args=(client,)) for client in range(8)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert failures == []
    churn.pump()
    versions = churn.call("GET", V).body["items"]
    assert [(version["version"], version["state"]) for version in versions] == [(n, "ready") for n in range(8, 0, -1)]
    assert len({version["digest"] for version in versions}) == 1
    check_all(churn)


def test_proof_asked_for_twice_is_given_once(churn):
    churn.push("churn", 1, register(churn, 1), by_digest(FILES))
    complete(churn, 1)
    churn.pump()
    assert [churn.call("POST", f"{V}/1/verify").status for _ in range(3)] == [202, 202, 202]
    churn.pump()
    found = churn.call("GET", f"{V}/1").body
    assert (found["proof"], found["proof_pending"]) == ("bytes", False)
    assert events_of(churn, 1) == ["registered", "uploaded", "verified", "challenged", "verified"]
    check_all(churn)


def test_a_version_is_rejected_while_it_is_in_production_and_comes_back_when_its_bytes_do(churn):
    churn.push("churn", 1, register(churn, 1), by_digest(FILES))
    complete(churn, 1)
    churn.pump()
    churn.call("POST", f"{V}/1/transitions", {"stage": "production"})
    churn.lose(FILES["a.bin"])
    churn.call("POST", f"{V}/1/verify")
    churn.pump()
    assert churn.call("GET", "/v1/resolve", query={"ref": "churn/production"}).status == 409
    churn._lying(FILES["a.bin"]).write_bytes(FILES["a.bin"])
    churn.call("POST", f"{V}/1/verify")
    churn.pump()
    assert churn.call("GET", "/v1/resolve", query={"ref": "churn/production"}).body["version"]["proof"] == "bytes"
    check_all(churn)
