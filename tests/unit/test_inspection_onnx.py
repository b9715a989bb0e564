import onnx
import pytest
from onnx import TensorProto, helper

from modelyard.inspection.formats.onnx import DTYPES
from modelyard.inspection.looking import inspect
from tests.corpora.looked_at import Counted, looked_at, rules
from tests.corpora.onnxes import external, model


def test_what_the_library_writes_is_clean_and_described():
    seen = looked_at(model().SerializeToString(), "m.onnx")
    assert (seen.verdict, seen.format) == ("clean", "onnx")
    assert seen.facts == {
        "format": "onnx",
        "format_version": 9,
        "framework": "tests",
        "framework_version": "1.2",
        "name": "tiny",
        "opset": {"ai.onnx": 18},
        "inputs": [{"name": "x", "dtype": "FLOAT", "shape": ["batch", 4]}],
        "outputs": [{"name": "y", "dtype": "FLOAT", "shape": ["batch", 2]}],
        "tensors": 1,
        "parameters": 8,
        "dtypes": {"FLOAT": 32},
    }


def test_the_dtypes_are_the_librarys():
    assert {value: DTYPES[value] for _, value in TensorProto.DataType.items() if value} == {
        value: name for name, value in TensorProto.DataType.items() if value
    }


def test_a_model_is_known_by_its_bytes_whatever_it_is_called():
    assert looked_at(model().SerializeToString(), "weights.bin").format == "onnx"


def test_weights_in_a_file_beside_the_model_are_counted_and_named():
    seen = looked_at(model(initializers=[external("m.onnx.data")]).SerializeToString(), "m.onnx")
    assert (seen.verdict, seen.facts["parameters"]) == ("clean", 108)
    assert seen.facts["external_files"] == ["m.onnx.data"]


@pytest.mark.parametrize("path", ["/etc/passwd", "../secret", "a/../../b", "..\\b", "C:\\b", "file:///b"])
def test_weights_elsewhere_on_the_machine_are_malicious(path):
    seen = looked_at(model(initializers=[external(path)]).SerializeToString(), "m.onnx")
    assert rules(seen) == {"onnx.external-data-outside": "malicious"}


def test_weights_of_constants_in_graphs_within_graphs_are_seen():
    constant = helper.make_node("Constant", [], ["c"], value=external("/etc/passwd"))
    inner = helper.make_graph([constant], "inner", [], [helper.make_tensor_value_info("c", TensorProto.FLOAT, [1])])
    outer = helper.make_node("If", ["x"], ["z"], then_branch=inner, else_branch=inner)
    seen = looked_at(model(nodes=[outer]).SerializeToString(), "m.onnx")
    assert rules(seen) == {"onnx.external-data-outside": "malicious"}


def test_operators_of_another_library_are_told_and_known_ones_are_not():
    custom = [
        helper.make_node("Secret", ["x"], ["z"], domain="acme"),
        helper.make_node("Gelu", ["x"], ["g"], domain="com.microsoft"),
    ]
    seen = looked_at(model(custom, opsets=(("", 18), ("acme", 1), ("com.microsoft", 1))).SerializeToString(), "m.onnx")
    assert (seen.verdict, rules(seen)) == ("clean", {"onnx.custom-domain": "info"})


def test_a_domain_that_the_file_defines_itself_is_no_other_library():
    body = helper.make_function(
        "local", "F", ["a"], ["b"], [helper.make_node("Relu", ["a"], ["b"])], [helper.make_opsetid("", 18)]
    )
    used = helper.make_node("F", ["x"], ["z"], domain="local")
    built = model([used], opsets=(("", 18), ("local", 1)), functions=[body])
    assert rules(looked_at(built.SerializeToString(), "m.onnx")) == {}


def test_an_operator_that_calls_python_is_suspicious():
    python = helper.make_node("PyOp", ["x"], ["z"], domain="ai.onnx.contrib")
    assert looked_at(model([python]).SerializeToString(), "m.onnx").verdict == "suspicious"


def test_graphs_without_end_are_malformed():
    inner = b""
    for _ in range(200):
        attribute = b"\x32" + varint(len(inner)) + inner
        node = b"\x2a" + varint(len(attribute)) + attribute
        inner = b"\x0a" + varint(len(node)) + node
    hostile = b"\x08\x09\x42\x02\x10\x12\x3a" + varint(len(inner)) + inner
    assert rules(looked_at(hostile, "m.onnx")) == {"onnx.malformed": "suspicious"}


def varint(value):
    raw = bytearray()
    while value >= 0x80:
        raw.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(raw) + bytes([value])


def test_a_model_cut_short_anywhere_does_not_crash_and_is_never_a_clean_onnx_file():
    whole = model().SerializeToString()
    for length in range(1, len(whole)):
        seen = looked_at(whole[:length], "m.onnx")
        assert seen.verdict != "clean", length


def test_two_gigabytes_of_weights_are_skipped():
    count = 500_000_000
    tensor = b"\x08" + varint(count) + b"\x10\x01" + b"\x42\x01w" + b"\x4a" + varint(4 * count)
    graph = b"\x2a" + varint(len(tensor) + 4 * count) + tensor
    head = b"\x08\x09\x42\x02\x10\x12\x3a" + varint(len(graph) + 4 * count) + graph
    counted = Counted({0: head}, len(head) + 4 * count)
    seen = inspect(counted.fetch, counted.size, name="m.onnx")
    assert (seen.verdict, seen.facts["parameters"]) == ("clean", count)
    assert counted.read <= 256 * 1024


def test_real_models_agree_with_the_checker():
    onnx.checker.check_model(model())
