"""Keeps web pages from using a server that asks nobody for a token.

A page from anywhere runs in the local user's browser. Without this it could have the browser post to 127.0.0.1, or
point a name of its own at 127.0.0.1 (DNS rebinding) and read the answers. Behind tokens, which a page does not know,
this is not needed.
"""

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from modelyard.domain.errors import Forbidden
from modelyard.serve.gateway import READS

_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:,@/\s]+)(:[0-9]{1,5})?")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})


class Neighbours:
    """Knows the names under which this server may be addressed: loopback's, and the host of each of `urls`."""

    def __init__(self, *urls: str) -> None:
        parts = [urlsplit(url) for url in urls]
        self._names = LOOPBACK | {_host(part.netloc) for part in parts} - {""}
        self._origins = frozenset(f"{part.scheme}://{part.netloc}".lower() for part in parts)

    def check(self, method: str, headers: Mapping[str, str]) -> None:
        """Forbidden unless the request is addressed to us and, where it may change something, is from no other page."""
        host = headers.get("host", "").lower()
        if _host(host) not in self._names:
            raise Forbidden("this server does not answer to that Host; start it with --public-url to name another")
        origin = headers.get("origin")
        if origin is None or method in READS or origin.lower() in self._origins or origin.lower() == f"http://{host}":
            return
        raise Forbidden("another site's page may not change anything here")


def _host(authority: str) -> str:
    """The host of `host:port`, lower case; an IPv6 address keeps its brackets. Empty when there is not one of each."""
    found = _AUTHORITY.fullmatch(authority.lower())
    return found[1] if found else ""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server bound to `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
