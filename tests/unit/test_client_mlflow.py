"""What MLflow holds arrives here whole, once, and what cannot arrive is told."""

import os

import pytest

from modelyard.client.errors import Unreachable, Unusable
from modelyard.client.mlflow_facts import map_name
from modelyard.domain.names import parse_name
from tests.unit import client_server
from tests.unit.client_server import serving
from tests.unit.mlflow_fake import MLMODEL, fake_mlflow, run


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in [name for name in os.environ if name.startswith("MLFLOW_")]:
        monkeypatch.delenv(name)
    with serving() as server:
        yield server


@pytest.fixture
def registry(server):
    with server.registry() as registry:
        yield registry


@pytest.fixture
def mlflow():
    with fake_mlflow() as fake:
        yield fake


@pytest.fixture
def churn(mlflow):
    """A model whose version 1 was deleted in MLflow."""
    aliases = [{"alias": "champion", "version": "3"}]
    mlflow.model("churn", description="who leaves", tags=[{"key": "team", "value": "growth"}], aliases=aliases)
    files = {"MLmodel": MLMODEL, "model.skops": b"weights" * 999, "data/deep/n.txt": b""}
    mlflow.version("churn", 2, {**files, "model.skops": b"older"}, current_stage="Staging", description="second")
    mlflow.version("churn", 3, files, current_stage="Production", run_id="7eb3207f", tags=[{"key": "by", "value": "a"}])
    nan = {"key": "bad", "value": "NaN", "timestamp": 1, "step": 0}
    auc = {"key": "auc", "value": 0.92, "timestamp": 1, "step": 0}
    commit = {"key": "mlflow.source.git.commit", "value": "4f2c9d1"}
    repository = {"key": "mlflow.source.git.repoURL", "value": "https://git.example/churn"}
    tags = [commit, repository]
    mlflow.runs["7eb3207f"] = run(metrics=[auc, nan], params=[{"key": "C", "value": "3"}], tags=tags)
    return files


def outcomes(imported):
    return [(model.mlflow, version.mlflow, version.outcome) for model in imported for version in model.versions]


def test_a_model_comes_with_versions_files_and_facts(registry, mlflow, churn, tmp_path):
    [model] = registry.import_mlflow(mlflow.url + "/")
    assert (model.outcome, model.name) == ("brought", "churn")
    assert [(v.mlflow, v.version, v.outcome, v.stage) for v in model.versions] == [
        ("2", 1, "brought", "staging"),
        ("3", 2, "brought", "production"),
    ]
    known = registry.get_model("churn")
    assert known.description == "who leaves"
    assert known.tags == {
        "mlflow.source": f"{mlflow.url}/churn",
        "mlflow.created_at": "2026-11-23T08:55:20.304Z",
        "team": "growth",
    }
    version = registry.get_version("churn", 2)
    assert (version.state, version.stage, version.metrics) == ("ready", "production", {"auc": 0.92})
    assert version.params == {
        "C": "3",
        "mlflow.signature.inputs": '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 3]}}]',
        "mlflow.signature.outputs": '[{"type": "tensor"}]',
    }
    assert version.tags == {
        "by": "a",
        "mlflow.source": f"{mlflow.url}/churn/3",
        "mlflow.model_version": "3",
        "mlflow.created_at": "2026-11-23T08:55:20.304Z",
        "mlflow.run_id": "7eb3207f",
        "mlflow.model_id": "m-60885dc0",
        "mlflow.flavors": "python_function, sklearn",
        "mlflow.version": "3.17.2",
    }
    assert [(d.name, d.uri, d.digest) for d in version.datasets] == [("customers", "s3://lake/customers", "0e8ae7ea")]
    assert (version.source.repository, version.source.commit) == ("https://git.example/churn", "4f2c9d1")
    ran = f"{mlflow.url}/#/experiments/1/runs/7eb3207f"
    assert (version.run.system, version.run.id, version.run.url) == ("mlflow", "7eb3207f", ran)
    assert version.environment.python == "3.11.7"
    assert model.versions[1].notes == ["metric 'bad': NaN is no finite number"]
    registry.pull("churn/2", tmp_path / "out")
    assert {path: (tmp_path / "out" / path).read_bytes() for path in churn} == churn


