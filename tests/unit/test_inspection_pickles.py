"""The pickle machine: what it knows, what it costs, and what it never does."""

import io
import pickle
import random
import struct
import zlib

import joblib
import numpy as np
import pytest

from modelyard.domain.findings import Verdict
from modelyard.inspection.budgets import Limits
from modelyard.inspection.looking import inspect
from modelyard.inspection.pickles.names import FRAMEWORKS, judge, listed
from modelyard.inspection.pickles.reading import BEGINNINGS
from tests.corpora import boxes
from tests.corpora.looked_at import Counted, looked_at, rules
from tests.corpora.malicious import wrapper
from tests.corpora.payloads import SYSTEM, calling, short, stack_global

MIB = 1024**2


def test_an_import_is_told_with_its_place_and_its_member():
    inspection = looked_at(boxes.zipped([("folder/model.pkl", SYSTEM)]), "a.zip")
    finding = inspection.findings[0]
    assert (finding.rule, finding.evidence) == ("pickle.dangerous-import", "os.system")
    assert (finding.member, finding.offset) == ("folder/model.pkl", SYSTEM.index(b"\x93"))


class Refusing:
    """What an unpickler asks for, before it is refused."""

    asked: list[object]

    def find_class(self, module, name):
        self.asked.append((module, name))
        return print

    def persistent_load(self, pid):
        self.asked.append(pid)


class InC(Refusing, pickle.Unpickler):
    pass


class InPython(Refusing, pickle._Unpickler):  # the same machine, written in Python
    pass


@pytest.mark.parametrize("reader", [InC, InPython])
@pytest.mark.parametrize("first", sorted(set(range(256)) - BEGINNINGS))
def test_what_begins_otherwise_is_refused_by_every_reader_before_anything_runs(reader, first):
    for tail in (b"cos\nsystem\n(S'x'\ntR.", b"\x01cos\nsystem\n(S'x'\ntR.", b"1\ncos\nsystem\n)R.", bytes(9) + SYSTEM):
        unpickler = reader(io.BytesIO(bytes([first]) + tail))
        unpickler.asked = []
        with pytest.raises(Exception):  # noqa: B017, PT011  # any refusal will do
            unpickler.load()
        assert unpickler.asked == []
    inspection = looked_at(bytes([first]) + b" is how a text begins, and no pickle", "model.joblib")
    assert (inspection.verdict, set(rules(inspection)) - {"pickle.none"}) == (Verdict.CLEAN, set())


def test_all_imports_are_told_as_facts():
    facts = looked_at(pickle.dumps([np.arange(3), np.float64(1)]), "a.pkl").facts
    assert "numpy.dtype" in facts["imports"]
    assert facts["protocol"] == 4


@pytest.mark.parametrize("name", sorted(set(FRAMEWORKS.values()) | {"python", "by-hand"}))
def test_no_list_has_a_name_that_is_dangerous(name):
    assert [pair for pair in listed(name) if judge(*pair, 4) == "dangerous"] == []


@pytest.mark.parametrize("framework", sorted(set(FRAMEWORKS.values()) - {"joblib"}))
def test_every_framework_has_a_list(framework):
    assert len(listed(framework)) > 5


def test_a_name_of_python_2_is_what_python_3_makes_of_it():
    assert looked_at(b"c__builtin__\nset\n(tR.", "a.pkl").verdict is Verdict.CLEAN
    assert looked_at(b"\x80\x04c__builtin__\nset\n(tR.", "a.pkl").verdict is Verdict.SUSPICIOUS


def test_a_known_call_counts_only_with_harmless_arguments():
    assert looked_at(stack_global("_codecs", "encode", "x", "latin1"), "a.pkl").verdict is Verdict.CLEAN
    assert rules(looked_at(stack_global("_codecs", "encode", "x", "zip"), "a.pkl")) == {
        "pickle.unknown-call": "suspicious"
    }


def test_what_a_call_gave_cannot_be_called():
    data = b"\x80\x04" + calling("collections", "OrderedDict") + b")R."
    assert "pickle.computed-call" in rules(looked_at(data, "a.pkl"))


def test_text_that_could_be_opcodes_is_no_pickle():
    for text in (
        b"cats\nand dogs\n.",
        b"import os\nos.system('x')\n",
        b"(the end).\n",
        b"cos\nsin\ntan\n",
        b"I am\nN.",
    ):
        inspection = looked_at(text, "words.txt")
        assert (inspection.format, inspection.verdict) == ("", Verdict.CLEAN)


def test_a_pickle_of_protocol_0_is_one_under_any_name():
    assert looked_at(b"cos\nsystem\n(S'true'\ntR.", "words.txt").verdict is Verdict.MALICIOUS
    assert looked_at(b"cmine\nthing\n(tR and then it breaks", "words.txt").verdict is Verdict.SUSPICIOUS


def test_stacked_pickles_are_all_followed_and_told():
    good = pickle.dumps([1])
    assert rules(looked_at(good + good, "a.pkl")) == {"pickle.stacked": "info"}
    assert looked_at(good + SYSTEM, "a.pkl").verdict is Verdict.MALICIOUS


