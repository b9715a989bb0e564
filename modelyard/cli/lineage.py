"""`modelyard lineage`."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import click
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from modelyard.cli.options import find_version, json_option, open_registry
from modelyard.cli.output import plain, print_json, say, short
from modelyard.contract.responses import LineageNodeResponse, LineageResponse

_EXAMPLES = """\b
modelyard lineage churn/2
modelyard lineage churn/production --up --depth 5
modelyard lineage churn/1 --down --json"""
Steps = Mapping[str, Sequence[tuple[str, str]]]
"""From a node's id to its neighbours' ids, each with the relation."""


@click.command(epilog=_EXAMPLES)
@click.argument("reference", metavar="REF")
@click.option("--up", is_flag=True, help="Only what it came of.")
@click.option("--down", is_flag=True, help="Only what came of it.")
@click.option("--depth", type=click.IntRange(1, 10), help="How many steps (3 unless given).")
@click.option("--limit", type=click.IntRange(1, 500), help="How many things at most (100 unless given).")
@json_option
def lineage(*, reference: str, up: bool, down: bool, depth: int | None, limit: int | None, as_json: bool) -> None:
    """Show what the version REF came of, and what came of it: versions, data, code, runs."""
    both = up == down
    with open_registry() as registry:
        named = find_version(registry, reference)
        graph = registry.lineage(
            named.name, named.number or 0, up=up or both, down=down or both, depth=depth, limit=limit
        )
    if as_json:
        print_json(graph.model_dump())
        return
    _show(graph, up=up or both, down=down or both)
    if graph.truncated:
        say("there may be more: --depth and --limit reach further")


def _show(graph: LineageResponse, *, up: bool, down: bool) -> None:
    nodes = {node.id: node for node in graph.nodes}
    start = graph.nodes[0].id
    above: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    below: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for edge in graph.edges:
        above[edge.to].append((edge.origin, edge.relation))
        below[edge.origin].append((edge.to, edge.relation))
    root = Tree(Text(_label(nodes[start])))
    for wanted, title, steps in ((up, "came of", above), (down, "led to", below)):
        if wanted and steps[start]:
            _grow(root.add(Text(title)), start, steps, nodes, set())
    Console(highlight=False, markup=False, emoji=False, soft_wrap=True).print(root)


def _grow(branch: Tree, start: str, steps: Steps, nodes: Mapping[str, LineageNodeResponse], seen: set[str]) -> None:
    """Draw what lies beyond a node. What was drawn already is only named again."""
    for other, relation in steps.get(start, ()):
        again = other in seen
        seen.add(other)
        label = f"{plain(relation)}: {_label(nodes[other])}{' (as above)' if again and steps.get(other) else ''}"
        twig = branch.add(Text(label))
        if not again:
            _grow(twig, other, steps, nodes, seen)


def _label(node: LineageNodeResponse) -> str:
    if node.kind == "version":
        where = ", ".join(filter(None, (node.state, node.stage)))
        return plain(f"{node.name}/{node.version} ({where})")
    about = " ".join(filter(None, (node.name, node.uri, node.digest and short(node.digest))))
    return plain(f"{node.kind} {about}")
