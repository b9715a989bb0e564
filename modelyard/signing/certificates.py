"""Signatures by certificates: a chain from the signer to a root that is trusted."""

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy, PolicyBuilder, Store, VerificationError

from modelyard.signing.envelopes import Unreadable
from modelyard.signing.keys import known_curve

MAX_DEPTH = 5
BROKEN = (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.InvalidVersion)
"""What parsing a certificate may raise."""


def read_certificates(raw: Sequence[bytes]) -> list[x509.Certificate]:
    """Certificates in DER. Unreadable when one is none."""
    try:
        return [_whole(x509.load_der_x509_certificate(each)) for each in raw]
    except BROKEN as wrong:
        raise Unreadable(f"no certificate: {wrong}") from None


def _whole(certificate: x509.Certificate) -> x509.Certificate:
    """The certificate itself, once everything that is parsed late was parsed."""
    _ = certificate.extensions, certificate.public_key(), certificate.subject, certificate.issuer
    _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return certificate


def read_roots(pem: bytes) -> list[x509.Certificate]:
    """Certificates in PEM, one after another."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except BROKEN as wrong:
        raise Unreadable(f"no certificates in PEM: {wrong}") from None


def check_chain(
    leaf: x509.Certificate,
    between: Sequence[x509.Certificate],
    roots: Sequence[x509.Certificate],
    *,
    at: datetime,
) -> list[x509.Certificate]:
    """The chain from the signer to one of the roots, as it held at a moment. Unreadable when there is none."""
    authorities = (
        ExtensionPolicy.webpki_defaults_ca()
        .may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, None)
        .may_be_present(x509.SubjectKeyIdentifier, Criticality.AGNOSTIC, None)
        .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _may_issue)
    )
    signers = ExtensionPolicy.permit_all()
    builder = PolicyBuilder().store(Store(list(roots))).time(at).max_chain_depth(MAX_DEPTH)
    builder = builder.extension_policies(ca_policy=authorities, ee_policy=signers)
    try:
        return list(builder.build_client_verifier().verify(leaf, list(between)).chain)
    except VerificationError as wrong:
        raise Unreadable(f"no chain to a root that is trusted: {wrong}") from None


def _may_issue(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    """What an authority may do, if it says so: `openssl req -x509` writes none."""
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("the certificate is not for issuing others")


def signing_key(leaf: x509.Certificate) -> ec.EllipticCurvePublicKey:
    """The signer's key. Unreadable when the certificate is not for signing."""
    if _may_sign(leaf.extensions):
        return known_curve(leaf.public_key())
    raise Unreadable("the certificate is not for signing")


def _may_sign(extensions: x509.Extensions) -> bool:
    """By its key usage, or an extended one: code signing."""
    for each in extensions:
        if isinstance(each.value, x509.KeyUsage) and each.value.digital_signature:
            return True
        if isinstance(each.value, x509.ExtendedKeyUsage) and ExtendedKeyUsageOID.CODE_SIGNING in each.value:
            return True
    return False


def names_of(leaf: x509.Certificate) -> list[str]:
    """Whom the certificate is for: its alternative names (email, address, domain), then its common name."""
    found: list[str] = []
    for each in leaf.extensions:
        if isinstance(each.value, x509.SubjectAlternativeName):
            found += [
                name.value
                for name in each.value
                if isinstance(name, x509.RFC822Name | x509.UniformResourceIdentifier | x509.DNSName)
            ]
    return found + [str(each.value) for each in leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
