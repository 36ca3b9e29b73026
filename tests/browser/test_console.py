"""The console of the bank's people: every page can be read on a desk and on a tablet, and used without a mouse."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.bank import Bank, Customer, Staff
from tests.browser.conftest import NewPhone
from tests.browser.phone import Phone
from tests.browser.places import DESKS
from tests.browser.test_looks import unseen

WIDTHS = {"desk": 1440, "tablet": 1024, "upright": 820}
HEIGHT = 900


def seated(phone: NewPhone, role: str, **given: Any) -> Phone:
    """Somebody of this role at her desk; `nobody` has not signed in."""
    who = None if role == "nobody" else Staff(role)
    return phone(who, below="console", size=(WIDTHS["desk"], HEIGHT), **given)


@pytest.fixture(scope="module")
def acts(bank: Bank) -> None:
    """Something for the overview to count."""
    bank.ride(bank.open(Customer("counted")))


@pytest.mark.usefixtures("acts")
@pytest.mark.parametrize("name", DESKS)
def test_it_can_be_read(phone: NewPhone, name: str) -> None:
    """axe finds nothing serious by day or by night; no word is cut on a desk, a tablet, or a tablet held upright."""
    shown = seated(phone, DESKS[name].who, theme="auto")
    page, found = shown.goto(DESKS[name].path), {}
    for language, light in (("zh", "light"), ("en", "dark")):
        page.emulate_media(color_scheme="dark" if light == "dark" else "light")
        expect(page.locator("html")).to_have_attribute("data-theme", light)
        page.evaluate("language => { localStorage['ditan.language'] = language }", language)
        page.reload()
        shown.settle()
        expect(page.locator("html")).to_have_attribute("lang", re.compile(f"^{language}"))
        found[language, "axe"] = shown.axe()
        for where, width in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": HEIGHT})
            found[language, where] = unseen(page)
    assert {where: what for where, what in found.items() if what} == {}


def test_the_demo_lets_choose_a_role_and_another(phone: NewPhone) -> None:
    page = seated(phone, "nobody").goto()
    page.get_by_role("button", name="审计").click()
    expect(page.get_by_role("note")).to_contain_text("审计只读")
    page.get_by_role("button", name="赵 **").click()
    page.get_by_role("button", name="换一个岗位").click()
    page.get_by_role("button", name="经办").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("总览")
    expect(page.get_by_role("note")).to_have_count(0)


def test_who_may_not_see_the_overview_begins_where_she_may(phone: NewPhone) -> None:
    page = seated(phone, "service").goto()
    expect(page).to_have_url(re.compile(r"/console/#/customers$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("客户")


@pytest.mark.usefixtures("acts")
def test_the_overview_tells_what_it_counts_without_a_mouse(phone: NewPhone) -> None:
    page = seated(phone, "operator").goto()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    page.get_by_role("button", name="月活跃账户", exact=True).focus()
    expect(meaning(page)).to_contain_text("kpi-")
    page.get_by_role("button", name="看表: 能量负债").press("Enter")
    expect(page.get_by_role("table", name="能量负债").get_by_role("row").last).to_contain_text("合计")
    page.keyboard.press("Control+k")
    page.keyboard.type("方法")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("场景与方法学")


def meaning(page: Page) -> Any:
    """What a dotted word shows."""
    return page.locator(".meaning:visible")


@pytest.mark.usefixtures("acts")
def test_an_export_holds_what_the_page_shows(phone: NewPhone) -> None:
    page = seated(phone, "operator").goto()
    shown = page.get_by_role("region", name="经营价值").locator(".big").inner_text()
    with page.expect_download() as given:
        page.get_by_role("button", name="导出 CSV").click()
    text = given.value.path().read_text(encoding="utf-8-sig")
    line = next(line for line in text.splitlines() if "active_month" in line)
    assert re.sub(r"\D", "", shown) in re.split(r"[,;]", line), line


def test_an_address_leads_to_a_figure_and_to_a_period(phone: NewPhone) -> None:
    desk = seated(phone, "operator")
    page = desk.goto("/?from=2026-07-01&to=2026-07-05&against=last_year&figure=acts")
    expect(page.get_by_role("dialog", name="入账行为").get_by_role("row")).to_have_count(6)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="比去年")).to_have_attribute("aria-pressed", "true")


def test_a_change_takes_two_and_the_log_tells_of_both(bank: Bank, phone: NewPhone) -> None:
    wen = bank.open(Customer("wen"))
    maker = seated(phone, "operator").goto("/changes")
    maker.get_by_role("button", name="提出一项").click()
    form = maker.get_by_role("dialog", name="提出变更")
    form.get_by_label("客户参考号（完整）").fill(wen.subject)
    form.get_by_label("数量").fill("30")
    form.get_by_label("理由").fill("漏发一次，工单 8841")
    form.get_by_role("button", name="提出，等待复核").click()
    beside = maker.get_by_role("complementary", name="双人复核")
    expect(beside).to_contain_text("可用能量 0 → 30")
    expect(beside.get_by_role("button", name="批准")).to_be_disabled()
    expect(beside).to_contain_text("须由他人批准")
    change = maker.url.partition("#")[2]
    checker = seated(phone, "approver").goto(change)
    beside = checker.get_by_role("complementary", name="双人复核")
    expect(beside.get_by_role("button", name="批准")).to_be_disabled()  # not without an opinion
    beside.get_by_label("复核意见").fill("同意，已核对")
    beside.get_by_role("button", name="批准").click()
    expect(beside).to_contain_text("已生效")
    assert bank.count("SELECT amount FROM ledger.proposal WHERE applied_at IS NOT NULL") == 30
    log = seated(phone, "auditor").goto("/finance").get_by_role("table", name="审计日志").get_by_role("row")
    expect(log.nth(1)).to_contain_text("proposal.approved")
    expect(log.nth(2)).to_contain_text("漏发一次，工单 8841")


def test_no_customer_is_looked_at_without_a_reason(bank: Bank, phone: NewPhone) -> None:
    wen = bank.open(Customer("wen"))
    bank.ride(wen)
    desk = seated(phone, "service")
    asked: list[str] = []
    desk.page.on("request", lambda each: asked.append(each.url) if "/customers/" in each.url else None)
    page = desk.goto(f"/customers/{wen.subject}")
    look = page.get_by_role("button", name="写下理由并查看")
    expect(look).to_be_disabled()
    assert asked == []
    page.get_by_label("查看理由").fill("来电核实")
    look.click()
    expect(page.get_by_role("table", name="时间线")).to_contain_text("地铁出行")
    assert wen.subject not in page.get_by_role("main").inner_text()
    page = seated(phone, "auditor").goto("/finance/accesses")
    expect(page.get_by_role("table", name="访问日志").get_by_role("row").nth(1)).to_contain_text("来电核实")
