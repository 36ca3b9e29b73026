"""A bank with rewards for tests: customers with energy, filled stocks, a partner that says what it is told to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from ditan import ledger, rewards
from ditan.accounts import AccountEvent, Action, apply_events
from ditan.kernel.clock import FixedClock
from ditan.kernel.envelope import MasterKeys
from ditan.kernel.ids import show
from ditan.ledger import Balance
from ditan.proof import check_invariants
from ditan.rewards import Offer, Order, Ordering, PostalAddress
from ditan.rewards.calling import Heard, read_said
from ditan.rewards.changing import Kept
from ditan.store import Store

NOON = datetime(2026, 7, 6, 4, tzinfo=UTC)  # of Shanghai
SINCE = datetime(2026, 1, 2, tzinfo=UTC)
KEYS = MasterKeys({"test": b"k" * 32})
HOME = PostalAddress(recipient="林小满", phone="13812345678", region="浙江省杭州市西湖区", street="龙井路 88 号 3 幢")


class Shop:
    """A store with a catalogue, and everything a test does with it."""

    def __init__(self, store: Store, clock: FixedClock | None = None) -> None:
        self.store, self.clock = store, clock or FixedClock(NOON)
        self.offer: Offer = store.run(lambda c: rewards.registered_catalogue(c, rewards.load(), self.clock.now()))

    def open(self, refs: Iterable[str], energy: int = 10_000) -> None:
        """Customers, each with energy that a correction gave."""
        refs = list(refs)
        self.store.run(
            lambda c: apply_events(c, [AccountEvent(action=Action.OPEN, at=SINCE, customer_ref=r) for r in refs])
        )
        for ref in refs if energy else []:
            self.correct(energy, customer=ref)
            self.live_at(ref)

    def live_at(self, ref: str, address: PostalAddress = HOME) -> None:
        """The address her goods go to."""
        self.store.run(lambda c: rewards.keep_address(c, ref, address, KEYS, self.clock.now()))

    def correct(self, amount: int, *, customer: str | None = None, stock: str | None = None) -> None:
        """A correction by two people."""
        now = self.clock.now()

        def work(c: Any) -> None:
            who = ledger.find_customer(c, customer) if customer else None
            what = ledger.read_limited(c, stock).limited_id if stock else None
            name = f"{customer}{stock}{amount}{now}"
            proposal = ledger.propose(
                c, name, amount, customer_id=who, limited_id=what, reason="test", maker="wang", now=now
            )
            ledger.decide(c, proposal, checker="li", approve=True, now=now)

        self.store.run(work)

    def supply(self, reward_id: str, pieces: int) -> None:
        """Fill the stock of a reward."""
        reward = self.reward(reward_id)
        self.correct(pieces * reward.units, stock=reward.stock)

    def reward(self, reward_id: str) -> rewards.Reward:
        found = self.offer.catalogue.find(reward_id)
        assert found is not None
        return found

    def place(
        self, ref: str, reward_id: str, quantity: int = 1, *, key: str = "first", note: str | None = None
    ) -> UUID:
        asked = Ordering(reward_id=reward_id, quantity=quantity, note=note)
        return self.store.run(lambda c: rewards.place(c, self.offer, ref, key, asked, self.clock.now(), KEYS))

    def cancel(self, ref: str, order_id: UUID) -> None:
        self.store.run(lambda c: rewards.cancel(c, ref, order_id, self.clock.now()))

    def order(self, ref: str, order_id: UUID | None = None) -> Order:
        """One order of a customer: the latest, or this one."""
        found = self.store.read(lambda c: rewards.read_orders(c, ref, order_id=order_id))
        assert found
        return found[0]

    def states(self, ref: str, order_id: UUID | None = None) -> list[str]:
        return [each.state.value for each in self.order(ref, order_id).history]

    def balance(self, ref: str) -> Balance:
        return self.store.read(lambda c: ledger.balance(c, ref, self.clock.now()))

    def energy(self, ref: str) -> tuple[int, int]:
        """What is available, and what is held."""
        found = self.balance(ref)
        return found.available_energy, found.held_energy

    def stock(self, reward_id: str) -> int:
        """The units that are left."""
        return self.store.read(lambda c: ledger.read_limited(c, self.reward(reward_id).stock)).balance

    def bench(self, call: rewards.calling.Caller) -> rewards.Bench:
        """What a worker of this shop works with."""
        return rewards.Bench(self.store, call, self.clock, KEYS)

    def later(self, **step: int) -> None:
        self.clock.advance(timedelta(**step))

    def sweep(self) -> int:
        return ledger.sweep(self.store, self.clock.now()).released_holds

    def broken(self) -> list[str]:
        """What `ditan check` finds."""
        with self.store.unit_of_work() as c:
            return [each for verdict in check_invariants(c, elsewhere={}) for each in verdict.offenders]


class Partner:
    """A partner in this process: answers as it is told, and remembers each call with its key."""

    def __init__(self, answer: Callable[[str, Kept], Heard] | None = None) -> None:
        self.calls: list[tuple[str, str]] = []
        self.told: list[PostalAddress | None] = []
        self.answer = answer or (lambda _kind, _order: Heard(received=True))

    def __call__(self, kind: str, order: Kept, now: datetime, to: PostalAddress | None = None) -> Heard:
        self.told.append(to)
        self.calls.append((kind, show("order", order.order_id)))
        return self.answer(kind, order)


def says(state: str, *, at: datetime = NOON, reason: str = "by_partner", **given: Any) -> Heard:
    """What a partner says of an order."""
    said = read_said(state, at, reason, given.get("delivered"), given.get("code"))
    assert said is not None
    return Heard(said=said)
