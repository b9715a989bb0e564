"""A caller's Idempotency-Key, as the registry remembers it."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ticket:
    """One caller's Idempotency-Key, hashed, and a fingerprint of the request that came with it."""

    id: str
    fingerprint: str


def make_ticket(*, actor: str, key: str, request: bytes) -> Ticket:
    """The ticket of an Idempotency-Key: keys of different actors never meet."""
    owner = hashlib.sha256(f"{actor}\n{key}".encode()).hexdigest()
    return Ticket(owner, hashlib.sha256(request).hexdigest())
