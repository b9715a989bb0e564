import pytest

from tests.corpora.looked_at import looked_at, rules
from tests.corpora.mobiles import CUSTOM, mlmodel, tflite
from tests.corpora.protobufs import message


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
