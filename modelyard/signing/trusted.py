"""Whom a registry trusts to sign. Data, as it stands in settings; nothing of it is read before it is needed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key in PEM."""

    name: str
    pem: bytes


@dataclass(frozen=True, slots=True)
class TrustedRoots:
    """Certificates in PEM that chains may end at. `subject` is whom the signer's certificate is for; "" for anyone."""

    name: str
    pem: bytes
    subject: str = ""


@dataclass(frozen=True, slots=True)
class TrustedIdentity:
    """An identity of sigstore: an email or an address, who knows it, and `trusted_root.json`."""

    name: str
    identity: str
    issuer: str
    trust_root: bytes


Trusted = TrustedKey | TrustedRoots | TrustedIdentity
