"""Sigstore identities, without the network: Fulcio's certificate, its log of certificates, and Rekor's of signatures.

The trust root is a file (`trusted_root.json`) that whoever runs the registry gives. As the client specification asks
(https://github.com/sigstore/architecture-docs/blob/main/client-spec.md), these are checked: the chain at the moment of
the log entry, the log's promise, the proof of inclusion with its checkpoint where there is one, that the entry is of
this signature, and the timestamp in the certificate. Rekor 2, which leaves the time to timestamp authorities, is
refused.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from modelyard.signing.certificates import check_chain, read_certificates
from modelyard.signing.envelopes import Bundle, Unreadable, decoded, read_json
from modelyard.signing.keys import HASHES, holds

ISSUER, ISSUER_OLD = "1.3.6.1.4.1.57264.1.8", "1.3.6.1.4.1.57264.1.1"
"""Fulcio's extensions for who knows the identity (https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md)."""
MAX_PROOF = 64


@dataclass(frozen=True, slots=True)
class Log:
    """A log's key, and when it was its."""

    key: ec.EllipticCurvePublicKey
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class TrustRoot:
    """Authorities with when they were valid, and logs by id."""

    authorities: tuple[tuple[tuple[x509.Certificate, ...], datetime, datetime], ...]
    logs: Mapping[bytes, Log]
    certificate_logs: Mapping[bytes, Log]


def read_trust_root(raw: bytes) -> TrustRoot:
    """Sigstore's `trusted_root.json`. Unreadable when it is none; keys of kinds that are not known are left out."""
    known = read_json(raw)
    try:
        authorities = tuple(
            (tuple(_chain(each)), *_valid(each.get("validFor"))) for each in known["certificateAuthorities"]
        )
        return TrustRoot(authorities, _logs(known["tlogs"]), _logs(known["ctlogs"]))
    except (KeyError, TypeError, AttributeError, ValueError) as wrong:
        raise Unreadable(f"no trust root: {wrong!r}") from None


def _chain(authority: dict[str, Any]) -> list[x509.Certificate]:
    return read_certificates([decoded(each["rawBytes"]) for each in authority["certChain"]["certificates"]])


def _valid(said: Any) -> tuple[datetime, datetime]:
    known = said if isinstance(said, dict) else {}
    start, end = (known.get(name) for name in ("start", "end"))
    moments = (datetime.fromisoformat(each) if each else None for each in (start, end))
    first, last = (each.replace(tzinfo=each.tzinfo or UTC) if each else None for each in moments)
    return first or datetime.min.replace(tzinfo=UTC), last or datetime.max.replace(tzinfo=UTC)


def _logs(listed: list[dict[str, Any]]) -> dict[bytes, Log]:
    found = {}
    for each in listed:
        key = serialization.load_der_public_key(decoded(each["publicKey"]["rawBytes"]))
        if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in HASHES:
            found[decoded(each["logId"]["keyId"])] = Log(key, *_valid(each["publicKey"].get("validFor")))
    return found


def check_identity(bundle: Bundle, root: TrustRoot, *, identity: str, issuer: str) -> x509.Certificate:
    """The signer's certificate, when it is of that identity and everything holds. Unreadable says what does not."""
    if len(bundle.certificates) != 1 or len(bundle.log_entries) != 1:
        raise Unreadable("a sigstore signature has one certificate and one log entry")
    (leaf,) = read_certificates(bundle.certificates)
    moment = _check_entry(bundle, bundle.log_entries[0], root)
    chain = _check_authority(leaf, root, moment)
    _check_logged(leaf, chain[1], root)
    said = _issuer(leaf)
    if said != issuer:
        raise Unreadable(f"the identity is known to {said or 'nobody'}, not {issuer}")
    if identity not in _identities(leaf):
        raise Unreadable(f"the certificate is for {', '.join(_identities(leaf)) or 'nobody'}, not {identity}")
    return leaf


def _check_authority(leaf: x509.Certificate, root: TrustRoot, at: datetime) -> list[x509.Certificate]:
    """The chain to one of the authorities that were valid then."""
    for chain, start, end in root.authorities:
        if start <= at <= end:
            try:
                return check_chain(leaf, chain[:-1], chain[-1:], at=at)
            except Unreadable:
                continue
    raise Unreadable("no authority of the trust root signed the certificate, or not for that moment")


def _identities(leaf: x509.Certificate) -> list[str]:
    found = [each.value for each in leaf.extensions if isinstance(each.value, x509.SubjectAlternativeName)]
    kinds = (x509.RFC822Name, x509.UniformResourceIdentifier)
    return [name.value for names in found for name in names if isinstance(name, kinds)]


def _issuer(leaf: x509.Certificate) -> str:
    """Who knows the identity: DER's UTF8String in the extension of today, bare text in the former one."""
    known = {
        each.oid.dotted_string: each.value.value
        for each in leaf.extensions
        if isinstance(each.value, x509.UnrecognizedExtension)
    }
    raw = known.get(ISSUER)
    if raw is not None:
        return raw[2:].decode(errors="replace") if raw[:1] == b"\x0c" and raw[1:2] == bytes([len(raw) - 2]) else ""
    return known.get(ISSUER_OLD, b"").decode(errors="replace")


