"""Energy becomes each kind of thing, from the first page to a certificate, a receipt, a parcel or a code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect
from tests.browser.bank import MINUTE, Bank, Customer
from tests.browser.conftest import NewPhone
from tests.browser.phone import Phone, press_twice
from tests.rewards.shop import Shop

from ditan import rewards
from ditan.kernel.clock import FixedClock
from ditan.kernel.demo import DemoClock
from ditan.kernel.envelope import read_master_keys
from ditan.kernel.webhooks import make_secret, read_secret
from ditan.model import BankEvent
from ditan.rewards import HttpCaller
from ditan.testing import factories
from ditan.testing.partner import Behavior, PartnerServer, PartnerSimulator

ENERGY = 60_000
KINDS = ("tree_haloxylon", "donation_water", "produce_rice", "gym_card_month", "coupon_bike_week", "benefit_repair")
WITH_A_CODE = frozenset(KINDS[3:])
WORDS = {
    "zh": {
        "tab": "兑换",
        "use": "用 {} 能量兑换",
        "confirm": "确认兑换，{} 能量",
        "certificate": "证书 T-",
        "gifts": "看我的捐助",
    },
    "en": {
        "tab": "Redeem",
        "use": "Redeem for {} energy",
        "confirm": "Confirm, {} energy",
        "certificate": "Certificate T-",
        "gifts": "My donations",
    },
}
ADDRESS = {
    "zh": {"收件人": "林同学", "手机号": "010 6275 1234", "省、市、区": "北京市海淀区", "街道、门牌": "颐和园路 5 号"},
    "en": {"Recipient": "Lin", "^Phone": "010 6275 1234", "Province": "Beijing, Haidian", "Street": "5 Yiheyuan Road"},
}


class Counter:
    """The bank's rewards: filled stocks, and workers whose partner delivers while it is asked."""

    def __init__(self, bank: Bank, url: str, secret: str) -> None:
        clock = DemoClock(bank.settings)
        self.bank, self.shop = bank, Shop(bank.store, FixedClock(clock.now()))
        address = rewards.Address(url=url, secrets=(read_secret(secret),))
        partners = {each.partner: address for each in self.shop.offer.catalogue.rewards}
        self.workers = rewards.Bench(bank.store, HttpCaller(partners), clock, read_master_keys(bank.settings))
        for kind in KINDS:
            self.shop.supply(kind, 20)

    def welcome(self, who: Customer, energy: int = ENERGY) -> Customer:
        """A customer with energy that a correction gave."""
        self.bank.open(who)
        self.shop.clock.advance(self.bank.now() - self.shop.clock.now())
        self.shop.correct(energy, customer=who.subject)
        return who

    def work(self) -> None:
        """What is due is done."""
        while rewards.turn(self.workers):
            pass


def refund_of(bank: Bank, ride: BankEvent) -> BankEvent:
    """The bank gives back the whole ride."""
    at = (bank.now() - MINUTE).replace(microsecond=0)
    return replace(factories.refund(ride), occurred_at=at, settled_on=None)


@pytest.fixture(scope="module")
def counter(bank: Bank) -> Iterator[Counter]:
    secret = make_secret()
    partner = PartnerSimulator(secret, DemoClock(bank.settings), Behavior.AT_ONCE)
    with PartnerServer(partner) as server:
        yield Counter(bank, server.url, secret)


def redeem(shown: Phone, counter: Counter, kind: str) -> Page:
    """From the first page to the order; every step of it is accessible."""
    page, words = shown.page, WORDS[shown.language]
    reward = counter.shop.reward(kind)
    price = f"{reward.energy:,}"
    shown.goto("/")
    page.get_by_role("link", name=words["tab"], exact=True).click()
    page.get_by_role("link", name=re.compile(re.escape(getattr(reward.name, shown.language)))).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(getattr(reward.name, shown.language))
    page.get_by_role("button", name=words["use"].format(price)).click()
    sheet = page.get_by_role("dialog")
    if reward.delivered:
        for label, text in ADDRESS[shown.language].items():
            sheet.get_by_label(re.compile(label)).fill(text)
    confirm = sheet.get_by_role("button", name=words["confirm"].format(price))
    expect(confirm).to_be_enabled()
    assert shown.axe() == []
    press_twice(confirm)
    page.wait_for_url("**/#/orders/order_*")
    return page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_kind_from_the_first_page_to_what_it_becomes(counter: Counter, phone: NewPhone, language: str) -> None:
    who = counter.welcome(Customer(f"redeems-{language}"))
    shown = phone(who, language=language)
    left = ENERGY
    for kind in KINDS:
        page = redeem(shown, counter, kind)
        counter.work()
        page.reload()
        left -= counter.shop.reward(kind).energy
        if kind in WITH_A_CODE:
            expect(page.get_by_test_id("code")).to_have_text(re.compile(r"^CODE-\w+$"))
        elif kind == "tree_haloxylon":
            page.get_by_role("link", name=re.compile(WORDS[language]["certificate"])).click()
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            assert shown.axe() == []
        elif kind == "donation_water":
            page.get_by_role("link", name=WORDS[language]["gifts"]).click()
            expect(page.get_by_role("main")).to_contain_text("1.00")
        assert counter.shop.energy(who.subject) == (left, 0), kind
    assert len(counter.bank.ask(who, "GET", "/v1/orders")["orders"]) == len(KINDS)  # each was pressed twice


def test_what_cannot_be_had_says_why(counter: Counter, phone: NewPhone) -> None:
    who = counter.welcome(Customer("has-little"), 300)
    page = phone(who).goto("/mall/tree_haloxylon")
    expect(page.get_by_role("main")).to_contain_text("还差 3,300 能量")
    expect(page.get_by_role("button", name=re.compile("能量兑换"))).to_have_count(0)


def test_a_refund_after_the_tree_leaves_the_tree_and_a_debt(counter: Counter, phone: NewPhone) -> None:
    bank, who = counter.bank, Customer("refunded")
    counter.welcome(who, 3_590)
    ride = bank.act(who)
    [posted] = bank.feed(ride)
    assert posted["code"] == "posted", posted
    bank.ripen(who)
    shown = phone(who)
    shown.goto("/")
    shown.page.get_by_role("list", name="待收的能量").get_by_role("button").click()
    expect(shown.page.get_by_test_id("energy")).to_have_text("3,610")
    redeem(shown, counter, "tree_haloxylon")
    counter.work()
    bank.wait(timedelta(days=20))
    [refund] = bank.feed(refund_of(bank, ride))
    assert (refund["code"], refund["energy"]) == ("refunded", -20), refund

    shown.goto("/").reload()
    page = shown.page
    expect(page.get_by_role("main")).to_contain_text("退款扣回的能量还差 10")  # of 20, 10 were left
    page = shown.goto("/forest")
    expect(page.get_by_role("link", name=re.compile("^T-"))).to_have_count(1)
    month = f"{bank.now():%Y-%m}"
    page = shown.goto(f"/statements/{month}")
    expect(page.get_by_role("main")).to_contain_text("换得的不收回，尚欠 10 能量")
    assert shown.axe() == []
