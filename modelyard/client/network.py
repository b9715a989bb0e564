"""The ordinary Transport: straight to the host, or through the environment's proxies."""

import urllib.request
from collections.abc import Mapping
from contextlib import AbstractContextManager
from urllib.parse import urlsplit

from modelyard.client.direct import DirectTransport, Limits
from modelyard.client.transport import Answer, Outgoing, Transport

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class HttpTransport:
    """Keeps up to `connections` connections per host alive. Honours the environment's proxies, never for loopback."""

    def __init__(self, *, connections: int = 8, connect_seconds: float = 10, read_seconds: float = 60) -> None:
        limits = Limits(connections, connect_seconds, read_seconds)
        self._direct: Transport = DirectTransport(limits)
        self._proxied = _through_proxies(limits)

    def send(self, request: Outgoing) -> AbstractContextManager[Answer]:
        """As Transport says."""
        return self._way(request.url).send(request)

    def close(self) -> None:
        """As Transport says."""
        for transport in (self._direct, *self._proxied.values()):
            transport.close()

    def _way(self, url: str) -> Transport:
        if not self._proxied:
            return self._direct
        parts = urlsplit(url)
        proxied = self._proxied.get(parts.scheme)
        if proxied is None or parts.hostname in _LOOPBACK or urllib.request.proxy_bypass(parts.netloc):
            return self._direct
        return proxied


def _through_proxies(limits: Limits) -> Mapping[str, Transport]:
    """By the scheme of what is asked for. Only who has a proxy pays for importing what speaks to one."""
    proxies = {
        scheme: proxy
        for scheme, proxy in urllib.request.getproxies().items()
        if scheme in {"http", "https"} and proxy.startswith(("http://", "https://"))
    }
    if not proxies:
        return {}
    from modelyard.client.proxied import ProxiedTransport  # noqa: PLC0415

    return {scheme: ProxiedTransport(proxy, limits) for scheme, proxy in proxies.items()}
