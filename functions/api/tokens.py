"""Page tokens: opaque to clients, bound to the list they came from, and refused when altered."""

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from modelyard.domain.errors import Invalid
from modelyard.domain.journal import instant
from modelyard.domain.names import has_control
from modelyard.ports import Key

CHECK = 9
"""Bytes of the check: enough that an altered token does not pass by chance. It is no secret: pages are not either."""

LONGEST = 1024
"""Bytes of a key."""


def as_of(at: datetime | None) -> str:
    """What the scope of a list's tokens says of the moment as of which it is asked."""
    return f" at {instant(at)}" if at else ""


def write_token(scope: str, place: Sequence[str | int]) -> str:
    """A token for `place`, texts and whole numbers, good only for the list that `scope` names."""
    body = json.dumps(place, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_check(scope, body) + body).decode().rstrip("=")


def read_key(scope: str, token: str | None) -> Key | None:
    """The position in a token, if there is one."""
    return Key(*read_token(scope, token, str, str)) if token else None


def read_token(scope: str, token: str, *kinds: type, field: str = "cursor") -> list[Any]:
    """The place in a token, a value of each of the kinds; Invalid when it is not one that `scope` gave."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars="-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    check, body = raw[:CHECK], raw[CHECK:]
    place = _parse(body) if body and check == _check(scope, body) else None
    if not isinstance(place, list) or [type(part) for part in place] != list(kinds) or not all(map(_fits, place)):
        raise Invalid("this is not a page token of this list; begin without one", field=field)
    return place


def _parse(body: bytes) -> Any:
    """The JSON in a token. The check does not say that it is ours, since anybody can compute it."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _fits(part: str | int) -> bool:
    if isinstance(part, int):
        return 0 <= part < 10**15
    return not has_control(part) and 0 < len(part.encode()) <= LONGEST


def _check(scope: str, body: bytes) -> bytes:
    return hashlib.sha256(scope.encode() + b"\0" + body).digest()[:CHECK]
