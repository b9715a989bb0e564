"""Searches through the SDK and the command line, over the API's own handler."""

import json

import pytest

from modelyard.cli.main import run
from modelyard.cli.output import pointer
from modelyard.client import Registry
from modelyard.client.errors import Invalid, SearchTooWide
from modelyard.services.searching import budget, running
from tests.faults.yard import embedded_yard
from tests.unit.crowd import crowd, fill
from tests.unit.handler_transport import HandlerTransport


@pytest.fixture(scope="module")
def yard(tmp_path_factory):
    """A registry with 30 versions of three models."""
    with embedded_yard(tmp_path_factory.mktemp("search")) as opened:
        fill(opened.ports.table, crowd(3, 10))
        yield opened


@pytest.fixture
def transport(yard):
    return HandlerTransport(yard.ports)


@pytest.fixture
def registry(transport):
    with Registry("http://registry.test", "", transport=transport) as opened:
        yield opened


@pytest.fixture
def modelyard(registry, capsys, monkeypatch):
    """Run a command line: its exit code, its stdout, its stderr."""
    monkeypatch.setattr("modelyard.cli.search.open_registry", lambda: registry)

    def call(*arguments):
        code = run(list(arguments))
        told = capsys.readouterr()
        return code, told.out, told.err

    return call


def references(versions):
    return [f"{version.name}/{version.version}" for version in versions]


def test_a_search_gives_versions_from_as_many_pages_as_it_takes(registry, transport, monkeypatch):
    monkeypatch.setattr(budget, "MOST_EXAMINED", 5)
    monkeypatch.setattr(running, "MAX_BATCH", 5)
    found = list(registry.search("tags.team = 'growth' AND metrics.auc < 0.003", order="created_at ASC"))
    assert references(found) == []
    assert len(transport.asked) == 6
    assert references(registry.search("name = 'm00001'", limit=2)) == ["m00001/10", "m00001/9"]
    assert references(registry.search("name = 'm00001'", order="version"))[0] == "m00001/1"
    assert len(list(registry.search())) == 30


def test_a_limited_search_asks_for_no_more_than_that(registry, transport):
    assert len(list(registry.search(limit=3))) == 3
    assert transport.asked == ["GET /v1/search/versions?limit=3"]
    assert list(registry.search(limit=0)) == []
    assert len(transport.asked) == 1


def test_models_are_searched_alike(registry):
    assert [model.name for model in registry.search_models("name LIKE 'm0000%'", order="name DESC", limit=2)] == [
        "m00002",
        "m00001",
    ]


def test_a_page_comes_with_where_to_go_on_and_with_its_plan(registry):
    page = registry.search_page("name = 'm00001'", limit=4, explain=True)
    assert (len(page.items), page.plan.index, page.plan.examined) == (4, "name = 'm00001'", 4)
    following = registry.search_page("name = 'm00001'", limit=100, cursor=page.next)
    assert (len(following.items), following.next, following.plan) == (6, None, None)
    models = registry.search_models_page(limit=2)
    assert (len(models.items), models.plan) == (2, None)


def test_refusals_are_raised_with_their_place(registry, monkeypatch):
    with pytest.raises(Invalid) as caught:
        list(registry.search("nmae = 'x'"))
    assert (caught.value.field, caught.value.facts["column"]) == ("filter", 1)
    monkeypatch.setattr(running, "MOST_GATHERED", 5)
    with pytest.raises(SearchTooWide):
        registry.search_page(order="metrics.auc")


