"""Lineage: who used what, and what came of what."""

from functions.api import lineage_shapes, rendering
from functions.api.routes_versions import VERSION
from functions.api.routing import Call, Reply, route, whole
from functions.api.tokens import read_key, write_token
from modelyard.contract.responses import LineageResponse, VersionPageResponse
from modelyard.domain.errors import Invalid
from modelyard.services import tracing, using

USUAL_DEPTH = 3


@route("GET", "/v1/uses", gives=VersionPageResponse, query=(*using.SEEKING, "limit", "cursor"), refusals=(404, 413))
def find_uses(call: Call) -> Reply:
    """Find the versions that used a dataset, a commit, a base or a blob, newest first."""
    given = [kind for kind in using.SEEKING if kind in call.query]
    if len(given) != 1:
        raise Invalid(f"give one of {', '.join(using.SEEKING)}", field=given[1] if given else "dataset")
    (kind,) = given
    sought = using.seek(call.ports.table, kind, call.query[kind])
    scope = f"uses {kind} {call.query[kind]}"
    after = read_key(scope, call.query.get("cursor"))
    page = using.find_uses(table=call.ports.table, sought=sought, after=after, limit=call.limit())
    return Reply(rendering.version_page(page.versions, write_token(scope, page.after) if page.after else None))


@route("GET", f"{VERSION}/lineage", gives=LineageResponse, query=("up", "down", "depth", "limit"), refusals=(404,))
def trace_lineage(call: Call) -> Reply:
    """Trace what a version came of, and what came of it."""
    up, down = (_flag(call, name) for name in ("up", "down"))
    graph = tracing.trace(
        table=call.ports.table,
        name=call.path["name"],
        number=call.number,
        up=not down if up is None else up,
        down=not up if down is None else down,
        depth=whole(call.query.get("depth", str(USUAL_DEPTH)), field="depth", least=1, most=tracing.MOST_DEPTH),
        most=call.limit(most=tracing.MOST_NODES),
    )
    return Reply(lineage_shapes.graph(graph))


def _flag(call: Call, name: str) -> bool | None:
    """A truth value in the query; None where it is left out."""
    text = call.query.get(name)
    if text not in {None, "true", "false"}:
        raise Invalid(f"{name} is true or false", field=name)
    return None if text is None else text == "true"
