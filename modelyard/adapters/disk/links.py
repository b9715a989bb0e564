"""Signed URLs of the disk adapter: anybody may send the request until it expires, and no other."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode

from modelyard.domain.blobs import digest_at, key_of
from modelyard.domain.digests import Digest
from modelyard.domain.errors import Forbidden
from modelyard.ports import Clock, SignedRequest

SCHEME = "modelyard-blob-1"
MOST_FIELDS = 8


@dataclass(frozen=True, slots=True)
class Link:
    """What a signed URL was signed for, once its signature and expiry held."""

    digest: Digest
    fields: Mapping[str, str]


class Links:
    """Signs and checks URLs under `base_url` with HMAC-SHA256 over method, path and every field of the query."""

    def __init__(self, *, base_url: str, secret: bytes, link: timedelta, clock: Clock) -> None:
        self._base = base_url.rstrip("/")
        self._secret, self._link, self._clock = secret, link, clock

    def sign(
        self, method: str, digest: Digest, fields: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> SignedRequest:
        """A request on the blob, good from now for as long as links are."""
        expires = int((self._clock.now() + self._link).timestamp())
        path, signed = f"/{key_of(digest)}", {**fields, "expires": str(expires)}
        query = urlencode({**signed, "signature": self._signature(method, path, signed)})
        return SignedRequest(method, f"{self._base}{path}?{query}", headers or {}, datetime.fromtimestamp(expires, UTC))

    def check(self, method: str, path: str, query: str) -> Link:
        """What the URL was signed for; Forbidden when it was not signed so, was altered, or has expired."""
        digest = digest_at(path.removeprefix("/"))
        fields = _parse(query)
        signature = fields.pop("signature", "")
        expected = self._signature(method, path, fields)
        if digest is None or not hmac.compare_digest(expected.encode(), signature.encode(errors="surrogatepass")):
            raise Forbidden("the signature does not belong to this request")
        if self._clock.now().timestamp() >= int(fields["expires"]):
            raise Forbidden("the link has expired")
        return Link(digest, fields)

    def _signature(self, method: str, path: str, fields: Mapping[str, str]) -> str:
        query = urlencode(sorted(fields.items()), errors="surrogatepass")
        message = f"{SCHEME}\n{method}\n{path}\n{query}"
        return hmac.digest(self._secret, message.encode(errors="surrogatepass"), "sha256").hex()


def _parse(query: str) -> dict[str, str]:
    """The fields of a query; Forbidden for one that nobody here wrote."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Forbidden("the link is not signed") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Forbidden("the link gives a field twice")
    return fields
