"""Export and import through the SDK, on the real functions: the same files from wherever, whatever came in between."""

import json
import shutil
import tarfile
from contextlib import contextmanager

import pytest

from modelyard.client import Backoff, Registry
from modelyard.client.errors import Hindered, NotFound, StorageRefused, Unreachable
from modelyard.domain import digests
from tests.faults import story
from tests.faults.yard import embedded_yard
from tests.unit.fakes import digest_of
from tests.unit.yard_client import URL, YardTransport

QUICK = Backoff(attempts=2, attempts_at_first=2, first_wait=0.001, longest_wait=0.001)


@contextmanager
def opened(folder):
    """A registry, its yard and its transport."""
    folder.mkdir(parents=True, exist_ok=True)
    with embedded_yard(folder) as yard:
        transport = YardTransport(yard)
        with Registry(URL, "", transport=transport, backoff=QUICK) as registry:
            yield registry, yard, transport


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    monkeypatch.setattr(digests, "MIN_PART", story.SMALL)


@pytest.fixture
def source(tmp_path):
    """A registry to which everything happened, with a second model."""
    with opened(tmp_path / "source") as (registry, yard, transport):
        story.tell(yard)
        yard.call("POST", "/v1/models", {"name": "fraud"})
        yard.ready("fraud", {"a.bin": b"a" * 20, "own.bin": b"own"})
        yield registry, yard, transport


@pytest.fixture
def target(tmp_path):
    with opened(tmp_path / "target") as (registry, yard, transport):
        yard.ports.ids.count = 500
        yield registry, yard, transport


def files_in(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def fetched(transport, since=0):
    return [path for method, path in transport.sent[since:] if method == "GET" and path.startswith("/blobs/")]


def test_exported_imported_and_exported_again_it_is_the_same_file_by_file(source, target, tmp_path):
    exported = source[0].export_bundle(tmp_path / "first")
    imported = target[0].import_bundle(tmp_path / "first")
    target[0].export_bundle(tmp_path / "second")
    assert files_in(tmp_path / "second") == files_in(tmp_path / "first")
    assert [(model.name, model.outcome) for model in imported.models] == [("churn-eu", "brought"), ("fraud", "brought")]
    assert [model.without_bytes for model in exported.models] == [[1, 3, 4, 6, 8], []]
    index = json.loads((tmp_path / "first" / "bundle.json").read_text())
    assert [model["name"] for model in index["models"]] == ["churn-eu", "fraud"]


def test_cards_lineage_and_reports_with_their_files_come_along(source, target, tmp_path):
    registry, yard, _ = source
    yard.call("POST", "/v1/models", {"name": "risk"})
    about = {
        "card": "# Risk",
        "bases": [{"reference": "churn/2", "relation": "fine-tune"}],
        "source": {"repository": "https://git.example/risk", "commit": "4f2c9d1", "dirty": True},
        "run": {"system": "ci", "id": "7"},
        "environment": {"python": "3.13", "packages": {"numpy": "2.4"}},
        "datasets": [{"name": "customers", "role": "train", "rows": 7}],
        "metrics": {"auc": 0.9},
    }
    yard.ready("risk", {"w.bin": b"w"}, **about)
    (tmp_path / "plot.png").write_bytes(b"a plot")
    registry.evaluate("risk", 1, {"auc": 0.93}, attach=[tmp_path / "plot.png"], comment="held out")
    registry.report("risk", 1, {"loss": 0.2}, attachments=[{"path": "x", "size": 3, "digest": digest_of(b"???")}])
    registry.update_version("risk", 1, card="# Risk\n\nSecond.")
    registry.export_bundle(tmp_path / "out")
    target[0].import_bundle(tmp_path / "out")
    for path in ("", "/versions/1", "/versions/1/evaluations", "/history"):
        there, here = (each[1].call("GET", f"/v1/models/risk{path}").body for each in (source, target))
        assert unplaced(here) == unplaced(there)
    assert "Second." in target[0].card("risk", 1, "source")
    reports = list(target[0].evaluations("risk", 1))
    [attached] = target[0].attachments("risk", 1, reports[1].id)
    assert attached.download is not None
    assert target[1].store.read(attached.digest, 0, 6) == b"a plot"
    [never_sent] = target[0].attachments("risk", 1, reports[0].id)
    assert never_sent.download is None


def unplaced(body):
    """An answer without the places of entries in a registry's feed."""
    return json.loads(json.dumps(body), object_hook=lambda part: {k: v for k, v in part.items() if k != "position"})


def test_a_tar_holds_the_same_and_is_always_the_same(source, target, tmp_path):
    source[0].export_bundle(tmp_path / "first")
    source[0].export_bundle(tmp_path / "first.tar")
    with tarfile.open(tmp_path / "first.tar") as tar:
        held = {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}
    assert held == files_in(tmp_path / "first")
    target[0].import_bundle(tmp_path / "first.tar")
    target[0].export_bundle(tmp_path / "second.tar")
    assert (tmp_path / "second.tar").read_bytes() == (tmp_path / "first.tar").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir() if "tar" in path.name) == [
        "first.tar",
        "second.tar",
        "target",
    ]


