"""Searches over versions and over models.

The service is imported by the first search: it and its parser take about 60 ms, which no other request should pay.
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from functions.api import rendering
from functions.api.routing import Call, Reply, route
from functions.api.tokens import read_token, write_token
from modelyard.contract.responses import ModelSearchResponse, SearchPlanResponse, VersionSearchResponse
from modelyard.domain.errors import Invalid

if TYPE_CHECKING:
    from modelyard.services.searching import Searched

VERSIONS, MODELS = "versions", "models"
QUERY = ("filter", "order", "limit", "cursor", "explain")


@route("GET", "/v1/search/versions", gives=VersionSearchResponse, query=QUERY, refusals=(413,))
def search_versions(call: Call) -> Reply:
    """Search the versions of all models."""
    page = _search(VERSIONS, call)
    return Reply(rendering.version_search(page.items, _following(VERSIONS, call, page), _plan(call, page)))


@route("GET", "/v1/search/models", gives=ModelSearchResponse, query=QUERY, refusals=(413,))
def search_models(call: Call) -> Reply:
    """Search the models."""
    page = _search(MODELS, call)
    items, following = list(map(rendering.model, page.items)), _following(MODELS, call, page)
    return Reply(ModelSearchResponse.model_construct(items=items, next=following, plan=_plan(call, page)))


@cache
def _searches() -> dict[str, Callable[..., "Searched[Any]"]]:
    from modelyard.services import searching  # noqa: PLC0415  # as above

    return {VERSIONS: searching.search_versions, MODELS: searching.search_models}


def _search(kind: str, call: Call) -> "Searched[Any]":
    _explains(call)
    cursor = call.query.get("cursor")
    after = tuple(read_token(_scope(kind, call), cursor, str, str)) if cursor else None
    wanted, order = call.query.get("filter", ""), call.query.get("order", "")
    ports, limit = call.ports, call.limit()
    search = _searches()[kind]
    return search(table=ports.table, clock=ports.clock, wanted=wanted, order=order, after=after, limit=limit)


def _following(kind: str, call: Call, page: "Searched[Any]") -> str | None:
    return write_token(_scope(kind, call), page.after) if page.after else None


def _scope(kind: str, call: Call) -> str:
    """What a page token is good for: this very search. In ASCII, for it is hashed before it is read as text."""
    return ascii((kind, call.query.get("filter", ""), call.query.get("order", "")))


def _plan(call: Call, page: "Searched[Any]") -> SearchPlanResponse | None:
    return rendering.plan(page.explained) if _explains(call) else None


def _explains(call: Call) -> bool:
    text = call.query.get("explain", "false")
    if text not in {"true", "false"}:
        raise Invalid("explain is true or false", field="explain")
    return text == "true"
