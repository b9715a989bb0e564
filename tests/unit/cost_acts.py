"""What is done to a registry so that `docs/costs.md` can be held against it: aliases, evaluations, comparison."""

import hashlib

from functions.attest.handler import handler as check

VERSIONS = "/v1/models/churn/versions"


def described(name, count):
    """`count` files of 4 KiB whose bytes nobody else has."""
    digests = [hashlib.sha256(f"{name} {n}".encode()).hexdigest() for n in range(count)]
    return [
        {"path": f"weights/layer-{n:05d}.bin", "size": 4096, "digest": f"sha256:{digest}"}
        for n, digest in enumerate(digests)
    ]


def move_aliases(registry):
    path = "/v1/models/churn/aliases/champion"
    with registry.booked("set alias"):
        registry.ask("PUT", path, {"version": 1})
    with registry.booked("move alias"):
        registry.ask("PUT", path, {"version": 2, "expect": 1})
    with registry.booked("resolve NAME@ALIAS, 100 files"):
        registry.ask("GET", "/v1/resolve", query={"ref": "churn@champion"})
    with registry.booked("list aliases, 1 alias"):
        registry.ask("GET", "/v1/models/churn/aliases")
    with registry.booked("roll back alias"):
        registry.ask("POST", f"{path}/rollback", query={"expect": "2"})
    with registry.booked("remove alias"):
        registry.ask("DELETE", path)


def evaluate(registry):
    path = f"{VERSIONS}/1/evaluations"
    report = {"metrics": {"auc": 0.93, "loss": {"value": 0.21, "direction": "lower"}}, "dataset": "holdout"}
    with registry.booked("evaluate, 2 metrics"):
        registry.ask("POST", path, report)
    files = [{name: fact for name, fact in file.items() if name != "parts"} for file in described("plots", 2)]
    with registry.booked("evaluate, 2 metrics, 2 attachments"):
        taken = registry.ask("POST", path, report | {"attachments": files})
    registry.blobs.stored.update({file["digest"]: file["size"] for file in files})
    for command in ("list attachments, 2 that just came", "list attachments, 2"):
        with registry.booked(command):
            registry.ask("GET", f"{path}/{taken['evaluation']['id']}/attachments")
    with registry.booked("list evaluations, 2 reports"):
        assert len(registry.ask("GET", path)["items"]) == 2


def attest(registry):
    """With a file that is none: what a check says costs nothing of the table."""
    path = f"{VERSIONS}/8/attestations"
    raw = bytes(100)
    digest = f"sha256:{hashlib.sha256(raw).hexdigest()}"
    with registry.booked("attest"):
        kept = registry.ask("POST", path, {"kind": "signature", "path": "model.sig", "size": 100, "digest": digest})
    registry.blobs.stored[digest] = 100
    with registry.booked("list attestations, 1 that just came"):
        assert registry.ask("GET", path)["items"][0]["id"] == kept["id"]
    with registry.booked("ask for a check"):
        asked = registry.ask("POST", f"{path}/check")
    detail = {"correlation_id": "request-00000001", "model": {"id": "churn"}, "version": 8}
    with registry.booked("check, 1 attestation of 1 file"):
        told = check({"source": "modelyard", "detail": detail}, None, registry.ports)
    assert (told, asked["check_pending"]) == ({"version": 8, "verdicts": ["invalid"]}, True)
    with registry.booked("check round, nothing to do"):
        assert check({"source": "aws.events"}, None, registry.ports) == {"asked": 0}
    with registry.booked("list attestations, 1"):
        registry.ask("GET", path)


def compare(registry):
    queries = {
        "compare NAME/NUMBER, 2 versions of 1 file": ["churn/1", "churn/6"],
        "compare NAME@latest and NAME/STAGE, 100 files": ["churn@latest", "churn/production"],
        "compare 2 versions, 500 and 1,000 files": ["churn/4", "churn/5"],
        "compare 20 versions of 1 file": [f"churn/{number}" for number in range(10, 30)],
    }
    for command, references in queries.items():
        with registry.booked(command):
            registry.ask("GET", "/v1/compare", query={"ref": references})
