"""Certificates as authorities issue them."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes

START = datetime(2025, 1, 1, tzinfo=UTC)


def builder(name, key, issuer=None, issuer_key=None, *, authority):
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)] if name else [])
    usage = x509.KeyUsage(not authority, False, False, False, False, authority, authority, False, False)
    signing = issuer_key or key
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(START)
        .not_valid_after(START + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
    )


def certificate(name, key, issuer=None, issuer_key=None, *, authority):
    return builder(name, key, issuer, issuer_key, authority=authority).sign(issuer_key or key, hashes.SHA256())


def bare(name, key, issuer=None, issuer_key=None, *, authority, usage=None):
    """A certificate with as little in it as `openssl` writes."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(START)
        .not_valid_after(START + timedelta(days=3650))
    )
    signing = issuer_key or key
    if authority:
        made = made.add_extension(x509.BasicConstraints(True, None), critical=True)
    made = made.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
    if usage:
        made = made.add_extension(usage, critical=False)
    return made.sign(signing, hashes.SHA256())
