"""Signed links to a bucket, the same as botocore's to the byte, in a tenth of its time: a push asks for thousands.

botocore says where a bucket is, by whichever settings it was given; what is done here is AWS Signature Version 4 in a
query (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html).
"""

import hmac
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

from botocore.credentials import ReadOnlyCredentials

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ALGORITHM = "AWS4-HMAC-SHA256"
TIMESTAMP = "%Y%m%dT%H%M%SZ"
NO_BODY = sha256().hexdigest()
SECONDS = 60
"""How long a link is good for that is used at once."""

IN_QUERY: Mapping[str, str] = {
    "UploadId": "uploadId",
    "PartNumber": "partNumber",
    "ResponseContentDisposition": "response-content-disposition",
    "ResponseContentType": "response-content-type",
    "ResponseCacheControl": "response-cache-control",
}
"""Parameters of operations that go into the URL, in botocore's names and in S3's."""

IN_HEADERS: Mapping[str, str] = {
    "ContentLength": "content-length",
    "IfNoneMatch": "if-none-match",
    "ChecksumMode": "x-amz-checksum-mode",
    "ChecksumSHA256": "x-amz-checksum-sha256",
}
"""Parameters that whoever uses the link must send as headers."""

KNOWN = IN_QUERY.keys() | IN_HEADERS.keys()
METHODS: Mapping[str, str] = {"get_object": "GET", "head_object": "HEAD", "put_object": "PUT", "upload_part": "PUT"}
"""What links are for, in botocore's names."""

Wanted = Mapping[str, Any]
"""An operation's parameters beside the bucket and the key."""


@dataclass(frozen=True, slots=True)
class _Place:
    """How an operation reaches the bucket: its method, what stands before the key in its URL, whom it is signed for."""

    method: str
    origin: str
    host: str
    path: str
    region: str
    service: str

    def scope(self, moment: str) -> str:
        """What a signature of this moment is good for."""
        return f"{moment[:8]}/{self.region}/{self.service}/aws4_request"


class _Span(NamedTuple):
    """When a link was signed, as AWS writes it, and how long it is good for."""

    start: str
    seconds: int


class Links:
    """Signs links through a client's credentials, endpoint and addressing. Safe to use from several threads."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket
        self._places: dict[str, _Place] = {}

    def sign(self, operation: str, key: str, wanted: Wanted, seconds: int) -> str:
        """A link to an object that is good for so long.

        It is botocore's until ours of the same operation was equal to it, and where `wanted` has what is new here.
        """
        place, access = self._places.get(operation), _access(self._client)
        if place is None or access is None or not wanted.keys() <= KNOWN:
            return self._learn(operation, key, wanted, seconds)
        return _link(place, access, key, wanted, _Span(_moment(), seconds))

    def headers(self, operation: str, key: str, wanted: Wanted) -> tuple[str, dict[str, str]]:
        """The URL and all headers of a request that has no body and is sent at once.

        S3 takes it as it takes a link, and without a query it is the quicker one to make, to send and to read.
        Until `sign` has learned the way, it is a link.
        """
        place, access = self._places.get(operation), _access(self._client)
        headers = {IN_HEADERS[name]: str(value) for name, value in wanted.items()}
        if place is None or access is None:
            return self._learn(operation, key, wanted, SECONDS), headers
        moment = _moment()
        headers |= {"host": place.host, "x-amz-content-sha256": NO_BODY, "x-amz-date": moment}
        if access.token is not None:
            headers["x-amz-security-token"] = access.token
        scope = place.scope(moment)
        signature = _signature(access, scope, moment, _request(place.method, place.path + key, (), headers, NO_BODY))
        signed = f"Credential={access.access_key}/{scope}, SignedHeaders={';'.join(sorted(headers))}"
        headers["authorization"] = f"{ALGORITHM} {signed}, Signature={signature}"
        return f"{place.origin}{place.path}{key}", headers

    def _learn(self, operation: str, key: str, wanted: Wanted, seconds: int) -> str:
        method = METHODS[operation]
        params = {"Bucket": self._bucket, "Key": key, **wanted}
        link = self._client.generate_presigned_url(operation, Params=params, ExpiresIn=seconds, HttpMethod=method)
        query = dict(parse_qsl(urlsplit(link).query))
        place = _place_of(method, link, key, query.get("X-Amz-Credential", ""))
        access, span = _access(self._client), _Span(query.get("X-Amz-Date", ""), seconds)
        if place and access and _link(place, access, key, wanted, span) == link:
            self._places[operation] = place
        return link


def _moment() -> str:
    """Now, as AWS writes it. Signatures are judged by the real time, whatever clock the registry is given."""
    return time.strftime(TIMESTAMP, time.gmtime())


def _access(client: Any) -> ReadOnlyCredentials | None:
    """The client's credentials, renewed when they are due; None when it has none or does not show them."""
    held = getattr(client, "_get_credentials", lambda: None)()
    return held.get_frozen_credentials() if held else None


def _place_of(method: str, link: str, key: str, credential: str) -> _Place | None:
    parts = urlsplit(link)
    scope = credential.split("/")[-4:]
    if not parts.path.endswith(f"/{key}") or len(scope) < 4:
        return None
    path = parts.path.removesuffix(key)
    return _Place(method, f"{parts.scheme}://{parts.netloc}", parts.netloc, path, scope[1], scope[2])


def _link(place: _Place, access: ReadOnlyCredentials, key: str, wanted: Wanted, span: _Span) -> str:
    headers = {IN_HEADERS[name]: value for name, value in wanted.items() if name in IN_HEADERS}
    headers["host"] = place.host
    scope = place.scope(span.start)
    asked = [(IN_QUERY[name], value) for name, value in wanted.items() if name in IN_QUERY]
    asked += [
        ("X-Amz-Algorithm", ALGORITHM),
        ("X-Amz-Credential", f"{access.access_key}/{scope}"),
        ("X-Amz-Date", span.start),
        ("X-Amz-Expires", span.seconds),
        ("X-Amz-SignedHeaders", ";".join(sorted(headers))),
    ]
    if access.token is not None:
        asked.append(("X-Amz-Security-Token", access.token))
    query = [f"{name}={quote(str(value), safe='-_.~')}" for name, value in asked]
    request = _request(place.method, place.path + key, query, headers, "UNSIGNED-PAYLOAD")
    signature = _signature(access, scope, span.start, request)
    return f"{place.origin}{place.path}{key}?{'&'.join(query)}&X-Amz-Signature={signature}"


def _signature(access: ReadOnlyCredentials, scope: str, moment: str, request: str) -> str:
    key = f"AWS4{access.secret_key}".encode()
    for name in scope.split("/"):
        key = hmac.digest(key, name.encode(), "sha256")
    text = f"{ALGORITHM}\n{moment}\n{scope}\n{sha256(request.encode()).hexdigest()}"
    return hmac.digest(key, text.encode(), "sha256").hex()


def _request(method: str, path: str, query: Iterable[str], headers: Mapping[str, Any], body: str) -> str:
    """The canonical request: what is signed."""
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    return f"{method}\n{path}\n{'&'.join(sorted(query))}\n{lines}\n{';'.join(sorted(headers))}\n{body}"