def test_what_is_there_and_right_is_not_fetched_again(source, tmp_path):
    registry, _, transport = source
    registry.export_bundle(tmp_path / "out")
    whole, sent = files_in(tmp_path / "out"), len(transport.sent)
    again = registry.export_bundle(tmp_path / "out")
    assert fetched(transport, sent) == []
    assert (again.fetched, again.kept) == (0, len([path for path in whole if path.startswith("blobs/")]))
    blob = next(path for path in whole if path.startswith("blobs/sha256/"))
    (tmp_path / "out" / blob).write_bytes(b"rotten")
    (tmp_path / "out" / next(path for path in whole if "manifests" in path)).write_bytes(b"{}")
    assert registry.export_bundle(tmp_path / "out").fetched == 1
    assert files_in(tmp_path / "out") == whole


def test_an_export_that_was_cut_off_goes_on(source, tmp_path):
    registry, _, transport = source
    registry.export_bundle(tmp_path / "whole")

    def fail(_method, path):
        if path.startswith("/blobs/") and len(fetched(transport)) > before + 3:
            raise Unreachable("cut off")

    before = len(fetched(transport))
    transport.before = fail
    with pytest.raises(Unreachable):
        registry.export_bundle(tmp_path / "out")
    assert not (tmp_path / "out" / "bundle.json").exists()
    transport.before = lambda _method, _path: None
    went = len(fetched(transport))
    assert registry.export_bundle(tmp_path / "out").kept >= 1
    assert len(fetched(transport)) - went < went - before + 3
    assert files_in(tmp_path / "out") == files_in(tmp_path / "whole")


def test_an_export_is_of_one_moment_though_others_write(source, target, tmp_path):
    registry, yard, transport = source

    def write(method, path):
        if method == "GET" and path.endswith(f"{fraud}/history") and len(turns) < 2:
            turns.append(yard.call("PATCH", "/v1/models/fraud", {"description": f"turn {len(turns)}"}).status)

    turns, fraud = [], registry.get_model("fraud").id
    transport.before = write
    registry.export_bundle(tmp_path / "out")
    target[0].import_bundle(tmp_path / "out")
    assert turns == [200]
    assert target[0].get_model("fraud").sequence == 4
    assert target[0].get_model("fraud").description == ""


def test_a_version_that_goes_bad_under_an_export_is_exported_as_it_is_then(source, tmp_path):
    registry, yard, transport = source

    def rot(method, path):
        if method == "GET" and path.endswith("/versions/1/files") and "/models/" in path and not turns:
            fraud = yard.call("GET", "/v1/models/fraud").body["id"]
            if fraud in path:
                turns.append(1)
                yard.lose(b"own")
                yard.call("POST", "/v1/models/fraud/versions/1/verify")
                yard.pump()

    turns = []
    transport.before = rot
    exported = registry.export_bundle(tmp_path / "out", ["fraud"])
    assert [(model.sequence, model.without_bytes) for model in exported.models] == [(6, [1])]


def test_a_model_that_never_rests_is_given_up(source, tmp_path):
    registry, yard, transport = source
    fraud = yard.call("GET", "/v1/models/fraud").body["id"]
    yard.lose(b"own")

    def write(method, path):
        if path == f"/v1/models/{fraud}/versions/1/files":
            turns.append(1)
            yard.call("PATCH", "/v1/models/fraud", {"description": f"turn {len(turns)}"})

    turns = []
    transport.before = write
    with pytest.raises(Hindered, match="faster"):
        registry.export_bundle(tmp_path / "out", ["fraud"])


def test_bytes_that_are_lost_are_told(source, tmp_path):
    registry, yard, _ = source
    yard.lose(b"own")
    with pytest.raises(StorageRefused):
        registry.export_bundle(tmp_path / "out", ["fraud"])
    assert not (tmp_path / "out" / "bundle.json").exists()


