"""What the gateway does with bodies, threads and failures."""

import asyncio
import base64
import json
import threading
import time

import pytest

from modelyard.adapters.clock import SystemClock
from modelyard.domain.errors import TooLarge
from modelyard.serve import gateway as module
from modelyard.serve.answers import Refusal
from modelyard.serve.calls import new_context
from modelyard.serve.gateway import MOST_BODY, Gateway, Left

OK = {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": "{}"}


class Handler:
    """Notes the events it is given and the threads it runs on."""

    def __init__(self, answer=OK, work=lambda: None):
        self.given, self.events, self.threads, self.work = answer, [], [], work

    def __call__(self, event, context):
        self.events.append(event)
        self.threads.append(threading.current_thread())
        self.work()
        if isinstance(self.given, Exception):
            raise self.given
        return self.given


class Request:
    """A request whose body comes in chunks; None in their place is a client that hangs up, ... one that waits."""

    def __init__(self, method="GET", path="/v1/models", chunks=(), headers=None):
        self.scope = {
            "method": method, "path": path, "query_string": b"", "http_version": "1.1", "client": ("127.0.0.1", 1),
        }  # fmt: skip
        self.headers = headers if headers is not None else {"content-length": str(sum(map(len, chunks)))}
        self.chunks, self.read = list(chunks), 0

    async def receive(self):
        chunk = self.chunks.pop(0)
        if chunk is ...:
            await asyncio.sleep(3600)
        self.read += 1
        if chunk is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": chunk, "more_body": bool(self.chunks)}


@pytest.fixture
def ask():
    """Put requests to a gateway over `handler`, all on one loop; gives the answers and counts what was written."""
    made = []

    def ask(handler, *requests):
        written = []
        gateway = Gateway(handler, SystemClock(), lambda: written.append(1))
        made.append(gateway)

        async def one_by_one():
            return [
                await gateway.answer(each.scope, dict(each.headers), each.receive, {}, new_context("api"))
                for each in requests
            ]

        ask.written = written
        return asyncio.run(one_by_one())

    yield ask
    for gateway in made:
        gateway.close()


def test_the_functions_answer_is_given_as_it_is(ask):
    given = {
        "statusCode": 201,
        "headers": {"ETag": '"7"', "Content-Length": "999"},
        "body": "grün",
        "cookies": ["a=1", "b=2"],
    }
    [answer] = ask(Handler(given), Request())
    assert (answer.status, answer.body) == (201, "grün".encode())
    assert answer.headers == [(b"etag", b'"7"'), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]


def test_a_base64_answer_is_decoded(ask):
    given = {"statusCode": 200, "headers": {}, "body": base64.b64encode(b"\x00\xff").decode(), "isBase64Encoded": True}
    [answer] = ask(Handler(given), Request())
    assert answer.body == b"\x00\xff"


def test_a_body_in_pieces_reaches_the_function_whole(ask):
    handler = Handler()
    request = Request("POST", chunks=[b'{"a"', b":", b"1}"])
    request.headers["content-type"] = "application/json"
    ask(handler, request)
    assert handler.events[0]["body"] == '{"a":1}'


def test_a_fault_of_the_function_is_a_problem_that_says_nothing_of_it(ask, caplog):
    [answer] = ask(Handler(RuntimeError("password=hunter2")), Request())
    problem = json.loads(answer.body)
    assert (answer.status, problem["code"], problem["kind"]) == (500, "internal", "Internal")
    assert "hunter2" not in answer.body.decode()
    assert "hunter2" in caplog.text


def test_a_body_announced_too_large_is_refused_before_any_of_it_is_read(ask):
    handler, request = Handler(), Request("POST", chunks=[b"x"], headers={"content-length": str(MOST_BODY + 1)})
    with pytest.raises(TooLarge):
        ask(handler, request)
    assert (request.read, handler.events) == (0, [])


def test_a_body_that_grows_too_large_is_refused_as_soon_as_it_is(ask):
    million = b"x" * 1024**2
    request = Request("POST", chunks=[million] * 20, headers={"transfer-encoding": "chunked"})
    with pytest.raises(TooLarge):
        ask(Handler(), request)
    assert request.read == MOST_BODY // 1024**2 + 1


def test_a_body_of_exactly_the_limit_is_taken(ask):
    handler = Handler()
    ask(handler, Request("POST", chunks=[b"x" * MOST_BODY]))
    assert len(base64.b64decode(handler.events[0]["body"])) == MOST_BODY


def test_a_truncated_body_never_reaches_the_function(ask):
    handler = Handler()
    with pytest.raises(Left):
        ask(handler, Request("POST", chunks=[b'{"name":', None], headers={"content-length": "100"}))
    assert handler.events == []


def test_a_body_that_does_not_come_is_refused(ask, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    handler = Handler()
    with pytest.raises(Refusal) as refusal:
        ask(handler, Request("POST", chunks=[b"{", ...], headers={"content-length": "100"}))
    assert (refusal.value.status, handler.events) == (408, [])


def test_reads_run_on_the_loop_and_writes_on_threads(ask):
    handler = Handler()
    ask(handler, Request("GET"), Request("POST"), Request("PATCH"))
    assert [thread is threading.main_thread() for thread in handler.threads] == [True, False, False]


def test_a_read_that_took_long_runs_on_a_thread_until_it_is_short_again(ask, monkeypatch):
    monkeypatch.setattr(module, "LONG", 0.0)
    handler = Handler(work=lambda: sum(range(1000)))

    def shorten():
        if len(handler.events) == 2:
            monkeypatch.setattr(module, "LONG", 3600.0)

    handler.work = lambda: (sum(range(1000)), shorten())
    ask(handler, *[Request() for _ in range(4)], Request(path="/v1/other"))
    assert [thread is threading.main_thread() for thread in handler.threads] == [True, False, True, True, True]


def test_no_more_than_so_many_long_reads_are_remembered(ask, monkeypatch):
    monkeypatch.setattr(module, "LONG", 0.0)
    monkeypatch.setattr(module, "MOST_LONG", 2)
    handler = Handler(work=lambda: sum(range(1000)))
    ask(handler, *[Request(path=f"/v1/{name}") for name in "abca"])
    assert handler.threads[3] is threading.main_thread()


def test_the_dispatcher_is_told_after_writes_only(ask):
    ask(Handler(), Request("GET"))
    assert ask.written == []
    ask(Handler(), Request("POST"), Request("DELETE"))
    assert len(ask.written) == 2


def test_the_dispatcher_is_told_even_when_a_write_failed_half_way(ask):
    ask(Handler(RuntimeError("after the commit")), Request("POST"))
    assert ask.written == [1]


def test_a_slow_write_holds_up_no_read():
    """The write waits for the read to be answered: on one thread neither would ever end."""
    read = threading.Event()

    def handler(event, context):
        if event["requestContext"]["http"]["method"] == "POST":
            assert read.wait(10)
        else:
            read.set()
        return OK

    gateway = Gateway(handler, SystemClock(), lambda: None)

    async def both():
        requests = [Request("POST"), Request("GET")]
        calls = [gateway.answer(each.scope, {}, each.receive, {}, new_context("api")) for each in requests]
        return await asyncio.gather(*calls)

    answers = asyncio.run(both())
    gateway.close()
    assert [answer.status for answer in answers] == [200, 200]


def test_the_context_is_what_powertools_expects():
    context = new_context("api")
    assert context.function_name == "api"
    assert context.invoked_function_arn.endswith(":api")
    assert len(context.aws_request_id) == 16
    assert 0 < context.get_remaining_time_in_millis() <= 29_000
    context.started = time.monotonic() - 100
    assert context.get_remaining_time_in_millis() == 0
