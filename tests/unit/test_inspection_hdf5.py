import base64
import json
import marshal

import h5py
import numpy as np
import pytest

from tests.corpora.looked_at import looked_at, rules

VERSIONS = ["earliest", "v108", "v110", "latest"]


@pytest.fixture
def written(tmp_path):
    """A file as h5py writes it."""

    def write(fill, **options):
        with h5py.File(tmp_path / "m.h5", "w", **options) as file:
            fill(file)
        return (tmp_path / "m.h5").read_bytes()

    return write


def lambda_of(code):
    return {
        "class_name": "Lambda",
        "config": {"name": "f", "function": [base64.b64encode(marshal.dumps(code)).decode(), None, None]},
    }


def sequential(*layers):
    first = {
        "class_name": "Dense",
        "config": {"name": "d", "units": 2, "batch_input_shape": [None, 4], "dtype": "float32"},
    }
    return {"class_name": "Sequential", "config": {"name": "s", "layers": [first, *layers]}}


def keras(config, padding=""):
    def fill(file):
        file.attrs["keras_version"] = b"2.15.0"
        file.attrs["backend"] = b"tensorflow"
        file.attrs["model_config"] = json.dumps(config | {"pad": padding}).encode()
        for number in range(40):
            file.create_dataset(f"model_weights/d{number}/kernel:0", data=np.zeros((4, 2), np.float32))
        file.create_dataset("optimizer_weights/m", data=np.zeros(100, np.float32))

    return fill


@pytest.mark.parametrize("padding", ["", "x" * 100_000])
def test_a_keras_model_as_h5py_writes_it_is_clean_and_described(written, padding):
    seen = looked_at(written(keras(sequential(), padding)), "m.h5")
    assert (seen.verdict, seen.format) == ("clean", "hdf5")
    assert seen.facts == {
        "format": "hdf5",
        "framework": "keras",
        "framework_version": "2.15.0",
        "architecture": "Sequential",
        "layers": 1,
        "layer_types": {"Dense": 1},
        "inputs": [{"name": "d", "dtype": "float32", "shape": [None, 4]}],
        "tensors": 40,
        "parameters": 320,
        "dtypes": {"float32": 1280},
    }


@pytest.mark.parametrize("options", [{"libver": each} for each in VERSIONS] + [{"track_order": True}], ids=str)
@pytest.mark.parametrize("count", [1, 7, 9, 300, 3000])
def test_every_dataset_of_every_version_of_the_format_is_counted(written, options, count):
    def fill(file):
        for number in range(count):
            file.create_dataset(f"group/dataset{number}", data=np.zeros(3, np.int16), chunks=(3,), compression="gzip")

    seen = looked_at(written(fill, **options), "m.h5")
    assert (seen.verdict, seen.unread) == ("clean", ())
    assert (seen.facts["tensors"], seen.facts["dtypes"]) == (count, {"int16": 6 * count})


@pytest.mark.parametrize("libver", VERSIONS)
def test_a_configuration_among_many_attributes_is_judged(written, libver):
    def fill(file):
        for number in range(50):
            file.attrs[f"a{number}"] = "x" * 300
        config = sequential(lambda_of((lambda x: __import__("os").system("true")).__code__))
        file.attrs["model_config"] = json.dumps(config).encode()

    assert rules(looked_at(written(fill, libver=libver), "m.h5"))["keras.dangerous-code"] == "malicious"


def test_a_lambda_layer_with_bytecode_is_suspicious(written):
    code = (lambda x: x * 2).__code__
    assert rules(looked_at(written(keras(sequential(lambda_of(code)))), "m.h5")) == {"keras.lambda": "suspicious"}


def test_a_lambda_layer_whose_bytecode_reaches_the_system_is_malicious(written):
    code = (lambda x: __import__("os").system("true")).__code__
    seen = looked_at(written(keras(sequential(lambda_of(code)))), "m.h5")
    assert rules(seen)["keras.dangerous-code"] == "malicious"


def test_links_and_data_in_other_files_are_suspicious(written):
    def link(file):
        file["away"] = h5py.ExternalLink("/etc/passwd", "/x")

    def data(file):
        file.create_dataset("d", (4,), "i1", external=[("/etc/hostname", 0, 4)])

    def view(file):
        layout = h5py.VirtualLayout((4,), "i1")
        layout[:] = h5py.VirtualSource("other.h5", "d", (4,))
        file.create_virtual_dataset("v", layout)

    for fill in (link, data, view):
        assert rules(looked_at(written(fill), "m.h5")) == {"hdf5.external": "suspicious"}


def test_soft_links_and_links_in_a_circle_are_walked_once(written):
    def fill(file):
        group = file.create_group("a/b")
        group["up"] = file["/"]
        group["soft"] = h5py.SoftLink("/a")
        file.create_dataset("a/d", data=np.zeros(2))

    seen = looked_at(written(fill), "m.h5")
    assert (seen.verdict, seen.facts["parameters"]) == ("clean", 2)


def test_a_block_before_the_file_is_suspicious(written):
    seen = looked_at(written(keras(sequential()), userblock_size=512), "m.h5")
    assert (rules(seen), seen.facts["parameters"]) == ({"hdf5.prefix": "suspicious"}, 320)


@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_a_file_that_is_cut_or_broken_anywhere_never_crashes(written, libver):
    whole = written(keras(sequential()), libver=libver)
    for length in range(8, len(whole), 1997):
        looked_at(whole[:length], "m.h5")
    for place in range(0, 8000, 41):
        broken = bytearray(whole)
        broken[place] ^= 0xFF
        looked_at(bytes(broken), "m.h5")


@pytest.mark.parametrize("options", [{}, {"libver": "latest"}, {"track_order": True}, {"fs_strategy": "page"}], ids=str)
def test_everything_that_h5py_can_write_is_clean_and_numbers_alone_are_parameters(written, options):
    def fill(file):
        file["kind"] = np.dtype([("a", "<f4"), ("b", "i2", (3,))])
        file.create_dataset("compound", (5,), dtype=file["kind"])
        file.create_dataset("lists", (3,), dtype=h5py.vlen_dtype(np.int32))
        file.create_dataset("bytes", data=np.array([b"a", b"b"]))
        file.create_dataset("texts", data=["x", "y"], dtype=h5py.string_dtype())
        file.create_dataset("kinds", (2,), dtype=h5py.enum_dtype({"A": 1}))
        file["reference"] = file["compound"].ref
        file["texts"].attrs["region"] = file["bytes"].regionref[0:1]
        file["bytes"].make_scale("scale")
        file["texts"].dims[0].attach_scale(file["bytes"])
        file.create_dataset(
            "packed", (100, 100), "f4", chunks=(10, 10), compression="lzf", shuffle=True, fletcher32=True
        )
        file.create_dataset("empty", data=h5py.Empty("f"))
        file["scalar"] = 3.0
        file.attrs.update(numbers=np.arange(5), names=["a", "bb"], large=np.zeros(7000))
        file["soft"] = h5py.SoftLink("/nowhere")
        file["hard"] = file["scalar"]

    seen = looked_at(written(fill, **options), "m.h5")
    assert (str(seen.verdict), seen.findings) == ("clean", ())
    assert seen.facts["parameters"] == 100 * 100 + 1
