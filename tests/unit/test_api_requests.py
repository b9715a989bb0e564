"""How the API reads a request: who asks, path, query, headers, body; and how it answers what it cannot read."""

import base64
import json
from importlib import import_module

import pytest

from functions.api.callers import caller_of
from functions.api.problems import problem
from functions.api.routing import Call, Route, whole
from modelyard.contract.codes import STATUS
from modelyard.domain import errors
from modelyard.domain.errors import Invalid, RegistryError, Unauthenticated
from modelyard.domain.journal import Caller
from tests.faults.yard import embedded_yard, http_event

PROMOTED = {
    "id": "ID-7",
    "type": "version.promoted",
    "model": {"id": "ID", "name": "churn"},
    "version": 3,
    "before": {"stage": "staging"},
    "after": {"stage": "production"},
    "actor": "ana",
    "reason": "",
}
ARN = "arn:aws:sts::123456789012:assumed-role/ci/run"


@pytest.fixture
def yard(tmp_path):
    with embedded_yard(tmp_path) as opened:
        yield opened


def event(authorizer=None, headers=None, path="/v1/models"):
    context = {"requestId": "request-1", "http": {"method": "GET"}} | ({"authorizer": authorizer} if authorizer else {})
    return {"requestContext": context, "headers": headers or {}, "rawPath": path}


@pytest.mark.parametrize(
    ("authorizer", "actor"),
    [
        ({"iam": {"userArn": ARN, "callerId": "AROA:run", "accessKey": "AKIA"}}, f"iam:{ARN}"),
        ({"iam": {"userArn": None, "callerId": "AROA:run", "accessKey": "AKIA"}}, "iam:AROA:run"),
        ({"iam": {"accessKey": "AKIA"}}, "iam:AKIA"),
        ({"jwt": {"claims": {"sub": "42", "email": "a@example.com", "email_verified": "true"}}}, "jwt:a@example.com"),
        ({"jwt": {"claims": {"sub": "42", "email": "anybody@example.com"}, "scopes": None}}, "jwt:42"),
        ({"jwt": {"claims": {"sub": "42"}}}, "jwt:42"),
        ({"lambda": {"actor": "local:ana"}}, "local:ana"),
    ],
)
def test_the_actor_is_whom_the_gateway_found(authorizer, actor):
    assert caller_of(event(authorizer)) == Caller(actor, "request-1")


@pytest.mark.parametrize("authorizer", [None, {}, {"other": {"actor": "x"}}])
def test_nobody_gets_no_further_than_what_is_open_to_anyone(authorizer):
    with pytest.raises(Unauthenticated):
        caller_of(event(authorizer))
    assert caller_of(event(authorizer, path="/v1/health")).actor == "anonymous"


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("trace-7", "trace-7"),
        ("x" * 128, "x" * 128),
        ("x" * 129, "request-1"),
        ("", "request-1"),
        ("a\nb", "request-1"),
        ("é", "request-1"),
    ],
)
def test_a_correlation_id_is_honoured_when_it_is_one(given, used):
    assert caller_of(event({"lambda": {"actor": "a"}}, {"x-correlation-id": given})).correlation_id == used


def test_a_caller_nobody_knows_gets_401_and_health_all_the_same(yard):
    refused = yard.call("GET", "/v1/models", actor=None)
    assert (refused.status, refused.body["code"]) == (401, "unauthenticated")
    assert yard.call("GET", "/v1/health", actor=None).status == 200


def call(headers):
    return Call(None, Caller("ana", "r"), {}, {}, headers, None, b"POST /v1/models\n{}")


@pytest.mark.parametrize("key", ["k", "x" * 255, 'a-b_c:1/2 ~"!'])
def test_an_idempotency_key_is_printable_ascii(key):
    assert call({"idempotency-key": key}).ticket == call({"idempotency-key": key}).ticket
    assert call({}).ticket is None


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\nb", "a\x7f", "\u2003"])
def test_any_other_idempotency_key_is_refused(key):
    with pytest.raises(Invalid) as refusal:
        _ = call({"idempotency-key": key}).ticket
    assert refusal.value.field == "Idempotency-Key"


@pytest.mark.parametrize(
    ("tag", "revision"),
    [
        (None, None),
        ("*", None),
        (" * ", None),
        ('"7"', 7),
        (' "7" ', 7),
        ("7", 7),
        ('W/"7"', -1),
        ('"7", "8"', -1),
        ('"x"', -1),
        ('""', -1),
        ("", -1),
        ("-1", -1),
        ('"\u0667"', -1),
        ('"' + "9" * 20 + '"', -1),
    ],
)
def test_if_match_names_one_revision_and_anything_else_matches_none(tag, revision):
    assert call({} if tag is None else {"if-match": tag}).expected == revision


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("007", 7), ("1000", 1000)])
def test_a_whole_number_within_its_bounds_is_read(text, number):
    assert whole(text, field="limit", least=1, most=1000) == number


