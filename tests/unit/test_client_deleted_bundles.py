"""What is deleted and can be restored moves with the rest, bytes and all; what cannot is told."""

import json

import pytest

from modelyard.client import Registry
from modelyard.client.bundle_checking import check_bundle
from modelyard.client.bundle_format import BadBundle
from modelyard.client.bundle_reading import open_bundle
from tests.faults.invariants import check_all
from tests.faults.yard import embedded_yard
from tests.unit.fakes import digest_of
from tests.unit.yard_client import QUICK, URL, YardTransport, command_line

V = "/v1/models/churn/versions"


@pytest.fixture
def source(tmp_path):
    """A registry whose model has two versions, of which the first is deleted."""
    (tmp_path / "source").mkdir()
    with embedded_yard(tmp_path / "source") as yard, opened(yard) as registry:
        yard.call("POST", "/v1/models", {"name": "churn"})
        yard.ready("churn", {"a.bin": b"a" * 20, "g": b"gone"})
        yard.ready("churn", {"a.bin": b"a" * 20})
        registry.delete_version("churn", 1)
        yield registry, yard


@pytest.fixture
def target(tmp_path):
    (tmp_path / "target").mkdir()
    with embedded_yard(tmp_path / "target") as yard, opened(yard) as registry:
        yard.ports.ids.count = 500
        yield registry, yard


def opened(yard):
    return Registry(URL, "", transport=YardTransport(yard), backoff=QUICK)


