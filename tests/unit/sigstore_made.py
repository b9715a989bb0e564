"""A sigstore of our own: an authority, a log of certificates and one of signatures, as Fulcio and Rekor write them."""

import base64
import hashlib
import json
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from modelyard.signing.envelopes import IN_TOTO, Envelope
from modelyard.signing.making import statement
from tests.unit.certificates_made import builder, certificate

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DER, SPKI = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
SCTS = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
ISSUER = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.8")


def b64(raw):
    return base64.b64encode(raw).decode()


def spki(key):
    return key.public_key().public_bytes(DER, SPKI)


def signed(key, data):
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def der(tag, raw):
    length = len(raw)
    head = (
        bytes([length])
        if length < 128
        else bytes([0x80 | (size := (length.bit_length() + 7) // 8)]) + length.to_bytes(size, "big")
    )
    return bytes([tag]) + head + raw


class Sigstore:
    def __init__(self):
        self.root_key, self.middle_key, self.rekor, self.ct = (
            ec.generate_private_key(ec.SECP256R1()) for _ in range(4)
        )
        self.root = certificate("root", self.root_key, authority=True)
        made = builder("middle", self.middle_key, self.root, self.root_key, authority=True)
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        self.middle = made.sign(self.root_key, hashes.SHA256())

    def trust_root(self, **changes):
        def log(key):
            return {
                "publicKey": {
                    "rawBytes": b64(spki(key)),
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                    "validFor": {"start": "2025-01-01T00:00:00Z"},
                },
                "logId": {"keyId": b64(hashlib.sha256(spki(key)).digest())},
            }

        chain = [{"rawBytes": b64(each.public_bytes(DER))} for each in (self.middle, self.root)]
        known = {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [log(self.rekor)],
            "certificateAuthorities": [
                {"certChain": {"certificates": chain}, "validFor": {"start": "2025-01-01T00:00:00Z"}}
            ],
            "ctlogs": [log(self.ct)],
        }
        return json.dumps(known | changes).encode()

    def leaf(self, key, identity, issuer, *, logged=True):
        """A certificate, which the log promised to show before it was signed."""
        made = builder("", key, self.middle, self.middle_key, authority=False)
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        made = made.add_extension(x509.SubjectAlternativeName([x509.RFC822Name(identity)]), critical=True)
        made = made.add_extension(x509.UnrecognizedExtension(ISSUER, der(0x0C, issuer.encode())), critical=False)
        if not logged:
            return made.sign(self.middle_key, hashes.SHA256())
        before = made.sign(self.middle_key, hashes.SHA256()).tbs_certificate_bytes
        stamp = int(NOON.timestamp() * 1000).to_bytes(8, "big")
        data = b"\0\0" + stamp + b"\0\1" + hashlib.sha256(spki(self.middle_key)).digest()
        signature = signed(self.ct, data + len(before).to_bytes(3, "big") + before + b"\0\0")
        sct = (
            b"\0"
            + hashlib.sha256(spki(self.ct)).digest()
            + stamp
            + b"\0\0"
            + b"\4\3"
            + len(signature).to_bytes(2, "big")
            + signature
        )
        listed = len(sct).to_bytes(2, "big") + sct
        value = der(4, len(listed).to_bytes(2, "big") + listed)
        return made.add_extension(x509.UnrecognizedExtension(SCTS, value), critical=False).sign(
            self.middle_key, hashes.SHA256()
        )

    def bundle(self, files, *, identity="me@example.com", issuer="https://issuer.example", logged=True, siblings=5):
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = self.leaf(key, identity, issuer, logged=logged)
        payload = json.dumps(statement(files, name="m")).encode()
        signature = signed(key, Envelope(payload, IN_TOTO, ()).signed_bytes)
        entry = self.entry(payload, signature, leaf, siblings)
        return {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {"certificate": {"rawBytes": b64(leaf.public_bytes(DER))}, "tlogEntries": [entry]},
            "dsseEnvelope": {"payload": b64(payload), "payloadType": IN_TOTO, "signatures": [{"sig": b64(signature)}]},
        }

    def entry(self, payload, signature, leaf, siblings):
        verifier = b64(leaf.public_bytes(serialization.Encoding.PEM))
        spec = {
            "envelopeHash": {"algorithm": "sha256", "value": "0" * 64},
            "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
            "signatures": [{"signature": b64(signature), "verifier": verifier}],
        }
        body = json.dumps({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec}, separators=(",", ":")).encode()
        return self.logged(body, siblings)

    def logged(self, body, siblings=5):
        log_id, time = hashlib.sha256(spki(self.rekor)).digest(), int(NOON.timestamp())
        promise = {"body": b64(body), "integratedTime": time, "logID": log_id.hex(), "logIndex": 1000}
        set_ = signed(self.rekor, json.dumps(promise, sort_keys=True, separators=(",", ":")).encode())
        return {
            "logIndex": "1000",
            "logId": {"keyId": b64(log_id)},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(time),
            "inclusionPromise": {"signedEntryTimestamp": b64(set_)},
            "inclusionProof": self.proof(body, siblings, log_id),
            "canonicalizedBody": b64(body),
        }

    def proof(self, body, siblings, log_id):
        """The body as the last but one leaf of a tree of `siblings + 1`."""
        leaves = [hashlib.sha256(b"\0" + bytes([n])).digest() for n in range(siblings + 1)]
        index = max(0, siblings - 1)
        leaves[index] = hashlib.sha256(b"\0" + body).digest()
        root, path = tree(leaves), steps(leaves, index)
        text = f"log.example - 1\n{len(leaves)}\n{b64(root)}\n"
        note = f"{text}\n\u2014 log.example {b64(log_id[:4] + signed(self.rekor, text.encode()))}\n"
        return {
            "logIndex": str(index),
            "treeSize": str(len(leaves)),
            "rootHash": b64(root),
            "hashes": [b64(each) for each in path],
            "checkpoint": {"envelope": note},
        }


def split(leaves):
    return 1 << (len(leaves) - 1).bit_length() - 1


def tree(leaves):
    """RFC 6962, 2.1, as it is written there."""
    if len(leaves) == 1:
        return leaves[0]
    half = split(leaves)
    return hashlib.sha256(b"\1" + tree(leaves[:half]) + tree(leaves[half:])).digest()


def steps(leaves, index):
    if len(leaves) == 1:
        return []
    half = split(leaves)
    if index < half:
        return [*steps(leaves[:half], index), tree(leaves[half:])]
    return [*steps(leaves[half:], index - half), tree(leaves[:half])]
