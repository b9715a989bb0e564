"""The one seam between the client and the network: a Transport sends a request and gives the answer.

Tests plug in another. Transports neither retry nor follow redirects; that is the caller's to decide.
"""

import ssl
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError, LocationValueError, MaxRetryError, SSLError
from urllib3.exceptions import TimeoutError as NoAnswerInTime

from modelyard import __version__
from modelyard.client.errors import BadAnswer, Unreachable

BLOCK = 256 * 1024
"""Bytes that are held at once of a body on its way."""

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Body(Protocol):
    """Bytes to be sent, made anew whenever the request is tried again."""

    @property
    def length(self) -> int:
        """How many bytes `blocks` gives."""

    def blocks(self) -> Iterable[bytes | memoryview]:
        """The bytes; a block may be overwritten once the next is asked for."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request. `headers` go out exactly as given; Host, Content-Length and User-Agent are added when missing."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Body = b""


class Answer(Protocol):
    """A response whose body is still on the wire. Header names are in lower case."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers by lower-case name."""

    def blocks(self) -> Iterator[bytes]:
        """The body, at most `BLOCK` bytes at once. Raises Unreachable when it ends early."""


class Transport(Protocol):
    """Sends requests; safe to use from several threads."""

    def send(self, request: Outgoing) -> AbstractContextManager[Answer]:
        """Send, and give the answer once its head is there. Raises Unreachable when there is none."""

    def close(self) -> None:
        """Let go of idle connections."""


def read_all(answer: Answer, *, most: int) -> bytes:
    """The whole body of an answer that must not be longer than `most` bytes; BadAnswer when it is."""
    body = bytearray()
    for block in answer.blocks():
        body += block
        if len(body) > most:
            raise BadAnswer(f"the answer is longer than {most} bytes")
    return bytes(body)


class UrllibTransport:
    """Keeps up to `connections` connections per host alive. Honours the environment's proxies, never for loopback."""

    def __init__(self, *, connections: int = 8, connect_seconds: float = 10, read_seconds: float = 60) -> None:
        timeout = urllib3.Timeout(connect=connect_seconds, read=read_seconds)
        self._direct = urllib3.PoolManager(num_pools=16, maxsize=connections, timeout=timeout)
        self._proxied = {
            scheme: urllib3.ProxyManager(proxy, num_pools=16, maxsize=connections, timeout=timeout)
            for scheme, proxy in urllib.request.getproxies().items()
            if scheme in {"http", "https"} and proxy.startswith(("http://", "https://"))
        }

    def send(self, request: Outgoing) -> "_UrllibAnswer":
        """As Transport says."""
        try:
            response = self._pool(request.url).urlopen(
                request.method,
                request.url,
                body=request.body if isinstance(request.body, bytes) else request.body.blocks(),
                headers=_headers(request),
                preload_content=False,
                decode_content=False,
                redirect=False,
                retries=False,
            )
        except (HTTPError, ValueError) as error:
            raise unreachable(request.url, error) from error
        return _UrllibAnswer(response, request.url)

    def close(self) -> None:
        """As Transport says."""
        for pool in (self._direct, *self._proxied.values()):
            pool.clear()

    def _pool(self, url: str) -> urllib3.PoolManager:
        if not self._proxied:
            return self._direct
        parts = urlsplit(url)
        proxied = self._proxied.get(parts.scheme)
        if proxied is None or parts.hostname in _LOOPBACK or urllib.request.proxy_bypass(parts.netloc):
            return self._direct
        return proxied


def _headers(request: Outgoing) -> dict[str, str]:
    headers = dict(request.headers)
    known = {name.lower() for name in headers}
    if "user-agent" not in known:
        headers["User-Agent"] = f"modelyard/{__version__}"
    if "accept-encoding" not in known:
        headers["Accept-Encoding"] = "identity"
    if "content-length" not in known and request.method not in {"GET", "HEAD"}:
        length = len(request.body) if isinstance(request.body, bytes) else request.body.length
        headers["Content-Length"] = str(length)
    return headers


class _UrllibAnswer:
    """A urllib3 response that gives its connection back when the body was read, and closes it when it was not."""

    def __init__(self, response: urllib3.BaseHTTPResponse, url: str) -> None:
        self._response = response
        self._url = url
        self._drained = False
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.headers.items()}

    def blocks(self) -> Iterator[bytes]:
        """As Answer says."""
        try:
            while block := self._response.read(BLOCK):
                yield block
        except HTTPError as error:
            raise unreachable(self._url, error) from error
        self._drained = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._drained:
            self._response.close()
        self._response.release_conn()


def unreachable(url: str, error: Exception) -> Unreachable:
    """The failure to say why `url` gave no answer. The query is left out: in a signed URL it is a secret."""
    parts = urlsplit(url)
    reason, transient = _reason(error)
    where = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    return Unreachable(f"cannot reach {where}: {reason}", transient=transient)


def _reason(error: Exception) -> tuple[str, bool]:
    """Why a request failed, in words, and whether trying again may help."""
    cause = error.reason if isinstance(error, MaxRetryError) and error.reason else error
    if isinstance(cause, SSLError):
        wrong = next((link for link in _chain(cause) if isinstance(link, ssl.SSLCertVerificationError)), None)
        return (f"its certificate is not trusted ({wrong.verify_message})", False) if wrong else (str(cause), True)
    if isinstance(cause, LocationValueError | ValueError):
        return f"{cause}", False
    spoken = next((link.strerror for link in _chain(cause) if isinstance(link, OSError) and link.strerror), "")
    if spoken:
        return spoken[:1].lower() + spoken[1:], True
    return ("no answer in time", True) if isinstance(cause, NoAnswerInTime) else ("the connection broke", True)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        yield from (argument for argument in error.args if isinstance(argument, BaseException))
        error = error.__cause__ or error.__context__
