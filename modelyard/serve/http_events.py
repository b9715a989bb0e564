"""HTTP requests as Lambda sees them: events of an API Gateway HTTP API, payload version 2.0. The gateway makes them.

Shape: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import base64
import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

Scope = Mapping[str, Any]
Authorizer = Mapping[str, Any]

ACCOUNT = "000000000000"
API = "embedded"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TEXT = frozenset({"application/json", "application/xml", "application/javascript", "application/graphql"})


def http_event(
    scope: Scope, headers: dict[str, str], body: bytes, *, request_id: str, now: datetime, authorizer: Authorizer
) -> dict[str, Any]:
    """The event for an ASGI request whose `headers` are joined and whose `body` is complete.

    The path is percent-decoded once, as AWS does. What AWS leaves out when empty is left out.
    """
    query = scope["query_string"].decode("latin-1")
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": scope["path"].replace("%", "%25"),
        "rawQueryString": query,
        "headers": headers,
        "requestContext": _request_context(scope, headers, request_id, now, authorizer),
        "isBase64Encoded": False,
    }
    if query:
        event["queryStringParameters"] = joined(parse_qsl(query, keep_blank_values=True))
    if "cookie" in headers:
        event["cookies"] = headers.pop("cookie").split("; ")
    if body:
        event["body"], event["isBase64Encoded"] = _body(headers.get("content-type", ""), body)
    return event


def _request_context(
    scope: Scope, headers: Mapping[str, str], request_id: str, now: datetime, authorizer: Authorizer
) -> dict[str, Any]:
    domain = headers.get("host", "")
    moment = now.timestamp()
    context = {
        "accountId": ACCOUNT,
        "apiId": API,
        "domainName": domain,
        "domainPrefix": domain.partition(".")[0],
        "http": {
            "method": scope["method"],
            "path": scope["path"],
            "protocol": f"HTTP/{scope['http_version']}",
            "sourceIp": (scope.get("client") or ("",))[0],
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": request_id,
        "routeKey": "$default",
        "stage": "$default",
        "time": _common_log_time(int(moment)),
        "timeEpoch": int(moment * 1000),
    }
    if authorizer:
        context["authorizer"] = authorizer
    return context


def header_values(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """ASGI headers by lower-case name, repeated ones joined by a comma."""
    return joined((name.decode("latin-1"), value.decode("latin-1")) for name, value in raw)


def joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Pairs as a mapping in which the values of a repeated name are joined by a comma."""
    values: dict[str, str] = {}
    for name, value in pairs:
        values[name] = f"{values[name]},{value}" if name in values else value
    return values


def _body(content_type: str, body: bytes) -> tuple[str, bool]:
    """The body as text, or as base64 and True where it is not text."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind in _TEXT or kind.startswith("text/") or kind.endswith(("+json", "+xml")):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True


@lru_cache(maxsize=4)
def _common_log_time(second: int) -> str:
    """Like `12/Mar/2026:19:03:58 +0000`; not strftime, which speaks the machine's language."""
    at = time.gmtime(second)
    clock = f"{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02}"
    return f"{at.tm_mday:02}/{_MONTHS[at.tm_mon - 1]}/{at.tm_year}:{clock} +0000"
