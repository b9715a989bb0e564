"""The story that crash-point tests tell: every command and every reaction of a model's life, as a client tells it."""

from collections.abc import Mapping
from typing import Any

from tests.faults.vouched import attest, listed
from tests.faults.yard import Yard, by_digest, file_request
from tests.unit.fakes import sha256

SMALL = 32
"""The part size that stands in for 64 MiB, so that a file of several parts is a few bytes."""

FIRST = {"weights/a.bin": b"a" * 20, "weights/copy.bin": b"a" * 20, "weights/big.bin": b"0123456789" * 8}
SECOND = {"weights/a.bin": b"a" * 20, "c.bin": b"c" * 25, "empty": b"", "wide.bin": b"9876543210" * 8}
THIRD = {"rotten.bin": b"r" * 30, "copy.bin": b"r" * 30}
SHARER = {"same.bin": b"r" * 30, "own.bin": b"o" * 33}
FOURTH = {"never.bin": b"n" * 31}
ODD = {"odd.pkl": b"cmymodule\nThing\n.", "weights/a.bin": b"a" * 20}
NO_BUNDLE = b"no bundle"
BAD = {"bad.pkl": b"cos\nsystem\n(S'echo harmless'\ntR."}
V = "/v1/models/churn/versions"


def key(text: str) -> dict[str, str]:
    return {"idempotency-key": text}


def register(yard: Yard, number: int, files: Mapping[str, bytes], **about: Any) -> dict[str, Any]:
    """Register a version; the answer says that it is the `number`th, however often the request was sent."""
    body = {"files": [file_request(path, content) for path, content in files.items()], **about}
    made = yard.insist("POST", V, body, headers=key(f"register {number}"))
    assert (made.status, made.body["version"]["version"]) == (201, number), made
    return made.body["uploads"]


def push(yard: Yard, number: int, files: Mapping[str, bytes], *, hints: str = "late", **about: Any) -> None:
    """Register, send everything, complete, and wait for the verdict. Storage's hints come early, late, or never."""
    uploads = register(yard, number, files, **about)
    yard.push("churn", number, uploads, by_digest(files))
    if hints == "early":
        yard.pump()
    elif hints == "never":
        yard.hints.clear()
    left = yard.insist("GET", f"{V}/{number}/uploads")
    assert (left.status, left.body["items"]) == (200, []), left
    done = yard.insist("POST", f"{V}/{number}/complete", headers=key(f"complete {number}"))
    assert (done.status, done.body["state"]) == (202, "verifying"), done
    yard.pump()


def promote(yard: Yard, number: int, stage: str, *, replace: bool = False) -> None:
    body = {"stage": stage, "replace": replace, "comment": f"{number} to {stage}"}
    moved = yard.insist("POST", f"{V}/{number}/transitions", body, headers=key(f"promote {number} {stage}"))
    assert (moved.status, moved.body["stage"]) == (200, stage), moved
    yard.pump()


def challenge(yard: Yard, number: int) -> None:
    asked = yard.insist("POST", f"{V}/{number}/verify", headers=key(f"verify {number}"))
    assert (asked.status, asked.body["proof_pending"]) == (202, True), asked
    yard.pump()


def judge(yard: Yard) -> None:
    """A version in which something odd is found is released; one in which something bad is found is not."""
    push(yard, 7, ODD)
    found = yard.insist("GET", f"{V}/7/findings").body["items"]
    assert [(each["path"], each["verdict"]) for each in found] == [
        ("odd.pkl", "suspicious"),
        ("weights/a.bin", "clean"),
    ]
    body = {"reason": "our own class"}
    released = yard.insist("POST", f"{V}/7/release", body, headers=key("release 7"))
    assert (released.status, released.body["state"]) == (200, "ready"), released
    push(yard, 8, BAD)


def evaluate(yard: Yard, number: int, content: bytes) -> None:
    """Report metrics with a file attached, send it, and see that it came."""
    attached = {name: fact for name, fact in file_request("plot.png", content).items() if name != "parts"}
    metrics = {"auc": 0.95, "loss": {"value": 0.2, "direction": "lower"}}
    body = {"metrics": metrics, "dataset": "holdout", "attachments": [attached]}
    path = f"{V}/{number}/evaluations"
    made = yard.insist("POST", path, body, headers=key(f"evaluate {number}"))
    assert made.status == 201, made
    yard.push("churn", number, made.body["uploads"], {attached["digest"]: content})
    found = yard.insist("GET", f"{path}/{made.body['evaluation']['id']}/attachments")
    assert [(each["upload"], bool(each["download"])) for each in found.body["items"]] == [(None, True)], found


def alias(yard: Yard, number: int, expected: int | None) -> None:
    body = {"version": number, "expect": expected}
    headers = key(f"alias {number} {expected}")
    made = yard.insist("PUT", "/v1/models/churn/aliases/champion", body, headers=headers)
    assert (made.status, made.body["version"]) == (200, number), made


