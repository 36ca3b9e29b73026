"""An operator takes the refused rows of a file, corrects one, and sends it again: exactly the missing act is posted."""

from pathlib import Path

from msgspec.structs import replace
from playwright.sync_api import expect
from tests.browser.bank import Bank, Customer
from tests.browser.conftest import NewPhone
from tests.browser.test_console import seated

from ditan.testing.rows import COLUMNS, cells, line

ACTS = "SELECT count(*) FROM ledger.act JOIN accounts.customer USING (customer_id) WHERE customer_ref = %(who)s"


def test_refused_rows_are_taken_corrected_and_sent_again(bank: Bank, phone: NewPhone, tmp_path: Path) -> None:
    who = bank.open(Customer("late"))
    good, late = bank.act(who), bank.act(who, "bus_ride")
    lost = replace(bank.act(who, "metro_ride"), original_event_id="never-sent")
    rows = [cells(good), cells(late) | {"occurred_at": "yesterday"}, cells(good) | {"amount_fen": "500"}]
    rows.append(cells(lost) | {"kind": "card_refund", "event_id": "early-refund"})
    file = tmp_path / "day.csv"
    file.write_text("".join(f"{line(row)}\n" for row in (COLUMNS, *(row.values() for row in rows))), encoding="utf-8")

    desk = seated(phone, "operator")
    page = desk.goto("/feeds")
    sending = page.get_by_role("region", name="上传修正后的文件")
    sending.get_by_label("选择文件").set_input_files(file)
    sending.get_by_role("button", name="上传并入账").click()
    expect(sending.get_by_role("heading", name="结果：day.csv")).to_be_visible()
    expect(sending).to_contain_text("入账 1 笔")
    assert bank.count(ACTS, who=who.subject) == 1

    page.get_by_role("link", name="批次").nth(1).click()
    refused = page.get_by_role("region", name="拒绝的行").first
    expect(refused).to_contain_text("bad_time")
    expect(refused).to_contain_text("2 · occurred_at")
    with page.expect_download() as given:
        refused.get_by_role("button", name="下载拒绝明细 CSV").click()
    sent_back = given.value.path().read_text(encoding="utf-8-sig")
    fixed = tmp_path / "day.rejected.csv"
    fixed.write_text(sent_back.replace("yesterday", cells(late)["occurred_at"]), encoding="utf-8")
    sending.get_by_label("选择文件").set_input_files(fixed)
    sending.get_by_role("button", name="上传并入账").click()
    expect(sending).to_contain_text("入账 1 笔")
    expect(sending.get_by_role("heading", name="结果：day.rejected.csv")).to_be_visible()
    assert bank.count(ACTS, who=who.subject) == 2
    assert desk.axe() == []

    for place, row in (("等待的退款", "整笔冲正|原交易号"), ("冲突", "已入账的行为")):
        desk.goto("/feeds")
        page.get_by_role("link", name=place).click()
        expect(page.get_by_role("table", name=place).last).to_contain_text(row.split("|")[-1])
        desk.settle()
        assert desk.axe() == []


def test_who_is_no_operator_looks_and_sends_nothing(bank: Bank, phone: NewPhone) -> None:
    bank.ride(bank.open(Customer("seen")))
    page = seated(phone, "auditor").goto("/feeds")
    expect(page.get_by_role("table", name="批次")).to_contain_text("全平")
    expect(page.get_by_text("只有经办可以上传文件")).to_be_visible()
    expect(page.get_by_label("选择文件")).to_be_disabled()
