"""Speaking to object storage: signed requests sent exactly as written, and what its refusals mean."""

import json
import re
from collections.abc import Mapping

from modelyard.client.errors import BadAnswer, StorageRefused
from modelyard.client.retrying import retry_after
from modelyard.client.transport import Answer, Body, Outgoing, read_all
from modelyard.contract.responses import SignedResponse

OUTDATED = frozenset({401, 403, 404, 410})
"""What storage answers to a link that ran out, or for an upload or a blob that is gone."""

_MOST = 64 * 1024
_XML = re.compile(rb"<(Code|Message)>([^<]{1,500})</\1>")


def signed(
    request: SignedResponse, *, method: str, headers: Mapping[str, str] | None = None, body: bytes | Body = b""
) -> Outgoing:
    """The signed request, with headers that no signature covers added; BadAnswer when it is for another method."""
    if request.method != method or not request.url.startswith(("http://", "https://")):
        raise BadAnswer(f"the registry signed a {request.method!r} request where a {method} was due")
    return Outgoing(method, request.url, {**request.headers, **(headers or {})}, body)


def storage_refusal(answer: Answer, *, doing: str) -> StorageRefused:
    """Why storage refused, in the words it used: S3's XML or a problem document."""
    body = read_all(answer, most=_MOST)
    reason = _reason(body)
    said = f"{doing}: storage answered {answer.status}" + (f" ({reason})" if reason else "")
    return StorageRefused(said, status=answer.status, retry_after=retry_after(answer.headers))


def _reason(body: bytes) -> str:
    if found := dict(_XML.findall(body)):
        return ": ".join(found[key].decode(errors="replace") for key in (b"Code", b"Message") if key in found)
    try:
        return str(json.loads(body)["detail"])[:500]
    except (ValueError, LookupError, TypeError):
        return ""
