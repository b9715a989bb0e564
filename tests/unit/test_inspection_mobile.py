import flatbuffers
import pytest

from tests.corpora.looked_at import looked_at, rules
from tests.corpora.protobufs import message


def feature(name, kind):
    return message((1, name), (3, kind))


def mlmodel(kind=500, model=b""):
    array = message((5, message((1, 1), (1, 3), (2, 65568))))
    description = message((1, feature("x", array)), (10, feature("y", message((3, b"")))))
    return message((1, 4), (2, description), (kind, model))


def test_a_core_ml_model_is_described():
    seen = looked_at(mlmodel(), "m.mlmodel")
    assert (seen.verdict, seen.format) == ("clean", "coreml")
    assert seen.facts == {
        "format": "coreml",
        "framework": "coreml",
        "spec_version": 4,
        "architecture": "neuralNetwork",
        "inputs": [{"name": "x", "dtype": "FLOAT32", "shape": [1, 3]}],
        "outputs": [{"name": "y", "dtype": "STRING", "shape": None}],
    }


CUSTOM = message((1, message((1, "layer"), (500, message((10, "Secret"))))))


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (mlmodel(500, CUSTOM), {"coreml.custom": "info"}),
        (mlmodel(555, message((10, "Secret"))), {"coreml.custom": "info"}),
        (mlmodel(556, message((1, "x"))), {"coreml.linked": "suspicious"}),
        (mlmodel(202, message((1, mlmodel(500, CUSTOM)))), {"coreml.custom": "info"}),
        (mlmodel(200, message((1, message((1, mlmodel(556)))))), {"coreml.linked": "suspicious"}),
    ],
)
def test_what_an_app_or_another_file_brings_is_noted(raw, found):
    assert rules(looked_at(raw, "m.mlmodel")) == found


def test_pipelines_without_end_are_malformed():
    raw = mlmodel()
    for _ in range(40):
        raw = mlmodel(202, message((1, raw)))
    assert rules(looked_at(raw, "m.mlmodel")) == {"coreml.malformed": "suspicious"}


def vector(builder, offsets):
    builder.StartVector(4, len(offsets), 4)
    for each in reversed(offsets):
        builder.PrependUOffsetTRelative(each)
    return builder.EndVector()


def numbers(builder, values):
    builder.StartVector(4, len(values), 4)
    for each in reversed(values):
        builder.PrependInt32(each)
    return builder.EndVector()


def table(builder, fields):
    """`fields` maps numbers to (how to add, value)."""
    builder.StartObject(max(fields, default=-1) + 1)
    for number, (add, value) in fields.items():
        getattr(builder, f"Prepend{add}Slot")(number, value, 0)
    return builder.EndObject()


def tflite(*custom):
    builder = flatbuffers.Builder(1024)
    names = [builder.CreateString(each) for each in custom]
    codes = [table(builder, {0: ("Int8", 32), 1: ("UOffsetTRelative", each)}) for each in names]
    data = builder.CreateByteVector(bytes(24))
    buffers = [table(builder, {}), table(builder, {0: ("UOffsetTRelative", data)})]
    shapes = [numbers(builder, each) for each in ([1, 3], [2, 3])]
    named = [builder.CreateString(each) for each in ("x", "w")]
    tensors = [
        table(builder, {0: ("UOffsetTRelative", shapes[n]), 2: ("Uint32", n), 3: ("UOffsetTRelative", named[n])})
        for n in (0, 1)
    ]
    listed, inputs, outputs = vector(builder, tensors), numbers(builder, [0]), numbers(builder, [0])
    graph = table(builder, {n: ("UOffsetTRelative", each) for n, each in enumerate((listed, inputs, outputs))})
    graphs, codes, held = vector(builder, [graph]), vector(builder, codes), vector(builder, buffers)
    fields = {1: ("UOffsetTRelative", codes), 2: ("UOffsetTRelative", graphs), 4: ("UOffsetTRelative", held)}
    root = table(builder, {0: ("Uint32", 3), **fields})
    builder.Finish(root, b"TFL3")
    return bytes(builder.Output())


def test_a_tflite_model_is_described():
    seen = looked_at(tflite(), "m.tflite")
    assert (seen.verdict, seen.format) == ("clean", "tflite")
    assert seen.facts == {
        "format": "tflite",
        "framework": "tflite",
        "spec_version": 3,
        "inputs": [{"name": "x", "dtype": "FLOAT32", "shape": [1, 3]}],
        "outputs": [{"name": "x", "dtype": "FLOAT32", "shape": [1, 3]}],
        "tensors": 1,
        "parameters": 6,
        "dtypes": {"FLOAT32": 24},
    }


def test_operators_that_are_not_tflites_own_are_judged():
    seen = looked_at(tflite("Mine", "FlexWriteFile", "FlexReadFile", "FlexAddV2"), "m.tflite")
    assert rules(seen) == {
        "tflite.custom-operator": "info",
        "tensorflow.writes-files": "malicious",
        "tensorflow.reads-files": "suspicious",
    }


@pytest.mark.parametrize("raw", [mlmodel(500, CUSTOM), tflite("Mine")])
def test_models_cut_or_broken_anywhere_never_crash(raw):
    for place in range(len(raw)):
        for name in ("m.mlmodel", "m.tflite"):
            looked_at(raw[:place], name)
            looked_at(raw[:place] + b"\xff" + raw[place + 1 :], name)
