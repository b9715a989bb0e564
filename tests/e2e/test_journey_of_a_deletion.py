"""A model that is renamed, asked about its past, deleted and brought back, as its users do it."""

import pytest

from modelyard.client.errors import Deleted, InUse, NotFound

USAGE, REFUSED, MISSING = 2, 1, 5


@pytest.fixture
def two_versions(registry, name, tmp_path):
    """Two versions, of which the second took the first one's place in production."""
    path = tmp_path / "model.bin"
    for content in (b"first", b"second"):
        path.write_bytes(content)
        version = registry.push(name, path, metrics={"auc": 0.9})
        registry.transition(name, version.version, "production", replace=True)
    return name


def moment_of(registry, name, kind, version):
    """When something first happened to a version."""
    return next(event.time for event in registry.history(name, version) if event.type == kind)


def test_what_was_in_production_then(registry, cli, two_versions):
    then = moment_of(registry, two_versions, "version.promoted", 1)
    for at in (then, then.replace("Z", "+00:00")):
        resolved = registry.resolve(f"{two_versions}/production", at=at)
        assert (resolved.version.version, resolved.at, resolved.state_now) == (1, then, "ready")
    assert registry.resolve(f"{two_versions}/production").version.version == 2
    told = cli.json("resolve", f"{two_versions}/production", "--at", then)
    assert (told["version"], told["stage"], told["state_now"]) == (1, "production", "ready")
    shown = cli.json("show", two_versions, "--at", then)
    assert (shown["versions"], [each["version"] for each in shown["newest"]]) == (1, [1])
    shown = cli.json("show", f"{two_versions}/production", "--at", then)
    assert (shown["version"], [file["path"] for file in shown["files"]]) == (1, ["model.bin"])
    assert two_versions not in [model["name"] for model in cli.json("list", "--at", "2001-01-01")["items"]]
    assert cli.run("show", two_versions, "--at", "2001-01-01")[0] == MISSING
    code, _, complaint = cli.run("resolve", two_versions, "--at", "yesterday")
    assert (code, "a moment is like 2026-03-03T12:00:00Z" in complaint) == (REFUSED, True)


def test_a_new_name_and_the_old_one(registry, cli, two_versions, tmp_path, eventually):
    new = f"{two_versions}-eu"
    renamed = cli.json("rename", two_versions, new)
    assert (renamed["name"], renamed["versions"]) == (new, 2)
    for name in (two_versions, new, renamed["id"]):
        assert registry.get_model(name).name == new
        assert registry.resolve(f"{name}/production").version.version == 2
    assert cli.json("pull", f"{two_versions}/1", tmp_path / "out")["version"] == 1
    assert (tmp_path / "out" / "model.bin").read_bytes() == b"first"
    (tmp_path / "third.bin").write_bytes(b"third")
    assert cli.json("push", two_versions, tmp_path / "third.bin")["name"] == new
    eventually(lambda: {version.name for version in registry.list_versions(two_versions)} == {new})
    assert cli.run("rename", new, "a/b")[0] == REFUSED


def test_a_version_that_is_deleted_by_force_and_restored(registry, cli, two_versions):
    registry.set_alias(two_versions, "champion", 2)
    with pytest.raises(InUse) as refusal:
        registry.delete_version(two_versions, 2)
    assert refusal.value.facts == {"stages": ["production"], "aliases": ["champion"]}
    code, _, complaint = cli.run("delete", f"{two_versions}/2")
    assert (code, "--force" in complaint) == (REFUSED, True)
    gone = cli.json("delete", f"{two_versions}/production", "--force", "--reason", "a wrong split")
    assert (gone["version"], gone["state"], gone["stage"], gone["aliases"]) == (2, "deleted", "archived", [])
    assert gone["deleted"]["state"] == "ready"
    with pytest.raises(NotFound):
        registry.resolve(f"{two_versions}@champion")
    with pytest.raises(Deleted) as refusal:
        registry.pull(f"{two_versions}/2", "nowhere")
    assert refusal.value.facts["purge_at"] == gone["deleted"]["purge_at"]
    assert registry.resolve(two_versions).version.version == 1
    assert [each["version"] for each in cli.json("versions", two_versions)["items"]] == [1]
    assert [each["version"] for each in cli.json("versions", two_versions, "--deleted")["items"]] == [2, 1]
    _, said, _ = cli.run("show", f"{two_versions}/2")
    assert "can be restored until" in said
    back = cli.json("restore", f"{two_versions}/2")
    assert (back["state"], back["deleted"], back["proof"]) == ("ready", None, "storage")
    assert registry.resolve(two_versions).version.version == 2
    types = [event.type for event in registry.history(two_versions, 2)]
    assert types[-5:] == [
        *("version.promoted", "alias.removed", "version.deleted", "version.restored", "version.verified"),
    ]


def test_a_model_that_is_deleted_with_all_that_is_in_it_and_restored(registry, cli, two_versions, tmp_path):
    with pytest.raises(InUse):
        registry.delete_model(two_versions)
    _, said, _ = cli.run("delete", two_versions, "--force")
    assert f"`modelyard restore {two_versions}` brings it back" in said
    listed = [model.name for model in registry.list_models(two_versions)]
    assert (listed, [model.name for model in registry.list_models(two_versions, deleted=True)]) == ([], [two_versions])
    for attempt in (
        lambda: registry.resolve(f"{two_versions}/1"),
        lambda: registry.transition(two_versions, 1, "staging"),
        lambda: registry.push(two_versions, tmp_path / "model.bin"),
        lambda: registry.rename_model(two_versions, "other"),
    ):
        with pytest.raises(Deleted):
            attempt()
    assert registry.get_version(two_versions, 1).state == "ready", "it can still be looked at"
    assert cli.json("restore", two_versions)["deleted"] is None
    assert registry.resolve(f"{two_versions}/production").version.version == 2
    assert cli.run("restore", "nobody")[0] == MISSING
    assert cli.run("delete")[0] == USAGE
