"""On the wire: broken, slow, endless and early-ending requests, through the real HTTP server."""

import json
import socket
import threading
import time

import pytest
import uvicorn

from modelyard.adapters.clock import SystemClock
from modelyard.adapters.inprocess import QueueBus
from modelyard.serve import protocol
from modelyard.serve.app import App
from modelyard.serve.gateway import MOST_BODY, Gateway
from modelyard.serve.identity import LocalUser
from modelyard.serve.page import Page
from modelyard.serve.server import uvicorn_config

HEAD = b"POST /v1/models HTTP/1.1\r\nHost: localhost\r\n"
LONG = 20.0


class Table:
    def get(self, keys):
        return [None]


class Served:
    """A server on a thread of its own; `events` is what reached the function `api`."""

    def __init__(self, folder):
        self.events = []
        self.queue = QueueBus(folder / "dispatch.sqlite3")
        self.gateway = Gateway(self.handle, SystemClock(), lambda: None)
        app = App(
            gateway=self.gateway,
            door=None,
            queue=self.queue,
            table=Table(),
            identity=LocalUser(),
            neighbours=None,
            well=lambda: True,
            page=Page("http://127.0.0.1", "none", folder),
        )
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.uvicorn = uvicorn.Server(uvicorn_config(app))
        self.thread = threading.Thread(target=self.uvicorn.run, kwargs={"sockets": [self.listening]})
        self.thread.start()

    def handle(self, event, context):
        self.events.append(event)
        return {"statusCode": 200, "headers": {}, "body": json.dumps({"got": len(event.get("body", ""))})}

    def connect(self):
        return socket.create_connection(self.listening.getsockname(), timeout=LONG)

    def stop(self):
        self.uvicorn.should_exit = True
        self.thread.join(LONG)
        self.gateway.close()
        self.queue.close()
        self.listening.close()


@pytest.fixture
def served(tmp_path):
    served = Served(tmp_path)
    yield served
    served.stop()
    assert not served.thread.is_alive()


def say(served, *pieces):
    """Send pieces of a request, and read until the server ends the connection."""
    with served.connect() as connection:
        for piece in pieces:
            connection.sendall(piece)
        return read_all(connection)


def read_all(connection):
    heard = b""
    while chunk := connection.recv(65536):
        heard += chunk
    return heard


def status(heard):
    return int(heard.split(b" ", 2)[1])


def test_a_request_in_small_pieces_is_understood(served):
    request = HEAD + b"Connection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    heard = say(served, *[request[at : at + 7] for at in range(0, len(request), 7)])
    assert (status(heard), heard.endswith(b'{"got": 2}')) == (200, True)


def test_pipelined_requests_are_answered_in_order(served):
    get = b"GET /v1/%d HTTP/1.1\r\nHost: localhost\r\n%b\r\n"
    heard = say(served, get % (1, b"") + get % (2, b"") + get % (3, b"Connection: close\r\n"))
    assert heard.count(b"HTTP/1.1 200") == 3
    assert [event["rawPath"] for event in served.events] == ["/v1/1", "/v1/2", "/v1/3"]


def test_what_is_no_http_is_refused(served):
    assert status(say(served, b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")) == 400


def test_a_body_cut_short_never_reaches_the_function(served):
    with served.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: 100\r\n\r\n{")
    assert status(say(served, b"GET /v1/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")) == 200
    assert [event["rawPath"] for event in served.events] == ["/v1/x"]


def test_a_client_that_sends_far_too_much_still_hears_why_not(served):
    announced = b"Content-Length: %d\r\n\r\n" % (2 * MOST_BODY)
    heard = say(served, HEAD + announced, b"x" * (2 * MOST_BODY))
    assert (status(heard), b'"too_large"' in heard) == (413, True)
    assert served.events == []


def test_an_endless_chunked_body_is_refused_while_it_comes(served, monkeypatch):
    monkeypatch.setattr("modelyard.serve.app.DRAIN_SECONDS", 0.5)
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    heard = say(served, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 10)
    assert (status(heard), served.events) == (413, [])


def test_a_client_that_asks_first_is_not_told_to_send_what_is_too_large(served, monkeypatch):
    monkeypatch.setattr("modelyard.serve.app.DRAIN_SECONDS", 0.1)
    heard = say(served, HEAD + b"Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n")
    assert status(heard) == 413


def test_a_head_without_end_is_cut_off(served):
    with served.connect() as connection:
        connection.sendall(HEAD)
        heard = b""
        try:
            for _ in range(1000):
                connection.sendall(b"X-More: " + b"x" * 1000 + b"\r\n")
            heard = read_all(connection)
        except ConnectionError:
            heard = heard or b"HTTP/1.1 431 "
    assert status(heard) == 431
    assert served.events == []


def test_a_head_that_is_whole_but_too_long_is_refused_and_not_handled(served):
    heard = say(served, HEAD + b"X-More: " + b"x" * 100_000 + b"\r\n\r\n")
    assert (status(heard), served.events) == (431, [])
    problem = json.loads(heard.partition(b"\r\n\r\n")[2])
    assert (problem["kind"], problem["code"], problem["status"]) == ("TooLarge", "too_large", 431)
    assert "65536 bytes" in problem["detail"]


def test_a_client_that_never_takes_its_answer_is_let_go(served, monkeypatch):
    """Were its connection kept, ever more unread answers would fill the memory."""
    served.uvicorn.config.timeout_keep_alive = 0.2
    served.gateway._handler = lambda event, context: {"statusCode": 200, "headers": {}, "body": "x" * 6 * 1024**2}
    with served.connect() as connection:
        connection.sendall(b"GET /v1/1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        deadline = time.monotonic() + LONG
        while not served.uvicorn.server_state.total_requests or served.uvicorn.server_state.connections:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_a_head_that_does_not_come_is_not_waited_for(served, monkeypatch):
    monkeypatch.setattr(protocol, "PATIENCE", 0.05)
    assert say(served) == b""
    assert say(served, HEAD) == b""


def test_a_slow_second_head_is_not_waited_for_either(served, monkeypatch):
    monkeypatch.setattr(protocol, "PATIENCE", 1.0)
    heard = say(served, b"GET /v1/1 HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET /v1/2 HTTP/1.1\r\nHost")
    assert (heard.count(b"HTTP/1.1 200"), len(served.events)) == (1, 1)


def test_a_connection_may_rest_between_requests_for_longer_than_a_head_may_take(served, monkeypatch):
    monkeypatch.setattr(protocol, "PATIENCE", 0.5)
    get = b"GET /v1/1 HTTP/1.1\r\nHost: localhost\r\n%b\r\n"
    with served.connect() as connection:
        connection.sendall(get % b"")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        time.sleep(1.0)
        connection.sendall(get % b"Connection: close\r\n")
        assert status(read_all(connection)) == 200


def test_a_path_comes_decoded_once_but_for_percent_signs(served):
    say(served, b"GET /v1/models/a%2520b%C3%BC HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert served.events[0]["rawPath"] == "/v1/models/a%2520bü"


def test_a_header_that_the_function_got_wrong_ends_in_a_500_and_the_server_goes_on(served, caplog):
    bad, served.handle = served.handle, None
    served.gateway._handler = lambda event, context: {"statusCode": 200, "headers": {"x": "a\r\nb: c"}, "body": ""}
    get = b"GET /v1/1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    heard = say(served, get)
    assert b"b: c" not in heard
    served.gateway._handler = bad
    assert status(say(served, get)) == 200
