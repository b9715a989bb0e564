"""The built page, as a real server gives it."""

import gzip
import json
import re
import stat

import pytest
import urllib3

from modelyard.serve.page import BUILT
from tests.e2e.embedded_server import EmbeddedServer


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if not (BUILT / "index.html").exists():
        reason = "the page is not built; make page builds it"
        print(reason)
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("page")
    tokens = folder / "tokens"
    tokens.write_text("ana secret\n")
    tokens.chmod(stat.S_IRUSR | stat.S_IWUSR)
    with EmbeddedServer(folder, "--token-file", str(tokens)) as running:
        yield running


@pytest.fixture
def ask(server):
    with urllib3.PoolManager(retries=False) as http:

        def request(path, method="GET", **headers):
            known = {name.replace("_", "-"): value for name, value in headers.items()}
            return http.request(method, server.url + path, headers=known, decode_content=False)

        yield request


def assets(ask):
    return re.findall(r'(?:src|href)="(/[^"]+)"', ask("/").data.decode())


def test_the_entrance_leads_to_its_own_files_alone_and_has_no_script_in_it(ask):
    page = ask("/")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert not re.search(rb"<script[^>]*>[^<]|<style|\son\w+=|https?://", page.data)
    found = assets(ask)
    assert [path for path in found if path.startswith("/assets/")]
    for path in found:
        assert ask(path).status == 200


def test_assets_come_compressed_and_are_kept(ask):
    [script] = [path for path in assets(ask) if path.startswith("/assets/") and path.endswith(".js")]
    plain, zipped, brotli = (ask(script, accept_encoding=coding) for coding in ("identity", "gzip", "br"))
    assert gzip.decompress(zipped.data) == plain.data
    assert (brotli.headers["content-encoding"], brotli.headers["content-type"]) == (
        "br",
        "text/javascript; charset=utf-8",
    )
    assert len(brotli.data) < len(zipped.data) < len(plain.data) / 2
    assert "immutable" in plain.headers["cache-control"]


def test_the_first_load_is_below_three_hundred_kilobytes(ask):
    sizes = {path: len(ask(path, accept_encoding="br").data) for path in assets(ask)}
    assert sum(sizes.values()) < 300_000, sizes


def test_head_answers_as_get_does_without_the_body(ask):
    for path in ("/", "/models/churn", "/config.json", *assets(ask)):
        head, got = ask(path, "HEAD", accept_encoding="br"), ask(path, accept_encoding="br")
        assert (head.status, head.data) == (200, b"")
        assert int(head.headers["content-length"]) == len(got.data)
        differing = {name for name in got.headers if head.headers.get(name) != got.headers[name]} - {"date"}
        assert differing == set()


def test_addresses_of_the_page_lead_to_it_and_those_of_the_api_never(ask):
    entrance = ask("/").data
    for path in ("/models/a%2Fb", "/models/50%25/versions/1?tab=files", "/compare?refs=a/1", "/activity"):
        assert ask(path).data == entrance
    for path in ("/v1", "/v1/models", "/v1/nowhere", "/blobs", "/blobs/x", "/embedded", "/embedded/x", "/assets/x.js"):
        answer = ask(path, accept="text/html")
        assert answer.status in {401, 403, 404}
        assert answer.data != entrance


def test_no_path_leads_to_a_file_outside(ask):
    for path in (
        "/..%2f..%2fpyproject.toml",
        "/assets/%2e%2e/%2e%2e/py.typed",
        "/%2e%2e/ports.py",
        "/assets/..%5c..%5cx",
    ):
        assert ask(path).status in {400, 404}


def test_who_has_no_token_gets_the_page_and_nothing_of_the_registry(ask):
    assert json.loads(ask("/config.json").data)["auth"] == "token"
    assert ask("/").status == 200
    assert ask("/v1/models").status == 401
