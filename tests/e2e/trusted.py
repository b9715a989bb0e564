"""Two throw-away keys: whom the registry of the journeys trusts to sign, and whom it does not."""

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

PEM = serialization.Encoding.PEM


def _key(secret: int) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(secret, ec.SECP256R1())


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


TRUSTED, FOREIGN = _private(_key(20_261_123)), _private(_key(32_116_202))


SIGNERS = Path(__file__).parent / "trusted_signers/signers.json"
"""Trusts the first, whose public key lies beside it."""