def test_the_command_prints_one_document(modelyard):
    code, out, err = modelyard("search", "name = 'm00001'", "--limit", "2", "--json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert document.keys() == {"items", "next"}
    assert [item["version"] for item in document["items"]] == [10, 9]
    code, out, _ = modelyard("search", "name = 'm00001'", "--cursor", document["next"], "--json", "--explain")
    document = json.loads(out)
    assert ([item["version"] for item in document["items"]], document["next"]) == (list(range(8, 0, -1)), None)
    assert document["plan"]["matched"] == 8


def test_the_command_goes_on_until_it_has_enough(modelyard, monkeypatch):
    monkeypatch.setattr(budget, "MOST_EXAMINED", 5)
    monkeypatch.setattr(running, "MAX_BATCH", 5)
    code, out, _ = modelyard("search", "metrics.auc <= 0.007", "--json", "--explain")
    document = json.loads(out)
    assert (code, document["next"], len(document["items"])) == (0, None, 5)
    assert (document["plan"]["examined"], document["plan"]["matched"]) == (30, 5)


def test_people_get_a_table_and_the_plan_if_they_ask(modelyard):
    code, out, err = modelyard("search", "name = 'm00001' AND metrics.auc > 0", "--limit", "2", "--explain")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split() == ["VERSION", "STATE", "STAGE", "METRICS", "TAGS", "CREATED", "BY"]
    assert lines[1].split()[:3] == ["m00001/10", "ready", "development"]
    assert lines[3] == "there may be more: --limit finds more, --json tells where to go on"
    told = dict(line.split(maxsplit=1) for line in lines[5:])
    assert told == {
        "index": "name = 'm00001'",
        "order": "created_at DESC, as the index has it",
        "filtered": "metrics.auc > 0.0",
        "examined": "10 candidates",
        "matched": "2",
    }


def test_models_and_nothing_are_shown_as_well(modelyard):
    assert modelyard("search", "--models", "name = 'm00002'")[1].splitlines()[1].split()[0] == "m00002"
    assert modelyard("search", "name = 'nobody'")[1] == "nothing matches\n"
    _, out, _ = modelyard("search", "--models", "--order", "created_at DESC", "--explain")
    assert "created_at DESC, as the index has it" in out
    _, out, _ = modelyard("search", "--models", "--order", "versions", "--explain")
    assert "versions ASC, sorted here" in out


def test_an_error_shows_the_filter_with_a_caret_under_the_fault(modelyard):
    code, out, err = modelyard("search", "tags.team = growth")
    assert (code, out) == (1, "")
    assert err.splitlines()[:3] == [
        "  tags.team = growth",
        "              ^",
        "error: column 13: expected a quoted text or a number, not growth; texts stand in quotes: 'growth'",
    ]
    _, _, err = modelyard("search", "--order", "nmae")
    assert err.splitlines()[:2] == ["  nmae", "  ^"]


def test_an_error_in_json_has_the_column(modelyard):
    code, out, err = modelyard("search", "tags.team = growth", "--json")
    assert (code, out) == (1, "")
    facts = json.loads(err)["error"]["facts"]
    assert (facts["line"], facts["column"]) == (1, 13)
    assert facts["expected"] == ["a quoted text", "a number"]


def test_another_refusal_is_told_without_a_caret(modelyard):
    code, _, err = modelyard("search", "--cursor", "nonsense")
    assert (code, err.splitlines()[0]) == (1, "error: this is not a page token of this list; begin without one")


@pytest.mark.parametrize(
    ("text", "line", "column", "shown"),
    [
        ("abc", 1, 2, "  abc\n   ^"),
        ("abc", 1, 4, "  abc\n     ^"),
        ("a\nbcd", 2, 3, "  bcd\n    ^"),
        ("日本x", 1, 3, "  日本x\n      ^"),
        ("a\x1b[2Jb", 1, 6, "  a[2Jb\n      ^"),
        ("x" * 200 + "!", 1, 201, "  " + "x" * 99 + "!\n  " + " " * 99 + "^"),
        ("!" + "x" * 200, 1, 1, "  !" + "x" * 99 + "\n  ^"),
        ("abc", 7, 1, "  \n  ^"),
    ],
)
def test_a_caret_stands_under_its_character(text, line, column, shown):
    assert pointer(text, line, column) == shown
