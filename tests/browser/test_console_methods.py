"""A methodology on its way through the console: proposed by one, weighed by the population, approved by another."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from tests.browser.bank import Bank, Customer, demo_home, open_bank
from tests.browser.conftest import NewPhone
from tests.browser.test_console import seated

from ditan.kernel.settings import Settings

BEFORE, AFTER = 340_910, 295_650
SOURCE = {
    "文献名称": "深圳市低碳公共出行碳普惠方法学",
    "发布者": "深圳市生态环境局",
    "页码或表号": "表 3",
    "文献编号": "S28",
}
REASON, OPINION = "按原文更正，表 3", "原文已核对，影响可接受"


@pytest.fixture
def own(demo: Settings) -> Iterator[Bank]:
    """A bank of its own: a new methodology would move the grams that other tests expect."""
    assert demo.home.exists()  # there is a browser and a page
    with demo_home("methods") as settings, open_bank(settings) as opened:
        yield opened


def test_a_factor_is_changed_by_two_who_see_what_it_does(own: Bank, phone: NewPhone) -> None:
    wen = own.open(Customer("wen"))
    own.ride(wen)
    maker, checker = seated(phone, "operator", bank=own), seated(phone, "approver", bank=own)

    page = maker.goto("/methods")
    assert maker.axe() == []
    page.get_by_role("button", name="提出方法学变更").click()
    form = page.get_by_role("dialog", name="提出方法学变更")
    form.get_by_label("改一个因子").select_option("factor metro_net")
    form.get_by_label(re.compile("^数值")).fill("400")
    for label, said in SOURCE.items():
        form.get_by_label(label).fill(said)
    form.get_by_label("理由").fill(REASON)
    maker.expect_trouble("answer: 409 POST /v1/console/methodology/changes")
    form.get_by_role("button", name="提出，并开始计算影响").click()
    expect(form.get_by_role("alert")).to_contain_text("metro_net")  # which law it breaks, and where
    form.get_by_label(re.compile("^数值")).fill("40.5")
    assert maker.axe() == []
    form.get_by_role("button", name="提出，并开始计算影响").click()
    expect(page.get_by_role("table", name="参数差异")).to_contain_text("46.7 → 40.5")
    expect(page.get_by_role("button", name="批准", exact=True)).to_be_disabled()
    expect(page.get_by_role("complementary", name="决定")).to_contain_text("须由他人批准")
    change = page.url.partition("#")[2]

    page = checker.goto(change)
    impact = page.get_by_role("region", name="真实人群影响")
    expect(impact).to_contain_text("已算完 1 笔")
    expect(impact).to_contain_text("341 → 296 g")
    expect(impact.get_by_role("button", name="重新计算")).to_be_enabled()
    impact.get_by_role("button", name="看表: 每户变化的分布").click()
    expect(impact.get_by_role("table", name="每户变化的分布").get_by_role("row").last).to_contain_text("1")
    assert checker.axe() == []
    approve = page.get_by_role("button", name="批准", exact=True)
    expect(approve).to_be_disabled()  # not without an opinion
    page.get_by_label("复核意见").fill(OPINION)
    approve.click()
    expect(page.get_by_role("complementary", name="决定")).to_contain_text("已生效")
    page = checker.goto("/methods")
    expect(page.get_by_role("table", name="已作出的决定").get_by_role("row").last).to_contain_text(OPINION)

    own.wait(timedelta(days=2))
    new = own.act(wen, event_id="new")
    old = own.act(wen, event_id="old", occurred_at=new.occurred_at - timedelta(hours=36))
    assert [each["carbon_mg"] for each in own.feed(new, old)] == [AFTER, BEFORE]
    log = seated(phone, "auditor", bank=own).goto("/finance").get_by_role("table", name="审计日志").get_by_role("row")
    expect(log.nth(1)).to_contain_text(OPINION)
    expect(log.nth(2)).to_contain_text(REASON)
