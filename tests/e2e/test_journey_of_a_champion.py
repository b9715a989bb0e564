"""How a version becomes champion: evaluated, compared, aliased, pulled by its alias, and rolled back."""

import hashlib

import pytest
import urllib3

from modelyard.client.errors import AliasMoved, DirectionConflict, VersionNotReady
from modelyard.domain.journal import find_break


@pytest.fixture
def models(tmp_path):
    """Two files to push."""
    paths = []
    for number in (1, 2):
        path = tmp_path / f"{number}" / "model.bin"
        path.parent.mkdir()
        path.write_bytes(b"not really a model %d\n" % number * (100 + number))
        paths.append(path)
    return paths


@pytest.fixture
def plot(tmp_path):
    path = tmp_path / "confusion.html"
    path.write_bytes(b"<script>alert('not run')</script>" * 50)
    return path


def test_a_challenger_becomes_champion_and_goes_back(registry, name, models, plot, tmp_path):
    for path in models:
        registry.push(name, path, metrics={"auc": 0.9, "loss": 0.3}, directions={"loss": "lower"})
    registry.set_alias(name, "champion", 1, expect=None)
    taken = registry.evaluate(name, 2, {"auc": 0.95, "loss": 0.2}, dataset="holdout", split="test", attach=[plot])
    with pytest.raises(DirectionConflict):
        registry.evaluate(name, 2, {"loss": 0.1}, directions={"loss": "higher"})
    found = registry.compare(f"{name}@champion", f"{name}@latest")
    assert [each.version for each in found.versions] == [1, 2]
    assert {row.name: row.best for row in found.metrics} == {"auc": [False, True], "loss": [False, True]}
    assert [(row.path, row.change) for row in found.files] == [("model.bin", "changed")]
    moved = registry.set_alias(name, "champion", 2, expect=1, comment="better on the holdout")
    assert (moved.version, moved.previous) == (2, [1])
    with pytest.raises(AliasMoved):
        registry.set_alias(name, "champion", 1, expect=1)
    registry.pull(f"{name}@champion", tmp_path / "out")
    assert (tmp_path / "out" / "model.bin").read_bytes() == models[1].read_bytes()
    assert registry.roll_back_alias(name, "champion", expect=2).version == 1
    assert registry.resolve(f"{name}@champion").version.version == 1
    assert [each.id for each in registry.evaluations(name, 2)] == [taken.id]
    told = [event.model_dump() for event in registry.history(name)]
    assert find_break(told) is None
    kinds = [event["type"] for event in told if event["type"].startswith(("alias", "version.eval"))]
    assert kinds == ["alias.set", "version.evaluated", *["alias.set", "alias.replaced"] * 2]


def test_what_is_attached_comes_back_byte_for_byte_and_as_a_file_to_save(registry, name, models, plot):
    registry.push(name, models[0])
    taken = registry.evaluate(name, 1, {"auc": 0.9}, attach=[plot])
    (attached,) = registry.attachments(name, 1, taken.id)
    assert attached.upload is None
    got = urllib3.request("GET", attached.download.url, headers=attached.download.headers)
    assert (got.status, got.data) == (200, plot.read_bytes())
    assert got.headers["content-disposition"].startswith("attachment;")
    assert "html" not in got.headers["content-type"]
    assert attached.digest == f"sha256:{hashlib.sha256(got.data).hexdigest()}"


def test_the_command_line_tells_the_same_story(cli, name, models, plot):
    for path in models:
        cli.json("push", name, path, "--metric", "auc=0.9", "--metric", "loss=0.3:lower")
    cli.json("evaluate", f"{name}/2", "--dataset", "holdout", "--metric", "loss=0.2:lower", "--attach", plot)
    assert [each["dataset"] for each in cli.json("evaluations", f"{name}/2")["items"]] == ["holdout"]
    cli.json("alias", "set", name, "champion", "2", "--expect", "none")
    assert cli.json("show", f"{name}@champion")["aliases"] == ["champion"]
    compared = cli.json("compare", f"{name}/1", f"{name}@champion")
    assert [row["deltas"][1] for row in compared["metrics"] if row["name"] == "loss"] == [pytest.approx(-0.1)]
    code, said, _ = cli.run("compare", f"{name}/1", f"{name}@champion", "--format", "md")
    assert (code, "| metrics |" in said) == (0, True)
    code, _, said = cli.run("alias", "rollback", name, "champion")
    assert (code, "not known to have stood" in said) == (1, True)
    assert cli.json("alias", "remove", name, "champion")["version"] is None
    assert cli.run("pull", f"{name}@champion", "out")[0] == 5


def test_a_version_that_is_not_proven_gets_no_alias(registry, name):
    registry.create_model(name)
    registry.register(name, [{"path": "a", "size": 1, "digest": "sha256:" + "0" * 64}])
    with pytest.raises(VersionNotReady):
        registry.set_alias(name, "champion", 1)
