"""The page as the embedded server gives it: its files, their headers, and what leads to its entrance."""

import gzip
import json

import pytest

from modelyard.domain.errors import NotFound
from modelyard.serve.page import Page

PUBLIC = "https://models.example.org:8443/below"
ENTRANCE = b"<!doctype html><title>Modelyard</title>"
SCRIPT = b"console.log('hello')" * 100
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: https://models.example.org:8443",
    "connect-src": "'self' https://models.example.org:8443",
    "font-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}


@pytest.fixture
def folder(tmp_path):
    built = tmp_path / "page"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_bytes(ENTRANCE)
    (built / "scheme.js").write_bytes(b"1")
    (built / "assets/index-abc.js").write_bytes(SCRIPT)
    (built / "assets/index-abc.js.gz").write_bytes(gzip.compress(SCRIPT, mtime=0))
    (built / "assets/index-abc.js.br").write_bytes(b"as brotli")
    (tmp_path / "secret").write_bytes(b"not the page's")
    return built


@pytest.fixture
def page(folder):
    return Page(PUBLIC, "token", folder)


def ask(page, path, method="GET", **headers):
    answer = page.answer(method, path, {name.replace("_", "-"): value for name, value in headers.items()})
    return answer.status, answer.body, {name.decode(): value.decode() for name, value in answer.headers}


@pytest.mark.parametrize(
    "path", ["/", "/index.html", "/models/churn", "/models/a.js/versions/3", "/compare", "/activity", "/sign-in"]
)
def test_an_address_that_the_page_reads_leads_to_its_entrance(page, path):
    status, body, headers = ask(page, path)
    assert (status, body) == (200, ENTRANCE)
    assert (headers["content-type"], headers["cache-control"]) == ("text/html; charset=utf-8", "no-cache")


@pytest.mark.parametrize("path", ["/", "/assets/index-abc.js", "/config.json", "/models/x"])
def test_whatever_is_served_comes_with_the_whole_policy(page, path):
    _, _, headers = ask(page, path)
    given = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert given == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]


def test_files_named_by_their_content_are_kept_for_a_year_and_others_asked_for_each_time(page):
    assert ask(page, "/assets/index-abc.js")[2]["cache-control"] == "public, max-age=31536000, immutable"
    assert ask(page, "/scheme.js")[2]["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("accepted", "coding", "body"),
    [
        ("gzip, deflate, br, zstd", "br", b"as brotli"),
        ("GZIP;q=0.5, br;q=0", "gzip", gzip.compress(SCRIPT, mtime=0)),
        ("br;q=0.000, gzip; q=0", None, SCRIPT),
        ("", None, SCRIPT),
    ],
)
def test_the_smallest_form_that_is_accepted_is_sent(page, accepted, coding, body):
    status, given, headers = ask(page, "/assets/index-abc.js", accept_encoding=accepted)
    assert (status, headers.get("content-encoding")) == (200, coding)
    assert gzip.decompress(given) == SCRIPT if coding == "gzip" else given == body
    assert (headers["vary"], headers["content-type"]) == ("accept-encoding", "text/javascript; charset=utf-8")


def test_what_was_seen_already_is_not_sent_again(page):
    _, _, headers = ask(page, "/", accept_encoding="br")
    status, body, again = ask(page, "/", accept_encoding="br", if_none_match=headers["etag"])
    assert (status, body, again["etag"]) == (304, b"", headers["etag"])
    assert "content-security-policy" in again


def test_each_form_of_a_file_has_a_tag_of_its_own(page):
    tags = {ask(page, "/assets/index-abc.js", accept_encoding=name)[2]["etag"] for name in ("br", "gzip", "")}
    assert len(tags) == 3


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../../secret", "/../secret", "//secret", "/assets/%2e%2e/%2e%2e/secret", "/assets/index-old.js",
        "/assets/", "/assets", "/assets/index-abc.js.br", "/nowhere", "/v1", "/v1x", "/blobs", "/embedded",
        "\\..\\secret", "",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_the_page_or_to_what_is_not_in_it(page, path):
    with pytest.raises(NotFound):
        ask(page, path)


def test_a_person_who_mistyped_an_address_gets_the_page_and_a_program_a_refusal(page):
    status, body, _ = ask(page, "/modls/churn", accept="text/html,*/*")
    assert (status, body) == (404, ENTRANCE)
    for path in ("/v1", "/v1/nowhere", "/blobs", "/embedded/x", "/assets/gone.js"):
        with pytest.raises(NotFound):
            ask(page, path, accept="text/html")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_the_page_is_only_read(page, method):
    with pytest.raises(NotFound):
        ask(page, "/", method)


def test_the_config_says_how_to_sign_in_and_where_commands_find_the_registry(page):
    status, body, headers = ask(page, "/config.json")
    assert (status, json.loads(body)) == (200, {"auth": "token", "url": PUBLIC})
    assert headers["cache-control"] == "no-cache"


def test_without_a_built_page_the_root_says_how_to_get_it(tmp_path):
    page = Page(PUBLIC, "none", tmp_path / "nothing")
    status, body, headers = ask(page, "/")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b"make serve" in body
    assert "content-security-policy" in headers
    for path in ("/models/churn", "/nowhere"):
        with pytest.raises(NotFound):
            ask(page, path, accept="text/html")
