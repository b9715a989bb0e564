"""Evaluations through the SDK and the command line, on the real functions."""

import json
import math

import pytest

from modelyard.client.errors import DirectionConflict, NotFound, Unusable
from tests.faults.yard import embedded_yard
from tests.unit.yard_client import client, command_line


@pytest.fixture
def yard(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with embedded_yard(tmp_path) as opened:
        opened.call("POST", "/v1/models", {"name": "churn"})
        opened.ready("churn", {"model.bin": b"1"})
        yield opened


@pytest.fixture
def modelyard(yard, monkeypatch, capsys):
    return command_line(yard, monkeypatch, capsys)


@pytest.fixture
def plot(tmp_path):
    path = tmp_path / "roc.png"
    path.write_bytes(b"not really a plot")
    return path


def test_the_sdk_reports_sends_what_is_attached_and_lists(yard, plot):
    with client(yard) as registry:
        taken = registry.evaluate(
            "churn",
            1,
            {"auc": 0.93, "loss": 0.21},
            directions={"loss": "lower"},
            units={"loss": "nats"},
            dataset="holdout",
            attach=[plot],
        )
        assert taken.metrics["loss"].model_dump() == {"value": 0.21, "unit": "nats", "direction": "lower"}
        (attached,) = registry.attachments("churn", 1, taken.id)
        assert (attached.path, attached.upload, attached.download is None) == ("roc.png", None, False)
        assert registry.get_version("churn", 1).metrics == {"auc": 0.93, "loss": 0.21}
        assert [each.id for each in registry.evaluations("churn", 1)] == [taken.id]
        with pytest.raises(DirectionConflict):
            registry.evaluate("churn", 1, {"loss": 0.3}, directions={"loss": "higher"})
        with pytest.raises(NotFound):
            registry.attachments("churn", 1, 9999)


def test_the_same_report_given_again_is_another_report_and_sends_no_byte_twice(yard, plot):
    with client(yard) as registry:
        first = registry.evaluate("churn", 1, {"auc": 1}, attach=[plot])
        sent = registry._api.transport.sent
        puts = [path for method, path in sent if path.startswith("/blobs")]
        second = registry.evaluate("churn", 1, {"auc": 1}, attach=[plot])
        assert second.id > first.id
        assert [path for method, path in sent if path.startswith("/blobs")] == puts
        assert len(puts) == 1


def test_a_report_that_was_interrupted_goes_on_as_the_same_report(yard, plot, monkeypatch):
    with client(yard) as registry:
        monkeypatch.setattr("modelyard.client.evaluating.Sending.send_missing", stop)
        with pytest.raises(KeyboardInterrupt):
            registry.evaluate("churn", 1, {"auc": 1}, attach=[plot])
        monkeypatch.undo()
        monkeypatch.setenv("XDG_CACHE_HOME", str(plot.parent / "cache"))
        taken = registry.evaluate("churn", 1, {"auc": 1}, attach=[plot])
        assert [each.id for each in registry.evaluations("churn", 1)] == [taken.id]
        assert registry.attachments("churn", 1, taken.id)[0].download


def stop(*_):
    raise KeyboardInterrupt


@pytest.mark.parametrize("value", [math.nan, math.inf, "x", None])
def test_a_metric_that_is_no_finite_number_never_leaves(yard, value):
    with client(yard) as registry, pytest.raises(Unusable) as refusal:
        registry.evaluate("churn", 1, {"auc": value})
    assert refusal.value.field == "metrics.auc"


def test_a_unit_or_direction_of_no_metric_is_refused(yard):
    with client(yard) as registry:
        for facts in ({"units": {"loss": "ms"}}, {"directions": {"loss": "lower"}}):
            with pytest.raises(Unusable):
                registry.evaluate("churn", 1, {"auc": 1}, **facts)


def test_too_many_or_too_large_attachments_are_refused_before_they_are_read(yard, tmp_path):
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(16 * 1024**2 + 1)
    many = tmp_path / "many"
    many.mkdir()
    for number in range(21):
        (many / f"{number}").touch()
    with client(yard) as registry:
        for path in (large, many):
            with pytest.raises(Unusable):
                registry.evaluate("churn", 1, {"auc": 1}, attach=[path])


def test_the_command_line_reports_and_lists(modelyard, plot):
    assert modelyard.json("evaluations", "churn/1") == {"items": []}
    arguments = ("--dataset", "holdout", "--split", "test", "--metric", "auc=0.93", "--metric", "loss=0.21:lower")
    taken = modelyard.json(
        "evaluate", "churn/1", *arguments, "--unit", "loss=nats", "--run-url", "https://ci", "--attach", plot
    )
    assert (taken["name"], taken["version"], taken["dataset"], taken["split"]) == ("churn", 1, "holdout", "test")
    assert taken["metrics"]["loss"] == {"value": 0.21, "unit": "nats", "direction": "lower"}
    assert (taken["run"]["url"], taken["attachments"][0]["path"]) == ("https://ci", "roc.png")
    assert modelyard.json("show", "churn/1")["metrics"] == {"auc": 0.93, "loss": 0.21}
    code, out, _ = modelyard.run("evaluate", "churn/1", "--metric", "auc=0.94", "--slice", "de")
    assert (code, out) == (0, "churn/1 is evaluated on de: auc=0.94\n")
    listed = modelyard.json("evaluations", "churn/1")["items"]
    assert [each["slice"] for each in listed] == ["de", ""]
    assert "auc 0.93, loss 0.21" in modelyard.run("history", "churn/1")[1]
    table = modelyard.run("evaluations", "churn/1")[1]
    assert "holdout test" in table
    assert "loss=0.21 nats" in table


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--metric", "auc"),
        ("--metric", "auc=x"),
        ("--metric", "auc=nan"),
        ("--metric", "auc=inf:higher"),
        ("--metric", "auc=1:up"),
        ("--metric", "auc=1:"),
        ("--metric", "=1"),
        ("--metric", "auc=1", "--metric", "auc=2"),
        ("--metric", "auc=1", "--unit", "loss=ms"),
        ("--metric", "auc=1", "--attach", "/nowhere/plot.png"),
    ],
)
def test_wrong_usage_is_told_and_nothing_is_reported(modelyard, arguments):
    assert modelyard.run("evaluate", "churn/1", *arguments)[0] == 2
    assert modelyard.json("evaluations", "churn/1")["items"] == []


def test_a_conflict_of_directions_is_told(modelyard):
    modelyard.json("evaluate", "churn/1", "--metric", "loss=0.2:lower")
    code, _, said = modelyard.run("evaluate", "churn/1", "--metric", "loss=0.2:higher", "--json")
    error = json.loads(said)["error"]
    assert (code, error["kind"], error["field"]) == (1, "DirectionConflict", "metrics.loss")


def test_push_tells_directions_as_well(yard, modelyard, plot):
    pushed = modelyard.json("push", "churn", plot, "--metric", "loss=0.2:lower", "--metric", "auc=0.9")
    assert pushed["metrics"] == {"auc": 0.9, "loss": 0.2}
    with client(yard) as registry, pytest.raises(DirectionConflict):
        registry.evaluate("churn", 1, {"loss": 0.3}, directions={"loss": "higher"})


def test_the_help_shows_an_example(modelyard):
    for command in ("evaluate", "evaluations"):
        assert f"modelyard {command} churn/1" in modelyard.run(command, "--help")[1]
