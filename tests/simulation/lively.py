"""A small bank in which everything happens to energy, in an order that a seed chooses: for books that must add up."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from msgspec.structs import replace
from tests.simulation.running import Bench

from ditan import ledger
from ditan.accounts import AccountEvent, Action
from ditan.kernel.clock import BUSINESS_ZONE, FixedClock, business_day
from ditan.kernel.errors import DitanError
from ditan.kernel.ids import CustomerId, EntryId
from ditan.ledger import Balance, LimitedKind
from ditan.model import BankEvent, CardProduct, Purpose
from ditan.store import Store
from ditan.testing import factories

OPENED = datetime(2026, 7, 1, 0, 5, tzinfo=BUSINESS_ZONE)
RIDE, BUS = factories.event("metro_ride"), factories.event("bus_ride")


class Read(NamedTuple):
    """A balance that was read at a moment."""

    at: datetime
    customer: str
    balance: Balance


class LivelyBank:
    """Customers, a stock and a budget; each `step` does one thing at random, later than the one before."""

    def __init__(self, store: Store, folder: Path, seed: str, customers: int = 3) -> None:
        self.rng = random.Random(f"lively/{seed}")
        self.clock = FixedClock(OPENED)
        self.bench = Bench(store, clock=self.clock)
        self.folder = folder
        self.refs = [f"cust-{n}" for n in range(customers)]
        self.bench.decide(event for ref in self.refs for event in _opening(ref))
        self.ids: dict[str, CustomerId] = self._run(lambda c: {ref: ledger.find_customer(c, ref) for ref in self.refs})
        self.stock = self._run(
            lambda c: ledger.open_limited(c, LimitedKind.STOCK, "树苗", "piece", self.now)
        ).limited_id
        self.budget = self._run(
            lambda c: ledger.open_limited(c, LimitedKind.BUDGET, "立夏", "energy", self.now)
        ).limited_id
        self.number = 0
        self.events: list[BankEvent] = []
        self.holds: list[EntryId] = []
        self.reads: list[Read] = []
        self.done: Counter[str] = Counter()
        for limited, units in ((self.stock, 40), (self.budget, 4_000)):
            self.correct(units, limited_id=limited)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    @property
    def today(self) -> date:
        return business_day(self.now)

    def steps(self, count: int) -> "LivelyBank":
        """Do so many things."""
        kinds = [self.earn] * 3 + [self.refund] * 2 + [self.collect] * 7 + [self.hold] * 5 + [self.capture] * 4
        kinds += [
            self.overdraw,
            self.overdraw,
            self.release,
            self.award,
            self.adjust,
            self.sweep,
            self.leap,
            self.rest,
            self.rest,
        ]
        for _ in range(count):
            self.clock.advance(timedelta(seconds=self.rng.choice((1, 7, 90, 3_600, 4 * 3_600, 9 * 3_600))))
            do = self.rng.choice(kinds)
            try:
                do()
                self.done[do.__name__] += 1
            except DitanError as error:
                self.done[f"{do.__name__}: {type(error).__name__}"] += 1
            if self.rng.random() < 0.5:
                self.read()
        return self

    # --- one thing ---

    def earn(self) -> None:
        """One or two files' worth of rides, some of them of days long past."""
        events = []
        for _ in range(self.rng.randint(2, 7)):
            back = self.rng.choice((0, 0, 0, 1, 1, 2, 5, 12))
            at = max(self.now - timedelta(days=back, hours=self.rng.randint(0, 5)), OPENED + timedelta(minutes=1))
            ref = self.rng.choice(self.refs)
            event = replace(self.rng.choice((RIDE, BUS)), event_id=self._name("ride"), occurred_at=at)
            events.append(replace(event, customer_ref=ref, card_ref=f"card-{ref}"))
        self.events += events
        self.bench.ingest_events(self._name("file"), events, self.folder)

    def refund(self) -> None:
        """Some refunds of what was paid lately."""
        self._refund(self.rng.sample(self.events[-9:], min(len(self.events), self.rng.randint(1, 3))))

    def overdraw(self) -> None:
        """Hold all that a customer can use, and then take the payments back that it came from."""
        ref = self.rng.choice(self.refs)
        tap, name = ledger.Collection(self.ids[ref], self._name("tap")), self._name("hold")
        self._run(lambda c: ledger.collect(c, [tap], self.now))
        energy = self._run(lambda c: ledger.balance(c, ref, self.now)).available_energy
        deadline = self.now + timedelta(hours=50)
        self._run(lambda c: ledger.hold(c, self.ids[ref], name, energy, deadline=deadline, now=self.now))
        self._refund([event for event in self.events if event.customer_ref == ref][-3:])

    def _refund(self, events: list[BankEvent]) -> None:
        backs = []
        for paid in events:
            fen = self.rng.choice((paid.amount_fen, 1, paid.amount_fen // 2))
            at = max(paid.occurred_at, self.now - timedelta(hours=self.rng.choice((0, 1, 30))))
            backs.append(factories.refund(paid, fen, event_id=self._name("back"), occurred_at=at))
        if backs:
            self.bench.ingest_events(self._name("file"), backs, self.folder)

    def collect(self) -> None:
        tap = ledger.Collection(self._customer(), self._name("tap"))
        self._run(lambda c: ledger.collect(c, [tap], self.now))

    def hold(self) -> None:
        """Some energy, or all there is."""
        ref, name = self.rng.choice(self.refs), self._name("hold")
        customer, held = self.ids[ref], self._run(lambda c: ledger.balance(c, ref, self.now))
        energy = self.rng.choice((self.rng.randint(1, 60), max(held.available_energy, 1)))
        units = ledger.Units(self.stock, 1) if self.rng.random() < 0.5 else None
        deadline = self.now + timedelta(hours=self.rng.choice((30, 100, 400)))
        answer = self._run(
            lambda c: ledger.hold(c, customer, name, energy, deadline=deadline, now=self.now, units=units)
        )
        self.holds.append(EntryId(answer.entry_id))

    def capture(self) -> None:
        energy = self.rng.choice((None, None, 1, 3))
        hold = self._hold()
        self._run(lambda c: ledger.capture(c, hold, now=self.now, energy=energy))

    def release(self) -> None:
        hold = self._hold()
        self._run(lambda c: ledger.release(c, hold, now=self.now))

    def award(self) -> None:
        customer, name, energy = self._customer(), self._name("award"), self.rng.randint(1, 40)
        self._run(lambda c: ledger.award(c, customer, name, energy, budget_id=self.budget, now=self.now))

    def adjust(self) -> None:
        self.correct(self.rng.choice((25, -5, -1)), customer_id=self._customer())

    def correct(self, amount: int, **whose: Any) -> None:
        """Propose a correction and let a second person approve it."""
        name = self._name("proposal")

        def work(connection: Any) -> None:
            proposal: UUID = ledger.propose(
                connection, name, amount, reason="a test", maker="wang", now=self.now, **whose
            )
            ledger.decide(connection, proposal, checker="li", approve=True, now=self.now)

        self._run(work)

    def sweep(self) -> None:
        ledger.sweep(self.bench.store, self.now)

    def leap(self) -> None:
        """Weeks or a year without anything: balls lapse, lots expire."""
        self.clock.advance(timedelta(days=self.rng.choice((2, 3, 9, 9, 40, 380))))

    def rest(self) -> None:
        """The night."""
        self.clock.advance(timedelta(hours=self.rng.randint(6, 14)))

    def read(self) -> None:
        """Note what a customer has."""
        ref = self.rng.choice(self.refs)
        self.reads.append(Read(self.now, ref, self._run(lambda c: ledger.balance(c, ref, self.now))))

    # --- asking ---

    def held(self) -> dict[str, int]:
        """What all customers have together, from the rows that are kept for reading."""
        [row] = self.bench.ask(
            "SELECT sum(carbon_mg), sum(pending_energy), sum(available_energy), sum(held_energy), sum(owed_energy)"
            " FROM ledger.holder"
        )
        return dict(zip(("carbon", "pending", "available", "held", "owed"), map(int, row), strict=True))

    def _customer(self) -> CustomerId:
        return self.ids[self.rng.choice(self.refs)]

    def _hold(self) -> EntryId:
        return self.rng.choice(self.holds[-3:]) if self.holds else EntryId(UUID(int=1))

    def _name(self, kind: str) -> str:
        self.number += 1
        return f"{kind}-{self.number}"

    def _run(self, work: Any) -> Any:
        return self.bench.store.run(work)


def _opening(ref: str) -> list[AccountEvent]:
    who: dict[str, Any] = {"at": OPENED.astimezone(UTC), "customer_ref": ref}
    return [
        AccountEvent(action=Action.OPEN, **who),
        *(AccountEvent(action=Action.GRANT_CONSENT, purpose=purpose, **who) for purpose in Purpose),
        AccountEvent(action=Action.LINK_CARD, card_ref=f"card-{ref}", card_product=CardProduct.DEBIT, **who),
    ]
