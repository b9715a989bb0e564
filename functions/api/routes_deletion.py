"""Deleting models and versions, and bringing them back."""

from typing import Any

from functions.api.routes_models import tagged as tagged_model
from functions.api.routes_versions import VERSION
from functions.api.routes_versions import tagged as tagged_version
from functions.api.routing import Call, Reply, route
from modelyard.contract.requests import DeletionRequest
from modelyard.contract.responses import ModelResponse, VersionResponse
from modelyard.services import deleting
from modelyard.services.deleting import Wish

MODEL = "/v1/models/<name>"


def _effects(call: Call) -> dict[str, Any]:
    ports = call.ports
    effects: dict[str, Any] = {"table": ports.table, "clock": ports.clock, "ids": ports.ids, "caller": call.caller}
    return {**effects, "ticket": call.ticket, "name": call.path["name"]}


def _wish(call: Call) -> Wish:
    asked: DeletionRequest = call.body
    return Wish(keep=call.ports.limits.retention, reason=asked.reason, force=asked.force, expected=call.expected)


@route("POST", f"{MODEL}/delete", takes=DeletionRequest, gives=ModelResponse, refusals=(404, 409, 412, 413))
def delete_model(call: Call) -> Reply:
    """Delete a model; it can be restored until it is purged."""
    return tagged_model(deleting.delete_model(**_effects(call), wish=_wish(call)))


@route("POST", f"{MODEL}/restore", gives=ModelResponse, refusals=(404, 409, 412))
def restore_model(call: Call) -> Reply:
    """Restore a deleted model."""
    return tagged_model(deleting.restore_model(**_effects(call), expected=call.expected))


@route("POST", f"{VERSION}/delete", takes=DeletionRequest, gives=VersionResponse, refusals=(404, 409, 410, 412, 413))
def delete_version(call: Call) -> Reply:
    """Delete a version; it can be restored until it is purged."""
    return tagged_version(deleting.delete_version(**_effects(call), number=call.number, wish=_wish(call)))


@route("POST", f"{VERSION}/restore", gives=VersionResponse, refusals=(404, 409, 410, 412))
def restore_version(call: Call) -> Reply:
    """Restore a deleted version; one that was ready is proven first."""
    return tagged_version(deleting.restore_version(**_effects(call), number=call.number, expected=call.expected))
