"""Who asks: what the gateway's authorizer found, as an actor for the journal."""

from collections.abc import Mapping
from typing import Any

from modelyard.domain.errors import Unauthenticated
from modelyard.domain.journal import Caller

LONGEST = 128
ANONYMOUS = frozenset({"/v1/health"})


def caller_of(event: Mapping[str, Any]) -> Caller:
    """The caller of a request: its IAM principal, its token's subject, or the embedded server's user.

    Unauthenticated when the gateway found nobody, unless the path is open to anyone.
    """
    context = event["requestContext"]
    actor = _actor(context.get("authorizer") or {})
    if actor is None and event["rawPath"] not in ANONYMOUS:
        raise Unauthenticated("say who you are: sign the request (SigV4) or send a bearer token")
    given = event["headers"].get("x-correlation-id", "")
    usable = 0 < len(given) <= LONGEST and given.isascii() and given.isprintable()
    return Caller(actor or "anonymous", given if usable else context["requestId"])


def _actor(authorizer: Mapping[str, Any]) -> str | None:
    if iam := authorizer.get("iam"):
        return f"iam:{iam.get('userArn') or iam.get('callerId') or iam['accessKey']}"
    if jwt := authorizer.get("jwt"):
        return _subject(jwt["claims"])
    if embedded := authorizer.get("lambda"):
        return str(embedded["actor"])
    return None


def _subject(claims: Mapping[str, Any]) -> str | None:
    """Who a token speaks for. An email that the issuer did not verify is whatever its bearer wrote."""
    if claims.get("email") and str(claims.get("email_verified")).lower() == "true":
        return f"jwt:{claims['email']}"
    return f"jwt:{claims['sub']}" if claims.get("sub") else None
