"""Blobs in a folder: `blobs/<kind>/<ab>/<hex>`, each written once, checked, flushed, and then named.

Beside them lie `uploads/`, what is on its way, and `aside/`, what was taken out of use. The folder needs a file system
with hard links, on one machine. Everything but `uploads/` is whole after a power cut at any moment.
"""

import os
import secrets
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from modelyard.adapters.disk.files import Reader, hash_file, is_sealed, opened, seal, sync_folder
from modelyard.adapters.disk.links import Link, Links
from modelyard.adapters.disk.uploads import Uploads
from modelyard.adapters.disk.writer import Writer
from modelyard.domain.blobs import key_of, save_name
from modelyard.domain.digests import Digest, hex_of, is_tree, parse_digest, part_range
from modelyard.domain.errors import Contended, Invalid, NotFound, PreconditionFailed
from modelyard.domain.manifests import File
from modelyard.ports import Clock, SignedRequest, Stat

ONLY_IF_ABSENT = {"If-None-Match": "*"}


@dataclass(frozen=True, slots=True)
class Incoming:
    """A PUT that may come: its length in bytes, the headers it must have, and the key that it makes exist.

    `key` is None for a part, which makes nothing exist by itself. `open` gives what takes the bytes, or None when they
    are there already. It raises PreconditionFailed for a blob that is there, NotFound for an upload that is gone,
    Contended while somebody else sends the same part.
    """

    length: int
    headers: dict[str, str]
    key: str | None
    open: Callable[[], Writer | None]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A GET that may be answered: the blob's hex digits, the name to save it under, and how to open it (NotFound)."""

    etag: str
    filename: str
    open: Callable[[], Reader]


