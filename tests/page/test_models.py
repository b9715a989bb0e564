"""The list of models in a browser, on what the real client pushed."""

import re
import stat

import pytest

from modelyard.client import Registry
from tests.e2e.embedded_server import EmbeddedServer
from tests.page.browser import Complaints, barriers, chromium, needed

HOSTILE = '50% "<script>alert(1)<script>" #?&é\u05d0'
MODELS = {"churn": "growth", "fraud": "risk", HOSTILE: "<b>it's</b>"}
PATIENCE = 15_000


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    needed()
    folder = tmp_path_factory.mktemp("listed")
    weights = folder / "weights.bin"
    tokens = folder / "tokens"
    tokens.write_text("ana secret\n")
    tokens.chmod(stat.S_IRUSR | stat.S_IWUSR)
    with EmbeddedServer(folder, "--token-file", str(tokens)) as server:
        client = Registry(server.url, token="secret")
        for name, owner in MODELS.items():
            weights.write_bytes(name.encode())
            client.push(name, weights)
            client.update_model(name, owner=owner, tags={"team": owner, "<i>": "\"'"})
        client.transition("churn", 1, "production", comment="beats v0")
        yield server


@pytest.fixture
def page(registry):
    with chromium() as browser:
        context = browser.new_context(base_url=registry.url, locale="en-GB")
        context.set_default_timeout(PATIENCE)
        context.add_init_script("sessionStorage.setItem('modelyard.token', 'secret')")
        opened = context.new_page()
        complaints = Complaints(opened)
        yield opened
        assert complaints.said == []
        context.close()


def names(page):
    page.wait_for_selector("[role=table] [data-row]")
    return [cell.inner_text() for cell in page.query_selector_all("[data-row] > :first-child")]


def test_all_models_are_listed_with_what_is_in_production_whatever_they_are_called(page):
    page.goto("/")
    assert names(page) == sorted(MODELS)
    assert page.locator("[role=row]", has_text="churn").get_by_role("link", name="1", exact=True).is_visible()
    page.get_by_role("link", name=HOSTILE).click()
    page.wait_for_url(re.compile("/models/50%25"))
    assert page.get_by_role("heading", level=1).inner_text() == HOSTILE
    page.reload()
    assert page.get_by_role("heading", level=1).inner_text() == HOSTILE


def test_a_search_is_in_the_address_and_the_address_gives_the_search(page):
    page.goto("/")
    names(page)
    page.get_by_role("textbox", name="Search the models").fill("owner = 'growth'")
    page.wait_for_url(re.compile(r"\?q=owner"))
    page.wait_for_selector("text=1 model")
    assert names(page) == ["churn"]
    page.goto("/?stage=production&tag=team=growth")
    assert names(page) == ["churn"]


def test_a_fault_is_shown_under_the_column_where_it_is(page):
    page.goto("/?q=owner+%3D+growth")
    mark = page.locator("pre", has_text="^")
    mark.wait_for()
    assert mark.text_content().index("^") == len("owner = ")
    box = page.get_by_role("textbox", name="Search the models").bounding_box()
    assert mark.bounding_box()["y"] >= box["y"] + box["height"] - 1
    assert page.get_by_text("column 9: expected a quoted text").is_visible()


def test_it_is_used_by_keyboard_alone(page):
    page.goto("/")
    names(page)
    page.keyboard.press("/")
    page.keyboard.type("churn/1")
    page.keyboard.press("Enter")
    page.wait_for_url("**/models/churn/versions/1")
    page.get_by_role("heading", level=1, name="churn/1").wait_for()
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.wait_for_url(lambda url: url.endswith("/"))
    names(page)
    page.locator("[data-row='0']").focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_function("document.activeElement.dataset.row === '1'")
    page.keyboard.press("Enter")
    page.wait_for_url("**/models/churn")


def test_a_stranger_signs_in_with_a_token_and_is_where_they_wanted_to_be(page):
    page.context.add_init_script("sessionStorage.clear()")
    page.goto("/models/churn")
    page.get_by_label("Token", exact=True).fill("wrong")
    page.keyboard.press("Enter")
    page.get_by_text("The registry does not know this token.").wait_for()
    page.get_by_label("Token", exact=True).fill("secret")
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="churn").wait_for()


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize(
    "path", ["/", "/?q=owner+%3D+growth", "/?q=nobody", "/?owner=growth&tag=team=growth", "/nowhere"]
)
def test_nothing_keeps_anybody_from_using_it(page, scheme, path):
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(path)
    page.wait_for_load_state("networkidle")
    assert barriers(page) == []


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_nothing_is_wider_than_a_small_screen(page, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/")
    names(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("document.documentElement.dataset.mantineColorScheme") == scheme


def test_it_is_painted_within_a_second(page):
    page.goto("/")
    names(page)
    painted = page.evaluate(
        "new Promise(say => new PerformanceObserver(list => say(list.getEntries().at(-1).startTime))"
        ".observe({type: 'largest-contentful-paint', buffered: true}))"
    )
    print(f"largest contentful paint: {painted:.0f} ms")
    assert painted > 0
