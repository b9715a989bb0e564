"""Hostile lineage at the API: refused with a problem document that names the field, and nothing is written."""

import json

import pytest

from functions.api.handler import handler as api
from modelyard.catalogue.postings import Subject, posting_item, postings_of_version
from modelyard.domain.lineage import MOST_BASES
from modelyard.ports import Expect, Put
from modelyard.services import finding
from tests.faults.invariants import check_all
from tests.faults.yard import file_request, http_event
from tests.schemas import check_event

V = "/v1/models/churn/versions"
FILES = [file_request("a", b"a")]
COMMIT = "4f2c9d1e6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d"
NAMES = ["é", "e\u0301", "模型", "a b", "\U0001f600", "a%2Fb", "ﬀ", "..", "Ⅸ", "-", "0"]


@pytest.fixture
def churn(yard):
    assert yard.call("POST", "/v1/models", {"name": "churn"}).status == 201
    yard.ready("churn", {"a": b"abc"})
    return yard


def indexed(yard, name, number):
    """What the index writes a moment after a version was registered."""
    version = finding.get_version(table=yard.ports.table, name=name, number=number)
    model = finding.get_model(table=yard.ports.table, name=name)
    items = [posting_item(key, Subject(version.home, number)) for key in postings_of_version(version, model)]
    yard.ports.table.write([Put(item, Expect.ANYTHING) for item in items])


REFUSED = [
    ({"bases": [{"relation": "copy", "reference": "churn/1"}]}, "bases.0.relation", 422),
    ({"bases": [{"relation": "merge"}]}, "bases.0", 422),
    ({"bases": [{"relation": "merge", "reference": "churn/1", "uri": "https://x"}]}, "bases.0", 422),
    ({"bases": [{"reference": "churn/1"}]}, "bases.0.relation", 422),
    ({"bases": [{"relation": "merge", "reference": "churn/1"}] * 2}, "bases.1", 422),
    ({"bases": [{"relation": "merge", "reference": "churn/2"}]}, "bases.0.reference", 404),
    ({"bases": [{"relation": "merge", "reference": "a/b/c"}]}, "bases.0.reference", 422),
    ({"bases": [{"relation": "merge", "reference": "churn/1"}] * (MOST_BASES + 1)}, "bases", 413),
    ({"bases": [{"relation": "merge", "uri": "org/model"}]}, "bases.0.uri", 422),
    ({"bases": "churn/1"}, "bases", 422),
    ({"source": {"dirty": "yes"}}, "source.dirty", 422),
    ({"source": {"commit": 7}}, "source.commit", 422),
    ({"source": {"author": "ana"}}, "source.author", 422),
    ({"source": {"diff_digest": "abc"}}, "source.diff_digest", 422),
    ({"source": {"commit": "a"}, "source_commit": "b"}, "source_commit", 422),
    ({"source": {"repository": "https://ana:secret@git.example.com"}}, "source.repository", 422),
    ({"source": None}, "source", 422),
    ({"run": {"url": "a"}, "run_url": "b"}, "run_url", 422),
    ({"run": {"url": "https://ana:secret@ci.example.com"}}, "run.url", 422),
    ({"run": {"id": "\u2028"}}, "run.id", 422),
    ({"datasets": [{"name": "a", "role": "holdout"}]}, "datasets.0.role", 422),
    ({"datasets": [{"name": "a", "rows": -1}]}, "datasets.0.rows", 422),
    ({"datasets": [{"name": "a", "rows": 1.5}]}, "datasets.0.rows", 422),
    ({"datasets": [{"name": "a", "rows": True}]}, "datasets.0.rows", 422),
    ({"datasets": [{"name": "a", "rows": 10**400}]}, "datasets.0.rows", 422),
    ({"datasets": [{"name": "a", "uri": "db://ana:secret@host/t"}]}, "datasets.0.uri", 422),
    ({"environment": {"packages": ["numpy"]}}, "environment.packages", 422),
    ({"environment": {"packages": {"numpy": 2}}}, "environment.packages.numpy", 422),
    ({"environment": {"packages": {"": "2"}}}, "environment.packages", 422),
    ({"environment": {"packages": {f"p{n}": "1" for n in range(2_001)}}}, "environment.packages", 413),
    ({"environment": {"hardware": "\x1b[31m"}}, "environment.hardware", 422),
    ({"card": 7}, "card", 422),
    ({"card": "\x00"}, "card", 422),
    ({"card": "<script>alert(1)</script>\n" * 40_000}, "card", 413),
]


