"""The one seam between the client and the network: a Transport sends a request and gives the answer.

Tests plug in another. Transports neither retry nor follow redirects; that is the caller's to decide.
"""

import re
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from http.client import InvalidURL
from typing import Protocol

from modelyard import __version__
from modelyard.client.errors import BadAnswer, Unreachable

BLOCK = 256 * 1024
"""Bytes that are held at once of a body on its way."""

_PLACE = re.compile(r"(\w+://)(?:[^/?#]*@)?([^/?#]*)")


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

    def blocks(self) -> Iterator[bytes | memoryview]:
        """The body, at most `BLOCK` bytes at once, each overwritten once the next is asked for.

        Raises Unreachable when it ends early.
        """


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


def headers_of(request: Outgoing) -> dict[str, str]:
    """The headers that go out, but for Host."""
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


def unreachable(url: str, reason: str, *, transient: bool = True) -> Unreachable:
    """The failure to say why `url` gave no answer. The query is left out: in a signed URL it is a secret."""
    where = _PLACE.match(url)
    return Unreachable(f"cannot reach {''.join(where.groups()) if where else 'it'}: {reason}", transient=transient)


def why(error: BaseException) -> tuple[str, bool]:
    """Why a request failed, in words, and whether trying again may help."""
    chain = list(_chain(error))
    if wrong := next((link for link in chain if isinstance(link, ssl.SSLCertVerificationError)), None):
        return f"its certificate is not trusted ({wrong.verify_message})", False
    if isinstance(error, ValueError | InvalidURL):
        return str(error), False
    if spoken := next((link.strerror for link in chain if isinstance(link, OSError) and link.strerror), ""):
        return spoken[:1].lower() + spoken[1:], True
    return "no answer in time" if any(
        isinstance(link, TimeoutError) for link in chain
    ) else "the connection broke", True


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        yield from (argument for argument in error.args if isinstance(argument, BaseException))
        error = error.__cause__ or error.__context__
