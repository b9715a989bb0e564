"""Bodies that are no JSON, or the wrong JSON: refused with a problem document, and nothing is written."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.contract import aliases, evaluations, requests
from tests.unit.fakes import digest_of

D = digest_of(b"abc")
V = "/v1/models/churn/versions"
FILES = json.dumps([{"path": "a", "size": 3, "digest": D}])
TAKING = [
    ("POST", "/v1/models"),
    ("PATCH", "/v1/models/churn"),
    ("POST", V),
    ("PATCH", f"{V}/1"),
    ("POST", f"{V}/1/transitions"),
    ("POST", "/v1/imports/blobs"),
    ("POST", "/v1/imports/blobs/complete"),
    ("POST", "/v1/imports/journals"),
    ("PUT", "/v1/models/churn/aliases/champion"),
    ("POST", f"{V}/1/evaluations"),
]
MALFORMED = {
    "nothing": "",
    "blank": "  \n",
    "half": '{"name":',
    "no-quotes": "{name: 1}",
    "single-quotes": "{'name': 'a'}",
    "trailing-comma": '{"name": "a",}',
    "two-values": '{"name": "a"} {"name": "b"}',
    "comment": '{"name": "a"} // no',
    "byte-order-mark": '\ufeff{"name": "a"}',
    "raw-newline": '{"name": "a\nb"}',
    "nul": '{"name": "a"}\0',
    "lone-surrogate": '{"name": "\\ud800"}',
    "swapped-surrogates": '{"name": "\\udc00\\ud800"}',
    "bad-escape": '{"name": "\\x41"}',
    "hex-number": '{"name": 0x1}',
    "leading-zero": '{"name": 007}',
    "deep-lists": "[" * 100_000,
    "deep-lists-closed": "[" * 100_000 + "]" * 100_000,
    "deep-objects": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "deep-within": '{"name": "a", "tags": {"x": ' + "[" * 100_000 + "]" * 100_000 + "}}",
    "endless-number": '{"name": ' + "9" * 100_000 + "}",
    "xml": "<model name='a'/>",
    "form": "name=a&owner=b",
}


@pytest.fixture
def churn(yard):
    assert yard.call("POST", "/v1/models", {"name": "churn"}).status == 201
    yard.ready("churn", {"a": b"abc"})
    return yard


def refused(yard, method, path, body, statuses):
    """The problem document of a request that left no trace."""
    before = yard.rows()
    answer = yard.call(method, path, body)
    assert answer.status in statuses, answer
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert yard.rows() == before
    return answer.body


@pytest.mark.parametrize(("method", "path"), TAKING)
@pytest.mark.parametrize("kind", MALFORMED)
def test_what_is_no_json_is_malformed(churn, method, path, kind):
    problem = refused(churn, method, path, MALFORMED[kind], {400, 422} if kind == "nothing" else {400})
    assert problem["code"] == ("malformed" if problem["status"] == 400 else "invalid")
    assert len(problem["detail"]) < 300


@pytest.mark.parametrize(("method", "path"), TAKING)
@pytest.mark.parametrize(
    "body", ["null", "true", "7", '"text"', "[]", "[{}]", "NaN", "Infinity", '{"": 1}', '{"nope": 1}']
)
def test_json_of_another_shape_is_invalid(churn, method, path, body):
    assert refused(churn, method, path, body, {422})["code"] == "invalid"


FILE = f'{{"path": "a", "size": 3, "digest": "{D}"}}'
WRONG_TYPES = [
    ("POST", "/v1/models", '{"name": 7}', "name"),
    ("POST", "/v1/models", '{"name": null}', "name"),
    ("POST", "/v1/models", '{"name": ["a"]}', "name"),
    ("POST", "/v1/models", '{"name": NaN}', "name"),
    ("POST", "/v1/models", '{"Name": "a"}', "name"),
    ("POST", "/v1/models", '{"name": "a", "owner": null}', "owner"),
    ("POST", "/v1/models", '{"name": "a", "tags": []}', "tags"),
    ("POST", "/v1/models", '{"name": "a", "tags": {"x": null}}', "tags.x"),
    ("POST", "/v1/models", '{"name": "a", "tags": {"x": {}}}', "tags.x"),
    ("POST", "/v1/models", '{"name": "a", "tags": {"x": NaN}}', "tags.x"),
    ("POST", "/v1/models", '{"name": "a", "tags": {"x": Infinity}}', "tags.x"),
    ("POST", "/v1/models", '{"name": "a", "tags": {"x": 1e999}}', "tags.x"),
    ("POST", "/v1/models", '{"name": "a", "id": "01KAP4Q6Z8T5V3W9XENCHRNGGD"}', "id"),
    ("PATCH", "/v1/models/churn", '{"tags": {"x": -Infinity}}', "tags.x"),
    ("PATCH", "/v1/models/churn", '{"name": "other"}', "name"),
    ("PATCH", f"{V}/1", '{"metrics": {"auc": 1}}', "metrics"),
    ("PATCH", f"{V}/1", '{"state": "ready"}', "state"),
    ("POST", V, "{}", "files"),
    ("POST", V, '{"files": {}}', "files"),
    ("POST", V, '{"files": [7]}', "files.0"),
    ("POST", V, f'{{"files": [{FILE}, {{}}]}}', "files.1.path"),
    *(
        ("POST", V, f'{{"files": [{{"path": "a", "digest": "{D}", "size": {size}}}]}}', "files.0.size")
        for size in ('"3"', "3.0", "3e0", "true", "null", "NaN", "[3]")
    ),
    ("POST", V, f'{{"files": [{{"path": 1, "digest": "{D}", "size": 3}}]}}', "files.0.path"),
    ("POST", V, f'{{"files": [{{"path": "a", "digest": "{D}", "size": 3, "parts": "x"}}]}}', "files.0.parts"),
    ("POST", V, f'{{"files": [{{"path": "a", "digest": "{D}", "size": 3, "parts": [null]}}]}}', "files.0.parts.0"),
    *(
        ("POST", V, f'{{"files": {FILES}, "metrics": {{"auc": {metric}}}}}', "metrics.auc")
        for metric in ("NaN", "Infinity", "-Infinity", "1e999", '"0.9"', "true", "null", "9" * 400)
    ),
    ("POST", V, f'{{"files": {FILES}, "datasets": [{{}}]}}', "datasets.0.name"),
    ("POST", V, f'{{"files": {FILES}, "number": 7}}', "number"),
    ("POST", f"{V}/1/transitions", '{"stage": 7}', "stage"),
    ("POST", f"{V}/1/transitions", '{"stage": "staging", "replace": "yes"}', "replace"),
    ("POST", f"{V}/1/transitions", '{"stage": "staging", "replace": 1}', "replace"),
    ("POST", f"{V}/1/transitions", '{"stage": "staging", "force": true}', "force"),
]


@pytest.mark.parametrize(("method", "path", "body", "field"), WRONG_TYPES)
def test_a_wrong_type_is_invalid_and_the_field_is_named(churn, method, path, body, field):
    problem = refused(churn, method, path, body, {422})
    assert (problem["code"], problem["field"]) == ("invalid", field)


def test_numbers_and_truth_values_are_taken_as_the_text_that_json_writes(churn):
    body = (
        f'{{"files": {FILES}, "params": {{"depth": 8, "rate": 0.1, "deep": true, "big": 1e22}}, "metrics": {{"n": 3}}}}'
    )
    made = churn.call("POST", V, body).body["version"]
    assert made["params"] == {"big": "1e+22", "deep": "true", "depth": "8", "rate": "0.1"}
    assert made["metrics"] == {"n": 3.0}


def test_the_last_of_a_key_that_comes_twice_counts_everywhere(churn):
    made = churn.call("POST", "/v1/models", '{"name": "first", "name": "last", "tags": {"x": "1", "x": "2"}}')
    assert (made.body["name"], made.body["tags"]) == ("last", {"x": "2"})
    assert churn.call("GET", "/v1/models/first").status == 404


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"name": "x" * 5_000_000}),
        json.dumps({"name": "a", "description": "x" * 5_000_000}),
        json.dumps({"name": "a", "tags": {str(number): "x" for number in range(200_000)}}),
        json.dumps({"name": "a", "x" * 2_000_000: 1}),
        "[" + "1," * 1_000_000 + "1]",
        " " * 5_000_000 + "{}",
    ],
    ids=["name", "description", "tags", "field", "list", "blanks"],
)
def test_a_huge_body_is_refused_and_its_problem_document_is_small(churn, body):
    problem = refused(churn, "POST", "/v1/models", body, {413, 422})
    assert len(json.dumps(problem)) < 10_000


def test_a_body_where_none_is_wanted_is_not_read(churn):
    for body in ("{", "[" * 100_000, '{"x": 1}'):
        assert churn.call("POST", f"{V}/1/complete", body).status == 202


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(D),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
FIELDS = sorted(
    {
        name
        for shapes in (requests, aliases, evaluations)
        for shape in vars(shapes).values()
        if hasattr(shape, "model_fields")
        for name in shape.model_fields
    }
)
BODIES = st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=4), JSON, max_size=4)
ANY_BODY = (BODIES | JSON).map(json.dumps) | st.text(max_size=20)


@settings(max_examples=150, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(route=st.sampled_from(TAKING), body=ANY_BODY)
def test_whatever_comes_is_answered_and_is_no_fault_of_ours(churn, route, body):
    answer = churn.call(*route, body)
    assert answer.status < 500
    assert answer.status < 300 or answer.body["status"] == answer.status
