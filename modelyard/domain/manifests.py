"""The manifest: a version's files, checked, and the one digest that names them all."""

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from modelyard.domain.digests import MAX_FILE, Digest, combine, is_tree, parse_digest, parse_part, part_count
from modelyard.domain.errors import DigestMismatch, Invalid, TooLarge
from modelyard.domain.names import has_control

MAX_FILES = 10_000
MAX_PATH = 1_024
RESERVED = ".modelyard-partial"


@dataclass(frozen=True, slots=True)
class File:
    """One file of a version. `parts` holds the hex SHA-256 of each part of a tree digest, and is empty otherwise."""

    path: str
    size: int
    digest: Digest
    parts: tuple[str, ...] = ()


def parse_file(path: str, size: int, digest: str, parts: Sequence[str] = (), *, field: str = "files") -> File:
    """A file whose path, size, digest and parts agree with one another; Invalid names the one that does not."""
    parse_path(path, field=f"{field}.path")
    if size < 0:
        raise Invalid(f"a file has 0 bytes or more, not {size}", field=f"{field}.size")
    if size > MAX_FILE:
        raise TooLarge(f"a file has 0 to {MAX_FILE} bytes, not {size}", field=f"{field}.size")
    known = parse_digest(digest, field=f"{field}.digest")
    if is_tree(known) != (part_count(size) > 1):
        kind = "sha256-tree" if part_count(size) > 1 else "sha256"
        raise Invalid(f"a file of {size} bytes is known by its {kind}", field=f"{field}.digest")
    return File(path, size, known, _parse_parts(size, known, parts, field=f"{field}.parts"))


def _parse_parts(size: int, digest: Digest, parts: Sequence[str], *, field: str) -> tuple[str, ...]:
    if not is_tree(digest):
        if parts:
            raise Invalid("only a file of several parts lists them", field=field)
        return ()
    if len(parts) != part_count(size):
        raise Invalid(f"a file of {size} bytes has {part_count(size)} parts, not {len(parts)}", field=field)
    checked = tuple(parse_part(part, field=field) for part in parts)
    if combine(size, checked) != digest:
        raise DigestMismatch("the parts do not combine to the digest", field=field)
    return checked


def parse_path(path: str, *, field: str = "path") -> str:
    r"""A relative, normalised path of at most 1,024 bytes, `/` between names; no `.`, `..`, backslash or control."""
    if not path or len(path.encode(errors="surrogatepass")) > MAX_PATH:
        raise Invalid(f"a path has 1 to {MAX_PATH} bytes", field=field)
    if path.startswith("/") or "\\" in path or path[1:2] == ":":
        raise Invalid("a path is relative, with '/' between its names", field=field)
    if any(name in {"", ".", ".."} or len(name.encode(errors="surrogatepass")) > 255 for name in path.split("/")):
        raise Invalid("a path has no empty name, '.', '..' or name over 255 bytes", field=field)
    if path.partition("/")[0] == RESERVED:
        raise Invalid(f"a path does not begin with {RESERVED!r}, where pulls keep what is not whole yet", field=field)
    if has_control(path) or path != unicodedata.normalize("NFC", path):
        raise Invalid("a path is in Unicode NFC, without control characters", field=field)
    return path


def check_manifest(files: Iterable[File], *, field: str = "files") -> tuple[File, ...]:
    """The files in the order of their paths' UTF-8; Invalid when two of them would collide on some file system."""
    ordered = tuple(sorted(files, key=lambda file: file.path.encode()))
    if not ordered:
        raise Invalid("a version has at least one file", field=field)
    if len(ordered) > MAX_FILES:
        raise TooLarge(f"a version has at most {MAX_FILES} files, not {len(ordered)}", field=field)
    _check_collisions(ordered, field)
    _check_same_bytes(ordered, field)
    return ordered


def _check_collisions(files: Sequence[File], field: str) -> None:
    """No two paths alike but for case or accents' spelling, and no file where another has a folder."""
    spelled: dict[str, str] = {}
    folders: set[str] = set()
    for file in files:
        folded = unicodedata.normalize("NFC", file.path.casefold())
        if folded in spelled:
            raise Invalid(f"{file.path!r} and {spelled[folded]!r} are one path on some systems", field=f"{field}.path")
        spelled[folded] = file.path
        names = folded.split("/")
        folders.update("/".join(names[:depth]) for depth in range(1, len(names)))
    if clash := folders & spelled.keys():
        raise Invalid(f"{spelled[min(clash)]!r} is both a file and a folder", field=f"{field}.path")


def _check_same_bytes(files: Sequence[File], field: str) -> None:
    sizes: dict[str, int] = {}
    for file in files:
        if sizes.setdefault(file.digest, file.size) != file.size:
            raise DigestMismatch(f"{file.path!r} gives another size for the same digest", field=f"{field}.size")


def manifest_digest(files: Sequence[File]) -> Digest:
    r"""A version's content id: SHA-256 over a line `<digest> <size> <path>\n` for each file, in path order."""
    lines = (f"{file.digest} {file.size} {file.path}\n".encode() for file in files)
    return Digest("sha256:" + hashlib.sha256(b"".join(lines)).hexdigest())
