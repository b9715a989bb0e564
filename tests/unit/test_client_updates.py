"""Owners, tags and descriptions from the command line, changed only where nobody else changed them first."""

import json

import pytest

from tests.faults.yard import embedded_yard
from tests.unit.yard_client import command_line


@pytest.fixture
def modelyard(tmp_path, monkeypatch, capsys):
    with embedded_yard(tmp_path) as yard:
        yard.call("POST", "/v1/models", {"name": "churn", "tags": {"draft": "1"}})
        yard.ready("churn", {"a": b"a"})
        yield command_line(yard, monkeypatch, capsys)


def test_a_models_owner_tags_and_description_are_set_and_removed(modelyard):
    arguments = (
        "--owner",
        "growth",
        "--tag",
        "tier=1",
        "--tag",
        "eq=a=b",
        "--untag",
        "draft",
        "--description",
        "who leaves",
    )
    changed = modelyard.json("update", "churn", *arguments)
    assert (changed["owner"], changed["tags"]) == ("growth", {"eq": "a=b", "tier": "1"})
    assert changed["description"] == "who leaves"
    removed = modelyard.json(
        "update", "churn", "--owner", "", "--description", "", "--untag", "eq", "--untag", "absent"
    )
    assert (removed["owner"], removed["description"], removed["tags"]) == ("", "", {"tier": "1"})


def test_a_versions_tags_and_description_are_changed_and_it_has_no_owner(modelyard):
    changed = modelyard.json("update", "churn/1", "--tag", "tier=1", "--description", "first")
    assert (changed["tags"], changed["description"]) == ({"tier": "1"}, "first")
    code, _, said = modelyard.run("update", "churn/1", "--owner", "ana")
    assert (code, "a version has no owner" in said) == (2, True)


@pytest.mark.parametrize("reference", ["churn", "churn/1"])
@pytest.mark.parametrize("spelt", ["{}", '"{}"'])
def test_a_change_is_made_to_the_revision_that_was_seen_and_to_no_other(modelyard, reference, spelt):
    seen = spelt.format(modelyard.json("show", reference)["revision"])
    assert modelyard.json("update", reference, "--tag", "a=1", "--if-match", seen)["tags"]["a"] == "1"
    code, _, said = modelyard.run("update", reference, "--tag", "a=2", "--if-match", seen, "--json")
    assert (code, json.loads(said)["error"]["kind"]) == (1, "PreconditionFailed")
    assert modelyard.json("update", reference, "--tag", "a=3", "--if-match", "*")["tags"]["a"] == "3"


def test_a_promotion_is_of_the_revision_that_was_seen(modelyard):
    seen = modelyard.json("show", "churn/1")["revision"]
    assert modelyard.json("promote", "churn/1", "staging", "--if-match", seen)["stage"] == "staging"
    code, _, said = modelyard.run("promote", "churn/1", "production", "--if-match", seen, "--json")
    assert (code, json.loads(said)["error"]["kind"]) == (1, "PreconditionFailed")


@pytest.mark.parametrize(
    "arguments", [(), ("--tag", "x"), ("--tag", "a=1", "--untag", "a"), ("--tag", "a=1", "--tag", "a=2")]
)
def test_wrong_usage_is_told_before_anything_is_asked(modelyard, arguments):
    assert modelyard.run("update", "churn", *arguments)[0] == 2


def test_ten_thousand_tags_are_refused_by_their_limit(modelyard):
    tags = [part for number in range(10_000) for part in ("--tag", f"{number}=x")]
    code, _, said = modelyard.run("update", "churn", *tags, "--json")
    assert (code, json.loads(said)["error"]["kind"]) == (1, "TooLarge")
    assert modelyard.json("show", "churn")["tags"] == {"draft": "1"}
