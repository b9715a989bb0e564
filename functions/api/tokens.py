"""Page tokens: opaque to clients, bound to the list they came from, and refused when altered."""

import base64
import binascii
import hashlib
import json
from typing import Any

from modelyard.domain.errors import Invalid

CHECK = 9
"""Bytes of the check: enough that an altered token does not pass by chance. It is no secret: pages are not either."""


def write_token(scope: str, place: Any) -> str:
    """A token for `place`, any JSON, good only for the list that `scope` names."""
    body = json.dumps(place, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_check(scope, body) + body).decode().rstrip("=")


def read_token(scope: str, token: str, *, field: str = "cursor") -> Any:
    """The place in a token; Invalid when it is not one that `scope` gave."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars="-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    check, body = raw[:CHECK], raw[CHECK:]
    if not body or check != _check(scope, body):
        raise Invalid("this is not a page token of this list; begin without one", field=field)
    return json.loads(body)


def _check(scope: str, body: bytes) -> bytes:
    return hashlib.sha256(scope.encode() + b"\0" + body).digest()[:CHECK]
