"""Signatures and provenance that are kept with versions: what they are said to be worth, and what becomes of them."""

import json
from dataclasses import replace

import pytest

from modelyard.domain.journal import find_break
from tests.faults.vouched import FILES, FOREIGN, SIGNED, V, attest, attested, built, listed, tampered, trust
from tests.faults.yard import Yard, created, embedded_yard
from tests.schemas import check_event

SCHEDULED = {"source": "aws.events", "id": "hourly"}
DEEP = b"[" * 100_000
NO_BUNDLES = {
    "nothing that is JSON": b"\x00\xff",
    "deep": DEEP,
    "deep within": b'{"mediaType": ' + DEEP + b"]" * 100_000 + b"}",
    "a list": b"[]",
    "a key twice": b'{"mediaType": 1, "mediaType": 2}',
    "no bundle": b'{"mediaType": "text/plain"}',
    "wrong types": b'{"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "dsseEnvelope": [1]}',
    "another kind": json.dumps({**json.loads(SIGNED), "verificationMaterial": 7}).encode(),
}


@pytest.fixture
def yard(quick_folder):
    with embedded_yard(quick_folder, signers=trust(quick_folder, "secp384r1")) as one:
        one.call("POST", "/v1/models", {"name": "churn"})
        one.ready("churn", FILES)
        yield one


def version(yard: Yard, number: int = 1):
    return yard.call("GET", f"{V}/{number}").body


def verdicts(yard: Yard, number: int = 1):
    return [each["verdict"] for each in listed(yard, number)]


def types(yard: Yard):
    return [event["type"] for event in yard.call("GET", "/v1/models/churn/history").body["items"]]


def test_a_signature_by_a_trusted_signer_is_valid(yard):
    attest(yard, SIGNED)
    found = version(yard)
    assert (found["signed"]["verdict"], found["signed"]["by"]) == ("valid", "release key secp384r1")
    assert (found["signed"]["files"], found["check_pending"]) == ({"signed": 3}, False)
    [kept] = listed(yard)
    assert (kept["verdict"], kept["why"], kept["upload"]) == ("valid", [], None)
    assert kept["download"]["method"] == "GET"
    assert types(yard)[-3:] == ["attestation.added", "attestation.asked", "attestation.checked"]
    events = yard.call("GET", "/v1/models/churn/history").body["items"]
    for event in events:
        check_event({name: fact for name, fact in event.items() if name != "position"})
    assert find_break(events) is None


def test_a_foreign_signer_is_untrusted_and_takes_nothing_from_a_signature_that_is_valid(yard):
    attest(yard, FOREIGN)
    assert version(yard)["signed"]["verdict"] == "untrusted"
    attest(yard, SIGNED)
    attest(yard, tampered(SIGNED))
    assert verdicts(yard) == ["untrusted", "valid", "invalid"]
    assert version(yard)["signed"] | {"id": 0} == version(yard)["signed"] | {"id": 0, "verdict": "valid", "count": 3}


def test_a_tampered_signature_is_invalid_and_says_why(yard):
    attest(yard, tampered(SIGNED))
    [kept] = listed(yard)
    assert (kept["verdict"], kept["by"]) == ("invalid", "")
    assert "is not this key's" in kept["why"][0]


def test_a_signature_of_other_files_is_invalid(yard):
    assert yard.ready("churn", {**FILES, "sub/b.txt": b"c"}) == 2
    attest(yard, SIGNED, number=2)
    [kept] = listed(yard, 2)
    assert (kept["verdict"], kept["files"]) == ("invalid", {"signed": 2, "differing": 1})
    assert kept["paths"] == {"differing": ["sub/b.txt"]}


def test_a_signature_of_some_files_is_partial(yard):
    assert yard.ready("churn", {**FILES, "more.txt": b"m"}) == 2
    attest(yard, SIGNED, number=2)
    assert (verdicts(yard, 2), listed(yard, 2)[0]["paths"]) == (["partial"], {"unsigned": ["more.txt"]})


def test_provenance_is_shown_and_held_against_the_same_digests(yard):
    attest(yard, built(), kind="provenance")
    told = version(yard)["provenance"]
    assert (told["verdict"], told["by"], told["files"]) == ("matching", "", {"signed": 3})
    assert (told["builder"], told["build_type"]) == ("https://ci.example.com", "https://ci.example.com/train")
    assert told["source"] == "git+https://git.example.com/churn@abc"
    assert version(yard)["signed"] is None


