import json

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from modelyard.cli.main import cli
from tests.unit.signed_files import SAMPLES


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "model/sub").mkdir(parents=True)
    (tmp_path / "model/README.md").write_bytes(b"# A model\n")
    (tmp_path / "model/sub-a.txt").write_bytes(b"a")
    (tmp_path / "model/sub/b.txt").write_bytes(b"b")
    key = ec.generate_private_key(ec.SECP256R1())
    hidden = serialization.BestAvailableEncryption(b"secret")
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = serialization.Encoding.PEM
    (tmp_path / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, hidden))
    (tmp_path / "password").write_text("secret\n")
    (tmp_path / "key.pub").write_bytes(key.public_key().public_bytes(pem, kind))
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(cli, [str(each) for each in arguments])


def sign(folder, *more):
    signature = folder / "model/model.sig"
    hidden = ("--key", folder / "key.pem", "--password-file", folder / "password")
    return run("sign", folder / "model", *hidden, "--out", signature, *more)


def verify(folder, *more, signature=None):
    return run("verify-signature", folder / "model", "--signature", signature or folder / "model/model.sig", *more)


def test_what_is_signed_here_is_told_to_be_signed(folder):
    assert "signed 3 files" in sign(folder).output
    assert sign(folder).exit_code == 0
    told = verify(folder, "--key", folder / "key.pub")
    assert (told.exit_code, "signed by key.pub" in told.output) == (0, True)


def test_what_was_added_or_changed_is_told_and_the_exit_code_is_three(folder):
    sign(folder)
    (folder / "model/new").write_bytes(b"x")
    (folder / "model/sub-a.txt").write_bytes(b"A")
    told = verify(folder, "--key", folder / "key.pub", "--json")
    known = json.loads(told.stdout)
    assert (told.exit_code, known["whole"]) == (3, False)
    assert known["coverage"]["unsigned"] == ["new"]
    assert known["coverage"]["differing"] == ["sub-a.txt"]
    assert "unsigned  new" in verify(folder, "--key", folder / "key.pub").output


def test_what_the_model_signing_package_signed_is_verified(folder):
    by_key = verify(folder, "--key", SAMPLES / "secp384r1.pub", signature=SAMPLES / "secp384r1.sig")
    by_chain = verify(
        folder, "--roots", SAMPLES / "root.crt", "--subject", "signer", signature=SAMPLES / "certificate.sig"
    )
    assert (by_key.exit_code, by_chain.exit_code) == (0, 0)


def test_another_key_is_refused(folder):
    sign(folder)
    told = verify(folder, "--key", SAMPLES / "secp384r1.pub")
    assert told.exit_code == 3
    assert "signed by nobody who is trusted" in told.output


def test_a_private_key_is_not_taken_for_one_that_is_trusted(folder):
    sign(folder)
    told = verify(folder, "--key", folder / "key.pem")
    assert (told.exit_code, "holds a private one" in told.output) == (2, True)


def test_a_wrong_password_is_a_message(folder):
    (folder / "password").write_text("wrong")
    told = sign(folder)
    assert (told.exit_code, "no private key" in told.output) == (1, True)


@pytest.mark.parametrize("who", [[], ["--identity", "me@example.com"]])
def test_who_is_trusted_has_to_be_said(folder, who):
    sign(folder)
    assert verify(folder, *who).exit_code == 2