def test_what_follows_an_array_of_joblib_is_followed():
    data = b"\x80\x04(" + wrapper("f8", 2) + b"\x02\xff\xff" + bytes(16) + SYSTEM[2:-1] + b"t."
    inspection = looked_at(data, "a.joblib")
    assert inspection.verdict is Verdict.MALICIOUS
    assert looked_at(data.replace(SYSTEM[2:-1], b"N"), "a.joblib").verdict is Verdict.CLEAN


def test_random_bytes_of_an_old_array_are_no_opcodes():
    generator = random.Random(1)
    for _ in range(200):
        content = generator.randbytes(64)
        data = b"\x80\x04(" + wrapper("f8", 8, None) + content + b"t."
        assert looked_at(data, "a.joblib").verdict is Verdict.CLEAN


def test_a_million_items_are_within_the_budget():
    data = pickle.dumps(dict.fromkeys(map(str, range(1_000_000)), 1))
    assert looked_at(data, "a.pkl").verdict is Verdict.CLEAN


def test_running_out_of_opcodes_is_told():
    inspection = looked_at(pickle.dumps(list(range(10_000))), "a.pkl", limits=Limits(opcodes=5_000))
    assert inspection.verdict is Verdict.INCOMPLETE
    assert inspection.unread == ("more than 5,000 opcodes",)


def test_two_gigabytes_of_arrays_cost_four_mebibytes():
    size = 64 * MIB
    start, parts, place = b"\x80\x04]\x94(", {}, 0
    parts[0], place = start, len(start)
    for _ in range(32):
        head = b"\x8e" + struct.pack("<Q", size)
        parts[place], place = head, place + len(head) + size
    parts[place] = b"e."
    source = Counted(parts, place + 2)
    assert inspect(source.fetch, source.size, name="a.pkl").verdict is Verdict.CLEAN
    assert source.size > 2 * 1024**3
    assert source.read <= 4 * MIB


def test_two_gigabytes_of_joblib_arrays_cost_four_mebibytes():
    items = 250 * MIB // 8
    head = wrapper("f8", 1).replace(b"K\x01\x85", b"J" + struct.pack("<i", items) + b"\x85") + b"\x02\xff\xff"
    parts, place = {0: b"\x80\x04]("}, 4
    for _ in range(9):
        parts[place], place = head, place + len(head) + items * 8
    parts[place] = b"e."
    source = Counted(parts, place + 2)
    assert inspect(source.fetch, source.size, name="a.joblib").verdict is Verdict.CLEAN
    assert source.size > 2 * 1024**3
    assert source.read <= 4 * MIB


def test_tensors_of_a_state_dictionary_are_counted():
    data = boxes.torch_zip(boxes.tensors(["a.weight", "b.bias"]), [("0", bytes(16)), ("1", bytes(16))])
    inspection = looked_at(data, "model.pt")
    assert inspection.verdict is Verdict.CLEAN
    facts = inspection.facts
    assert (facts["format"], facts["framework"]) == ("torch", "pytorch")
    assert (facts["tensors"], facts["parameters"], facts["dtypes"]) == (2, 8, {"F32": 32})


def test_the_old_files_of_torch_are_read_to_the_end():
    keys = pickle.dumps(["0", "1"], 2)
    content = (struct.pack("<q", 4) + bytes(16)) * 2
    inspection = looked_at(boxes.torch_legacy(boxes.tensors(["a", "b"]), keys, content), "model.pth")
    assert inspection.verdict is Verdict.CLEAN
    assert (inspection.format, inspection.facts["parameters"]) == ("torch-legacy", 8)


def test_code_of_torch_script_is_told():
    good = b"\x80\x02c__torch__.net\nNet\n)\x81."
    members = [("m/data.pkl", good), ("m/constants.pkl", b"\x80\x02)."), ("m/code/__torch__/net.py", b"class Net:")]
    inspection = looked_at(boxes.zipped(members), "model.pt")
    assert inspection.verdict is Verdict.CLEAN
    assert rules(inspection) == {"torch.script": "info", "program.python": "info"}


def test_a_model_that_joblib_compressed_has_the_facts_of_one_that_it_did_not():
    plain, packed = io.BytesIO(), io.BytesIO()
    joblib.dump({"a": np.arange(5)}, plain)
    joblib.dump({"a": np.arange(5)}, packed, compress=("zlib", 3))
    facts = looked_at(packed.getvalue(), "a.joblib").facts
    assert {**looked_at(plain.getvalue(), "a.joblib").facts, "compression": "zlib"} == facts


def test_what_grows_without_end_is_left_unread():
    bomb = zlib.compress(bytes(40 * MIB))
    inspection = looked_at(bomb, "a.joblib", limits=Limits(bytes_unpacked=10 * MIB))
    assert inspection.unread == ("more than 10,485,760 bytes_unpacked",)


def test_pickles_in_strings_are_followed_and_sentences_are_not():
    assert looked_at(pickle.dumps({"a": SYSTEM}), "a.pkl").verdict is Verdict.MALICIOUS
    assert looked_at(pickle.dumps({"a": "cats\nand dogs.\n."}), "a.pkl").verdict is Verdict.CLEAN


def test_a_class_that_a_pickle_changes_is_told():
    data = b"\x80\x04csklearn.svm._classes\nSVC\n}" + short("predict") + b"K\x01s" + b"b."
    assert rules(looked_at(data, "a.pkl")) == {"pickle.patches-import": "suspicious"}