@pytest.mark.parametrize(
    ("raw", "verdict"),
    [
        (built({**FILES, "sub/b.txt": b"c"}), "invalid"),
        (built({"other": b"o"}), "invalid"),
        (built({"README.md": FILES["README.md"]}), "partial"),
        (built({**FILES, "beside": b"b"}), "matching"),
        (built(subject=[{"name": "a", "digest": {"sha256": each}} for each in "xy"]), "invalid"),
        (built(predicate={"builder": 7}), "matching"),
        (built(_type="x"), "invalid"),
    ],
)
def test_what_provenance_says_is_held_against_the_files(yard, raw, verdict):
    attest(yard, raw, kind="provenance")
    assert verdicts(yard) == [verdict]


@pytest.mark.parametrize("kind", ["signature", "provenance"])
@pytest.mark.parametrize("name", NO_BUNDLES)
def test_what_is_no_bundle_is_invalid_and_crashes_nothing(yard, name, kind):
    attest(yard, NO_BUNDLES[name], kind=kind)
    [kept] = listed(yard)
    assert (kept["verdict"], len(kept["why"])) == ("invalid", 1)
    assert yard.failures == 0


def test_a_bundle_of_ten_megabytes_is_checked(yard):
    attest(yard, b'{"mediaType": "' + b"x" * 10 * 1024**2 + b'"}')
    assert verdicts(yard) == ["invalid"]
    assert len(listed(yard)[0]["why"][0]) <= 200


def test_more_than_may_be_attached_is_refused(yard):
    large = attested(SIGNED) | {"size": 16 * 1024**2 + 1}
    assert yard.call("POST", f"{V}/1/attestations", large).body["kind"] == "TooLarge"
    for wrong in ({"kind": "praise"}, {"size": 0}, {"path": "../x"}, {"digest": "sha256-tree:" + "0" * 64}):
        assert yard.call("POST", f"{V}/1/attestations", attested(SIGNED) | wrong).status == 422
    for index in range(10):
        attest(yard, f"{index}".encode(), send=False)
    refused = yard.call("POST", f"{V}/1/attestations", attested(b"more"))
    assert (refused.status, refused.body["field"]) == (413, "kind")


def test_the_same_file_is_kept_once_and_a_repeat_gets_the_same_answer(yard):
    first = attest(yard, SIGNED, key="sign")
    assert attest(yard, SIGNED, key="sign")["id"] == first["id"]
    again = attest(yard, SIGNED, send=False)
    assert (again["id"], again["verdict"], again["upload"]) == (first["id"], "valid", None)
    assert len(listed(yard)) == 1


def test_a_file_that_was_not_sent_waits_and_is_given_up_in_the_end(yard):
    attest(yard, SIGNED, send=False)
    yard.pump()
    assert (verdicts(yard), version(yard)["check_pending"]) == (["pending"], True)
    assert listed(yard)[0]["upload"]["method"] == "PUT"
    attest(yard, FOREIGN)
    assert (verdicts(yard), version(yard)["check_pending"]) == (["pending", "untrusted"], True)
    entries = len(types(yard))
    yard.clock.advance(minutes=6)
    assert yard.sweep()["redriven"] == 1
    yard.pump()
    assert types(yard)[entries:] == ["attestation.asked"], "nothing new is no entry"
    yard.clock.advance(days=8)
    assert yard.sweep()["redriven"] == 1
    yard.pump()
    assert (verdicts(yard), version(yard)["check_pending"]) == (["invalid", "untrusted"], False)
    yard.clock.advance(days=1)
    assert yard.sweep()["redriven"] == 0


def test_a_question_that_hangs_is_asked_again_by_the_sweep(yard):
    attest(yard, SIGNED, send=False)
    made = yard.call("POST", f"{V}/1/attestations", attested(SIGNED)).body
    upload = {"digest": made["digest"], "offset": 0, "length": len(SIGNED), "request": made["upload"]}
    yard.send(upload, SIGNED)
    yard.clock.advance(minutes=6)
    yard.pump()
    yard.sweep()
    yard.pump()
    assert verdicts(yard) == ["valid"]


def test_others_who_are_trusted_lead_to_another_check(yard, quick_folder):
    attest(yard, SIGNED)
    assert yard.wake("attest", SCHEDULED) == {"asked": 0}
    first = listed(yard)[0]["signers"]
    for name, verdict in (("secp256r1", "untrusted"), ("secp384r1", "valid")):
        yard.ports = replace(yard.ports, signers=trust(quick_folder, name, called="new key"))
        assert yard.wake("attest", SCHEDULED) == {"asked": 1}
        assert yard.wake("attest", SCHEDULED) == {"asked": 0}
        yard.pump()
        assert verdicts(yard) == [verdict]
        assert yard.wake("attest", SCHEDULED) == {"asked": 0}
    assert listed(yard)[0]["signers"] != first
    yard.ports = replace(yard.ports, signers=None)
    yard.wake("attest", SCHEDULED)
    yard.pump()
    assert listed(yard)[0]["why"] == ["nobody is trusted to sign"]


