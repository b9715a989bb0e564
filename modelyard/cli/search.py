"""`modelyard search`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from modelyard.cli.options import json_option, open_registry
from modelyard.cli.output import ago, count, fields, pairs, plain, pointer, print_json, say, table
from modelyard.cli.rendering import model_table
from modelyard.client import Registry
from modelyard.client.errors import Invalid
from modelyard.client.search_calls import LARGEST
from modelyard.contract.responses import SearchPlanResponse, VersionResponse

EXAMPLES = """\b
modelyard search "metrics.auc > 0.9 AND tags.team = 'growth'"
modelyard search "name LIKE 'ch%' AND stage = 'production'" --order 'metrics.auc DESC'
modelyard search "dataset = 'census' AND NOT state = 'rejected'" --json
modelyard search --models "owner = 'growth'\""""


@dataclass(slots=True)
class Found:
    """What was found so far, where to go on, and how each page was found."""

    items: list[Any] = field(default_factory=list)
    following: str | None = None
    plans: list[SearchPlanResponse] = field(default_factory=list)

    @property
    def plan(self) -> SearchPlanResponse:
        """One plan for all pages: they differ in their counts."""
        first = self.plans[0]
        examined = sum(plan.examined for plan in self.plans)
        return first.model_copy(update={"examined": examined, "matched": len(self.items)})


@click.command(epilog=EXAMPLES)
@click.argument("where", metavar="[FILTER]", default="")
@click.option("--models", is_flag=True, help="Search models instead of versions.")
@click.option("--order", default="", help="A field and ASC or DESC, such as 'metrics.auc DESC'.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="Find at most so many.")
@click.option("--cursor", help="Go on from the `next` of an earlier answer to the same search.")
@click.option("--explain", is_flag=True, help="Tell which index answered, and how much was looked at.")
@json_option
def search(
    *, where: str, models: bool, order: str, limit: int, cursor: str | None, explain: bool, as_json: bool
) -> None:
    """Search versions, or models, by what is known of them; without a FILTER, all."""
    with open_registry() as registry:
        try:
            found = _find(registry, where, models=models, order=order, limit=limit, cursor=cursor)
        except Invalid as error:
            if not as_json:
                _point(error, {"filter": where, "order": order})
            raise
    if as_json:
        _print(found, explain=explain)
    else:
        _show(found, models=models, explain=explain)


def _find(registry: Registry, where: str, *, models: bool, order: str, limit: int, cursor: str | None) -> Found:
    """As many as were asked for, from as many pages as that takes."""
    ask = registry.search_models_page if models else registry.search_page
    found = Found(following=cursor)
    while True:
        size = min(limit - len(found.items), LARGEST)
        page = ask(where, order=order, limit=size, cursor=found.following, explain=True)
        found.items += page.items
        found.following = page.next
        found.plans += [page.plan] if page.plan else []
        if page.next is None or len(found.items) >= limit:
            return found


def _point(error: Invalid, texts: dict[str, str]) -> None:
    """Show the filter or the order, and where in it the fault is."""
    line, column = error.facts.get("line"), error.facts.get("column")
    if error.field in texts and isinstance(line, int) and isinstance(column, int):
        click.echo(pointer(texts[error.field], line, column), err=True)


def _print(found: Found, *, explain: bool) -> None:
    plan = {"plan": found.plan.model_dump()} if explain else {}
    print_json({"items": [item.model_dump() for item in found.items], "next": found.following, **plan})


def _show(found: Found, *, models: bool, explain: bool) -> None:
    if not found.items:
        say("nothing matches")
    else:
        say(model_table(found.items) if models else found_table(found.items))
    if found.following:
        say("there may be more: --limit finds more, --json tells where to go on")
    if explain:
        say()
        say(_explained(found.plan))


def found_table(versions: Sequence[VersionResponse]) -> str:
    """Versions of many models in a table."""
    rows = [
        (f"{v.name}/{v.version}", v.state, v.stage, pairs(v.metrics), pairs(v.tags), ago(v.created_at), v.created_by)
        for v in versions
    ]
    return table(("VERSION", "STATE", "STAGE", "METRICS", "TAGS", "CREATED", "BY"), rows)


def _explained(plan: SearchPlanResponse) -> str:
    ways = {True: "sorted here", False: "as the index has it"}
    return fields(
        {
            "index": plan.index,
            "order": f"{plan.order}, {ways[plan.sorted]}",
            "filtered": plain(" AND ".join(plan.filtered)),
            "examined": count(plan.examined, "candidate"),
            "matched": plan.matched,
        }
    )
