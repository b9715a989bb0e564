import itertools

from modelyard.domain.facts import merge, of_files

SHARD = {"format": "safetensors", "framework": "pytorch", "tensors": 2, "parameters": 100, "dtypes": {"BF16": 200}}
PICKLE = {"format": "torch", "tensors": 4, "parameters": 150, "dtypes": {"float16": 300}, "class": "OrderedDict"}
CONFIG = {"format": "huggingface-config", "architecture": "LlamaForCausalLM", "framework": "transformers", "layers": 32}


def test_shards_of_one_model_add_up():
    other = {**SHARD, "dtypes": {"BF16": 2, "F32": 4}}
    assert merge(SHARD, other) == {**SHARD, "tensors": 4, "parameters": 200, "dtypes": {"BF16": 202, "F32": 4}}


def test_the_same_weights_in_two_formats_do_not_add_up():
    together = of_files([SHARD, SHARD, PICKLE])
    assert (together["parameters"], together["formats"]) == (200, ["safetensors", "torch"])


def test_the_order_of_files_does_not_change_what_is_counted():
    files = [SHARD, SHARD, PICKLE, PICKLE, CONFIG]
    assert {of_files(order)["parameters"] for order in itertools.permutations(files)} == {300}


def test_a_configuration_says_what_weights_leave_open():
    together = of_files([CONFIG, SHARD])
    assert (together["format"], together["framework"], together["parameters"]) == ("safetensors", "pytorch", 100)
    assert (together["architecture"], together["layers"]) == ("LlamaForCausalLM", 32)


def test_nothing_known_is_nothing_said():
    assert (of_files([]), of_files([{}, {}]), merge({}, SHARD)) == ({}, {}, SHARD)


def test_what_several_files_import_is_told_of_all_of_them():
    files = [
        {"format": "pickle", "imports": ["b", "a"]},
        {"format": "pickle", "imports": ["c", "a"]},
        {**CONFIG, "imports": ["d"]},
    ]
    assert of_files(files)["imports"] == ["a", "b", "c", "d"]
