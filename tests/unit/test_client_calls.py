"""Calls to the API: retried when that is safe, under one key, and refused with the right exception."""

import json
import re
import subprocess
import sys
from types import FunctionType

import pytest

import modelyard.client
from modelyard.client import Backoff, Registry, Unreachable, errors
from modelyard.client.api import segment
from modelyard.client.errors import (
    AlreadyExists,
    BadAnswer,
    Conflict,
    Contended,
    Forbidden,
    Internal,
    Invalid,
    NotFound,
    Refused,
    Unusable,
    refusal,
)
from modelyard.client.network import HttpTransport
from modelyard.client.proxied import ProxiedTransport
from modelyard.client.references import read_reference
from modelyard.client.retrying import Tries
from modelyard.contract.codes import STATUS
from modelyard.domain import errors as domain_errors
from tests.unit.client_server import Fault, serving
from tests.unit.client_yard import Refusal


@pytest.fixture
def server():
    with serving() as server:
        yield server


@pytest.fixture
def registry(server):
    with server.registry() as registry:
        yield registry


@pytest.mark.parametrize("act", [429, 502, 503, 504, "drop", "lose", "cut"])
def test_a_call_that_fails_for_a_while_is_tried_again(server, registry, act):
    server.faults.append(Fault("GET /v1/health", act, times=3))
    assert registry.health().status == "ok"
    assert server.asked("GET /v1/health") == 4


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 412, 413, 422, 500])
def test_a_refusal_is_not_tried_again(server, registry, status):
    server.faults.append(Fault("GET /v1/health", status, times=10))
    with pytest.raises(Refused) as caught:
        registry.health()
    assert caught.value.status == status
    assert server.asked("GET /v1/health") == 1


def test_a_repeated_post_carries_the_same_key_and_happens_once(server, registry):
    server.faults.append(Fault("POST /v1/models", "lose", times=2))
    assert registry.create_model("churn").name == "churn"
    keys = {headers["Idempotency-Key"] for _, _, headers in server.requests}
    assert len(server.requests) == 3
    assert len(keys) == 1


def test_every_call_has_a_key_of_its_own(server, registry):
    registry.create_model("a")
    registry.create_model("b")
    assert len({headers["Idempotency-Key"] for _, _, headers in server.requests}) == 2


def contend():
    raise Refusal(409, "conflict", "Contended", "others keep changing it")


@pytest.mark.parametrize(("headers", "asked"), [({"retry-after": "0"}, 3), ({}, 1)])
def test_a_contended_write_is_tried_again_when_the_registry_says_when(server, registry, headers, asked):
    server.yard.create_model({"name": "churn"})
    server.faults.append(Fault("PATCH", contend, times=2, headers=headers))
    try:
        registry.update_model("churn", tags={"a": "1"})
    except Contended:
        assert server.yard.models["churn"]["tags"] == {}
    assert server.asked("PATCH") == asked


def test_a_registry_that_never_answers_is_told_soon_at_first_and_given_time_later(server):
    with server.registry(backoff=Backoff(10, 3, first_wait=0.001, longest_wait=0.001)) as registry:
        server.faults.append(Fault("GET", "drop", times=1000))
        with pytest.raises(Unreachable):
            registry.health()
        assert len(server.requests) == 3
        server.faults.clear()
        registry.health()
        server.requests.clear()
        server.faults.append(Fault("GET", "drop", times=1000))
        with pytest.raises(Unreachable):
            registry.health()
        assert len(server.requests) == 10


def test_waits_grow_are_random_and_bounded_and_honour_retry_after():
    waited = []
    backoff = Backoff(attempts=8, first_wait=1, longest_wait=8, patience=30, chance=lambda: 0.5, sleep=waited.append)
    tries = Tries(backoff)
    for hint in (None, None, None, None, None, 20, 1000):
        tries.failed(errors.ModelyardError("no"), hint)
    assert waited == [0.5, 1, 2, 4, 4, 20, 30]
    with pytest.raises(errors.ModelyardError):
        tries.failed(errors.ModelyardError("no"))


def test_retry_after_is_read_from_the_answer(server):
    waited = []
    with server.registry(backoff=Backoff(chance=lambda: 0.0, sleep=waited.append)) as registry:
        server.faults.append(Fault("GET", 503, headers={"retry-after": "7"}))
        registry.health()
    assert waited == [7]


