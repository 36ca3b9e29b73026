"""Who is there: the bank's app says it, the address carries it, or the demo lets choose. Nobody else gets in."""

from datetime import timedelta

from playwright.sync_api import expect
from tests.browser.bank import Bank, Customer, offered
from tests.browser.conftest import NewPhone


def test_who_has_not_signed_in_is_sent_back_to_the_app(bank: Bank, phone: NewPhone) -> None:
    stranger = phone(in_app=False)
    page = stranger.goto()
    expect(page.get_by_role("heading", level=1)).to_have_text("登录已过期")
    expect(page.get_by_role("navigation")).to_have_count(0)


def test_the_demo_lets_choose_a_customer(bank: Bank, phone: NewPhone) -> None:
    chen = bank.open(Customer("chen"))
    with offered(bank.settings, chen):
        page = phone(in_app=False).goto()
        page.get_by_role("button", name="小陈（合成）").click()
        expect(page.get_by_test_id("energy")).to_have_text("0")


def test_a_token_in_the_address_is_taken_out_of_it(bank: Bank, phone: NewPhone) -> None:
    lin = bank.open(Customer("lin"))
    token = bank.token(lin.subject, cards=lin.cards)
    browser = phone(in_app=False)
    page = browser.page
    page.goto(f"{bank.address}/home/#token={token}")
    expect(page.get_by_test_id("energy")).to_have_text("0")
    assert "token" not in page.url
    page.reload()
    expect(page.get_by_test_id("energy")).to_have_text("0")
    other = browser.goto(page=browser.another())  # of this tab only
    expect(other.get_by_role("heading", level=1)).to_have_text("登录已过期")


def test_a_token_that_is_over_asks_to_sign_in_again(bank: Bank, phone: NewPhone) -> None:
    lin = bank.open(Customer("lin"))
    browser = phone(in_app=False)
    browser.expect_trouble("answer: 401")
    browser.page.goto(f"{bank.address}/home/#token={bank.token(lin.subject)[:-4]}AAAA")
    expect(browser.page.get_by_role("heading", level=1)).to_have_text("登录已过期")


def test_the_app_is_asked_again_when_a_token_is_over(bank: Bank, phone: NewPhone) -> None:
    lin = bank.open(Customer("lin"))
    in_app = phone(lin)
    page = in_app.goto()
    in_app.expect_trouble("answer: 401")
    bank.wait(timedelta(hours=2))
    page.get_by_role("navigation").get_by_role("link").nth(1).click()
    page.get_by_role("navigation").get_by_role("link").nth(0).click()
    expect(page.get_by_test_id("energy")).to_have_text("0")
