"""A renamed model can be brought though a name that it had once is another's; its own must be free."""

import pytest

from modelyard.client import Registry
from modelyard.client.errors import Unreachable
from tests.faults.invariants import check_all
from tests.faults.yard import embedded_yard
from tests.unit.yard_client import QUICK, URL, YardTransport, command_line


@pytest.fixture
def source(tmp_path):
    """A registry whose model churn-eu was once called churn."""
    (tmp_path / "source").mkdir()
    with embedded_yard(tmp_path / "source") as yard, opened(yard) as registry:
        yard.call("POST", "/v1/models", {"name": "churn"})
        yard.ready("churn", {"a.bin": b"theirs"})
        registry.rename_model("churn", "churn-eu")
        yard.ready("churn-eu", {"a.bin": b"newer"})
        yield registry, yard


@pytest.fixture
def target(tmp_path):
    """Another, which has a model churn of its own."""
    (tmp_path / "target").mkdir()
    with embedded_yard(tmp_path / "target") as yard, opened(yard) as registry:
        yard.ports.ids.count = 500
        yard.call("POST", "/v1/models", {"name": "churn"})
        yard.ready("churn", {"a.bin": b"ours"})
        yield registry, yard


def opened(yard):
    return Registry(URL, "", transport=YardTransport(yard), backoff=QUICK)


def files_in(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("step", [1, 500])
def test_a_former_name_that_is_anothers_stays_its_own_and_is_told(source, target, tmp_path, step, monkeypatch):
    monkeypatch.setattr("modelyard.client.bundle_import.MOST_EVENTS", step)
    source[0].export_bundle(tmp_path / "first")
    ours = target[0].get_model("churn").id
    planned = target[0].import_bundle(tmp_path / "first", dry_run=True)
    imported = target[0].import_bundle(tmp_path / "first")
    assert [(m.outcome, m.reason, m.names_left) for m in planned.models] == [("planned", "", ["churn"])]
    assert [(m.outcome, m.reason, m.names_left) for m in imported.models] == [("brought", "", ["churn"])]
    assert target[0].get_model("churn").id == ours
    assert target[0].get_model("churn-eu") == source[0].get_model("churn-eu")
    for reference, content in (("churn/1", b"ours"), ("churn-eu/1", b"theirs"), ("churn-eu/2", b"newer")):
        target[0].pull(reference, tmp_path / reference)
        assert files_in(tmp_path / reference) == {"a.bin": content}
    check_all(target[1])
    assert [m.outcome for m in target[0].import_bundle(tmp_path / "first").models] == ["there"]
    target[0].export_bundle(tmp_path / "second", ["churn-eu"])
    assert files_in(tmp_path / "second") == files_in(tmp_path / "first")


@pytest.mark.parametrize("sent", range(2, 8))
def test_an_import_under_another_name_that_was_cut_off_goes_on(source, target, tmp_path, sent, monkeypatch):
    """Until the entry that renames it, the model is found under the name that it will have, and by its id."""
    monkeypatch.setattr("modelyard.client.bundle_import.MOST_EVENTS", 1)
    source[0].export_bundle(tmp_path / "out")
    ours = target[0].get_model("churn").id
    asked = []

    def cut(method, path):
        asked.extend([path] if path == "/v1/imports/journals" else [])
        if len(asked) > sent:
            raise Unreachable("cut off")

    with Registry(URL, "", transport=YardTransport(target[1]), backoff=QUICK) as registry:
        registry._api.transport.before = cut
        with pytest.raises(Unreachable):
            registry.import_bundle(tmp_path / "out")
    check_all(target[1])
    assert target[0].get_model("churn").id == ours
    assert target[0].get_model("churn-eu").id == source[0].get_model("churn-eu").id
    assert target[0].import_bundle(tmp_path / "out").models[0].names_left == ["churn"]
    assert target[0].get_model("churn-eu") == source[0].get_model("churn-eu")
    check_all(target[1])


def test_a_name_that_is_taken_can_be_changed_there_and_then_it_comes(source, target, tmp_path):
    target[0].create_model("churn-eu")
    source[0].export_bundle(tmp_path / "out")
    [left] = target[0].import_bundle(tmp_path / "out").models
    assert left.outcome == "left"
    assert "'churn-eu' is the name of a model already: rename" in left.reason
    source[0].rename_model("churn-eu", "churn-from-there")
    source[0].export_bundle(tmp_path / "out")
    [brought] = target[0].import_bundle(tmp_path / "out").models
    assert (brought.outcome, brought.names_left) == ("brought", ["churn", "churn-eu"])
    check_all(target[1])


def test_a_former_name_may_be_one_that_another_was_renamed_to(source, target, tmp_path):
    """The partition of that name is free then, and yet not to be taken: it is found before the redirect is."""
    registry, yard = target
    registry.rename_model("churn", "kept")
    registry.create_model("other")
    source[0].rename_model("churn-eu", "other-eu")
    yard.call("POST", "/v1/models/kept/rename", {"name": "churn"})
    source[0].export_bundle(tmp_path / "out")
    registry.import_bundle(tmp_path / "out")
    registry.create_model("a")
    registry.rename_model("a", "b")
    source[0].create_model("b")
    source[0].rename_model("b", "c")
    source[0].export_bundle(tmp_path / "more", ["c"])
    assert registry.import_bundle(tmp_path / "more").models[0].names_left == ["b"]
    assert registry.get_model("b").id == registry.get_model("a").id != registry.get_model("c").id
    check_all(yard)


def test_people_are_told_of_names_that_stay_anothers(source, target, tmp_path, monkeypatch, capsys):
    source[0].export_bundle(tmp_path / "out")
    modelyard = command_line(target[1], monkeypatch, capsys)
    code, out, _ = modelyard.run("import", tmp_path / "out")
    assert (code, "another model has its former name churn" in out) == (0, True), out


@pytest.mark.parametrize("called", ["a/b", 7, None, "x" * 1000])
def test_a_name_that_is_none_is_refused(source, target, called):
    events = source[1].call("GET", "/v1/models/churn/history").body["items"]
    body = {"model": events[0]["model"]["id"], "events": events[:1], "called": called}
    assert target[1].call("POST", "/v1/imports/journals", body).status == 422


def test_a_model_that_was_renamed_over_and_over_comes_with_all_its_names(source, target, tmp_path):
    """Each name is two writes of a transaction beside its entry."""
    for nth in range(60):
        source[0].rename_model(f"churn-{nth - 1}" if nth else "churn-eu", f"churn-{nth}")
    source[0].export_bundle(tmp_path / "out")
    [model] = target[0].import_bundle(tmp_path / "out").models
    assert (model.outcome, model.reason, model.names_left) == ("brought", "", ["churn"])
    assert {target[0].get_model(f"churn-{nth}").id for nth in range(60)} == {model.id}
    check_all(target[1])
