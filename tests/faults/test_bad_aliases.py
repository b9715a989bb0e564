"""Aliases that nobody should get, asked for over HTTP: a clear refusal, and nothing is written."""

import json

import pytest

from tests.faults.invariants import check_all
from tests.faults.yard import file_request

ALIASES = "/v1/models/churn/aliases"


@pytest.fixture
def churn(yard):
    assert yard.call("POST", "/v1/models", {"name": "churn"}).status == 201
    for number in range(2):
        yard.ready("churn", {"a": b"%d" % number})
    yard.call("POST", "/v1/models/churn/versions", {"files": [file_request("a", b"never")]})
    assert yard.call("PUT", f"{ALIASES}/champion", {"version": 1}).status == 200
    return yard


def refused(yard, method, path, body=None, *, status, **how):
    before = yard.rows()
    answer = yard.call(method, path, body, **how)
    assert (answer.status, answer.body["status"]) == (status, status), answer
    assert yard.rows() == before
    assert len(json.dumps(answer.body)) < 10_000
    return answer.body


@pytest.mark.parametrize(
    "alias",
    [
        "latest",
        "LATEST",
        "v1",
        "V007",
        "a b",
        "a.b",
        "é",
        "a@b",
        "x" * 256,
        "x" * 10_000,
        "%",
        "'; DROP TABLE",
        "a\n",
        "<b>",
    ],
)
def test_a_name_that_is_no_alias_is_refused_by_every_command(churn, alias):
    for method, path, body in (
        ("PUT", f"{ALIASES}/{alias}", {"version": 1}),
        ("POST", f"{ALIASES}/{alias}/rollback", None),
        ("DELETE", f"{ALIASES}/{alias}", None),
    ):
        assert refused(churn, method, path, body, status=422)["field"] == "alias"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "version"),
        *(({"version": version}, "version") for version in ("1", 1.0, True, None, [1], {}, 0, -1, 10**10, "latest")),
        *(({"version": 2, "expect": expect}, "expect") for expect in ("1", 1.0, True, [1], "none", "", {})),
        ({"version": 2, "expected": 1}, "expected"),
        ({"version": 2, "comment": 7}, "comment"),
        ({"version": 2, "comment": "\x1b[31m"}, "comment"),
    ],
)
def test_a_body_that_is_not_right_is_refused_and_the_field_is_named(churn, body, field):
    assert refused(churn, "PUT", f"{ALIASES}/champion", body, status=422)["field"] == field


def test_a_comment_that_is_too_long_is_refused(churn):
    refused(churn, "PUT", f"{ALIASES}/champion", {"version": 2, "comment": "x" * 2_001}, status=413)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "kind"),
    [
        ("PUT", f"{ALIASES}/champion", {"version": 3}, 409, "VersionNotReady"),
        ("PUT", f"{ALIASES}/champion", {"version": 4}, 404, "NotFound"),
        ("PUT", f"{ALIASES}/champion", {"version": 2, "expect": 2}, 409, "AliasMoved"),
        ("PUT", f"{ALIASES}/champion", {"version": 2, "expect": None}, 409, "AliasMoved"),
        ("PUT", "/v1/models/other/aliases/champion", {"version": 1}, 404, "NotFound"),
        ("POST", f"{ALIASES}/champion/rollback", None, 409, "Conflict"),
        ("POST", f"{ALIASES}/nobody/rollback", None, 404, "NotFound"),
        ("DELETE", f"{ALIASES}/nobody", None, 404, "NotFound"),
        ("GET", "/v1/models/other/aliases", None, 404, "NotFound"),
    ],
)
def test_what_the_facts_do_not_allow_is_refused_by_its_name(churn, method, path, body, status, kind):
    assert refused(churn, method, path, body, status=status)["kind"] == kind


@pytest.mark.parametrize("expect", ["x", "", "0", "-1", "1.0", "null", "9" * 40, "\u0661"])
def test_an_expectation_in_the_query_is_a_number_or_none(churn, expect):
    for method, path in (("POST", f"{ALIASES}/champion/rollback"), ("DELETE", f"{ALIASES}/champion")):
        assert refused(churn, method, path, status=422, query={"expect": expect})["field"] == "expect"


def test_the_query_is_part_of_what_a_key_stands_for(churn):
    headers = {"idempotency-key": "k"}
    assert churn.call("DELETE", f"{ALIASES}/champion", query={"expect": "1"}, headers=headers).status == 200
    assert churn.call("DELETE", f"{ALIASES}/champion", query={"expect": "1"}, headers=headers).status == 200
    assert refused(churn, "DELETE", f"{ALIASES}/champion", status=422, headers=headers)["kind"] == "KeyReused"


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "\t"])
def test_an_idempotency_key_that_is_none_is_refused(churn, key):
    headers = {"idempotency-key": key}
    for method, path, body in (
        ("PUT", f"{ALIASES}/champion", {"version": 2}),
        ("POST", f"{ALIASES}/champion/rollback", None),
        ("DELETE", f"{ALIASES}/champion", None),
    ):
        refused(churn, method, path, body, status=422, headers=headers)


def test_a_hundred_of_the_longest_aliases_fit_and_one_more_does_not(churn):
    for number in range(99):
        name = f"{number:03d}".ljust(255, "x")
        assert churn.call("PUT", f"{ALIASES}/{name}", {"version": 2}).status == 200
    refused(churn, "PUT", f"{ALIASES}/one-more", {"version": 1}, status=413)
    listed = churn.call("GET", ALIASES).body
    assert (len(listed["items"]), listed["next"]) == (100, None)
    tags = {str(number): "é" * 2_500 for number in range(20)}
    assert churn.call("PATCH", "/v1/models/churn/versions/2", {"tags": tags}).status == 200
    assert churn.call("POST", "/v1/models/churn/versions/2/verify", headers={"idempotency-key": "v"}).status == 202
    churn.pump()
    check_all(churn)


def test_a_version_that_turns_out_wrong_is_announced_with_its_aliases(churn):
    churn.lose(b"0")
    churn.call("POST", "/v1/models/churn/versions/1/verify")
    churn.pump()
    assert churn.topic.announced[-1][0].endswith("; churn@champion still stands for it")
    problem = churn.call("GET", "/v1/resolve", query={"ref": "churn@champion"})
    assert (problem.status, problem.body["kind"], problem.body["facts"]["state"]) == (
        409,
        "VersionNotReady",
        "rejected",
    )
    assert churn.call("GET", "/v1/models/churn/versions/1").body["aliases"] == ["champion"]
    check_all(churn)


def test_people_are_told_of_an_alias_in_a_sentence(churn):
    churn.call("PUT", f"{ALIASES}/champion", {"version": 2, "comment": "beats it"})
    churn.call("DELETE", f"{ALIASES}/champion")
    churn.pump()
    assert [subject for subject, _, _ in churn.topic.announced] == [
        "churn@champion is churn/1 (was nobody), by local:ana",
        "churn@champion is churn/2 (was churn/1), by local:ana: beats it",
        "churn@champion is nobody (was churn/2), by local:ana",
    ]
    assert churn.topic.announced[0][2] == {"type": "alias.set", "model": "churn", "alias": "champion"}