def test_what_was_brought_is_not_brought_again(registry, server, mlflow, churn):
    registry.import_mlflow(mlflow.url)
    fetched = len(mlflow.asked)
    mlflow.version("churn", 4, {"a": b"new"})
    [model] = registry.import_mlflow(mlflow.url)
    assert [(v.mlflow, v.outcome, v.version) for v in model.versions] == [
        ("2", "there", 1),
        ("3", "there", 2),
        ("4", "brought", 3),
    ]
    assert not [path for path, _ in mlflow.asked[fetched:] if path.endswith("model.skops")]
    assert model.outcome == "there"


def test_nothing_is_done_in_a_dry_run(registry, server, mlflow, churn):
    [model] = registry.import_mlflow(mlflow.url, dry_run=True)
    assert [(v.mlflow, v.outcome, v.stage) for v in model.versions] == [
        ("2", "planned", "staging"),
        ("3", "planned", "production"),
    ]
    assert model.outcome == "planned"
    assert [alias.outcome for alias in model.aliases] == ["planned"]
    assert server.yard.models == {}


def test_a_version_whose_files_cannot_be_had_is_told_and_keeps_nobody_back(registry, mlflow):
    mlflow.model("far")
    mlflow.version("far", 1, uri="s3://bucket/none")
    mlflow.version("far", 2, uri="/srv/mlruns/0/model")
    mlflow.version("far", 3, uri="mlflow-artifacts://other.example/0/model")
    mlflow.version("far", 4, uri="mlflow-artifacts:/")
    mlflow.version("far", 5, uri="mlflow-artifacts:/../../etc")
    mlflow.version("far", 6, uri="https://other.example/model.bin")
    mlflow.version("far", 7, uri="runs:/gone/model")
    mlflow.version("far", 8, uri="mlflow-artifacts:/1/nothing/here")
    mlflow.version("far", 9, {"a": b"x"}, status="FAILED_REGISTRATION", status_message="no space")
    mlflow.version("far", 10, {"a": b"near"})
    [model] = registry.import_mlflow(mlflow.url)
    assert [v.outcome for v in model.versions] == ["left"] * 9 + ["brought"]
    reasons = [v.reason for v in model.versions]
    assert "s3://bucket/none" in reasons[0]
    assert "--artifacts" in reasons[1]
    assert "404" in reasons[7]
    assert "no space" in reasons[8]
    assert model.left_behind == 9


def test_artifacts_of_a_run_are_found_through_it(registry, mlflow, tmp_path):
    mlflow.model("old")
    mlflow.version("old", 1, uri="runs:/7eb3207f/model")
    mlflow.runs["7eb3207f"] = run()
    mlflow.artifacts["1/7eb3207f/artifacts/model/w.bin"] = b"weights"
    assert outcomes(registry.import_mlflow(mlflow.url)) == [("old", "1", "brought")]
    registry.pull("old/1", tmp_path / "out")
    assert (tmp_path / "out" / "w.bin").read_bytes() == b"weights"


def test_local_artifacts_are_read_only_below_the_folder_that_is_given(registry, mlflow, tmp_path):
    kept = tmp_path / "mlruns" / "0" / "model"
    kept.mkdir(parents=True)
    (kept / "w.bin").write_bytes(b"weights")
    (tmp_path / "secret").write_bytes(b"key")
    (tmp_path / "mlruns" / "link").symlink_to(tmp_path / "secret")
    mlflow.model("local")
    mlflow.version("local", 1, uri=f"file://{kept}")
    mlflow.version("local", 2, uri=str(tmp_path / "secret"))
    mlflow.version("local", 3, uri=f"{tmp_path}/mlruns/../secret")
    mlflow.version("local", 4, uri=f"{tmp_path}/mlruns/link")
    imported = registry.import_mlflow(mlflow.url, artifacts=tmp_path / "mlruns")
    assert [outcome for _, _, outcome in outcomes(imported)] == ["brought", "left", "left", "left"]


@pytest.mark.parametrize("name", ["../out", "/etc/passwd", "..", ".modelyard-partial", "a\\b", "a\x00b"])
def test_hostile_paths_among_artifacts_leave_the_version_behind(registry, mlflow, name, tmp_path):
    mlflow.model("bad")
    mlflow.version("bad", 1, {"a": b"x"})
    mlflow.listed = lambda folder: [{"path": name, "is_dir": False, "file_size": 1}]
    before = sorted(tmp_path.rglob("*"))
    [model] = registry.import_mlflow(mlflow.url)
    assert [v.outcome for v in model.versions] == ["left"]
    assert [path for path in sorted(tmp_path.rglob("*")) if path not in before and path.is_file()] == []


