"""The registry's API, one call at a time: addresses, identity, retries, shapes and refusals. No nouns yet."""

import json
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from pydantic import ValidationError

from modelyard.client.errors import BadAnswer, Contended, Refused, Unreachable, Unusable, refusal
from modelyard.client.retrying import PASSING, Backoff, Tries, retry_after
from modelyard.client.signing import Signer
from modelyard.client.transport import Answer, Outgoing, Transport, read_all
from modelyard.contract.shapes import Request, Response

URL = "MODELYARD_URL"
TOKEN = "MODELYARD_TOKEN"  # noqa: S105 -- the variable's name
DEFAULT_URL = "http://127.0.0.1:8080"
MOST = 64 * 1024**2
"""Bytes of the longest answer that is read."""

KEY = re.compile(r"[\x20-\x7e]{1,255}")

S = TypeVar("S", bound=Response)
R = TypeVar("R", bound=Request)
Query = Mapping[str, str | int | Sequence[str] | None]


def new_key() -> str:
    """A fresh Idempotency-Key."""
    return secrets.token_hex(16)


def segment(text: str, *, field: str = "name") -> str:
    """`text` as one segment of a URL's path, dots included, which an HTTP library would otherwise resolve."""
    if not text:
        raise Unusable(f"the {field} is empty", field=field)
    try:
        return quote(text, safe="") if text.strip(".") else text.replace(".", "%2E")
    except UnicodeEncodeError as error:
        raise Unusable(f"the {field} is not Unicode text: {text!r}", field=field) from error


def shape_request(shape: type[R], **fields: Any) -> R:
    """A request's body; Unusable names the field that does not fit its shape."""
    try:
        return shape(**fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(step) for step in first["loc"])
        raise Unusable(f"{field}: {first['msg'].lower()}", field=field) from error


def registry_url(url: str | None, environment: Mapping[str, str] = os.environ) -> str:
    """The registry's address: given, from MODELYARD_URL, or the one `modelyard serve` takes."""
    known = (url or environment.get(URL) or DEFAULT_URL).strip().rstrip("/")
    try:
        parts = urlsplit(known)
        sound = parts.scheme in {"http", "https"} and parts.hostname and (parts.port is None or parts.port)
    except ValueError:
        parts, sound = None, False
    if not sound or parts is None or parts.query or parts.fragment or "@" in parts.netloc:
        raise Unusable(f"{known!r} is no address of a registry", field=URL, hint=f"such as {DEFAULT_URL}")
    return known


class Api:
    """Speaks to one registry. Safe to use from several threads."""

    def __init__(self, url: str, transport: Transport, signer: Signer, backoff: Backoff) -> None:
        self.url = url
        self.transport = transport
        self.backoff = backoff
        self._signer = signer
        self._answered = False

    def get(self, path: str, shape: type[S], query: Query | None = None) -> S:
        """What `path` (beginning with `/`) answers."""
        return _parse(shape, self._call("GET", path, query=query))

    def get_json(self, path: str, query: Query | None = None) -> Any:
        """What `path` answers, for what has no shape in the contract."""
        return _loads(self._call("GET", path, query=query))

    def get_text(self, path: str, query: Query | None = None) -> str:
        """What `path` answers as text in UTF-8."""
        try:
            return self._call("GET", path, query=query).decode()
        except UnicodeDecodeError as error:
            raise BadAnswer("the answer is not text in UTF-8") from error

    def post(
        self,
        path: str,
        shape: type[S],
        body: Request | None = None,
        *,
        query: Query | None = None,
        key: str | None = None,
        if_match: str | None = None,
    ) -> S:
        """Post under an Idempotency-Key (a fresh one unless given), so that trying again does nothing twice."""
        headers = {**_keyed(key), **_matching(if_match)}
        return _parse(shape, self._call("POST", path, query=query, body=body, headers=headers))

    def post_raw(self, path: str, body: Request | None = None, *, key: str | None = None) -> bytes:
        """As `post`, for an answer that has no shape."""
        return self._call("POST", path, body=body, headers=_keyed(key))

    def put(self, path: str, shape: type[S], body: Request, *, key: str | None = None) -> S:
        """Put under an Idempotency-Key, as `post`."""
        return _parse(shape, self._call("PUT", path, body=body, headers=_keyed(key)))

    def delete(self, path: str, shape: type[S], query: Query | None = None, *, key: str | None = None) -> S:
        """Delete under an Idempotency-Key, as `post`; what the registry answers of it."""
        return _parse(shape, self._call("DELETE", path, query=query, headers=_keyed(key)))

    def patch(self, path: str, shape: type[S], body: Request, *, if_match: str | None = None) -> S:
        """Patch, if the ETag still matches where one is given."""
        return _parse(shape, self._call("PATCH", path, body=body, headers=_matching(if_match)))

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Request | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        given = {name: value for name, value in (query or {}).items() if value is not None}
        url = self.url + path + (f"?{urlencode(given, doseq=True)}" if given else "")
        sent = _dumps(body)
        known = {"Accept": "application/json", **(headers or {})}
        if body is not None:
            known["Content-Type"] = "application/json"
        tries = Tries(self.backoff, None if self._answered else self.backoff.attempts_at_first)
        while True:
            try:
                return self._once(Outgoing(method, url, self._signer.headers(method, url, known, sent), sent))
            except Unreachable as error:
                tries.failed(error)
            except Refused as error:
                if not (error.status in PASSING or (isinstance(error, Contended) and error.retry_after is not None)):
                    raise
                tries.failed(error, error.retry_after)

    def _once(self, request: Outgoing) -> bytes:
        with self.transport.send(request) as answer:
            body = read_all(answer, most=MOST)
            self._answered = True
            if 200 <= answer.status < 300:
                return body
            raise _refusal(request, answer, body)


def _keyed(key: str | None) -> dict[str, str]:
    chosen = new_key() if key is None else key
    if not KEY.fullmatch(chosen):
        raise Unusable("an Idempotency-Key is 1 to 255 printable ASCII characters", field="key")
    return {"Idempotency-Key": chosen}


def _matching(etag: str | None) -> dict[str, str]:
    return {} if etag is None else {"If-Match": etag}


def _refusal(request: Outgoing, answer: Answer, body: bytes) -> Refused | BadAnswer:
    if 300 <= answer.status < 400:
        where = answer.headers.get("location", "elsewhere")
        return BadAnswer(f"{request.url} points to {where}, and redirects are not followed", hint=f"set {URL} to it")
    request_id = answer.headers.get("x-request-id", "") or answer.headers.get("apigw-requestid", "")
    return refusal(answer.status, body, request_id=request_id, retry_after=retry_after(answer.headers))


def _dumps(body: Request | None) -> bytes:
    if body is None:
        return b""
    try:
        return json.dumps(body.model_dump(exclude_defaults=True), allow_nan=False, ensure_ascii=False).encode()
    except ValueError as error:
        raise Unusable(f"the request holds what JSON cannot: {error}") from error


def _loads(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise BadAnswer("the answer is not JSON", hint=f"is {URL} the address of a registry?") from error


def _parse(shape: type[S], body: bytes) -> S:
    try:
        return shape.model_validate_json(body)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in problem["loc"])
        detail = f"the answer is not as a registry gives it{f' ({where})' if where else ''}: {problem['msg'].lower()}"
        raise BadAnswer(detail, hint=f"is {URL} the address of a registry?") from error
