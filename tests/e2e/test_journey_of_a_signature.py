"""Who vouches for a version: pushed with it or kept later, checked by the registry, and shown for what it is worth.

The registry trusts whom `tests/e2e/trusted.py` says.
"""

import base64
import hashlib
import json

import pytest

from tests.e2e.trusted import FOREIGN, TRUSTED
from tests.faults.vouched import built

NOT_VALID = 3


@pytest.fixture
def folder(tmp_path):
    """A model, with both keys beside it."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model/weights.txt").write_bytes(b"0.5")
    (tmp_path / "model/README.md").write_bytes(b"# A model\n")
    (tmp_path / "ours.pem").write_bytes(TRUSTED)
    (tmp_path / "theirs.pem").write_bytes(FOREIGN)
    return tmp_path


def sign(cli, folder, key="ours.pem"):
    cli.json("sign", folder / "model", "--key", folder / key, "--out", folder / "model/model.sig")
    return folder / "model/model.sig"


def test_what_is_pushed_signed_is_valid_and_says_so(registry, cli, name, folder, eventually):
    signature = sign(cli, folder)
    files = {file.name: file.read_bytes() for file in (folder / "model").iterdir() if file != signature}
    (folder / "provenance.json").write_bytes(built(files))
    how = ("--signature", signature, "--provenance", folder / "provenance.json")
    pushed = cli.json("push", name, folder / "model", *how)
    assert (pushed["state"], pushed["file_count"]) == ("ready", 2)
    assert (pushed["signed"]["verdict"], pushed["signed"]["by"]) == ("valid", "release key")
    assert (pushed["provenance"]["verdict"], pushed["provenance"]["builder"]) == ("matching", "https://ci.example.com")
    _, said, _ = cli.run("show", f"{name}/1")
    assert "valid by release key: 2 files signed" in said
    assert "matching: https://ci.example.com" in said
    code, said, _ = cli.run("verify-signature", f"{name}/1")
    assert (code, "signature model.sig is valid by release key" in said) == (0, True)
    query = f"name = '{name}' AND signed.verdict = 'valid' AND signed.by = 'release key'"
    eventually(lambda: [found.version for found in registry.search(query)] == [1])
    [kept, _] = registry.attestations(name, 1)
    assert kept.download is not None
    assert {event.type for event in registry.history(name, 1)} >= {"attestation.added", "attestation.checked"}


def test_a_signature_that_comes_later_counts_as_well(registry, cli, name, folder):
    registry.push(name, folder / "model")
    assert cli.run("verify-signature", f"{name}/1")[0] == 5
    found = registry.attest(name, 1, signature=sign(cli, folder))
    assert (found.signed.verdict, found.check_pending) == ("valid", False)
    assert registry.attest(name, 1, signature=folder / "model/model.sig").signed.count == 1


def test_a_foreign_signer_is_untrusted(registry, cli, name, folder):
    registry.push(name, folder / "model")
    code, said, _ = cli.run("attest", f"{name}/1", "--signature", sign(cli, folder, "theirs.pem"), "--json")
    assert code == NOT_VALID
    told = json.loads(said)
    assert (told["signed"]["verdict"], told["attestations"][0]["by"]) == ("untrusted", "")
    code, said, _ = cli.run("verify-signature", f"{name}/1")
    assert (code, "untrusted" in said) == (NOT_VALID, True)
    registry.attest(name, 1, signature=sign(cli, folder))
    assert cli.run("verify-signature", f"{name}/1")[0] == 0


def test_a_tampered_bundle_and_one_of_other_files_are_invalid(registry, cli, name, folder):
    signature = sign(cli, folder)
    bundle = json.loads(signature.read_bytes())
    statement = base64.b64decode(bundle["dsseEnvelope"]["payload"]).replace(b'"model"', b'"other"')
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(statement).decode()
    registry.push(name, folder / "model/README.md")
    for content, why in ((json.dumps(bundle).encode(), "not this key's"), (signature.read_bytes(), "other files")):
        signature.write_bytes(content)
        code, said, _ = cli.run("attest", f"{name}/1", "--signature", signature, "--json")
        assert code == NOT_VALID
        told = json.loads(said)["attestations"][-1]
        assert (told["verdict"], why in told["why"][0]) == ("invalid", True)
    assert cli.run("verify-signature", f"{name}/1")[0] == NOT_VALID


def test_what_is_no_bundle_is_invalid_and_nothing_stops(registry, cli, name, folder):
    registry.push(name, folder / "model")
    (folder / "model.sig").write_bytes(b"[" * 10 * 1024**2)
    (folder / "provenance.json").write_bytes(b"{}")
    found = registry.attest(name, 1, signature=folder / "model.sig", provenance=folder / "provenance.json")
    assert (found.signed.verdict, found.provenance.verdict) == ("invalid", "invalid")
    digest = hashlib.sha256(b"{}").hexdigest()
    assert registry.attestations(name, 1)[1].digest == f"sha256:{digest}"