def test_an_event_that_comes_late_or_twice_changes_nothing(yard):
    attest(yard, SIGNED)
    before = yard.rows()
    for event in yard.call("GET", "/v1/models/churn/history").body["items"]:
        if event["type"] in {"attestation.added", "attestation.asked"}:
            told = {"source": "modelyard", "detail-type": event["type"], "detail": event}
            assert yard.wake("attest", told) == {"version": 1, "verdicts": []}
    assert yard.rows() == before


def test_bytes_that_storage_altered_are_invalid(yard):
    attest(yard, SIGNED)
    yard.rot(SIGNED)
    yard.call("POST", f"{V}/1/attestations/check")
    yard.pump()
    assert (verdicts(yard), listed(yard)[0]["why"]) == (["invalid"], ["storage gives other bytes than were attached"])


def test_nothing_vouches_for_what_is_rejected_or_deleted_and_what_is_restored_keeps_its_signature(yard):
    attest(yard, SIGNED)
    yard.call("POST", f"{V}/1/delete", {})
    assert yard.call("POST", f"{V}/1/attestations", attested(FOREIGN)).status == 410
    assert yard.call("POST", f"{V}/1/attestations/check").status == 410
    assert verdicts(yard) == ["valid"]
    yard.call("POST", f"{V}/1/restore")
    yard.pump()
    assert (version(yard)["state"], version(yard)["signed"]["verdict"]) == ("ready", "valid")
    yard.ready("churn", {"bad.pkl": b"cos\nsystem\n(S'echo harmless'\ntR."})
    assert yard.call("POST", f"{V}/2/attestations", attested(SIGNED)).body["kind"] == "VersionNotReady"
    yard.ready("churn", {"odd.pkl": b"cmymodule\nThing\n."})
    attest(yard, SIGNED, number=3)
    assert (version(yard, 3)["state"], verdicts(yard, 3)) == ("quarantined", ["invalid"])


def test_a_check_of_nothing_is_not_found(yard):
    assert yard.call("POST", f"{V}/1/attestations/check").status == 404
    assert yard.call("POST", f"{V}/9/attestations/check").status == 404
    assert yard.call("GET", f"{V}/9/attestations").status == 404


def test_a_file_is_purged_with_the_last_version_that_uses_it(yard):
    assert yard.ready("churn", {"c": b"c"}) == 2
    for number in (1, 2):
        attest(yard, SIGNED, number=number)
    for number in (1, 2):
        assert yard.store.stat(attested(SIGNED)["digest"]) is not None
        yard.call("POST", f"{V}/{number}/delete", {})
        yard.clock.advance(days=31)
        for _ in range(3):
            yard.sweep()
            yard.clock.advance(minutes=20)
    assert yard.store.stat(attested(SIGNED)["digest"]) is None


def test_a_file_is_purged_with_its_model(yard):
    attest(yard, SIGNED)
    yard.call("POST", "/v1/models/churn/delete", {})
    yard.clock.advance(days=31)
    for _ in range(3):
        yard.sweep()
        yard.clock.advance(minutes=20)
    assert yard.store.stat(attested(SIGNED)["digest"]) is None


def test_a_renamed_model_keeps_what_vouches_for_it(yard):
    attest(yard, SIGNED)
    yard.call("POST", "/v1/models/churn/rename", {"name": "churn-eu"})
    yard.pump()
    assert verdicts(yard) == ["valid"]
    attest(yard, FOREIGN)
    assert yard.call("GET", "/v1/models/churn-eu/versions/1").body["signed"]["verdict"] == "valid"


def test_what_was_known_at_a_moment_can_be_asked(yard):
    before = version(yard)["created_at"]
    yard.clock.advance(minutes=1)
    attest(yard, SIGNED)
    now = version(yard)
    assert yard.call("GET", f"{V}/1", query={"at": before}).body["signed"] is None
    assert yard.call("GET", f"{V}/1", query={"at": "2030-01-01"}).body["signed"] == now["signed"]


def test_storage_may_tell_of_the_file_before_anybody_asks(yard):
    made = attest(yard, SIGNED, send=False)
    upload = {"digest": made["digest"], "offset": 0, "length": len(SIGNED), "request": made["upload"]}
    yard.send(upload, SIGNED)
    yard.wake("verify", created(f"blobs/sha256/{made['digest'].partition(':')[2]}"))
    yard.pump()
    assert verdicts(yard) == ["valid"]
