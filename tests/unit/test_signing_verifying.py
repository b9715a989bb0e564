"""Signatures that the model-signing package made (`tests/corpora/signed.py`), and those that are none."""

import base64
import hashlib
import json
import subprocess
import sys

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from modelyard.signing.making import sign
from modelyard.signing.trusted import TrustedKey, TrustedRoots
from modelyard.signing.verifying import Verified, verify
from tests.unit.certificates_made import bare, certificate
from tests.unit.signed_files import SMALL, file, large, resigned, sample

P256 = TrustedKey("ours", sample("secp256r1.pub"))
P384 = TrustedKey("release", sample("secp384r1.pub"))
ROOTS = TrustedRoots("company", sample("root.crt"))


def pem(key):
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture(scope="module")
def key():
    return ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize(("name", "trusted"), [("secp256r1.sig", P256), ("secp384r1.sig", P384)])
def test_a_signature_by_a_trusted_key_covers_every_file(name, trusted):
    held = verify(sample(name), SMALL, [P256, P384])
    assert (held.signer, held.whole) == (trusted.name, True)
    assert held.coverage.signed == ("README.md", "sub-a.txt", "sub/b.txt")


def test_shards_of_a_signature_are_the_parts_of_the_manifest():
    held = verify(sample("shards.sig"), large(), [P384])
    assert (held.whole, held.coverage.signed) == (True, ("README.md", "large.bin", "sub-a.txt", "sub/b.txt"))


def test_a_large_file_with_another_part_is_differing():
    altered = bytearray(2 * 64 * 1024**2 + 5)
    altered[-1] = 1
    held = verify(sample("shards.sig"), [*SMALL, file("large.bin", bytes(altered))], [P384])
    assert (held.whole, held.coverage.differing) == (False, ("large.bin",))


def test_a_signature_by_a_certificate_is_trusted_by_its_root():
    held = verify(sample("certificate.sig"), SMALL, [P256, ROOTS])
    assert (held.signer, held.identity, held.whole) == ("company", "signer", True)
    assert held.refusals == ("ours: signed with another key",)


def test_a_certificate_for_somebody_else_is_refused():
    named = TrustedRoots("company", sample("root.crt"), "another")
    held = verify(sample("certificate.sig"), SMALL, [named])
    assert held == Verified(refusals=("company: the certificate is for signer, not another",))
    assert verify(sample("certificate.sig"), SMALL, [TrustedRoots("c", sample("root.crt"), "signer")]).whole


def test_a_chain_to_another_root_is_refused(tmp_path):
    other = make_root()
    held = verify(sample("certificate.sig"), SMALL, [TrustedRoots("other", other)])
    assert held.signer == ""
    assert "no chain" in held.refusals[0]


def test_a_certificate_that_is_no_authority_vouches_for_nobody(key):
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    root = certificate("root", keys[0], authority=True)
    employee = certificate("employee", keys[1], root, keys[0], authority=False)
    forged = certificate("director", key, employee, keys[1], authority=False)
    trusted = TrustedRoots("company", root.public_bytes(serialization.Encoding.PEM))
    for chain in ([forged, employee], [forged, employee, root]):
        assert "no chain" in verify(chained(sign(SMALL, key, name="m"), chain), SMALL, [trusted]).refusals[0]
    honest = certificate("director", key, root, keys[0], authority=False)
    assert verify(chained(sign(SMALL, key, name="m"), [honest]), SMALL, [trusted]).whole


SIGNS = x509.KeyUsage(True, False, False, False, False, False, False, False, False)


@pytest.mark.parametrize(("usage", "holds"), [(None, True), (SIGNS, False)])
def test_authorities_need_say_nothing_of_their_use_but_what_they_say_holds(key, usage, holds):
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    root = bare("root", keys[0], authority=True)
    middle = bare("middle", keys[1], root, keys[0], authority=True, usage=usage)
    leaf = bare("me", key, middle, keys[1], authority=False, usage=SIGNS)
    trusted = [TrustedRoots("company", root.public_bytes(serialization.Encoding.PEM))]
    assert verify(chained(sign(SMALL, key, name="m"), [leaf, middle]), SMALL, trusted).whole is holds


def test_a_certificate_that_is_not_for_signing_is_refused(key):
    authority = ec.generate_private_key(ec.SECP256R1())
    root = bare("root", authority, authority=True)
    leaf = bare("me", key, root, authority, authority=False)
    trusted = [TrustedRoots("company", root.public_bytes(serialization.Encoding.PEM))]
    held = verify(chained(sign(SMALL, key, name="m"), [leaf]), SMALL, trusted)
    assert held.refusals == ("company: the certificate is not for signing",)


def chained(raw, certificates):
    bundle = json.loads(raw)
    der = [each.public_bytes(serialization.Encoding.DER) for each in certificates]
    listed = [{"rawBytes": base64.b64encode(each).decode()} for each in der]
    bundle["verificationMaterial"] = {"x509CertificateChain": {"certificates": listed}}
    return json.dumps(bundle).encode()


def make_root():
    made = ec.generate_private_key(ec.SECP256R1())
    return certificate("root", made, authority=True).public_bytes(serialization.Encoding.PEM)


def test_nobody_is_trusted_by_default():
    assert verify(sample("secp256r1.sig"), SMALL, []).refusals == ("nobody is trusted to sign",)


