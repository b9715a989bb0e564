"""The secret that signs this folder's links."""

import os
import secrets
from pathlib import Path

BYTES = 32


def read_secret(path: Path) -> bytes:
    """The secret in the file at `path`, which only its owner may read; made, whole or not at all, when it is absent."""
    if not path.exists():
        _create(path)
    secret = path.read_bytes()
    if len(secret) != BYTES:
        raise ValueError(f"{path} holds {len(secret)} bytes, not a secret of {BYTES}; remove it to have it made anew")
    return secret


def _create(path: Path) -> None:
    """Write beside and link into place, so that two processes which start at once agree on one secret."""
    beside = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_bytes(BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(beside, path)
    except FileExistsError:
        pass
    finally:
        beside.unlink()
