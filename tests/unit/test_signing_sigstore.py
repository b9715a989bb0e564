import base64
import copy
import json

import pytest

from modelyard.signing.trusted import TrustedIdentity
from modelyard.signing.verifying import verify
from tests.unit.signed_files import SMALL
from tests.unit.sigstore_made import Sigstore


@pytest.fixture(scope="module")
def yard():
    return Sigstore()


@pytest.fixture(scope="module")
def bundle(yard):
    return yard.bundle(SMALL)


def asked(yard, identity="me@example.com", issuer="https://issuer.example", **changes):
    return [TrustedIdentity("me", identity, issuer, yard.trust_root(**changes))]


def held(yard, bundle, **trusted):
    return verify(json.dumps(bundle).encode(), SMALL, asked(yard, **trusted))


def test_a_signature_by_a_trusted_identity_covers_every_file(yard, bundle):
    seen = held(yard, bundle)
    assert (seen.signer, seen.identity, seen.whole) == ("me", "me@example.com", True)


@pytest.mark.parametrize("siblings", [0, 1, 2, 3, 6, 7, 8, 12])
def test_proofs_in_trees_of_every_shape_are_followed(yard, siblings):
    assert held(yard, yard.bundle(SMALL, siblings=siblings)).whole


@pytest.mark.parametrize(
    "trusted",
    [
        {"identity": "other@example.com"},
        {"identity": ""},
        {"issuer": "https://other.example"},
        {"issuer": ""},
        {"tlogs": []},
        {"ctlogs": []},
        {"certificateAuthorities": []},
        {"tlogs": 3},
    ],
)
def test_another_identity_issuer_log_or_authority_is_refused(yard, bundle, trusted):
    assert held(yard, bundle, **trusted).signer == ""


def test_another_sigstores_signature_is_refused(yard):
    assert held(yard, Sigstore().bundle(SMALL)).signer == ""


def test_a_certificate_that_no_log_knows_is_refused(yard):
    seen = held(yard, yard.bundle(SMALL, logged=False))
    assert seen.refusals == ("me: no log of certificates knows this one",)


def entry_of(bundle):
    return bundle["verificationMaterial"]["tlogEntries"][0]


def another_body(yard, entry, change):
    body = json.loads(base64.b64decode(entry["canonicalizedBody"]))
    change(body)
    entry.clear()
    entry.update(yard.logged(json.dumps(body).encode()))


CHANGES = {
    "no entry": lambda yard, b: b["verificationMaterial"].update(tlogEntries=[]),
    "two entries": lambda yard, b: b["verificationMaterial"]["tlogEntries"].append(entry_of(b)),
    "no promise": lambda yard, b: entry_of(b).pop("inclusionPromise"),
    "time": lambda yard, b: entry_of(b).update(integratedTime="1"),
    "time beyond": lambda yard, b: entry_of(b).update(integratedTime="9" * 40),
    "index": lambda yard, b: entry_of(b).update(logIndex="7"),
    "no number": lambda yard, b: entry_of(b).update(logIndex="x"),
    "promise": lambda yard, b: entry_of(b)["inclusionPromise"].update(signedEntryTimestamp="AAAA"),
    "log": lambda yard, b: entry_of(b)["logId"].update(keyId="AAAA"),
    "proof index": lambda yard, b: entry_of(b)["inclusionProof"].update(logIndex="0"),
    "proof size": lambda yard, b: entry_of(b)["inclusionProof"].update(treeSize="4"),
    "proof path": lambda yard, b: entry_of(b)["inclusionProof"]["hashes"].pop(),
    "proof longer": lambda yard, b: entry_of(b)["inclusionProof"]["hashes"].append("AAAA"),
    "proof root": lambda yard, b: entry_of(b)["inclusionProof"].update(rootHash="AAAA"),
    "proof no number": lambda yard, b: entry_of(b)["inclusionProof"].update(treeSize="x"),
    "no checkpoint": lambda yard, b: entry_of(b)["inclusionProof"].pop("checkpoint"),
    "checkpoint": lambda yard, b: entry_of(b)["inclusionProof"]["checkpoint"].update(envelope="a\n6\nx\n\n— a AAAA\n"),
    "other payload": lambda yard, b: another_body(
        yard, entry_of(b), lambda s: s["spec"]["payloadHash"].update(value="0" * 64)
    ),
    "other signature": lambda yard, b: another_body(
        yard, entry_of(b), lambda s: s["spec"]["signatures"][0].update(signature="AAAA")
    ),
    "other certificate": lambda yard, b: another_body(
        yard, entry_of(b), lambda s: s["spec"]["signatures"][0].update(verifier="AAAA")
    ),
    "other kind": lambda yard, b: another_body(yard, entry_of(b), lambda s: s.update(kind="hashedrekord")),
    "no certificate": lambda yard, b: b["verificationMaterial"].pop("certificate"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_log_entry_that_does_not_hold_is_refused(yard, bundle, name):
    changed = copy.deepcopy(bundle)
    CHANGES[name](yard, changed)
    seen = held(yard, changed)
    assert (seen.signer, len(seen.refusals)) == ("", 1)


def test_an_entry_without_a_proof_stands_by_the_logs_promise(yard, bundle):
    changed = copy.deepcopy(bundle)
    entry_of(changed).pop("inclusionProof")
    assert held(yard, changed).whole


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_certificates_that_are_broken_anywhere_are_refused_and_never_raise(yard, bundle):
    leaf = base64.b64decode(bundle["verificationMaterial"]["certificate"]["rawBytes"])
    for place in range(len(leaf)):
        broken = leaf[:place] + bytes([leaf[place] ^ 0xFF]) + leaf[place + 1 :]
        changed = copy.deepcopy(bundle)
        changed["verificationMaterial"]["certificate"]["rawBytes"] = base64.b64encode(broken).decode()
        entry_of(changed)["canonicalizedBody"] = ""
        assert held(yard, changed).signer == ""
