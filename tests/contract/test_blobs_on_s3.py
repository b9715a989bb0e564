"""What only S3 does: transient refusals, races between its calls, checksums of other kinds, pages of parts."""

import base64
import hashlib
import secrets
from collections.abc import Callable
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from botocore.response import StreamingBody

from modelyard.adapters.s3 import ATTEMPTS, S3Blobs
from modelyard.domain.blobs import key_of
from modelyard.ports import Stat
from tests.contract.blob_stores import BUCKET, HOUR, Differs, file_of, send, send_parts
from tests.unit.fakes import StillClock

pytest_plugins = ["tests.contract.blob_fixtures"]


class Raw:
    """The body of an answer that nobody sent."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, *_: object) -> list[bytes]:
        return [self.body]


def refuse(client: Any, operation: str, status: int, code: str, times: int) -> list[str]:
    """Let the next calls of an operation be refused before they are sent; the list grows with each refusal."""
    refused: list[str] = []

    def answer(**_: object) -> AWSResponse | None:
        if len(refused) == times:
            return None
        refused.append(code)
        body = f"<Error><Code>{code}</Code><Message>emulated</Message></Error>".encode()
        return AWSResponse("http://127.0.0.1", status, {"content-type": "application/xml"}, Raw(body))

    client.meta.events.register(f"before-send.s3.{operation}", answer)
    return refused


def once(client: Any, moment: str, operation: str, action: Callable[[], object]) -> None:
    """Do something at one moment of the next call of an operation."""
    done: list[bool] = []

    def act(**_: object) -> None:
        if not done:
            done.append(True)
            action()

    client.meta.events.register(f"{moment}.s3.{operation}", act)


@pytest.fixture
def content(small_parts) -> bytes:
    return secrets.token_bytes(8) + bytes(small_parts - 8) + secrets.token_bytes(3)


@pytest.fixture
def file(content):
    return file_of(content)


def test_the_client_is_made_on_first_use_and_once(bucket):
    made: list[Any] = []

    def factory() -> Any:
        made.append(bucket.client)
        return bucket.client

    blobs = S3Blobs(factory, BUCKET, link=HOUR, clock=StillClock())
    assert made == []
    blobs.sign_get(file_of(b"1").digest, filename="a")
    blobs.stat(file_of(b"2").digest)
    assert len(made) == 1


def test_links_are_signed_by_version_4_with_length_and_checksum_as_headers(bucket, file):
    whole = bucket.blobs.sign_put(file_of(b"1")).url
    part = bucket.blobs.sign_part(file, bucket.blobs.begin(file), 1).url

    assert "X-Amz-SignedHeaders=content-length%3Bhost%3Bif-none-match%3Bx-amz-checksum-sha256" in whole
    assert "X-Amz-SignedHeaders=content-length%3Bhost%3Bx-amz-checksum-sha256" in part


def test_parts_are_listed_with_their_checksums(bucket, file, content):
    """Where they are not, the composite is all there is to compare."""
    upload = send_parts(bucket.blobs, file, content, 2)
    (part,) = bucket.client.list_parts(Bucket=BUCKET, Key=key_of(file.digest), UploadId=upload)["Parts"]

    assert ("ChecksumSHA256" in part) is not bucket.store.differs(Differs.PARTS_UNCHECKED)


def page_by(client: Any, operation: str, name: str) -> list[int]:
    """Let a listing have one item a page; the list grows with each page."""
    pages: list[int] = []

    def shrink(params: dict[str, Any], **_: object) -> dict[str, Any]:
        pages.append(1)
        return params | {name: 1}

    client.meta.events.register(f"provide-client-params.s3.{operation}", shrink)
    return pages


def test_parts_are_listed_beyond_the_first_page(bucket, file, content):
    upload = send_parts(bucket.blobs, file, content)
    pages = page_by(bucket.client, "ListParts", "MaxParts")

    assert bucket.blobs.parts(file, upload) == {1, 2}
    assert len(pages) >= 2


def test_uploads_are_listed_beyond_the_first_page(bucket, file):
    for _ in range(3):
        bucket.client.create_multipart_upload(Bucket=BUCKET, Key=key_of(file.digest), ChecksumAlgorithm="SHA256")
    found = bucket.client.list_multipart_uploads(Bucket=BUCKET, Prefix=key_of(file.digest))["Uploads"]
    pages = page_by(bucket.client, "ListMultipartUploads", "MaxUploads")

    assert bucket.blobs.begin(file) == min(found, key=lambda each: (each["Initiated"], each["UploadId"]))["UploadId"]
    assert len(pages) >= 3


def test_a_conflict_while_finishing_is_tried_again(bucket, file, content):
    upload = send_parts(bucket.blobs, file, content)
    refused = refuse(bucket.client, "CompleteMultipartUpload", 409, "ConditionalRequestConflict", 2)

    assert bucket.blobs.finish(file, upload)
    assert len(refused) == 2
    assert bucket.blobs.stat(file.digest) == Stat(len(content), file.digest)


def test_a_conflict_that_does_not_end_leaves_the_upload(bucket, file, content):
    upload = send_parts(bucket.blobs, file, content)
    refused = refuse(bucket.client, "CompleteMultipartUpload", 409, "ConditionalRequestConflict", ATTEMPTS)

    assert not bucket.blobs.finish(file, upload)
    assert len(refused) == ATTEMPTS
    assert bucket.blobs.finish(file, upload)


@pytest.mark.parametrize("operation", ["HeadObject", "ListParts", "ListMultipartUploads", "CreateMultipartUpload"])
def test_a_busy_store_is_asked_again(bucket, file, content, operation):
    refused = refuse(bucket.client, operation, 503, "SlowDown", 1)
    upload = send_parts(bucket.blobs, file, content)

    assert bucket.blobs.finish(file, upload)
    assert refused == ["SlowDown"]


@pytest.mark.parametrize("operation", ["HeadObject", "ListParts", "CompleteMultipartUpload", "ListMultipartUploads"])
def test_a_refusal_that_nobody_foresaw_is_raised(bucket, file, content, operation):
    upload = send_parts(bucket.blobs, file, content)
    refuse(bucket.client, operation, 403, "AccessDenied", 2)

    with pytest.raises(ClientError, match=r"AccessDenied|403"):
        assert bucket.blobs.finish(file, bucket.blobs.begin(file)) == upload


def test_an_object_made_by_another_just_before_counts(bucket, file, content):
    """Another finished between our listing of the parts and our last call."""
    upload = send_parts(bucket.blobs, file, content)
    other = bucket.store.blobs(HOUR)
    once(bucket.client, "before-call", "CompleteMultipartUpload", lambda: other.finish(file, upload))

    assert bucket.blobs.finish(file, upload)
    assert bucket.blobs.stat(file.digest) == Stat(len(content), file.digest)


def test_an_object_in_the_way_that_is_not_the_file_is_set_aside(bucket, file, content):
    upload = send_parts(bucket.blobs, file, content)
    once(bucket.client, "before-call", "CompleteMultipartUpload", lambda: bucket.store.spoil(file.digest, b"junk"))

    assert bucket.blobs.finish(file, upload)
    assert bucket.blobs.stat(file.digest) == Stat(len(content), file.digest)
    assert bucket.store.aside(file.digest) == [b"junk"]


def test_of_two_that_begin_at_once_the_earlier_upload_is_kept(bucket, file):
    made: list[str] = []

    def begin() -> None:
        key = key_of(file.digest)
        other = bucket.store.blobs(HOUR)._client
        made.append(other.create_multipart_upload(Bucket=BUCKET, Key=key, ChecksumAlgorithm="SHA256")["UploadId"])

    once(bucket.client, "after-call", "CreateMultipartUpload", begin)
    upload = bucket.blobs.begin(file)
    found = bucket.client.list_multipart_uploads(Bucket=BUCKET, Prefix=key_of(file.digest))["Uploads"]

    assert len(made) == 1
    assert upload == min(found, key=lambda each: (each["Initiated"], each["UploadId"]))["UploadId"]
    assert {each["UploadId"] for each in found} <= {upload, *made}
    assert bucket.blobs.begin(file) == upload


def test_finishing_ends_an_upload_that_is_needed_no_more(bucket, file, content):
    assert bucket.blobs.finish(file, send_parts(bucket.blobs, file, content))
    upload = send_parts(bucket.blobs, file, content, 2)

    assert bucket.blobs.finish(file, upload)
    assert "Uploads" not in bucket.client.list_multipart_uploads(Bucket=BUCKET, Prefix=key_of(file.digest))


def test_a_checksum_over_other_parts_is_no_proof_but_the_bytes_are(bucket, content, small_parts):
    """The same bytes, brought by another tool in parts of another size."""
    content = content[:-3] + secrets.token_bytes(small_parts)
    file = file_of(content)
    key = key_of(file.digest)
    upload = bucket.client.create_multipart_upload(Bucket=BUCKET, Key=key, ChecksumAlgorithm="SHA256")["UploadId"]
    parts = []
    for number, body in enumerate((content[: small_parts + 1], content[small_parts + 1 :]), start=1):
        sha256 = base64.b64encode(hashlib.sha256(body).digest()).decode()
        made = bucket.client.upload_part(
            Bucket=BUCKET, Key=key, UploadId=upload, PartNumber=number, Body=body, ChecksumSHA256=sha256
        )
        parts.append({"PartNumber": number, "ETag": made["ETag"], "ChecksumSHA256": sha256})
    bucket.client.complete_multipart_upload(Bucket=BUCKET, Key=key, UploadId=upload, MultipartUpload={"Parts": parts})

    assert bucket.blobs.stat(file.digest) == Stat(len(content), file.digest)


def test_a_checksum_of_the_whole_is_no_proof_of_a_tree_but_the_bytes_are(bucket, file, content):
    sha256 = base64.b64encode(hashlib.sha256(content).digest()).decode()
    bucket.client.put_object(Bucket=BUCKET, Key=key_of(file.digest), Body=content, ChecksumSHA256=sha256)

    assert bucket.blobs.stat(file.digest) == Stat(len(content), file.digest)


def test_what_is_there_and_what_is_absent_is_told_without_the_clients_long_way(bucket):
    """A thousand files are a thousand questions."""
    content = secrets.token_bytes(100)
    asked: list[object] = []
    bucket.client.meta.events.register("request-created.s3.HeadObject", lambda **_: asked.append(1))

    assert bucket.blobs.stat(file_of(content).digest) is None
    assert send(bucket.blobs.sign_put(file_of(content)), content).status == 200
    assert bucket.blobs.stat(file_of(content).digest) == Stat(100, file_of(content).digest)
    assert asked == []


def test_a_connection_that_breaks_at_a_question_is_tried_again(bucket):
    content = secrets.token_bytes(100)
    file = file_of(content)
    assert send(bucket.blobs.sign_put(file), content).status == 200
    broken: list[str] = []

    def breaking(request: Any, **_: object) -> None:
        if len(broken) < 3:
            broken.append(request.url)
            raise ConnectionClosedError(endpoint_url=request.url)

    bucket.client.meta.events.register("before-send.s3.HeadObject", breaking)

    assert bucket.blobs.stat(file.digest) == Stat(100, file.digest)
    assert len(broken) == 3


def test_a_connection_that_breaks_in_a_body_is_tried_again(bucket, file, content, monkeypatch):
    assert bucket.blobs.finish(file, send_parts(bucket.blobs, file, content))
    whole, broken = StreamingBody.iter_chunks, []

    def breaking(body, size):
        chunks = whole(body, size)
        if len(broken) < 2:
            broken.append(next(chunks))
            raise ReadTimeoutError(endpoint_url="http://127.0.0.1")
        yield from chunks

    monkeypatch.setattr(StreamingBody, "iter_chunks", breaking)

    assert bucket.blobs.reread(file) == Stat(len(content), file.digest)
    assert len(broken) >= 2


def test_an_object_replaced_while_it_is_read_is_read_anew(bucket):
    content, changed = secrets.token_bytes(100), secrets.token_bytes(200)
    file = file_of(content)
    assert send(bucket.blobs.sign_put(file), content).status == 200
    once(bucket.client, "before-call", "GetObject", lambda: bucket.store.spoil(file.digest, changed))

    assert bucket.blobs.reread(file) == Stat(200, file_of(changed).digest)


def test_an_object_discarded_while_it_is_read_is_absent(bucket):
    content = secrets.token_bytes(100)
    file = file_of(content)
    assert send(bucket.blobs.sign_put(file), content).status == 200
    once(bucket.client, "before-call", "GetObject", lambda: bucket.store.blobs(HOUR).discard(file.digest))

    assert bucket.blobs.reread(file) is None
