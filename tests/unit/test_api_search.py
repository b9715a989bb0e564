"""The API of searches: what it answers, what it refuses, and that nothing in a query is taken for more than text."""

import json
import subprocess
import sys
from urllib.parse import quote

import pytest

from functions.api.tokens import write_token
from modelyard.catalogue.keys import ENTRY_PREFIX, partition
from modelyard.contract.responses import ModelSearchResponse, VersionSearchResponse
from tests.faults.yard import embedded_yard, file_request
from tests.unit.posted import every, index

VERSIONS, MODELS = "/v1/search/versions", "/v1/search/models"
HOSTILE = [
    "x" * 100_000,
    "(" * 1000,
    "NOT " * 10_000,
    "name = '\0'",
    "name = '\ud800'",
    "' OR 1=1 --",
    "name = 'x'; DELETE FROM items; --",
    "name = 'a' AND",
    "tags.`" + "`" * 999,
    "\u202e = '1'",
    "name LIKE '" + "%_" * 10_000 + "'",
    "created_at > '99999-01-01'",
    "version = 1e999",
    "metrics.auc = NaN",
    "tags.x IN (" + "1," * 2000 + "1)",
]


@pytest.fixture(scope="module")
def yard(tmp_path_factory):
    """A registry with four indexed versions of two models."""
    with embedded_yard(tmp_path_factory.mktemp("search")) as opened:
        for name in ("churn", "fraud"):
            opened.call("POST", "/v1/models", {"name": name, "owner": "growth", "tags": {"tier": "1"}})
            for n in range(2):
                opened.clock.advance(seconds=1)
                body = {"files": [file_request("a", b"1")], "tags": {"n": str(n)}, "metrics": {"auc": n / 2}}
                assert opened.call("POST", f"/v1/models/{name}/versions", body).status == 201
            index(opened.ports, every(opened.ports.table, partition(name), prefix=ENTRY_PREFIX))
        yield opened


def ask(yard, path=VERSIONS, **query):
    return yard.call("GET", path, query=query)


def names(answer):
    assert answer.status == 200, answer.body
    return [f"{item['name']}/{item['version']}" for item in answer.body["items"]]


def test_versions_come_as_they_come_elsewhere(yard):
    answer = ask(yard, filter="tags.n = '1'", order="created_at ASC")
    assert names(answer) == ["churn/2", "fraud/2"]
    assert answer.body["items"][0] == yard.call("GET", "/v1/models/churn/versions/2").body
    assert (answer.body["next"], answer.body["plan"]) == (None, None)
    VersionSearchResponse.model_validate(answer.body)


def test_models_come_as_they_come_elsewhere(yard):
    answer = ask(yard, MODELS, filter="owner = 'growth' AND versions = 2")
    assert [item["name"] for item in answer.body["items"]] == ["churn", "fraud"]
    assert answer.body["items"][0] == yard.call("GET", "/v1/models/churn").body
    ModelSearchResponse.model_validate(answer.body)


@pytest.mark.parametrize("path", [VERSIONS, MODELS])
def test_everything_is_found_without_a_filter_page_by_page(yard, path):
    found, cursor = [], {}
    while True:
        answer = ask(yard, path, limit="1", **cursor)
        assert len(answer.body["items"]) == 1
        found += [(item["name"], item.get("version")) for item in answer.body["items"]]
        if answer.body["next"] is None:
            break
        cursor = {"cursor": answer.body["next"]}
    versions = [("fraud", 2), ("fraud", 1), ("churn", 2), ("churn", 1)]
    assert found == (versions if path == VERSIONS else [("churn", None), ("fraud", None)])


def test_the_plan_is_told_to_those_who_ask(yard):
    answer = ask(yard, filter="tags.n = '1' AND metrics.auc > 0", explain="true", order="name")
    assert answer.body["plan"] == {
        "index": "tags.n = '1'",
        "order": "name ASC",
        "sorted": True,
        "filtered": ["metrics.auc > 0.0"],
        "examined": 4,
        "matched": 2,
    }
    assert ask(yard, explain="false").body["plan"] is None
    assert ask(yard, MODELS, explain="true").body["plan"]["index"] == "everything"
    assert ask(yard, explain="yes").body["field"] == "explain"


def test_a_fault_is_told_with_its_place(yard):
    for path, field in ((VERSIONS, "filter"), (MODELS, "filter"), (VERSIONS, "order")):
        answer = ask(yard, path, **{field: "nmae = 3"})
        assert (answer.status, answer.body["code"], answer.body["field"]) == (422, "invalid", field)
        assert answer.body["facts"]["column"] == (6 if field == "order" else 1)
        assert answer.body["facts"]["line"] == 1
    assert "did you mean name?" in ask(yard, filter="nmae = 3").body["detail"]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:20]))