def roll_back(yard: Yard, expected: int, number: int) -> None:
    path, query = "/v1/models/churn/aliases/champion/rollback", {"expect": str(expected)}
    moved = yard.insist("POST", path, query=query, headers=key(f"back from {expected}"))
    assert (moved.status, moved.body["version"]) == (200, number), moved


def tell(yard: Yard) -> None:
    """Two good versions, two that share what rots, one again, one that never comes; sweeps, aliases, signatures."""
    made = yard.insist("POST", "/v1/models", {"name": "churn", "owner": "ana"}, headers=key("create"))
    assert made.status == 201, made
    push(yard, 1, FIRST, metrics={"auc": 0.91}, tags={"team": "growth"})
    promote(yard, 1, "production")
    push(
        yard, 2, SECOND, hints="early", bases=[{"relation": "fine-tune", "reference": "churn/production"}], card="# Two"
    )
    promote(yard, 2, "production", replace=True)
    challenge(yard, 1)
    push(yard, 3, THIRD, hints="never")
    push(yard, 4, SHARER)
    yard.rot(THIRD["rotten.bin"])
    challenge(yard, 3)
    push(yard, 5, THIRD)
    register(yard, 6, FOURTH)
    yard.clock.advance(days=8)
    yard.sweep()
    yard.insist("PATCH", "/v1/models/churn", {"tags": {"tier": "1"}})
    yard.insist("PATCH", f"{V}/2", {"description": "good", "card": "# Good"})
    judge(yard)
    alias(yard, 2, None)
    alias(yard, 5, 2)
    roll_back(yard, 5, 2)
    evaluate(yard, 1, b"a plot")
    evaluate(yard, 2, b"a plot")
    for number in (1, 2):
        attest(yard, NO_BUNDLE, number=number, key=f"attest {number}")
        assert [each["verdict"] for each in listed(yard, number)] == ["invalid"]
    named = yard.insist("POST", "/v1/models/churn/rename", {"name": "churn-eu"}, headers=key("rename"))
    assert (named.status, named.body["name"]) == (200, "churn-eu"), named
    yard.pump()
    clear_out(yard)


def clear_out(yard: Yard) -> None:
    """The first version goes for good, with the bytes that nobody shares; the fifth is deleted and brought back."""
    for number in (1, 5):
        gone = yard.insist("POST", f"{V}/{number}/delete", {}, headers=key(f"delete {number}"))
        assert (gone.status, gone.body["state"]) == (200, "deleted"), gone
    back = yard.insist("POST", f"{V}/5/restore", headers=key("restore 5"))
    assert (back.status, back.body["state"]) == (200, "verifying"), back
    yard.pump()
    for minutes in (31 * 24 * 60, 20):
        yard.clock.advance(minutes=minutes)
        yard.sweep()
        yard.pump()


def check_end(yard: Yard) -> None:
    """What the client was told came to be, and nothing else."""
    versions = yard.call("GET", V).body["items"]
    found = [(version["version"], version["state"], version["stage"], version["proof"]) for version in versions]
    assert found == [
        (8, "rejected", "development", ""),
        (7, "ready", "development", "storage"),
        (6, "rejected", "development", ""),
        (5, "ready", "development", "storage"),
        (4, "rejected", "development", ""),
        (3, "rejected", "development", ""),
        (2, "ready", "production", "storage"),
    ]
    assert (versions[1]["inspected"]["verdict"], versions[1]["review"]["by"]) == ("suspicious", "local:ana")
    assert versions[0]["inspected"]["verdict"] == "malicious"
    versions = versions[2:]
    assert versions[4]["description"] == "good"
    assert (versions[4]["signed"]["verdict"], versions[4]["check_pending"]) == ("invalid", False)
    assert versions[4]["card_digest"] == f"sha256:{sha256(b'# Good')}"
    first = yard.call("GET", f"{V}/1", query={"at": "2026-12-05"}).body
    assert (first["state"], first["proof"]) == ("deleted", "bytes")
    assert [(base["name"], base["version"]) for base in versions[4]["bases"]] == [("churn", 1)]
    assert versions[4]["metrics"] == first["metrics"] == {"auc": 0.95, "loss": 0.2}
    model = yard.call("GET", "/v1/models/churn").body
    assert (model["tags"], model["owner"], model["newest_ready"]) == ({"tier": "1"}, "ana", 7)
    assert (model["versions"], model["sequence"], model["stages"]) == (8, 55, {"production": [2]})
    assert (model["aliases"], versions[4]["aliases"], versions[1]["aliases"]) == ({"champion": 2}, ["champion"], [])
    assert (model["name"], {version["name"] for version in versions}) == ("churn-eu", {"churn-eu"})
    assert yard.call("GET", "/v1/models/churn-eu").body == model
    resolved = yard.call("GET", "/v1/resolve", query={"ref": "churn/production"})
    assert (resolved.status, resolved.body["version"]["version"]) == (200, 2)
    assert [file["path"] for file in resolved.body["files"]["items"]] == sorted(SECOND)