def test_what_cannot_get_better_is_not_tried_again():
    waited = []
    with pytest.raises(Unreachable):
        Tries(Backoff(sleep=waited.append)).failed(Unreachable("bad certificate", transient=False))
    assert waited == []


def test_an_address_where_nobody_listens_says_so(server):
    server.vanish()
    with server.registry() as registry, pytest.raises(Unreachable, match=r"cannot reach http://127\.0\.0\.1:\d+: conn"):
        registry.health()


def test_a_proxy_is_honoured_but_not_for_this_machine(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "inside.example")
    with server.registry() as registry:
        assert registry.health().status == "ok"
    transport = HttpTransport()
    assert isinstance(transport._way("http://outside.example/"), ProxiedTransport)
    assert not isinstance(transport._way("http://inside.example/"), ProxiedTransport)
    assert not isinstance(transport._way("https://outside.example/"), ProxiedTransport)
    transport.close()


@pytest.mark.parametrize("url", ["", "ftp://x", "x:80", "http://", "http://h:99999", "http://u:p@h", "http://h/?a=1"])
def test_an_address_that_is_none_is_refused(url, monkeypatch):
    monkeypatch.setenv("MODELYARD_URL", url)
    if not url:
        assert Registry().url == "http://127.0.0.1:8080"
        return
    with pytest.raises(Unusable) as caught:
        Registry()
    assert caught.value.field == "MODELYARD_URL"


def test_address_and_token_come_from_the_environment(server, monkeypatch):
    monkeypatch.setenv("MODELYARD_URL", f"{server.url}/")
    monkeypatch.setenv("MODELYARD_TOKEN", "secret")
    with Registry() as registry:
        registry.health()
    assert server.requests[0][2]["Authorization"] == "Bearer secret"


@pytest.mark.parametrize("token", ["two words", "new\nline", "ümlaut"])
def test_a_token_that_no_header_can_carry_is_refused(token):
    with pytest.raises(Unusable) as caught:
        Registry("http://127.0.0.1:1", token)
    assert caught.value.field == "MODELYARD_TOKEN"
    assert token not in str(caught.value)


def test_what_is_no_registry_is_told_apart_from_a_refusal(server, registry):
    server.yard.models["x"] = {"name": "x"}
    with pytest.raises(BadAnswer, match="not as a registry gives it") as caught:
        registry.get_model("x")
    assert "MODELYARD_URL" in caught.value.hint


def test_an_endless_answer_is_not_read_for_ever(server, registry, monkeypatch):
    monkeypatch.setattr("modelyard.client.api.MOST", 10)
    with pytest.raises(BadAnswer, match="longer than 10 bytes"):
        registry.health()


def test_a_redirect_is_not_followed(server):
    server.faults.append(Fault("GET", 307, headers={"location": "http://elsewhere.example"}))
    with server.registry(token="secret") as registry, pytest.raises(BadAnswer, match=r"points to http://elsewhere"):
        registry.health()


@pytest.mark.parametrize("name", ["a b", "ä/ö", "%2F", "..", "a?b#c", "\n"])
def test_any_name_travels_as_one_segment_of_the_path(server, registry, name):
    server.yard.models[name] = {**server.yard.create_model({"name": "x"}), "name": name}
    assert registry.get_model(name).name == name


@pytest.mark.parametrize("name", ["", "\udcff"])
def test_a_name_that_no_address_can_hold_is_refused(name):
    with pytest.raises(Unusable) as caught:
        segment(name)
    assert caught.value.field == "name"


def test_what_json_cannot_hold_is_refused_before_it_is_sent(server, registry):
    with pytest.raises(Unusable):
        registry.create_model("churn", description="\udcff")
    assert server.requests == []


def test_lists_are_read_page_by_page(server, registry):
    server.yard.page = 2
    for name in "edcba":
        server.yard.create_model({"name": name})
    assert [model.name for model in registry.list_models()] == list("abcde")
    assert server.asked("GET /v1/models") == 3