@pytest.mark.parametrize(("about", "field", "status"), REFUSED, ids=range(len(REFUSED)))
def test_a_lineage_that_breaks_a_rule_is_refused_and_nothing_is_written(churn, about, field, status):
    before = churn.rows()
    refused = churn.call("POST", V, {"files": FILES, **about}, headers={"idempotency-key": "k"})
    assert (refused.status, refused.body["field"]) == (status, field), refused.body
    assert churn.rows() == before
    assert len(json.dumps(refused.body)) < 2_000
    assert "secret" not in refused.body["detail"]


def test_a_megabyte_of_markdown_is_refused_when_a_card_is_changed_as_well(churn):
    before = churn.rows()
    refused = churn.call("PATCH", f"{V}/1", {"card": "<script>alert(1)</script>\n" * 40_000})
    assert (refused.status, refused.body["field"]) == (413, "card")
    assert churn.rows() == before


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_any_letters_can_be_a_base_a_dataset_and_a_package(churn, name):
    if churn.call("POST", "/v1/models", {"name": name}).status == 422:
        assert name == ".."
        return
    churn.ready(name, {"b": b"bcd"})
    about = {
        "bases": [{"relation": "fine-tune", "reference": f"{name}/1"}],
        "datasets": [{"name": name, "role": "train", "rows": 0}],
        "environment": {"python": name, "packages": {name: name}},
        "source": {"repository": name, "commit": name, "path": name, "dirty": False},
        "run": {"system": name, "id": name},
        "card": name,
    }
    number = churn.ready("churn", {"c": b"cde"}, **about)
    found = churn.call("GET", f"{V}/{number}").body
    assert found["environment"]["packages"] == {name: name}
    assert found["source"] | about["source"] == found["source"]
    assert found["datasets"] == [{"uri": "", "digest": "", **about["datasets"][0]}]
    indexed(churn, "churn", number)
    for query in ({"dataset": name}, {"commit": name}, {"base": f"{name}/1"}):
        answer = churn.call("GET", "/v1/uses", query=query)
        assert [version["version"] for version in answer.body["items"]] == [number], query
    graph = churn.call("GET", f"{V}/{number}/lineage").body
    assert f"dataset:{name}" in [node["id"] for node in graph["nodes"]]
    assert {edge["relation"] for edge in graph["edges"]} == {"fine-tune", "train", "made from", "by"}
    for event in churn.call("GET", "/v1/models/churn/history").body["items"]:
        check_event(event)
    churn.pump()
    check_all(churn)


def test_datasets_without_digests_are_found_by_name_and_share_no_posting_by_digest(churn):
    number = churn.ready("churn", {"c": b"cde"}, datasets=[{"name": "a"}, {"name": "b"}, {"name": "", "uri": "s3://c"}])
    indexed(churn, "churn", number)
    for name in ("a", "b"):
        assert len(churn.call("GET", "/v1/uses", query={"dataset": name}).body["items"]) == 1
    assert churn.call("GET", "/v1/uses", query={"dataset": ""}).body["items"] == []
    assert churn.call("GET", "/v1/uses", query={"digest": ""}).body["items"] == []


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ({}, 422, "dataset"),
        ({"dataset": "a", "commit": "b"}, 422, "commit"),
        ({"limit": "5"}, 422, "dataset"),
        ({"dataset": "a", "limit": "0"}, 422, "limit"),
        ({"dataset": "a", "cursor": "x"}, 422, "cursor"),
        ({"dataset": "a", "cursor": "\x00"}, 422, "cursor"),
        ({"dataset": "x" * 2_001}, 413, "dataset"),
        ({"dataset": "\x00"}, 422, "dataset"),
        ({"digest": "\ud800"}, 422, "digest"),
        ({"blob": "sha256:abc"}, 422, "blob"),
        ({"blob": "sha256:" + "A" * 64}, 422, "blob"),
        ({"base": "nobody/1"}, 404, "base"),
        ({"base": "churn/2/3"}, 422, "base"),
        ({"base": "churn@champion"}, 404, "base"),
    ],
)  # fmt: skip
def test_what_nobody_can_have_used_is_refused_and_named(churn, query, status, field):
    answer = churn.call("GET", "/v1/uses", query=query)
    assert (answer.status, answer.body["field"]) == (status, field)
    assert len(json.dumps(answer.body)) < 4_000


