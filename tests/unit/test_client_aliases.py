"""Aliases through the SDK and the command line, on the real functions."""

import json

import pytest

from modelyard.client.errors import AliasMoved, NotFound, VersionNotReady
from tests.faults.yard import embedded_yard, file_request
from tests.unit.yard_client import client, command_line


@pytest.fixture
def yard(tmp_path):
    with embedded_yard(tmp_path) as opened:
        opened.call("POST", "/v1/models", {"name": "churn"})
        for number in range(3):
            opened.ready("churn", {"model.bin": b"%d" % number})
        yield opened


@pytest.fixture
def modelyard(yard, monkeypatch, capsys):
    return command_line(yard, monkeypatch, capsys)


def test_the_sdk_sets_moves_back_lists_and_removes_an_alias(yard):
    with client(yard) as registry:
        assert registry.list_aliases("churn") == []
        registry.set_alias("churn", "champion", 1, expect=None, comment="first")
        moved = registry.set_alias("churn", "champion", 2, expect=1)
        assert (moved.alias, moved.version, moved.previous) == ("champion", 2, [1])
        with pytest.raises(AliasMoved) as refusal:
            registry.set_alias("churn", "champion", 3, expect=None)
        assert refusal.value.facts == {"actual": 2}
        assert registry.resolve("churn@champion").version.aliases == ["champion"]
        assert registry.get_model("churn").aliases == {"champion": 2}
        assert registry.roll_back_alias("churn", "champion", expect=2).version == 1
        with pytest.raises(AliasMoved):
            registry.roll_back_alias("churn", "champion", expect=2)
        assert [each.version for each in registry.list_aliases("churn")] == [1]
        assert registry.remove_alias("churn", "champion").version is None
        with pytest.raises(NotFound):
            registry.remove_alias("churn", "champion", expect=None)


def test_the_command_line_does_the_same(modelyard):
    assert modelyard.json("alias", "list", "churn") == {"items": []}
    first = modelyard.json("alias", "set", "churn", "champion", 1, "--expect", "none", "--comment", "first")
    assert first == {"name": "churn", "alias": "champion", "version": 1, "previous": []}
    assert modelyard.json("alias", "set", "churn", "champion", 3, "--expect", 1)["previous"] == [1]
    code, _, said = modelyard.run("alias", "set", "churn", "champion", 2, "--expect", 1, "--json")
    error = json.loads(said)["error"]
    assert (code, error["kind"], error["facts"]) == (1, "AliasMoved", {"actual": 3})
    assert modelyard.run("alias", "rollback", "churn", "champion")[1] == "churn@champion is churn/1\n"
    assert "champion        1" in modelyard.run("alias", "list", "churn")[1]
    assert modelyard.run("alias", "remove", "churn", "champion")[1] == "churn@champion is removed\n"
    assert modelyard.run("alias", "list", "churn")[1] == "no aliases of churn\n"


def test_an_alias_is_a_reference_wherever_one_is_taken(modelyard):
    modelyard.json("alias", "set", "churn", "champion", 1)
    assert modelyard.json("show", "churn@champion")["version"] == 1
    assert modelyard.json("resolve", "models:/churn@champion")["aliases"] == ["champion"]
    assert modelyard.json("resolve", "churn@latest")["version"] == 3
    assert modelyard.json("promote", "churn@champion", "staging")["version"] == 1
    shown = modelyard.run("show", "churn")[1]
    assert "aliases       champion 1" in shown
    assert "aliases    champion" in modelyard.run("show", "churn/1")[1]
    assert "@champion nobody → 1" in modelyard.run("history", "churn@champion")[1]


@pytest.mark.parametrize("expect", ["x", "-1", "1.5", "", "9" * 11])
def test_an_expectation_is_a_number_or_none(modelyard, expect):
    code, _, said = modelyard.run("alias", "set", "churn", "champion", 1, "--expect", expect)
    assert (code, "neither a version's number nor 'none'" in said) == (2, True)


def test_a_version_that_is_not_ready_is_told_to_be_so(yard, modelyard):
    yard.call("POST", "/v1/models/churn/versions", {"files": [file_request("a", b"never")]})
    code, _, said = modelyard.run("alias", "set", "churn", "champion", 4)
    assert (code, "churn/4 is uploading, not ready" in said) == (1, True)
    with client(yard) as registry, pytest.raises(VersionNotReady):
        registry.set_alias("churn", "champion", 4)


def test_every_command_of_aliases_shows_an_example_in_its_help(modelyard):
    for command in ((), ("set",), ("list",), ("rollback",), ("remove",)):
        code, out, _ = modelyard.run("alias", *command, "--help")
        assert (code, "modelyard alias" in out.partition("Usage:")[2].partition("\n")[2]) == (0, True), out
