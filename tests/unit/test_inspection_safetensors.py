import json
import struct
from types import SimpleNamespace

import numpy as np
import pytest
import safetensors
from safetensors.numpy import save

from modelyard.inspection.looking import inspect
from tests.corpora.looked_at import Counted, looked_at, rules


def written(header, data=b""):
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + data


def tensor(start, end, dtype="U8", shape=None):
    return {"dtype": dtype, "shape": [end - start] if shape is None else shape, "data_offsets": [start, end]}


def test_what_the_library_writes_is_clean_and_counted():
    arrays = {
        "model.layers.0.w": np.zeros((3, 4), np.float32),
        "model.layers.1.w": np.zeros((2, 2), np.float16),
        "scalar": np.zeros((), np.int64),
        "empty": np.zeros((0, 5), np.float32),
    }
    seen = looked_at(save(arrays, {"format": "pt"}), "a.safetensors")
    assert (seen.verdict, seen.format) == ("clean", "safetensors")
    assert seen.facts == {
        "format": "safetensors",
        "framework": "pytorch",
        "tensors": 4,
        "parameters": 17,
        "dtypes": {"F16": 8, "F32": 48, "I64": 8},
        "layers": 2,
    }


def test_a_file_without_tensors_is_clean():
    assert looked_at(save({}), "a.safetensors").verdict == "clean"


HOSTILE = {
    "overlap": written({"a": tensor(0, 4), "b": tensor(2, 6)}, bytes(6)),
    "hole": written({"a": tensor(0, 4), "b": tensor(6, 8)}, bytes(8)),
    "hole at the start": written({"a": tensor(2, 4)}, bytes(4)),
    "trailing bytes": written({"a": tensor(0, 4)}, bytes(5)),
    "missing bytes": written({"a": tensor(0, 4)}, bytes(3)),
    "size": written({"a": tensor(0, 4, "F32", [2])}, bytes(4)),
    "dtype": written({"a": tensor(0, 4, "OBJECT")}, bytes(4)),
    "negative": written({"a": tensor(0, 4, "U8", [-4])}, bytes(4)),
    "overflow": written({"a": tensor(0, 0, "U8", [2**63, 2])}),
    "truth as a shape": written(b'{"a":{"dtype":"U8","shape":[true],"data_offsets":[0,1]}}', bytes(1)),
    "floats": written(b'{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}', bytes(1)),
    "more keys": written({"a": {**tensor(0, 1), "code": "x"}}, bytes(1)),
    "metadata": written({"__metadata__": {"a": 1}}),
    "utf-8": written(b'{"\xff":{}}'),
    "json": written(b"{,}"),
    "deep": written(b'{"a":' + b"[" * 100_000),
    "huge numbers": written(b'{"a":{"dtype":"U8","shape":[' + b"9" * 5000 + b'],"data_offsets":[0,1]}}'),
    "NaN": written(b'{"a":NaN}'),
}
BOTH_REFUSE = HOSTILE.keys() - {"more keys"}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_header_that_does_not_describe_the_bytes_is_suspicious(name):
    seen = looked_at(HOSTILE[name], "a.safetensors")
    assert rules(seen) == {"safetensors.malformed": "suspicious"}


@pytest.mark.parametrize("name", sorted(BOTH_REFUSE))
def test_the_reference_library_refuses_the_same_files(name):
    with pytest.raises(safetensors.SafetensorError):
        safetensors.deserialize(HOSTILE[name])


def test_keys_that_are_there_twice_are_refused():
    twice = json.dumps({"a": tensor(0, 4)})[:-1] + "," + json.dumps({"a": tensor(0, 4)})[1:]
    assert rules(looked_at(written(twice.encode(), bytes(4)))) == {"safetensors.malformed": "suspicious"}


def test_a_header_longer_than_the_format_allows_is_refused_unread():
    counted = Counted({0: struct.pack("<Q", 100_000_001) + b"{"}, 200_000_000)
    seen = inspect(counted.fetch, counted.size, name="a.safetensors")
    assert rules(seen) == {"safetensors.malformed": "suspicious"}
    assert counted.read <= 192 * 1024


def test_a_header_too_large_to_parse_is_said_to_be_unread():
    counted = Counted({0: struct.pack("<Q", 99_000_000) + b"{"}, 200_000_000)
    seen = inspect(counted.fetch, counted.size, name="a.safetensors")
    assert (seen.verdict, len(seen.unread)) == ("incomplete", 1)


def test_a_hundred_gigabytes_cost_at_most_two_mebibytes_of_reads():
    each = 40_000_000
    header = json.dumps({f"model.layers.{n}.w": tensor(n * each, n * each + each) for n in range(2500)}).encode()
    counted = Counted({0: struct.pack("<Q", len(header)) + header}, 8 + len(header) + 2500 * each)
    seen = inspect(counted.fetch, counted.size, name="a.safetensors")
    assert SimpleNamespace(verdict=seen.verdict, parameters=seen.facts["parameters"]) == SimpleNamespace(
        verdict="clean", parameters=100_000_000_000
    )
    assert counted.read <= 2 * 1024**2


def test_an_index_names_files_beside_it():
    good = json.dumps({"metadata": {}, "weight_map": {"a": "m-1.safetensors", "b": "m-2.safetensors"}}).encode()
    seen = looked_at(good, "model.safetensors.index.json")
    assert (seen.verdict, seen.facts["external_files"]) == ("clean", ["m-1.safetensors", "m-2.safetensors"])


def test_indexes_of_other_weights_are_indexes_too():
    raw = json.dumps({"weight_map": {"a": "../x"}}).encode()
    for name in ("pytorch_model.bin.index.json", "tf_model.h5.index.json"):
        assert looked_at(raw, name).verdict == "malicious"


@pytest.mark.parametrize("path", ["../x", "/etc/x", "C:\\x", "a/../../x", "..\\x", "http://x/y", "~/x"])
def test_an_index_that_leads_elsewhere_is_malicious(path):
    seen = looked_at(json.dumps({"weight_map": {"a": path}}).encode(), "model.safetensors.index.json")
    assert seen.verdict == "malicious"
