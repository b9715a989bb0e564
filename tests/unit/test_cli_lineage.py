"""Lineage on the command line: what `push` says of a version, and what it finds out and tells."""

import json
import re

import pytest

from modelyard.cli.main import run
from modelyard.client import Backoff
from tests.unit.client_server import serving


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    with serving() as server:
        monkeypatch.setenv("MODELYARD_URL", server.url)
        yield server


@pytest.fixture
def modelyard(server, capsys, monkeypatch):
    """Run a command line in this process: its exit code, its stdout, its stderr."""
    monkeypatch.setattr("modelyard.client.registry.Backoff", lambda: Backoff(first_wait=0.001, longest_wait=0.001))

    def call(*arguments):
        code = run([str(argument) for argument in arguments])
        told = capsys.readouterr()
        return code, told.out, told.err

    return call


@pytest.fixture
def answer(modelyard):
    def call(*arguments):
        code, out, err = modelyard(*arguments, "--json")
        assert (code, err) == (0, "")
        return json.loads(out)

    return call


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "model"
    made.mkdir()
    (made / "model.bin").write_bytes(b"weights")
    (made / "MLmodel").write_text("run_id: run-7\nflavors: {sklearn: {}}\n")
    return made


def test_every_part_of_a_lineage_can_be_given(answer, server, folder, tmp_path):
    (tmp_path / "card.md").write_text("# Churn")
    version = answer(
        "push", "churn", folder, "--no-fill",
        "--dataset", "train:census=s3://bucket/census#sha256:00", "--dataset", "test:holdout", "--dataset", "a:b",
        "--rows", "census=100", "--base", "adapter=churn/3", "--base", "https://example.com/x?a=b",
        "--base", "models:/m/1", "--source-path", "train", "--dirty",
        "--source-commit", "abc", "--source-repository", "https://git.example.com/x",
        "--run-system", "airflow", "--run-id", "7", "--run-url", "https://ci.example.com/7",
        "--image-digest", "sha256:1", "--hardware", "8x H100", "--card", tmp_path / "card.md",
    )  # fmt: skip
    assert version["datasets"] == [
        {"name": "census", "uri": "s3://bucket/census", "digest": "sha256:00", "role": "train", "rows": 100},
        {"name": "holdout", "uri": "", "digest": "", "role": "test", "rows": None},
        {"name": "a:b", "uri": "", "digest": "", "role": "", "rows": None},
    ]
    assert server.yard.versions["churn"][0].answer["bases"] == [
        {"relation": "adapter", "reference": "churn/3"},
        {"relation": "fine-tune", "uri": "https://example.com/x?a=b"},
        {"relation": "fine-tune", "reference": "models:/m/1"},
    ]
    assert version["source"] == {
        "repository": "https://git.example.com/x", "commit": "", "path": "train", "dirty": True, "diff_digest": "",
    }  # fmt: skip
    assert (version["source_commit"], version["run_url"]) == ("abc", "https://ci.example.com/7")
    assert version["run"] == {"system": "airflow", "id": "7", "url": ""}
    assert version["environment"] == {
        "python": "", "packages": {}, "image_digest": "sha256:1", "hardware": "8x H100",
    }  # fmt: skip
    assert (version["filled"], version["not_filled"]) == ([], [])
    assert server.yard.versions["churn"][0].answer["card"] == "# Churn"


def test_what_was_found_out_is_told_on_stderr_and_in_the_json(modelyard, answer, folder):
    code, out, err = modelyard("push", "churn", folder)
    assert code == 0
    assert out.startswith("churn/1 is ready")
    assert "filled: run.id run-7 from MLmodel\n" in err
    assert re.search(r"^filled: environment\.packages \d+ packages from this interpreter$", err, re.MULTILINE)
    filled = answer("push", "churn", folder, "--environment", "none")["filled"]
    assert filled == [
        {"field": "tags.mlflow.flavors", "value": "sklearn", "from": "MLmodel"},
        {"field": "run.system", "value": "mlflow", "from": "MLmodel"},
        {"field": "run.id", "value": "run-7", "from": "MLmodel"},
    ]


def test_what_could_not_be_used_is_told(modelyard, answer, folder):
    (folder / "config.json").write_text("{")
    assert "not filled: config.json: it is no JSON that can be read\n" in modelyard("push", "churn", folder)[2]
    assert answer("push", "churn", folder)["not_filled"] == ["config.json: it is no JSON that can be read"]


def test_nothing_is_found_out_when_nobody_wants_it(modelyard, answer, folder):
    (folder / "README.md").write_text("# Churn")
    version = answer("push", "churn", folder, "--no-fill")
    assert (version["run"]["id"], version["tags"], version["environment"]["python"], version["filled"]) == (
        "", {}, "", []
    )  # fmt: skip
    assert modelyard("push", "churn", folder, "--no-fill")[2] == ""


def test_what_files_say_does_not_move_the_cursor(modelyard, folder):
    (folder / "MLmodel").write_text('run_id: "\\e[2J"\nmlflow_version: "\\u202e"\nflavors: {"\\e[2J": {}}\n')
    _, out, err = modelyard("push", "churn", folder)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", out + err)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--base", "adapter="), "is not [RELATION=]REF"),
        (("--rows", "census=100"), "which is no --dataset"),
        (("--dataset", "a", "--rows", "a=-1"), "no number of rows"),
        (("--dataset", "train:=x"), "is not [ROLE:]NAME"),
        (("--environment", "missing.lock"), "cannot be read"),
        (("--environment", "uv.lock", "--no-fill"), "give one of them"),
        (("--card", "missing.md"), "does not exist"),
        (("--card", "model/model.bin"), "no text in UTF-8"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_before_anything_is_pushed(modelyard, server, folder, arguments, said):
    (folder / "model.bin").write_bytes(b"\xff")
    code, _, err = modelyard("push", "churn", "model", *arguments)
    assert (code, server.requests) == (2, [])
    assert said in err
