"""Powertools' resolver over our routes: reads a request into a Call, and writes a Reply."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote, unquote, urlencode

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from pydantic import BaseModel, ValidationError

from functions.api import (
    routes_aliases,
    routes_attestations,
    routes_cards,
    routes_comparison,
    routes_deletion,
    routes_evaluations,
    routes_events,
    routes_imports,
    routes_lineage,
    routes_models,
    routes_reviews,
    routes_search,
    routes_versions,
)
from functions.api.callers import caller_of
from functions.api.problems import problem, unexpected, unreadable
from functions.api.routing import NOTHING, ROUTES, Call, Reply, Route
from modelyard.domain.errors import Malformed, MethodNotAllowed, NotFound, RegistryError

__all__ = [
    "resolver",
    "routes_aliases",
    "routes_attestations",
    "routes_cards",
    "routes_comparison",
    "routes_deletion",
    "routes_evaluations",
    "routes_events",
    "routes_imports",
    "routes_lineage",
    "routes_models",
    "routes_reviews",
    "routes_search",
    "routes_versions",
]


class _Thread(threading.local):
    resolver: "Resolver | None" = None


_thread = _Thread()


class Resolver(APIGatewayHttpResolver):
    """The resolver of one thread.

    Powertools keeps the current event on the class, where two threads would read each other's; on the instance it
    is found first. Paths come decoded from API Gateway, but for `%25`; they are encoded again, so that any name matches
    a route.
    """

    def _to_proxy_event(self, event: dict[str, Any]) -> APIGatewayProxyEventV2:
        path = quote(event["rawPath"].replace("%25", "%"), safe="/")
        self.current_event = APIGatewayProxyEventV2({**event, "rawPath": path})
        return self.current_event


def resolver() -> Resolver:
    """This thread's resolver, with every route."""
    if _thread.resolver is None:
        _thread.resolver = _build()
    return _thread.resolver


def _build() -> Resolver:
    app = Resolver()
    for route in ROUTES:
        app.route(route.path, method=route.method)(_answer(app, route))

    @app.not_found
    def not_found(_error: Exception) -> Response[str]:
        return _write(_nowhere(app), app)

    return app


def _answer(app: Resolver, route: Route) -> Callable[..., Response[str]]:
    def answer(**path: str) -> Response[str]:
        return _write(_reply(app, route, path), app)

    return answer


def _reply(app: Resolver, route: Route, path: dict[str, str]) -> Reply:
    try:
        return route.answer(_read(app, route, path))
    except ValidationError as error:
        return problem(unreadable(error), instance=_request_id(app))
    except RegistryError as error:
        return problem(error, instance=_request_id(app))
    except Exception as error:  # noqa: BLE001  # the edge: whatever it was, the client gets a problem document
        return problem(unexpected(error), instance=_request_id(app))


def _nowhere(app: Resolver) -> Reply:
    """The refusal of a path that no route has, or not with this method."""
    method, path = app.current_event.http_method, app.current_event.raw_path
    allowed = ", ".join(sorted(route.method for route in ROUTES if route.matches(path)))
    if not allowed:
        return problem(NotFound(f"there is nothing at {unquote(path)}"), instance=_request_id(app))
    refusal = MethodNotAllowed(f"{unquote(path)} answers {allowed}, not {method}")
    return replace(problem(refusal, instance=_request_id(app)), headers={"Allow": allowed})


def _read(app: Resolver, route: Route, path: dict[str, str]) -> Call:
    event = app.current_event
    raw = event.raw_event
    text = _text(event) or (NOTHING if route.may_be_bare else "")
    query = event.query_string_parameters or {}
    route.check(raw["headers"], query)
    return Call(
        ports=app.context["ports"],
        caller=caller_of(raw),
        path={name: unquote(value) for name, value in path.items()},
        query=query,
        headers=raw["headers"],
        body=route.takes.model_validate_json(text) if route.takes else None,
        request=f"{event.http_method} {event.raw_path}{_asked(event)}\n{text}".encode(),
        raw_query=raw.get("rawQueryString") or "",
    )


def _asked(event: APIGatewayProxyEventV2) -> str:
    """The query of a command, which is part of what it asks; nothing where there is none."""
    query = event.query_string_parameters
    return "?" + urlencode(sorted(query.items()), errors="surrogatepass") if query else ""


def _text(event: APIGatewayProxyEventV2) -> str:
    try:
        return event.decoded_body or ""
    except ValueError:
        raise Malformed("the body is not text in UTF-8") from None


def _write(reply: Reply, app: Resolver) -> Response[str]:
    body = reply.body.model_dump_json() if isinstance(reply.body, BaseModel) else reply.body
    headers: dict[str, Any] = {"X-Request-Id": _request_id(app), **reply.headers}
    return Response(status_code=reply.status, content_type=reply.content_type, headers=headers, body=body)


def _request_id(app: Resolver) -> str:
    return str(app.current_event.raw_event["requestContext"]["requestId"])
