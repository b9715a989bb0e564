"""Pictures of every page, in both themes and two widths: what somebody looks at before a change of the page is done.

`make screenshots` runs it. The registry is a real one, with the story that the page's tests have behind it. In the
folder `readme` is what the README shows, as high as SHOWN.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Browser, Page, Route, sync_playwright

from modelyard.client import Registry
from modelyard.serve.page import BUILT
from tests.e2e.embedded_server import EmbeddedServer
from tests.page.browser import OPTIONS
from tests.page.conftest import NARROW, WIDE, settle, settled
from tests.page.story import HOSTILE, TURNED, tell

THEMES = ("light", "dark")
WIDTHS = (WIDE, NARROW)
CHURN = "&".join(f"refs=churn/{number}" for number in (1, 2, 4, 5, 6, 7, 8))
PAGES = {
    "models": "/",
    "models-searched": "/?q=stage%20%3D%20%27production%27",
    "models-search-broken": "/?q=stage%20%3D%3D%3D",
    "model": "/models/churn",
    "model-empty": "/models/empty-yet",
    "model-hostile": f"/models/{quote(HOSTILE, safe='')}",
    "model-turned": f"/models/{quote(TURNED, safe='')}",
    "version": "/models/churn/versions/7",
    "version-files": "/models/encoder/versions/2?tab=files",
    "version-signatures": "/models/churn/versions/7?tab=signatures",
    "version-lineage": "/models/churn/versions/7?tab=lineage",
    "version-evaluations": "/models/churn/versions/7?tab=evaluations",
    "version-card": "/models/churn/versions/7?card=whole",
    "version-move": "/models/churn/versions/8?move=1",
    "version-history": "/models/churn/versions/7?tab=history",
    "version-quarantined": "/models/suspect/versions/2",
    "version-rejected": "/models/suspect/versions/1",
    "version-deleted": "/models/churn/versions/3",
    "version-hostile": f"/models/{quote(HOSTILE, safe='')}/versions/1",
    "compare": f"/compare?{CHURN}",
    "compare-models": "/compare?refs=churn/7&refs=churn/8&refs=encoder/2",
    "compare-empty": "/compare",
    "activity": "/activity",
    "missing": "/models/nobody",
    "sign-in-token": "/sign-in",
    "sign-in-issuer": "/sign-in",
}
SETTINGS = {
    "sign-in-token": {"auth": "token"},
    "sign-in-issuer": {"auth": "oidc", "issuer": "https://accounts.example.com"},
}
"""What /config.json says instead, as other registries have it."""

SHOWN = {"width": 1280, "height": 1000}
FOR_README = {
    "model": ("/models/churn", "light"),
    "compare": ("/compare?refs=churn/4&refs=churn/7&refs=churn/8&diff=1", "dark"),
}


def main() -> None:
    """Write the pictures into the folder that the first argument names. The others are the pages wanted, if not all."""
    folder, wanted = Path(sys.argv[1]), sys.argv[2:] or list(PAGES)
    if not (BUILT / "index.html").exists():
        sys.exit("the page is not built: `make page` does it")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(OPTIONS))
        with EmbeddedServer(Path(temporary)) as server:
            _say("telling the registry its story ...")
            story = Path(temporary) / "story"
            story.mkdir()
            with Registry(server.url) as registry:
                tell(registry, story)
                settle(registry)
            kinds = list(product(WIDTHS, THEMES))
            for done, (page, name) in enumerate(_pages(browser, server.url, kinds, wanted), start=1):
                page.screenshot(path=folder / f"{name}.png", full_page=True, animations="disabled")
                _say(f"{done}/{len(kinds) * len(wanted)} {folder / name}.png")
            for name, (address, theme) in FOR_README.items():
                page = _page(browser, server.url, SHOWN, theme)
                _still(page, address)
                page.screenshot(path=folder / "readme" / f"{name}.png", animations="disabled")
                _say(f"{folder / 'readme' / name}.png")
        browser.close()


def _pages(
    browser: Browser, url: str, kinds: list[tuple[dict[str, int], str]], wanted: list[str]
) -> Iterator[tuple[Page, str]]:
    """Every page that is wanted, drawn and still, and what its picture is called."""
    for size, theme in kinds:
        page = _page(browser, url, size, theme)
        for name in wanted:
            page.unroute_all()
            if name in SETTINGS:
                page.route("**/config.json", _saying(SETTINGS[name]))
            _still(page, PAGES[name])
            yield page, f"{name}-{size['width']}-{theme}"
        page.context.close()


def _page(browser: Browser, url: str, size: dict[str, int], theme: str) -> Page:
    context = browser.new_context(
        base_url=url, viewport=size, color_scheme=theme, locale="en-GB", reduced_motion="reduce"
    )
    return context.new_page()


def _saying(settings: dict[str, str]) -> Callable[[Route], None]:
    return lambda route: route.fulfill(json=settings)


def _still(page: Page, address: str) -> None:
    page.goto(address)
    settled(page)


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
