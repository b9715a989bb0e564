"""TensorFlow: SavedModel (`saved_model.pb`), frozen graphs, and what Keras adds beside them.

https://github.com/tensorflow/tensorflow/tree/master/tensorflow/core/protobuf (saved_model.proto, meta_graph.proto),
core/framework (graph.proto, node_def.proto, function.proto), and keras/protobuf/saved_metadata.proto.
"""

import re
from typing import Any

from modelyard.inspection.formats.keras import check_text
from modelyard.inspection.formats.matching import begins, both, called, ends, is_text
from modelyard.inspection.formats.protobuf import BYTES, Field, Message, signed, top_fields, whole
from modelyard.inspection.formats.reading import MAX_JSON, tell
from modelyard.inspection.sight import Format, Malformed, Sight

RULE = "tensorflow.malformed"
MAX_SIGNATURES = 100
WRITES = {
    "WriteFile", "SaveDataset", "SaveDatasetV2", "SnapshotDataset", "SnapshotDatasetV2", "SnapshotDatasetReader",
    "CreateSummaryFileWriter", "CreateSummaryDbWriter", "WriteRawProtoSummary", "FileSystemSetConfiguration",
    "DistributedSave",
}  # fmt: skip
PYTHON = {"PyFunc", "PyFuncStateless", "EagerPyFunc", "PyCall"}
READS = {
    "ReadFile", "MatchingFiles", "MatchingFilesDataset", "ListDataset", "FixedLengthRecordDataset", "TextLineDataset",
    "FixedLengthRecordDatasetV2", "TFRecordDataset", "TFRecordDatasetV2", "WholeFileReader", "WholeFileReaderV2",
    "TextLineReader", "TextLineReaderV2", "TFRecordReader", "TFRecordReaderV2", "FixedLengthRecordReader",
    "FixedLengthRecordReaderV2", "LoadDataset", "ImmutableConst", "SqlDataset", "CSVDataset", "CSVDatasetV2", "RpcCall",
    "RpcClient", "RpcServer", "DebugIdentity", "DebugIdentityV2", "DebugIdentityV3", "CopyHost", "LMDBReader",
    "LMDBDataset", "DynamicEnqueueTPUEmbedding", "DataServiceDataset", "DataServiceDatasetV2", "RegisterDataset",
}  # fmt: skip
GRAPH = {1: BYTES, 2: BYTES, 3: 0, 4: BYTES}
"""The fields of a graph, and their wire types."""
DTYPES = (
    "", "FLOAT", "DOUBLE", "INT32", "UINT8", "INT16", "INT8", "STRING", "COMPLEX64", "INT64", "BOOL", "QINT8", "QUINT8",
    "QINT32", "BFLOAT16", "QINT16", "QUINT16", "UINT16", "COMPLEX128", "HALF", "RESOURCE", "VARIANT", "UINT32",
    "UINT64",
)  # fmt: skip


def look_saved(sight: Sight) -> None:
    """A SavedModel: how it can be called, and the operators of its graphs and functions."""
    model = whole(sight, RULE)
    tell(sight, {"format": "tensorflow-savedmodel", "framework": "tensorflow"})
    for each in model.inners(2):
        _meta_graph(each)


def _meta_graph(message: Message) -> None:
    signatures: dict[str, dict[str, Any]] = {}
    facts: dict[str, Any] = {}
    for each in message.fields():
        match each.number:
            case 1:
                facts["framework_version"] = _version(message.inner(each))
            case 2:
                _graph(message.inner(each))
            case 5:
                _signature(message.inner(each), signatures)
            case 7:
                _objects(message.inner(each))
    serving = signatures.get("serving_default") or next(iter(signatures.values()), {})
    tell(message.sight, {**facts, **serving, "signatures": sorted(signatures)})


def _version(message: Message) -> str:
    return next((message.text(each) for each in message.fields() if each.number == 5), "")


def _graph(message: Message) -> None:
    """Nodes (1), and those of the functions (2) in the library."""
    for each in message.fields():
        if each.number == 1:
            _node(message.inner(each))
        elif each.number == 2:
            for function in message.inner(each).inners(1):
                for node in function.inners(3):
                    _node(node)


def _node(message: Message) -> None:
    """Judge a node by its operator."""
    name = operator = ""
    for each in message.fields():
        if each.number == 1:
            name = message.text(each)
        elif each.number == 2:
            operator = message.text(each)
    judge(message.sight, operator, f"{operator} ({name})")


def judge(sight: Sight, operator: str, evidence: str) -> None:
    """Note an operator that reaches files, networks or Python, or that TensorFlow does not bring."""
    if operator in PYTHON:
        sight.note("tensorflow.calls-python", evidence)
    elif operator in WRITES:
        sight.note("tensorflow.writes-files", evidence)
    elif operator in READS:
        sight.note("tensorflow.reads-files", evidence)
    elif ">" in operator:
        sight.note("tensorflow.custom-operator", operator)


