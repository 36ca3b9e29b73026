"""What energy became, on the page: a certificate that anybody can check and keep, donations followed to the receipt."""

import re
import struct
from pathlib import Path

from playwright.sync_api import Page, expect
from tests.browser.bank import Bank, Customer
from tests.browser.conftest import NewPhone

from ditan.kernel.ids import check_character

PNG = b"\x89PNG\r\n\x1a\n"


def number_of(bank: Bank, who: Customer, state: str) -> str:
    trees = bank.ask(who, "GET", "/v1/forest")["trees"]
    return next(str(each["certificate"]["number"]) for each in trees if each["certificate"]["state"] == state)


def write(page: Page, number: str) -> None:
    page.get_by_label("证书编号").fill(number)
    page.keyboard.press("Enter")


def test_a_certificate_is_found_from_the_forest_kept_and_handed_on(
    bank: Bank, busy: Customer, phone: NewPhone, tmp_path: Path
) -> None:
    number = number_of(bank, busy, "surveyed")
    hers = phone(busy, permissions=["clipboard-read", "clipboard-write"])
    page = hers.goto("/forest")
    picture = page.get_by_role("img", name="您的树")
    expect(picture).to_have_accessible_name(
        re.compile("已下单 2 棵，等待编入批次 1 棵，.*未成活，待补种或退回 1 棵.*已查看成活 1 棵$")
    )
    page.get_by_role("link", name=number).click()
    expect(page.get_by_role("status").first).to_have_text("编号有效，下面是银行账本现在的记录。")
    with page.expect_download() as kept:
        page.get_by_role("button", name="保存图片").click()
    assert kept.value.suggested_filename == f"ditan-{number}.png"
    kept.value.save_as(tmp_path / "certificate.png")
    image = (tmp_path / "certificate.png").read_bytes()
    assert image.startswith(PNG)
    width, height = struct.unpack(">II", image[16:24])
    assert width == 1_080
    assert height > width
    page.get_by_role("button", name="复制地址").click()
    address = page.evaluate("navigator.clipboard.readText()")
    assert address == f"{bank.address}/home/#/certificates/{number}"
    assert busy.subject not in page.content()
    stranger = phone(in_app=False)
    asked: list[str | None] = []
    stranger.page.on("request", lambda request: asked.append(request.headers.get("authorization")))
    stranger.page.goto(address)
    expect(stranger.page.get_by_role("heading", level=2).first).to_have_text("已种下，并查看过成活情况")
    assert set(asked) == {None}
    expect(stranger.page.get_by_role("button", name="返回")).to_have_count(0)


def test_a_wrong_number_is_told_in_clear_words_and_can_be_corrected(
    bank: Bank, busy: Customer, phone: NewPhone
) -> None:
    number = number_of(bank, busy, "planted")
    stranger = phone(in_app=False)
    stranger.expect_trouble(r"answer: 40[04] GET /v1/certificates/")
    page = stranger.goto("/certificates")
    assert stranger.axe() == []
    write(page, number[:-1] + ("1" if number[-1] != "1" else "2"))
    expect(page.get_by_role("alert")).to_contain_text("这个编号不对")
    expect(page.get_by_role("alert")).to_be_focused()
    assert stranger.axe() == []
    write(page, f"T-2025-000001-{check_character('2025000001')}")
    expect(page.get_by_role("alert")).to_contain_text("没有这个编号的证书")
    write(page, number.lower())
    expect(page.get_by_role("status").first).to_contain_text("编号有效")


def test_a_donation_is_followed_to_its_receipt_and_to_its_project(bank: Bank, busy: Customer, phone: NewPhone) -> None:
    page = phone(busy).goto("/donations")
    row = page.get_by_role("button", expanded=False).filter(has_text="项目方已收到并开出收据")
    row.click()
    expect(page.get_by_role("list", name="这笔捐助到了哪一步").filter(visible=True)).to_contain_text("CR-2026-000019")
    page.get_by_role("link", name="项目公示").click()
    expect(page.get_by_role("heading", level=2).first).to_have_text("乡村学校净水（虚构）")
    expect(page.get_by_role("main")).to_contain_text("CR-2026-000019")
    bar = page.get_by_role("img", name="上限中")
    assert "5.00 元已收到" in (bar.get_attribute("aria-label") or "")
