"""What people come for: what is in production, whether to trust it, whether it is better, who did what."""

import re
import time

from playwright.sync_api import expect

from modelyard.client import Backoff, Registry
from tests.e2e.embedded_server import EmbeddedServer
from tests.page.conftest import WIDE, settled, watched
from tests.page.story import AUC, HOSTILE


def test_what_is_in_production_is_seen_at_once_and_leads_to_its_version(page):
    page.goto("/?stage=production")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="churn", exact=True))
    row.get_by_role("link", name="7", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("churn/7")
    expect(page.get_by_role("heading", level=1)).to_contain_text("production")


def test_who_stood_in_production_when_is_drawn_from_the_journal(page):
    page.goto("/models/churn")
    stood = page.get_by_role("list", name="stage production").get_by_role("link")
    expect(stood).to_have_count(4)
    assert [
        bar.split(" ")[0]
        for bar in stood.evaluate_all("all => all.map(a => a.getAttribute('aria-label') ?? a.textContent)")
    ]
    expect(stood.last).to_have_accessible_name(re.compile("^7 in production.*approved by growth.*until now$"))
    stood.last.click()
    expect(page).to_have_url(re.compile("#entry-[0-9]+$"))
    expect(page.get_by_text("approved by growth").first).to_be_visible()


def test_any_metric_is_charted_with_the_incumbent_to_beat(page):
    page.goto("/models/churn?chart=auc")
    told = page.get_by_role("region", name="Metric over versions")
    expect(told).to_contain_text("higher values are better")
    expect(told).to_contain_text("0.934")
    expect(told.locator("svg").first).to_be_visible()


def test_what_can_be_trusted_is_a_checklist_with_its_evidence(page):
    page.goto("/models/churn/versions/7")
    lines = page.get_by_role("region", name="Can it be trusted?").get_by_role("listitem")
    expect(lines).to_have_count(5)
    expect(lines).to_contain_text(["Bytes proven", "Inspected", "Signed", "Evaluated", "Approved"])
    expect(lines.nth(2)).to_contain_text("Not yet")
    page.get_by_role("link", name="Evidence: Evaluated").click()
    expect(page).to_have_url(re.compile("tab=evaluations"))
    plot = page.get_by_role("tabpanel").locator("img").first
    expect(plot).to_be_visible()
    assert plot.evaluate("image => image.decode().then(() => image.naturalWidth)") == 320


def test_a_file_comes_as_an_attachment_whatever_it_is(page):
    page.goto("/models/encoder/versions/2?tab=files")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download config.json").click()
    assert downloading.value.suggested_filename == "config.json"
    page.wait_for_timeout(100)
    assert "/models/encoder" in page.url


def test_a_version_is_moved_with_a_comment_and_the_move_is_in_its_history(page, registry):
    registry.push("moved", __file__, metrics={"auc": 0.5})
    page.goto("/models/moved/versions/1?move=1")
    form = page.get_by_role("region", name="Move moved/1 to another stage")
    form.get_by_role("combobox", name="Stage").select_option("staging")
    form.get_by_role("textbox", name="Comment").fill("looks good")
    form.get_by_role("button", name="Move it to staging").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("staging")
    (entry,) = [each for each in registry.history("moved") if each.type == "version.promoted"]
    assert (entry.after["stage"], entry.reason) == ("staging", "looks good")


def test_who_comes_too_late_is_told_in_place_what_changed(page, registry):
    registry.push("raced", __file__)
    page.watched.forgiven = "status of 4(09|12)"
    page.goto("/models/raced/versions/1?move=1")
    form = page.get_by_role("region", name="Move raced/1 to another stage")
    form.get_by_role("combobox", name="Stage").select_option("production")
    registry.transition("raced", 1, "staging", comment="I was faster")
    form.get_by_role("button", name="Move it to production").click()
    expect(form).to_contain_text("It was not moved")
    expect(form).to_contain_text("I was faster")
    assert registry.get_version("raced", 1).stage == "staging"


def test_what_may_not_be_moved_says_why_and_what_to_do(page):
    page.goto("/models/suspect/versions/2")
    expect(page.get_by_text("Quarantined").first).to_be_visible()
    expect(page.get_by_text("modelyard release suspect/2")).to_be_visible()


def test_twenty_versions_are_compared_and_the_address_gives_the_same_view(page, registry, tmp_path):
    for number in range(1, 21):
        path = tmp_path / "weights.bin"
        path.write_bytes(bytes([number]) * 100)
        registry.push(
            "twenty",
            path,
            params={"depth": number, "same": 1},
            metrics={"loss": 1 / number},
            directions={"loss": "lower"},
        )
    page.goto("/compare?" + "&".join(f"refs=twenty/{number}" for number in range(1, 21)))
    settled(page)
    table = page.get_by_role("table").first
    expect(table.get_by_role("columnheader")).to_have_count(21)
    best = table.get_by_role("row").filter(has_text="loss").get_by_role("cell").filter(has_text="best")
    expect(best).to_have_count(1)
    expect(best).to_contain_text("0.05")
    expect(table.get_by_role("row").filter(has_text="same")).to_have_count(1)
    page.get_by_role("switch", name="Differences only").check(force=True)
    expect(table.get_by_role("row").filter(has_text="same")).to_have_count(0)
    page.goto(page.url)
    settled(page)
    expect(table.get_by_role("row").filter(has_text="same")).to_have_count(0)
    expect(table.get_by_role("columnheader")).to_have_count(21)


def test_a_change_of_stage_is_seen_in_the_feed_without_reloading(page, registry):
    registry.push("watched", __file__)
    page.goto("/activity")
    settled(page)
    registry.transition("watched", 1, "staging", comment="look, no hands")
    expect(page.get_by_role("list", name="Events, newest first").get_by_text("look, no hands")).to_be_visible()


def test_hostile_names_lead_where_they_say(page):
    page.goto("/")
    page.get_by_role("link", name=HOSTILE, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(HOSTILE)
    page.get_by_role("region", name="Versions").get_by_role("link", name="1", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{HOSTILE}/1")
    for tab in ("Files", "Evaluations", "Lineage", "History"):
        page.get_by_role("tab", name=re.compile(f"^{tab}")).click()
        settled(page)
    assert page.evaluate("document.querySelectorAll('main script, main iframe, main [onerror]').length") == 0
    assert page.evaluate("[...document.links].filter(a => /^(javascript|data):/.test(a.href)).length") == 0


def test_the_server_goes_and_comes_back_and_the_page_says_so(browser, tmp_path):
    with EmbeddedServer(tmp_path) as own, Registry(own.url, backoff=Backoff(attempts=20)) as registry:
        registry.push("lasting", __file__, metrics={"auc": AUC[0]})
        with watched(browser, own.url, viewport=WIDE) as page:
            page.watched.forgiven = "Failed to load resource|ERR_|Unreachable|NetworkError"
            page.goto("/activity")
            settled(page)
            own.stop()
            expect(
                page.get_by_text(re.compile("does not answer|offline|unreachable", re.IGNORECASE)).first
            ).to_be_visible(timeout=30_000)
            expect(page.get_by_role("list", name="Events, newest first").get_by_text("lasting").first).to_be_visible()
            own.start()
            registry.transition("lasting", 1, "staging", comment="back again")
            expect(page.get_by_text("back again").first).to_be_visible(timeout=30_000)


def test_everything_is_reached_by_keyboard(page):
    page.goto("/")
    settled(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").lower().startswith("skip")
    page.keyboard.press("/")
    page.keyboard.type("churn/8")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("churn/8")
    page.get_by_role("tab", name="Overview").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name=re.compile("^Files"))).to_be_focused()
    started = time.monotonic()
    seen = set()
    while time.monotonic() - started < 30:
        page.keyboard.press("Tab")
        seen.add(
            page.evaluate(
                "document.activeElement.textContent.trim() || document.activeElement.getAttribute('aria-label')"
            )
        )
        if "Change the stage …" in seen:
            break
    assert "Change the stage …" in seen
