"""What S3 says of objects, asked for with little around it: a push of many files is proven by as many of these."""

from http.client import HTTPException
from ssl import SSLError
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.awsrequest import AWSPreparedRequest, HeadersDict
from botocore.exceptions import BotoCoreError, ClientError
from botocore.utils import get_environ_proxies

from modelyard.adapters.s3.signing import Links
from modelyard.adapters.s3.wire import Reply, Wire

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ABSENT = frozenset({"404", "NoSuchKey"})
LOOK = {"ChecksumMode": "ENABLED"}
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
        self._wire = Wire()
        proxies = client.meta.config.proxies or get_environ_proxies(client.meta.endpoint_url)  # type: ignore[attr-defined]
        self._straight = not proxies

    def of(self, key: str) -> Head | None:
        """What S3 says of the object; None when it is absent."""
        found = self._look(key) if self._straight else None
        if found is not None and found.status == _THERE:
            headers = found.headers
            return Head(int(headers["content-length"]), headers.get("x-amz-checksum-sha256", ""), headers["etag"])
        if found is not None and found.status == _NOT_THERE:
            return None
        return self._ask(key)

    def _look(self, key: str) -> Reply | None:
        """S3's answer to a signed HEAD that is sent once and straight; None without one.

        The client would check parameters, find the endpoint and read the answer by its model, at eight times the cost.
        It is asked when this answer is neither yes nor no: it knows what to do when S3 is busy, elsewhere or refuses.
        """
        url, headers = self._links.headers("head_object", key, LOOK)
        try:
            return self._intercepted(url, headers) or self._wire.ask("HEAD", url, headers)
        except SSLError:
            self._straight = False
        except (BotoCoreError, HTTPException, OSError):
            pass
        return None

    def _intercepted(self, url: str, headers: dict[str, str]) -> Reply | None:
        """The answer of whoever stands in for S3 behind botocore's back, as emulators within a process do."""
        held: Any = HeadersDict(headers)
        request = AWSPreparedRequest("HEAD", url, held, None, stream_output=False)
        events: Any = self._client.meta.events
        _, answer = events.emit_until_response("before-send.s3.HeadObject", request=request)
        if answer is None:
            return None
        return Reply(answer.status_code, {name.lower(): value for name, value in answer.headers.items()})

    def _ask(self, key: str) -> Head | None:
        try:
            head = self._client.head_object(Bucket=self._bucket, Key=key, ChecksumMode="ENABLED")
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ABSENT:
                return None
            raise
        return Head(head["ContentLength"], head.get("ChecksumSHA256", ""), head["ETag"])
