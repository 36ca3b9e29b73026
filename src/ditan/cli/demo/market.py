"""What the customers of the quarter make of their energy: a gift to begin with, orders on Saturdays, and what follows.

The catalogue, its partners and what they deliver are made up. Partners answer over HTTP, as real ones would.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, time
from typing import Final

from ditan import ledger, rewards
from ditan.cli.demo.chance import drawn
from ditan.kernel.clock import BUSINESS_ZONE, FixedClock
from ditan.kernel.envelope import read_master_keys
from ditan.kernel.errors import Conflict
from ditan.kernel.ids import CustomerId
from ditan.kernel.webhooks import make_secret, read_secret
from ditan.model import Text
from ditan.rewards.cataloguing import Reward
from ditan.rewards.donations import decide_transfer, list_transfers, make_transfer, receipt_transfer
from ditan.rewards.trees import EventKind, PlantingEvent, list_plantings, open_planting, record_event
from ditan.store import Store
from ditan.store.pool import Connection
from ditan.store.statements import load_statements
from ditan.testing.partner import Behavior, PartnerServer, PartnerSimulator

_SQL = load_statements("ditan.cli.demo", "demo.sql")
_MAKER, _CHECKER = "demo-a", "demo-b"
_PIECES: Final = 500
_SATURDAY: Final = 5
_ORDERS_ONE_SATURDAY_IN: Final = 3
_GIFT_ON: Final = date(2026, 7, 16)
_GIFT: Final = 3_800
_SOMEWHERE: Final = rewards.PostalAddress(
    recipient="演示客户", phone="010 0000 0000", region="北京市海淀区", street="演示路 1 号"
)
_DONATIONS_MAX: Final = 10
_GIFTS: Final = 250


class Market:
    """The orders of the quarter. Every morning it does what is due on that day."""

    def __init__(self, store: Store, seed: int, clock: FixedClock, caller: rewards.HttpCaller) -> None:
        self.store, self.seed, self.clock = store, seed, clock
        self.keys, opened_at = read_master_keys(store.settings), clock.now()
        self.bench = rewards.Bench(store, caller, clock, self.keys)
        self.offer = store.run(lambda c: rewards.registered_catalogue(c, rewards.load(), opened_at))
        for reward in self.offer.catalogue.rewards:
            units = reward.donation.ceiling_fen if reward.donation else _PIECES
            self._supply(reward.stock, units, opened_at)

    def morning(self, now: datetime) -> None:
        """Do what this day brings."""
        self.clock.advance(now - self.clock.now())
        day = now.astimezone(BUSINESS_ZONE).date()
        if day == _GIFT_ON:
            self._give(now)
        if day.weekday() == _SATURDAY:
            self._order(day, now)
            self.settle()
        if day.day == 1:
            self._pass_on(now)
            self._plant(day, now)
        if day.day == 20:
            self._survey(day, now)

    def order(self, customer_ref: str, reward: Reward, name: str, now: datetime, quantity: int = 1) -> None:
        """Order for a customer, who has the energy."""
        asked = rewards.Ordering(reward_id=reward.id, quantity=quantity)

        def work(connection: Connection) -> None:
            if reward.delivered:
                rewards.keep_address(connection, customer_ref, _SOMEWHERE, self.keys, now)
            rewards.place(connection, self.offer, customer_ref, name, asked, now, keys=self.keys)

        self.store.run(work)

    def settle(self) -> None:
        """Work as a worker does, until nothing is due."""
        while rewards.turn(self.bench):
            pass

    def _give(self, now: datetime) -> None:
        """A gift to those who have begun: from a campaign's budget, ripe at once, to be collected like the rest."""

        def work(connection: Connection) -> None:
            budget = ledger.open_limited(connection, ledger.LimitedKind.BUDGET, "campaign:welcome_2026", "energy", now)
            self._decide(connection, "demo welcome", _GIFT * _GIFTS, budget.limited_id, now)
            for row in connection.execute(_SQL["begun"], {"customers": _GIFTS}).fetchall():
                who = CustomerId(row[0])
                ledger.award(connection, who, "welcome", _GIFT, budget_id=budget.limited_id, now=now, reason="welcome")

        self.store.run(work)

    def _order(self, day: date, now: datetime) -> None:
        """Some customers order something they can afford; who and what is drawn from the seed."""
        with self.store.unit_of_work() as connection:
            found = connection.execute(_SQL["can_order"]).fetchall()
        for number, customer_ref, energy in found:
            chance = drawn(self.seed, number, day)
            wanted = [each for each in self.offer.catalogue.rewards if each.energy <= energy]
            if not wanted or chance % _ORDERS_ONE_SATURDAY_IN:
                continue
            reward = wanted[chance // 7 % len(wanted)]
            quantity = min(energy // reward.energy, _DONATIONS_MAX) if reward.donation else 1
            with suppress(rewards.OrderRefusal, ledger.LedgerRefusal):  # her limit, or the last piece is gone
                self.order(customer_ref, reward, f"demo {day}", now, quantity)

    def _pass_on(self, now: datetime) -> None:
        """Send the month's donations to the charity; last month's are receipted."""

        def work(connection: Connection) -> None:
            for sent in list_transfers(connection):
                if sent.receipt is None:
                    receipt_transfer(connection, sent.transfer_id, f"CR-{sent.transfer_id:03}-DEMO", now=now)
            for reward in self.offer.catalogue.rewards:
                if reward.donation is None:
                    continue
                with suppress(Conflict):  # nobody gave
                    made = make_transfer(connection, reward.stock, maker=_MAKER, now=now)
                    decide_transfer(connection, made.transfer_id, checker=_CHECKER, approve=True, now=now)

        self.store.run(work)

    def _plant(self, day: date, now: datetime) -> None:
        """Trees that wait become a planting; in the first of the months it is planted on the same day."""

        def work(connection: Connection) -> None:
            for waiting in [each for each in list_plantings(connection) if each.planting_id is None]:
                contract = f"GH-{day:%Y-%m}-{waiting.reward_id.removeprefix('tree_').upper()}"
                reward = self.offer.catalogue.find(waiting.reward_id)
                place = reward.tree.region if reward and reward.tree else Text(zh="演示", en="Demo")
                made = open_planting(
                    connection, waiting.partner, waiting.reward_id, contract, place, most=1_000, by=_MAKER, now=now
                )
                if made.planting_id is not None and day.month < 10:
                    self._record(connection, made.planting_id, EventKind.PLANTED, made.trees, day, now)

        self.store.run(work)

    def _survey(self, day: date, now: datetime) -> None:
        """Somebody looks at what was planted a month ago or earlier: nine of ten are alive."""

        def work(connection: Connection) -> None:
            for each in list_plantings(connection):
                if each.planting_id is not None and each.latest == EventKind.PLANTED and day.month > 8:
                    alive = max(each.trees * 9 // 10, 1)
                    self._record(connection, each.planting_id, EventKind.SURVEYED, alive, day, now)

        self.store.run(work)

    def _record(
        self, connection: Connection, planting_id: int, kind: EventKind, trees: int, day: date, now: datetime
    ) -> None:
        evidence = f"GH-{kind.value}-{day:%Y%m%d}-DEMO"
        event = PlantingEvent(kind=kind, on=day, trees=trees, evidence=evidence)
        record_event(connection, planting_id, event, by=_MAKER, now=now)

    def _supply(self, stock: str, units: int, now: datetime) -> None:
        def work(connection: Connection) -> None:
            account = ledger.read_limited(connection, stock)
            self._decide(connection, f"demo supply {stock}", units, account.limited_id, now)

        self.store.run(work)

    def _decide(self, connection: Connection, name: str, units: int, limited_id: int, now: datetime) -> None:
        """Two people who are made up fill an account."""
        asked = ledger.propose(connection, name, units, limited_id=limited_id, reason="demo", maker=_MAKER, now=now)
        ledger.decide(connection, asked, checker=_CHECKER, approve=True, now=now)


@contextmanager
def open_market(store: Store, seed: int, start: date) -> Iterator[Market]:
    """A market with a partner that delivers while it is asked, behind HTTP on this machine."""
    clock, secret = FixedClock(datetime.combine(start, time(0, 1), BUSINESS_ZONE)), make_secret()
    with PartnerServer(PartnerSimulator(secret, clock, Behavior.AT_ONCE, seed)) as server:
        address = rewards.Address(url=server.url, secrets=(read_secret(secret),))
        names = [each.id for each in rewards.load().partners]
        yield Market(store, seed, clock, rewards.HttpCaller(dict.fromkeys(names, address)))
