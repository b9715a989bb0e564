"""Samples of which none may end clean: every dangerous import, every trick in pickles, and those in every container."""

import pickle
import struct
import tarfile
import zipfile
import zlib

from tests.corpora import boxes
from tests.corpora.gadgets import gadgets
from tests.corpora.payloads import NAMES, SYSTEM, TRICKS, calling, global_lines, short, stack_global
from tests.corpora.tricks import tricks

BENIGN = pickle.dumps({"weights": [1.0, 2.0]})


def malicious():
    """All samples: a name that says what is special, the file's name, its bytes."""
    for what, (module, name, *args) in NAMES.items():
        yield f"import {what}", "model.pkl", stack_global(module, name, *args)
    for what, content in TRICKS.items():
        yield f"pickle {what}", "model.pkl", content
    for name in ("pytorch_model.bin", "model.ckpt", "model.pt", "model", "weights.dat", "data.p", "model.joblib"):
        yield f"pickle called {name}", name, SYSTEM
        yield f"pickle of protocol 0 called {name}", name, global_lines("os", "system")
    yield from _streams()
    yield from _zips()
    yield from _broken_zips()
    yield from _tars()
    yield from _numpy()
    yield from _joblib()
    yield from _torch()
    yield from _nested()
    yield from _others()
    yield from gadgets()
    yield from tricks()


def _streams():
    for kind, pack in boxes.STREAMS.items():
        packed = pack(SYSTEM)
        yield f"{kind}", "model.joblib", packed
        yield f"{kind} without a telling name", "model.bin", packed
        yield f"{kind} cut off", "model.pkl.z", packed[:-4]
        yield f"{kind} with bytes behind", "model.joblib", pack(BENIGN) + b"more"
        yield f"{kind} twice", "model.joblib", pack(packed)
    gzipped = boxes.STREAMS["gzip"]
    yield "gzip of two members", "model.pkl.gz", gzipped(SYSTEM[:5]) + gzipped(SYSTEM[5:])
    yield "gzip with a second pickle", "model.pkl.gz", gzipped(BENIGN) + gzipped(SYSTEM)
    yield "gzip with a pickle behind", "model.pkl.gz", gzipped(BENIGN) + SYSTEM
    broken = bytearray(gzipped(BENIGN))
    broken[-6] ^= 255
    yield "gzip with a wrong checksum", "model.pkl.gz", bytes(broken)
    yield "zlib without compression", "model.joblib", zlib.compress(SYSTEM, 0)


def _zips():
    for name, method in boxes.COMPRESSIONS.items():
        yield f"zip {name}", "model.zip", boxes.zipped([("a/model.pkl", SYSTEM)], method)
        yield f"zip {name} without telling names", "model.bin", boxes.zipped([("a/b", SYSTEM)], method)
    members = [(f"{number}.txt", b"hello") for number in range(50)]
    yield "zip with one bad member of many", "a.zip", boxes.zipped([*members, ("z.pkl", SYSTEM)])
    yield "zip bytes before", "a.zip", SYSTEM + boxes.zipped([("a.txt", b"hello")])
    yield "zip behind a picture", "a.png", b"\x89PNG\r\n\x1a\n" + bytes(100) + boxes.zipped([("a.pkl", SYSTEM)])
    yield "zip behind text", "a.txt", b"hello" * 10 + boxes.zipped([("a.txt", b"hello")])
    yield "zip path up", "a.zip", boxes.zipped([("../../a.txt", b"hello")])
    yield "zip absolute path", "a.zip", boxes.zipped([("/etc/a.txt", b"hello")])
    yield "zip path of Windows", "a.zip", boxes.zipped([("..\\a.txt", b"hello")])
    yield "zip drive", "a.zip", boxes.zipped([("C:/a.txt", b"hello")])
    yield "zip in zip", "a.zip", boxes.zipped([("b.zip", boxes.zipped([("c.pkl", SYSTEM)]))])
    yield "zip with a member that is a program", "a.zip", boxes.zipped([("lib.so", b"\x7fELF" + bytes(60))])
    bomb = boxes.zipped([("a.txt", bytes(2 * 1024**2))])
    for _ in range(7):
        bomb = boxes.zipped([("a.zip", bomb)])
    yield "zip nested too deep", "a.zip", bomb


def _edited(data, signature, offset, value):
    """A zip file with some bytes of its first header of a kind changed."""
    place = data.index(signature) + offset
    return data[:place] + value + data[place + len(value) :]


LOCAL, ENTRY, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"


