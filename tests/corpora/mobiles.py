"""Models of Core ML and TFLite, written by hand."""

import flatbuffers

from tests.corpora.protobufs import message


def feature(name, kind):
    return message((1, name), (3, kind))


def mlmodel(kind=500, model=b""):
    array = message((5, message((1, 1), (1, 3), (2, 65568))))
    description = message((1, feature("x", array)), (10, feature("y", message((3, b"")))))
    return message((1, 4), (2, description), (kind, model))


CUSTOM = message((1, message((1, "layer"), (500, message((10, "Secret"))))))


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
