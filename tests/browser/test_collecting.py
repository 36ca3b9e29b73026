"""A ball is collected once: from two tabs, with a finger that slips, over a network that is cut at the worst moment."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from tests.browser.bank import Bank, Customer
from tests.browser.conftest import NewPhone
from tests.browser.phone import press_twice

ENERGY = 20  # of a metro ride


@pytest.fixture
def lin(bank: Bank) -> Customer:
    """Somebody with a ripe ball and nothing else."""
    who = bank.open(Customer("lin"))
    assert bank.ride(who)["energy"] == ENERGY
    bank.ripen(who)
    return who


def fruit(page: Page) -> Any:
    """The ripe ball, by what it says."""
    return page.get_by_role("list", name="待收的能量").get_by_role("button", name="点按收取")


def energy(page: Page) -> Any:
    return expect(page.get_by_test_id("energy"))


def test_the_number_moves_when_the_fruit_has_landed(bank: Bank, phone: NewPhone, lin: Customer) -> None:
    page = phone(lin, motion=True).goto()
    energy(page).to_have_text("0")
    fruit(page).click(force=True)  # it sways
    energy(page).to_have_text("20")
    expect(page.get_by_text("已收取 20 能量")).to_be_attached()
    expect(fruit(page)).to_have_count(0)
    assert bank.collected(lin) == (1, ENERGY)


def test_two_tabs_collect_the_same_ball_at_once(bank: Bank, phone: NewPhone, lin: Customer) -> None:
    browser = phone(lin)
    first, second = browser.goto(), browser.goto(page=browser.another())
    held: list[Route] = []
    for page in (first, second):  # both presses are on their way before either is let through
        page.route("**/collect", lambda route: held.append(route))  # noqa: PLW0108  a method of C has no name
        with page.expect_request("**/collect"):
            fruit(page).click()
    assert len(held) == 2
    for route in held:
        route.continue_()
    for page in (first, second):
        expect(page.get_by_text(re.compile("已收取 20 能量|已在别处收过")).first).to_be_attached()
        energy(page).to_have_text("20")
        expect(fruit(page)).to_have_count(0)
    assert bank.collected(lin) == (1, ENERGY)


@pytest.mark.parametrize("what", ["one", "all"])
def test_a_finger_that_slips_collects_once(bank: Bank, phone: NewPhone, lin: Customer, what: str) -> None:
    page = phone(lin).goto()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/collect") else None)
    press_twice(fruit(page) if what == "one" else page.get_by_role("button", name="全部收取"))
    energy(page).to_have_text("20")
    expect(page.get_by_text("已收取 20 能量")).to_be_attached()
    assert len(asked) == 1
    assert bank.collected(lin) == (1, ENERGY)


def test_a_press_that_never_arrives_puts_the_fruit_back(bank: Bank, phone: NewPhone, lin: Customer) -> None:
    browser = phone(lin)
    browser.expect_trouble("lost: |console: .*net::")
    page = browser.goto()
    browser.context.set_offline(True)
    fruit(page).click()
    expect(page.get_by_text("没连上，已放回")).to_be_visible()
    energy(page).to_have_text("0")
    assert bank.collected(lin) == (0, 0)
    browser.context.set_offline(False)
    page.reload()
    energy(page).to_have_text("0")
    fruit(page).click()
    energy(page).to_have_text("20")
    expect(page.get_by_text("已收取 20 能量")).to_be_attached()
    assert bank.collected(lin) == (1, ENERGY)


def test_an_answer_that_is_lost_doubles_nothing(bank: Bank, phone: NewPhone, lin: Customer) -> None:
    browser = phone(lin)
    browser.expect_trouble("lost: POST .*/collect")
    page = browser.goto()
    keys: list[str | None] = []

    def lose(route: Route) -> None:
        keys.append(route.request.headers.get("idempotency-key"))
        route.fetch()  # the bank does it
        route.abort("connectionreset")  # the phone never hears of it

    page.route("**/collect", lose)
    fruit(page).click()
    expect(page.get_by_role("dialog")).to_have_text("没连上，银行还没有答复")
    energy(page).to_have_text("20")  # it asked the bank what is so
    assert len(keys) == 2
    assert len(set(keys)) == 1, "a press that is sent again has the name of the first"
    page.reload()
    energy(page).to_have_text("20")
    expect(fruit(page)).to_have_count(0)
    assert bank.collected(lin) == (1, ENERGY)


def test_the_answer_is_lost_once_and_the_page_asks_again_by_itself(bank: Bank, phone: NewPhone, lin: Customer) -> None:
    browser = phone(lin)
    browser.expect_trouble("lost: POST .*/collect")
    page = browser.goto()

    def lose(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    page.route("**/collect", lose, times=1)
    fruit(page).click()
    expect(page.get_by_text("已收取 20 能量")).to_be_attached()
    energy(page).to_have_text("20")
    assert bank.collected(lin) == (1, ENERGY)


def test_a_ball_that_is_not_ripe_tells_when_it_will_be(bank: Bank, phone: NewPhone) -> None:
    wang = bank.open(Customer("wang"))
    bank.ride(wang)
    page = phone(wang).goto()
    page.get_by_role("list", name="待收的能量").get_by_role("button", name="地铁").click()
    told = page.get_by_role("dialog")
    expect(told).to_contain_text("20 能量")
    expect(told).to_contain_text("成熟")
    expect(told.get_by_role("link", name="这一克怎么来的")).to_be_visible()
    told.get_by_role("button", name="关闭").click()
    expect(told).to_be_hidden()
    assert bank.collected(wang) == (0, 0)


def test_what_ripens_while_the_page_is_open_can_be_collected(bank: Bank, phone: NewPhone) -> None:
    wang = bank.open(Customer("wang"))
    bank.ride(wang)
    browser = phone(wang)
    browser.expect_trouble("answer: 401")  # the token of the evening is over by the morning
    browser.page.clock.install()
    page = browser.goto()
    expect(fruit(page)).to_have_count(0)
    before = bank.now()
    bank.ripen(wang)
    page.clock.fast_forward(int((bank.now() - before).total_seconds() * 1000))
    fruit(page).click()
    energy(page).to_have_text("20")
    expect(page.get_by_text("已收取 20 能量")).to_be_attached()
    assert bank.collected(wang) == (1, ENERGY)
