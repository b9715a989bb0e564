"""Trusted signers as settings say them: what is taken, and what is refused by field and rule."""

import json

import pytest

from modelyard.domain.errors import Invalid, TooLarge
from modelyard.settings import load_signers
from modelyard.signing.signers import NOBODY, read_signers
from modelyard.signing.trusted import TrustedIdentity, TrustedKey, TrustedRoots
from tests.unit.signed_files import SAMPLES, sample
from tests.unit.sigstore_made import Sigstore

KEY, ROOTS = sample("secp384r1.pub").decode(), sample("root.crt").decode()
ROOT = json.loads(Sigstore().trust_root())
OURS = {"name": "release key", "key": KEY}
CI = {"name": "ci", "identity": "me@example.com", "issuer": "https://issuer.example"}


def read(*signers, **more):
    return read_signers(json.dumps({"signers": list(signers), **more}).encode())


def test_keys_roots_and_identities_are_taken_in_their_order():
    company = {"name": "company", "roots": ROOTS, "subject": "signer"}
    found = read(OURS, company, CI, trust_root=ROOT)
    assert [type(each) for each in found.trusted] == [TrustedKey, TrustedRoots, TrustedIdentity]
    assert [each.name for each in found.trusted] == ["release key", "company", "ci"]
    assert found.trusted[1] == TrustedRoots("company", ROOTS.encode(), "signer")


def test_the_digest_is_of_what_is_said_and_not_of_how():
    spaced = json.dumps({"signers": [dict(reversed(OURS.items()))]}, indent=4).encode()
    assert read_signers(spaced).digest == read(OURS).digest
    assert read({**OURS, "name": "another"}).digest != read(OURS).digest
    assert read() == NOBODY


@pytest.mark.parametrize(
    ("signers", "field"),
    [
        ([{"name": "a", "key": "hello"}], "signers.0.key"),
        ([{"name": "a", "key": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"}], "signers.0.key"),
        ([{"name": "a", "key": KEY.replace("PUBLIC", "PRIVATE")}], "signers.0.key"),
        ([{"name": "a", "key": 7}], "signers.0.key"),
        ([OURS, {"name": "a", "roots": "-----BEGIN CERTIFICATE-----"}], "signers.1.roots"),
        ([{"name": "a", "roots": ROOTS, "subject": ""}], "signers.0.subject"),
        ([{"name": "", "key": KEY}], "signers.0.name"),
        ([{"key": KEY}], "signers.0.name"),
        ([{"name": "a\x00", "key": KEY}], "signers.0.name"),
        ([{"name": "a", "key": KEY, "subject": "b"}], "signers.0.subject"),
        ([{"name": "a"}], "signers.0"),
        ([{"name": "a", "key": KEY, "roots": ROOTS}], "signers.0"),
        (["a"], "signers.0"),
        ([CI], "signers.0"),
        ([{**CI, "issuer": ""}], "signers.0"),
        ([OURS, OURS], "signers"),
        ([{**OURS, "name": str(n)} for n in range(51)], "signers"),
    ],
)
def test_what_breaks_a_rule_is_named_by_its_field(signers, field):
    with pytest.raises(Invalid) as refused:
        read(*signers)
    assert refused.value.field == field


def test_an_identity_says_who_knows_it():
    with pytest.raises(Invalid) as refused:
        read({"name": "ci", "identity": "me@example.com"}, trust_root=ROOT)
    assert refused.value.field == "signers.0.issuer"


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"signers": 1}', b'{"signers": [], "signer": []}', b"[" * 99_999])
def test_what_is_no_list_of_signers_is_refused(raw):
    with pytest.raises(Invalid):
        read_signers(raw)


@pytest.mark.parametrize("root", [{}, [], "x", {**ROOT, "tlogs": [1]}])
def test_a_trust_root_that_is_none_is_refused(root):
    with pytest.raises(Invalid) as refused:
        read(CI, trust_root=root)
    assert refused.value.field == "trust_root"


def test_a_name_that_is_too_long_is_refused():
    with pytest.raises(TooLarge):
        read({**OURS, "name": "n" * 101})


def test_files_may_be_named_instead(tmp_path):
    (tmp_path / "root.json").write_text(json.dumps(ROOT))
    for name in ("secp384r1.pub", "root.crt"):
        (tmp_path / name).write_bytes((SAMPLES / name).read_bytes())
    told = {
        "signers": [{"name": "a", "key_file": "secp384r1.pub"}, {"name": "b", "roots_file": "root.crt"}, CI],
        "trust_root_file": "root.json",
    }
    path = tmp_path / "signers.json"
    path.write_text(json.dumps(told))
    whole = read({"name": "a", "key": KEY}, {"name": "b", "roots": ROOTS}, CI, trust_root=ROOT)
    assert read_signers(load_signers(path)) == whole


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        '{"signers": [{"name": "a", "key_file": "absent"}]}',
        '{"signers": [], "trust_root_file": "absent"}',
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path, text):
    (tmp_path / "signers.txt").write_text(text)
    with pytest.raises(Invalid):
        load_signers(tmp_path / "signers.txt")
    with pytest.raises(Invalid):
        load_signers(tmp_path / "absent")
