"""Blobs on AWS: a versioned S3 bucket that checks each PUT's length and SHA-256 before it keeps a byte."""

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from contextlib import closing, suppress
from datetime import timedelta
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError

from modelyard.domain.blobs import attachment, key_of
from modelyard.domain.digests import Digest, combine, hex_of, is_tree, part_count, part_range
from modelyard.domain.errors import Invalid
from modelyard.domain.manifests import File
from modelyard.ports import Clock, SignedRequest, Stat

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

    from modelyard.adapters.s3.heads import Heads
    from modelyard.adapters.s3.signing import Links

T = TypeVar("T")

S3_CONFIG: Mapping[str, Any] = {
    "signature_version": "s3v4",
    "request_checksum_calculation": "when_required",
    "response_checksum_validation": "when_required",
    "retries": {"mode": "standard", "total_max_attempts": 5},
    "connect_timeout": 5,
    "read_timeout": 30,
    "max_pool_connections": 32,
    "tcp_keepalive": True,
}
"""For `botocore.config.Config(**S3_CONFIG)`: links signed by SigV4, and no checksum but those that are asked for."""

ATTEMPTS = 5
"""How often something is tried that meets another writer, or a connection that breaks."""

PAUSE = 0.2
"""Seconds before the second attempt; twice as many before each that follows."""

READERS = 8
"""Parts that are read again at once, each a MiB at a time."""

BUFFER = 1024**2
ABSENT = frozenset({"404", "NoSuchKey"})
ANOTHER = frozenset({"412", "PreconditionFailed"})
MEETING = frozenset({"ConditionalRequestConflict", "OperationAborted"})
NO_UPLOAD = frozenset({"404", "NoSuchUpload"})
REFUSALS = ANOTHER | MEETING | NO_UPLOAD | {"BadDigest", "InvalidPart"}
BROKEN = (HTTPClientError, IncompleteReadError)


