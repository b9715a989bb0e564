"""Reports that nobody should take: refused over HTTP with the field at fault, and nothing is written."""

import json

import pytest

from tests.faults.invariants import check_all
from tests.faults.yard import created, file_request
from tests.unit.fakes import digest_of

E = "/v1/models/churn/versions/1/evaluations"
PLOT = b"a plot"
ATTACHED = {"path": "roc.png", "size": len(PLOT), "digest": digest_of(PLOT)}


@pytest.fixture
def churn(yard):
    assert yard.call("POST", "/v1/models", {"name": "churn"}).status == 201
    yard.ready("churn", {"a": b"abc"}, metrics={"auc": 0.9}, directions={"auc": "higher"})
    return yard


def refused(yard, body, *, status=422, path=E, method="POST", **how):
    before = yard.rows()
    answer = yard.call(method, path, body, **how)
    assert (answer.status, answer.body["status"]) == (status, status), answer
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert yard.rows() == before
    assert len(json.dumps(answer.body)) < 10_000
    return answer.body


@pytest.mark.parametrize(
    "value", ['"0.9"', '"NaN"', '"Infinity"', "NaN", "Infinity", "-Infinity", "1e999", "true", "null", "[]", "9" * 400]
)
def test_a_metric_that_is_no_finite_number_is_refused(churn, value):
    for body in (f'{{"metrics": {{"auc": {value}}}}}', f'{{"metrics": {{"auc": {{"value": {value}}}}}}}'):
        assert refused(churn, body)["field"] in {"metrics.auc", "metrics.auc.value"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"metrics": {"auc": 0.9, "auc": 0.8}}', "metrics.auc"),
        ('{"metrics": {"auc": 0.9, "auc": 0.9}}', "metrics.auc"),
        ('{"metrics": {"auc": 1}, "metrics": {"auc": 1}}', "metrics"),
        ('{"metrics": {"auc": {"value": 1, "value": 2}}}', "metrics.value"),
        ('{"metrics": {"a\\u0075c": 0.9, "auc": 0.8}}', "metrics.auc"),
    ],
)
def test_a_metric_that_comes_twice_is_refused_even_with_one_value(churn, body, field):
    assert refused(churn, body)["field"] == field


def test_a_hundred_thousand_metrics_and_one_twice_are_refused_at_once(churn):
    many = ", ".join(f'"{number}": 1' for number in range(100_000))
    assert refused(churn, f'{{"metrics": {{{many}, "7": 1}}}}')["field"] == "metrics.7"
    refused(churn, f'{{"metrics": {{{many}}}}}', status=413)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "metrics"),
        ({"metrics": []}, "metrics"),
        ({"metrics": {"": 1}}, "metrics"),
        ({"metrics": {"a\nb": 1}}, "metrics"),
        ({"metrics": {"auc": {"unit": "x"}}}, "metrics.auc.value"),
        ({"metrics": {"auc": {"value": 1, "direction": "up"}}}, "metrics.auc.direction"),
        ({"metrics": {"auc": {"value": 1, "direction": "HIGHER"}}}, "metrics.auc.direction"),
        ({"metrics": {"auc": {"value": 1, "units": "x"}}}, "metrics.auc.units"),
        ({"metrics": {"auc": {"value": 1, "unit": 7}}}, "metrics.auc.unit"),
        ({"metrics": {"auc": {"value": 1, "unit": "\x1b"}}}, "metrics.auc.unit"),
        ({"metrics": {"auc": 1}, "dataset": None}, "dataset"),
        ({"metrics": {"auc": 1}, "split": ["test"]}, "split"),
        ({"metrics": {"auc": 1}, "dataset": "\0"}, "dataset"),
        ({"metrics": {"auc": 1}, "run": "x"}, "run"),
        ({"metrics": {"auc": 1}, "run": {"url": 7}}, "run.url"),
        ({"metrics": {"auc": 1}, "author": "me"}, "author"),
        ({"metrics": {"auc": 1}, "attachments": {}}, "attachments"),
        *(
            ({"attachments": [ATTACHED | wrong]}, f"attachments.0.{field}")
            for wrong, field in (
                ({"path": "/etc/passwd"}, "path"),
                ({"path": "../x"}, "path"),
                ({"path": "a\\b"}, "path"),
                ({"path": ""}, "path"),
                ({"size": "3"}, "size"),
                ({"size": -1}, "size"),
                ({"digest": "md5:x"}, "digest"),
                ({"digest": "sha256-tree:" + "0" * 64}, "digest"),
                ({"parts": []}, "parts"),
            )
        ),
        ({"attachments": [ATTACHED, ATTACHED]}, "attachments.path"),
        ({"attachments": [ATTACHED, ATTACHED | {"path": "ROC.png"}]}, "attachments.path"),
        ({"attachments": [ATTACHED, ATTACHED | {"path": "b", "size": 1}]}, "attachments.size"),
    ],
)
def test_a_body_that_is_not_right_is_refused_and_the_field_is_named(churn, body, field):
    assert refused(churn, body)["field"] == field


@pytest.mark.parametrize(
    "body",
    [
        {"metrics": {f"{number}": 1 for number in range(1_001)}},
        {"metrics": {"auc": {"value": 1, "unit": "x" * 51}}},
        {"metrics": {"auc": 1}, "dataset": "x" * 2_001},
        {"metrics": {"auc": 1}, "comment": "x" * 2_001},
        {"metrics": {f"{number}".ljust(250, "\U0001f600"): 1 for number in range(100)}},
        {"attachments": [ATTACHED | {"path": f"{number}"} for number in range(21)]},
        {"attachments": [ATTACHED | {"size": 16 * 1024**2 + 1}]},
        {"attachments": [ATTACHED | {"size": 10**30}]},
    ],
)
def test_what_is_too_much_is_refused(churn, body):
    refused(churn, body, status=413)


