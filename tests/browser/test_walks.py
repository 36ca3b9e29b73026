"""What a customer does from the first day to the last: with a finger, in large type, and with a keyboard alone."""

import json
import re
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect
from tests.browser.arithmetic import work_out
from tests.browser.bank import MINUTE, Bank, Customer
from tests.browser.conftest import NewPhone
from tests.browser.phone import Phone, press_twice

from ditan.home.consents import consent_texts
from ditan.model import Purpose

TITLES = {text.purpose: text.title for text in consent_texts().texts}
NO_ACCOUNT = "answer: 404 GET /v1/(account|home|settings|notices)"


def on_first_visit(phone: NewPhone, who: Customer, **given: Any) -> Phone:
    """Somebody without an account: the API says so, and the page leads to opening one."""
    shown = phone(who, **given)
    shown.expect_trouble(NO_ACCOUNT)
    page = shown.goto()
    page.wait_for_url("**/#/open")
    return shown


def consent(page: Page, purpose: Purpose, language: str = "zh") -> Locator:
    """The switch of one consent."""
    return page.get_by_role("switch", name=getattr(TITLES[purpose], language), exact=True)


def numbers(page: Page, carbon: str, energy: str) -> None:
    """The two numbers of the first page."""
    expect(page.get_by_test_id("carbon")).to_have_text(carbon)
    expect(page.get_by_test_id("energy")).to_have_text(energy)


# --- from the first day to the last ----------------------------------------------------------------------------------


def test_from_opening_to_erasing(bank: Bank, phone: NewPhone) -> None:
    lin = Customer("lin")
    shown = on_first_visit(phone, lin)
    page = shown.page
    opens(page)
    numbers(page, "0g", "0")
    bank.wait(2 * MINUTE)

    posted = bank.ride(lin)
    page.reload()
    numbers(page, "340.9g", "0")
    assert posted["carbon_mg"] == 340_910
    hanging = page.get_by_role("list", name="待收的能量").get_by_role("button")
    expect(hanging).to_have_accessible_name(re.compile("^地铁出行，能量 20，明早可收$"))

    bank.ripen(lin)
    page.reload()
    hanging.click()
    numbers(page, "340.9g", "20")  # the other number does not move
    expect(page.get_by_text("已收取 20 能量")).to_be_attached()
    assert bank.collected(lin) == (1, 20)

    explains(page, posted["act_id"], 340_910)
    withdraws(page)
    bank.wait(2 * MINUTE)
    [result] = bank.feed(bank.act(lin))
    assert result["code"] == "no_consent"
    page.get_by_role("button", name="返回").click()
    page.get_by_role("link", name="家园", exact=True).click()
    page.reload()
    numbers(page, "340.9g", "20")

    takes_her_data(shown, posted["act_id"])
    leaves(shown)
    assert bank.count("SELECT count(*) FROM accounts.customer WHERE customer_ref = %(who)s", who=lin.subject) == 0
    assert bank.count("SELECT count(*) FROM ledger.act WHERE carbon_mg = 340910") >= 1  # the bank's total stays


def opens(page: Page) -> None:
    """Three taps with two consents; nothing is on before."""
    for purpose in Purpose:
        expect(consent(page, purpose)).to_have_attribute("aria-checked", "false")
    expect(page.get_by_role("button", name="打开任意一项后")).to_be_disabled()
    consent(page, Purpose.CARD_PAYMENTS).click()
    consent(page, Purpose.WHEREABOUTS).click()
    expect(consent(page, Purpose.STEPS)).to_have_attribute("aria-checked", "false")
    page.get_by_role("button", name="同意打开的 2 项").click()
    expect(page.get_by_text("云闪付").first).to_be_visible()
    for box in page.get_by_role("checkbox").all():
        expect(box).not_to_be_checked()
    page.get_by_role("button", name="2 张都用").click()
    page.wait_for_url("**/#/")


