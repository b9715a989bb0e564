"""The feed of all models' events, health, and the API's own description."""

from collections.abc import Sequence
from functools import cache
from importlib import resources

from functions.api import rendering
from functions.api.routing import Call, Reply, route
from functions.api.tokens import read_token, write_token
from modelyard import __version__
from modelyard.contract.responses import EventPageResponse, HealthResponse
from modelyard.domain.errors import Invalid
from modelyard.domain.journal import Entry
from modelyard.services import finding

END = "end"
"""Before which all events are."""


@route("GET", "/v1/events", gives=EventPageResponse, query=("after", "before", "limit"))
def read_feed(call: Call) -> Reply:
    """Read events of all models: oldest first after a cursor, or newest first before one, or before `end`."""
    after, before = call.query.get("after"), call.query.get("before")
    if after and before:
        raise Invalid("the feed is read after a cursor or before one, not both", field="before")
    return _page_before(call, before) if before else _page_after(call, after)


def _page_after(call: Call, cursor: str | None) -> Reply:
    after = _position(cursor, "after") if cursor else 0
    entries = finding.read_feed(table=call.ports.table, after=after, limit=call.limit())
    last = entries[-1].position or after if entries else after
    return _page(entries, following=last, previous=None)


def _page_before(call: Call, cursor: str) -> Reply:
    before = None if cursor == END else _position(cursor, "before")
    entries = finding.read_feed_back(table=call.ports.table, before=before, limit=call.limit())
    if not entries:
        return _page(entries, following=(before or 1) - 1, previous=None)
    newest, oldest = entries[0].position or 0, entries[-1].position or 0
    return _page(entries, following=newest, previous=oldest if oldest > 1 else None)


def _position(cursor: str, field: str) -> int:
    position: int = read_token("feed", cursor, int, field=field)[0]
    return position


def _page(entries: Sequence[Entry], *, following: int, previous: int | None) -> Reply:
    older = None if previous is None else write_token("feed", [previous])
    newer = write_token("feed", [following])
    return Reply(EventPageResponse.model_construct(items=rendering.events(entries), next=newer, previous=older))


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