def _signature(message: Message, signatures: dict[str, dict[str, Any]]) -> None:
    """One entry of the map of signatures: its inputs (1) and outputs (2)."""
    name = ""
    told: dict[str, list[dict[str, Any]]] = {"inputs": [], "outputs": []}
    for each in message.fields():
        if each.number == 1:
            name = message.text(each)
        elif each.number == 2:
            inner = message.inner(each)
            for field in inner.fields():
                if field.number in {1, 2}:
                    _keep(told["inputs" if field.number == 1 else "outputs"], inner.inner(field))
    if len(signatures) < MAX_SIGNATURES and name != "__saved_model_init_op":
        signatures[name] = told


def _keep(values: list[dict[str, Any]], message: Message) -> None:
    if len(values) >= MAX_SIGNATURES:
        return
    told: dict[str, Any] = {"name": "", "dtype": "", "shape": None}
    for each in message.fields():
        if each.number == 1:
            told["name"] = message.text(each)
        elif each.number == 2:
            _tensor_info(message.inner(each), told)
    values.append(told)
    values.sort(key=lambda value: str(value["name"]))


def _tensor_info(message: Message, told: dict[str, Any]) -> None:
    for each in message.fields():
        if each.number == 2:
            told["dtype"] = DTYPES[each.value] if each.value < len(DTYPES) else ""
        elif each.number == 3:
            told["shape"] = _shape(message.inner(each))


def _shape(message: Message) -> list[int | None] | None:
    sizes: list[int | None] = []
    for each in message.fields():
        if each.number == 3 and each.value:
            return None
        if each.number == 2 and len(sizes) < 64:
            size = next((signed(field.value) for field in message.inner(each).fields() if field.number == 1), 0)
            sizes.append(size if size >= 0 else None)
    return sizes


def _objects(message: Message) -> None:
    """Objects of Keras as TensorFlow up to 2.4 kept them: a user object's (4) metadata (3) is a configuration."""
    for node in message.inners(1):
        for user in node.inners(4):
            for field in user.fields():
                if field.number == 3:
                    _configuration(user, field)


def _configuration(message: Message, field: Field) -> None:
    raw = message.inner(field).bytes(MAX_JSON)
    if raw.lstrip()[:1] == b"{":
        check_text(message.sight, raw, {})


def look_keras(sight: Sight) -> None:
    """`keras_metadata.pb`: for each object (1), its metadata (5) is a configuration."""
    message = whole(sight, RULE)
    for node in message.inners(1):
        for field in node.fields():
            if field.number == 5:
                _configuration(node, field)
    tell(sight, {"framework": "keras"})


def look_graph(sight: Sight) -> None:
    """A frozen graph."""
    tell(sight, {"format": "tensorflow-graph", "framework": "tensorflow"})
    _graph(whole(sight, RULE))


_OPERATOR = re.compile(rb'\bop\s*:\s*["\']([\w>]{1,100})["\']')


def look_text(sight: Sight) -> None:
    """The same as text (`saved_model.pbtxt`), which TensorFlow loads too."""
    tell(sight, {"format": "tensorflow-text", "framework": "tensorflow"})
    before = b""
    for block in sight.blocks():
        for found in _OPERATOR.finditer(before + block):
            judge(sight, found[1].decode(), found[1].decode())
        before = block[-256:]


def _is_saved(head: bytes, sight: Sight) -> bool:
    if sight.name.rpartition("/")[2] == "saved_model.pb":
        return head[:1] in {b"\x08", b"\x12"}
    if head[:3] != b"\x08\x01\x12":
        return False
    fields = top_fields(sight, 16)
    return fields is not None and {(each.number, each.wire) for each in fields} == {(1, 0), (2, 2)}


def _is_graph(_head: bytes, sight: Sight) -> bool:
    """Only fields of a graph, a node among them that has an operator; in any order."""
    if not sight.name.endswith((".pb", ".graphdef")):
        return False
    fields = top_fields(sight, 200_000) or []
    if not all(GRAPH.get(each.number) == each.wire for each in fields):
        return False
    return any(each.number == 1 and _has_operator(sight, each) for each in fields[:10])


def _has_operator(sight: Sight, field: Field) -> bool:
    try:
        return any(each.number == 2 and each.wire == BYTES for each in whole(sight, RULE).inner(field).fields())
    except Malformed:
        return False


def look_other(sight: Sight) -> None:
    """Another protobuf: operators that a graph in it could have are noted, wherever their names stand."""
    tell(sight, {"format": "protobuf"})
    if top_fields(sight, 200_000) is None:
        raise Malformed(RULE, "no protobuf, or one of very many fields")
    before = b""
    for block in sight.blocks():
        for found in _NAMED.finditer(before + block):
            if found[1][0] == len(found[2]):
                judge(sight, found[2].decode(), found[2].decode())
        before = block[-256:]


_NAMED = re.compile(
    b"\x12(.)(" + "|".join(sorted(WRITES | READS | PYTHON, key=len, reverse=True)).encode() + b")", re.DOTALL
)

FORMATS = (
    Format("keras-metadata-pb", both(called("keras_metadata.pb"), begins(b"\n", b"\x12")), look_keras),
    Format("tensorflow-savedmodel", _is_saved, look_saved),
    Format("tensorflow-graph", _is_graph, look_graph),
    Format("protobuf", ends(".pb"), look_other),
    Format("tensorflow-text", both(called("saved_model.pbtxt"), is_text), look_text),
)
