"""Comparisons that cannot be: refused with the field at fault; and the largest there is, cut where it must be."""

import json

import pytest

from tests.faults.yard import file_request


@pytest.fixture
def churn(yard):
    assert yard.call("POST", "/v1/models", {"name": "churn"}).status == 201
    for number in range(2):
        yard.ready("churn", {"a": b"%d" % number})
    return yard


def compare(yard, *references):
    return yard.call("GET", "/v1/compare", query={"ref": list(references)})


@pytest.mark.parametrize("references", [[], ["churn/1"], ["churn/1"] * 21, ["churn/1"] * 500])
def test_fewer_than_two_and_more_than_twenty_are_refused(churn, references):
    answer = compare(churn, *references)
    assert (answer.status, answer.body["field"]) == (422, "ref")


@pytest.mark.parametrize(
    ("ref", "status"),
    [
        *(
            (ref, 422)
            for ref in ("", "/", "churn/", "churn/0", "churn@", "a:b", "churn/1/2", "x" * 300, "a\nb", "\x00")
        ),
        *(
            (ref, 404)
            for ref in ("churn/9", "other", "other/1", "churn/production", "churn@champion", "churn/9999999999")
        ),
    ],
)
def test_a_reference_that_leads_nowhere_is_refused(churn, ref, status):
    answer = compare(churn, "churn/1", ref)
    assert answer.status == status, answer
    assert len(json.dumps(answer.body)) < 10_000


def test_references_may_come_escaped_in_every_way_a_query_allows(churn):
    event_query = "ref=churn%2F1&ref=models:/churn/2&ref=churn"
    answer = churn.answer(
        {
            "version": "2.0",
            "rawPath": "/v1/compare",
            "rawQueryString": event_query,
            "headers": {},
            "queryStringParameters": {"ref": "churn/1,models:/churn/2,churn"},
            "requestContext": {
                "http": {"method": "GET", "path": "/v1/compare"},
                "requestId": "r",
                "stage": "$default",
                "authorizer": {"lambda": {"actor": "local:ana"}},
            },
            "isBase64Encoded": False,
        }
    )
    assert [each["version"] for each in answer.body["versions"]] == [1, 2, 2]
    assert [each["reference"] for each in answer.body["versions"]] == ["churn/1", "churn/2", "churn"]


def test_the_largest_facts_and_manifests_are_cut_to_an_answer_that_lambda_gives(churn):
    for number in range(20):
        files = [file_request(f"{'d' * 250}/{'e' * 250}/{n:05d}", b"%d %d" % (n, number)) for n in range(600)]
        params = {f"{key}": ("\\" if key % 2 else "x") * 5_900 for key in range(14)}
        made = churn.call(
            "POST", "/v1/models/churn/versions", {"files": files, "params": params, "tags": {"n": number}}
        )
        assert made.status == 201, made.body
    answer = compare(churn, *(f"churn/{number}" for number in range(3, 23)))
    assert answer.status == 200
    assert answer.body["truncated"]
    assert answer.body["file_counts"] == {"same": 0, "added": 0, "removed": 0, "changed": 600}
    assert len(json.dumps(json.dumps(answer.body, ensure_ascii=False), ensure_ascii=False)) < 6 * 1024**2
