"""The files that `tests/corpora/signed.py` signed, as a manifest knows them."""

import base64
import hashlib
import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from modelyard.domain.digests import combine, part_count, part_range
from modelyard.domain.manifests import parse_file
from modelyard.signing.envelopes import IN_TOTO, Envelope
from modelyard.signing.keys import HASHES

SAMPLES = Path(__file__).parent.parent / "corpora/samples/signed"


def file(path, data):
    size = len(data)
    ranges = [part_range(size, number) for number in range(1, part_count(size) + 1)]
    parts = [hashlib.sha256(data[start : start + length]).hexdigest() for start, length in ranges]
    return parse_file(path, size, combine(size, parts), parts if len(parts) > 1 else ())


SMALL = [file("README.md", b"# A model\n"), file("sub-a.txt", b"a"), file("sub/b.txt", b"b")]


def large():
    return [*SMALL, file("large.bin", bytes(2 * 64 * 1024**2 + 5))]


def sample(name):
    return (SAMPLES / name).read_bytes()


def resigned(raw, key, change):
    """A bundle whose statement was changed, and signed again with the key."""
    bundle = json.loads(raw)
    statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    change(statement)
    payload = json.dumps(statement).encode()
    signature = key.sign(Envelope(payload, IN_TOTO, ()).signed_bytes, ec.ECDSA(HASHES[key.curve.name]))
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()
    bundle["dsseEnvelope"]["signatures"][0]["sig"] = base64.b64encode(signature).decode()
    return json.dumps(bundle).encode()