def _broken_zips():
    plain = boxes.zipped([("a.pkl", BENIGN), ("b.txt", b"hello")], zipfile.ZIP_STORED)
    for what, at, value in (
        ("flags", 6, b"\x01\x00"),
        ("method", 8, b"\x08\x00"),
        ("checksum", 14, b"\0\0\0\1"),
        ("packed size", 18, b"\1\0\0\0"),
        ("size", 22, b"\1\0\0\0"),
        ("name", 30, b"x"),
        ("name length", 26, b"\4\0"),
    ):
        yield f"zip local {what} differs", "a.zip", _edited(plain, LOCAL, at, value)
    for what, at, value in (
        ("flags", 8, b"\x01\x00"),
        ("strange flags", 8, b"\x20\x00"),
        ("method", 10, b"\x63\x00"),
        ("checksum", 16, b"\0\0\0\1"),
        ("packed size", 20, b"\1\0\0\0"),
        ("size", 24, b"\1\0\0\0"),
        ("name", 46, b"x"),
        ("offset", 42, b"\1\0\0\0"),
        ("name length", 28, b"\xff\xff"),
    ):
        yield f"zip directory {what} differs", "a.zip", _edited(plain, ENTRY, at, value)
    for what, at, value in (("count", 10, b"\1\0"), ("size", 12, b"\1\0\0\0"), ("start", 16, b"\1\0\0\0")):
        yield f"zip end {what} differs", "a.zip", _edited(plain, END, at, value)
    both = _edited(_edited(plain, LOCAL, 14, b"\0\0\0\1"), ENTRY, 16, b"\0\0\0\1")
    yield "zip wrong checksum in both", "a.zip", both
    encrypted = _edited(_edited(plain, LOCAL, 6, b"\1\0"), ENTRY, 8, b"\1\0")
    yield "zip encrypted", "a.zip", encrypted
    yield "zip cut off", "a.zip", plain[:-30]
    yield "zip with bytes behind", "a.zip", plain + b"more"
    yield "zip with a comment that is a zip", "a.zip", _with_comment(plain, boxes.zipped([("c.txt", b"x")]))
    yield "zip hidden member", "a.zip", _with_hidden_member(plain)
    yield "zip duplicate", "a.zip", _duplicate()
    yield "zip overlap", "a.zip", _overlapping()


def _with_comment(data, comment):
    return data[:-2] + struct.pack("<H", len(comment)) + comment


def _with_hidden_member(data):
    """Bytes between the last member and the directory, as the directory's place allows."""
    start = data.index(ENTRY)
    hidden = boxes.zipped([("hidden.pkl", SYSTEM)], zipfile.ZIP_STORED)
    hidden = hidden[: hidden.index(ENTRY)]
    end = data.index(END)
    place = struct.pack("<I", start + len(hidden))
    return data[:start] + hidden + data[start : end + 16] + place + data[end + 20 :]


def _duplicate():
    first = boxes.zipped([("a.pkl", BENIGN), ("b.pkl", BENIGN)], zipfile.ZIP_STORED)
    return first.replace(b"b.pkl", b"a.pkl")


def _overlapping():
    """Two entries of the directory that lead to the same member."""
    data = boxes.zipped([("a.txt", b"hello"), ("b.txt", b"hello")], zipfile.ZIP_STORED)
    second = data.rindex(ENTRY)
    return data[: second + 42] + b"\0\0\0\0" + data[second + 46 :]


def _tars():
    yield "tar", "a.tar", boxes.tarred([("a.pkl", SYSTEM)])
    yield "tar of GNU", "a.tar", boxes.tarred([("a" * 150 + ".pkl", SYSTEM)], form=tarfile.GNU_FORMAT)
    yield "tar of ustar", "a.tar", boxes.tarred([("a.pkl", SYSTEM)], form=tarfile.USTAR_FORMAT)
    yield "tar with a long name", "a.tar", boxes.tarred([("a" * 150 + ".pkl", SYSTEM)])
    for mode in ("gz", "bz2", "xz"):
        yield f"tar in {mode}", f"a.tar.{mode}", boxes.tarred([("a.pkl", SYSTEM)], f"w:{mode}")
    yield "tar path up", "a.tar", boxes.tarred([("../a.txt", b"hello")])
    yield "tar absolute path", "a.tar", boxes.tarred([("/etc/a.txt", b"hello")])
    yield "tar link", "a.tar", boxes.tarred([(boxes.link("a", "/etc"), b"")])
    yield "tar hard link", "a.tar", boxes.tarred([(boxes.link("a", "b", tarfile.LNKTYPE), b"")])
    for kind in (tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, b"Z"):
        yield f"tar member of kind {kind!r}", "a.tar", boxes.tarred([(boxes.link("a", "", kind), b"")])
    twice = boxes.tarred([("a.txt", b"hello"), ("a.txt", b"hello")])
    yield "tar duplicate", "a.tar", twice
    plain = boxes.tarred([("a.txt", b"hello")])
    yield "tar behind the end", "a.tar", plain + boxes.tarred([("a.pkl", SYSTEM)])
    yield (
        "tar wrong checksum",
        "a.tar",
        plain[:512] + boxes.tarred([("b.txt", b"x")])[:100] + b"X" + bytes(411) + plain[512:],
    )
    yield "tar cut off", "a.tar", boxes.tarred([("a.txt", bytes(5000))])[:3000]
    yield "tar without an end", "a.tar", plain[:1024]


