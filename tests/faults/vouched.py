"""A version of the files that `tests/corpora/signed.py` signed, and what vouches for it, as a client sends it."""

import base64
import hashlib
import json

from tests.unit.signed_files import sample

FILES = {"README.md": b"# A model\n", "sub-a.txt": b"a", "sub/b.txt": b"b"}
V = "/v1/models/churn/versions"
SIGNED, FOREIGN = sample("secp384r1.sig"), sample("secp256r1.sig")


def trust(folder, *names, called="release key"):
    """A file of trusted signers: the keys by which samples were signed."""
    signers = [{"name": f"{called} {name}".rstrip(), "key": sample(f"{name}.pub").decode()} for name in names]
    path = folder / f"{called}-{'-'.join(names)}.json"
    path.write_text(json.dumps({"signers": signers}))
    return path


def digest_of(raw):
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def attested(raw, kind="signature", path="model.sig"):
    return {"kind": kind, "path": path, "size": len(raw), "digest": digest_of(raw)}


def attest(yard, raw, *, kind="signature", number=1, send=True, key=None):
    """Keep a file with a version, send it, and have it checked; the answer to the first."""
    headers = {"idempotency-key": key} if key else None
    made = yard.insist("POST", f"{V}/{number}/attestations", attested(raw, kind), headers=headers)
    assert made.status == 201, made
    if send:
        if made.body["upload"]:
            upload = {"digest": made.body["digest"], "offset": 0, "length": len(raw), "request": made.body["upload"]}
            yard.send(upload, raw)
        asked = yard.insist(
            "POST", f"{V}/{number}/attestations/check", headers={"idempotency-key": f"{key} check"} if key else None
        )
        assert (asked.status, asked.body["check_pending"]) == (202, True), asked
        yard.pump()
    return made.body


def listed(yard, number=1):
    return yard.insist("GET", f"{V}/{number}/attestations").body["items"]


def tampered(raw):
    """A bundle whose statement names another digest, consistently, and whose signature is as it was."""
    bundle = json.loads(raw)
    statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    statement["subject"][0]["name"] = "another"
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()
    return json.dumps(bundle).encode()


def built(files=None, **more):
    """SLSA provenance over files."""
    subjects = [
        {"name": path, "digest": {"sha256": hashlib.sha256(content).hexdigest()}}
        for path, content in (files or FILES).items()
    ]
    predicate = {
        "buildDefinition": {
            "buildType": "https://ci.example.com/train",
            "resolvedDependencies": [{"uri": "git+https://git.example.com/churn@abc"}],
        },
        "runDetails": {"builder": {"id": "https://ci.example.com"}},
    }
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects,
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": predicate,
    }
    return json.dumps(statement | more).encode()
