"""Making a signature with a key that is here: an OpenSSF model-signing bundle over a manifest."""

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from modelyard.domain.digests import MIN_PART, hex_of, is_tree, part_count, part_range, part_size
from modelyard.domain.manifests import File
from modelyard.signing.envelopes import IN_TOTO, MEDIA, Envelope, Unreadable
from modelyard.signing.keys import HASHES, hint_of
from modelyard.signing.statements import MODEL_SIGNATURE, STATEMENT


def sign(files: Sequence[File], key: ec.EllipticCurvePrivateKey, *, name: str) -> bytes:
    """A bundle in JSON that vouches for every file, as `model_signing` writes and verifies it.

    Files are signed whole, or, when one is larger than a part, all by shards of 64 MiB, which are our parts. Such a
    signature says nothing of empty files, for they have no shards. Unreadable when a file has larger parts than that.
    """
    payload = json.dumps(statement(files, name=name), indent=2).encode()
    unsigned = Envelope(payload, IN_TOTO, ())
    signature = key.sign(unsigned.signed_bytes, ec.ECDSA(HASHES[key.curve.name]))
    envelope = {
        "payload": _base64(payload),
        "payloadType": IN_TOTO,
        "signatures": [{"sig": _base64(signature), "keyid": ""}],
    }
    material = {"publicKey": {"hint": hint_of(key.public_key())}, "tlogEntries": []}
    return json.dumps({"mediaType": MEDIA[0], "verificationMaterial": material, "dsseEnvelope": envelope}).encode()


def statement(files: Sequence[File], *, name: str) -> dict[str, Any]:
    """What is signed: the resources in the order of their paths' names, and the digest over all of theirs."""
    large = any(is_tree(file.digest) for file in files)
    if any(part_size(file.size) != MIN_PART for file in files):
        raise Unreadable("a file has parts of more than 64 MiB, and a signature has one size for all")
    ordered = sorted(files, key=lambda file: file.path.split("/"))
    pieces = [piece for file in ordered for piece in (_shards(file) if large else [(file.path, hex_of(file.digest))])]
    algorithm = f"sha256-sharded-{MIN_PART}" if large else "sha256"
    resources = [{"name": path, "algorithm": algorithm, "digest": digest} for path, digest in pieces]
    root = hashlib.sha256(b"".join(bytes.fromhex(digest) for _, digest in pieces)).hexdigest()
    method = {"method": "shards", "shard_size": MIN_PART} if large else {"method": "files"}
    return {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": root}}],
        "predicateType": MODEL_SIGNATURE,
        "predicate": {
            "serialization": {**method, "hash_type": "sha256", "allow_symlinks": False},
            "resources": resources,
        },
    }


def _shards(file: File) -> Iterable[tuple[str, str]]:
    """The file's parts by name, none for an empty file."""
    digests = file.parts or ((hex_of(file.digest),) if file.size else ())
    for number, digest in zip(range(1, part_count(file.size) + 1), digests, strict=False):
        start, length = part_range(file.size, number)
        yield f"{file.path}:{start}:{start + length}", digest


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
