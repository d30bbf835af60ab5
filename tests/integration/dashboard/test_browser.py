"""The pages in a real browser: read by everybody, live, and without a word from outside."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, ConsoleMessage, Page, Response, ViewportSize, expect

from services.dashboard.settings import Settings
from services.dashboard.views.registry import pages
from tests.integration.dashboard.scene import HOSTILE, LONG, RIGHT_TO_LEFT, Scene, message, scene
from tests.integration.services.service_process import running

PAGES = tuple(page.path for page in pages(Settings()))
PHONE, DESK = ViewportSize(width=390, height=844), ViewportSize(width=1440, height=1000)
PAGE_MAX_BYTES = 250_000
SHOWN_WITHIN_MS = 15_000


@pytest.fixture
async def shown(memory_kafka: str) -> AsyncIterator[Scene]:
    async with scene(memory_kafka) as running_scene:
        yield running_scene


class Watched:
    """A page of the browser, with what it asked for and complained about."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.answers: list[Response] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("response", lambda answer: self.answers.append(answer))  # noqa: PLW0108 - playwright marks it

    def _note(self, said: ConsoleMessage) -> None:
        if said.type in {"error", "warning"}:
            self.complaints.append(said.text)

    def foreign(self, url: str) -> Sequence[str]:
        """Return the addresses that are not of the dashboard."""
        return [answer.url for answer in self.answers if not answer.url.startswith((url, "data:"))]

    async def weight_bytes(self) -> int:
        """Return the size of all that was loaded, as it came over the wire."""
        sizes = await self.page.evaluate(
            "performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))"
            ".map(entry => entry.encodedBodySize)"
        )
        return int(sum(sizes))


@pytest.mark.timeout(240)
async def test_every_page_is_readable_by_everybody_in_both_themes_on_phone_and_desk(
    shown: Scene, browser: Browser
) -> None:
    wrong: dict[str, object] = {}
    for scheme in ("light", "dark"):
        for size in (DESK, PHONE):
            context = await browser.new_context(viewport=size, color_scheme=scheme)
            for name in PAGES:
                where, watched = f"{name} {scheme} {size['width']}", Watched(await context.new_page())
                await watched.page.goto(f"{shown.url}/{name}")
                await expect(watched.page.locator("h1")).to_be_visible()
                found = await Axe().run(watched.page)
                width = await watched.page.evaluate("document.documentElement.scrollWidth")
                wrong |= {f"{where}: {each['id']}": each["nodes"] for each in found.response["violations"]}
                wrong |= {f"{where}: says": each for each in watched.complaints}
                wrong |= {f"{where}: asks": each for each in watched.foreign(shown.url)}
                wrong |= {f"{where}: wide": width} if width > size["width"] else {}
                weight = await watched.weight_bytes()
                wrong |= {f"{where}: bytes": weight} if weight > PAGE_MAX_BYTES else {}
                await watched.page.close()
            await context.close()

    assert wrong == {}


async def test_a_page_opened_cold_hears_of_the_next_message(shown: Scene, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(f"{shown.url}/now")
    await expect(page.get_by_text("Where is my card?", exact=True).first).to_be_visible()

    await shown.show(*message("My transfer did not arrive."))

    await expect(page.get_by_text("My transfer did not arrive.")).to_be_visible(timeout=SHOWN_WITHIN_MS)


async def test_an_open_page_goes_on_after_a_restart_of_the_service(shown: Scene, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(f"{shown.url}/now")
    await page.evaluate("document.body.dataset.opened = 'once'")

    await shown.dashboard.stop()
    async with running("dashboard", shown.bootstrap, **shown.environment) as again:
        await again.ready()
        await shown.show(*message("I wrote after the restart."))
        await expect(page.get_by_text("I wrote after the restart.")).to_be_visible(timeout=SHOWN_WITHIN_MS)

    assert await page.evaluate("document.body.dataset.opened") == "once"


async def test_a_thousand_events_at_once_leave_the_page_up_to_date(shown: Scene, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(f"{shown.url}/now")

    for number in range(5):
        await shown.show(*(event for _ in range(250) for event in message(f"One of many, round {number}")))
    await shown.show(*message("The last of all."))

    await expect(page.get_by_text("The last of all.")).to_be_visible(timeout=SHOWN_WITHIN_MS)


async def test_a_message_of_a_clock_that_is_wrong_is_shown_like_others(
    shown: Scene, browser: Browser
) -> None:
    page = await browser.new_page()
    await page.goto(f"{shown.url}/now")

    for year in (1999, 2150):
        await shown.show(*message(f"Written in {year}.", at=datetime(year, 1, 1, tzinfo=UTC)))

    await expect(page.get_by_text("Written in 1999.")).to_be_visible(timeout=SHOWN_WITHIN_MS)
    await expect(page.get_by_text("Written in 2150.")).to_be_visible(timeout=SHOWN_WITHIN_MS)


async def test_what_people_write_is_shown_as_text(shown: Scene, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(f"{shown.url}/now?stream=messages")

    await expect(page.get_by_text(HOSTILE).first).to_be_visible()
    await expect(page.get_by_text(RIGHT_TO_LEFT).first).to_be_visible()
    assert await page.get_by_text(RIGHT_TO_LEFT).first.evaluate("each => each.tagName") == "BDI"
    assert await page.title() == "Now · Tidemill"

    await page.get_by_text(f"show all {len(LONG):,} characters").first.click()

    assert len(await page.locator("details.clip[open] > bdi").first.inner_text()) > len(LONG) - 100


async def test_the_pages_are_walked_by_keyboard_alone(shown: Scene, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(f"{shown.url}/now")

    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#main")).to_be_focused()
    await page.get_by_role("link", name="News", exact=True).focus()
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("heading", level=1)).to_have_text("News")


async def test_a_chart_is_read_as_a_table_too_and_stays_open_while_news_arrive(
    shown: Scene, browser: Browser
) -> None:
    page = await browser.new_page()
    await page.goto(f"{shown.url}/news")
    await expect(page.locator("figcaption")).to_contain_text("stories are bad news")

    await page.get_by_text("Show as table").click()
    rows = page.get_by_role("group", name="Tone and volume").locator("tbody tr")
    await expect(rows.first).to_be_visible()


async def test_an_image_is_shown_with_what_was_seen_and_its_doubt(shown: Scene, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(f"{shown.url}/images")

    seen = page.get_by_alt_text("Case case-1, seen as 1").first

    await expect(seen).to_be_visible()
    assert await seen.evaluate("image => image.naturalWidth") == 28
    await expect(page.locator("li.doubt").first).to_contain_text("in doubt")
