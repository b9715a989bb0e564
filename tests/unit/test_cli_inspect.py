"""`modelyard inspect`, as users and scripts see it."""

import json
import pickle

import pytest

from modelyard.cli.main import run
from tests.corpora import boxes
from tests.corpora.payloads import SYSTEM


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "model"
    (place / "weights").mkdir(parents=True)
    (place / "config.txt").write_text("hello")
    (place / "weights" / "model.pkl").write_bytes(pickle.dumps({"a": 1}))
    return place


@pytest.fixture
def inspect(capsys):
    """Run `modelyard inspect`: its exit code, its stdout."""

    def call(*arguments):
        code = run(["inspect", *map(str, arguments)])
        return code, capsys.readouterr().out

    return call


def test_a_clean_folder_is_told_with_its_formats(folder, inspect):
    code, out = inspect(folder)
    assert code == 0
    assert "weights/model.pkl" in out
    assert out.rstrip().endswith("2 files: clean")


def test_only_what_is_clean_exits_with_0(folder, inspect):
    (folder / "bad.pkl").write_bytes(SYSTEM)
    code, out = inspect(folder)
    assert code == 3
    assert "pickle.dangerous-import  bad.pkl at byte" in out
    assert "os.system" in out
    assert "fix: " in out


def test_what_was_not_fully_inspected_is_not_clean(tmp_path, inspect):
    (tmp_path / "a.7z").write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(50))
    code, out = inspect(tmp_path / "a.7z")
    assert code == 3
    assert "not inspected  a.7z: containers of format 7z are not opened" in out


def test_programs_get_one_document(folder, inspect):
    (folder / "a.zip").write_bytes(boxes.zipped([("b.pkl", SYSTEM)]))
    code, out = inspect(folder, "--json")
    told = json.loads(out)
    assert code == 3
    assert told["verdict"] == "malicious"
    files = {file["path"]: file for file in told["files"]}
    assert list(files) == ["a.zip", "config.txt", "weights/model.pkl"]
    assert files["weights/model.pkl"]["facts"]["class"] == "dict"
    assert files["a.zip"]["findings"] == [
        {
            "rule": "pickle.dangerous-import",
            "severity": "malicious",
            "evidence": "os.system",
            "member": "b.pkl",
            "offset": SYSTEM.index(b"\x93"),
        }
    ]


def test_several_paths_keep_their_names(folder, tmp_path, inspect):
    (tmp_path / "a.pkl").write_bytes(SYSTEM)
    told = json.loads(inspect(folder, tmp_path / "a.pkl", "--json")[1])
    assert [file["path"] for file in told["files"]] == ["a.pkl", "model/config.txt", "model/weights/model.pkl"]


def test_what_comes_out_of_files_moves_no_cursor(tmp_path, inspect):
    name = b"\x80\x04\x8c\x07o\x1b[2Js\n\x8c\x06system\x93)R."
    (tmp_path / "a.pkl").write_bytes(name)
    assert "\x1b" not in inspect(tmp_path)[1]
    assert "\\u001b" in inspect(tmp_path, "--json")[1]


def test_a_path_that_is_not_there_is_wrong_usage(tmp_path, inspect):
    assert inspect(tmp_path / "nothing")[0] == 2


def test_files_are_not_chosen_by_the_rules_that_passed_them(folder, capsys):
    assert run(["inspect", str(folder), "--since-rules", "2"]) == 2
    assert "--since-rules goes with --all" in capsys.readouterr().err


def test_a_file_of_which_bytes_are_missing_is_a_failure_and_not_clean(tmp_path, inspect, monkeypatch):
    (tmp_path / "a.pkl").write_bytes(SYSTEM)
    monkeypatch.setattr("os.pread", lambda descriptor, length, offset: b"")
    assert inspect(tmp_path)[0] not in {0, 3}