@pytest.mark.parametrize("path", [VERSIONS, MODELS])
def test_a_hostile_filter_is_refused_in_few_words(yard, path, text):
    rows = yard.rows()
    answer = ask(yard, path, filter=text)
    assert (answer.status, answer.body["code"]) == (422, "invalid")
    assert answer.body["field"] == "filter"
    assert len(json.dumps(answer.body)) < 3000
    assert yard.rows() == rows


def test_a_long_value_is_just_one_that_nothing_has(yard):
    assert names(ask(yard, filter="name = '" + "é" * 40_000 + "' OR tags.n = '" + "x" * 5_000 + "'")) == []
    assert names(ask(yard, filter="tags.`" + "k" * 1_000 + "` = '" + "#~" * 1_000 + "'")) == []


@pytest.mark.parametrize("field", ["filter", "order"])
def test_a_text_of_more_than_a_hundred_thousand_bytes_is_413(yard, field):
    answer = ask(yard, **{field: "x" * 100_001})
    assert (answer.status, answer.body["code"], answer.body["field"]) == (413, "too_large", field)


def test_a_page_token_is_good_for_its_own_search_only(yard):
    token = ask(yard, limit="1", filter="tags.n = '1'").body["next"]
    assert names(ask(yard, limit="1", filter="tags.n = '1'", cursor=token)) == ["churn/2"]
    others = [
        {"filter": "tags.n = '0'"},
        {"filter": "tags.n = '1' "},
        {"filter": "tags.n = '1'", "order": "name"},
        {},
        {"path": MODELS, "filter": "tags.n = '1'"},
    ]
    for other in others:
        answer = ask(yard, **other, cursor=token)
        assert (answer.status, answer.body["field"]) == (422, "cursor"), other


@pytest.mark.parametrize("order", ["", "name", "metrics.auc DESC", "tags.n"])
@pytest.mark.parametrize(
    "place", [["[0]", "x"], ["x" * 1024, "y" * 1024], ["[" * 900, "x"], ["-", "~"], ["[0, 0.5]", "~"]]
)
def test_a_token_that_somebody_made_up_never_breaks_anything(yard, order, place):
    forged = write_token(ascii(("versions", "", order)), place)
    answer = ask(yard, order=order, cursor=forged)
    assert answer.status == 200 or (answer.status, answer.body["field"]) == (422, "cursor")


@pytest.mark.parametrize("token", ["x", "", "\ud800", "AAAA", "a" * 5000, quote("\0")])
def test_what_is_no_token_is_refused_or_begins_anew(yard, token):
    answer = ask(yard, cursor=token, filter="'\ud800")
    assert answer.status == 422


def test_a_limit_is_from_one_to_a_thousand(yard):
    for limit in ("0", "1001", "-1", "x", "1.5"):
        assert ask(yard, limit=limit).body["field"] == "limit"
    assert len(ask(yard, limit="1000").body["items"]) == 4


def test_nobody_waits_for_the_parser_but_the_first_search():
    """What a cold start imports is what every request waits for."""
    asked = "[name for name in sys.modules if 'search' in name or name == 'lark']"
    program = f"import sys, functions.api.resolver; print({asked})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['functions.api.routes_search']"


def test_a_base_is_named_as_people_name_it_whatever_its_model_is_called_now(tmp_path):
    with embedded_yard(tmp_path) as yard:
        bases = [{"reference": "churn/1", "relation": "fine-tune"}, {"uri": "hf:bert", "relation": "merge"}]
        for name, made_of in (("churn", []), ("fraud", bases), ("other", [])):
            yard.call("POST", "/v1/models", {"name": name})
            yard.clock.advance(seconds=1)
            body = {"files": [file_request("a", b"1")], "bases": made_of}
            assert yard.call("POST", f"/v1/models/{name}/versions", body).status == 201
            index(yard.ports, every(yard.ports.table, partition(name), prefix=ENTRY_PREFIX))
        identity = yard.call("GET", "/v1/models/churn").body["id"]
        for base in ("churn/1", f"{identity}/1", "hf:bert", "models:/churn/1"):
            answer = ask(yard, filter=f"base = '{base}'", explain="true")
            assert names(answer) == ["fraud/1"], base
            assert answer.body["plan"]["examined"] == 1
        assert names(ask(yard, filter="base IN ('nobody/1', 'churn/1') AND NOT base = 'churn/2'")) == ["fraud/1"]
        assert names(ask(yard, filter="NOT base = 'churn/1'")) == ["other/1", "churn/1"]
        assert names(ask(yard, filter="base = 'nobody/1' OR base = 'churn/production' OR base = '/'")) == []