def files_in(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("step", [1, 500])
def test_a_moved_deleted_version_can_be_restored_and_is_ready_again(source, target, tmp_path, step, monkeypatch):
    monkeypatch.setattr("modelyard.client.bundle_import.MOST_EVENTS", step)
    exported = source[0].export_bundle(tmp_path / "out")
    assert exported.models[0].without_bytes == []
    target[0].import_bundle(tmp_path / "out")
    assert target[0].get_version("churn", 1).state == "deleted"
    check_all(target[1])
    assert target[0].restore_version("churn", 1).state == "verifying"
    target[1].pump()
    assert target[0].get_version("churn", 1).state == "ready"
    target[0].pull("churn/1", tmp_path / "pulled")
    assert files_in(tmp_path / "pulled") == {"a.bin": b"a" * 20, "g": b"gone"}
    check_all(target[1])


def test_bytes_of_a_moved_deleted_version_outlive_another_that_shared_them(source, target, tmp_path):
    registry, yard = target
    source[1].clock.advance(days=5)
    source[0].restore_version("churn", 1)
    source[0].delete_version("churn", 1)
    source[0].export_bundle(tmp_path / "out")
    yard.call("POST", "/v1/models", {"name": "other"})
    yard.ready("other", {"g": b"gone"})
    registry.delete_version("other", 1)
    registry.import_bundle(tmp_path / "out")
    for minutes in (31 * 24 * 60, 20, 20):
        yard.clock.advance(minutes=minutes)
        yard.sweep()
        yard.pump()
    assert yard.call("GET", "/v1/models/other/versions/1").status == 404
    registry.restore_version("churn", 1)
    assert registry.get_version("churn", 1).state == "ready"


def test_what_is_exported_anew_after_a_move_is_the_same_file_by_file(source, target, tmp_path):
    source[0].delete_model("churn")
    source[0].export_bundle(tmp_path / "first")
    target[0].import_bundle(tmp_path / "first")
    target[0].export_bundle(tmp_path / "second")
    assert files_in(tmp_path / "second") == files_in(tmp_path / "first")


def test_a_deleted_model_is_exported_with_everything_and_by_name_and_lives_on_elsewhere(source, target, tmp_path):
    registry, yard = source
    yard.call("POST", "/v1/models", {"name": "lives"})
    until = registry.delete_model("churn").deleted.purge_at
    exported = registry.export_bundle(tmp_path / "all.tar")
    assert [(model.name, model.deleted) for model in exported.models] == [("churn", until), ("lives", "")]
    named = registry.export_bundle(tmp_path / "one.tar", ["churn"])
    assert [(model.name, model.without_bytes) for model in named.models] == [("churn", [])]
    imported = target[0].import_bundle(tmp_path / "all.tar")
    assert [(model.name, model.outcome, model.deleted) for model in imported.models] == [
        ("churn", "brought", until),
        ("lives", "brought", ""),
    ]
    assert target[0].get_model("churn").deleted.purge_at == until
    target[0].restore_model("churn")
    target[0].pull("churn/2", tmp_path / "pulled")
    assert files_in(tmp_path / "pulled") == {"a.bin": b"a" * 20}


def test_bytes_of_a_deleted_version_that_are_lost_are_told_and_hinder_nobody(source, target, tmp_path):
    source[1].lose(b"gone")
    exported = source[0].export_bundle(tmp_path / "out")
    assert [model.without_bytes for model in exported.models] == [[1]]
    imported = target[0].import_bundle(tmp_path / "out")
    assert [(model.outcome, model.withheld) for model in imported.models] == [("brought", [1])]
    assert target[0].get_version("churn", 1).state == "deleted"
    assert target[0].get_version("churn", 2).state == "ready"


def test_a_deleted_version_whose_bytes_never_were_proven_comes_without(source, target, tmp_path):
    registry, yard = source
    registry.register("churn", [{"path": "n", "size": 3, "digest": digest_of(b"nnn")}])
    registry.delete_version("churn", 3)
    exported = registry.export_bundle(tmp_path / "out")
    assert [model.without_bytes for model in exported.models] == [[3]]
    assert target[0].import_bundle(tmp_path / "out").models[0].outcome == "brought"
    assert yard.call("GET", f"{V}/3/files", query={"deleted": "true"}).body["items"][0]["download"] is None


def test_files_of_what_is_deleted_are_handed_out_only_to_who_asks_for_them(source):
    registry, yard = source
    downloads = lambda **query: [  # noqa: E731
        [file["download"] is not None for file in yard.call("GET", f"{V}/{number}/files", query=query).body["items"]]
        for number in (1, 2)
    ]
    assert downloads() == [[False, False], [True]]
    assert downloads(deleted="true") == [[True, True], [True]]
    registry.delete_model("churn")
    assert downloads() == [[False, False], [False]]
    assert downloads(deleted="true") == [[True, True], [True]]
    assert yard.call("GET", f"{V}/1/files", query={"deleted": "perhaps"}).status == 422
    yard.clock.advance(days=31)
    yard.sweep()
    assert yard.call("GET", f"{V}/2/files", query={"deleted": "true"}).status == 404


def test_a_bundle_that_says_it_could_restore_other_bytes_is_told(source, tmp_path):
    source[0].export_bundle(tmp_path / "out")
    blob = tmp_path / "out" / "blobs" / "sha256" / digest_of(b"gone").partition(":")[2]
    blob.write_bytes(b"gone!")
    with open_bundle(tmp_path / "out") as bundle, pytest.raises(BadBundle, match="5 bytes, where 'g' has 4"):
        check_bundle(bundle)
    blob.write_bytes(b"wins")
    with open_bundle(tmp_path / "out") as bundle, pytest.raises(BadBundle, match="not what its name says"):
        check_bundle(bundle)


def test_people_are_told_what_is_deleted(source, tmp_path, monkeypatch, capsys):
    modelyard = command_line(source[1], monkeypatch, capsys)
    until = source[0].delete_model("churn").deleted.purge_at
    code, out, _ = modelyard.run("export", tmp_path / "out")
    assert (code, f"churn: 2 versions, entries to 9; deleted, can be restored until {until}" in out) == (0, True)
    code, out, _ = modelyard.run("import", tmp_path / "out")
    assert (code, f"churn there; deleted, can be restored until {until}" in out) == (0, True)
    assert json.loads((tmp_path / "out" / "bundle.json").read_text())["models"][0]["sequence"] == 9