def explains(page: Page, act: str, carbon_mg: int) -> None:
    """The explanation's arithmetic is right by what the page says and nothing else."""
    page.get_by_role("link", name="看减排").click()
    page.get_by_role("link", name=re.compile("地铁出行")).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("这一克怎么来的")
    expect(page.get_by_test_id("grams")).to_have_text("340.9g")
    told = page.get_by_role("main").inner_text()
    drawn = re.search(r"([\d.]+)km\n里程\n×\n([\d.]+)g/km.*?记 ([\d,]+) mg", told, re.DOTALL)
    assert drawn is not None, told
    assert Decimal(drawn[1]) * Decimal(drawn[2]) * 1000 == Decimal(drawn[3].replace(",", "")) == carbon_mg

    page.get_by_text("自己重算一遍", exact=True).click()
    by_hand = page.get_by_role("group").filter(has=page.get_by_role("table"))
    names = {
        row.get_by_role("rowheader").inner_text(): Decimal(row.get_by_role("cell").inner_text())
        for row in by_hand.get_by_role("row").all()
    }
    assert len(names) >= 3
    for line in by_hand.get_by_role("listitem").all():
        name, expression, *value = line.inner_text().split(" = ")
        names[name] = work_out(expression, names)
        assert not value or names[name] == Decimal(value[0].removesuffix(" g")), line.inner_text()
    worked_out = (names["reduction"] * 1000).quantize(Decimal(1), ROUND_HALF_EVEN)
    expect(by_hand.get_by_text(f"{worked_out} mg")).to_be_visible()
    assert worked_out == carbon_mg
    expect(page.get_by_text(act)).to_be_visible()


def withdraws(page: Page) -> None:
    """One tap, effective at once."""
    page.goto(page.url.partition("#")[0] + "#/me")
    page.get_by_role("link", name=re.compile("授权")).click()
    switch = consent(page, Purpose.WHEREABOUTS)
    expect(switch).to_have_attribute("aria-checked", "true")
    switch.click()
    expect(page.get_by_text("已撤回")).to_be_visible()
    expect(switch).to_have_attribute("aria-checked", "false")
    expect(consent(page, Purpose.CARD_PAYMENTS)).to_have_attribute("aria-checked", "true")


def takes_her_data(shown: Phone, act: str) -> None:
    """Everything that is kept of her, as a file."""
    page = shown.goto("/me/data")
    for kind, button in (("json", "导出 JSON"), ("csv", "导出表格")):
        with page.expect_download() as coming:
            page.get_by_role("button", name=button).click()
        name, path = coming.value.suggested_filename, Path(coming.value.path())
        assert re.fullmatch(rf"ditan-2026-\d\d-\d\d\.{kind}", name)
        text = path.read_text(encoding="utf-8-sig")
        assert act in text
        assert kind == "csv" or json.loads(text)
    expect(page.get_by_text("已导出")).to_be_visible()


def leaves(shown: Phone) -> None:
    """Closes, then erases, each asked for again."""
    page = shown.page
    expect(page.get_by_role("button", name="删除我的记录")).to_have_count(0)
    page.get_by_role("button", name="关闭账户").click()
    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("340.9 g")
    sheet.get_by_role("button", name="关闭账户").click()
    expect(page.get_by_text("账户已关闭。")).to_be_visible()

    shown.goto("/")
    expect(page.get_by_text("账户已关闭，不再记录新的行为")).to_be_visible()
    expect(page.get_by_test_id("carbon")).to_have_text("340.9g")

    shown.goto("/me/data")
    page.get_by_role("button", name="删除我的记录").click()
    last = sheet.get_by_role("button", name="永久删除")
    expect(last).to_be_disabled()
    sheet.get_by_role("textbox").fill("永久删除")
    shown.expect_trouble(NO_ACCOUNT)
    last.click()
    expect(page.get_by_role("heading", name="已删除")).to_be_focused()


# --- a finger that slips ---------------------------------------------------------------------------------------------


def test_buttons_that_are_pressed_twice_act_once(bank: Bank, phone: NewPhone) -> None:
    wang = Customer("wang")
    page = on_first_visit(phone, wang).page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.method != "GET" else None)

    def writes(path: str) -> int:
        return sum(url.endswith(path) for url in asked)

    consent(page, Purpose.STEPS).click()
    consent(page, Purpose.CARD_PAYMENTS).click()
    page.get_by_role("button", name="同意打开的 2 项").click()
    press_twice(page.get_by_role("button", name="先不选卡"))
    page.wait_for_url("**/#/")
    numbers(page, "0g", "0")
    assert writes("/v1/account") == 1

    page.goto(page.url.partition("#")[0] + "#/me/cards")
    press_twice(page.get_by_role("button", name=re.compile("绑定")).first)
    expect(page.get_by_text("已绑定，从现在起记录")).to_be_visible()
    assert writes("/v1/cards/link") == 1
    ask = "SELECT count(*) FROM accounts.card JOIN accounts.customer USING (customer_id) WHERE customer_ref = %(who)s"
    assert bank.count(ask, who=wang.subject) == 1


