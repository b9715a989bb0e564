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


@pytest.fixture
def graph(server, folder, modelyard):
    """A version with a base of two steps and data, and one that was made of it."""
    modelyard("push", "churn", folder, "--no-fill")

    def version(number):
        known = {"name": "churn", "version": number, "state": "ready", "stage": "production"}
        return {"id": f"version:churn/{number}", "kind": "version", **known}

    data = {"id": "dataset:census", "kind": "dataset", "name": "census", "digest": "sha256:" + "0" * 64}
    edges = [(1, 2, "merge"), (1, 3, "adapter"), (2, 3, "fine-tune"), (3, 4, "quantization")]
    server.yard.graph = {
        "nodes": [version(number) for number in (3, 2, 1, 4)] + [data],
        "edges": [{"from": f"version:churn/{a}", "to": f"version:churn/{b}", "relation": how} for a, b, how in edges]
        + [{"from": data["id"], "to": "version:churn/1", "relation": "train"}],
        "truncated": False,
    }
    return server.yard.graph


def test_a_lineage_is_drawn_as_a_tree_in_which_nothing_is_drawn_twice(modelyard, graph):
    code, out, err = modelyard("lineage", "churn/1")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "churn/3 (ready, production)",
        "├── came of",
        "│   ├── adapter: churn/1 (ready, production)",
        "│   │   └── train: dataset census sha256:000000000000",
        "│   └── fine-tune: churn/2 (ready, production)",
        "│       └── merge: churn/1 (ready, production) (as above)",
        "└── led to",
        "    └── quantization: churn/4 (ready, production)",
    ]
    graph["truncated"] = True
    assert "there may be more" in modelyard("lineage", "churn/1")[1]


def test_one_way_is_shown_alone(modelyard, graph):
    for flag in ("--up", "--down"):
        _, out, _ = modelyard("lineage", "churn/1", flag, "--depth", "2", "--limit", "9")
        assert ("came of" in out, "led to" in out) == (flag == "--up", flag == "--down")


def test_a_lineage_is_json_as_the_registry_answered_it(answer, graph):
    told = answer("lineage", "churn/1")
    assert told["edges"] == graph["edges"]
    assert [node["id"] for node in told["nodes"]] == [node["id"] for node in graph["nodes"]]


def test_users_are_listed_page_after_page(modelyard, answer, folder):
    for number in range(3):
        modelyard("push", "churn", folder, "--no-fill", "--tag", f"n={number}")
    items = answer("uses", "--dataset", "census")["items"]
    assert [version["version"] for version in items] == [1, 2, 3]
    assert len(answer("uses", "--base", "churn/1", "--limit", "2")["items"]) == 2
    assert "churn/1" in modelyard("uses", "--blob", "sha256:" + "0" * 64)[1]


def test_nobody_who_used_it_is_said_in_words(modelyard):
    assert modelyard("uses", "--commit", "4f2c9d1")[:2] == (0, "no version used 4f2c9d1\n")


@pytest.mark.parametrize("arguments", [(), ("--dataset", "a", "--commit", "b"), ("--limit", "3")])
def test_one_thing_is_asked_for_at_a_time(modelyard, arguments):
    code, _, err = modelyard("uses", *arguments)
    assert code == 2
    assert "give one of" in err


def test_nothing_in_a_lineage_moves_the_cursor(modelyard, graph):
    evil = "\x1b[2J\u202e[red]:warning:"
    graph["nodes"][1] |= {"name": evil, "state": evil, "stage": evil}
    graph["nodes"][-1] |= {"name": evil, "uri": evil, "digest": evil}
    graph["edges"][0]["relation"] = evil
    code, out, _ = modelyard("lineage", "churn/1")
    assert code == 0
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", out)
    assert "[2J[red]:warning:" in out


def test_a_card_is_shown_in_every_format_and_set_from_a_file(modelyard, answer, folder, tmp_path):
    modelyard("push", "churn", folder, "--no-fill")
    assert modelyard("card", "churn/1") == (0, "markdown of churn\n\n", "")
    (tmp_path / "card.md").write_text("# Ünïcode\n")
    assert modelyard("card", "churn/1", "--set", tmp_path / "card.md")[0] == 0
    for wanted in ("markdown", "html", "huggingface", "source"):
        assert modelyard("card", "churn/1", "--format", wanted)[1] == f"{wanted} of churn\n\n# Ünïcode\n"
    assert answer("card", "churn") == {
        "name": "churn", "version": 1, "format": "markdown", "card": "markdown of churn\n\n# Ünïcode\n",
    }  # fmt: skip
    assert answer("card", "churn/1", "--set", tmp_path / "card.md")["card"].endswith("# Ünïcode\n")


@pytest.mark.parametrize("arguments", [("--format", "pdf"), ("--set", "missing.md"), ("--set", "model/model.bin")])
def test_a_card_of_no_known_format_or_file_is_refused(modelyard, folder, arguments):
    (folder / "model.bin").write_bytes(b"\xff")
    modelyard("push", "churn", folder, "--no-fill")
    assert modelyard("card", "churn/1", *arguments)[0] == 2


def test_on_a_terminal_a_card_does_not_move_the_cursor(modelyard, server, folder, monkeypatch):
    modelyard("push", "churn", folder, "--no-fill")
    server.yard.versions["churn"][0].answer["card"] = "a\x1b[2Jb\u202e\nc"
    assert "a\x1b[2Jb" in modelyard("card", "churn/1")[1]
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert modelyard("card", "churn/1")[1] == "markdown of churn\n\na[2Jb\nc\n"
