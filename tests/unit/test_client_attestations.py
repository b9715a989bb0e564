"""Signatures and provenance through the SDK and the command line, on the real functions, and with bundles."""

import json

import pytest

from modelyard.client.errors import StillVerifying, Unusable, VersionRefused
from tests.faults.vouched import FILES, FOREIGN, SIGNED, attest, built, listed, trust
from tests.faults.yard import embedded_yard
from tests.unit.yard_client import client, command_line


@pytest.fixture
def yard(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with embedded_yard(tmp_path, signers=trust(tmp_path, "secp384r1")) as opened:
        yield opened


@pytest.fixture
def modelyard(yard, monkeypatch, capsys):
    return command_line(yard, monkeypatch, capsys)


@pytest.fixture
def folder(tmp_path):
    for path, content in FILES.items():
        (tmp_path / "model" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "model" / path).write_bytes(content)
    (tmp_path / "model/model.sig").write_bytes(SIGNED)
    (tmp_path / "provenance.json").write_bytes(built())
    return tmp_path


def test_a_push_keeps_what_vouches_for_it_beside_its_files(yard, folder):
    how = {"signature": folder / "model/model.sig", "provenance": folder / "provenance.json"}
    with client(yard) as registry:
        pushed = registry.push("churn", folder / "model", **how)
        assert (pushed.state, pushed.file_count) == ("ready", 3)
        assert (pushed.signed.verdict, pushed.provenance.verdict, pushed.check_pending) == ("valid", "matching", False)
        assert [each.path for each in registry.attestations("churn", 1)] == ["model.sig", "provenance.json"]
        again = registry.attest("churn", 1, **how)
        assert (again.signed.count, again.provenance.count) == (1, 1)


def test_a_version_that_is_refused_is_told_of_as_such(yard, folder):
    (folder / "bad.pkl").write_bytes(b"cos\nsystem\n(S'echo harmless'\ntR.")
    with client(yard) as registry, pytest.raises(VersionRefused):
        registry.push("churn", folder / "bad.pkl", signature=folder / "model/model.sig")


def test_what_cannot_vouch_is_refused_before_anything_is_sent(yard, folder):
    (folder / "empty").write_bytes(b"")
    with (folder / "large").open("wb") as file:
        file.truncate(16 * 1024**2 + 1)
    with client(yard) as registry:
        for wrong in ("absent", "empty", "large", "model"):
            with pytest.raises(Unusable):
                registry.push("churn", folder / "model", signature=folder / wrong)
        with pytest.raises(Unusable):
            registry.push("churn", folder / "model/model.sig", signature=folder / "model/model.sig")
        with pytest.raises(Unusable):
            registry.attest("churn", 1)
        assert registry._api.transport.sent == []


def test_a_check_that_does_not_come_is_told(yard, folder, monkeypatch):
    with client(yard) as registry:
        registry.push("churn", folder / "model")
        monkeypatch.setattr(yard, "pump", lambda: None)
        with pytest.raises(StillVerifying):
            registry.attest("churn", 1, signature=folder / "model/model.sig", timeout=0.01)
        assert registry.attest("churn", 1, signature=folder / "model/model.sig", wait=False).check_pending


def test_the_command_line_keeps_shows_and_asks(yard, folder, modelyard):
    code, said, _ = modelyard.run("push", "churn", folder / "model", "--signature", folder / "model/model.sig")
    assert (code, "signed: valid by release key secp384r1" in said) == (0, True)
    assert modelyard.run("verify-signature", "churn/1")[0] == 0
    code, said, _ = modelyard.run("show", "churn/1")
    assert "valid by release key secp384r1: 3 files signed" in said
    code, said, _ = modelyard.run("attest", "churn/1", "--provenance", folder / "provenance.json")
    assert (code, "provenance provenance.json is matching, built by https://ci.example.com" in said) == (0, True)
    _, said, _ = modelyard.run("verify-signature", "churn/1", "--json")
    assert [each["verdict"] for each in json.loads(said)["attestations"]] == ["valid", "matching"]
    _, said, _ = modelyard.run("history", "churn/1")
    assert "valid release key secp384r1" in said


def test_anything_but_valid_has_an_exit_code_of_its_own(yard, folder, modelyard):
    (folder / "foreign.sig").write_bytes(FOREIGN)
    modelyard.run("push", "churn", folder / "model", "--signature", folder / "foreign.sig")
    code, said, _ = modelyard.run("verify-signature", "churn/1")
    assert code == 3
    assert "signature foreign.sig is untrusted" in said
    assert "release key secp384r1: signed with another key" in said


def test_what_is_kept_and_not_worth_all_it_can_be_says_why_and_exits_with_three(yard, folder, modelyard):
    (folder / "foreign.sig").write_bytes(FOREIGN)
    (folder / "half.json").write_bytes(built({"README.md": FILES["README.md"]}))
    modelyard.run("push", "churn", folder / "model", "--signature", folder / "model/model.sig")
    foreign = ("attest", "churn/1", "--signature", folder / "foreign.sig")
    code, _, why = modelyard.run(*foreign, "--provenance", folder / "half.json")
    assert code == 3
    assert "the signature is untrusted, not valid: release key secp384r1: signed with another key" in why
    assert "the provenance is partial, not matching: it does not name every file" in why
    code, said, why = modelyard.run(*foreign, "--json")
    assert (code, why, json.loads(said)["attestations"][1]["verdict"]) == (3, "", "untrusted")
    assert modelyard.run(*foreign, "--no-wait")[0] == 0


def test_what_others_attested_does_not_count_against_what_is_given(yard, folder, modelyard):
    (folder / "foreign.sig").write_bytes(FOREIGN)
    signature = (folder / "model/model.sig").rename(folder / "model.sig")
    modelyard.run("push", "churn", folder / "model", "--signature", folder / "foreign.sig")
    code, _, why = modelyard.run("attest", "churn/1", "--signature", signature)
    assert (code, why) == (0, "")


def test_wrong_usage_is_told(yard, folder, modelyard):
    modelyard.run("push", "churn", folder / "model")
    usage = 2
    assert modelyard.run("attest", "churn/1")[0] == usage
    assert modelyard.run("attest", "churn/1", "--signature", folder / "absent")[0] == usage
    assert modelyard.run("verify-signature", "churn/1", "churn/2")[0] == usage
    assert modelyard.run("verify-signature", "churn/1", "--key", folder / "model/model.sig")[0] == usage
    assert modelyard.run("verify-signature", "absent", "--signature", folder / "model/model.sig")[0] == usage
    assert modelyard.run("verify-signature", "churn/1")[0] == 5


def test_a_bundle_brings_what_vouches_and_what_it_was_worth(yard, folder, tmp_path):
    with client(yard) as registry:
        registry.push("churn", folder / "model", signature=folder / "model/model.sig")
        unsent = attest(yard, b"never sent", send=False)
        yard.pump()
        there = registry.get_version("churn", 1).signed
        registry.export_bundle(tmp_path / "bundle", ["churn"])
    with embedded_yard(tmp_path / "other") as other, client(other) as registry:
        registry.import_bundle(tmp_path / "bundle")
        kept = listed(other)
        assert [(each["verdict"], bool(each["download"])) for each in kept] == [("valid", True), ("pending", False)]
        assert kept[1]["id"] == unsent["id"]
        assert registry.get_version("churn", 1).signed == there
        other.call("POST", "/v1/models/churn/versions/1/attestations/check")
        other.pump()
        assert listed(other)[0]["why"] == ["nobody is trusted to sign"]
