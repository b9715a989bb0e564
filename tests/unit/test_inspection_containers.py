"""Archives and streams: what is honest passes, what readers could see in two ways does not, and bombs end."""

import bz2
import gzip
import io
import struct
import tarfile
import zipfile

import numpy as np
import pytest

from modelyard.domain.findings import Verdict
from modelyard.inspection.budgets import Limits
from modelyard.inspection.looking import inspect
from tests.corpora import boxes
from tests.corpora.looked_at import Counted, looked_at, rules
from tests.corpora.payloads import SYSTEM

MIB = 1024**2
TEXTS = [("a/", b""), ("a/b.txt", b"hello"), ("a/c.txt", b"")]


@pytest.mark.parametrize("method", boxes.COMPRESSIONS.values(), ids=boxes.COMPRESSIONS)
def test_a_zip_file_of_an_ordinary_tool_is_clean(method):
    inspection = looked_at(boxes.zipped(TEXTS, method), "a.zip")
    assert (inspection.format, inspection.verdict, inspection.findings) == ("zip", Verdict.CLEAN, ())


def test_a_zip_file_that_was_written_as_a_stream_is_clean():
    class Pipe(io.RawIOBase):
        def __init__(self):
            self.data = b""

        def writable(self):
            return True

        def write(self, data):
            self.data += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in TEXTS:
            archive.writestr(name, content)
    assert looked_at(pipe.data, "a.zip").verdict is Verdict.CLEAN


def test_a_zip_file_with_large_headers_is_clean():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive, archive.open("a.txt", "w", force_zip64=True) as member:
        member.write(b"hello")
    assert looked_at(data.getvalue(), "a.zip").verdict is Verdict.CLEAN


def test_many_members_are_clean():
    data = boxes.zipped([(f"{number}.txt", b"x") for number in range(3_000)])
    assert looked_at(data, "a.zip").verdict is Verdict.CLEAN


def test_a_comment_is_no_finding():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.comment = b"made by hand"
        archive.writestr("a.txt", "hello")
    assert looked_at(data.getvalue(), "a.zip").verdict is Verdict.CLEAN


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_file_of_an_ordinary_tool_is_clean(form, mode):
    members = [("a" * 90 + "/" + "b" * 60 + ".txt", b"hello"), ("c.txt", bytes(2000)), ("ü.txt", b"x")]
    inspection = looked_at(boxes.tarred(members, mode, form), "a.tar")
    assert (inspection.verdict, inspection.findings) == (Verdict.CLEAN, ())
    assert inspection.facts["format"] == "tar"


@pytest.mark.parametrize("pack", boxes.STREAMS.values(), ids=boxes.STREAMS)
def test_a_stream_is_seen_through(pack):
    inspection = looked_at(pack(boxes.zipped([("a.pkl", SYSTEM)])), "a.zip.gz")
    assert inspection.verdict is Verdict.MALICIOUS
    assert inspection.findings[0].member.endswith("!a.pkl")


def test_several_streams_in_one_file_are_one():
    data = gzip.compress(SYSTEM[:9]) + gzip.compress(SYSTEM[9:])
    assert looked_at(data, "a.pkl.gz").verdict is Verdict.MALICIOUS
    assert looked_at(bz2.compress(b"a") + bz2.compress(b"b"), "a.txt.bz2").verdict is Verdict.CLEAN


def test_a_member_with_a_wrong_checksum_is_inspected_all_the_same():
    data = boxes.zipped([("a.pkl", SYSTEM)], zipfile.ZIP_STORED)
    broken = data.replace(data[14:18], b"\0\0\0\1")
    assert rules(looked_at(broken, "a.zip")) == {"zip.checksum": "suspicious", "pickle.dangerous-import": "malicious"}


def test_what_the_headers_disagree_on_is_named():
    data = boxes.zipped([("a.txt", b"hello")], zipfile.ZIP_STORED)
    broken = data[:30] + b"b" + data[31:]
    finding = looked_at(broken, "a.zip").findings[0]
    assert (finding.rule, finding.evidence) == ("zip.headers-disagree", "a.txt: name")


def test_nesting_ends_and_the_rest_is_inspected():
    inner = boxes.zipped([("a.pkl", SYSTEM)])
    for _ in range(10):
        inner = boxes.zipped([("a.zip", inner)])
    inspection = looked_at(boxes.zipped([("deep.zip", inner), ("b.pkl", SYSTEM)]), "a.zip")
    assert inspection.verdict is Verdict.MALICIOUS
    assert inspection.unread