class S3Blobs:
    """`ports.Blobs` in `bucket`, through the client that `client_factory` makes on first use, configured by S3_CONFIG.

    It needs leave to get, put and delete objects, to list and abort the parts of uploads, to list uploads, and to list
    the bucket, without which S3 says 403 rather than 404 of an absent object. A link dies with the credentials that
    signed it. The bucket's lifecycle removes abandoned uploads and decides how long what was discarded is kept.
    """

    def __init__(self, client_factory: "Callable[[], S3Client]", bucket: str, *, link: timedelta, clock: Clock) -> None:
        self._factory, self._bucket, self._link, self._clock = client_factory, bucket, link, clock
        self._reached: tuple[S3Client, Links, Heads] | None = None
        self._reaching = Lock()

    def _reach(self) -> "tuple[S3Client, Links, Heads]":
        """The client and what works by it, made and imported on first use: not every start of a function gets here."""
        with self._reaching:
            if self._reached is None:
                from modelyard.adapters.s3.heads import Heads  # noqa: PLC0415  # see above
                from modelyard.adapters.s3.signing import Links  # noqa: PLC0415  # see above

                client = self._factory()
                links = Links(client, self._bucket)
                self._reached = client, links, Heads(client, self._bucket, links)
            return self._reached

    @property
    def _client(self) -> "S3Client":
        return self._reach()[0]

    @property
    def _links(self) -> "Links":
        return self._reach()[1]

    @property
    def _heads(self) -> "Heads":
        return self._reach()[2]

    def stat(self, digest: Digest) -> Stat | None:
        """See `ports.Blobs.stat`. What S3's checksum cannot tell, being of another kind, is read for the truth."""
        head = self._heads.of(key_of(digest))
        if head is None:
            return None
        known = _digest_of(head.checksum)
        # Over parts of other sizes, the checksum of the very same bytes is another.
        if known == digest or (known and not is_tree(known) and not is_tree(digest)):
            return Stat(head.size, known)
        return self._read_whole(digest)

    def reread(self, file: File) -> Stat | None:
        """See `ports.Blobs.reread`. Reads by part ranges, several at once, in bounded memory."""
        return self._read_whole(file.digest)

    def sign_put(self, file: File) -> SignedRequest:
        """See `ports.Blobs.sign_put`."""
        if is_tree(file.digest):
            raise Invalid("a blob of several parts is sent in parts")
        headers = _body_headers(file.size, hex_of(file.digest)) | {"If-None-Match": "*"}
        wanted = {"IfNoneMatch": "*", **_body_params(file.size, hex_of(file.digest))}
        return self._sign("put_object", "PUT", file.digest, wanted, headers)

    def begin(self, file: File) -> str:
        """See `ports.Blobs.begin`.

        Two that begin at once look again and take the earlier one. Within one second they may miss each other; the
        next call settles on one of the two uploads, and the parts of the other are sent again.
        """
        key = key_of(file.digest)
        if found := self._under_way(key):
            return found
        made = self._client.create_multipart_upload(Bucket=self._bucket, Key=key, ChecksumAlgorithm="SHA256")
        ours = made["UploadId"]
        first = self._under_way(key) or ours
        if first != ours:
            self._abort(key, ours)
        return first

    def parts(self, file: File, upload: str) -> frozenset[int]:
        """See `ports.Blobs.parts`."""
        return frozenset(self._received(file, upload))

    def sign_part(self, file: File, upload: str, number: int) -> SignedRequest:
        """See `ports.Blobs.sign_part`."""
        if not 1 <= number <= len(file.parts):
            raise Invalid(f"the file has {len(file.parts)} parts, none of them number {number}")
        length, checksum = part_range(file.size, number)[1], file.parts[number - 1]
        wanted = {"UploadId": upload, "PartNumber": number, **_body_params(length, checksum)}
        return self._sign("upload_part", "PUT", file.digest, wanted, _body_headers(length, checksum))

    def finish(self, file: File, upload: str) -> bool:
        """See `ports.Blobs.finish`. What lies there under a digest that is not its own is discarded, and replaced."""
        received = self._received(file, upload)
        if len(received) < part_count(file.size):
            return self._is_there(file, upload)
        for attempt in range(ATTEMPTS):
            refusal = self._complete(file, upload, received)
            if self._is_there(file, upload if refusal else None):
                return True
            self._drop_wrong(file)
            if refusal not in ANOTHER | MEETING:
                return False
            self._pause(attempt)
        return False

    def sign_get(self, digest: Digest, *, filename: str) -> SignedRequest:
        """See `ports.Blobs.sign_get`."""
        wanted = {
            "ResponseContentDisposition": attachment(filename),
            "ResponseContentType": "application/octet-stream",
            "ResponseCacheControl": "private, no-store, no-transform",
        }
        return self._sign("get_object", "GET", digest, wanted, {})

    def read(self, digest: Digest, offset: int, length: int) -> bytes:
        """See `ports.Blobs.read`."""
        try:
            # A range of nothing cannot be asked for, but an absent object must be noticed.
            return self._again(lambda: self._get(digest, offset, max(1, length)))[:length]
        except ClientError as error:
            if _code(error) in ABSENT:
                raise FileNotFoundError(key_of(digest)) from None
            if _code(error) == "InvalidRange":
                return b""
            raise

    def discard(self, digest: Digest) -> None:
        """See `ports.Blobs.discard`. The bucket is versioned, so the bytes stay as a noncurrent version."""
        self._client.delete_object(Bucket=self._bucket, Key=key_of(digest))

    def remove(self, digest: Digest) -> None:
        """See `ports.Blobs.remove`. The bytes are a noncurrent version for as long as the bucket's lifecycle says."""
        self._client.delete_object(Bucket=self._bucket, Key=key_of(digest))

    def _sign(
        self, operation: str, method: str, digest: Digest, wanted: Mapping[str, Any], headers: Mapping[str, str]
    ) -> SignedRequest:
        """A link for one operation on the blob. Its expiry is read before it is signed, so it is never overstated."""
        expires_at = self._clock.now() + self._link
        url = self._links.sign(operation, key_of(digest), wanted, int(self._link.total_seconds()))
        return SignedRequest(method, url, headers, expires_at)

    def _is_there(self, file: File, upload: str | None) -> bool:
        """Whether the file is there; an upload that it needs no more is ended, since S3 bills its parts."""
        there = self.stat(file.digest) == Stat(file.size, file.digest)
        if there and upload:
            self._abort(key_of(file.digest), upload)
        return there

    def _drop_wrong(self, file: File) -> None:
        """Discard what is there if it is not the file; it can hardly be, since S3 checked every part."""
        if self.stat(file.digest) not in {None, Stat(file.size, file.digest)}:
            self.discard(file.digest)

    def _under_way(self, key: str) -> str | None:
        """The earliest upload in progress for the key."""
        pages = self._client.get_paginator("list_multipart_uploads").paginate(Bucket=self._bucket, Prefix=key)
        uploads = [each for page in pages for each in page.get("Uploads", ()) if each["Key"] == key]
        first = min(uploads, key=lambda each: (each["Initiated"], each["UploadId"]), default=None)
        return first["UploadId"] if first else None

    def _abort(self, key: str, upload: str) -> None:
        try:
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=upload)
        except ClientError as error:
            if _code(error) not in NO_UPLOAD:
                raise

    def _received(self, file: File, upload: str) -> dict[int, str]:
        """The ETags of the parts that S3 holds and that are the file's, by number.

        A store that shows no checksums checked them all the same: their links were signed for them.
        """
        found: dict[int, str] = {}
        lister = self._client.get_paginator("list_parts")
        try:
            for page in lister.paginate(Bucket=self._bucket, Key=key_of(file.digest), UploadId=upload):
                for part in page.get("Parts", ()):
                    if _is_part(file, part["PartNumber"], part["Size"], part.get("ChecksumSHA256")):
                        found[part["PartNumber"]] = part["ETag"]
        except ClientError as error:
            if _code(error) not in NO_UPLOAD:
                raise
            return {}
        return found

    def _complete(self, file: File, upload: str, received: Mapping[int, str]) -> str:
        """Ask S3 to make the parts one object, and give its refusal's code; empty when it did."""
        parts: list[CompletedPartTypeDef] = [
            {"PartNumber": number, "ETag": received[number], "ChecksumSHA256": _base64(checksum)}
            for number, checksum in enumerate(file.parts, start=1)
        ]
        try:
            self._client.complete_multipart_upload(
                Bucket=self._bucket,
                Key=key_of(file.digest),
                UploadId=upload,
                MultipartUpload={"Parts": parts},
                IfNoneMatch="*",
            )
        except ClientError as error:
            if _code(error) not in REFUSALS:
                raise
            return _code(error)
        return ""

    def _read_whole(self, digest: Digest) -> Stat | None:
        """Size and digest of the bytes there are; None when absent. Starts again when the object changes meanwhile."""
        for attempt in range(ATTEMPTS):
            head = self._heads.of(key_of(digest))
            if head is None:
                return None
            with suppress(_Changed):
                return self._hash(digest, head.size, head.etag)
            self._pause(attempt)
        raise _Changed(key_of(digest))

    def _hash(self, digest: Digest, size: int, etag: str) -> Stat:
        if not size:
            return Stat(0, combine(0, [hashlib.sha256().hexdigest()]))
        ranges = [part_range(size, number) for number in range(1, part_count(size) + 1)]
        with futures.ThreadPoolExecutor(min(READERS, len(ranges))) as pool:
            return Stat(size, combine(size, list(pool.map(partial(self._hash_range, digest, etag), ranges))))

    def _hash_range(self, digest: Digest, etag: str, place: tuple[int, int]) -> str:
        def attempt() -> str:
            sha256 = hashlib.sha256()
            for chunk in self._stream(digest, *place, IfMatch=etag):
                sha256.update(chunk)
            return sha256.hexdigest()

        try:
            return self._again(attempt)
        except ClientError as error:
            if _code(error) in ABSENT | ANOTHER:
                raise _Changed(key_of(digest)) from error
            raise

    def _get(self, digest: Digest, offset: int, length: int) -> bytes:
        return b"".join(self._stream(digest, offset, length))

    def _stream(self, digest: Digest, offset: int, length: int, **condition: Any) -> Iterator[bytes]:
        span = f"bytes={offset}-{offset + length - 1}"
        found = self._client.get_object(Bucket=self._bucket, Key=key_of(digest), Range=span, **condition)
        with closing(found["Body"]) as body:
            yield from body.iter_chunks(BUFFER)

    def _again(self, work: Callable[[], T]) -> T:
        """What `work` gives, tried again when the connection breaks in the middle of a body."""
        for attempt in range(ATTEMPTS - 1):
            with suppress(*BROKEN):
                return work()
            self._pause(attempt)
        return work()

    def _pause(self, attempt: int) -> None:
        self._clock.sleep(PAUSE * 2**attempt)


class _Changed(Exception):
    """The object was replaced or discarded while it was read."""


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _digest_of(checksum: str) -> Digest | None:
    """S3's checksum as a digest: of a whole object, or over parts, which ends in `-` and their number."""
    raw, dash, _ = checksum.partition("-")
    kind = "sha256-tree" if dash else "sha256"
    return Digest(f"{kind}:{base64.b64decode(raw).hex()}") if raw else None


def _is_part(file: File, number: int, size: int, checksum: str | None) -> bool:
    if not 1 <= number <= len(file.parts):
        return False
    return size == part_range(file.size, number)[1] and checksum in {None, _base64(file.parts[number - 1])}


def _base64(digits: str) -> str:
    return base64.b64encode(bytes.fromhex(digits)).decode()


def _body_params(length: int, checksum: str) -> dict[str, Any]:
    return {"ContentLength": length, "ChecksumSHA256": _base64(checksum)}


def _body_headers(length: int, checksum: str) -> dict[str, str]:
    """The signed headers that say what the body must be."""
    return {"Content-Length": str(length), "x-amz-checksum-sha256": _base64(checksum)}
