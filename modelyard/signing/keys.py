"""Signatures by keys: ECDSA on P-256, P-384 and P-521, each with the hash that OpenSSF's model signing uses for it."""

import hashlib
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from modelyard.signing.envelopes import Unreadable

HASHES: dict[str, hashes.HashAlgorithm] = {
    "secp256r1": hashes.SHA256(),
    "secp384r1": hashes.SHA384(),
    "secp521r1": hashes.SHA512(),
}


def public_key(pem: bytes) -> ec.EllipticCurvePublicKey:
    """A public key. Unreadable for other kinds of keys and curves."""
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm) as wrong:
        raise Unreadable(f"no public key in PEM: {wrong}") from None
    return known_curve(key)


def private_key(pem: bytes, password: bytes | None = None) -> ec.EllipticCurvePrivateKey:
    """A private key. Unreadable for other kinds of keys and curves, and for a wrong password."""
    try:
        key = serialization.load_pem_private_key(pem, password)
    except (ValueError, TypeError, UnsupportedAlgorithm) as wrong:
        raise Unreadable(f"no private key in PEM: {wrong}") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise Unreadable("the key is for no elliptic curve")
    known_curve(key.public_key())
    return key


def known_curve(key: Any) -> ec.EllipticCurvePublicKey:
    """The key itself, when it is for a curve that is known."""
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in HASHES:
        raise Unreadable("the key is for no elliptic curve among P-256, P-384 and P-521")
    return key


def hint_of(key: ec.EllipticCurvePublicKey) -> str:
    """How a bundle names the key: SHA-256 of its PEM."""
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(pem).hexdigest()


def holds(key: ec.EllipticCurvePublicKey, signature: bytes, data: bytes) -> bool:
    """Whether the signature is the key's over the data."""
    try:
        key.verify(signature, data, ec.ECDSA(HASHES[key.curve.name]))
    except InvalidSignature:
        return False
    return True
