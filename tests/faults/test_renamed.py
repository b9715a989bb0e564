"""A renamed model under its id, its new name and its old one: every route knows all three."""

from contextlib import contextmanager
from itertools import count

import pytest

from functions.api.resolver import ROUTES
from tests.faults.invariants import check_all
from tests.faults.story import ODD
from tests.faults.vouched import attested
from tests.faults.yard import embedded_yard, file_request

BODIES = {
    "UpdateModelRequest": {"description": "x"},
    "CreateVersionRequest": {"files": [file_request("a", b"a")]},
    "UpdateVersionRequest": {"tags": {"x": "1"}},
    "TransitionRequest": {"stage": "staging"},
    "RenameModelRequest": {"name": "third"},
    "DeletionRequest": {"force": True},
    "SetAliasRequest": {"version": 1},
    "ReviewRequest": {"reason": "looked at it"},
    "EvaluateRequest": {"metrics": {"auc": 0.9}},
    "AttestRequest": attested(b"another"),
}
"""What each command that names a model is told."""

QUERIES = {"/v1/resolve": {"ref": "{name}/production"}, "/v1/compare": {"ref": ["{name}/1", "{name}/2"]}}
NAMED = [route for route in ROUTES if "<name>" in route.path or route.path in QUERIES]
UNNAMED = {
    *("/v1/models", "/v1/events", "/v1/health", "/v1/openapi.json", "/v1/uses"),
    *("/v1/search/models", "/v1/search/versions"),
    *("/v1/imports/blobs", "/v1/imports/blobs/complete", "/v1/imports/journals"),
}
FILLED = {"number": "1", "name": "{name}", "alias": "champion", "evaluation": "12"}
REVIEWED = ("/quarantine/files", "/release", "/reject")
QUARANTINED = 3
"""The version that reviewers judge, and the ends of the paths by which they do."""


@pytest.fixture
def renamed(tmp_path):
    """Makes yards, each with a model `new` that was `old` and its first version in production."""
    numbers = count()

    @contextmanager
    def make():
        with embedded_yard(tmp_path / str(next(numbers))) as yard:
            model = yard.call("POST", "/v1/models", {"name": "old"}).body["id"]
            for number in (1, 2):
                yard.ready("old", {"a": b"a"})
                alias = "/v1/models/old/aliases/champion"
                assert yard.call("PUT", alias, {"version": number}).status == 200
            yard.call("POST", "/v1/models/old/versions/1/transitions", {"stage": "production"})
            report = yard.call("POST", "/v1/models/old/versions/1/evaluations", {"metrics": {"auc": 0.8}})
            assert report.body["evaluation"]["id"] == int(FILLED["evaluation"]), report
            assert yard.call("POST", "/v1/models/old/versions/1/attestations", attested(b"signed")).status == 201
            assert yard.ready("old", ODD) == QUARANTINED
            assert yard.call("POST", "/v1/models/old/rename", {"name": "new"}).status == 200
            yard.pump()
            yield yard, model

    return make


def named(value, name):
    return value.format(name=name) if isinstance(value, str) else [each.format(name=name) for each in value]


def ask(yard, route, name):
    path = route.path.replace("<number>", str(QUARANTINED)) if route.path.endswith(REVIEWED) else route.path
    for part, value in FILLED.items():
        path = path.replace(f"<{part}>", value)
    asked = QUERIES.get(route.path, {})
    query = {key: named(value, name) for key, value in asked.items()}
    body = BODIES[route.takes.__name__] if route.takes else None
    return yard.call(route.method, path.format(name=name), body, query=query)


def test_every_route_that_names_a_model_is_walked_here():
    assert {route.path for route in ROUTES} - {route.path for route in NAMED} == UNNAMED


@pytest.mark.parametrize("route", NAMED, ids=lambda route: f"{route.method} {route.path}")
def test_a_route_answers_alike_under_the_id_the_new_name_and_the_old_one(renamed, route):
    answers = []
    for variant in ("id", "new", "old"):
        with renamed() as (yard, model):
            answers.append(ask(yard, route, model if variant == "id" else variant))
            yard.pump()
            check_all(yard)
    assert [answer.status for answer in answers] == [route.status] * 3, answers
    by_id, by_new, by_old = (tell(answer.body) for answer in answers)
    assert by_new == by_old == by_id


def tell(body):
    """What an answer says, without what the request's own name or id is in."""
    if isinstance(body, list):
        return [tell(each) for each in body]
    if not isinstance(body, dict):
        return body
    return {name: tell(value) for name, value in body.items() if name not in {"reference", "next", "uploads"}}


def test_answers_have_the_new_name_at_once_or_a_moment_later(renamed):
    with renamed() as (yard, _):
        assert yard.call("GET", "/v1/models/old").body["name"] == "new"
        assert yard.call("GET", "/v1/models/old/versions/1").body["name"] == "new"
        assert [model["name"] for model in yard.call("GET", "/v1/models").body["items"]] == ["new"]
        resolved = yard.call("GET", "/v1/resolve", query={"ref": "models:/old/production"}).body
        assert resolved["version"]["name"] == "new"


def test_the_past_has_the_name_of_the_past_whatever_name_is_asked_for(renamed):
    with renamed() as (yard, model):
        before = yard.clock.now().isoformat()
        yard.clock.advance(hours=1)
        yard.call("POST", "/v1/models/new/rename", {"name": "newest"})
        yard.pump()
        for name in (model, "old", "new", "newest"):
            assert yard.call("GET", f"/v1/models/{name}", query={"at": before}).body["name"] == "new"
            assert yard.call("GET", f"/v1/models/{name}/versions/1", query={"at": before}).body["name"] == "new"
            assert yard.call("GET", f"/v1/models/{name}/versions/1").body["name"] == "newest"


def test_a_name_that_is_none_is_refused_and_nothing_is_written(renamed):
    with renamed() as (yard, model):
        before = yard.rows()
        for name in ("", " a", "a/b", "a:b", "a@b", "..", "a\nb", "x" * 257, "e\u0301" * 257, model):
            answer = yard.call("POST", "/v1/models/old/rename", {"name": name})
            assert (answer.status, answer.body["field"]) == (422, "name"), name
        assert yard.call("POST", "/v1/models/nobody/rename", {"name": "a"}).status == 404
        assert yard.rows() == before
