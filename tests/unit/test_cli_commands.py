"""The command line as users and scripts see it: answers, exit codes, refusals, and nothing that moves the cursor."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from modelyard.cli.main import COMMANDS, cli, run
from modelyard.client import Backoff
from tests.unit.client_server import serving

ESCAPE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with serving() as server:
        monkeypatch.setenv("MODELYARD_URL", server.url)
        yield server


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "model.joblib"
    path.write_text("a model")
    return path


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
    """The JSON a command answers, which must be all it prints."""

    def call(*arguments):
        code, out, err = modelyard(*arguments, "--json")
        assert (code, err) == (0, "")
        return json.loads(out)

    return call


def test_push_answers_with_the_version(answer, file):
    version = answer(
        "push",
        "churn",
        file,
        "--metric",
        "auc=0.91",
        "--param",
        "depth=8",
        "--tag",
        "team=growth",
        "--description",
        "first",
        "--source-commit",
        "abc",
        "--run-url",
        "https://ci.example/1",
        "--dataset",
        "census=s3://bucket/census.parquet#sha256:00",
        "--dataset",
        "plain",
    )
    assert (version["name"], version["version"], version["state"]) == ("churn", 1, "ready")
    assert version["metrics"] == {"auc": 0.91}
    assert version["params"] == {"depth": "8"}
    assert version["tags"] == {"team": "growth"}
    assert version["datasets"] == [
        {"name": "census", "uri": "s3://bucket/census.parquet", "digest": "sha256:00", "role": "", "rows": None},
        {"name": "plain", "uri": "", "digest": "", "role": "", "rows": None},
    ]


def test_show_of_a_version_has_what_scripts_rely_on(answer, file):
    answer("push", "churn", file)
    shown = answer("show", "models:/churn/1")
    for name in [
        "name",
        "version",
        "state",
        "stage",
        "digest",
        "params",
        "metrics",
        "tags",
        "created_at",
        "created_by",
    ]:
        assert name in shown
    assert [set(each) >= {"path", "size", "digest"} for each in shown["files"]] == [True]
    assert "download" not in shown["files"][0]


def test_show_of_a_model_has_its_newest_versions(answer, file):
    answer("push", "churn", file)
    answer("push", "churn", file, "--tag", "again=yes")
    shown = answer("show", "churn")
    assert (shown["name"], shown["versions"]) == ("churn", 2)
    assert [version["version"] for version in shown["newest"]] == [2, 1]


def test_every_command_answers_in_json(answer, file, tmp_path, server):
    answer("push", "churn", file)
    server.yard.letters["7"] = {"id": "7"}
    assert answer("promote", "churn/1", "production", "--comment", "better")["stage"] == "production"
    assert answer("list", "--prefix", "c")["items"][0]["name"] == "churn"
    assert answer("versions", "churn", "--stage", "staging")["items"] == []
    assert answer("resolve", "churn/production")["version"] == 1
    assert answer("update", "churn/production", "--tag", "a=b", "--description", "d")["tags"] == {"a": "b"}
    assert answer("update", "churn", "--untag", "x")["name"] == "churn"
    assert answer("verify", "churn/1")["proof_pending"] is False
    assert answer("history", "churn/1")["items"][0]["type"] == "model.created"
    assert answer("events", "--after", "1")["next"] == "4"
    assert answer("dead-letters")["items"] == [{"id": "7"}]
    assert answer("dead-letters", "retry", "7") == {"id": "7", "retried": True}
    assert answer("health")["url"] == server.url
    pulled = answer("pull", "churn/1", tmp_path / "out")
    assert (pulled["version"], pulled["fetched"], pulled["kept"]) == (1, ["model.joblib"], [])


def test_every_command_is_where_the_table_says():
    for name in COMMANDS.keys() - {"serve"}:
        assert run([name, "--help"]) == 0


def leaves(command, path=()):
    """Every command that does something, by the words that it is called with."""
    context = click.Context(command)
    if not isinstance(command, click.Group):
        yield path
        return
    for name in command.list_commands(context):
        yield from leaves(command.get_command(context, name), (*path, name))


@pytest.mark.parametrize("path", list(leaves(cli)), ids="-".join)
def test_the_help_of_every_command_shows_an_example(path, capsys):
    assert run([*path, "--help"]) == 0
    body = capsys.readouterr().out.partition("\n\n")[2]
    assert f"modelyard {' '.join(path)} " in " ".join(body.split()) + " "


def test_the_help_lists_every_command_and_every_exit_code(modelyard):
    code, out, _ = modelyard("--help")
    assert code == 0
    assert [name for name in COMMANDS if not re.search(rf"^  {name} ", out, re.MULTILINE)] == []
    assert re.findall(r"(\d+) [a-z]", out.partition("Exit codes:")[2]) == ["0", "1", "2", "3", "4", "5", "130"]


@pytest.mark.parametrize(
    ("arguments", "expected", "said"),
    [
        (("show", "nothing"), 5, "no model"),
        (("push",), 2, "Missing argument"),
        (("frobnicate",), 2, "No such command"),
        (("push", "churn", "missing-file"), 2, "there is no 'missing-file'"),
        (("push", "churn", "x", "--metric", "auc=high"), 2, "no finite number"),
        (("push", "churn", "x", "--metric", "auc=nan"), 2, "no finite number"),
        (("push", "churn", "x", "--tag", "a=1", "--tag", "a=2"), 2, "given twice"),
        (("push", "churn", "x", "--tag", "novalue"), 2, "is not KEY=VALUE"),
        (("push", "churn", "x", "--dataset", "=uri"), 2, "is not [ROLE:]NAME"),
        (("update", "churn"), 2, "nothing to change"),
        (("update", "churn", "--tag", "a=1", "--untag", "a"), 2, "set and removed"),
        (("update", "churn/1", "--owner", "me"), 2, "no owner of its own"),
        (("events", "--new"), 2, "--new needs --follow"),
        (("show", "/1"), 2, "names nothing"),
        (("dead-letters", "retry", "x"), 5, "no dead letter"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_told_and_has_its_exit_code(modelyard, arguments, expected, said):
    code, out, err = modelyard(*arguments)
    assert (code, out) == (expected, "")
    assert err.startswith("error: ")
    assert said in err


def test_a_refusal_is_told_with_what_was_wrong_and_the_requests_id(modelyard, server, file):
    server.yard.proven_after = 10**6
    modelyard("push", "churn", file, "--no-wait")
    code, _, err = modelyard("promote", "churn/1", "production")
    assert code == 1
    assert "version_ready: verifying, where ready is due" in err
    assert "request: req-1" in err


def test_an_error_is_json_where_the_answer_would_have_been(modelyard):
    code, out, err = modelyard("show", "nothing", "--json")
    assert (code, out) == (5, "")
    told = json.loads(err)["error"]
    assert (told["kind"], told["status"], told["request_id"], told["exit_code"]) == ("NotFound", 404, "req-1", 5)
    assert json.loads(modelyard("push", "--json")[2])["error"]["kind"] == "Usage"


@pytest.mark.parametrize("verdict", ["rejected", "quarantined"])
def test_a_version_that_is_refused_is_answered_and_has_its_own_exit_code(modelyard, server, file, verdict):
    server.yard.verdict = verdict
    code, out, err = modelyard("push", "churn", file, "--json")
    assert code == 3
    assert json.loads(out)["state"] == verdict
    assert json.loads(err)["error"]["kind"] == "VersionRefused"
    assert modelyard("push", "churn", file)[0] == 3


def test_a_push_without_waiting_returns_at_once(answer, server, file):
    server.yard.proven_after = 10**6
    assert answer("push", "churn", file, "--no-wait")["state"] == "verifying"


def test_a_registry_that_cannot_be_reached_has_its_own_exit_code(modelyard, server):
    server.vanish()
    code, _, err = modelyard("list")
    assert code == 4
    assert "MODELYARD_URL" in err


def test_a_file_in_the_way_is_told_with_what_to_do(modelyard, file, tmp_path):
    modelyard("push", "churn", file)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "model.joblib").write_text("other")
    code, _, err = modelyard("pull", "churn/1", tmp_path / "out")
    assert code == 1
    assert "'model.joblib'" in err
    assert "--force" in err
    assert modelyard("pull", "churn/1", tmp_path / "out", "--force")[0] == 0
    assert (tmp_path / "out" / "model.joblib").read_text() == "a model"


def test_a_disk_that_fails_is_told_without_a_traceback(modelyard, file, tmp_path, monkeypatch):
    modelyard("push", "churn", file)
    monkeypatch.setattr(os, "pwrite", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    code, _, err = modelyard("pull", "churn/1", tmp_path / "out")
    assert (code, err) == (1, "error: No space left on device\n")


EVIL = "\x1b]0;owned\x07\x1b[2J\u202etxt.\x9b31m"


def test_nothing_the_registry_says_moves_the_cursor(modelyard, server, file):
    modelyard("push", "churn", file)
    model, version = server.yard.models["churn"], server.yard.versions["churn"][0]
    model.update(description=EVIL, owner=EVIL, tags={EVIL: EVIL}, stages={EVIL: [1]}, created_by=EVIL)
    version.answer.update(description=EVIL, state=EVIL, stage=EVIL, tags={EVIL: EVIL}, created_by=EVIL, proof=EVIL)
    version.answer.update(metrics={EVIL: 1.0}, refusal=[EVIL], created_at=EVIL, run_url=EVIL, digest=EVIL)
    version.files[0].update(path=EVIL, digest=EVIL)
    server.yard.events[0].update(type=EVIL, actor=EVIL, reason=EVIL, time=EVIL, before={EVIL: 1}, after={EVIL: EVIL})
    server.yard.letters["1"] = dict.fromkeys(("id", "function", "trigger", "error", "attempts", "failed_at"), EVIL)
    for arguments in (
        ("list",),
        ("show", "churn"),
        ("show", "churn/1"),
        ("versions", "churn"),
        ("history", "churn"),
        ("events",),
        ("promote", "churn/1", "x"),
        ("verify", "churn/1"),
        ("dead-letters",),
        ("resolve", "churn/1"),
    ):
        _, out, err = modelyard(*arguments)
        assert not ESCAPE.search(out + err), arguments
        assert "\u202e" not in out + err
        assert not ESCAPE.search(modelyard(*arguments, "--json")[1])


def test_columns_stand_under_their_headers(modelyard, file):
    modelyard("push", "churn", file)
    modelyard("push", "a-longer-name", file)
    header, *lines = modelyard("list")[1].splitlines()
    place = header.index("UPDATED")
    assert len(lines) == 2
    assert {line[place - 2 : place] for line in lines} == {"  "}
    assert " " not in {line[place] for line in lines}


def test_help_does_not_wait_for_what_it_does_not_need():
    script = (
        "import sys; from modelyard.cli.main import run; run(['--help']);"
        "print({'urllib3', 'pydantic', 'rich'} & sys.modules.keys())"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.endswith("set()\n")


def test_exit_codes_and_commands_are_documented():
    text = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()
    assert [name for name in COMMANDS if f"modelyard {name}" not in text] == []
    assert re.findall(r"^\| (\d+) \|", text, re.MULTILINE) == ["0", "1", "2", "3", "4", "5", "130"]
