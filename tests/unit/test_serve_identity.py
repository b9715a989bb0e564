"""Who is let in: tokens from a private file, and no web page by way of the user's browser."""

import hashlib
import os
import pwd

import pytest

from modelyard.domain.errors import Forbidden, Unauthenticated
from modelyard.serve.identity import BadTokenFile, LocalUser, read_tokens
from modelyard.serve.neighbours import Neighbours, is_loopback


@pytest.fixture
def tokens(tmp_path):
    """Writes a token file, private unless told otherwise, and reads it."""

    def tokens(text, mode=0o600):
        path = tmp_path / "tokens"
        path.write_text(text)
        path.chmod(mode)
        return read_tokens(path)

    return tokens


def bearer(token):
    return {"authorization": f"Bearer {token}"}


def actor(authorizer):
    return authorizer["lambda"]["actor"]


def test_without_tokens_everyone_is_the_user_who_runs_the_server(monkeypatch):
    monkeypatch.setenv("LOGNAME", "mallory")
    monkeypatch.setenv("USER", "mallory")
    assert actor(LocalUser().authorizer({})) == f"local:{pwd.getpwuid(os.getuid()).pw_name}"


def test_each_token_names_its_owner(tokens):
    hashed = hashlib.sha256(b"second").hexdigest()
    known = tokens(f"# people\n\nada first\n  ci.bot  sha256:{hashed}\n")
    assert actor(known.authorizer(bearer("first"))) == "token:ada"
    assert actor(known.authorizer(bearer("second"))) == "token:ci.bot"
    assert actor(known.authorizer({"authorization": "bearer  first "})) == "token:ada"


def test_one_name_may_have_several_tokens_so_that_they_can_be_replaced(tokens):
    known = tokens("ada old\nada new\n")
    assert {actor(known.authorizer(bearer(token))) for token in ("old", "new")} == {"token:ada"}


@pytest.mark.parametrize(
    "headers",
    [{}, bearer(""), bearer("wrong"), bearer("first,first"), {"authorization": "Basic first"}, bearer("\xff")],
)
def test_no_token_or_a_wrong_one_is_refused(tokens, headers):
    with pytest.raises(Unauthenticated):
        tokens("ada first\n").authorizer(headers)


def test_the_hash_of_a_token_is_no_token(tokens):
    hashed = hashlib.sha256(b"secret").hexdigest()
    known = tokens(f"ada sha256:{hashed}\n")
    for guess in (hashed, f"sha256:{hashed}"):
        with pytest.raises(Unauthenticated):
            known.authorizer(bearer(guess))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_token_file_that_others_may_read_is_refused(tokens, mode):
    with pytest.raises(BadTokenFile, match="chmod 600"):
        tokens("ada first\n", mode)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_token_file_of_mode_0600_or_stricter_is_taken(tokens, mode):
    assert tokens("ada first\n", mode)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "has no token"),
        ("# nobody\n", "has no token"),
        ("ada\n", "line 1: a line is NAME TOKEN"),
        ("# x\nada first second\n", "line 2: a line is NAME TOKEN"),
        ("a/da first\n", "a name is"),
        ("ada sha256:abc\n", "64 lower-case hex"),
        ("ada same\nbob same\n", "the same token"),
    ],
)
def test_a_token_file_that_is_not_understood_is_refused_with_the_line(tokens, text, complaint):
    with pytest.raises(BadTokenFile, match=complaint):
        tokens(text)


def test_no_complaint_about_a_token_file_shows_a_token(tokens):
    for text in ("ada hunter2 hunter2\n", "a/b hunter2\n", "ada hunter2\nbob hunter2\n"):
        with pytest.raises(BadTokenFile) as refusal:
            tokens(text)
        assert "hunter2" not in str(refusal.value)


def test_a_token_file_that_is_not_there_or_no_file_is_refused(tmp_path):
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(BadTokenFile):
            read_tokens(path)


NEIGHBOURS = Neighbours("http://127.0.0.1:8080", "https://models.example.org")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:8080", "127.0.0.1", "localhost:8080", "LOCALHOST", "[::1]:8080", "[::1]", "models.example.org"],
)
def test_our_own_names_are_answered_to(host):
    NEIGHBOURS.check("GET", {"host": host})


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8080",
        "127.0.0.1,evil.example",
        "127.0.0.1:80,evil.example",
        "[::2]",
        "[::1",
        "a@localhost",
        "localhost:80:80",
    ],
)
def test_any_other_host_is_refused_so_that_no_page_can_rebind_its_name_to_us(host):
    with pytest.raises(Forbidden):
        NEIGHBOURS.check("GET", {"host": host})


def test_a_request_without_a_host_is_refused():
    with pytest.raises(Forbidden):
        NEIGHBOURS.check("GET", {})


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "", "http://localhost:3000", "http://127.0.0.1", "http://127.0.0.1:80801"],
)
@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_another_sites_page_may_change_nothing(method, origin):
    with pytest.raises(Forbidden):
        NEIGHBOURS.check(method, {"host": "127.0.0.1:8080", "origin": origin})


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("localhost:8080", "http://localhost:8080"),
        ("models.example.org", "https://models.example.org"),
        ("127.0.0.1:8080", "https://models.example.org"),
        ("127.0.0.1:8080", None),
    ],
)
def test_our_own_page_and_programs_may_change_things(host, origin):
    NEIGHBOURS.check("POST", {"host": host} | ({} if origin is None else {"origin": origin}))


def test_reading_is_not_hindered_by_an_origin_since_browsers_keep_the_answer_from_the_page():
    NEIGHBOURS.check("GET", {"host": "127.0.0.1:8080", "origin": "https://evil.example"})


@pytest.mark.parametrize(
    ("host", "own"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False),
     ("10.0.0.1", False), ("example.org", False), ("localhost.example.org", False), ("", False)],
)  # fmt: skip
def test_loopback_is_told_from_addresses_that_others_reach(host, own):
    assert is_loopback(host) is own
