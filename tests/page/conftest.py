"""A real browser looks at a real registry, which has the story behind it."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from modelyard.client import Registry
from tests.e2e.embedded_server import EmbeddedServer
from tests.page.browser import chromium, needed
from tests.page.story import tell

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 800}


def pytest_collection_modifyitems(items):
    """All of these share one registry and one browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("page"))


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[EmbeddedServer]:
    """A registry that has lived."""
    needed()
    with EmbeddedServer(tmp_path_factory.mktemp("page")) as server:
        with Registry(server.url) as registry:
            tell(registry, tmp_path_factory.mktemp("story"))
            settle(registry)
        yield server


def settle(registry: Registry) -> None:
    """Wait until searches find what was told: the index follows the journal about a second behind."""
    for _ in range(200):
        if len(list(registry.search("stage = 'production'"))) >= 3:
            return
        time.sleep(0.05)
    raise AssertionError("the index does not follow")


@pytest.fixture
def registry(server) -> Iterator[Registry]:
    """The client, for what is changed behind the page's back."""
    with Registry(server.url) as registry:
        yield registry


# No longer than a module: Playwright keeps an event loop running, beside which other tests could run none of theirs.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a screen."""
    with chromium() as browser:
        yield browser


class Watched:
    """What a page did that it must not: errors, dialogs, requests to other hosts, what its policy refused."""

    def __init__(self, page: Page, url: str) -> None:
        self.seen: list[str] = []
        self.forgiven = ""
        self._host = urlsplit(url).netloc
        page.on("dialog", lambda dialog: (self.seen.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: self.seen.append(f"error: {error}"))
        page.on("console", lambda said: self._note(said.type, said.text))
        page.on("request", lambda request: self._request(request.url))

    def _note(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and not (self.forgiven and re.search(self.forgiven, text)):
            self.seen.append(f"{kind}: {text}")

    def _request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != self._host:
            self.seen.append(f"request: {url}")


@contextmanager
def watched(browser: Browser, url: str, **context: object) -> Iterator[Page]:
    """A page of its own, of which nothing forbidden may be seen. `page.watched.forgiven` is a pattern of what may."""
    made: BrowserContext = browser.new_context(base_url=url, locale="en-GB", timezone_id="Europe/Berlin", **context)
    page = made.new_page()
    page.set_default_timeout(15_000)
    page.watched = Watched(page, url)
    try:
        yield page
        assert page.watched.seen == []
    finally:
        made.close()


@pytest.fixture
def page(browser, server) -> Iterator[Page]:
    """A page on a wide screen, in light."""
    with watched(browser, server.url, viewport=WIDE, color_scheme="light") as page:
        yield page


STILL = """!document.querySelector('[aria-busy=true]')
    && document.getAnimations().every(each => each.playState !== 'running')"""


def settled(page: Page) -> None:
    """Wait until nothing is loading or moving."""
    # What Playwright itself waits with is evaluated, which the policy bars.
    page.wait_for_load_state("networkidle")
    for _ in range(200):
        page.evaluate("new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        if page.evaluate(STILL):
            return
        page.wait_for_timeout(50)
    raise AssertionError("the page does not settle")
