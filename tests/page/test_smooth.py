"""Ten thousand versions scroll without a stutter, as the browser itself records what it did."""

import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

import pytest
from playwright.sync_api import Browser, Locator, Page

from benchmarks.filling import Extent, fill, name_of
from tests.e2e.embedded_server import EmbeddedServer
from tests.page.conftest import WIDE, settled, watched

VERSIONS = 10_000
LONGEST = 50.0
"""Milliseconds of a task above which people notice: what browsers call a long task, https://www.w3.org/TR/longtasks-1/."""

PATIENCE = 100.0
"""Seconds after which the end should have come into sight, also on a machine that does much else."""

NOTCH = 120
"""Pixels of one notch of a wheel."""

CATEGORIES = ["-*", "disabled-by-default-devtools.timeline"]
STANDS = "box => [box.scrollTop, box.scrollHeight - box.clientHeight, box.lastElementChild.textContent]"


@pytest.fixture(scope="module")
def filled(tmp_path_factory) -> Iterator[EmbeddedServer]:
    """A registry whose one model has very many versions."""
    folder = tmp_path_factory.mktemp("filled")
    (folder / "data").mkdir()
    fill(folder / "data" / "registry.sqlite3", Extent(models=1, first=VERSIONS, each=0))
    with EmbeddedServer(folder) as server:
        yield server


@contextmanager
def recorded(browser: Browser, page: Page) -> Iterator[list[float]]:
    """How long the page's tasks kept its main thread's processor, in milliseconds; known once the block has ended.

    That is counted rather than what passed on the clock, which tells more of what else the machine does.
    """
    tasks: list[float] = []
    browser.start_tracing(page=page, categories=CATEGORIES)
    try:
        yield tasks
    finally:
        trace = browser.stop_tracing()
    tasks.extend(tasks_in(json.loads(trace)["traceEvents"]))


def tasks_in(events: list[dict]) -> list[float]:
    """Of the busiest renderer's main thread: other pages' have little to do."""
    mains = {
        (each["pid"], each["tid"])
        for each in events
        if each["name"] == "thread_name" and each["args"]["name"] == "CrRendererMain"
    }
    done = [
        each for each in events if each["name"] == "RunTask" and "tdur" in each and (each["pid"], each["tid"]) in mains
    ]
    ((busiest, _),) = Counter((each["pid"], each["tid"]) for each in done).most_common(1)
    return [each["tdur"] / 1000 for each in done if (each["pid"], each["tid"]) == busiest]


def under_the_mouse(page: Page, box: Locator) -> None:
    """Put the table where the wheel turns it: at its end, the wheel has moved the page instead."""
    box.scroll_into_view_if_needed()
    area = box.bounding_box()
    page.mouse.move(area["x"] + area["width"] / 3, area["y"] + area["height"] / 3)


def wheel_to_the_end(page: Page, box: Locator) -> None:
    """As a person does: notch by notch at first, then with swing, through every page of rows as it comes.

    Gives up when it takes too long: what the tasks were tells more then.
    """
    for _ in range(60):
        page.mouse.wheel(0, NOTCH)
    end = time.monotonic() + PATIENCE
    while not at_the_end(box) and time.monotonic() < end:
        under_the_mouse(page, box)
        for _ in range(8):
            page.mouse.wheel(0, 8 * NOTCH)


def at_the_end(box: Locator) -> bool:
    top, most, said = box.evaluate(STANDS)
    return top >= most - 1 and "that is all" in said


def jump(page: Page, box: Locator) -> None:
    """As one does who drags the scroll bar, and by the keys."""
    places = random.Random(5)
    for _ in range(40):
        box.evaluate("(box, place) => { box.scrollTop = place * box.scrollHeight }", places.random())
        page.wait_for_timeout(20)
    box.get_by_role("row").nth(5).focus()
    for key in ("Home", "PageDown", "PageDown", "End", "PageUp", "End"):
        page.keyboard.press(key)
        page.wait_for_timeout(50)


def test_ten_thousand_versions_scroll_without_a_task_that_is_noticed(browser, filled):
    with watched(browser, filled.url, viewport=WIDE, color_scheme="light") as page:
        page.goto(f"/models/{name_of(0)}")
        settled(page)
        table = page.get_by_role("table", name=f"Versions of {name_of(0)}")
        box = table.locator("xpath=..")
        under_the_mouse(page, box)
        with recorded(browser, page) as tasks:
            wheel_to_the_end(page, box)
            jump(page, box)
        last = table.get_by_role("link", name="1", exact=True).count()
    telling = [each for each in tasks if each >= 1]
    print(f"{len(tasks)} tasks; of those over 1 ms the median is {median(telling):.1f} ms; worst {max(tasks):.1f} ms")
    assert [round(each, 1) for each in tasks if each > LONGEST] == []
    assert last == 1, "the first version is drawn in the end"
    assert len(telling) > VERSIONS / 100, "each page of rows was brought and drawn"
