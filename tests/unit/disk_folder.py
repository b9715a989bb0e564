"""What goes into the disk adapter's folder, without a door, and where it lies."""

import hashlib
from pathlib import Path
from urllib.parse import urlsplit

from modelyard.adapters.disk import DiskBlobs
from modelyard.adapters.disk.writer import Writer
from modelyard.domain import digests
from modelyard.domain.digests import Digest, combine, part_range
from modelyard.domain.manifests import File
from modelyard.ports import SignedRequest

PART = 1000
"""Bytes of a part, where a test makes parts small."""

CONTENT = bytes(range(250)) * 4 + b"end"
"""Two such parts."""


def file_of(content: bytes) -> File:
    ranges = [part_range(len(content), n) for n in range(1, digests.part_count(len(content)) + 1)]
    parts = [hashlib.sha256(content[offset : offset + length]).hexdigest() for offset, length in ranges]
    return File("model.bin", len(content), combine(len(content), parts), tuple(parts) if len(parts) > 1 else ())


def open_put(blobs: DiskBlobs, request: SignedRequest) -> Writer | None:
    url = urlsplit(request.url)
    return blobs.accept(url.path, url.query).open()


def put(blobs: DiskBlobs, request: SignedRequest, content: bytes) -> None:
    writer = open_put(blobs, request)
    if writer is None:
        return
    try:
        for start in range(0, len(content), 300):
            writer.write(content[start : start + 300])
        writer.commit()
    finally:
        writer.close()


def store(blobs: DiskBlobs, content: bytes) -> File:
    file = file_of(content)
    if not file.parts:
        put(blobs, blobs.sign_put(file), content)
        return file
    upload = blobs.begin(file)
    for number in range(1, len(file.parts) + 1):
        offset, length = part_range(file.size, number)
        put(blobs, blobs.sign_part(file, upload, number), content[offset : offset + length])
    if not blobs.finish(file, upload):
        raise RuntimeError("the upload is not whole")
    return file


def place(folder: Path, digest: Digest) -> Path:
    kind, _, digits = digest.partition(":")
    return folder / "blobs" / kind / digits[:2] / digits


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "uploads").iterdir() if path.name != "lock")
