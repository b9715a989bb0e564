"""`modelyard import mlflow` as users and scripts see it."""

import json

import pytest

from modelyard.cli.main import run
from tests.unit.client_server import serving
from tests.unit.mlflow_fake import fake_mlflow


@pytest.fixture
def mlflow(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with serving() as server, fake_mlflow() as fake:
        monkeypatch.setenv("MODELYARD_URL", server.url)
        yield fake


def test_each_version_is_told_and_the_exit_code_says_whether_all_came(mlflow, capsys):
    mlflow.model("churn")
    mlflow.version("churn", 2, {"a": b"x"}, current_stage="Staging")
    assert run(["import", "mlflow", mlflow.url]) == 0
    out = capsys.readouterr().out
    assert "churn 2 -> churn/1 brought in staging" in out
    assert "versions: 1 brought" in out
    mlflow.version("churn", 3, uri="s3://b/\x1bk")
    assert run(["import", "mlflow", mlflow.url]) == 1
    out = capsys.readouterr().out
    assert "churn 2 -> churn/1 there" in out
    assert "churn 3 -> churn left: its artifacts are at s3://b/k" in out


def test_the_answer_in_json_has_counts_and_every_reason(mlflow, capsys):
    mlflow.model("a@b")
    mlflow.version("a@b", 1, {"a": b"x"})
    mlflow.model("far", aliases=[{"alias": "champion", "version": "1"}])
    mlflow.version("far", 1, uri="s3://bucket/none")
    assert run(["import", "mlflow", mlflow.url, "--json"]) == 1
    told = capsys.readouterr()
    answer = json.loads(told.out)
    assert (answer["url"], answer["dry_run"], told.err) == (mlflow.url, False, "")
    assert answer["counts"] == {
        "models": 2,
        "versions_brought": 1,
        "versions_there": 0,
        "versions_planned": 0,
        "versions_deleted": 0,
        "versions_left": 1,
    }
    mapped, far = answer["models"]
    assert mapped["mlflow"] == "a@b"
    assert mapped["name"].startswith("a-b-")
    assert far["versions"][0]["reason"]
    assert far["aliases"] == [
        {"alias": "champion", "mlflow": "1", "outcome": "left", "version": None, "reason": "version 1 was left behind"}
    ]


def test_a_dry_run_says_that_nothing_was_done(mlflow, capsys):
    mlflow.model("churn")
    mlflow.version("churn", 1, {"a": b"x"})
    assert run(["import", "mlflow", mlflow.url, "--dry-run"]) == 0
    assert "1 planned (nothing was done)" in capsys.readouterr().out
