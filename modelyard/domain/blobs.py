"""How a blob is addressed in storage, and what it is called when it is handed out."""

import unicodedata
from urllib.parse import quote

from modelyard.domain.digests import Digest, parse_digest
from modelyard.domain.errors import Invalid

PREFIX = "blobs/"
MAX_NAME = 255
"""Bytes of a file name on most file systems."""

_PLAIN = "!#$&+-.^_`|~"
"""What RFC 8187 lets stand as it is beside letters and digits."""


def key_of(digest: Digest) -> str:
    """The storage key of a blob: `blobs/sha256/<hex>` or `blobs/sha256-tree/<hex>`."""
    return PREFIX + digest.replace(":", "/")


def digest_at(key: str) -> Digest | None:
    """The digest of the blob at a storage key; None when no blob can lie there."""
    kind, _, digits = key.removeprefix(PREFIX).partition("/")
    try:
        digest = parse_digest(f"{kind}:{digits}")
    except Invalid:
        return None
    return digest if key_of(digest) == key else None


def attachment(filename: str) -> str:
    """The Content-Disposition (RFC 6266) that saves a blob under the last name of `filename`, whatever is in it."""
    name = save_name(filename)
    plain = "".join(letter if letter.isascii() and letter not in '"%' else "_" for letter in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe=_PLAIN)}"


def save_name(filename: str) -> str:
    """The last name of `filename`, without control, format and broken characters, no longer than a name may be."""
    name = filename.replace("\\", "/").rpartition("/")[2]
    visible = "".join("_" if unicodedata.category(letter).startswith("C") else letter for letter in name)
    short = visible.encode()[:MAX_NAME].decode(errors="ignore")
    return short if short.strip(". ") else "file"
