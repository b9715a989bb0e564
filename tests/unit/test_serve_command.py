"""`modelyard serve` as a process: what it says, what it refuses, how it ends, and who may share its folder."""

import json
import re
import signal
import socket
import stat
import subprocess
import urllib.error
import urllib.request

import pytest

from tests.e2e.embedded_server import COMMAND, LONG, EmbeddedServer, environment


def refuse(*options, cwd, **variables):
    """A start that must fail: its exit code and what it said."""
    done = subprocess.run(
        [*COMMAND, "serve", *options], cwd=cwd, env=environment(**variables), capture_output=True, text=True,
        timeout=LONG, check=False,
    )  # fmt: skip
    assert done.stdout == ""
    return done.returncode, done.stderr


def get(url, **headers):
    """Status and JSON of a GET; headers with `_` for `-`."""
    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=LONG) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def idle_connection(server):
    """A connection that the server keeps open after an answer."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=LONG)
    connection.sendall(b"GET /v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    heard = b""
    while not heard.endswith(b"}"):
        heard += connection.recv(65536)
    assert heard.startswith(b"HTTP/1.1 200")
    return connection


@pytest.fixture
def server(tmp_path):
    with EmbeddedServer(tmp_path) as server:
        yield server


def test_it_says_where_it_serves_and_is_healthy_then(server):
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", server.url)
    assert get(f"{server.url}/v1/health")[0] == 200


def test_machines_are_told_where_it_serves_in_json(tmp_path):
    command = [*COMMAND, "serve", "--data", "data", "--port", "0", "--json"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        said = json.loads(process.stdout.readline())
        assert (said["data"], get(f"{said['url']}/v1/health")[0]) == ("data", 200)
        process.terminate()
    assert process.returncode == 0


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(server, sign):
    get(f"{server.url}/v1/models")
    assert server.stop(sign) == 0
    assert "Traceback" not in server.log


def test_an_idle_connection_does_not_keep_it_from_ending(server):
    with idle_connection(server) as idle:
        assert server.stop() == 0
        assert idle.recv(1) == b""


def test_a_request_under_way_is_finished_before_it_ends(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=LONG) as slow:
        slow.sendall(b"POST /v1/models HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n")
        slow.sendall(b"Content-Length: 16\r\n\r\n")
        slow.sendall(b'{"name":')
        with idle_connection(server) as idle:
            subprocess.run(["kill", str(server.pid)], check=True)
            assert idle.recv(1) == b""
        slow.sendall(b' "late"}')
        assert slow.recv(65536).startswith(b"HTTP/1.1 201")
    assert server.wait() == 0
    server.start()
    assert get(f"{server.url}/v1/models/late")[0] == 200


def test_a_folder_is_served_by_one_process_only(server, tmp_path):
    code, said = refuse("--data", str(server.data), "--port", "0", cwd=tmp_path)
    assert (code, f"process {server.pid}" in said) == (1, True)


def test_a_killed_servers_folder_is_free(server, tmp_path):
    server.kill()
    server.start()
    assert get(f"{server.url}/v1/health")[0] == 200


def test_a_taken_port_is_said_with_what_to_do(server, tmp_path):
    code, said = refuse("--data", "other", "--port", str(server.port), cwd=tmp_path)
    assert (code, f"port {server.port}" in said, "PORT=" in said) == (1, True, True)


def test_what_it_keeps_is_private(server):
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (server.data, server.data / "secret")}
    assert modes == {"data": 0o700, "secret": 0o600}


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "::", "example.org"])
def test_it_does_not_let_others_in_without_tokens(tmp_path, host):
    code, said = refuse("--host", host, "--port", "0", cwd=tmp_path)
    assert (code, "--token-file" in said) == (2, True)
    assert not (tmp_path / "data").exists()


def test_a_server_for_everybody_must_know_its_address(tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text("ada secret\n")
    tokens.chmod(0o600)
    code, said = refuse("--host", "0.0.0.0", "--port", "0", "--token-file", str(tokens), cwd=tmp_path)
    assert (code, "--public-url" in said) == (2, True)


@pytest.mark.parametrize("url", ["models.example.org", "ftp://x", "http://", "https://x/?a=b"])
def test_a_public_url_that_leads_nowhere_is_refused(tmp_path, url):
    code, said = refuse("--public-url", url, "--port", "0", cwd=tmp_path)
    assert (code, "--public-url" in said) == (2, True)


def test_a_token_file_that_others_may_read_is_refused(tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text("ada secret\n")
    tokens.chmod(0o644)
    code, said = refuse("--token-file", str(tokens), "--port", "0", cwd=tmp_path)
    assert (code, "chmod 600" in said) == (1, True)


def test_a_folder_that_cannot_be_used_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    code, said = refuse("--data", str(tmp_path / "file" / "data"), "--port", "0", cwd=tmp_path)
    assert code != 0
    assert "Traceback" not in said


def test_a_folder_that_holds_something_else_is_said(tmp_path):
    (tmp_path / "registry.sqlite3").write_text("these are my notes, not a database" * 100)
    code, said = refuse("--data", str(tmp_path), "--port", "0", cwd=tmp_path)
    assert (code, "cannot use the folder" in said, "Traceback" in said) == (1, True, False)


def test_an_address_for_others_without_tokens_is_warned_of(tmp_path):
    with EmbeddedServer(tmp_path, "--public-url", "https://models.example.org:1") as server:
        assert "needs no token" in server.log


def test_a_setting_that_makes_no_sense_is_said(tmp_path):
    code, said = refuse("--port", "0", cwd=tmp_path, MODELYARD_LINK_SECONDS="soon")
    assert (code, "MODELYARD_LINK_SECONDS" in said, "Traceback" in said) == (1, True, False)


def test_with_tokens_only_their_owners_are_answered(tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text("ada secret\n")
    tokens.chmod(0o600)
    with EmbeddedServer(tmp_path, "--token-file", str(tokens)) as server:
        assert get(f"{server.url}/v1/health", Host="models.example.org")[0] == 200
        assert get(f"{server.url}/v1/models")[0] == 401
        assert get(f"{server.url}/v1/models", Authorization="Bearer secret")[0] == 200


def test_a_web_page_cannot_reach_it_by_a_name_of_its_own(server):
    assert get(f"{server.url}/v1/models", Host="evil.example")[0] == 403


def test_the_public_address_may_come_from_the_environment(tmp_path):
    with EmbeddedServer(tmp_path, MODELYARD_PUBLIC_URL="http://localhost:9") as server:
        pass
    assert server.url == "http://localhost:9"


def test_requests_are_logged_only_when_asked_for(server, tmp_path):
    get(f"{server.url}/v1/health")
    server.stop()
    assert server.log == ""
    folder = tmp_path / "logged"
    folder.mkdir()
    with EmbeddedServer(folder, "--access-log") as logged:
        get(f"{logged.url}/v1/health")
        logged.stop()
        assert "GET '/v1/health' 200" in logged.log


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no JSON that can be read"),
        ('{"signers": [{"name": "a", "key": "hello"}]}', "signers.0.key: key is text in PEM"),
        ('{"signers": [{"name": "a", "key_file": "absent.pub"}]}', "key_file: key_file of trusted signers cannot be"),
    ],
)
def test_trusted_signers_that_break_a_rule_keep_it_from_starting(tmp_path, text, said):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/trusted-signers.json").write_text(text)
    code, complaint = refuse("--data", "data", "--port", "0", cwd=tmp_path)
    assert (code, "trusted signers: " in complaint, said in complaint) == (1, True, True)
    (tmp_path / "data/trusted-signers.json").rename(tmp_path / "named.json")
    variables = {"MODELYARD_TRUSTED_SIGNERS": str(tmp_path / "named.json")}
    assert refuse("--data", "data", "--port", "0", cwd=tmp_path, **variables)[0] == 1
    code, complaint = refuse("--data", "data", "--port", "0", "--trusted-signers", "absent.json", cwd=tmp_path)
    assert (code, "absent.json is no JSON that can be read" in complaint) == (1, True)
