import struct
from pathlib import Path

import pytest

from modelyard.inspection.looking import inspect
from tests.corpora.looked_at import Counted, looked_at, rules

SAMPLES = Path(__file__).parent.parent / "corpora/samples"
XGBOOST = {
    "format": "xgboost",
    "framework": "xgboost",
    "framework_version": "3.2.0",
    "objective": "binary:logistic",
    "features": 3,
    "trees": 2,
}
EXPECTED = {
    "xgboost.json": XGBOOST,
    "xgboost.ubj": XGBOOST,
    "lightgbm.txt": {
        "format": "lightgbm",
        "framework": "lightgbm",
        "format_version": "v4",
        "objective": "binary",
        "features": 3,
        "trees": 2,
    },
    "catboost.cbm": {"format": "catboost", "framework": "catboost"},
}


@pytest.mark.parametrize("name", EXPECTED)
def test_what_the_libraries_write_is_clean_and_described(name):
    seen = looked_at((SAMPLES / name).read_bytes(), "renamed.bin")
    assert (seen.verdict, seen.facts) == ("clean", EXPECTED[name])


def test_the_former_binary_format_of_xgboost_is_known():
    head = struct.pack("<fIi", 0.5, 7, 3) + bytes(136 - 12)
    for prefix in (b"", b"binf"):
        raw = prefix + head + struct.pack("<Q", 14) + b"multi:softprob" + struct.pack("<Q", 6) + b"gbtree" + bytes(500)
        seen = looked_at(raw, "m.model")
        assert seen.facts == {
            "format": "xgboost",
            "framework": "xgboost",
            "features": 7,
            "classes": 3,
            "objective": "multi:softprob",
        }


def test_a_model_of_a_gigabyte_costs_its_edges():
    raw = (SAMPLES / "xgboost.json").read_bytes()
    counted = Counted({0: raw[:600], 10**9 - 700: raw[-700:]}, 10**9)
    seen = inspect(counted.fetch, counted.size, name="m.json")
    assert (seen.verdict, seen.facts["framework_version"]) == ("clean", "3.2.0")
    assert counted.read <= 512 * 1024


def test_a_catboost_file_that_is_cut_short_is_suspicious():
    raw = (SAMPLES / "catboost.cbm").read_bytes()
    assert rules(looked_at(raw[:100], "m.cbm")) == {"catboost.malformed": "suspicious"}
    assert rules(looked_at(raw[:6], "m.cbm")) == {"catboost.malformed": "suspicious"}


@pytest.mark.parametrize("name", EXPECTED)
def test_models_cut_or_broken_anywhere_never_crash(name):
    raw = (SAMPLES / name).read_bytes()
    for place in range(0, len(raw), 7):
        looked_at(raw[:place], name)
        looked_at(raw[:place] + b"\xff" + raw[place + 1 :], name)