def _check_entry(bundle: Bundle, entry: dict[str, Any], root: TrustRoot) -> datetime:
    """When the log took the signature. Unreadable when the log did not, or took another."""
    match entry:
        case {
            "logId": {"keyId": str(log_id)},
            "logIndex": str() | int() as index,
            "integratedTime": str() | int() as time,
            "inclusionPromise": {"signedEntryTimestamp": str(promise)},
            "canonicalizedBody": str(encoded),
        }:
            body = decoded(encoded)
        case _:
            raise Unreadable("no log entry with a promise and a time")
    moment = datetime.fromtimestamp(_number(time), UTC)
    log = _valid_log(root.logs, decoded(log_id), moment)
    said = {
        "body": encoded,
        "integratedTime": _number(time),
        "logID": decoded(log_id).hex(),
        "logIndex": _number(index),
    }
    if not holds(log.key, decoded(promise), json.dumps(said, sort_keys=True, separators=(",", ":")).encode()):
        raise Unreadable("the log did not promise this entry")
    if proof := entry.get("inclusionProof"):
        _check_inclusion(proof, body, log, decoded(log_id))
    _check_body(bundle, body)
    return moment


def _number(value: str | int) -> int:
    """A whole number in JSON, or in text as protobuf writes long ones; of a moment before the year 5000."""
    text = str(value)
    if not (text.isascii() and text.isdigit()) or len(text) > 11:
        raise Unreadable(f"{text[:50]} is no number")
    return int(text)


def _valid_log(logs: Mapping[bytes, Log], log_id: bytes, at: datetime) -> Log:
    log = logs.get(log_id)
    if log is None or not log.start <= at <= log.end:
        raise Unreadable("the log is none of the trust root's")
    return log


def _check_body(bundle: Bundle, body: bytes) -> None:
    """That the entry is of this payload, by this signature and certificate."""
    match read_json(body):
        case {
            "kind": "dsse",
            "apiVersion": "0.0.1",
            "spec": {
                "payloadHash": {"algorithm": "sha256", "value": str(digest)},
                "signatures": [{"signature": str(signature), "verifier": str(verifier)}],
            },
        }:
            same = digest == hashlib.sha256(bundle.envelope.payload).hexdigest()
            same = same and decoded(signature) == bundle.signature and _der(decoded(verifier)) == bundle.certificates[0]
        case _:
            raise Unreadable("the log entry is of no DSSE envelope")
    if not same:
        raise Unreadable("the log entry is of another signature")


def _der(pem: bytes) -> bytes:
    try:
        return x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER)
    except ValueError:
        return b""


def _check_inclusion(proof: Any, body: bytes, log: Log, log_id: bytes) -> None:
    """A Merkle proof (RFC 6962, 2.1.1) up to a root that the log signed as a checkpoint."""
    match proof:
        case {
            "logIndex": str() | int() as index,
            "treeSize": str() | int() as size,
            "rootHash": str(root),
            "hashes": list(hashes),
            "checkpoint": {"envelope": str(note)},
        } if len(hashes) <= MAX_PROOF:
            path = [decoded(each) for each in hashes]
        case _:
            raise Unreadable("no proof of inclusion")
    leaf = hashlib.sha256(b"\0" + body).digest()
    if _root(leaf, _number(index), _number(size), path) != decoded(root):
        raise Unreadable("the entry is not in the log's tree")
    _check_note(note, _number(size), decoded(root), log, log_id)


def _root(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The tree's root from a leaf and its path (RFC 9162, 2.1.3.2); nothing when the path does not fit."""
    if not 0 <= index < size:
        return b""
    place, last, node = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return b""
        if place & 1 or place == last:
            node = hashlib.sha256(b"\1" + sibling + node).digest()
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\1" + node + sibling).digest()
        place, last = place >> 1, last >> 1
    return node if last == 0 else b""


def _check_note(note: str, size: int, root: bytes, log: Log, log_id: bytes) -> None:
    """A signed note (https://github.com/C2SP/C2SP/blob/main/signed-note.md) of the tree's size and root."""
    text, _, signatures = note.partition("\n\n")
    lines = text.split("\n")
    if len(lines) < 3 or lines[1] != str(size) or lines[2] != base64.b64encode(root).decode():
        raise Unreadable("the checkpoint is of another tree")
    for line in signatures.splitlines()[:10]:
        words = line.split(" ")
        raw = decoded(words[2]) if len(words) == 3 and words[0] == "\u2014" else b""
        if raw[:4] == log_id[:4] and holds(log.key, raw[4:], (text + "\n").encode()):
            return
    raise Unreadable("the log did not sign the checkpoint")


def _check_logged(leaf: x509.Certificate, issuer: x509.Certificate, root: TrustRoot) -> None:
    """That a log of certificates promised to show this one (RFC 6962, 3.2)."""
    spki = issuer.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    stamps = [
        stamp
        for each in leaf.extensions
        if isinstance(each.value, x509.PrecertificateSignedCertificateTimestamps)
        for stamp in each.value
    ]
    before = leaf.tbs_precertificate_bytes if stamps else b""
    signed = hashlib.sha256(spki).digest() + len(before).to_bytes(3, "big") + before
    if not any(_promised(stamp, signed, root.certificate_logs) for stamp in stamps):
        raise Unreadable("no log of certificates knows this one")


def _promised(stamp: Any, signed: bytes, logs: Mapping[bytes, Log]) -> bool:
    at = stamp.timestamp.replace(tzinfo=UTC)
    log = logs.get(stamp.log_id)
    if log is None or not log.start <= at <= log.end:
        return False
    moment = (at - datetime(1970, 1, 1, tzinfo=UTC)) // (datetime.resolution * 1000)
    extensions = stamp.extension_bytes
    data = b"\0\0" + moment.to_bytes(8, "big") + b"\0\1" + signed + len(extensions).to_bytes(2, "big") + extensions
    return holds(log.key, stamp.signature, data)