def _numpy():
    yield "npy of objects", "a.npy", boxes.npy("|O", (1,), SYSTEM)
    yield "npy of fields with objects", "a.npy", boxes.npy([("a", "<f8"), ("b", "|O")], (1,), SYSTEM)
    yield "npy bytes behind", "a.npy", boxes.npy("<f8", (1,), bytes(8) + SYSTEM)
    yield "npy cut off", "a.npy", boxes.npy("<f8", (2,), bytes(8))
    yield "npy odd type", "a.npy", boxes.npy("Z9", (1,), bytes(8))
    yield "npy odd header", "a.npy", b"\x93NUMPY\x01\x00\x10\x00" + b"__import__('os')" + bytes(8)
    yield "npy of version 9", "a.npy", b"\x93NUMPY\x09\x00" + bytes(50)
    for name, method in (("stored", zipfile.ZIP_STORED), ("deflate", zipfile.ZIP_DEFLATED)):
        yield f"npz {name}", "a.npz", boxes.zipped([("a.npy", boxes.npy("|O", (1,), SYSTEM))], method)
    yield "npz with a pickle", "a.npz", boxes.zipped([("a.npy", SYSTEM)])
    yield "npy that is a pickle", "a.npy", SYSTEM


def wrapper(descr, shape, alignment=16):
    """The opcodes that joblib writes before an array's bytes."""
    known = short("joblib.numpy_pickle") + short("NumpyArrayWrapper") + b"\x93)\x81}("
    known += (
        short("subclass")
        + short("numpy")
        + short("ndarray")
        + b"\x93"
        + short("shape")
        + b"K"
        + bytes([shape])
        + b"\x85"
    )
    known += short("order") + short("C") + short("dtype") + short("numpy") + short("dtype") + b"\x93" + short(descr)
    known += b"\x89\x88\x87R" + short("allow_mmap") + b"\x88"
    if alignment is not None:
        known += short("numpy_array_alignment_bytes") + b"K" + bytes([alignment])
    return known + b"ub"


def _joblib():
    start, padding = b"\x80\x04(", b"\x02\xff\xff"
    yield "joblib after an array", "a.joblib", start + wrapper("f8", 2) + padding + bytes(16) + SYSTEM[2:-1] + b"t."
    yield "joblib objects", "a.joblib", start + wrapper("O8", 1) + SYSTEM + b"t."
    objects = wrapper("O8", 1) + pickle.dumps([1]) + SYSTEM[2:-1]
    yield "joblib after objects", "a.joblib", start + objects + b"t."
    yield "joblib unknown type", "a.joblib", start + wrapper("Z8", 1) + padding + bytes(8) + b"t."
    yield "joblib array that is cut off", "a.joblib", start + wrapper("f8", 200) + padding + bytes(16) + b"t."
    yield "joblib much padding", "a.joblib", start + wrapper("f8", 2) + b"c" + b"os\nsystem\n" + bytes(200) + b"t."
    old = wrapper("f8", 8, None) + (SYSTEM[2:-1] + b"." + bytes(64))[:64]
    yield "joblib read in two ways", "a.joblib", start + old + b"t."
    for kind, pack in boxes.STREAMS.items():
        content = start + wrapper("f8", 2) + padding + bytes(16) + SYSTEM[2:-1] + b"t."
        yield f"joblib in {kind}", "a.joblib", pack(content)
    yield "joblib old compression", "a.joblib", b"ZF0x10              " + zlib.compress(SYSTEM)
    yield "joblib lz4", "a.joblib", b"\x04\x22\x4d\x18" + bytes(50)


