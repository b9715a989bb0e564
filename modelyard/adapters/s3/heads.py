"""What S3 says of objects, asked for with little around it: a push of many files is proven by as many of these."""

from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.awsrequest import AWSPreparedRequest, HeadersDict
from botocore.exceptions import BotoCoreError, ClientError

from modelyard.adapters.s3.signing import Links, Operation

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ABSENT = frozenset({"404", "NoSuchKey"})
LOOK = Operation("head_object", "HEAD", {"ChecksumMode": "ENABLED"})
SECONDS = 60
_THERE = 200
_NOT_THERE = 404


class Head(NamedTuple):
    """An object's size in bytes, its SHA-256 as S3 spells it or nothing, and its ETag."""

    size: int
    checksum: str
    etag: str


class Heads:
    """Asks a bucket for the heads of its objects. Safe to use from several threads."""

    def __init__(self, client: "S3Client", bucket: str, links: Links) -> None:
        self._client, self._bucket, self._links = client, bucket, links

    def of(self, key: str) -> Head | None:
        """What S3 says of the object; None when it is absent."""
        found = self._look(key)
        if found is not None and found.status_code == _THERE:
            headers = found.headers
            return Head(int(headers["content-length"]), headers.get("x-amz-checksum-sha256", ""), headers["etag"])
        if found is not None and found.status_code == _NOT_THERE:
            return None
        return self._ask(key)

    def _look(self, key: str) -> Any | None:
        """S3's answer to a signed HEAD that is sent once, over the client's own connections; None without one.

        The client would check parameters, find the endpoint and read the answer by its model, at four times the cost.
        It is asked when this answer is neither yes nor no: it knows what to do when S3 is busy, elsewhere or refuses.
        """
        client: Any = self._client
        headers: Any = HeadersDict({"x-amz-checksum-mode": "ENABLED"})
        request = AWSPreparedRequest("HEAD", self._links.sign(LOOK, key, SECONDS), headers, None, stream_output=False)
        try:
            _, answered = client.meta.events.emit_until_response("before-send.s3.HeadObject", request=request)
            return answered or client._endpoint.http_session.send(request)  # noqa: SLF001  # it has no public way
        except BotoCoreError:
            return None

    def _ask(self, key: str) -> Head | None:
        try:
            head = self._client.head_object(Bucket=self._bucket, Key=key, ChecksumMode="ENABLED")
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ABSENT:
                return None
            raise
        return Head(head["ContentLength"], head.get("ChecksumSHA256", ""), head["ETag"])
