import json

import pytest

from tests.corpora.keras_configs import functional, layer
from tests.corpora.looked_at import looked_at, rules


def seen_in(*layers):
    return looked_at(json.dumps(functional(*layers)).encode(), "config.json")


def test_a_model_of_layers_is_clean_and_described():
    seen = seen_in()
    assert seen.verdict == "clean"
    assert seen.facts == {
        "format": "keras-config",
        "framework": "keras",
        "architecture": "Functional",
        "layers": 2,
        "layer_types": {"Dense": 1, "InputLayer": 1},
        "inputs": [{"name": "l", "dtype": "float32", "shape": [None, 3]}],
    }


@pytest.mark.parametrize(
    ("module", "name", "rule"),
    [
        ("os", "system", "keras.dangerous-object"),
        ("subprocess", "Popen", "keras.dangerous-object"),
        ("builtins", "eval", "keras.dangerous-object"),
        ("importlib", "import_module", "keras.dangerous-object"),
        ("keras.utils", "get_file", "keras.dangerous-object"),
        ("keras.src.utils.file_utils", "get_file", "keras.dangerous-object"),
        ("keras.config", "enable_unsafe_deserialization", "keras.dangerous-object"),
        ("keras.models", "Lambda", "keras.lambda"),
        ("keras_evil.layers", "X", "keras.foreign-object"),
        ("kerasevil", "X", "keras.foreign-object"),
        ("numpy", "load", "keras.foreign-object"),
        ("keras.layers", "TorchModuleWrapper", "keras.loads-more"),
        ("a b", "X", "keras.dangerous-object"),
    ],
)
def test_what_is_no_layer_is_not_clean(module, name, rule):
    seen = seen_in(layer(module, name))
    assert seen.verdict in {"suspicious", "malicious"}
    assert list(rules(seen)) == [rule]


@pytest.mark.parametrize(
    "name", ["eval", "exec", "__import__", "get_file", "load_model", "enable_unsafe_deserialization"]
)
@pytest.mark.parametrize("module", ["builtins", "keras.utils", "keras.activations"])
def test_functions_that_reach_out_are_malicious(module, name):
    function = {"module": module, "class_name": "function", "config": name, "registered_name": name}
    if module == "builtins" or name in {"get_file", "load_model", "enable_unsafe_deserialization"}:
        seen = seen_in(layer("keras.layers", "Dense", activation=function))
        assert rules(seen) == {"keras.dangerous-object": "malicious"} or (module, name) in {
            ("builtins", "get_file"),
            ("builtins", "load_model"),
            ("builtins", "enable_unsafe_deserialization"),
        }


def test_a_custom_layer_that_the_user_must_bring_is_told():
    seen = seen_in(layer(None, "Mine", "Acme>Mine"))
    assert (seen.verdict, rules(seen)) == ("clean", {"keras.custom-object": "info"})


def test_a_vocabulary_read_from_a_path_is_suspicious():
    seen = seen_in(layer("keras.layers", "StringLookup", vocabulary="/etc/passwd"))
    assert rules(seen) == {"keras.reads-file": "suspicious"}
    assert seen_in(layer("keras.layers", "StringLookup", vocabulary=["a"])).verdict == "clean"


def test_dangerous_objects_are_seen_however_deep_they_lie():
    deep = layer("os", "system")
    for _ in range(150):
        deep = {"a": [deep]}
    assert rules(seen_in(deep)) == {"keras.dangerous-object": "malicious"}


@pytest.mark.parametrize("text", ["{", "[" * 100_000, '{"a":1,"a":2}', "{" * 10, '{"a":NaN}', "\ud800"])
def test_a_configuration_that_cannot_be_read_is_suspicious(text):
    raw = text.encode(errors="surrogatepass")
    assert looked_at(raw, "config.json").verdict == "suspicious"


def test_the_version_of_keras_is_told():
    seen = looked_at(b'{"keras_version": "3.9.0", "date_saved": "2025-01-01"}', "metadata.json")
    assert seen.facts == {"framework": "keras", "framework_version": "3.9.0"}