def test_folders_without_end_are_given_up(registry, mlflow):
    mlflow.model("deep")
    mlflow.version("deep", 1, {"a": b"x"})
    mlflow.listed = lambda folder: [{"path": "again", "is_dir": True}] if len(folder) < 2000 else []
    [model] = registry.import_mlflow(mlflow.url)
    assert [v.outcome for v in model.versions] == ["left"]


def test_fewer_bytes_than_listed_are_no_version(registry, server, mlflow):
    mlflow.model("short")
    mlflow.version("short", 1, {"a": b"x"})
    mlflow.listed = lambda folder: [{"path": "a", "is_dir": False, "file_size": 7}]
    [model] = registry.import_mlflow(mlflow.url)
    assert "1 bytes" in model.versions[0].reason
    assert server.yard.versions["short"] == []


def test_a_broken_connection_is_gone_on_with(registry, mlflow, churn):
    place = "/api/2.0/mlflow-artifacts/artifacts/1/models/"
    mlflow.faults += [("/api/2.0/mlflow/registered-models/search", 503), (place, "cut"), (place, 503)]
    assert [outcome for *_, outcome in outcomes(registry.import_mlflow(mlflow.url))] == ["brought", "brought"]


def test_an_import_that_was_cut_off_fetches_no_whole_file_twice(registry, server, mlflow):
    mlflow.model("big")
    mlflow.version("big", 1, {"a": b"a" * 1000, "b": b"b" * 1000})
    server.faults.append(client_server.Fault("POST /v1/models/big/versions", "drop", times=99))
    with pytest.raises(Unreachable):
        registry.import_mlflow(mlflow.url)
    server.faults.clear()
    fetched = len(mlflow.asked)
    assert outcomes(registry.import_mlflow(mlflow.url)) == [("big", "1", "brought")]
    assert not [path for path, _ in mlflow.asked[fetched:] if path.endswith(("/a", "/b"))]


def test_a_model_of_another_origin_is_left_alone(registry, mlflow, churn):
    registry.create_model("churn", description="ours")
    [model] = registry.import_mlflow(mlflow.url)
    assert (model.outcome, model.versions) == ("left", [])
    assert "--prefix" in model.reason
    [model] = registry.import_mlflow(mlflow.url, prefix="from-mlflow-")
    assert (model.outcome, model.name) == ("brought", "from-mlflow-churn")
    assert registry.get_model("churn").description == "ours"


def test_a_version_that_was_moved_here_stays_where_it_is(registry, server, mlflow, churn):
    registry.import_mlflow(mlflow.url)
    registry.transition("churn", 2, "development")
    server.yard.events[-1]["before"] = {"stage": "production"}
    registry.import_mlflow(mlflow.url)
    assert registry.get_version("churn", 2).stage == "development"


def test_a_stage_that_was_missed_is_caught_up(registry, server, mlflow, churn):
    server.faults.append(client_server.Fault("POST /v1/models/churn/versions/1/transitions", 500, times=99))
    [model] = registry.import_mlflow(mlflow.url)
    assert model.versions[0].outcome == "left"
    server.faults.clear()
    [model] = registry.import_mlflow(mlflow.url)
    assert [(v.outcome, v.stage) for v in model.versions] == [("there", "staging"), ("there", "production")]


def test_aliases_are_left_behind_where_there_are_none(registry, mlflow, churn):
    [model] = registry.import_mlflow(mlflow.url)
    assert [(a.alias, a.outcome, a.reason) for a in model.aliases] == [
        ("champion", "left", "this registry has no aliases")
    ]