def test_a_page_token_of_another_question_is_refused(churn):
    for content in (b"1", b"2"):
        number = churn.ready("churn", {"c": content}, datasets=[{"name": "census", "digest": "sha256:1"}])
        indexed(churn, "churn", number)
    first = churn.call("GET", "/v1/uses", query={"dataset": "census", "limit": "1"}).body
    assert churn.call("GET", "/v1/uses", query={"dataset": "census", "cursor": first["next"]}).body["next"] is None
    for query in ({"dataset": "other"}, {"digest": "census"}, {"digest": "sha256:1"}):
        answer = churn.call("GET", "/v1/uses", query={**query, "cursor": first["next"]})
        assert (answer.status, answer.body["field"]) == (422, "cursor")


@pytest.mark.parametrize(
    ("query", "field"),
    [({"up": "yes"}, "up"), ({"down": "TRUE"}, "down"), ({"depth": "0"}, "depth"), ({"depth": "11"}, "depth"),
     ({"depth": "1e1"}, "depth"), ({"limit": "1001"}, "limit"), ({"limit": "-1"}, "limit")],
)  # fmt: skip
def test_a_lineage_has_limits(churn, query, field):
    answer = churn.call("GET", f"{V}/1/lineage", query=query)
    assert (answer.status, answer.body["field"]) == (422, field)


@pytest.mark.parametrize(
    ("path", "status"), [("churn/versions/9", 404), ("nobody/versions/1", 404), ("churn/versions/x", 422)]
)
def test_a_lineage_of_what_is_not_there_is_refused(churn, path, status):
    assert churn.call("GET", f"/v1/models/{path}/lineage").status == status


def test_both_ways_are_traced_unless_one_is_asked_for(churn):
    for content in (b"1", b"2"):
        number = churn.ready("churn", {"c": content}, bases=[{"relation": "merge", "reference": "churn"}])
        indexed(churn, "churn", number)
    ways = {"up": {(1, 2)}, "down": {(2, 3)}}
    for query, expected in (
        ({}, {"up", "down"}),
        ({"up": "true"}, {"up"}),
        ({"up": "false"}, {"down"}),
        ({"down": "true"}, {"down"}),
        ({"down": "false"}, {"up"}),
        ({"up": "true", "down": "true"}, {"up", "down"}),
        ({"up": "false", "down": "false"}, set()),
    ):
        edges = churn.call("GET", f"{V}/2/lineage", query=query).body["edges"]
        found = {tuple(int(edge[end].rpartition("/")[2]) for end in ("from", "to")) for edge in edges}
        assert found == set().union(*(ways[way] for way in expected)), query


def page_of(yard, path, wanted):
    """A card as the API answers it, which is no JSON."""
    event = http_event("GET", f"{path}/card") | {"queryStringParameters": {"format": wanted}}
    answer = api(event, None, yard.ports)
    assert answer["statusCode"] == 200, answer
    return answer["body"], answer["headers"]


HOSTILE = "# Hi\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1)) ![i](https://evil.example.com/x.png)\n"


def test_a_hostile_card_is_kept_as_it_is_and_rendered_so_that_nothing_of_it_runs(churn):
    number = churn.ready("churn", {"c": b"cde"}, card=HOSTILE, description="<script>alert(2)</script>")
    path = f"{V}/{number}"
    assert page_of(churn, path, "source")[0] == HOSTILE
    page, headers = page_of(churn, path, "html")
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    for wanted in ("markdown", "huggingface", "source"):
        _, headers = page_of(churn, path, wanted)
        assert headers["Content-Type"] == "text/markdown; charset=utf-8"
        assert (headers["X-Content-Type-Options"], headers["ETag"]) == ("nosniff", f'"{revision_of(churn, path)}"')


def revision_of(yard, path):
    return yard.call("GET", path).body["revision"]


def test_a_version_without_a_card_has_one_of_facts_alone(churn):
    assert page_of(churn, f"{V}/1", "source")[0] == ""
    assert page_of(churn, f"{V}/1", "markdown")[0].startswith("# churn/1\n")


@pytest.mark.parametrize(
    ("path", "query", "status", "field"),
    [(f"{V}/1", {"format": "pdf"}, 422, "format"), (f"{V}/1", {"format": ""}, 422, "format"),
     (f"{V}/9", None, 404, "version"), ("/v1/models/nobody/versions/1", None, 404, "name")],
)  # fmt: skip
def test_a_card_that_is_not_there_or_of_no_known_format_is_refused(churn, path, query, status, field):
    answer = churn.call("GET", f"{path}/card", query=query)
    assert (answer.status, answer.body["field"]) == (status, field)
