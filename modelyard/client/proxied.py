"""Through a proxy, by urllib3."""

from collections.abc import Iterator
from types import TracebackType
from typing import Self

import urllib3
from urllib3.exceptions import HTTPError, LocationValueError, MaxRetryError
from urllib3.exceptions import TimeoutError as NoAnswerInTime

from modelyard.client.direct import Limits
from modelyard.client.errors import Unreachable
from modelyard.client.transport import BLOCK, Outgoing, headers_of, unreachable, why


class ProxiedTransport:
    """Sends everything through one proxy."""

    def __init__(self, proxy: str, limits: Limits) -> None:
        timeout = urllib3.Timeout(connect=limits.connect_seconds, read=limits.read_seconds)
        self._pool = urllib3.ProxyManager(proxy, num_pools=16, maxsize=limits.connections, timeout=timeout)

    def send(self, request: Outgoing) -> "_Answer":
        """As Transport says."""
        try:
            response = self._pool.urlopen(
                request.method,
                request.url,
                body=request.body if isinstance(request.body, bytes) else request.body.blocks(),
                headers=headers_of(request),
                preload_content=False,
                decode_content=False,
                redirect=False,
                retries=False,
            )
        except (HTTPError, ValueError) as error:
            raise _unreachable(request.url, error) from error
        return _Answer(response, request.url)

    def close(self) -> None:
        """As Transport says."""
        self._pool.clear()


class _Answer:
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
            raise _unreachable(self._url, error) from error
        self._drained = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._drained:
            self._response.close()
        self._response.release_conn()


def _unreachable(url: str, error: Exception) -> Unreachable:
    cause = error.reason if isinstance(error, MaxRetryError) and error.reason else error
    reason, transient = why(cause)
    if isinstance(cause, LocationValueError):
        reason, transient = str(cause), False
    elif isinstance(cause, NoAnswerInTime) and reason == "the connection broke":
        reason = "no answer in time"
    return unreachable(url, reason, transient=transient)
