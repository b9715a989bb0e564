import base64
import json
import marshal

import pytest

from tests.corpora.looked_at import looked_at, rules
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


def test_a_saved_model_tells_how_it_is_called():
    seen = looked_at(saved(functions=["Relu"]), "model/saved_model.pb")
    assert (seen.verdict, seen.format) == ("clean", "tensorflow-savedmodel")
    assert seen.facts == {
        "format": "tensorflow-savedmodel",
        "framework": "tensorflow",
        "framework_version": "2.16.1",
        "signatures": ["serving_default"],
        "inputs": [{"name": "x", "dtype": "FLOAT", "shape": [None, 4]}],
        "outputs": [{"name": "y", "dtype": "FLOAT", "shape": [None]}],
    }


@pytest.mark.parametrize(
    ("operator", "severity"),
    [
        ("WriteFile", "malicious"),
        ("PyFunc", "malicious"),
        ("PyFuncStateless", "malicious"),
        ("EagerPyFunc", "malicious"),
        ("SaveDatasetV2", "malicious"),
        ("ReadFile", "suspicious"),
        ("MatchingFiles", "suspicious"),
        ("DebugIdentityV2", "suspicious"),
        ("Addons>Custom", "info"),
    ],
)
def test_operators_that_reach_out_are_seen_in_graphs_functions_frozen_graphs_and_text(operator, severity):
    hidden = saved(functions=["Relu", operator])
    frozen = message((1, node("Const")), (1, node(operator)), (4, message((1, 27))))
    text = ("node {\n  name: 'a'\n  op: \"" + operator + '"\n}\n').encode()
    assert set(rules(looked_at(saved([operator]), "saved_model.pb")).values()) == {severity}
    assert set(rules(looked_at(hidden, "renamed.bin")).values()) == {severity}
    assert set(rules(looked_at(frozen, "frozen.pb")).values()) == {severity}
    assert set(rules(looked_at(text, "saved_model.pbtxt")).values()) == {severity}


def test_operators_every_saved_model_has_are_clean():
    usual = ["SaveV2", "RestoreV2", "MergeV2Checkpoints", "ShardedFilename", "StatefulPartitionedCall", "NoOp"]
    assert looked_at(saved(usual), "saved_model.pb").findings == ()


def test_layers_that_keras_keeps_beside_a_saved_model_are_judged():
    code = base64.b64encode(marshal.dumps((lambda x: eval(x) + 1).__code__)).decode()
    layer = json.dumps({"class_name": "Lambda", "config": {"name": "l", "function": [code, None, None]}})
    beside = message((1, message((2, 1), (3, "root.layer"), (4, "_tf_keras_layer"), (5, layer))))
    for data, name in ((beside, "keras_metadata.pb"), (saved(objects=[layer]), "saved_model.pb")):
        assert rules(looked_at(data, name))["keras.dangerous-code"] == "malicious"


def test_a_saved_model_cut_or_broken_anywhere_never_crashes_and_is_not_clean_when_cut():
    whole = saved(functions=["Relu"])
    for length in range(len(whole)):
        assert (
            looked_at(whole[:length], "saved_model.pb").verdict != "clean" or length == 0 or whole[:length] == whole[:2]
        )
    for place in range(len(whole)):
        looked_at(whole[:place] + b"\xff" + whole[place + 1 :], "saved_model.pb")


def test_a_pb_file_that_is_no_graph_is_not_what_it_is_called():
    assert rules(looked_at(b"\xf1\x04hello", "x.pb")) == {"format.not-as-called": "suspicious"}
