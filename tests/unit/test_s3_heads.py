"""Heads are asked for straight, and by the client wherever that is not enough."""

import select
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLCertVerificationError

import boto3
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import ClientError

from modelyard.adapters.s3 import S3_CONFIG
from modelyard.adapters.s3.heads import Head, Heads
from modelyard.adapters.s3.signing import Links
from modelyard.adapters.s3.wire import Wire

KEY = "blobs/sha256/" + "0f" * 32
FOUND = {"Content-Length": "5", "ETag": '"tag"', "x-amz-checksum-sha256": "sum"}


class Store:
    """A server that answers HEAD with what is left of `answers`, then with the last of them."""

    def __init__(self):
        self.answers, self.asked, self.hang_up = [(200, FOUND)], [], False

    def handler(self):
        store = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self):
                store.asked.append(dict(self.headers.items()))
                status, headers = store.answers.pop(0) if len(store.answers) > 1 else store.answers[0]
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.close_connection = store.hang_up

            def log_message(self, *_):
                pass

        return Handler


@pytest.fixture
def store():
    known = Store()
    with ThreadingHTTPServer(("127.0.0.1", 0), known.handler()) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        known.url = f"http://127.0.0.1:{server.server_port}"
        yield known
        server.shutdown()
        thread.join()


@contextmanager
def heads(store, **settings):
    """What is under test, and how many requests the client made of its own."""
    given = {"region_name": "us-east-1", "aws_access_key_id": "AKIA/1", "aws_secret_access_key": "a/+secret"}
    config = Config(**{**S3_CONFIG, "retries": {"mode": "standard", "total_max_attempts": 2}})
    client = boto3.session.Session().client("s3", endpoint_url=store.url, config=config, **{**given, **settings})
    made = []
    client.meta.events.register("request-created.s3.HeadObject", lambda **_: made.append(1))
    yield Heads(client, "bucket", Links(client, "bucket")), made
    client.close()


def test_what_is_there_and_what_is_not_costs_one_request_each(store):
    store.answers = [(200, FOUND), (200, FOUND), (404, {"Content-Length": "0"})]
    with heads(store) as (asking, made):
        assert [asking.of(KEY) for _ in range(3)] == [Head(5, "sum", '"tag"')] * 2 + [None]
        assert (len(store.asked), made) == (3, [])


def test_the_second_question_is_signed_as_botocore_signs_a_request(store):
    with heads(store, aws_session_token="a/token") as (asking, _):
        asking.of(KEY)
        asking.of(KEY)
        sent = {name.lower(): value for name, value in store.asked[1].items()}
        request = AWSRequest("HEAD", f"{store.url}/bucket/{KEY}", {"x-amz-checksum-mode": "ENABLED"})
        request.context["timestamp"] = sent["x-amz-date"]
        auth = S3SigV4Auth(asking._client._get_credentials(), "s3", "us-east-1")
        request.headers["X-Amz-Date"] = sent["x-amz-date"]
        request.headers["X-Amz-Security-Token"] = "a/token"
        request.headers["X-Amz-Content-SHA256"] = sent["x-amz-content-sha256"]
        signature = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)

    assert sent["authorization"].endswith(f"Signature={signature}")
    assert sent["x-amz-security-token"] == "a/token"
    assert sent["host"] == store.url.removeprefix("http://")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_store_is_asked_again_by_the_client(store, status):
    store.answers = [(status, {"Content-Length": "0"}), (200, FOUND)]
    with heads(store) as (asking, made):
        assert asking.of(KEY) == Head(5, "sum", '"tag"')
        assert made == [1]


def test_a_refusal_is_the_clients_to_raise(store):
    store.answers = [(403, {"Content-Length": "0"})]
    with heads(store) as (asking, _), pytest.raises(ClientError, match="403"):
        asking.of(KEY)


def test_a_connection_that_its_host_left_is_not_used_again(store):
    store.hang_up = True
    with heads(store) as (asking, made):
        for _ in range(3):
            assert asking.of(KEY) == Head(5, "sum", '"tag"')
            ((left,),) = asking._wire._idle.values()
            assert select.select([left.sock], [], [], 5)[0], "the host did not hang up"
        assert made == []


def test_where_there_is_a_proxy_only_the_client_speaks(store, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", store.url)
    monkeypatch.setenv("NO_PROXY", "")
    with heads(store) as (asking, made):
        assert asking.of(KEY) == Head(5, "sum", '"tag"')
        assert made == [1]


def test_a_certificate_that_only_the_client_knows_is_left_to_it(store, monkeypatch):
    asked = []

    def untrusted(*_):
        asked.append(1)
        raise SSLCertVerificationError("self-signed certificate")

    monkeypatch.setattr(Wire, "ask", untrusted)
    with heads(store) as (asking, made):
        assert [asking.of(KEY) for _ in range(3)] == [Head(5, "sum", '"tag"')] * 3
        assert (asked, made) == ([1], [1, 1, 1])
