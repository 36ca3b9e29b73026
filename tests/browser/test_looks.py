"""Every page can be read: by axe in both languages and themes, on the narrowest phone, at twice the size of type."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect
from tests.browser.bank import Bank, Customer, offered
from tests.browser.conftest import NewPhone
from tests.browser.phone import Phone
from tests.browser.places import PLACES, address_of

from ditan.kernel.clock import BUSINESS_ZONE

SEEING = (Path(__file__).parent / "seeing.js").read_text(encoding="utf-8")
NARROW: ViewportSize = {"width": 360, "height": 740}
KIB = 1024
FIRST_LOAD_MAX = 200 * KIB

FRAMES_MAX = 90
DAY = range(7, 16)

Looking = Callable[..., Phone]


@pytest.fixture(autouse=True)
def daylight(bank: Bank) -> None:
    """Wait for the morning when the sun is low: at dusk the page turns dark by itself."""
    now = bank.now().astimezone(BUSINESS_ZONE)
    if now.hour not in DAY:
        morning = now.replace(hour=10, minute=0) + timedelta(days=now.hour >= max(DAY))
        bank.wait(morning - now)


@pytest.fixture
def looking(bank: Bank, busy: Customer, phone: NewPhone) -> Looking:
    """Look at a place as who belongs there."""

    def look(name: str, **given: Any) -> Phone:
        place = PLACES[name]
        who = {"busy": busy, "new": Customer("new"), "nobody": None}[place.who]
        shown = phone(who, large=place.large, **given)
        if place.who == "new":
            shown.expect_trouble("answer: 404 GET /v1/(account|home|settings)")
        shown.goto(address_of(place, bank, who))
        return shown

    return look


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", PLACES)
def test_it_can_be_read(looking: Looking, name: str, language: str) -> None:
    """axe finds nothing serious by day or by night; no word is cut on the narrowest phone, nor at twice the size."""
    shown = looking(name, language=language, theme="auto")
    page, found = shown.page, {"axe, light": shown.axe()}
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    found["axe, dark"] = shown.axe(colors=True)
    page.set_viewport_size(NARROW)
    found["360 px"] = unseen(page)
    larger = shown.context.new_cdp_session(page)
    larger.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
    page.reload()
    shown.settle()
    found["360 px, 200 %"] = unseen(page)
    assert {where: what for where, what in found.items() if what} == {}


def unseen(page: Page) -> Any:
    """The words that cannot be read, once what was drawn for another size is drawn again."""
    return page.evaluate(
        "async (frames) => { const seen = "
        + SEEING
        + """
          while (frames-- && seen().length) await new Promise(requestAnimationFrame)
          return seen() }""",
        FRAMES_MAX,
    )


def test_the_demo_offers_its_customers_on_a_page_that_can_be_read(bank: Bank, busy: Customer, phone: NewPhone) -> None:
    with offered(bank.settings, busy):
        for language in ("zh", "en"):
            shown = phone(language=language, size=(360, 740))
            shown.goto()
            assert shown.axe() == []
            assert unseen(shown.page) == []


def test_the_first_page_asks_for_little(bank: Bank, busy: Customer, phone: NewPhone) -> None:
    """Scripts and styles of the first visit as they come over the network, compressed."""
    shown = phone(busy)
    network = shown.context.new_cdp_session(shown.page)
    kinds: dict[str, str] = {}
    sizes: dict[str, int] = {}
    network.on("Network.responseReceived", lambda said: kinds.update({said["requestId"]: said["type"]}))
    network.on("Network.loadingFinished", lambda said: sizes.update({said["requestId"]: said["encodedDataLength"]}))
    network.send("Network.enable")
    shown.goto()
    code = [size for request, size in sizes.items() if kinds.get(request) in {"Script", "Stylesheet"}]
    assert len(code) > 3
    assert 20 * KIB < sum(code) <= FIRST_LOAD_MAX
    print(f"first load: {sum(code)} bytes of scripts and styles in {len(code)} files")
