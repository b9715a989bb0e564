"""Where requests are led, who is asked for a token, and when the server is healthy."""

import asyncio
import json

import pytest

from modelyard.adapters.clock import SystemClock
from modelyard.adapters.inprocess import QueueBus
from modelyard.domain.errors import Unauthenticated
from modelyard.serve.app import AccessLog, App
from modelyard.serve.gateway import MOST_BODY, Gateway
from modelyard.serve.neighbours import Neighbours
from modelyard.serve.page import Page


class Table:
    """Answers, unless told to be broken."""

    broken = False

    def get(self, keys):
        if self.broken:
            raise OSError("disk I/O error")
        return [None for _ in keys]


class Door:
    """Answers every blob request, and notes its path."""

    def __init__(self):
        self.paths = []

    async def __call__(self, scope, receive, send):
        self.paths.append(scope["path"])
        await send({"type": "http.response.start", "status": 207, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


class OneToken:
    def authorizer(self, headers):
        if headers.get("authorization") != "Bearer t":
            raise Unauthenticated("send a token")
        return {"lambda": {"actor": "token:ada"}}


class Answer:
    """What was sent, put together."""

    def __init__(self, messages):
        start, *bodies = messages
        self.status = start["status"]
        self.headers = {name.decode(): value.decode() for name, value in start["headers"]}
        self.body = b"".join(body["body"] for body in bodies)
        self.ended = not bodies[-1].get("more_body", False)

    @property
    def json(self):
        return json.loads(self.body)


class Server:
    """The app over fakes: `events` is what reached the function `api`."""

    def __init__(self, queue, folder):
        self.events, self.well, self.table, self.door, self.queue = [], True, Table(), Door(), queue
        self.app = App(
            gateway=Gateway(self.handle, SystemClock(), lambda: None),
            door=self.door,
            queue=queue,
            table=self.table,
            identity=OneToken(),
            neighbours=Neighbours("http://127.0.0.1:8080"),
            well=lambda: self.well,
            page=Page("http://127.0.0.1:8080", "none", folder),
        )

    def handle(self, event, context):
        self.events.append(event)
        return {"statusCode": 200, "headers": {}, "body": "{}"}

    def ask(self, method, path, *headers, query=b"", token=b"t", body=(), host=b"127.0.0.1:8080"):
        known = [(b"host", host), *headers] + ([(b"authorization", b"Bearer " + token)] if token else [])
        scope = {
            "type": "http", "method": method, "path": path, "query_string": query, "headers": known,
            "http_version": "1.1", "client": ("127.0.0.1", 1),
        }  # fmt: skip
        chunks, sent = list(body), []

        async def receive():
            chunk = chunks.pop(0) if chunks else None
            return {"type": "http.request", "body": chunk or b"", "more_body": bool(chunks)}

        async def send(message):
            sent.append(message)

        asyncio.run(self.app(scope, receive, send))
        self.unread = len(chunks)
        return Answer(sent) if sent else None


@pytest.fixture
def server(tmp_path):
    queue = QueueBus(tmp_path / "dispatch.sqlite3")
    yield Server(queue, tmp_path / "page")
    queue.close()


def bury(queue, number=1):
    for each in range(number):
        queue.bury(
            function="verify", trigger="proofs", event={"id": f"e-{each}"}, error="Oops", attempts=5, failed_at="2026"
        )  # fmt: skip


def test_the_api_is_the_functions_with_the_callers_name(server):
    assert server.ask("GET", "/v1/models").status == 200
    assert server.events[0]["requestContext"]["authorizer"] == {"lambda": {"actor": "token:ada"}}


def test_without_a_token_there_is_a_problem_that_says_how_to_send_one(server):
    answer = server.ask("POST", "/v1/models", token=None)
    assert (answer.status, answer.json["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] in answer.json["instance"]
    assert server.events == []


def test_health_alone_needs_no_token(server):
    assert server.ask("GET", "/v1/health", token=None).status == 200
    assert "authorizer" not in server.events[0]["requestContext"]


def test_health_is_refused_while_events_are_not_dispatched(server):
    server.well = False
    answer = server.ask("GET", "/v1/health", token=None)
    assert (answer.status, answer.json["kind"], answer.headers["retry-after"]) == (503, "Unavailable", "1")
    assert server.ask("GET", "/v1/models").status == 200


def test_health_is_refused_while_the_table_does_not_answer(server, caplog):
    server.table.broken = True
    answer = server.ask("GET", "/v1/health", token=None)
    assert answer.status == 503
    assert "disk I/O error" not in answer.body.decode()
    assert "disk I/O error" in caplog.text


def test_blobs_are_the_doors_and_need_no_token_since_their_links_are_signed(server):
    assert server.ask("PUT", "/blobs/sha256/ab", token=None).status == 207
    assert server.door.paths == ["/blobs/sha256/ab"]


def test_nothing_is_answered_under_a_strangers_name(server):
    for path in ("/v1/health", "/", "/blobs/sha256/ab", "/embedded/dead-letters", "/nowhere"):
        answer = server.ask("GET", path, host=b"evil.example")
        assert (answer.status, answer.json["code"]) == (403, "forbidden")
    assert (server.events, server.door.paths) == ([], [])


def test_two_hosts_are_a_strangers_name(server):
    assert server.ask("GET", "/v1/health", (b"host", b"evil.example")).status == 403


def test_an_unknown_path_is_a_problem(server):
    for path in ("/nowhere", "/v1", "/embedded", "/embedded/dead-lettersX", "/blobs"):
        answer = server.ask("GET", path)
        assert (answer.status, answer.json["code"]) == (404, "not_found")


def test_the_page_needs_no_token_since_it_holds_nothing_but_itself(server):
    answer = server.ask("GET", "/", token=None)
    assert (answer.status, b"/v1/openapi.json" in answer.body) == (200, True)
    assert server.ask("GET", "/config.json", token=None).json["auth"] == "none"


def test_a_body_announced_too_large_is_answered_before_it_was_read_and_ends_the_connection(server):
    length = (b"content-length", str(MOST_BODY + 1).encode())
    answer = server.ask("POST", "/v1/models", length, body=[b"x" * 1024] * 3)
    assert (answer.status, answer.json["code"], answer.headers["connection"]) == (413, "too_large", "close")
    assert answer.ended
    assert server.events == []


def test_of_a_body_too_large_only_so_much_is_taken_in_after_the_answer(server):
    million = b"x" * 1024**2
    server.ask("POST", "/v1/models", (b"content-length", b"999999999"), body=[million] * 100)
    assert server.unread == 100 - 4 * MOST_BODY // 1024**2


def test_dead_letters_are_listed_with_all_that_is_known(server):
    bury(server.queue)
    assert server.ask("GET", "/embedded/dead-letters").json == {
        "items": [
            {
                "id": "1",
                "function": "verify",
                "trigger": "proofs",
                "event": {"id": "e-0"},
                "error": "Oops",
                "attempts": 5,
                "failed_at": "2026",
            }
        ],
        "next": None,
    }


def test_many_dead_letters_come_in_pages(server):
    bury(server.queue, 101)
    first = server.ask("GET", "/embedded/dead-letters").json
    second = server.ask("GET", "/embedded/dead-letters", query=f"cursor={first['next']}".encode()).json
    assert [len(first["items"]), len(second["items"]), second["next"]] == [100, 1, None]
    assert second["items"][0]["id"] == "101"


def test_a_dead_letter_is_sent_again_once(server):
    bury(server.queue)
    assert server.ask("POST", "/embedded/dead-letters/1/retry").status == 202
    assert server.queue.take("proofs", 1.0).event == {"id": "e-0"}
    assert server.ask("POST", "/embedded/dead-letters/1/retry").status == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/embedded/dead-letters/1/retry", 405),
        ("POST", "/embedded/dead-letters", 405),
        ("POST", "/embedded/dead-letters/0/retry", 404),
        ("POST", "/embedded/dead-letters/x/retry", 404),
        ("POST", "/embedded/dead-letters/1", 404),
        ("POST", "/embedded/dead-letters/1/delete", 404),
        ("POST", "/embedded/dead-letters/99999999999999999999/retry", 404),
    ],
)
def test_other_requests_about_dead_letters_are_refused(server, method, path, status):
    bury(server.queue)
    assert server.ask(method, path).status == status
    assert len(server.queue.letters(0, 10)) == 1


@pytest.mark.parametrize("query", [b"cursor=x", b"cursor=-1", b"cursor=99999999999999999999"])
def test_an_altered_page_token_is_refused(server, query):
    assert server.ask("GET", "/embedded/dead-letters", query=query).status == 422


def test_dead_letters_need_a_token(server):
    bury(server.queue)
    assert server.ask("GET", "/embedded/dead-letters", token=None).status == 401
    assert server.ask("POST", "/embedded/dead-letters/1/retry", token=b"wrong").status == 401
    assert len(server.queue.letters(0, 10)) == 1


def test_the_access_log_names_the_path_and_the_status_but_no_signature(server, caplog):
    caplog.set_level("INFO")
    server.app = AccessLog(server.app)
    server.ask("GET", "/blobs/sha256/ab", query=b"signature=s3cret")
    [line] = [record.getMessage() for record in caplog.records if record.name == "modelyard.access"]
    assert line.startswith("127.0.0.1 GET '/blobs/sha256/ab' 207 ")
    assert "s3cret" not in caplog.text
