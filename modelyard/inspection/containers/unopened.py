"""Containers that are known by name only: what is in them is not inspected, and that is said."""

import re
from functools import partial

from modelyard.inspection.formats.matching import begins
from modelyard.inspection.sight import Format, Sight

KINDS = {
    "7z": (b"7z\xbc\xaf\x27\x1c",),
    "rar": (b"Rar!\x1a\x07",),
    "lz4": (b"\x04\x22\x4d\x18", b"\x02\x21\x4c\x18"),
    "zstd": (b"\x28\xb5\x2f\xfd",),
    "compress": (b"\x1f\x9d", b"\x1f\xa0"),
    "lzip": (b"LZIP\x01",),
    "lzop": (b"\x89LZO\0\r\n\x1a\n",),
    "cab": (b"MSCF\0\0\0\0",),
    "ar": (b"!<arch>\n",),
    "cpio": (b"070701", b"070702", b"070707"),
    "xar": (b"xar!",),
    "zpaq": (b"7kSt", b"zPQ"),
    "lrzip": (b"LRZI",),
    "snappy": (b"\xff\x06\0\0sNaPpY",),
    "squashfs": (b"hsqs",),
}
"""First bytes, by format."""

ZFILE = re.compile(rb"ZF(0x)?[0-9a-fA-F]+L? *")


def look(kind: str, sight: Sight) -> None:
    """Say that the container is not opened."""
    sight.note("container.not-opened", f"a container of format {kind}")
    sight.miss(f"containers of format {kind} are not opened")


def is_zfile(head: bytes, _sight: Sight) -> bool:
    """Whether the bytes begin as what joblib wrote before 0.10: the size in hexadecimal digits, then zlib's bytes."""
    return ZFILE.match(head) is not None


FORMATS = (
    *(Format(kind, begins(*magics), partial(look, kind)) for kind, magics in KINDS.items()),
    Format("joblib-old", is_zfile, partial(look, "joblib-old")),
)
