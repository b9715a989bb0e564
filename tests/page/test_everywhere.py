"""What every page promises: nobody is shut out, nothing hostile runs, nothing is loaded from elsewhere."""

from urllib.parse import quote

import pytest

from tests.page.browser import barriers
from tests.page.conftest import NARROW, WIDE, settled, watched
from tests.page.story import HOSTILE, TURNED


def model(name):
    return f"/models/{quote(name, safe='')}"


ADDRESSES = {
    "models": "/",
    "a search": "/?q=stage%20%3D%20%27production%27",
    "a search that is broken": "/?q=stage%20%3D%3D%3D",
    "a model": "/models/churn",
    "a model without versions": "/models/empty-yet",
    "a version": "/models/churn/versions/7",
    "a version in quarantine": "/models/suspect/versions/2",
    "a rejected version": "/models/suspect/versions/1",
    "a deleted version": "/models/churn/versions/3",
    "a comparison": "/compare?refs=churn/7&refs=churn/8&refs=encoder/2",
    "an empty comparison": "/compare",
    "activity": "/activity",
    "a hostile model": model(HOSTILE),
    "a hostile version": f"{model(HOSTILE)}/versions/1",
    "a model read from right to left": model(TURNED),
    "a model that is not there": "/models/nobody",
    "an address that is not there": "/nothing/here",
}
"""Pages by what they show."""

FORGIVEN = r"status of 4(00|04|22)|Problem: "
"""What the browser, and React, write of an answer that says that there is nothing, or that a search is broken."""


@pytest.fixture(params=ADDRESSES, ids=[name.replace(" ", "-") for name in ADDRESSES])
def address(request):
    return ADDRESSES[request.param]


@pytest.fixture
def opened(browser, server, address):
    with watched(browser, server.url, viewport=WIDE, color_scheme="light", reduced_motion="reduce") as page:
        page.watched.forgiven = FORGIVEN
        page.goto(address)
        settled(page)
        yield page


def test_nobody_is_shut_out_in_light_or_dark(opened):
    """axe-core's rules for WCAG 2.2 AA and its best practices; https://github.com/dequelabs/axe-core."""
    for theme in ("light", "dark"):
        opened.emulate_media(color_scheme=theme)
        settled(opened)
        assert (theme, barriers(opened)) == (theme, [])


def test_it_has_one_heading_its_landmarks_and_a_title_and_fits_a_telephone(opened, address):
    assert opened.locator("h1").count() == 1
    assert opened.locator("main").count() == opened.get_by_role("banner").count() == 1
    assert opened.title().strip() not in {"", "Modelyard"} or address.startswith("/?") or address == "/"
    before = (opened.url, opened.locator("h1").inner_text())
    opened.set_viewport_size(NARROW)
    opened.reload()
    settled(opened)
    assert (opened.url, opened.locator("h1").inner_text()) == before, "an address can be pasted elsewhere"
    page, window = opened.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert page <= window, "nothing is scrolled sideways"
