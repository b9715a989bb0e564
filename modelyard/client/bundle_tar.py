"""A bundle as one tar: packed so that the same bundle gives the same bytes, and read without unpacking anything."""

import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from modelyard.client.bundle_format import FOLDERS, INDEX, PLACES, BadBundle, Index
from modelyard.client.walking import Mark

_BLOCK = tarfile.BLOCKSIZE
_FILE = frozenset({tarfile.REGTYPE, tarfile.AREGTYPE})
_END = b"\0" * _BLOCK


def pack(folder: Path, target: Path, index: Index) -> None:
    """Pack the models that the index lists, and every blob, into `target`: in order, without times and owners."""
    writing = target.with_name(f"{target.name}.writing")
    with writing.open("wb") as file:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as tar:
            for path in _members(folder, index):
                _add(tar, folder / path, path)
        file.flush()
        os.fsync(file.fileno())
    writing.replace(target)


def _members(folder: Path, index: Index) -> Iterator[str]:
    yield INDEX
    listed = {model.id for model in index.models}
    for top in ("models", "blobs"):
        for path in sorted(path.relative_to(folder).as_posix() for path in (folder / top).rglob("*") if path.is_file()):
            if PLACES.fullmatch(path) and (top == "blobs" or path.split("/")[1] in listed):
                yield path


def _add(tar: tarfile.TarFile, path: Path, name: str) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = path.stat().st_size, 0o644
    with path.open("rb") as file:
        tar.addfile(member, file)


def read_members(file: BinaryIO) -> Iterator[tuple[str, int, int]]:
    """Name, offset and size of each file in a tar, in order.

    BadBundle for anything that is no plain file of a bundle: links, devices, sparse files, extended headers, names
    that lead elsewhere. Nothing is unpacked, and only headers are read.
    """
    end = Mark.of(os.fstat(file.fileno())).size
    offset = 0
    while offset + _BLOCK <= end:
        file.seek(offset)
        header = file.read(_BLOCK)
        if header == _END:
            return
        member = _member(header)
        offset += _BLOCK
        if member is None:
            continue
        name, size = member
        if size < 0 or offset + size > end:
            raise BadBundle(f"the tar ends within {name!r}")
        yield name, offset, size
        offset += -(-size // _BLOCK) * _BLOCK
    raise BadBundle("the tar has no end: it is not whole")


def _member(header: bytes) -> tuple[str, int] | None:
    """Name and size of a file; None for a folder that a bundle may have."""
    try:
        found = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        raise BadBundle(f"this is no tar that can be read: {error}", hint="a bundle is not compressed") from error
    name = found.name.removeprefix("./").rstrip("/")
    if found.type == tarfile.DIRTYPE and (name in {"", "."} or FOLDERS.fullmatch(name)):
        return None
    if found.type not in _FILE or not PLACES.fullmatch(name):
        hint = "pack it with `tar --format=gnu`, with nothing in it but the bundle"
        raise BadBundle(f"the tar holds {name[:200]!r}, which no bundle has", hint=hint)
    return name, found.size
