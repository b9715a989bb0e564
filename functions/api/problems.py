"""Refusals as RFC 9457 problem documents. Anything that is no refusal is logged whole and shown as internal."""

import re
from typing import Any

from aws_lambda_powertools.logging import Logger
from pydantic import ValidationError

from functions.api.routing import Reply
from modelyard.contract.codes import STATUS
from modelyard.contract.responses import ProblemResponse
from modelyard.domain.errors import Internal, Invalid, Malformed, RegistryError

CONTENT_TYPE = "application/problem+json"
MOST_ECHOED = 256
logger = Logger(service="api")


def problem(error: RegistryError, *, instance: str) -> Reply:
    """The reply that says what was refused and why; `instance` is the request's id."""
    facts = dict(error.facts)
    retry_after = facts.pop("retry_after", None)
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", error.kind)
    body = ProblemResponse(
        type=f"urn:modelyard:problem:{words.replace(' ', '-').lower()}",
        title=words.capitalize(),
        status=STATUS[error.code],
        detail=error.detail,
        instance=f"urn:modelyard:request:{instance}",
        code=error.code,
        kind=error.kind,
        field=error.field,
        facts=facts,
    )
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Reply(body, STATUS[error.code], headers, CONTENT_TYPE)


def unexpected(error: Exception) -> Internal:
    """What the client is told of a fault of ours: nothing of it, but that it was logged."""
    logger.error("unexpected", exc_info=error)
    return Internal("something went wrong here; quote the request id when you report it")


def unreadable(error: ValidationError) -> RegistryError:
    """What is wrong with a body that does not fit its shape: the first fault, and how many there are."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    if first["type"] == "json_invalid":
        return Malformed(f"the body is not JSON that can be read: {first['msg']}")
    return Invalid(f"{_sentence(first)}{_more(error.error_count() - 1)}", field=_path(first["loc"]))


def _path(location: tuple[Any, ...]) -> str:
    """Where a fault is. A field's name is the client's own, and goes back no longer than it can be of use."""
    return ".".join(str(part)[:MOST_ECHOED] for part in location) or "body"


def _sentence(fault: Any) -> str:
    return f"{_path(fault['loc'])}: {fault['msg'][:1].lower()}{fault['msg'][1:]}"


def _more(others: int) -> str:
    return f" (and {others} more)" if others else ""