def test_a_model_is_updated_and_a_tag_of_none_goes(server, registry):
    registry.create_model("churn", tags={"a": 1, "b": True})
    changed = registry.update_model("churn", description="new", tags={"a": None, "c": 0.5})
    assert changed.tags == {"b": "true", "c": "0.5"}
    assert changed.description == "new"


def test_events_are_read_from_a_cursor(server, registry):
    registry.create_model("a")
    registry.create_model("b")
    first = registry.events(limit=1)
    second = registry.events(first.next, limit=1)
    assert [event.model.name for event in (*first.items, *second.items)] == ["a", "b"]
    assert registry.events(second.next).items == []


def test_dead_letters_are_listed_and_retried(server, registry):
    server.yard.letters["1"] = {"id": "1", "function": "verify"}
    assert registry.dead_letters() == [{"id": "1", "function": "verify"}]
    registry.retry_dead_letter("1")
    with pytest.raises(NotFound):
        registry.retry_dead_letter("1")


def problem(status, code, kind):
    return {
        "type": "about:blank",
        "title": "t",
        "status": status,
        "detail": "no",
        "instance": "",
        "code": code,
        "kind": kind,
    }


@pytest.mark.parametrize("kind", [name for name, value in vars(domain_errors).items() if isinstance(value, type)])
def test_every_refusal_of_the_registry_has_an_exception_of_its_name(kind):
    refused = getattr(domain_errors, kind)
    if not issubclass(refused, domain_errors.RegistryError) or kind == "RegistryError":
        return
    raised = refusal(STATUS[refused.code], json.dumps(problem(STATUS[refused.code], refused.code, kind)).encode())
    assert type(raised).__name__ == kind
    parent = refused.__mro__[1].__name__
    assert parent in {base.__name__ for base in type(raised).__mro__} | {"RegistryError"}


def test_every_code_of_the_contract_has_an_exception():
    assert errors._BY_CODE.keys() == STATUS.keys()


def test_a_refusal_of_a_newer_registry_is_known_by_its_code():
    raised = refusal(409, json.dumps(problem(409, "conflict", "LegalHold")).encode(), request_id="r1")
    assert type(raised) is Conflict
    assert (raised.kind, raised.detail, raised.request_id) == ("LegalHold", "no", "r1")


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (403, b'{"message":"Forbidden"}', Forbidden),
        (500, b"<html>", Internal),
        (404, b"", NotFound),
        (422, b"[]", Invalid),
        (418, b'{"message": 3}', Internal),
    ],
)
def test_an_answer_that_is_no_problem_document_is_known_by_its_status(status, body, expected):
    assert type(refusal(status, body)) is expected


def test_the_tree_of_exceptions_is_drawn_as_it_is():
    drawn = re.findall(r"^[│ ]*[├└]── (\w+)", errors.__doc__, re.MULTILINE)
    known = [name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)]
    assert sorted(drawn) == sorted(set(known) - {"ModelyardError", "ValidationError"})


def test_what_is_public_is_listed():
    found = vars(modelyard.client)
    names = {name for name, value in found.items() if name[0].isupper() or isinstance(value, FunctionType)}
    assert names == set(modelyard.client.__all__)


@pytest.mark.parametrize(
    ("text", "name", "number", "is_model"),
    [
        ("churn", "churn", None, True),
        ("churn/1", "churn", 1, False),
        ("models:/churn/12", "churn", 12, False),
        ("churn/production", "churn", None, False),
        ("churn@champion", "churn", None, False),
        ("churn/007", "churn", None, False),
    ],
)
def test_references_are_taken_apart(text, name, number, is_model):
    reference = read_reference(text)
    assert (reference.name, reference.number, reference.is_model) == (name, number, is_model)


@pytest.mark.parametrize("text", ["", "/1", "churn/", "models:/", "@x"])
def test_a_reference_that_names_nothing_is_refused(text):
    with pytest.raises(Unusable):
        read_reference(text)


def test_a_taken_name_is_its_own_exception(registry):
    registry.create_model("churn")
    with pytest.raises(AlreadyExists):
        registry.create_model("churn")


def test_importing_the_client_brings_in_nothing_it_may_not_need():
    script = "import sys, modelyard.client; print({'boto3', 'botocore', 'rich', 'click'} & sys.modules.keys())"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"