def test_the_other_direction_is_a_conflict_that_says_what_was_known(churn):
    problem = refused(churn, {"metrics": {"auc": {"value": 1, "direction": "lower"}}}, status=409)
    assert (problem["kind"], problem["field"]) == ("DirectionConflict", "metrics.auc")
    assert problem["facts"] == {"metric": "auc", "known": "higher", "given": "lower"}
    body = {"files": [file_request("a", b"x")], "metrics": {"auc": 1}, "directions": {"auc": "lower"}}
    assert refused(churn, body, path="/v1/models/churn/versions", status=409)["kind"] == "DirectionConflict"


@pytest.mark.parametrize(
    ("directions", "field"),
    [
        ({"loss": "lower"}, "directions.loss"),
        ({"auc": "down"}, "directions.auc"),
        ({"auc": None}, "directions.auc"),
        ([], "directions"),
    ],
)
def test_a_direction_at_registration_is_one_of_two_and_of_a_metric_that_is_given(churn, directions, field):
    body = {"files": [file_request("a", b"x")], "metrics": {"auc": 1}, "directions": directions}
    assert refused(churn, body, path="/v1/models/churn/versions")["field"] == field


@pytest.mark.parametrize("number", ["0", "x", "-1", "1.0", "9" * 13, "\u0661"])
def test_an_evaluation_is_found_by_its_number_alone(churn, number):
    path = f"{E}/{number}/attachments"
    assert refused(churn, None, path=path, method="GET")["field"] == "evaluation"


def test_what_is_unknown_is_not_found(churn):
    for path in (E.replace("churn", "other"), E.replace("/1/", "/9/")):
        refused(churn, {"metrics": {"auc": 1}}, path=path, status=404)
        refused(churn, None, path=path, method="GET", status=404)
    refused(churn, None, path=f"{E}/1/attachments", method="GET", status=404)
    refused(churn, None, path=E, method="GET", query={"cursor": "made-up"})


def test_a_page_token_of_another_versions_reports_is_refused(churn):
    churn.ready("churn", {"a": b"b"})
    other = E.replace("/1/", "/2/")
    for path in (E, E, other, other):
        churn.call("POST", path, {"metrics": {"auc": 1}})
    token = churn.call("GET", other, query={"limit": "1"}).body["next"]
    refused(churn, None, path=E, method="GET", query={"cursor": token})


def test_metrics_at_every_bound_are_taken_and_come_back(churn):
    metrics = {"x" * 250: -1e308, "least": 5e-324, "large": 1e17, "whole": 2**53, "é": 0.5}
    taken = churn.call("POST", E, {"metrics": metrics}, headers={"idempotency-key": "k"})
    assert {name: each["value"] for name, each in taken.body["evaluation"]["metrics"].items()} == metrics
    again = churn.call("POST", E, {"metrics": metrics}, headers={"idempotency-key": "k"})
    assert again.body == taken.body
    assert churn.call("GET", "/v1/models/churn/versions/1").body["metrics"] == {"auc": 0.9, **metrics}
    check_table_after(churn)


def test_attachments_are_asked_for_taken_proven_and_handed_out_as_files(churn):
    taken = churn.call("POST", E, {"attachments": [ATTACHED, ATTACHED | {"path": "copy.html"}]}).body
    (upload,) = taken["uploads"]["items"]
    path = f"{E}/{taken['evaluation']['id']}/attachments"
    assert [each["download"] for each in churn.call("GET", path).body["items"]] == [None, None]
    churn.send(upload, PLOT)
    assert churn.hints, "storage tells that it came"
    found = churn.call("GET", path).body["items"]
    assert [(each["path"], each["upload"]) for each in found] == [("copy.html", None), ("roc.png", None)]
    assert {each["download"]["method"] for each in found} == {"GET"}
    check_table_after(churn)


def test_wrong_bytes_are_refused_by_storage_and_the_attachment_stays_missing(churn):
    taken = churn.call("POST", E, {"attachments": [ATTACHED]}).body
    (upload,) = taken["uploads"]["items"]
    churn.plan.attempt(0)
    with pytest.raises(Exception, match=r"(?i)digest|bytes|sha"):
        churn.put(upload, b"x plot")
    (found,) = churn.call("GET", f"{E}/{taken['evaluation']['id']}/attachments").body["items"]
    assert (found["download"], found["upload"]["method"]) == (None, "PUT")
    churn.hints.append(f"blobs/{ATTACHED['digest'].replace(':', '/')}")
    assert churn.wake("verify", created(churn.hints.popleft()))["proven"] is False
    check_table_after(churn)


def test_attached_bytes_that_rot_are_missing_again_and_can_be_sent_anew(churn):
    taken = churn.call("POST", E, {"attachments": [ATTACHED]}).body
    path = f"{E}/{taken['evaluation']['id']}/attachments"
    churn.send(taken["uploads"]["items"][0], PLOT)
    churn.pump()
    churn.ready("churn", {"plot": PLOT})
    churn.rot(PLOT)
    churn.call("POST", "/v1/models/churn/versions/2/verify")
    churn.pump()
    assert churn.call("GET", "/v1/models/churn/versions/2").body["state"] == "rejected"
    assert churn.call("GET", "/v1/models/churn/versions/1").body["state"] == "ready"
    (found,) = churn.call("GET", path).body["items"]
    churn.send({"request": found["upload"], "offset": 0, "length": len(PLOT)}, PLOT)
    assert churn.call("GET", path).body["items"][0]["download"]
    check_table_after(churn)


def check_table_after(churn):
    churn.pump()
    check_all(churn)
