"""`modelyard export` and `modelyard import` as users and scripts see them."""

import pytest

from tests.faults.yard import embedded_yard
from tests.unit.yard_client import command_line


@pytest.fixture
def yard(tmp_path):
    with embedded_yard(tmp_path) as opened:
        opened.call("POST", "/v1/models", {"name": "churn"})
        opened.ready("churn", {"model.bin": b"abc"})
        yield opened


@pytest.fixture
def modelyard(yard, monkeypatch, capsys):
    return command_line(yard, monkeypatch, capsys)


def test_export_says_what_the_bundle_holds(modelyard, tmp_path):
    code, out, err = modelyard.run("export", tmp_path / "out")
    assert (code, err) == (0, "")
    assert "churn: 1 version, entries to 4" in out
    assert "holds 1 model: 1 blob, 3 B, verified" in out
    again = modelyard.json("export", tmp_path / "out")
    assert (again["fetched"], again["kept"], again["size"]) == (0, 1, 3)
    assert again["models"][0]["without_bytes"] == []


def test_import_tells_what_became_of_each_model(modelyard, tmp_path):
    modelyard.run("export", tmp_path / "out.tar", "churn")
    code, out, _ = modelyard.run("import", tmp_path / "out.tar")
    assert (code, "churn there" in out, "all verified" in out) == (0, True, True)
    answer = modelyard.json("import", tmp_path / "out.tar", "--dry-run")
    assert answer["checked"] == {"models": 1, "versions": 1, "blobs": 1, "bytes": 3}
    assert (answer["dry_run"], answer["models"][0]["outcome"]) == (True, "there")


def test_options_may_come_before_the_bundle(modelyard, tmp_path):
    modelyard.run("export", tmp_path / "out")
    code, out, _ = modelyard.run("import", "--dry-run", tmp_path / "out")
    assert (code, "nothing was done" in out) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "expected", "said"),
    [
        (("import",), 2, "Missing command"),
        (("import", "nowhere"), 1, "no bundle"),
        (("import", "nowhere", "more"), 2, "unexpected extra argument"),
        (("export",), 2, "Missing argument"),
        (("export", "out", "nobody"), 5, "no model"),
    ],
    ids=str,
)
def test_what_goes_wrong_is_told_and_has_its_exit_code(modelyard, tmp_path, monkeypatch, arguments, expected, said):
    monkeypatch.chdir(tmp_path)
    code, out, err = modelyard.run(*arguments)
    assert (code, out, said in err) == (expected, "", True), err


def test_a_bundle_may_be_called_like_another_kind_of_registry(modelyard, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    modelyard.run("export", "mlflow")
    code, out, _ = modelyard.run("import", "./mlflow")
    assert (code, "churn there" in out) == (0, True)


def test_an_export_replaces_nothing_but_its_own_bundles_unless_told_to(modelyard, yard, tmp_path):
    target, folder = tmp_path / "t.tar", tmp_path / "docs"
    target.write_bytes(b"hi\n")
    folder.mkdir()
    (folder / "bundle.json").write_bytes(b"mine")
    for taken in (target, folder):
        code, _, err = modelyard.run("export", taken, "churn")
        assert (code, "no bundle" in err, "--force" in err) == (1, True, True), err
    assert (target.read_bytes(), (folder / "bundle.json").read_bytes()) == (b"hi\n", b"mine")
    for taken in (target, folder):
        assert modelyard.run("export", taken, "churn", "--force")[0] == 0
        assert modelyard.run("export", taken, "churn")[0] == 0
        assert modelyard.run("import", taken)[0] == 0
    yard.call("POST", "/v1/models", {"name": "fraud"})
    code, _, err = modelyard.run("export", target, "fraud")
    assert (code, "bundle of other models: 'churn'" in err) == (1, True), err
    assert modelyard.run("export", target, "churn", "fraud")[0] == 0
    code, out, _ = modelyard.run("export", target, "fraud")
    assert (code, "no longer in it: churn" in out) == (0, True)
    assert modelyard.json("export", target, "churn", "--force")["dropped"] == ["fraud"]


def test_an_export_leaves_a_bundle_alone_when_there_is_nothing_to_export(modelyard, tmp_path):
    modelyard.run("export", tmp_path / "out")
    assert modelyard.run("export", tmp_path / "out", "nobody")[0] == 5
    assert modelyard.run("import", tmp_path / "out")[0] == 0


@pytest.mark.parametrize("what", ["folder", "link", "file"])
def test_an_export_tells_what_stands_in_its_way(modelyard, tmp_path, what):
    target = tmp_path / ("out" if what == "file" else "out.tar")
    {"folder": target.mkdir, "link": lambda: target.symlink_to("nowhere"), "file": target.touch}[what]()
    code, _, err = modelyard.run("export", target)
    assert (code, repr(str(target)) in err) == (1, True), err
    assert not (tmp_path / "out.tar.partial").exists()