@pytest.mark.parametrize(
    "text", ["", "0", "1001", "-1", "+1", "1.0", "1e3", " 1", "1\n", "\u0661", "\u00b2", "9" * 5000, "1,2"]
)
def test_anything_else_is_no_whole_number(text):
    with pytest.raises(Invalid, match="limit is a whole number from 1 to 1000"):
        whole(text, field="limit", least=1, most=1000)


def test_a_path_is_a_routes_whatever_the_method():
    route = Route("GET", "/v1/models/<name>/versions/<number>", "", None, None, None, 200, (), ())
    assert route.matches("/v1/models/a%20b/versions/x")
    assert not route.matches("/v1/models/a/versions/")
    assert not route.matches("/v1/models/a/b/versions/1")


def refusals():
    kinds = [RegistryError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    return kinds[1:]


@pytest.mark.parametrize("kind", refusals(), ids=lambda kind: kind.__name__)
def test_every_refusal_has_a_status_and_a_problem_document(kind):
    reply = problem(kind("why", field="name", seen=1, retry_after=3), instance="request-1")
    body = json.loads(reply.body.model_dump_json())
    assert (reply.status, reply.content_type) == (STATUS[kind.code], "application/problem+json")
    assert (body["status"], body["code"], body["kind"]) == (reply.status, kind.code, kind.__name__)
    assert (body["detail"], body["field"], body["facts"]) == ("why", "name", {"seen": 1})
    assert body["instance"] == "urn:modelyard:request:request-1"
    assert reply.headers == {"Retry-After": "3"}
    assert kind is getattr(errors, kind.__name__)


def test_problem_types_are_spelled_from_the_refusals_name():
    body = problem(errors.VersionNotReady("no"), instance="r").body
    assert (body.type, body.title) == ("urn:modelyard:problem:version-not-ready", "Version not ready")


def test_a_fault_of_ours_says_nothing_of_itself_but_the_request(yard, monkeypatch, caplog):
    monkeypatch.setattr(yard.ports.table, "get", lambda keys: 1 / 0)
    failed = yard.call("GET", "/v1/models/churn")
    assert (failed.status, failed.body["code"]) == (500, "internal")
    assert "division" not in json.dumps(failed.body)
    assert failed.body["instance"].endswith(failed.headers["X-Request-Id"])
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/v1", 404),
        ("GET", "/v1/models/", 404),
        ("GET", "/v1/models/a/b", 404),
        ("GET", "/v2/models", 404),
        ("PUT", "/v1/models", 405),
        ("DELETE", "/v1/models/churn", 405),
        ("GET", "/v1/models/churn/versions/1/transitions", 405),
        ("POST", "/v1/health", 405),
    ],
)
def test_what_no_route_answers_is_a_problem_document_too(yard, method, path, status):
    refused = yard.call(method, path)
    assert (refused.status, refused.headers["Content-Type"]) == (status, "application/problem+json")
    assert ("Allow" in refused.headers) == (status == 405)


NAMES = [
    "my model",
    "50%",
    "a%41",
    "100%25",
    "q?x=1",
    "#1",
    'say "hi"',
    "a+b&c",
    "é模型😀",
    "{}|^`\\",
    "<b>",
    "...",
    "a;b,c",
    "(')*!~$=",
]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_works_in_a_path(yard, name):
    made = yard.call("POST", "/v1/models", {"name": name})
    assert (made.status, made.body["name"]) == (201, name)
    for path in (f"/v1/models/{name}", f"/v1/models/{made.body['id']}"):
        assert yard.call("GET", path).body["id"] == made.body["id"]
    yard.ready(name, {"a": b"a"})
    assert yard.call("GET", "/v1/resolve", query={"ref": f"{name}/1"}).body["version"]["name"] == name


def test_a_body_may_come_in_base64(yard):
    encoded = http_event("POST", "/v1/models") | {"isBase64Encoded": True}
    body = base64.b64encode('{"name":"é"}'.encode()).decode()
    assert yard.answer(encoded | {"body": body}).status == 201
    for broken in (base64.b64encode(b"\xff\xfe{").decode(), "not base64!", "abc", "é"):
        refused = yard.answer(encoded | {"body": broken})
        assert (refused.status, refused.body["code"]) == (400, "malformed"), refused


@pytest.mark.parametrize("function", ["api", "index", "notify", "relay", "sweep", "verify"])
def test_a_function_that_is_given_no_ports_takes_those_of_its_environment(yard, monkeypatch, function):
    module = import_module(f"functions.{function}.handler")
    monkeypatch.setattr(module, "wired", lambda: yard.ports)
    events = {
        "api": http_event("GET", "/v1/models"),
        "notify": {"detail": PROMOTED},
        "relay": {"Records": []},
        "index": {"Records": []},
        "sweep": {"id": "round"},
        "verify": {"source": "aws.s3", "detail": {"object": {"key": "elsewhere"}}},
    }
    assert module.handler(events[function], None)
