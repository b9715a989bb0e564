"""Whole models on their way: from one machine to the registry that the journeys travel, and back."""

import pytest

from modelyard.client import Registry
from modelyard.contract.requests import BaseRequest
from tests.e2e.conftest import CommandLine
from tests.e2e.embedded_server import EmbeddedServer


@pytest.fixture
def machine(tmp_path):
    """A registry on one machine, and a maker of more."""
    servers = []

    def machine(name):
        (tmp_path / name).mkdir()
        servers.append(EmbeddedServer(tmp_path / name))
        return servers[-1].start()

    yield machine
    for server in servers:
        server.kill()


@pytest.fixture
def files(tmp_path):
    """A folder with a file of several parts, whose middle is a hole."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "weights.bin").write_bytes(b"weights" * 1000)
    with (folder / "large.bin").open("wb") as file:
        file.write(b"first")
        file.seek(65 * 1024**2)
        file.write(b"last")
    return folder


def files_in(folder):
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def live(registry, name, files, eventually):
    """A model to which something happened; its versions, once all of it came to rest."""
    registry.push(name, files, metrics={"auc": 0.91}, params={"depth": 8})
    registry.push(name, files / "weights.bin", tags={"team": "growth"})
    registry.transition(name, 1, "production", comment="first")
    registry.transition(name, 2, "production", comment="better", replace=True)
    registry.set_alias(name, "champion", 2)
    registry.push(name, files / "weights.bin", bases=[BaseRequest(relation="fine-tune", reference=f"{name}/1")])
    registry.update_version(name, 2, card="# Growth")
    registry.evaluate(name, 2, {"auc": 0.95}, dataset="holdout", split="test", comment="nightly")
    registry.rename_model(name, f"{name}-eu")
    eventually(lambda: {version.name for version in registry.list_versions(name)} == {f"{name}-eu"})
    return [version.model_dump() for version in registry.list_versions(name)]


def test_a_model_moves_there_and_back_and_stays_what_it_was(registry, machine, files, name, tmp_path, eventually):
    with Registry(machine("first").url) as first, Registry(machine("second").url) as second:
        known = live(first, name, files, eventually)
        first.export_bundle(tmp_path / "out")
        assert [model.outcome for model in registry.import_bundle(tmp_path / "out").models] == ["brought"]
        assert [version.model_dump() for version in registry.list_versions(name)] == known
        assert registry.resolve(f"{name}@champion").version.version == 2
        assert "# Growth" in registry.card(name, 2)
        (report,) = registry.evaluations(name, 2)
        assert (report.dataset, report.comment, report.metrics["auc"].value) == ("holdout", "nightly", 0.95)
        registry.pull(f"{name}/1", tmp_path / "pulled")
        assert files_in(tmp_path / "pulled") == files_in(files)
        registry.export_bundle(tmp_path / "there.tar", [name])
        assert [model.outcome for model in second.import_bundle(tmp_path / "there.tar").models] == ["brought"]
        second.export_bundle(tmp_path / "back")
        assert files_in(tmp_path / "back") == files_in(tmp_path / "out")
        assert [model.outcome for model in registry.import_bundle(tmp_path / "back").models] == ["there"]


def test_a_moved_model_lives_on_and_the_world_hears_only_of_that(registry, machine, files, name, tmp_path, eventually):
    with Registry(machine("first").url) as first:
        first.push(name, files / "weights.bin")
        first.export_bundle(tmp_path / "out.tar")
    registry.import_bundle(tmp_path / "out.tar")
    assert registry.push(name, files / "weights.bin", tags={"again": "yes"}).version == 2
    history = eventually(lambda: _placed(list(registry.history(name))))
    assert [event.type for event in history[:5]] == [
        "model.created",
        "version.registered",
        "version.uploaded",
        "version.verified",
        "version.registered",
    ]


def _placed(history):
    return history if all(event.position for event in history) else None


def test_the_command_line_moves_models(cli, machine, files, name, tmp_path):
    server = machine("first")
    there = CommandLine(server.url, tmp_path)
    there.json("push", name, files)
    exported = there.json("export", "bundle", name)
    assert [model["name"] for model in exported["models"]] == [name]
    code, said, _ = cli.run("import", "bundle", "--dry-run")
    assert (code, f"{name} planned, 4 of 4 entries" in said) == (0, True)
    assert cli.json("import", "bundle")["models"][0]["outcome"] == "brought"
    assert cli.json("import", "bundle")["models"][0]["outcome"] == "there"
    there.json("update", name, "--description", "there")
    cli.json("update", name, "--description", "here")
    there.json("export", "bundle", name)
    code, said, _ = cli.run("import", "bundle")
    assert (code, f"{name} left" in said) == (1, True)
    code, _, complained = cli.run("import", "nowhere")
    assert (code, "no bundle" in complained) == (1, True)
