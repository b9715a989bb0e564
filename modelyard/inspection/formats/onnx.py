"""ONNX: a protobuf of the graph. Weights are counted by their shapes and never read.

https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from dataclasses import dataclass, field
from math import prod
from typing import Any

from modelyard.inspection.budgets import OutOfBudget
from modelyard.inspection.formats.protobuf import MAX_DEPTH, Message, packed, signed, top_fields, whole
from modelyard.inspection.formats.reading import leads_away, shortened, shown, tell
from modelyard.inspection.sight import Format, Sight

RULE = "onnx.malformed"
MAX_TENSORS = 200_000
MAX_NAMES = 1_000
IR, GRAPH, OPSET = 1, 7, 8
TOP = {1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2}
"""The fields of a model, and their wire types."""
INPUT = 11
DTYPES = (
    "", "FLOAT", "UINT8", "INT8", "UINT16", "INT16", "INT32", "INT64", "STRING", "BOOL", "FLOAT16", "DOUBLE", "UINT32",
    "UINT64", "COMPLEX64", "COMPLEX128", "BFLOAT16", "FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ",
    "UINT4", "INT4", "FLOAT4E2M1", "FLOAT8E8M0", "UINT2", "INT2",
    "FLOAT6E2M3",
    "FLOAT6E3M2",
)  # fmt: skip
BITS = (0, 32, 8, 8, 16, 16, 32, 64, 0, 8, 16, 64, 32, 64, 64, 128, 16, 8, 8, 8, 8, 4, 4, 4, 8, 2, 2, 6, 6)
KNOWN_DOMAINS = ("", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview", "ai.onnx.preview.training")
KNOWN_FAMILIES = ("com.microsoft", "com.ms.", "org.pytorch.", "pkg.onnxscript.", "pkg.torch.")
"""Domains of operators that ONNX Runtime brings itself, or exporters define by functions within the file."""
RUNS_PYTHON = {"PyOp", "PythonOp", "PyCustomOp", "PythonOpGrad"}


@dataclass(slots=True)
class Graph:
    """What was seen of all graphs of a model."""

    nodes: int = 0
    tensors: int = 0
    parameters: int = 0
    sizes: dict[str, int] = field(default_factory=dict)
    domains: set[str] = field(default_factory=set)
    own: set[str] = field(default_factory=set)
    paths: set[str] = field(default_factory=set)
    operators: set[str] = field(default_factory=set)


def matches(head: bytes, sight: Sight) -> bool:
    """A version, and then only fields that a model has, a graph among them."""
    if head[:1] not in {b"\x08", b"\x12", b"\x3a", b"\x42"}:
        return False
    fields = top_fields(sight)
    if fields is None or not all(TOP.get(each.number) == each.wire for each in fields):
        return False
    return {GRAPH, OPSET} <= {each.number for each in fields} and any(each.number == IR for each in fields)


def look(sight: Sight) -> None:
    """Walk the graph, tell what it is, and note what reaches beyond the file."""
    model = whole(sight, RULE)
    graph = Graph()
    facts: dict[str, Any] = {"format": "onnx", "opset": {}}
    for each in model.fields():
        match each.number:
            case 1:
                facts["format_version"] = each.value
            case 2:
                facts["framework"] = model.text(each)
            case 3:
                facts["framework_version"] = model.text(each)
            case 8:
                _opset(model.inner(each), facts, graph)
            case 7:
                facts.update(_graph(model.inner(each), graph, 0))
            case 25:
                _function(model.inner(each), graph)
    _note(sight, graph)
    tell(sight, {**facts, **_counted(graph)})


def _opset(message: Message, facts: dict[str, Any], graph: Graph) -> None:
    domain, version = "", 0
    for each in message.fields():
        if each.number == 1:
            domain = message.text(each)
        elif each.number == 2:
            version = signed(each.value)
    graph.domains.add(domain)
    if len(facts["opset"]) < 100:
        facts["opset"][domain or "ai.onnx"] = version


def _function(message: Message, graph: Graph) -> None:
    for each in message.fields():
        if each.number == 10:
            graph.own.add(message.text(each))
        elif each.number == 7:
            _node(message.inner(each), graph, 1)


def _graph(message: Message, graph: Graph, depth: int) -> dict[str, Any]:
    """Everything of a graph and the graphs in it; what its inputs and outputs are."""
    facts: dict[str, Any] = {"inputs": [], "outputs": []}
    weights: set[str] = set()
    for each in message.fields():
        match each.number:
            case 1:
                _node(message.inner(each), graph, depth)
            case 2:
                facts["name"] = message.text(each)
            case 5:
                weights.add(_tensor(message.inner(each), graph))
            case 15:
                for inner in message.inner(each).inners(1):
                    _tensor(inner, graph)
            case 11 | 12:
                _keep(facts["inputs" if each.number == INPUT else "outputs"], message.inner(each))
    facts["inputs"] = [each for each in facts["inputs"] if each["name"] not in weights]
    return facts


def _keep(values: list[dict[str, Any]], message: Message) -> None:
    if len(values) < 100:
        values.append(_value(message))


def _node(message: Message, graph: Graph, depth: int) -> None:
    graph.nodes += 1
    domain = operator = ""
    for each in message.fields():
        if each.number == 7:
            domain = message.text(each)
        elif each.number == 4:
            operator = message.text(each)
        elif each.number == 5:
            _attribute(message.inner(each), graph, depth + 1)
    graph.domains.add(domain)
    if len(graph.domains) > MAX_NAMES:
        raise OutOfBudget("domains of operators", MAX_NAMES)
    if operator in RUNS_PYTHON:
        graph.operators.add(f"{domain}.{operator}")


def _attribute(message: Message, graph: Graph, depth: int) -> None:
    """Attributes hold tensors (5, 10), graphs (6, 11) and sparse tensors (22, 23)."""
    if depth > MAX_DEPTH:
        raise message.wrong("graphs within graphs, deeper than anyone writes them")
    for each in message.fields():
        if each.number in {5, 10}:
            _tensor(message.inner(each), graph, learned=False)
        elif each.number in {6, 11}:
            _graph(message.inner(each), graph, depth + 1)
        elif each.number in {22, 23}:
            for inner in message.inner(each).inners(1):
                _tensor(inner, graph, learned=False)


def _tensor(message: Message, graph: Graph, *, learned: bool = True) -> str:
    """Count a tensor by its shape, remember where else its bytes are; its name."""
    shape: list[int] = []
    dtype, name = 0, ""
    for each in message.fields():
        match each.number:
            case 1:
                shape += packed(message, each)
            case 2:
                dtype = each.value
            case 8:
                name = message.text(each)
            case 13:
                _external(message.inner(each), graph)
    if learned:
        _count(graph, shape[:64], dtype)
    return name


def _count(graph: Graph, shape: list[int], dtype: int) -> None:
    elements = prod(shape) if all(each >= 0 for each in shape) else 0
    known = dtype if dtype < len(DTYPES) else 0
    if graph.tensors >= MAX_TENSORS:
        raise OutOfBudget("tensors", MAX_TENSORS)
    graph.tensors += 1
    graph.parameters += elements
    dtype_name = DTYPES[known] or "UNDEFINED"
    graph.sizes[dtype_name] = graph.sizes.get(dtype_name, 0) + elements * BITS[known] // 8


def _external(message: Message, graph: Graph) -> None:
    said = {each.number: message.text(each, 1024) for each in message.fields() if each.number in {1, 2}}
    if said.get(1) == "location":
        if len(graph.paths) > MAX_NAMES:
            raise OutOfBudget("external files", MAX_NAMES)
        graph.paths.add(said.get(2, ""))


def _value(message: Message) -> dict[str, Any]:
    """Name, dtype and shape of an input or output; a dimension is a number, a name, or None when it is free."""
    told: dict[str, Any] = {"name": "", "dtype": "", "shape": None}
    for each in message.fields():
        if each.number == 1:
            told["name"] = message.text(each)
        elif each.number == 2:
            for kind in message.inner(each).inners(1):
                _tensor_type(kind, told)
    return told


def _tensor_type(message: Message, told: dict[str, Any]) -> None:
    for each in message.fields():
        if each.number == 1:
            told["dtype"] = DTYPES[each.value] if each.value < len(DTYPES) else ""
        elif each.number == 2:
            told["shape"] = [_dimension(inner) for inner in message.inner(each).inners(1)][:64]


def _dimension(message: Message) -> int | str | None:
    for each in message.fields():
        if each.number == 1:
            return signed(each.value)
        if each.number == 2:
            return message.text(each)
    return None


def _note(sight: Sight, graph: Graph) -> None:
    for path in sorted(graph.paths):
        if leads_away(path):
            sight.note("onnx.external-data-outside", shown(path))
    for operator in sorted(graph.operators):
        sight.note("onnx.python-operator", shown(operator))
    for domain in sorted(graph.domains - graph.own):
        if domain not in KNOWN_DOMAINS and not domain.startswith(KNOWN_FAMILIES):
            sight.note("onnx.custom-domain", shown(domain))


def _counted(graph: Graph) -> dict[str, Any]:
    return {
        "tensors": graph.tensors,
        "parameters": graph.parameters,
        "dtypes": dict(sorted(graph.sizes.items())),
        "external_files": shortened(sorted(graph.paths)),
    }


FORMATS = (Format("onnx", matches, look),)
