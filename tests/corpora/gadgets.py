"""Samples that use nothing but names which are known, or that are two things at once."""

import lzma
import struct

from tests.corpora import boxes
from tests.corpora.payloads import SYSTEM, calling, global_lines, short

START, PADDING = b"\x80\x04(", b"\x02\xff\xff"
WRAPPER = short("joblib.numpy_pickle") + short("NumpyArrayWrapper") + b"\x93"
MADE = {
    "NEWOBJ": WRAPPER + b")\x81",
    "newObj": calling("sklearn.neighbors._kd_tree", "newObj", WRAPPER),
    "_new_Index": calling("pandas.core.indexes.base", "_new_Index", WRAPPER, b"}"),
    "__newobj_ex__": calling("copyreg", "__newobj_ex__", WRAPPER, b")", b"}"),
    "defaultdict": calling("collections", "defaultdict", WRAPPER),
}
FLOAT = short("numpy") + short("dtype") + b"\x93" + short("f8") + b"\x89\x88\x87R"


def dtype(code, size, flags):
    """A type with a state that says something else."""
    made = short("numpy") + short("dtype") + b"\x93" + short(code) + b"\x89\x88\x87R"
    return made + b"(K\x03" + short("|") + b"NNN" + b"K" + bytes([size]) + b"K\x01" + b"K" + bytes([flags]) + b"tb"


def state(kind, items, alignment=b"K\x10"):
    """The state of a wrapper, and BUILD."""
    known = b"}(" + short("subclass") + short("numpy") + short("ndarray") + b"\x93"
    known += short("shape") + b"K" + bytes([items]) + b"\x85" + short("order") + short("C") + short("dtype") + kind
    return known + short("allow_mmap") + b"\x88" + short("numpy_array_alignment_bytes") + alignment + b"ub"


def hidden(made, kind, items, skipped):
    """A call that only who skips so many bytes sees: to others it is a string."""
    behind = SYSTEM[2:-1]
    return (
        START
        + made
        + state(kind, items)
        + PADDING
        + b"C"
        + bytes([skipped - 2 + len(behind)])
        + bytes(skipped - 2)
        + behind
        + b"t."
    )


def gadgets():
    """The samples, as those of `malicious`."""
    for what in sorted(MADE.keys() - {"NEWOBJ"}):
        yield f"joblib array by {what}", "a.joblib", hidden(MADE[what], FLOAT, 2, 16)
    for what, kind in {
        "size": dtype("V8", 16, 0),
        "objects": dtype("V8", 8, 63),
        "size of text": dtype("S8", 16, 0),
        "half a state": short("numpy") + short("dtype") + b"\x93" + short("V8") + b"\x89\x88\x87R(K\x03tb",
    }.items():
        yield (
            f"joblib type that lies about {what}",
            "a.joblib",
            START + MADE["NEWOBJ"] + state(kind, 1) + PADDING + bytes(8) + b"t.",
        )
    tail = b"NN0cos\nsystem\n)R."
    content = bytes(64 - len(tail)) + tail
    old = START + MADE["NEWOBJ"] + state(FLOAT, 8) + b"\x10" + b"\xff" * 16 + content
    yield "joblib array that older releases end sooner", "a.joblib", old + b"t."
    items = b"}" + short("_parse_arg_template") + short("import os") + b"s"
    distribution = short("scipy.stats._distn_infrastructure") + short("rv_continuous") + b"\x93)\x81"
    yield "scipy template", "a.pkl", b"\x80\x04" + distribution + items + b"b."
    computed = calling("collections", "OrderedDict") + short("_parse_arg_template") + short("import os") + b"s"
    yield "scipy template in a computed state", "a.pkl", b"\x80\x04" + distribution + computed + b"b."
    slots = b"N" + items + b"\x86"
    yield "scipy template in slots", "a.pkl", b"\x80\x04" + distribution + slots + b"b."
    yield from _two_things()


def _two_things():
    for size in (4096, 2**28):
        filters = [{"id": lzma.FILTER_LZMA1, "dict_size": size}]
        yield f"lzma with a dictionary of {size}", "a.joblib", _lzma(SYSTEM, size, filters)
    yield "old joblib without 0x", "a.joblib", b"ZF1a               x" + bytes(30)
    name = global_lines("os", "system").decode()
    yield "tar whose first name is a pickle", "model.pkl", boxes.tarred([(name, b"hello")])
    yield "import alone", "pytorch_model.bin", b"chelper\nthing\n"
    yield "import alone with something behind", "pytorch_model.bin", b"chelper\nthing\n.and more"
    yield "protocol 1", "pytorch_model.bin", b"\x80\x01cos\nsystem\n)R."


def _lzma(data, size, filters):
    packed = lzma.compress(data, lzma.FORMAT_ALONE, filters=[{**filters[0], "dict_size": 4096}])
    return packed[:1] + struct.pack("<I", size) + packed[5:]
