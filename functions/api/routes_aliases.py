"""Aliases: let one stand for a version, move it back, take it away."""

from functions.api.routing import Call, Reply, route
from modelyard.contract.aliases import AliasPageResponse, AliasResponse, SetAliasRequest
from modelyard.domain.aliases import Alias, Whoever
from modelyard.services import aliasing

ALIASES = "/v1/models/<name>/aliases"
ALIAS = f"{ALIASES}/<alias>"


def _rendered(alias: Alias) -> AliasResponse:
    return AliasResponse(alias=alias.name, version=alias.number, previous=list(alias.previous))


@route("GET", ALIASES, gives=AliasPageResponse, refusals=(404,))
def list_aliases(call: Call) -> Reply:
    """List a model's aliases."""
    found = aliasing.list_aliases(table=call.ports.table, name=call.path["name"])
    return Reply(AliasPageResponse(items=list(map(_rendered, found)), next=None))


@route("PUT", ALIAS, takes=SetAliasRequest, gives=AliasResponse, refusals=(404, 409, 413))
def set_alias(call: Call) -> Reply:
    """Let an alias stand for a ready version, if it stands for whom the caller expects."""
    body, ports = call.body, call.ports
    alias = aliasing.set_alias(
        table=ports.table,
        clock=ports.clock,
        ids=ports.ids,
        caller=call.caller,
        ticket=call.ticket,
        name=call.path["name"],
        alias=call.path["alias"],
        number=body.version,
        expected=Whoever.WHOEVER if body.expect == "any" else body.expect,
        comment=body.comment,
    )
    return Reply(_rendered(alias))


@route("POST", f"{ALIAS}/rollback", gives=AliasResponse, query=("expect",), refusals=(404, 409))
def roll_back_alias(call: Call) -> Reply:
    """Let an alias stand for the version that it stood for before."""
    ports = call.ports
    alias = aliasing.roll_back_alias(
        table=ports.table,
        clock=ports.clock,
        ids=ports.ids,
        caller=call.caller,
        ticket=call.ticket,
        name=call.path["name"],
        alias=call.path["alias"],
        expected=call.expected_alias,
    )
    return Reply(_rendered(alias))


@route("DELETE", ALIAS, gives=AliasResponse, query=("expect",), refusals=(404, 409))
def remove_alias(call: Call) -> Reply:
    """Take an alias away."""
    ports = call.ports
    alias = aliasing.remove_alias(
        table=ports.table,
        clock=ports.clock,
        ids=ports.ids,
        caller=call.caller,
        ticket=call.ticket,
        name=call.path["name"],
        alias=call.path["alias"],
        expected=call.expected_alias,
    )
    return Reply(_rendered(alias))
