import base64
import json
import marshal

import pytest

from tests.corpora.graphs import node, saved
from tests.corpora.looked_at import looked_at, rules
from tests.corpora.protobufs import message


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


def test_a_pb_file_that_is_no_protobuf_is_suspicious():
    assert rules(looked_at(b"\xf1\x04hello", "x.pb")) == {"tensorflow.malformed": "suspicious"}


def test_other_protobufs_are_clean_unless_an_operator_hides_in_them():
    fingerprint = message((1, 2**63 + 5), (2, 17), (3, 18), (5, 19), (6, message((1, 1))))
    assert looked_at(fingerprint, "fingerprint.pb").verdict == "clean"
    assert looked_at(message((9, message((1, node("WriteFile"))))), "x.pb").verdict == "malicious"


def test_a_graph_whose_functions_come_first_is_a_graph():
    library = message((1, message((1, message((1, "f"))), (3, node("EagerPyFunc")))))
    seen = looked_at(message((4, message((1, 27))), (2, library), (1, node("Const"))), "frozen.pb")
    assert (seen.format, seen.verdict) == ("tensorflow-graph", "malicious")