# --- large type, and a keyboard alone --------------------------------------------------------------------------------


def test_opening_and_collecting_in_large_type(bank: Bank, phone: NewPhone) -> None:
    zhou = Customer("zhou")
    page = on_first_visit(phone, zhou, large=True, size=(360, 740)).page
    expect(page.locator("html")).to_have_attribute("data-type", "large")
    opens(page)
    numbers(page, "0克", "0")
    bank.wait(2 * MINUTE)
    bank.ride(zhou)
    bank.ripen(zhou)
    page.reload()
    row = page.get_by_role("list", name="待收的能量").get_by_role("listitem")
    expect(row).to_contain_text("地铁出行")
    button = row.get_by_role("button", name="收取 地铁出行")
    for each in (button, page.get_by_role("button", name="全部收取"), page.get_by_role("button", name="退出大字版")):
        found = each.bounding_box()
        assert found is not None
        assert found["height"] >= 60, "a target that a trembling finger hits"
    small = "[...document.querySelectorAll('main *')].filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 &&"
    small += " n.data.trim())).filter((e) => e.checkVisibility() && !e.closest('.spoken, svg') &&"
    small += " parseFloat(getComputedStyle(e).fontSize) < 18).map((e) => e.textContent)"
    assert page.evaluate(small) == []
    button.click()
    numbers(page, "340.9克", "20")
    expect(page.get_by_text("已收取 20 能量")).to_be_attached()
    assert bank.collected(zhou) == (1, 20)
    page.get_by_role("button", name="退出大字版").click()
    expect(page.locator("html")).to_have_attribute("data-type", "normal")


def test_opening_and_collecting_with_a_keyboard_alone(bank: Bank, phone: NewPhone) -> None:
    chen = Customer("chen")
    page = on_first_visit(phone, chen, language="en").page
    tab_to(page, consent(page, Purpose.CARD_PAYMENTS, "en"))
    page.keyboard.press("Space")
    expect(consent(page, Purpose.CARD_PAYMENTS, "en")).to_have_attribute("aria-checked", "true")
    tab_to(page, consent(page, Purpose.WHEREABOUTS, "en"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Agree to 2"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_focused()  # the new step is announced
    tab_to(page, page.get_by_role("checkbox").first)
    page.keyboard.press("Space")
    tab_to(page, page.get_by_role("button", name="Use the 1 chosen"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/#/")
    bank.wait(2 * MINUTE)
    bank.ride(chen)
    page.reload()

    raw = page.get_by_role("list", name="Energy to collect").get_by_role("button")
    tab_to(page, raw)
    page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog")
    tab_to(page, sheet.get_by_role("button", name="Close").last, most=6)  # the focus is in the sheet
    page.keyboard.press("Enter")
    expect(sheet).to_be_hidden()
    expect(raw).to_be_focused()  # and back where it was

    bank.ripen(chen)
    page.reload()
    tab_to(page, page.get_by_role("button", name=re.compile("Metro.*tap to collect")))
    page.keyboard.press("Enter")
    numbers(page, "340.9g", "20")
    expect(page.get_by_text("20 energy collected")).to_be_attached()
    assert bank.collected(chen) == (1, 20)


def tab_to(page: Page, target: Locator, most: int = 40) -> None:
    """Press Tab until the target has the focus, which can be seen wherever it is on the way."""
    expect(target).to_be_visible()
    for _ in range(most):
        page.keyboard.press("Tab")
        ring = page.evaluate(SEEN_FOCUS)
        assert ring is True, f"the focus cannot be seen: {ring}"
        if target.evaluate("(element) => element === document.activeElement"):
            return
    raise AssertionError(f"{target} is not reached by Tab")


#: The focus is on nothing, or on something with an outline: its own, or that of what is drawn for it.
SEEN_FOCUS = """() => {
  const at = document.activeElement
  const outlined = (element) => element && getComputedStyle(element).outlineStyle !== 'none'
  if (!at || at === document.body) return true
  return [at, at.nextElementSibling, ...at.children].some(outlined) ? true : at.outerHTML.slice(0, 300)
}"""
