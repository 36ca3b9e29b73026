"""Somebody whose energy became trees and donations: each in every state that a page can show."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from tests.browser.bank import Bank, Customer
from tests.rewards.shop import Partner, Shop, says

from ditan import rewards
from ditan.kernel.clock import FixedClock, business_day
from ditan.model import Text
from ditan.rewards.codes import OPEN
from ditan.rewards.donations import decide_transfer, make_transfer, receipt_transfer
from ditan.rewards.failures import Happening, News, record_news, trees_of
from ditan.rewards.trees import EventKind, PlantingEvent, open_planting, record_event

ALXA = Text(zh="阿拉善左旗（虚构地块）", en="Alxa Left Banner (plot made up)")
SAIHANBA = Text(zh="塞罕坝第三乡（虚构地块）", en="Saihanba, third township (plot made up)")
TREE, PINE, WATER, FUND = "tree_haloxylon", "tree_pine", "donation_water", "fund:water_2026"


class Giver:
    """A customer who gives, and the people who plant and send."""

    def __init__(self, bank: Bank, who: Customer) -> None:
        self.who = who.subject
        self.shop = Shop(bank.store, FixedClock(bank.now()))
        self.store, self.now = bank.store, self.shop.clock.now()
        self.shop.correct(90_000, customer=self.who)
        for reward in (TREE, PINE, WATER):
            if self.shop.stock(reward) < 50:
                self.shop.supply(reward, 50)

    def order(self, reward: str, quantity: int, key: str, state: str | None = "fulfilled") -> UUID:
        """An order; the partner says this of it, or nothing yet."""
        order_id = self.shop.place(self.who, reward, quantity, key=f"giver-{key}")
        bench = self.shop.bench(Partner(lambda _kind, _order: says(state or "", at=self.now)))
        while state and self.shop.order(self.who, order_id).state in OPEN:
            assert rewards.turn(bench)
        return order_id

    def plant(self, reward: str, contract: str, place: Text, **events: int) -> None:
        """A planting of all trees that wait, and what happened to it: all of it today, for they were ordered today."""
        made = self.store.run(
            lambda c: open_planting(c, "green-hill", reward, contract, place, most=50, by="wang", now=self.now)
        )
        number, today = made.planting_id or 0, business_day(self.now)
        for kind, trees in events.items():
            event = PlantingEvent(kind=EventKind(kind), on=today, trees=trees, evidence=f"{contract}-{kind}")
            self.store.run(partial(record_event, planting_id=number, event=event, by="wang", now=self.now))

    def happened(self, order_id: UUID, nth: int, kind: str, contract: str | None = None) -> None:
        """What became of one tree of an order; replaced: the contract it stands under now."""
        news = News(
            kind=Happening(kind),
            on=business_day(self.now),
            evidence=f"GH-{kind}-{nth}",
            by="wang",
            contract=contract,
            place=ALXA if contract else None,
        )
        self.store.run(lambda c: record_news(c, trees_of(c, order_id, [nth]), news, self.now))

    def transfer(self, receipt: str | None = None) -> None:
        """Everything that is owed, sent by two people, with the charity's receipt if it came."""
        made = self.store.run(lambda c: make_transfer(c, FUND, maker="wang", now=self.now)).transfer_id
        self.store.run(lambda c: decide_transfer(c, made, checker="li", approve=True, now=self.now))
        if receipt:
            self.store.run(lambda c: receipt_transfer(c, made, receipt, now=self.now))


def make_giver(bank: Bank, who: Customer) -> None:
    """Trees in every state, but one that came back; donations on every step, and one undone."""
    giver = Giver(bank, who)
    first = giver.order(TREE, 3, "first")
    giver.plant(TREE, "GH-2026-07", ALXA, planted=3, surveyed=2)
    giver.happened(first, 2, "failed")
    giver.happened(first, 2, "replaced", "GH-2026-11")
    giver.happened(first, 3, "failed")
    second = giver.order(TREE, 2, "second")
    giver.plant(TREE, "GH-2026-08", ALXA, planted=2)
    giver.happened(second, 2, "failed")
    giver.happened(second, 2, "refunded")
    giver.order(PINE, 1, "third")
    giver.plant(PINE, "GH-2026-09", SAIHANBA)
    giver.order(PINE, 1, "fourth")
    giver.order(WATER, 5, "water-1")
    giver.transfer("CR-2026-000019")
    giver.order(WATER, 8, "water-2")
    giver.transfer()
    giver.order(WATER, 3, "water-3")
    giver.order(WATER, 2, "water-4", "failed")
    giver.order(WATER, 4, "water-5", None)
    giver.order(TREE, 2, "fifth", None)
