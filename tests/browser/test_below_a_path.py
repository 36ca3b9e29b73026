"""A bank puts the page below a path of its own."""

from urllib.parse import urlsplit

from playwright.sync_api import Request, expect
from tests.browser.bank import Customer, open_bank
from tests.browser.conftest import NewPhone

from ditan.kernel.settings import Settings

BELOW = "/lowcarbon"


def test_everything_stays_below_the_path(demo: Settings, phone: NewPhone) -> None:
    with open_bank(demo, "--root-path", BELOW) as bank:
        lin = bank.open(Customer("lin"))
        bank.ride(lin)
        bank.ripen(lin)
        browser = phone(lin, bank=bank, service_workers="allow")
        outside: list[str] = []

        def look(asked: Request) -> None:
            if asked.url.startswith("http") and not urlsplit(asked.url).path.startswith(f"{BELOW}/"):
                outside.append(asked.url)

        browser.context.on("request", look)
        page = browser.goto()
        page.get_by_role("button", name="地铁出行").click()
        expect(page.get_by_test_id("energy")).to_have_text("20")
        for place in ("减排", "场景", "我的", "家园"):
            page.get_by_role("navigation").get_by_role("link", name=place).click()
            expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_test_id("energy")).to_have_text("20")
        assert bank.collected(lin) == (1, 20)
        assert outside == []
