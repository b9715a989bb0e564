"""Samples by which a reader and an unpickler, or two readers, once came to different things."""

import io
import json
import struct
import zipfile

import h5py
import numpy as np

from tests.corpora.payloads import short

PROTO = b"\x80\x04"
ARGUMENT = short("true")
CALLED = ARGUMENT + b"\x85R."
TEMPLATE = short("_parse_arg_template") + short("import os\nos.system('true')\n")
LAMBDA = {
    "class_name": "Lambda",
    "config": {"name": "l", "function": {"class_name": "__lambda__", "config": {"code": "4wEAAAA="}}},
}
CONFIG = json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": [LAMBDA]}})


def name(module, called):
    return short(module) + short(called) + b"\x93"


DISTRIBUTION = name("scipy.stats._distn_infrastructure", "rv_continuous") + b")\x81"
WRAPPER = name("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81"
BYTES = name("numpy", "dtype") + short("u1") + b"\x85R"
OBJECTS = (
    name("numpy", "dtype")
    + short("O8")
    + b"\x89\x88\x87R(K\x03"
    + short("|")
    + b"NNN"
    + b"J\xff\xff\xff\xff" * 2
    + b"K\x3ftb"
)


def array(kind, items):
    """The state of joblib's wrapper, and BUILD."""
    known = b"}(" + short("subclass") + name("numpy", "ndarray") + short("shape") + b"K" + bytes([items]) + b"\x85"
    return known + short("order") + short("C") + short("dtype") + kind + short("allow_mmap") + b"\x89ub"


def memo():
    """A number that is put twice counts once: MEMOIZE then gives the names that are imported."""
    renumbered = short("a") + b"q\x01q\x00q\x010" + short("os") + b"q\x040" + short("collections") + b"\x940"
    renumbered += short("x") + b"q\x02q\x030" + short("system") + b"q\x070" + short("OrderedDict") + b"\x940"
    return PROTO + renumbered + b"h\x04h\x07\x93" + CALLED


def states():
    """States that are dictionaries only once they are taken for ones."""
    made = name("copyreg", "_reconstructor") + name("sklearn.utils", "Bunch") + name("builtins", "dict")
    others = b"".join(short(f"k{each}") + b"K\x01" for each in range(1100))
    yield "a list of pairs", b"](" + TEMPLATE + b"\x86e"
    yield "three pairs", b"(" + TEMPLATE + b"\x86" + (short("a") + b"K\x01\x86") * 2 + b"t"
    yield "many keys", b"}(" + others + TEMPLATE + b"u"
    yield "a dictionary that is made", made + b"}" + TEMPLATE + b"s\x87R"


def framed():
    """Joblib looks for an array behind the frame that its wrapper is in."""
    inner = short("collections") + b"\x940" + short("OrderedDict") + b"\x940h\x00h\x01\x93" + CALLED
    body = short("os") + b"q\x000" + short("system") + b"q\x010" + WRAPPER + array(OBJECTS, 1) + inner
    return PROTO + b"\x95" + struct.pack("<Q", len(body)) + body + b"N."


def hidden():
    """A wrapper that another call makes, of the class of one."""
    evil = b"0" + name("os", "system") + CALLED + b"junk"
    made = name("sklearn.neighbors._kd_tree", "newObj") + name("builtins", "type") + WRAPPER + b"\x85R\x85R"
    return PROTO + made + array(BYTES, 9) + b"B" + struct.pack("<I", len(evil) + 4) + b"abcd" + evil + b"."


def doubled(head, tail):
    """A tuple that doubles forty times: to write it out takes for ever."""
    return head + b")" + b"2\x86" * 40 + tail


def fields(levels, width):
    """A type with fields that share a type with fields, and so on."""
    numbered = [short(f"f{each}") for each in range(width)]
    made = name("numpy", "dtype") + short("f8") + b"\x89\x88\x87Rr" + struct.pack("<I", 0) + b"0"
    for level in range(levels):
        inner = b"".join(each + b"j" + struct.pack("<I", level) + b"K\x00\x86" for each in numbered)
        made += name("numpy", "dtype") + short("V8") + b"\x89\x88\x87R(K\x04" + short("|") + b"N(" + b"".join(numbered)
        made += b"t}(" + inner + b"uK\x08K\x01K\x00tbr" + struct.pack("<I", level + 1) + b"0"
    return PROTO + made + WRAPPER + array(b"j" + struct.pack("<I", levels), 1) + b"."


def keras_zip(comment=b""):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr("metadata.json", json.dumps({"keras_version": "3.0.0"}))
        file.writestr("config.json", CONFIG)
        file.comment = comment
    return made.getvalue()


def keras_hdf5():
    made = io.BytesIO()
    with h5py.File(made, "w") as file:
        file.attrs["model_config"], file.attrs["keras_version"] = CONFIG, "2.15.0"
    return made.getvalue()


def carriers(payload, start=0):
    """Files of other formats that end with the payload, which begins at `start` or later."""
    header = json.dumps({"a": {"dtype": "U8", "shape": [len(payload)], "data_offsets": [0, len(payload)]}}).encode()
    yield "safetensors", struct.pack("<Q", max(len(header), start - 8)) + header.ljust(start - 8) + payload
    plain = io.BytesIO()
    np.save(plain, np.frombuffer(bytes(max(0, start - 128)) + payload, "u1"))
    yield "npy", plain.getvalue()
    filler = bytes(max(0, start - 7))
    yield "pickle", PROTO + b"B" + struct.pack("<I", len(filler) + len(payload)) + filler + payload + b"."


def tricks():
    """The samples, as those of `malicious`."""
    yield "memo counted by numbers", "a.pkl", memo()
    for what, given in states():
        yield f"state that is {what}", "a.pkl", PROTO + DISTRIBUTION + given + b"b."
    yield "joblib array within a frame", "a.joblib", framed()
    yield "joblib array of a class of a wrapper", "a.joblib", hidden()
    extended = name("copyreg", "_reconstructor") + name("sklearn.utils", "Bunch") + name("builtins", "dict")
    extended += b"}" + short("extend") + name("scipy.stats._distn_infrastructure", "rv_discrete") + b"s\x87R("
    yield "items for what was made with extend", "a.pkl", PROTO + extended + short("x") + b"e."
    tagged = name("torch.jit._pickle", "restore_type_tag") + name("collections", "OrderedDict") + short("t")
    yield "a tag of TorchScript elsewhere", "a.pkl", PROTO + tagged + b"\x86R."
    yield "a name that doubles", "a.pkl", doubled(PROTO, short("x") + b"\x93.")
    storage = doubled(b"\x80\x02(U\x07storagectorch\nFloatStorage\n", b"U\x03cpuK\x01tQ.")
    yield (
        "a storage's key that doubles",
        "a.pth",
        b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}." + storage,
    )
    yield "fields of fields", "a.joblib", fields(5, 300)
    for what, data in carriers(keras_zip()):
        yield f"{what}, and a zip of Keras", "a.keras", data
    for what, data in carriers(keras_hdf5(), 512):
        yield f"{what}, and HDF5 of Keras", "a.h5", data
