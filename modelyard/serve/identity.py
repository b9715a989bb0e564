"""Who asks: the local user, or whoever's token a request carries."""

import hashlib
import hmac
import os
import pwd
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from modelyard.domain.errors import Unauthenticated
from modelyard.serve.http_events import Authorizer

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_HASHED = re.compile(r"sha256:([0-9a-f]{64})")


class BadTokenFile(Exception):
    """A token file that must not be used; the message says why and what to do."""


class Identity(Protocol):
    """Finds out who asks."""

    def authorizer(self, headers: Mapping[str, str]) -> Authorizer:
        """What API Gateway's Lambda authorizer would find. Unauthenticated when nobody is known."""


class LocalUser:
    """Everyone is the user who runs the server."""

    def __init__(self) -> None:
        self._found = _actor(f"local:{local_user()}")

    def authorizer(self, headers: Mapping[str, str]) -> Authorizer:
        """As Identity says."""
        del headers
        return self._found


class TokenFile:
    """Names by token. Only the tokens' SHA-256 is kept."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._known = [(digest, _actor(f"token:{name}")) for digest, name in names.items()]

    def authorizer(self, headers: Mapping[str, str]) -> Authorizer:
        """As Identity says."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated("send a token: Authorization: Bearer TOKEN")
        given = _hash(token.strip().encode("latin-1"))
        for digest, found in self._known:
            if hmac.compare_digest(digest, given):
                return found
        raise Unauthenticated("this token is not known here")


def local_user() -> str:
    """The name of the user who runs this process, from the system and not from the environment."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def read_tokens(path: Path) -> TokenFile:
    """The tokens in a file of lines `NAME TOKEN` or `NAME sha256:<hex of the token>`; `#` begins a comment line.

    BadTokenFile when others may read it, a line is not understood, or it has no token.
    """
    try:
        with path.open("rb") as file:
            _check_mode(path, os.fstat(file.fileno()))
            lines = file.read().decode().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadTokenFile(f"cannot read the token file {path}: {error}") from error
    names: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            _add(names, line.split(), f"{path}, line {number}")
    if not names:
        raise BadTokenFile(f"the token file {path} has no token; write lines of NAME TOKEN")
    return TokenFile(names)


def _check_mode(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise BadTokenFile(f"the token file {path} is not a regular file")
    if found.st_mode & 0o077:
        raise BadTokenFile(f"others may read the token file {path}; run: chmod 600 {path}")
    if found.st_uid not in {0, os.geteuid()}:
        raise BadTokenFile(f"the token file {path} belongs to somebody else")


def _add(names: dict[str, str], words: list[str], where: str) -> None:
    if len(words) != 2:
        raise BadTokenFile(f"{where}: a line is NAME TOKEN, or NAME sha256:<hex of the token>")
    name, token = words
    if not _NAME.fullmatch(name):
        raise BadTokenFile(f"{where}: a name is 1 to 64 letters, digits, '.', '_', '@' or '-'")
    hashed = _HASHED.fullmatch(token)
    if token.startswith("sha256:") and not hashed:
        raise BadTokenFile(f"{where}: after 'sha256:' come 64 lower-case hex digits")
    digest = hashed[1] if hashed else _hash(token.encode())
    if names.setdefault(digest, name) != name:
        raise BadTokenFile(f"{where}: two names have the same token")


def _hash(token: bytes) -> str:
    return hashlib.sha256(token).hexdigest()


def _actor(name: str) -> Authorizer:
    return {"lambda": {"actor": name}}
