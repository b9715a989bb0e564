"""HTTP requests become the events that API Gateway's HTTP APIs give to Lambda, payload 2.0."""

import base64
from datetime import UTC, datetime

import pytest

from modelyard.serve.http_events import header_values, http_event

NOW = datetime(2026, 3, 12, 19, 3, 58, 390000, UTC)
LOCAL = {"lambda": {"actor": "local:ada"}}


def scope(**changes):
    known = {
        "method": "GET",
        "path": "/v1/models",
        "query_string": b"",
        "http_version": "1.1",
        "client": ("127.0.0.1", 50000),
    }
    return {**known, **changes}


def event(headers=(), body=b"", authorizer=LOCAL, **changes):
    raw = [(b"host", b"127.0.0.1:8080"), *headers]
    return http_event(scope(**changes), header_values(raw), body, request_id="r-1", now=NOW, authorizer=authorizer)


def test_a_get_without_anything_is_exactly_as_aws_shapes_it():
    assert event(headers=[(b"user-agent", b"curl/8")]) == {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/v1/models",
        "rawQueryString": "",
        "headers": {"host": "127.0.0.1:8080", "user-agent": "curl/8"},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "embedded",
            "domainName": "127.0.0.1:8080",
            "domainPrefix": "127",
            "http": {
                "method": "GET",
                "path": "/v1/models",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "curl/8",
            },
            "requestId": "r-1",
            "routeKey": "$default",
            "stage": "$default",
            "time": "12/Mar/2026:19:03:58 +0000",
            "timeEpoch": 1773342238390,
            "authorizer": LOCAL,
        },
        "isBase64Encoded": False,
    }


def test_who_needs_no_identity_gets_no_authorizer():
    assert "authorizer" not in event(authorizer={})["requestContext"]


def test_repeated_headers_are_joined_by_a_comma():
    found = event(headers=[(b"x-a", b"1"), (b"x-b", b"2"), (b"x-a", b"3")])
    assert found["headers"]["x-a"] == "1,3"


def test_query_parameters_are_decoded_and_repeated_ones_joined_while_the_raw_query_stays():
    found = event(query_string=b"ref=churn%2Fproduction&tag=a&tag=b+c&empty=")
    assert found["rawQueryString"] == "ref=churn%2Fproduction&tag=a&tag=b+c&empty="
    assert found["queryStringParameters"] == {"ref": "churn/production", "tag": "a,b c", "empty": ""}


def test_cookies_stand_apart_from_the_headers():
    found = event(headers=[(b"cookie", b"a=1; b=2")])
    assert found["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in found["headers"]


@pytest.mark.parametrize("kind", [b"application/json", b"text/plain; charset=utf-8", b"application/merge-patch+json"])
def test_a_body_of_text_travels_as_text(kind):
    found = event(headers=[(b"content-type", kind)], body='{"näme":1}'.encode())
    assert (found["body"], found["isBase64Encoded"]) == ('{"näme":1}', False)


@pytest.mark.parametrize(
    ("kind", "body"),
    [(b"application/octet-stream", b"abc"), (b"application/json", b"\xff{}"), (b"", b"{}")],
)
def test_any_other_body_travels_as_base64(kind, body):
    found = event(headers=[(b"content-type", kind)], body=body)
    assert (base64.b64decode(found["body"]), found["isBase64Encoded"]) == (body, True)
