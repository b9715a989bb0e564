"""What the frameworks themselves write passes."""

import warnings

import pytest
import sklearn

from modelyard.domain.findings import Verdict
from tests.corpora import benign
from tests.corpora.looked_at import looked_at


@pytest.fixture(scope="module")
def inspected():
    """Every benign sample's inspection, by its name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        objects = list(benign.objects())
    found = {}
    for name, value in objects:
        for how, path, data in benign.pickled(value):
            found[f"{name}, {how}"] = looked_at(data, path)
    return found | {name: looked_at(data, path) for name, path, data in benign.files()}


def test_no_benign_sample_is_malicious_and_almost_none_is_stopped(inspected):
    assert len(inspected) > 1_000
    stopped = {name: inspection for name, inspection in inspected.items() if inspection.verdict is not Verdict.CLEAN}
    assert not [name for name, inspection in stopped.items() if inspection.verdict is Verdict.MALICIOUS]
    assert len(stopped) <= len(inspected) / 100, stopped


def test_every_estimator_passes_by_every_writer(inspected):
    names = {name.partition(",")[0] for name in inspected}
    assert {"RandomForestClassifier", "SVC", "KNeighborsClassifier", "HistGradientBoostingRegressor"} <= names
    assert not [name for name, found in inspected.items() if found.verdict is not Verdict.CLEAN and name[0].isupper()]


def test_the_facts_of_an_estimator_are_told_without_loading_it(inspected):
    for how in ("protocol 2", "protocol 5", "joblib 0", "joblib ('xz', 3)"):
        facts = inspected[f"RandomForestClassifier, {how}"].facts
        assert facts["framework"] == "scikit-learn"
        assert facts["framework_version"] == sklearn.__version__
        assert facts["class"] == "sklearn.ensemble._forest.RandomForestClassifier"
        assert (facts["features"], facts["trees"]) == (4, 100)


def test_the_facts_of_a_pipeline_are_those_of_its_first_step(inspected):
    facts = inspected["pipeline, protocol 4"].facts
    assert facts["class"] == "sklearn.pipeline.Pipeline"
    assert facts["features"] == 4
    assert facts["steps"] == [
        "sklearn.preprocessing._data.StandardScaler",
        "sklearn.ensemble._forest.RandomForestClassifier",
    ]


def test_boosted_models_are_told_by_their_frameworks(inspected):
    told = {
        name.partition(",")[0]: found.facts["framework"]
        for name, found in inspected.items()
        if "framework" in found.facts
    }
    for framework in ("xgboost", "lightgbm"):
        assert told.get(f"{framework} classifier", framework) == framework
        assert told.get(f"{framework} booster", framework) == framework
