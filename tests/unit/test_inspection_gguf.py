import struct

import gguf
import numpy as np
import pytest

from modelyard.inspection.formats.gguf import TYPES
from modelyard.inspection.looking import inspect
from tests.corpora.ggufs import info, pair, text, written
from tests.corpora.looked_at import Counted, looked_at, rules


@pytest.fixture
def real(tmp_path):
    """A file as gguf-py writes it."""

    def write(template):
        writer = gguf.GGUFWriter(tmp_path / "m.gguf", "llama")
        writer.add_name("Tiny")
        writer.add_context_length(4096)
        writer.add_block_count(2)
        writer.add_token_list(["a", "b", "ü"])
        writer.add_token_scores([0.0, 1.0, 2.0])
        writer.add_chat_template(template)
        writer.add_tensor("blk.0.w", np.zeros((4, 32), np.float32))
        quantized = gguf.quants.quantize(np.zeros((4, 64), np.float32), gguf.GGMLQuantizationType.Q8_0)
        writer.add_tensor("blk.1.w", quantized, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return (tmp_path / "m.gguf").read_bytes()

    return write


def test_what_the_library_writes_is_clean_and_described(real):
    seen = looked_at(real("{% for m in messages %}{{ m['content'] }}\n{% endfor %}"), "m.gguf")
    assert (seen.verdict, seen.format, rules(seen)) == ("clean", "gguf", {"template.present": "info"})
    assert seen.facts == {
        "format": "gguf",
        "format_version": 3,
        "framework": "ggml",
        "architecture": "llama",
        "name": "Tiny",
        "context_length": 4096,
        "layers": 2,
        "vocabulary": 3,
        "tensors": 2,
        "parameters": 4 * 32 + 4 * 64,
        "dtypes": {"F32": 512, "Q8_0": 272},
        "quantization": "Q8_0",
        "chat_template": True,
    }


def test_the_table_of_tensor_types_is_the_librarys():
    known = {kind.value: (kind.name, *gguf.GGML_QUANT_SIZES[kind]) for kind in gguf.GGMLQuantizationType}
    assert {kind: TYPES.get(kind) for kind in known} == known


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ x|attr('y') }}",
        "{{ cycler.__init__ }}",
        "{{ lipsum['a'] }}",
        "{{ x.popen('') }}",
    ],
)
def test_a_template_that_leaves_its_sandbox_is_malicious(real, template):
    assert rules(looked_at(real(template), "m.gguf")) == {"template.escape": "malicious"}


HOSTILE = {
    "counts": written(counts=(0, 2**60)),
    "tensor counts": written(counts=(2**60, 0)),
    "key length": written([struct.pack("<Q", 2**62)], counts=(0, 1)),
    "text length": written([pair("a", 8, struct.pack("<Q", 2**63))]),
    "type": written([pair("a", 77, b"")]),
    "array count": written([pair("a", 9, struct.pack("<IQ", 4, 2**62))]),
    "array of texts": written([pair("a", 9, struct.pack("<IQ", 8, 2**62))]),
    "array of type": written([pair("a", 9, struct.pack("<IQ", 99, 1))]),
    "nested arrays": written([pair("a", 9, struct.pack("<IQ", 9, 1) * 50)]),
    "key twice": written([pair("a", 4, bytes(4)), pair("a", 4, bytes(4))]),
    "end": written(counts=(1, 1)),
    "dimensions": written(infos=[text("a") + struct.pack("<I", 2**31)]),
    "blocks": written(infos=[info("a", [31], 2, 0)], data=bytes(64)),
    "elements": written(infos=[info("a", [2**40, 2**40], 0, 0)], data=bytes(64)),
    "beyond the file": written(infos=[info("a", [64], 0, 0)], data=bytes(255)),
    "overlap": written(infos=[info("a", [16], 0, 0), info("b", [16], 0, 32)], data=bytes(128)),
    "not aligned": written(infos=[info("a", [1], 0, 4)], data=bytes(64)),
    "alignment": written([pair("general.alignment", 4, struct.pack("<I", 3))]),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_numbers_that_do_not_fit_the_file_are_suspicious(name):
    assert rules(looked_at(HOSTILE[name], "m.gguf")) == {"gguf.malformed": "suspicious"}


def test_tensors_of_a_type_that_is_not_known_are_said_to_be_unread():
    assert looked_at(written(infos=[info("a", [32], 4, 0)], data=bytes(64)), "m.gguf").verdict == "incomplete"


@pytest.mark.parametrize("version", [1, 4, 0x03000000])
def test_other_versions_are_said_to_be_unread(version):
    assert looked_at(written(version=version), "m.gguf").verdict == "incomplete"


def test_a_file_of_hundred_gigabytes_costs_its_header():
    infos = [info(f"t{n}", [250_000_000], 0, n * 1_000_000_000) for n in range(100)]
    head = written(infos=infos)
    counted = Counted({0: head}, len(head) + 100 * 1_000_000_000)
    seen = inspect(counted.fetch, counted.size, name="m.gguf")
    assert (seen.verdict, seen.facts["parameters"]) == ("clean", 25_000_000_000)
    assert counted.read <= 256 * 1024