def test_named_models_alone_are_exported_under_any_of_their_names(source, tmp_path):
    exported = source[0].export_bundle(tmp_path / "out", ["churn", "churn-eu"])
    assert [model.name for model in exported.models] == ["churn-eu"]
    with pytest.raises(NotFound):
        source[0].export_bundle(tmp_path / "none", ["nobody"])
    assert not (tmp_path / "none" / "bundle.json").exists()


def test_a_dry_run_checks_and_brings_nothing(source, target, tmp_path):
    source[0].export_bundle(tmp_path / "out")
    planned = target[0].import_bundle(tmp_path / "out", dry_run=True)
    entries = [
        registry_of.get_model(name).sequence for registry_of, name in ((source[0], "churn"), (source[0], "fraud"))
    ]
    assert [(model.outcome, model.entries) for model in planned.models] == [("planned", each) for each in entries]
    assert [method for method, _ in target[2].sent if method != "GET"] == []
    target[0].import_bundle(tmp_path / "out")
    planned = target[0].import_bundle(tmp_path / "out", dry_run=True)
    assert [(model.outcome, model.entries) for model in planned.models] == [("there", 0), ("there", 0)]


def test_an_import_that_was_cut_off_goes_on_and_sends_nothing_twice(source, target, tmp_path):
    source[0].export_bundle(tmp_path / "out")
    registry, _, transport = target

    def fail(_method, path):
        if path == "/v1/imports/journals":
            raise Unreachable("cut off")

    transport.before = fail
    with pytest.raises(Unreachable):
        registry.import_bundle(tmp_path / "out")
    transport.before = lambda _method, _path: None
    sent = len(transport.sent)
    imported = registry.import_bundle(tmp_path / "out")
    assert [model.outcome for model in imported.models] == ["brought", "brought"]
    blobs = [path for method, path in transport.sent[sent:] if method == "PUT"]
    assert len(blobs) <= 1
    sent = len(transport.sent)
    again = registry.import_bundle(tmp_path / "out")
    assert [model.outcome for model in again.models] == ["there", "there"]
    assert not [path for _, path in transport.sent[sent:] if "blobs" in path]


def test_a_newer_bundle_brings_what_is_new(source, target, tmp_path):
    source[0].export_bundle(tmp_path / "out")
    target[0].import_bundle(tmp_path / "out")
    source[1].ready("fraud", {"new.bin": b"new"})
    source[0].export_bundle(tmp_path / "out")
    imported = target[0].import_bundle(tmp_path / "out")
    assert [(model.outcome, model.entries) for model in imported.models] == [("there", 0), ("brought", 3)]
    assert target[0].get_version("fraud", 2).state == "ready"


def test_a_model_that_cannot_be_brought_keeps_nobody_back(source, target, tmp_path):
    source[0].export_bundle(tmp_path / "out")
    for name in ("other", "more", "churn-eu"):
        target[0].create_model(name)
    imported = target[0].import_bundle(tmp_path / "out")
    assert [(model.name, model.outcome) for model in imported.models] == [("churn-eu", "left"), ("fraud", "brought")]
    assert "churn-eu" in imported.models[0].reason


def test_a_model_that_went_on_in_both_registries_is_left_as_it_is(source, target, tmp_path):
    source[0].export_bundle(tmp_path / "out")
    target[0].import_bundle(tmp_path / "out")
    source[0].update_model("fraud", description="there")
    target[0].update_model("fraud", description="here")
    source[0].export_bundle(tmp_path / "out")
    imported = target[0].import_bundle(tmp_path / "out")
    assert [model.outcome for model in imported.models] == ["there", "left"]
    assert target[0].get_model("fraud").description == "here"


def test_a_bundle_of_an_earlier_day_is_part_of_what_is_here(source, target, tmp_path):
    source[0].export_bundle(tmp_path / "old")
    source[0].update_model("fraud", description="new")
    source[0].export_bundle(tmp_path / "new")
    target[0].import_bundle(tmp_path / "new")
    imported = target[0].import_bundle(tmp_path / "old")
    assert [model.outcome for model in imported.models] == ["there", "there"]
    assert target[0].get_model("fraud").description == "new"


def test_a_bundle_can_be_moved_by_anything_that_moves_files(source, target, tmp_path):
    source[0].export_bundle(tmp_path / "out")
    with tarfile.open(tmp_path / "moved.tar", "w", format=tarfile.GNU_FORMAT) as tar:
        tar.add(tmp_path / "out", arcname=".")
    shutil.rmtree(tmp_path / "out")
    assert target[0].import_bundle(tmp_path / "moved.tar").count("brought") == 2
