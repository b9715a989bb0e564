"""Sigstore bundles and DSSE envelopes as they are written: taken apart, and nothing in them believed yet.

https://docs.sigstore.dev/about/bundle/ and https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
"""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

MAX_BUNDLE = 16 * 1024**2
"""Bytes: a hundred thousand files or shards."""
IN_TOTO = "application/vnd.in-toto+json"
MEDIA = (
    "application/vnd.dev.sigstore.bundle.v0.3+json",
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
)


class Unreadable(ValueError):
    """A signature that cannot be read; the message says why."""


class Broken(Unreadable):
    """A signature that does not hold, whoever is trusted; the message says why."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What was signed, and the signatures over it, as (key id, signature)."""

    payload: bytes
    payload_type: str
    signatures: tuple[tuple[str, bytes], ...]

    @property
    def signed_bytes(self) -> bytes:
        """What the signatures are over: DSSE's pre-authentication encoding."""
        kind = self.payload_type.encode()
        return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(self.payload), self.payload)


@dataclass(frozen=True, slots=True)
class Bundle:
    """An envelope and what helps to verify it: a key's hint, or certificates (DER, signer first) and a log's word."""

    envelope: Envelope
    key_hint: str = ""
    certificates: tuple[bytes, ...] = ()
    log_entries: tuple[dict[str, Any], ...] = ()

    @property
    def signature(self) -> bytes:
        """The one signature of the bundle."""
        return self.envelope.signatures[0][1]


def read_bundle(raw: bytes) -> Bundle:
    """A sigstore bundle of version 0.3 with one signature. Unreadable otherwise."""
    known = read_json(raw)
    if known.get("mediaType") not in MEDIA:
        raise Unreadable(f"no sigstore bundle of version 0.3: {str(known.get('mediaType'))[:100]}")
    envelope = read_envelope(_object(known, "dsseEnvelope"))
    if len(envelope.signatures) != 1:
        raise Unreadable(f"a bundle has one signature, not {len(envelope.signatures)}")
    material = _object(known, "verificationMaterial")
    hint = material.get("publicKey", {}) if isinstance(material.get("publicKey", {}), dict) else {}
    entries = material.get("tlogEntries") or []
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries) or len(entries) > 10:
        raise Unreadable("tlogEntries is a list of objects")
    return Bundle(envelope, str(hint.get("hint") or ""), _certificates(material), tuple(entries))


def _certificates(material: dict[str, Any]) -> tuple[bytes, ...]:
    chain = material.get("x509CertificateChain")
    listed = chain.get("certificates") if isinstance(chain, dict) else [material.get("certificate")]
    if not isinstance(listed, list) or len(listed) > 10:
        raise Unreadable("a chain is a list of at most ten certificates")
    return tuple(decoded(each.get("rawBytes")) for each in listed if isinstance(each, dict))


def read_envelope(known: dict[str, Any]) -> Envelope:
    """A DSSE envelope. Unreadable when it is none."""
    kind, listed = known.get("payloadType"), known.get("signatures")
    if not isinstance(kind, str) or not isinstance(listed, list) or not 0 < len(listed) <= 100:
        raise Unreadable("an envelope has a payloadType and signatures")
    if not all(isinstance(each, dict) for each in listed):
        raise Unreadable("a signature is an object")
    signatures = tuple((str(each.get("keyid") or ""), decoded(each.get("sig"))) for each in listed)
    return Envelope(decoded(known.get("payload")), kind, signatures)


def read_json(raw: bytes) -> dict[str, Any]:
    """An object in JSON, no key twice. Unreadable otherwise."""
    if len(raw) > MAX_BUNDLE:
        raise Unreadable(f"more than {MAX_BUNDLE:,} bytes")
    try:
        known = json.loads(raw.decode(), object_pairs_hook=_distinct)
    except (ValueError, RecursionError) as wrong:
        raise Unreadable(f"no JSON: {wrong}") from None
    if not isinstance(known, dict):
        raise Unreadable("no object in JSON")
    return known


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    known = dict(pairs)
    if len(known) != len(pairs):
        raise ValueError("a key is there twice")
    return known


def _object(known: dict[str, Any], name: str) -> dict[str, Any]:
    value = known.get(name)
    if not isinstance(value, dict):
        raise Unreadable(f"there is no {name}")
    return value


def decoded(text: Any) -> bytes:
    """Base64 as bytes, strictly. Unreadable otherwise."""
    try:
        return base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise Unreadable("a value is not in base64") from None