def test_aliases_are_set_where_nobody_has_them(registry, mlflow, churn, monkeypatch):
    aliases, plain = {"theirs": 1}, client_server.route

    def route(yard, asked, query, body, key):
        match asked:
            case "GET", ["v1", "models", "churn", "aliases"]:
                return 200, {
                    "items": [{"alias": a, "version": v, "previous": []} for a, v in aliases.items()],
                    "next": None,
                }
            case "PUT", ["v1", "models", "churn", "aliases", alias]:
                assert body["expect"] is None
                aliases[alias] = body["version"]
                return 200, {"alias": alias, "version": body["version"], "previous": []}
        return plain(yard, asked, query, body, key)

    monkeypatch.setattr(client_server, "route", route)
    monkeypatch.setattr(client_server.Handler, "do_PUT", client_server.Handler.do, raising=False)
    mlflow.models["churn"]["aliases"] += [{"alias": "theirs", "version": "3"}, {"alias": "lost", "version": "1"}]
    [model] = registry.import_mlflow(mlflow.url)
    assert [(a.alias, a.outcome) for a in model.aliases] == [
        ("champion", "brought"),
        ("theirs", "left"),
        ("lost", "left"),
    ]
    assert aliases == {"theirs": 1, "champion": 2}
    [model] = registry.import_mlflow(mlflow.url)
    assert model.aliases[0].outcome == "there"


def test_prompts_are_no_models(registry, server, mlflow):
    mlflow.model("greeting", tags=[{"key": "mlflow.prompt.is_prompt", "value": "true"}])
    [model] = registry.import_mlflow(mlflow.url)
    assert (model.outcome, server.yard.models) == ("left", {})


def test_only_named_models_are_taken_and_an_unknown_name_is_told(registry, mlflow, churn):
    mlflow.model("other")
    assert [model.mlflow for model in registry.import_mlflow(mlflow.url, ["churn"])] == ["churn"]
    with pytest.raises(Unusable, match="nobody"):
        registry.import_mlflow(mlflow.url, ["nobody"])


def test_facts_over_our_limits_are_told_and_left_behind(registry, mlflow):
    tags = [{"key": f"tag-{number:03}", "value": "v"} for number in range(120)]
    tags += [{"key": "mlflow.source", "value": "elsewhere"}, {"key": "bell", "value": "\x07"}]
    params = [{"key": f"p{number:03}", "value": "x" * 5999} for number in range(40)]
    mlflow.model("much", description="d" * 30_000 + "\x07")
    mlflow.version("much", 1, {"a": b"x"}, tags=tags, run_id="7eb3207f")
    mlflow.runs["7eb3207f"] = run(params=[*params, {"key": "long", "value": "x" * 6001}])
    [model] = registry.import_mlflow(mlflow.url)
    version = registry.get_version("much", 1)
    assert len(version.tags) == 100
    assert version.tags["mlflow.source"] == f"{mlflow.url}/much/1"
    assert 15 <= len(version.params) < 40
    told = "\n".join(model.versions[0].notes)
    for what in ["tag 'mlflow.source'", "tag 'bell'", "parameter 'long'", "parameter 'p0", "tag 'tag-119'"]:
        assert what in told
    assert model.notes == [
        "description: control characters became blanks",
        "description: cut after 20000 of 30001 characters",
    ]


@pytest.mark.parametrize(
    "name",
    ["a@b", " blank ", ".", "..", "01KAP4Q6Z8T5V3W9XENCHRNGGD", "x" * 300, "a\nb", "", "\ud800", "e\u0301" * 200],
)
def test_names_that_cannot_be_here_are_mended_each_in_its_own_way(name):
    mended = map_name(name)
    assert parse_name(mended) == mended
    assert mended != map_name(f"{name}@")
    assert map_name(name) == mended


def test_credentials_go_to_mlflow_alone(registry, server, mlflow, churn, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "s3cret")
    registry.import_mlflow(mlflow.url)
    assert {headers.get("Authorization") for _, headers in mlflow.asked} == {"Bearer s3cret"}
    assert not any("s3cret" in str(headers) for _, _, headers in server.requests)


@pytest.mark.parametrize(
    "url", ["mlflow:5000", "http://u:p@mlflow", "http://mlflow?x=1", "file:///etc", "http://[", ""]
)
def test_an_address_that_is_none_is_refused(registry, url):
    with pytest.raises(Unusable):
        registry.import_mlflow(url)


def test_a_server_that_is_not_there_is_told(registry):
    with pytest.raises(Unreachable) as failure:
        registry.import_mlflow("http://127.0.0.1:9")
    assert "MLflow" in failure.value.hint


def test_something_else_than_mlflow_is_told(registry, server):
    with pytest.raises(Exception, match="MLflow"):
        registry.import_mlflow(server.url)
