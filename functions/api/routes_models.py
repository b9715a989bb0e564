"""Models: create, find, describe."""

from typing import Any

from functions.api import rendering
from functions.api.routing import Call, Reply, route
from functions.api.tokens import as_of, read_key, write_token
from modelyard.contract.requests import CreateModelRequest, RenameModelRequest, UpdateModelRequest
from modelyard.contract.responses import EventPageResponse, ModelPageResponse, ModelResponse
from modelyard.domain.model import Model
from modelyard.services import describing, finding, recalling, registering, renaming


def tagged(found: Model, status: int = 200) -> Reply:
    """A model with its ETag."""
    return Reply(rendering.model(found), status, {"ETag": f'"{found.revision}"'})


@route("POST", "/v1/models", takes=CreateModelRequest, gives=ModelResponse, status=201, refusals=(409, 413))
def create_model(call: Call) -> Reply:
    """Create a model."""
    body, ports = call.body, call.ports
    made = registering.create_model(
        table=ports.table,
        clock=ports.clock,
        ids=ports.ids,
        caller=call.caller,
        ticket=call.ticket,
        name=body.name,
        description=body.description,
        owner=body.owner,
        tags=body.tags,
    )
    return tagged(made, 201)


@route(
    "GET", "/v1/models", gives=ModelPageResponse, query=("limit", "cursor", "prefix", "at", "deleted"), refusals=(413,)
)
def list_models(call: Call) -> Reply:
    """List models in the order of their names."""
    prefix, at = finding.check_prefix(call.query.get("prefix", "")), call.at
    deleted = call.flag("deleted")
    scope = f"models {prefix}{as_of(at)}{' deleted' if deleted else ''}"
    after = read_key(scope, call.query.get("cursor"))
    wanted: dict[str, Any] = {
        "table": call.ports.table,
        "prefix": prefix,
        "after": after,
        "limit": call.limit(),
        "deleted": deleted,
    }
    page = recalling.list_models_at(**wanted, at=at) if at else finding.list_models(**wanted)
    following = write_token(scope, page.after) if page.after else None
    return Reply(ModelPageResponse.model_construct(items=list(map(rendering.model, page.items)), next=following))


@route("GET", "/v1/models/<name>", gives=ModelResponse, query=("at",), refusals=(404, 413))
def get_model(call: Call) -> Reply:
    """Get a model by its name or id."""
    table, name, at = call.ports.table, call.path["name"], call.at
    return tagged(
        recalling.model_at(table=table, name=name, at=at) if at else finding.get_model(table=table, name=name)
    )


@route("PATCH", "/v1/models/<name>", takes=UpdateModelRequest, gives=ModelResponse, refusals=(404, 409, 410, 412, 413))
def update_model(call: Call) -> Reply:
    """Change a model's description, owner or tags."""
    body, ports = call.body, call.ports
    changed = describing.update_model(
        table=ports.table,
        clock=ports.clock,
        ids=ports.ids,
        caller=call.caller,
        name=call.path["name"],
        expected=call.expected,
        description=body.description,
        owner=body.owner,
        tags=body.tags,
    )
    return tagged(changed)


@route(
    "POST",
    "/v1/models/<name>/rename",
    takes=RenameModelRequest,
    gives=ModelResponse,
    refusals=(404, 409, 410, 412),
)
def rename_model(call: Call) -> Reply:
    """Give a model another name; the names it had go on leading to it."""
    ports = call.ports
    renamed = renaming.rename(
        table=ports.table,
        clock=ports.clock,
        ids=ports.ids,
        caller=call.caller,
        ticket=call.ticket,
        name=call.path["name"],
        to=call.body.name,
        expected=call.expected,
    )
    return tagged(renamed)


@route(
    "GET",
    "/v1/models/<name>/history",
    gives=EventPageResponse,
    query=("version", "newest", "limit", "cursor"),
    refusals=(404,),
)
def read_history(call: Call) -> Reply:
    """Read what happened to a model, or to one version, oldest first unless the newest is asked for."""
    name, number, newest = call.path["name"], call.number_in_query("version"), call.flag("newest")
    scope = f"history {name} {number}{' newest' if newest else ''}"
    after = read_key(scope, call.query.get("cursor"))
    which: dict[str, Any] = {"name": name, "number": number, "newest": newest}
    page = finding.read_history(table=call.ports.table, **which, after=after, limit=call.limit())
    following = write_token(scope, page.after) if page.after else None
    return Reply(EventPageResponse.model_construct(items=rendering.events(page.items), next=following))