def _torch():
    for root in ("archive", "model", "x/y"):
        yield f"torch zip below {root}", "model.pt", boxes.torch_zip(SYSTEM, root=root)
    good = boxes.tensors(["a"])
    yield (
        "torch zip call behind tensors",
        "model.pt",
        boxes.torch_zip(good[:-1] + b"0" + SYSTEM[2:], [("0", bytes(16))]),
    )
    yield "torch zip second pickle", "model.pt", boxes.torch_zip(good + SYSTEM, [("0", bytes(16))])
    yield "torch zip storage is a pickle", "model.pt", boxes.torch_zip(good, [("0", bytes(16)), ("1", SYSTEM)])
    script = boxes.zipped([("m/data.pkl", good), ("m/constants.pkl", SYSTEM), ("m/version", b"3")], zipfile.ZIP_STORED)
    yield "torch script constants", "model.pt", script
    keys = pickle.dumps(["0"], 2)
    content = struct.pack("<q", 4) + bytes(16)
    yield "torch legacy", "model.pth", boxes.torch_legacy(SYSTEM, keys, content)
    hidden = boxes.module().replace(b"torch.nn.modules.activation\nReLU", b"os\nsystem")
    yield "torch legacy module", "model.pth", boxes.torch_legacy(hidden, pickle.dumps([], 2), b"")
    yield "torch legacy keys", "model.pth", boxes.torch_legacy(good, SYSTEM, content)
    yield "torch legacy bytes behind", "model.pth", boxes.torch_legacy(good, keys, content + b"more")
    yield "torch legacy cut off", "model.pth", boxes.torch_legacy(good, keys, content[:10])
    yield "torch legacy other sizes", "model.pth", boxes.torch_legacy(good, keys, struct.pack("<q", 9) + bytes(36))
    yield (
        "torch from a type",
        "model.pt",
        boxes.torch_zip(b"\x80\x02" + calling("torch._utils", "_rebuild_from_type", b"cos\nsystem\n") + b"."),
    )


def _nested():
    inner = boxes.zipped([("c.pkl", SYSTEM)])
    yield "tar in zip", "a.zip", boxes.zipped([("b.tar", boxes.tarred([("c.pkl", SYSTEM)]))])
    yield "zip in tar", "a.tar", boxes.tarred([("b.zip", inner)])
    yield "zip in gzip", "a.zip.gz", boxes.STREAMS["gzip"](inner)
    yield (
        "npz in tar in xz",
        "a.tar.xz",
        boxes.STREAMS["xz"](boxes.tarred([("a.npz", boxes.zipped([("a.npy", SYSTEM)]))])),
    )
    yield "joblib in zip in tar", "a.tar", boxes.tarred([("b.zip", boxes.zipped([("c", zlib.compress(SYSTEM))]))])
    yield "torch in zip", "a.zip", boxes.zipped([("b.pt", boxes.torch_zip(SYSTEM))])
    yield "keras with a pickle", "a.keras", boxes.zipped([("config.json", b"{}"), ("assets/a.pkl", SYSTEM)])
    yield "gzip in gzip in gzip", "a.gz", boxes.STREAMS["gzip"](boxes.STREAMS["gzip"](boxes.STREAMS["gzip"](SYSTEM)))
    yield "bomb", "a.gz", boxes.STREAMS["gzip"](_bomb(600))


def _bomb(mebibytes):
    """So many mebibytes of zeros as gzip."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = bytes(1024**2)
    return b"".join(packer.compress(block) for _ in range(mebibytes)) + packer.flush()


def _others():
    for kind, magic in {
        "7z": b"7z\xbc\xaf\x27\x1c",
        "rar": b"Rar!\x1a\x07\x01\x00",
        "zstd": b"\x28\xb5\x2f\xfd",
        "cab": b"MSCF\0\0\0\0",
    }.items():
        yield f"container {kind}", f"a.{kind}", magic + bytes(100)
        yield f"{kind} called a pickle", "a.pkl", magic + bytes(100)
    yield "program of Linux", "model.bin", b"\x7fELF" + bytes(100)
    yield "program of Windows", "model.bin", b"MZ" + bytes(58) + b"\x40\0\0\0PE\0\0" + bytes(100)
    yield "program of macOS", "model.bin", b"\xcf\xfa\xed\xfe" + bytes(100)
    yield "bytecode", "model.pyc", b"\xa7\r\r\n" + bytes(100)
    yield "called a pickle, and cut off", "model.pkl", b"(I1\nl"