def test_a_key_that_is_not_trusted_is_refused():
    assert verify(sample("secp256r1.sig"), SMALL, [P384]).refusals == ("release: signed with another key",)


def test_files_that_are_not_covered_are_unsigned_whatever_the_signer_ignored(key):
    def ignore(statement):
        statement["predicate"]["serialization"]["ignore_paths"] = ["evil.pkl"]

    raw = resigned(sign(SMALL, key, name="m"), key, ignore)
    held = verify(raw, [*SMALL, file("evil.pkl", b"x")], [TrustedKey("k", pem(key))])
    assert (held.signer, held.whole, held.coverage.unsigned) == ("k", False, ("evil.pkl",))


def test_files_that_differ_or_are_gone_are_named():
    held = verify(sample("secp256r1.sig"), [SMALL[0], file("sub-a.txt", b"A")], [P256])
    assert held.coverage.differing == ("sub-a.txt",)
    assert (held.coverage.missing, held.whole) == (("sub/b.txt",), False)


def test_large_files_signed_as_a_whole_or_by_other_shards_are_unproven(key):
    whole = hashlib.sha256(bytes(2 * 64 * 1024**2 + 5)).hexdigest()
    files, trusted = large(), [TrustedKey("k", pem(key))]
    for resources, method in (
        ([("large.bin", whole)], {"method": "files"}),
        ([("large.bin:0:134217733", whole)], {"method": "shards"}),
        ([("large.bin:0:100", whole), ("large.bin:100:134217733", whole)], {"method": "shards"}),
    ):
        raw = resigned(sign(SMALL, key, name="m"), key, stated(resources, method))
        assert verify(raw, files, trusted).coverage.unproven == ("large.bin",)


def test_shards_that_end_early_or_late_are_differing(key):
    raw = resigned(sign(SMALL, key, name="m"), key, stated([("large.bin:0:67108864", "0" * 64)], {"method": "shards"}))
    assert verify(raw, large(), [TrustedKey("k", pem(key))]).coverage.differing == ("large.bin",)


def stated(resources, method):
    def change(statement):
        listed = [{"name": name, "algorithm": "sha256", "digest": digest} for name, digest in resources]
        root = hashlib.sha256(b"".join(bytes.fromhex(digest) for _, digest in resources)).hexdigest()
        statement["predicate"] = {"serialization": method, "resources": listed}
        statement["subject"][0]["digest"]["sha256"] = root

    return change


def test_every_changed_byte_of_what_was_signed_is_refused():
    bundle = json.loads(sample("secp256r1.sig"))
    payload = base64.b64decode(bundle["dsseEnvelope"]["payload"])
    for place in range(0, len(payload), 17):
        changed = payload[:place] + bytes([payload[place] ^ 1]) + payload[place + 1 :]
        bundle["dsseEnvelope"]["payload"] = base64.b64encode(changed).decode()
        assert verify(json.dumps(bundle).encode(), SMALL, [P256]).signer == ""


CHANGES = {
    "root": lambda s: s["subject"][0]["digest"].update(sha256="0" * 64),
    "two subjects": lambda s: s["subject"].append(s["subject"][0]),
    "predicate": lambda s: s.update(predicateType="https://model_signing/Digests/v0.1"),
    "statement": lambda s: s.update(_type="https://example.com"),
    "method": lambda s: s["predicate"]["serialization"].update(method="other"),
    "algorithm": lambda s: s["predicate"]["resources"][0].update(algorithm="md5"),
    "digest": lambda s: s["predicate"]["resources"][0].update(digest="x"),
    "twice": lambda s: s["predicate"]["resources"].append(s["predicate"]["resources"][0]),
    "no resources": lambda s: s["predicate"].pop("resources"),
    "nothing": lambda s: s.clear(),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_statement_that_contradicts_itself_is_refused_although_it_is_signed(key, name):
    held = verify(resigned(sign(SMALL, key, name="m"), key, CHANGES[name]), SMALL, [TrustedKey("k", pem(key))])
    assert (held.signer, len(held.refusals)) == ("", 1)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{" * 10_000,
        b'{"a":1,"a":2}',
        b"\xff",
        b'{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}',
        b'{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","dsseEnvelope":{"payloadType":"x","signatures":[1]}}',
        bytes(17 * 1024**2),
    ],
)
def test_bytes_that_are_no_bundle_are_refused_and_never_raise(raw):
    held = verify(raw, SMALL, [P256, ROOTS])
    assert (held.signer, len(held.refusals)) == ("", 1)


def test_a_key_that_cannot_be_read_is_a_refusal():
    assert verify(sample("secp256r1.sig"), SMALL, [TrustedKey("k", b"x")]).signer == ""


def test_what_needs_no_key_imports_no_cryptography():
    code = "import sys, modelyard.signing.statements, modelyard.signing.trusted; print('cryptography' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_a_chain_that_is_broken_anywhere_is_refused_and_never_raises():
    bundle = json.loads(sample("certificate.sig"))
    listed = bundle["verificationMaterial"]["x509CertificateChain"]["certificates"]
    for number in (0, 1):
        whole = base64.b64decode(listed[number]["rawBytes"])
        for place in range(len(whole)):
            broken = whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
            listed[number]["rawBytes"] = base64.b64encode(broken).decode()
            assert verify(json.dumps(bundle).encode(), SMALL, [ROOTS]).signer == "", (number, place)
        listed[number]["rawBytes"] = base64.b64encode(whole).decode()
