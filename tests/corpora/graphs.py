"""Graphs of TensorFlow, written by hand."""

from tests.corpora.protobufs import message


def node(operator, name="n"):
    return message((1, name), (2, operator), (3, "in"), (5, message((1, "T"), (2, message((6, 1))))))


def tensor(name, dtype, *sizes):
    return message((1, name), (2, dtype), (3, message(*((2, message((1, size))) for size in sizes))))


def saved(operators=("MatMul",), functions=(), objects=()):
    graph = [(1, node(each)) for each in operators]
    library = message(*((1, message((1, message((1, "f"))), (3, node(each)))) for each in functions))
    signature = message(
        (1, message((1, "x"), (2, tensor("x:0", 1, -1, 4)))),
        (2, message((1, "y"), (2, tensor("y:0", 1, -1)))),
        (3, "tensorflow/serving/predict"),
    )
    meta = message(
        (1, message((4, "serve"), (5, "2.16.1"), (6, "v2.16"))),
        (2, message(*graph, (2, library), (4, message((1, 1882))))),
        (5, message((1, "serving_default"), (2, signature))),
        (7, message(*((1, message((4, message((1, "_tf_keras_layer"), (3, each))))) for each in objects))),
    )
    return message((1, 1), (2, meta))