def test_a_bomb_ends_at_the_budget():
    bomb = boxes.zipped([("a.zip", boxes.zipped([("zeros", bytes(30 * MIB))]))])
    inspection = looked_at(bomb, "a.zip", limits=Limits(bytes_unpacked=10 * MIB))
    assert inspection.verdict is Verdict.INCOMPLETE


def test_a_member_that_is_larger_than_said_is_refused():
    data = boxes.zipped([("a.txt", bytes(100_000))])
    size = struct.pack("<I", 100_000)
    assert rules(looked_at(data.replace(size, struct.pack("<I", 10)), "a.zip")) == {
        "zip.headers-disagree": "suspicious"
    }


def test_a_large_model_of_torch_costs_its_headers():
    """300 tensors of 40 MB: 12 GB."""
    names, elements = [f"layer.{number}" for number in range(300)], 10_000_000
    pickled = boxes.tensors(names, 4).replace(b"K\x04tQ", b"J" + struct.pack("<i", elements) + b"tQ")
    small = boxes.torch_zip(pickled.replace(b"K\x04\x85", b"J" + struct.pack("<i", elements) + b"\x85"))
    source = _with_tensors(small, len(names), elements * 4)
    inspection = inspect(source.fetch, source.size, name="model.pt")
    assert (inspection.verdict, inspection.findings) == (Verdict.CLEAN, ())
    assert inspection.facts["parameters"] == 300 * elements
    assert source.read < 16 * MIB


def _with_tensors(archive, count, size):
    """A sparse zip file: the members of `archive`, then `count` members of zeros."""
    start = archive.index(b"PK\1\2")
    parts, place = {0: archive[:start]}, start
    entries = archive[start : archive.index(b"PK\5\6")]
    for number in range(count):
        name = f"archive/data/{number}".encode()
        local = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 0, 0x808, 0, 0, 0x5C21, 0, 0, 0, len(name), 0) + name
        parts[place] = local
        extra = struct.pack("<HHQ", 1, 8, place)
        entries += struct.pack(
            "<4sHHHHHHIIIHHHHHII",
            b"PK\1\2",
            0,
            0,
            0x808,
            0,
            0,
            0x5C21,
            0,
            size,
            size,
            len(name),
            len(extra),
            0,
            0,
            0,
            0,
            0xFFFFFFFF,
        )
        entries += name + extra
        place += len(local) + size
    total = count + archive.count(b"PK\1\2")
    record = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, total, total, len(entries), place)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, place + len(entries), 1)
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, total, total, len(entries), 0xFFFFFFFF, 0)
    parts[place] = entries + record + locator + end
    return Counted(parts, place + len(parts[place]))


def test_an_array_of_numbers_costs_its_header_and_its_end_where_an_archive_could_be():
    head = boxes.npy("<f8", (10**9,), b"")
    source = Counted({0: head}, len(head) + 8 * 10**9)
    assert inspect(source.fetch, source.size, name="a.npy").verdict is Verdict.CLEAN
    assert source.read <= 128 * 1024


def test_what_numpy_writes_is_clean():
    for value in (np.zeros((2, 3)), np.array("x"), np.zeros(2, dtype=[("a", "f4", (2,)), ("b", "i1")])):
        data = io.BytesIO()
        np.save(data, value)
        assert looked_at(data.getvalue(), "a.npy").verdict is Verdict.CLEAN


@pytest.mark.parametrize(
    ("name", "data", "rule", "severity"),
    [
        ("a.py", b"print(1)\n", "program.python", "info"),
        ("a.ipynb", b"{}", "program.notebook", "info"),
        ("run.sh", b"#!/bin/sh\n", "program.script", "info"),
        ("lib.so", b"\x7fELF" + bytes(60), "program.compiled", "suspicious"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(60), "container.not-opened", "info"),
    ],
)
def test_programs_and_unopened_containers_are_told(name, data, rule, severity):
    assert rules(looked_at(data, name)) == {rule: severity}


def test_random_bytes_are_clean_and_have_no_format():
    generator = np.random.RandomState(0)
    for _ in range(300):
        inspection = looked_at(generator.bytes(3000), "weights.bin")
        assert (inspection.verdict, inspection.format) == (Verdict.CLEAN, "")
