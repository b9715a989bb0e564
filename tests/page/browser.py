"""Chromium for tests of the page: Debian's, driven by Playwright, with what it complains of kept."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from modelyard.serve.page import BUILT

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
OPTIONS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
)  # fmt: skip


def needed() -> str:
    """The path of a Chromium. The test is left out, saying why, where there is none or the page is not built."""
    found = shutil.which("chromium")
    reason = "" if found else "there is no chromium here"
    if not (BUILT / "index.html").exists():
        reason = "the page is not built; make page builds it"
    if reason:
        print(reason)
        pytest.skip(reason)
    return str(found)


class Complaints:
    """What went wrong in a page: breaches of its policy and errors that nobody caught. Refused requests are none."""

    def __init__(self, page: Any) -> None:
        self.said: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.said.append(str(error)))

    def _note(self, message: Any) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.said.append(message.text)


def barriers(page: Any) -> list[str]:
    """What axe finds in the page as it is now that keeps somebody from using it."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run({resultTypes: ['violations']}).then(result => result.violations)")
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found]


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser, to open contexts in."""
    path = needed()
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 -- where there is no browser it need not be there

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(OPTIONS))
        yield browser
        browser.close()
