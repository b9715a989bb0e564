"""The feed of all models' events, health, and the API's own description."""

from functools import cache
from importlib import resources

from functions.api import rendering
from functions.api.routing import Call, Reply, route
from functions.api.tokens import read_token, write_token
from modelyard import __version__
from modelyard.contract.responses import EventPageResponse, HealthResponse
from modelyard.services import finding


@route("GET", "/v1/events", gives=EventPageResponse, query=("after", "limit"))
def read_feed(call: Call) -> Reply:
    """Read events of all models in the order in which they were published."""
    cursor = call.query.get("after")
    (after,) = read_token("feed", cursor, int, field="after") if cursor else (0,)
    entries = finding.read_feed(table=call.ports.table, after=after, limit=call.limit())
    last = entries[-1].position or after if entries else after
    return Reply(EventPageResponse.model_construct(items=rendering.events(entries), next=write_token("feed", [last])))


@route("GET", "/v1/health", gives=HealthResponse)
def health(_call: Call) -> Reply:
    """Answer that the registry is there."""
    return Reply(HealthResponse(status="ok", version=__version__))


@route("GET", "/v1/openapi.json", gives=None)
def openapi(_call: Call) -> Reply:
    """Read this API's OpenAPI document."""
    return Reply(_document())


@cache
def _document() -> str:
    return resources.files("modelyard.contract").joinpath("openapi.json").read_text()
