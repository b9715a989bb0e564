"""The tree digest: how a file of any size is known, in the form object storage itself enforces.

A file of at most one part is known by its SHA-256 (`sha256:<hex>`). A larger one is known by the SHA-256 of its
parts' raw SHA-256 values, concatenated in order (`sha256-tree:<hex>`): exactly S3's composite checksum of a multipart
object. The part size depends on the file's size alone, so two people who hash the same bytes agree.

Limits are S3's: 10,000 parts of at most 5 GiB, objects of at most 5 TiB
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html).
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import NewType

from modelyard.domain.errors import Invalid

Digest = NewType("Digest", str)
"""`sha256:<64 hex>` or `sha256-tree:<64 hex>`, lower case."""

MIN_PART = 64 * 1024**2
MAX_PARTS = 10_000
MAX_FILE = 5 * 1024**4
_DIGEST = re.compile(r"sha256(-tree)?:[0-9a-f]{64}")
_HEX = re.compile(r"[0-9a-f]{64}")


def part_size(size: int) -> int:
    """Bytes in each part but the last of a file of `size` bytes: 64 MiB, doubled until at most 10,000 parts."""
    part = MIN_PART
    while -(-size // part) > MAX_PARTS:
        part *= 2
    return part


def part_count(size: int) -> int:
    """How many parts a file of `size` bytes has; an empty file has one."""
    return max(1, -(-size // part_size(size)))


def part_range(size: int, number: int) -> tuple[int, int]:
    """Offset and length in bytes of part `number` (from 1) of a file of `size` bytes."""
    part = part_size(size)
    offset = (number - 1) * part
    return offset, min(part, size - offset)


def is_tree(digest: str) -> bool:
    """Whether the digest is over parts (`sha256-tree:`), so that the bytes travel as a multipart upload."""
    return digest.startswith("sha256-tree:")


def combine(size: int, parts: Sequence[str]) -> Digest:
    """The digest of a file from its size and the hex SHA-256 of each of its parts, in order."""
    if len(parts) != part_count(size):
        raise Invalid(f"a file of {size} bytes has {part_count(size)} parts, not {len(parts)}", field="parts")
    if len(parts) == 1:
        return Digest(f"sha256:{parts[0]}")
    return Digest(f"sha256-tree:{composite(parts)}")


def composite(parts: Iterable[str]) -> str:
    """Hex SHA-256 of the concatenated raw digests: what S3 shows (in base64) as the checksum of a multipart object."""
    return hashlib.sha256(b"".join(bytes.fromhex(part) for part in parts)).hexdigest()


def parse_digest(text: str, *, field: str = "digest") -> Digest:
    """`text` as a digest; Invalid when it is not one, upper case included."""
    if not _DIGEST.fullmatch(text):
        raise Invalid("a digest is 'sha256:' or 'sha256-tree:' and 64 lower-case hex digits", field=field)
    return Digest(text)


def parse_part(text: str, *, field: str = "parts") -> str:
    """`text` as the hex SHA-256 of one part."""
    if not _HEX.fullmatch(text):
        raise Invalid("a part digest is 64 lower-case hex digits", field=field)
    return text


def hex_of(digest: Digest) -> str:
    """The 64 hex digits of a digest, without its kind."""
    return digest.rpartition(":")[2]
