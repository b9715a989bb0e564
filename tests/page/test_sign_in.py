"""The page as CDK deploys it, in a real browser: people sign in at an issuer of OpenID Connect, and come back.

The issuer is a small one that keeps the rules: PKCE with S256, codes that work once, ID tokens signed with RS256.
"""

import base64
import hashlib
import json
import re
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
import urllib3
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from playwright.sync_api import Page, expect

from infra.page import OTHER_HEADERS, content_policy
from modelyard.client import Registry
from modelyard.serve.page import Page as Files
from tests.e2e.embedded_server import EmbeddedServer
from tests.page.conftest import WIDE

CLIENT = "page"
DEEP = "/models/churn?metric=auc#versions"
SIGN_IN = "Sign in at 127.0.0.1"
FORGIVEN = r"status of 40[01]|net::ERR_FAILED"
AWAY = "People of this registry sign in at"


def packed(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class Answering(BaseHTTPRequestHandler):
    """Gives what the server's `told` says for a request."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        status, headers, content = self.server.told(self.command, self.path, self.headers, body)
        self.send_response_only(status)
        for name, value in {**headers, "content-length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_POST = do_HEAD = do_OPTIONS = do_GET

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextmanager
def answering(told) -> Iterator[str]:
    """Serves what `told` gives; yields the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads, server.told = True, told
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Issuer:
    """Lets everybody in as ada. What a test sets makes it behave otherwise."""

    def __init__(self) -> None:
        self.url = ""
        self.key = self.shown = rsa.generate_private_key(65537, 2048)
        self.codes: dict[str, dict[str, str]] = {}
        self.good: set[str] = set()
        self.refreshing: set[str] = set()
        self.asked: list[dict[str, str]] = []
        self.grants: list[str] = []
        self.revoked: list[str] = []
        self.refusal = self.state = ""
        self.claims: dict[str, object] = {}
        self.opaque = False
        self.refreshes = True
        self.seconds = 3600

    def told(self, _method, path, _headers, body) -> tuple[int, dict[str, str], bytes]:
        """An answer to a browser."""
        parts = urlsplit(path)
        if parts.path == "/authorize":
            return self._authorize(dict(parse_qsl(parts.query)))
        answers = {"/.well-known/openid-configuration": self._about, "/keys": self._keys}
        if parts.path in answers:
            return _json(200, answers[parts.path]())
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        return self._token(form) if parts.path == "/token" else self._revoke(form)

    def _about(self) -> dict[str, object]:
        names = {"authorization": "authorize", "token": "token", "revocation": "revoke"}
        return {
            "issuer": self.url,
            **{f"{name}_endpoint": f"{self.url}/{path}?of=it" for name, path in names.items()},
            "jwks_uri": f"{self.url}/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def _keys(self) -> dict[str, object]:
        numbers = self.shown.public_key().public_numbers()
        e, n = (packed(each.to_bytes((each.bit_length() + 7) // 8)) for each in (numbers.e, numbers.n))
        return {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1", "e": e, "n": n}]}

    def _authorize(self, asked: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        self.asked.append(asked)
        given = {"state": self.state or asked["state"]}
        if self.refusal:
            given |= {"error": "access_denied", "error_description": self.refusal}
        else:
            code = given["code"] = secrets.token_hex(8)
            self.codes[code] = asked
        return 302, {"location": f"{asked['redirect_uri']}?{urlencode(given)}"}, b""

    def _token(self, form: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        self.grants.append(form["grant_type"])
        assert form["client_id"] == CLIENT
        if form["grant_type"] == "refresh_token":
            if form["refresh_token"] not in self.refreshing:
                return _json(400, {"error": "invalid_grant", "error_description": "the session has ended"})
            self.refreshing.remove(form["refresh_token"])
            return _json(200, self._tokens(""))
        asked = self.codes.pop(form["code"], None)
        proof = packed(hashlib.sha256(form["code_verifier"].encode()).digest())
        if asked is None or proof != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return _json(400, {"error": "invalid_grant"})
        return _json(200, self._tokens(asked["nonce"]))

    def _tokens(self, nonce: str) -> dict[str, object]:
        now = int(time.time())
        claims = {"iss": self.url, "sub": "ada", "aud": CLIENT, "iat": now, "exp": now + self.seconds}
        identity = self.signed(claims | ({"nonce": nonce} if nonce else {}) | self.claims)
        access = secrets.token_hex(16) if self.opaque else self.signed(claims | {"jti": secrets.token_hex(8)})
        self.good.add(identity if self.opaque else access)
        given = {"token_type": "Bearer", "expires_in": self.seconds, "access_token": access, "id_token": identity}
        if self.refreshes:
            given["refresh_token"] = secrets.token_hex(16)
            self.refreshing.add(given["refresh_token"])
        return given

    def _revoke(self, form: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        self.revoked.append(form["token"])
        return 200, {"access-control-allow-origin": "*"}, b""

    def signed(self, claims: dict[str, object]) -> str:
        head = {"alg": "RS256", "kid": "1", "typ": "JWT"}
        text = ".".join(packed(json.dumps(part).encode()) for part in (head, claims))
        return f"{text}.{packed(self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


class Deployed:
    """What CloudFront does: the page's files under the stack's policy, `/v1` for who brings a token that holds."""

    def __init__(self, registry: str, issuer: Issuer) -> None:
        self.registry, self.issuer = registry, issuer
        self.files = Files(registry, "none")
        self.bearers: list[str] = []

    def told(self, method, path, headers, body) -> tuple[int, dict[str, str], bytes]:
        """An answer to a browser."""
        at = urlsplit(path).path
        if at.startswith("/v1/"):
            return self._api(method, path, headers, body)
        if at == "/config.json":
            return _json(200, {"auth": "oidc", "issuer": self.issuer.url, "clientId": CLIENT, "url": self.registry})
        given = self.files.answer("GET", at, {"accept": headers.get("accept", "")})
        guards = {**OTHER_HEADERS, "referrer-policy": "no-referrer", "x-content-type-options": "nosniff"}
        guards["content-security-policy"] = content_policy(images=[self.registry], talks=[self.issuer.url])
        kind = dict(given.headers).get(b"content-type", b"text/plain").decode()
        return given.status, {**guards, "content-type": kind}, given.body

    def _api(self, method, path, headers, body) -> tuple[int, dict[str, str], bytes]:
        token = headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.issuer.good and path != "/v1/health":
            return _json(401, {"message": "Unauthorized"})
        self.bearers.append(token)
        kept = {name: headers[name] for name in ("accept", "content-type", "idempotency-key") if name in headers}
        answer = urllib3.request(method, self.registry + path, headers=kept, body=body or None, retries=False)
        return answer.status, {"content-type": answer.headers.get("content-type", "")}, answer.data


def _json(status: int, document: object) -> tuple[int, dict[str, str], bytes]:
    headers = {"content-type": "application/json", "access-control-allow-origin": "*", "cache-control": "no-store"}
    return status, headers, json.dumps(document).encode()


@pytest.fixture(scope="module")
def registry(tmp_path_factory) -> Iterator[str]:
    """A registry in which there is a model."""
    with EmbeddedServer(tmp_path_factory.mktemp("registry")) as server:
        with Registry(server.url) as client:
            client.create_model("churn", description="who leaves")
        yield server.url


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    with answering(issuer.told) as issuer.url:
        yield issuer


@pytest.fixture
def deployed(registry, issuer) -> Deployed:
    return Deployed(registry, issuer)


@pytest.fixture
def page(browser, deployed) -> Iterator[Page]:
    """A page that is deployed, of which the browser finds no fault but refusals of the API and the issuer."""
    with answering(deployed.told) as url:
        context = browser.new_context(base_url=url, viewport=WIDE, locale="en-GB")
        page = context.new_page()
        page.set_default_timeout(15_000)
        faults: list[str] = []
        page.on("console", lambda said: faults.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        yield page
        context.close()
    assert [fault for fault in faults if not re.search(FORGIVEN, fault)] == []


def enter(page: Page, address: str = DEEP) -> None:
    """Come to an address as a stranger, and go to the issuer."""
    page.goto(address)
    expect(page.get_by_text(AWAY)).to_be_visible()
    page.get_by_role("button", name=SIGN_IN).click()


def is_in(page: Page) -> None:
    expect(page.get_by_role("heading", level=1, name="churn")).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def refused(page: Page, why: str) -> None:
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("You are not signed in")
    expect(alert).to_contain_text(why)
    expect(page).to_have_url(re.compile("/sign-in$"))
    assert page.evaluate("sessionStorage.getItem('modelyard.token')") is None


def test_who_signs_in_is_back_where_they_were_and_asks_with_the_access_token(page, issuer, deployed):
    enter(page)
    is_in(page)
    assert page.url.endswith(DEEP)
    asked = issuer.asked[0]
    assert (asked["response_type"], asked["code_challenge_method"], asked["scope"]) == ("code", "S256", "openid")
    assert (asked["of"], asked["client_id"]) == ("it", CLIENT)
    assert len(asked["state"]) >= 43 <= len(asked["nonce"])
    assert set(deployed.bearers) & issuer.good
    assert page.evaluate("sessionStorage.getItem('modelyard.signing-in')") is None
    page.go_back()
    assert "code=" not in page.url, "the code is not in the history"


def test_an_access_token_that_is_no_jwt_is_for_the_issuer_and_the_id_token_is_sent(page, issuer, deployed):
    issuer.opaque = True
    enter(page)
    is_in(page)
    assert {token.count(".") for token in deployed.bearers if token} == {2}


def test_an_answer_with_another_state_is_refused_and_can_be_asked_for_again(page, issuer):
    issuer.state = "of-somebody-else"
    enter(page)
    refused(page, "state")
    assert issuer.grants == [], "no code of somebody else is used"
    issuer.state = ""
    page.get_by_role("button", name=SIGN_IN).click()
    is_in(page)
    assert page.url.endswith(DEEP)


@pytest.mark.parametrize(
    ("claims", "why"), [({"nonce": "another"}, "nonce"), ({"aud": "another"}, "aud"), ({"exp": 1}, "exp")]
)
def test_an_id_token_that_is_not_for_this_sign_in_is_refused(page, issuer, claims, why):
    issuer.claims = claims
    enter(page)
    refused(page, why)


def test_an_id_token_that_another_key_signed_is_refused(page, issuer):
    issuer.shown = rsa.generate_private_key(65537, 2048)
    enter(page)
    refused(page, "signature")


def test_what_the_issuer_refuses_is_told_in_its_words(page, issuer):
    issuer.refusal = "<b>ada</b> is on leave"
    enter(page)
    refused(page, "The issuer refused: access_denied (<b>ada</b> is on leave).")


def test_an_answer_that_nobody_asked_for_is_not_shown_and_not_used(page, issuer):
    page.goto("/sign-in?code=stolen&state=x&error_description=call+0800")
    refused(page, "This tab did not ask the issuer for that answer")
    expect(page.get_by_text("0800")).to_have_count(0)
    assert issuer.grants == []


def test_nobody_is_led_elsewhere_after_signing_in(page):
    page.route("**/authorize?**", lambda route: route.fulfill(status=204))
    with page.expect_request("**/authorize?**") as asking:
        enter(page)
    kept = page.evaluate("JSON.parse(sessionStorage.getItem('modelyard.signing-in'))")
    forged = json.dumps({**kept, "back": "https://example.com/"})
    page.evaluate("text => sessionStorage.setItem('modelyard.signing-in', text)", forged)
    page.unroute("**/authorize?**")
    page.goto(asking.value.url)
    expect(page.get_by_role("heading", level=1, name="Models")).to_be_visible()
    assert urlsplit(page.url).path == "/"


def test_a_token_that_ended_is_followed_by_the_next_one_without_a_question(page, issuer):
    enter(page)
    is_in(page)
    issuer.good.clear()
    page.reload()
    is_in(page)
    assert issuer.grants == ["authorization_code", "refresh_token"], "all requests wait for one renewal"


def test_a_token_is_renewed_before_it_ends(page, issuer, deployed):
    issuer.seconds = 20
    enter(page)
    is_in(page)
    assert issuer.grants[:2] == ["authorization_code", "refresh_token"]
    assert deployed.bearers


@pytest.mark.parametrize("refreshes", [False, True], ids=["without-a-refresh-token", "with-one-that-ended"])
def test_who_cannot_be_renewed_is_asked_again_and_comes_back(page, issuer, refreshes):
    issuer.refreshes = refreshes
    enter(page)
    is_in(page)
    issuer.good.clear()
    issuer.refreshing.clear()
    page.reload()
    expect(page.get_by_text(AWAY)).to_be_visible()
    page.get_by_role("button", name=SIGN_IN).click()
    is_in(page)
    assert page.url.endswith(DEEP)


def test_who_signs_out_leaves_nothing_behind(page, issuer):
    enter(page)
    is_in(page)
    kept = set(issuer.refreshing)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text(AWAY)).to_be_visible()
    assert page.evaluate("JSON.stringify(sessionStorage)").count("modelyard") == 0
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
    for _ in range(100):
        if issuer.revoked:
            break
        page.wait_for_timeout(20)
    assert set(issuer.revoked) == kept


def test_an_issuer_that_is_away_is_told_at_the_button(page, issuer):
    page.route("**/.well-known/**", lambda route: route.abort())
    page.goto(DEEP)
    page.get_by_role("button", name=SIGN_IN).click()
    expect(page.get_by_role("alert")).to_contain_text("The issuer does not answer, or does not let this page ask it.")
    assert issuer.asked == []
