"""Tracing: what a version came of and what came of it, as a graph of versions, data, code and runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from modelyard.catalogue.gathering import gather
from modelyard.catalogue.homes import at_home
from modelyard.catalogue.keys import id_key, model_key, version_key
from modelyard.catalogue.lineage_postings import base_name
from modelyard.catalogue.model_items import read_model
from modelyard.catalogue.postings import Kind, posting_partition, read_posting
from modelyard.catalogue.subjects import look_up_version
from modelyard.catalogue.version_items import read_version
from modelyard.domain.model import Model
from modelyard.domain.version import Base, Version
from modelyard.ports import Table

MOST_NODES = 500
MOST_DEPTH = 10
MADE_FROM, BY, EVALUATED_ON = "made from", "by", "evaluated on"
"""How a version is related to its code and to its run; to data it is by the role of that, to bases by the relation."""


@dataclass(frozen=True, slots=True)
class Node:
    """A thing in the graph: a `version` here, a `base` outside, a `dataset`, a `commit` or a `run`. `id` is its own."""

    id: str
    kind: str
    name: str = ""
    version: int | None = None
    state: str = ""
    stage: str = ""
    digest: str = ""
    uri: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """That `to` was made with `origin`, and how."""

    origin: str
    to: str
    relation: str


@dataclass(slots=True)
class Graph:
    """Nodes by id and edges in the order in which they were found; `truncated` when there may be more of them."""

    most: int
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: dict[Edge, None] = field(default_factory=dict)
    truncated: bool = False

    def add(self, node: Node) -> bool:
        """Whether the node is in, now or since before."""
        if node.id not in self.nodes and len(self.nodes) >= self.most:
            self.truncated = True
            return False
        self.nodes.setdefault(node.id, node)
        return True

    def join(self, origin: Node, to: Node, relation: str, *, new: Node) -> bool:
        """Add what is new and the edge; whether the new one was not in before and there was room."""
        known = new.id in self.nodes
        if not self.add(new):
            return False
        self.edges[Edge(origin.id, to.id, relation)] = None
        return not known


def trace(*, table: Table, name: str, number: int, up: bool, down: bool, depth: int, most: int) -> Graph:
    """The graph around a version, breadth first: at most `depth` steps `up` to what it was made of, and `down`.

    Down it is of versions alone; up also of outside bases, data, code and runs. At most `most` nodes.
    """
    model, start = at_home(table, name, lambda home: _read(table, home, name, number))
    graph = Graph(most)
    graph.add(_version_node(start))
    if up:
        _climb(table, graph, start, depth)
    if down:
        _descend(table, graph, base_name(model.id, number), start, depth)
    return graph


def _read(table: Table, home: str, name: str, number: int) -> tuple[Model, Version]:
    model, version = table.get([model_key(home), version_key(home, number)])
    return look_up_version(model, version, name, number)


def _version_node(version: Version) -> Node:
    facts = {"state": version.state.value, "stage": version.stage, "digest": version.digest}
    return Node(f"version:{version.reference}", "version", version.name, version.number, **facts)


def _climb(table: Table, graph: Graph, start: Version, depth: int) -> None:
    """Level by level what versions were made of, each level's versions read together."""
    level = [start]
    for _ in range(depth):
        origins = _versions_of(table, [base for version in level for base in version.bases])
        following: list[Version] = []
        for version in level:
            made = _version_node(version)
            for node, relation in _leaves(version):
                graph.join(node, made, relation, new=node)
            for base in version.bases:
                if base.uri:
                    continue
                origin = origins.get(_named(base))
                node = _version_node(origin) if origin else _lost(base)
                if graph.join(node, made, base.relation, new=node) and origin:
                    following.append(origin)
        level = following
    graph.truncated |= any(version.bases or any(_leaves(version)) for version in level)


def _leaves(version: Version) -> Iterator[tuple[Node, str]]:
    """What a version was made with that is no version here: bases outside, data, code, its run."""
    for base in version.bases:
        if base.uri:
            yield Node(f"base:{base.uri}", "base", uri=base.uri), base.relation
    for data in version.datasets:
        known = f"dataset:{data.name}" + (f"@{data.digest}" if data.digest else "")
        yield Node(known, "dataset", data.name, digest=data.digest, uri=data.uri), data.role or "data"
    for on in version.evaluated:
        if on.dataset or on.digest:
            known = f"dataset:{on.dataset}" + (f"@{on.digest}" if on.digest else "")
            yield Node(known, "dataset", on.dataset, digest=on.digest), EVALUATED_ON
    if commit := version.source.commit:
        where = version.source.repository
        yield Node(f"commit:{where}@{commit}", "commit", commit, uri=where), MADE_FROM
    if version.run.id or version.run.url:
        run = version.run
        yield Node(f"run:{run.system}/{run.id or run.url}", "run", f"{run.system} {run.id}".strip(), uri=run.url), BY


def _lost(base: Base) -> Node:
    """A base that is there no more: what the version that was made of it remembers."""
    facts = {"state": "purged", "digest": base.digest}
    return Node(f"version:{_named(base)}", "version", base.name, base.version, **facts)


def _named(base: Base) -> str:
    return base_name(base.model_id, base.version or 0)


def _versions_of(table: Table, bases: Sequence[Base]) -> dict[str, Version]:
    """The versions that bases are, by `base_name`, in two calls for each hundred: of homes by model id, of versions."""
    inside = {_named(base): base for base in bases if not base.uri}
    homes = gather(table, [id_key(base.model_id) for base in inside.values()])
    keys = {
        named: version_key(str(homes[id_key(base.model_id)].fields["home"]), base.version or 0)
        for named, base in inside.items()
        if id_key(base.model_id) in homes
    }
    found = gather(table, keys.values())
    return {named: read_version(found[key]) for named, key in keys.items() if key in found}


def _descend(table: Table, graph: Graph, named: str, start: Version, depth: int) -> None:
    """Level by level the versions that were made of others, by their postings; each is read and asked again."""
    level = {named: start}
    for _ in range(depth):
        following: dict[str, Version] = {}
        for base, version in level.items():
            origin = _version_node(version)
            for child_named, child in _children(table, graph, base):
                made = _version_node(child)
                relation = next(each.relation for each in child.bases if not each.uri and _named(each) == base)
                if graph.join(origin, made, relation, new=made):
                    following[child_named] = child
        level = following
    graph.truncated |= bool(level)


def _children(table: Table, graph: Graph, named: str) -> list[tuple[str, Version]]:
    """The versions that were made of one, newest first, each with its name as a base."""
    room = min(graph.most - len(graph.nodes) + 1, MOST_NODES)
    page = table.query(posting_partition(Kind.VERSION, "base", named), limit=room, descending=True)
    graph.truncated |= page.after is not None
    places = [(home, number or 0) for home, number in map(read_posting, page.items)]
    found = gather(table, [key for home, number in places for key in (model_key(home), version_key(home, number))])
    known: list[tuple[str, Version]] = []
    for home, number in places:
        model, item = found.get(model_key(home)), found.get(version_key(home, number))
        child = read_version(item) if model and item else None
        if model and child and any(not base.uri and _named(base) == named for base in child.bases):
            known.append((base_name(read_model(model).id, number), child))
    return known