class DiskBlobs:
    """`ports.Blobs` in `folder`, safe under several threads and processes.

    Signed URLs lead to `<base_url>/blobs/...`, where a door must ask `accept` and `hand_out`. `on_stored` is called
    with a blob's key and size once its parts were made one; it may be called from any thread.
    """

    def __init__(
        self,
        folder: Path,
        *,
        base_url: str,
        secret: bytes,
        link: timedelta,
        clock: Clock,
        on_stored: Callable[[str, int], None] | None = None,
    ) -> None:
        self._folder, self._clock, self._on_stored = folder, clock, on_stored
        self._links = Links(base_url=base_url, secret=secret, link=link, clock=clock)
        for name in ("blobs/sha256", "blobs/sha256-tree", "uploads", "aside"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self._uploads = Uploads(folder / "uploads")

    def stat(self, digest: Digest) -> Stat | None:
        """See `ports.Blobs.stat`. A file that somebody wrote to behind our back is read whole, for the truth."""
        seen = self._look(digest)
        return seen.stat if seen else None

    def reread(self, file: File) -> Stat | None:
        """See `ports.Blobs.reread`."""
        try:
            with opened(self._path(file.digest), os.O_RDONLY) as blob:
                return hash_file(blob)
        except FileNotFoundError:
            return None

    def sign_put(self, file: File) -> SignedRequest:
        """See `ports.Blobs.sign_put`."""
        if is_tree(file.digest):
            raise Invalid("a blob of several parts is sent in parts")
        headers = {"Content-Length": str(file.size), **ONLY_IF_ABSENT}
        return self._links.sign("PUT", file.digest, {"length": str(file.size)}, headers)

    def begin(self, file: File) -> str:
        """See `ports.Blobs.begin`. The same for the same digest and size, always."""
        return self._uploads.begin(file.digest, file.size)

    def parts(self, file: File, upload: str) -> frozenset[int]:
        """See `ports.Blobs.parts`."""
        return self._uploads.done(file, upload)

    def sign_part(self, file: File, upload: str, number: int) -> SignedRequest:
        """See `ports.Blobs.sign_part`."""
        if not 1 <= number <= len(file.parts):
            raise Invalid(f"the file has {len(file.parts)} parts, none of them number {number}")
        length = str(part_range(file.size, number)[1])
        fields = {"upload": upload, "part": str(number), "length": length, "checksum": file.parts[number - 1]}
        return self._links.sign("PUT", file.digest, fields, {"Content-Length": length})

    def finish(self, file: File, upload: str) -> bool:
        """See `ports.Blobs.finish`. What lies there but is not the blob moves `aside/`, and is replaced."""
        self._is_there(file.digest)
        try:
            moved = self._uploads.finish(file, upload, self._path(file.digest))
        except NotFound:
            return False
        if moved and self._on_stored:
            self._on_stored(key_of(file.digest), file.size)
        return True

    def sign_get(self, digest: Digest, *, filename: str) -> SignedRequest:
        """See `ports.Blobs.sign_get`."""
        return self._links.sign("GET", digest, {"filename": save_name(filename)})

    def read(self, digest: Digest, offset: int, length: int) -> bytes:
        """See `ports.Blobs.read`."""
        reader = Reader(self._path(digest))
        try:
            return reader.read(offset, length)
        finally:
            reader.close()

    def discard(self, digest: Digest) -> None:
        """See `ports.Blobs.discard`. The file moves to `aside/`, under a name that says when."""
        with self._uploads.alone():
            self._set_aside(digest)

    def remove(self, digest: Digest) -> None:
        """See `ports.Blobs.remove`. The file is gone for good; who reads it already reads it to its end."""
        path = self._path(digest)
        with self._uploads.alone(), suppress(FileNotFoundError):
            path.unlink()
            sync_folder(path.parent)

    def sweep_uploads(self, older_than: datetime) -> int:
        """Remove uploads and temporary files that nobody has written to since; how many there were."""
        return self._uploads.sweep(older_than.timestamp())

    def accept(self, path: str, query: str) -> Incoming:
        """What a PUT of this URL may bring; Forbidden when it was not signed so."""
        link = self._links.check("PUT", path, query)
        length = int(link.fields["length"])
        if "upload" in link.fields:
            return Incoming(length, {}, None, lambda: self._part_writer(link))
        return Incoming(length, ONLY_IF_ABSENT, key_of(link.digest), lambda: self._blob_writer(link.digest, length))

    def _part_writer(self, link: Link) -> Writer | None:
        fields = link.fields
        return self._uploads.writer(fields["upload"], int(fields["part"]), int(fields["length"]), fields["checksum"])

    def hand_out(self, path: str, query: str) -> Outgoing:
        """What a GET of this URL may take away; Forbidden when it was not signed so."""
        link = self._links.check("GET", path, query)
        return Outgoing(hex_of(link.digest), link.fields["filename"], lambda: self._reader(link.digest))

    def _reader(self, digest: Digest) -> Reader:
        try:
            return Reader(self._path(digest))
        except FileNotFoundError:
            raise NotFound("the blob is not here") from None

    def _blob_writer(self, digest: Digest, length: int) -> Writer:
        final = self._path(digest)
        if self._is_there(digest):
            raise _there()
        temporary = self._folder / "uploads" / f"put-{secrets.token_hex(16)}"
        with ExitStack() as opening:
            opening.callback(temporary.unlink, missing_ok=True)
            file = opening.enter_context(opened(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL))

            def keep() -> None:
                seal(file, digest)
                _name(temporary, final)

            return Writer(file, offset=0, length=length, checksum=hex_of(digest), keep=keep, held=opening.pop_all())

    def _look(self, digest: Digest) -> "_Seen | None":
        """What lies where the blob belongs, under a name that will outlive a power cut; None when nothing does."""
        path = self._path(digest)
        try:
            found = path.stat()
            # A blob sent whole has its temporary name, too, until its final one is flushed.
            if found.st_nlink > 1 or is_tree(digest):
                sync_folder(path.parent)
            if is_sealed(found, digest):
                return _Seen(Stat(found.st_size, digest), found)
            return _examine(path, digest)
        except FileNotFoundError:
            return None

    def _is_there(self, digest: Digest) -> bool:
        """Whether the blob is stored; what lies there but is not the blob moves aside."""
        seen = self._look(digest)
        if seen is None or seen.stat.digest == digest:
            return seen is not None
        with self._uploads.alone(), suppress(FileNotFoundError):
            # Nothing is ever replaced, and only who is alone takes away: what was examined is what moves.
            if os.path.samestat(seen.found, self._path(digest).stat()):
                self._set_aside(digest)
        return False

    def _set_aside(self, digest: Digest) -> None:
        moment = self._clock.now().strftime("%Y%m%dT%H%M%SZ")
        name = f"{digest.replace(':', '-')}.{moment}.{secrets.token_hex(4)}"
        path = self._path(digest)
        with suppress(FileNotFoundError):
            path.rename(self._folder / "aside" / name)
            sync_folder(self._folder / "aside")
            sync_folder(path.parent)

    def _path(self, digest: Digest) -> Path:
        """Where the blob lies. Only a digest makes a path, so none leads out of the folder."""
        kind, _, digits = parse_digest(digest).partition(":")
        return self._folder / "blobs" / kind / digits[:2] / digits


def _name(temporary: Path, final: Path) -> None:
    """Give a flushed file its name, and that for good; PreconditionFailed when another has it."""
    final.parent.mkdir(exist_ok=True)
    try:
        os.link(temporary, final)
    except FileExistsError:
        sync_folder(final.parent)
        raise _there() from None
    except FileNotFoundError:
        raise Contended("the bytes came so slowly that they were swept away") from None
    sync_folder(final.parent)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What lies in a blob's place, and the file that it was."""

    stat: Stat
    found: os.stat_result


def _examine(path: Path, digest: Digest) -> _Seen:
    """Read every byte of a file, and seal it again if they are the blob's (it was restored from a copy, perhaps)."""
    with opened(path, os.O_RDONLY) as file:
        before = os.fstat(file)
        stat = hash_file(file)
        if stat.digest == digest and os.fstat(file).st_mtime_ns == before.st_mtime_ns:
            with suppress(PermissionError):
                seal(file, digest)
        return _Seen(stat, before)


def _there() -> PreconditionFailed:
    return PreconditionFailed("the blob is there already")
