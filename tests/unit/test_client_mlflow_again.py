"""An import from MLflow that is repeated: nothing twice, stages as there unless moved here, one at a time.

The registry is the real one, in this process.
"""

import os
import threading

import pytest

from modelyard.client import Registry
from modelyard.client.mlflow_places import one_at_a_time
from modelyard.client.network import HttpTransport
from tests.faults.yard import embedded_yard
from tests.unit.mlflow_fake import fake_mlflow
from tests.unit.yard_client import QUICK, URL, YardTransport


class Both:
    """The registry in this process, everything else through real sockets."""

    def __init__(self, yard):
        self.yard, self.real = YardTransport(yard), HttpTransport(connections=4)

    def send(self, request):
        return (self.yard if request.url.startswith(URL) else self.real).send(request)

    def close(self):
        self.real.close()


@pytest.fixture
def mlflow(tmp_path, monkeypatch):
    """A server with a model of two versions."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in [name for name in os.environ if name.startswith("MLFLOW_")]:
        monkeypatch.delenv(name)
    with fake_mlflow() as fake:
        fake.model("churn", aliases=[{"alias": "champion", "version": "5"}])
        fake.version("churn", 4, {"a": b"four"}, current_stage="Production")
        fake.version("churn", 5, {"a": b"five"})
        yield fake


@pytest.fixture
def yard(tmp_path):
    with embedded_yard(tmp_path) as yard:
        yield yard


@pytest.fixture
def transport(yard):
    return Both(yard)


@pytest.fixture
def registry(transport):
    with Registry(URL, "", transport=transport, backoff=QUICK) as registry:
        yield registry


def brought(registry, mlflow, **how):
    [model] = registry.import_mlflow(mlflow.url, **how)
    return model


def outcomes(model):
    return [(version.mlflow, version.version, version.outcome) for version in model.versions]


def staged(mlflow, **stages):
    for version in mlflow.versions["churn"]:
        version["current_stage"] = stages.get(f"v{version['version']}", version["current_stage"])


def numbers(registry):
    return sorted(version.version for version in registry.list_versions("churn", deleted=True))


def test_a_version_that_was_deleted_here_is_told_and_not_brought_again(registry, mlflow):
    brought(registry, mlflow)
    until = registry.delete_version("churn", 2, force=True).deleted.purge_at
    model = brought(registry, mlflow)
    assert outcomes(model) == [("4", 1, "there"), ("5", 2, "deleted")]
    assert model.versions[1].reason == f"it was deleted here, and can be restored until {until}"
    assert [(alias.alias, alias.outcome) for alias in model.aliases] == [("champion", "deleted")]
    assert (model.left_behind, numbers(registry)) == (0, [1, 2])
    registry.restore_version("churn", 2)
    assert outcomes(brought(registry, mlflow)) == [("4", 1, "there"), ("5", 2, "there")]
    assert numbers(registry) == [1, 2]


def test_a_version_that_is_purged_here_is_not_brought_again(registry, yard, mlflow):
    brought(registry, mlflow)
    registry.delete_version("churn", 2, force=True)
    yard.clock.advance(days=31)
    yard.sweep()
    yard.pump()
    model = brought(registry, mlflow)
    assert (outcomes(model)[1], model.versions[1].reason) == (("5", 2, "deleted"), "it was deleted here, and purged")
    assert numbers(registry) == [1]


def test_what_never_came_whole_may_be_deleted_and_is_brought_again(registry, yard, mlflow):
    brought(registry, mlflow)
    yard.lose(b"five")
    registry.verify("churn", 2)
    assert registry.get_version("churn", 2).state == "rejected"
    registry.delete_version("churn", 2, force=True)
    assert outcomes(brought(registry, mlflow)) == [("4", 1, "there"), ("5", 3, "brought")]


def test_a_model_that_was_deleted_here_is_told_as_such(registry, mlflow):
    brought(registry, mlflow)
    until = registry.delete_model("churn", force=True).deleted.purge_at
    model = brought(registry, mlflow)
    assert (model.outcome, model.versions, model.left_behind) == ("deleted", [], 0)
    assert until in model.reason


def test_a_stage_that_imports_alone_changed_follows_mlflow_each_time(registry, mlflow):
    brought(registry, mlflow)
    for stage, here in (("Archived", "archived"), ("Staging", "staging"), ("None", "development")):
        staged(mlflow, v4=stage, v5="Production")
        model = brought(registry, mlflow)
        assert [version.stage for version in model.versions] == [here, "production"]
        assert registry.get_version("churn", 1).stage == here
    assert model.versions[0].notes == ["stage: moved from staging to development, as in MLflow"]
    assert brought(registry, mlflow).versions[0].notes == []


def test_a_stage_that_somebody_changed_here_stays_and_the_difference_is_told(registry, mlflow):
    brought(registry, mlflow)
    registry.transition("churn", 2, "production", replace=True, comment="ours")
    staged(mlflow, v5="Staging")
    model = brought(registry, mlflow)
    assert [version.stage for version in model.versions] == ["archived", "production"]
    assert [version.notes for version in model.versions] == [
        ["stage: Production in MLflow; it was moved to archived here"],
        ["stage: Staging in MLflow; it was moved to production here"],
    ]


def test_a_dry_run_tells_which_stages_would_change_and_changes_none(registry, mlflow):
    brought(registry, mlflow)
    staged(mlflow, v4="Archived")
    model = brought(registry, mlflow, dry_run=True)
    assert model.versions[0].notes == ["stage: would move from production to archived"]
    assert registry.get_version("churn", 1).stage == "production"


def test_three_imports_at_once_bring_everything_once(registry, transport, mlflow, tmp_path):
    """All three are under way before the first may fetch anything; the others wait, and say so."""
    waiting, reports, gate = [], [], threading.Barrier(3)
    held = threading.Event()

    def bring():
        another = Registry(URL, "", transport=transport, backoff=QUICK)
        gate.wait()
        reports.append(brought(another, mlflow, waiting=wait))

    def wait(address):
        waiting.append(address)
        if len(waiting) == 3:
            held.set()

    with one_at_a_time(f"{mlflow.url}/churn", waiting.append):
        threads = [threading.Thread(target=bring) for _ in range(3)]
        for thread in threads:
            thread.start()
        assert held.wait(30)
    for thread in threads:
        thread.join()
    assert waiting == [f"{mlflow.url}/churn"] * 3
    assert sorted(str(outcomes(each)) for each in reports) == [
        str([("4", 1, "brought"), ("5", 2, "brought")]),
        *[str([("4", 1, "there"), ("5", 2, "there")])] * 2,
    ]
    assert numbers(registry) == [1, 2]
    assert list((tmp_path / "cache" / "modelyard" / "mlflow").iterdir()) == []


def test_an_import_that_died_holds_nobody_up(registry, mlflow, tmp_path):
    """A process that is gone holds no lock; what it left of another version stays for that one."""
    with one_at_a_time(f"{mlflow.url}/churn", pytest.fail) as folder:
        (folder / "left").mkdir()
    assert outcomes(brought(registry, mlflow, waiting=pytest.fail)) == [("4", 1, "brought"), ("5", 2, "brought")]
    assert [path.name for path in folder.iterdir()] == ["left"]
