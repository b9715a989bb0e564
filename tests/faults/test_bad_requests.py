"""Requests that say too much or too little: parameters that nobody has, conditions that nobody heeds, no body."""

import pytest

from tests.faults.vouched import attested

V = "/v1/models/churn/versions"


@pytest.fixture
def churn(yard):
    assert yard.call("POST", "/v1/models", {"name": "churn"}).status == 201
    yard.ready("churn", {"a": b"abc"})
    return yard


@pytest.mark.parametrize(
    ("path", "name"),
    [("/v1/models", "filer"), (V, "Stage"), (f"{V}/1", "at[]"), ("/v1/search/versions", "q"), ("/v1/health", "deep")],
)
def test_a_parameter_that_nobody_has_is_refused_instead_of_being_passed_over(churn, path, name):
    answer = churn.call("GET", path, query={name: "x"})
    assert (answer.status, answer.body["field"]) == (422, name)


def test_parameters_that_tell_aws_who_asks_are_none_of_ours(churn):
    assert churn.call("GET", f"{V}/1", query={"X-Amz-Security-Token": "x"}).status == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", f"{V}/1/evaluations", {"metrics": {"auc": 0.9}}),
        ("PUT", "/v1/models/churn/aliases/champion", {"version": 1}),
        ("POST", "/v1/models", {"name": "other"}),
        ("POST", f"{V}/1/verify", None),
        ("POST", f"{V}/1/attestations", attested(b"signed")),
        ("POST", f"{V}/1/attestations/check", None),
    ],
)
def test_a_condition_that_nobody_heeds_is_refused(churn, method, path, body):
    before = churn.rows()
    answer = churn.call(method, path, body, headers={"if-match": '"1"'})
    assert (answer.status, answer.body["field"]) == (422, "If-Match")
    assert churn.rows() == before


@pytest.mark.parametrize("path", [f"{V}/1", "/v1/models/churn"])
def test_deleting_and_restoring_need_no_body_and_heed_their_condition(churn, path):
    assert churn.call("POST", f"{path}/delete", headers={"if-match": '"99"'}).status == 412
    gone = churn.call("POST", f"{path}/delete")
    assert (gone.status, bool(gone.body["deleted"])) == (200, True)
    assert churn.call("POST", f"{path}/restore", headers={"if-match": '"99"'}).status == 412
    back = churn.call("POST", f"{path}/restore", headers={"if-match": f'"{gone.body["revision"]}"'})
    assert (back.status, back.body["deleted"]) == (200, None)
