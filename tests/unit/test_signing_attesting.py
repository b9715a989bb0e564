"""What kept files are worth: signatures by each kind of signer, and provenance in each of its wrappings."""

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.domain.attestations import Kind, Worth, checked_facts, read_checked
from modelyard.signing.attesting import check
from modelyard.signing.envelopes import IN_TOTO
from modelyard.signing.signers import NOBODY, read_signers
from tests.faults.vouched import built
from tests.unit.signed_files import SMALL, file, large, sample
from tests.unit.sigstore_made import Sigstore

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CI = {"name": "ci", "identity": "me@example.com", "issuer": "https://issuer.example"}


@pytest.fixture(scope="module")
def sigstore():
    return Sigstore()


@pytest.fixture(scope="module")
def signers(sigstore):
    told = {"signers": [CI, {"name": "company", "roots": sample("root.crt").decode()}]}
    told["trust_root"] = json.loads(sigstore.trust_root())
    return read_signers(json.dumps(told).encode())


def worth(raw, files, signers, kind=Kind.SIGNATURE):
    found = check(kind, raw, files, signers, at=NOW)
    assert read_checked(json.loads(json.dumps(checked_facts(found)))) == found
    assert (found.at, found.signers) == (NOW, signers.digest)
    return found


def test_an_identity_and_a_certificate_are_signers(sigstore, signers):
    by_identity = worth(json.dumps(sigstore.bundle(SMALL)).encode(), SMALL, signers)
    assert (by_identity.verdict, by_identity.by, by_identity.identity) == (Worth.VALID, "ci", "me@example.com")
    by_chain = worth(sample("certificate.sig"), SMALL, signers)
    assert (by_chain.verdict, by_chain.by, by_chain.identity) == (Worth.VALID, "company", "signer")


def test_somebody_else_is_untrusted_and_each_signer_says_why(sigstore, signers):
    found = worth(json.dumps(sigstore.bundle(SMALL, identity="you@example.com")).encode(), SMALL, signers)
    assert (found.verdict, found.by, len(found.why)) == (Worth.UNTRUSTED, "", 2)
    assert found.why[0].startswith("ci: the certificate is for you@example.com")
    assert worth(sample("certificate.sig"), SMALL, NOBODY).why == ("nobody is trusted to sign",)


def test_a_large_file_that_is_signed_as_a_whole_is_unproven(sigstore, signers):
    big = [each for each in large() if each.size > 100]
    small = file("large.bin", b"small")
    bundle = json.dumps(sigstore.bundle([*SMALL, small])).encode()
    assert worth(bundle, [*SMALL, *big], signers).verdict is Worth.UNPROVEN
    assert worth(bundle, [*SMALL, small], signers).verdict is Worth.VALID


def wrapped(statement, **more):
    envelope = {"payloadType": IN_TOTO, "payload": base64.b64encode(statement).decode(), "signatures": [{"sig": ""}]}
    return json.dumps(envelope | more).encode()


def test_provenance_counts_in_each_of_its_wrappings(sigstore, signers):
    for raw in (built(), wrapped(built())):
        found = worth(raw, SMALL, signers, Kind.PROVENANCE)
        assert (found.verdict, found.builder, found.by) == (Worth.MATCHING, "https://ci.example.com", "")
    found = worth(json.dumps(sigstore.bundle(SMALL)).encode(), SMALL, signers, Kind.PROVENANCE)
    assert (found.by, found.predicate_type) == ("ci", "https://model_signing/signature/v1.0")


def test_a_sigstore_bundle_of_provenance_says_who_signed_it(sigstore, signers, monkeypatch):
    monkeypatch.setattr("tests.unit.sigstore_made.statement", lambda _files, name: json.loads(built()))
    bundle = sigstore.bundle(SMALL)
    found = worth(json.dumps(bundle).encode(), SMALL, signers, Kind.PROVENANCE)
    assert (found.verdict, found.by, found.identity) == (Worth.MATCHING, "ci", "me@example.com")
    unsigned = worth(json.dumps(bundle).encode(), SMALL, NOBODY, Kind.PROVENANCE)
    assert (unsigned.verdict, unsigned.by) == (Worth.MATCHING, "")


def test_what_a_bundle_says_is_told_in_few_plain_words(signers):
    statement = json.loads(built())
    statement["predicate"]["runDetails"]["builder"]["id"] = "\x1b[31m" + "b" * 10_000
    statement["subject"] += [{"name": f"\x07{n}", "digest": {"sha256": "0" * 64}} for n in range(100)]
    found = worth(json.dumps(statement).encode(), SMALL, signers, Kind.PROVENANCE)
    assert (len(found.builder), found.builder[0]) == (200, "\N{REPLACEMENT CHARACTER}")
    assert (found.files["missing"], len(found.paths["missing"])) == (100, 5)


@pytest.mark.parametrize("change", [{"payload": "?"}, {"payloadType": "x"}, {"signatures": []}, {"signatures": 7}])
def test_an_envelope_that_is_none_is_invalid(signers, change):
    found = worth(wrapped(built(), **change), SMALL, signers, Kind.PROVENANCE)
    assert (found.verdict, len(found.why)) == (Worth.INVALID, 1)


RAW = (sample("secp384r1.sig"), sample("certificate.sig"), built(), wrapped(built()))


@settings(max_examples=300, deadline=None)
@given(
    raw=st.sampled_from(RAW),
    cuts=st.lists(st.tuples(st.integers(0, 4000), st.binary(max_size=6)), min_size=1, max_size=4),
    kind=st.sampled_from(Kind),
)
def test_no_bytes_crash_a_check(raw, cuts, kind):
    altered = bytearray(raw)
    for place, content in cuts:
        start = place % len(altered)
        altered[start : start + len(content)] = content
    found = check(kind, bytes(altered), SMALL, NOBODY, at=NOW)
    assert found.verdict is not Worth.VALID
    assert all(len(why) <= 200 for why in found.why)


SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
PLACES = (
    *(("mediaType",), ("verificationMaterial",), ("verificationMaterial", "certificate"), ("dsseEnvelope",)),
    *(("verificationMaterial", "tlogEntries"), ("verificationMaterial", "x509CertificateChain")),
    *(("dsseEnvelope", "payload"), ("dsseEnvelope", "signatures"), ("dsseEnvelope", "payloadType")),
)
INSIDE = (
    *(("subject",), ("predicate",), ("predicateType",), ("_type",)),
    *(("predicate", "runDetails"), ("predicate", "buildDefinition")),
)


def with_shape(known, place, shape):
    *above, last = place
    inner = known
    for name in above:
        inner = inner[name]
    inner[last] = shape
    return json.dumps(known).encode()


@settings(max_examples=300, deadline=None)
@given(place=st.sampled_from(PLACES), shape=SHAPES)
def test_no_shape_in_a_bundle_crashes_a_check(signers, place, shape):
    raw = with_shape(json.loads(sample("certificate.sig")), place, shape)
    for kind in Kind:
        check(kind, raw, SMALL, signers, at=NOW)


@settings(max_examples=300, deadline=None)
@given(place=st.sampled_from(INSIDE), shape=SHAPES)
def test_no_shape_in_a_statement_crashes_a_check(place, shape):
    raw = with_shape(json.loads(built()), place, shape)
    assert check(Kind.PROVENANCE, raw, SMALL, NOBODY, at=NOW).verdict is not Worth.VALID
