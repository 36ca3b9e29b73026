"""The saga crash test: workers killed at each step, a partner that misbehaves in each way, random rounds by a seed.

python -m tests.rewards.saga --rounds 200 --seed 1
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from msgspec.structs import asdict
from tests.rewards.shop import HOME, KEYS, NOON, Shop

from ditan import rewards
from ditan.kernel.clock import FixedClock
from ditan.kernel.errors import InvalidInput
from ditan.kernel.ids import read_name, show
from ditan.kernel.settings import Settings
from ditan.kernel.webhooks import read_secret, sign
from ditan.ledger import LedgerRefusal
from ditan.rewards import Address, HttpCaller, OrderRefusal
from ditan.rewards.codes import OPEN
from ditan.rewards.jobs import next_due
from ditan.rewards.working import STEPS
from ditan.store import Store
from ditan.testing.partner import Message, PartnerServer, PartnerSimulator

SECRET = "whsec_" + "c2FnYS1z" * 4
CUSTOMERS = [f"cust-{n}" for n in range(6)]
ENERGY, PIECES = 400_000, 400
WAIT_SECONDS = 0.15
REWARDS = {"gym_card_month": 1, "produce_rice": 5, "tree_haloxylon": 3, "donation_water": 20, "coupon_bike_week": 2}
FORK = multiprocessing.get_context("forkserver")
FORK.set_forkserver_preload(["tests.rewards.saga"])


class Doom(NamedTuple):
    """A worker that will be killed: at which step, the how-manieth time it comes there; no step: it ends by itself."""

    home: str
    database_url: str
    partner_url: str
    now: datetime
    step: str | None
    nth: int


class Outcome(NamedTuple):
    """A run of rounds."""

    rounds: int
    seed: int
    orders: int
    killed: Counter[str]
    states: Counter[str]
    behaviors: Counter[str]
    strange: list[str]
    seconds: float

    def sentence(self) -> str:
        def told(counts: Counter[str]) -> str:
            return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))

        return (
            f"seed {self.seed}: {self.rounds} rounds, {self.orders} orders in {self.seconds:.0f} s\n"
            f"  workers killed at: {told(self.killed)}\n  partner: {told(self.behaviors)}\n"
            f"  orders: {told(self.states)}\n  {len(self.strange)} disagreements"
        )


def doomed(doom: Doom) -> None:
    """Work as a worker does, and be killed as if the machine had gone."""
    seen = Counter[str]()

    def at(step: str) -> None:
        seen[step] += 1
        if step == doom.step and seen[step] == doom.nth:
            os.kill(os.getpid(), signal.SIGKILL)

    settings = Settings(home=doom.home, database_url=doom.database_url)  # type: ignore[arg-type]
    store = Store(settings, doom.database_url)
    bench = rewards.Bench(store, caller(doom.partner_url), FixedClock(doom.now), KEYS)
    while rewards.turn(bench, at):
        pass


def caller(url: str) -> HttpCaller:
    address = Address(url=url, secrets=(read_secret(SECRET),))
    return HttpCaller(dict.fromkeys(("green-hill", "clear-river", "south-field", "moving-life"), address), WAIT_SECONDS)


class Saga:
    """A shop, a partner behind HTTP, workers that are killed, and a clock that all of them share."""

    def __init__(self, store: Store, seed: int) -> None:
        self.shop = Shop(store, FixedClock(NOON))
        self.rng, self.seed = random.Random(seed), seed
        self.partner = PartnerSimulator(SECRET, self.shop.clock, seed=seed)
        self.placed = 0
        self.killed = Counter[str]()
        self.shop.open(CUSTOMERS, ENERGY)
        for reward_id in REWARDS:
            self.shop.supply(reward_id, PIECES)

    def run(self, rounds: int) -> Outcome:
        began = time.monotonic()
        with PartnerServer(self.partner, slow_seconds=WAIT_SECONDS * 2) as server:
            for _ in range(rounds):
                self.round(server.url)
            self.settle(server.url)
        behaviors = Counter(order.behavior.value for order in self.partner.orders.values())
        strange, states = self.disagreements()
        seconds = time.monotonic() - began
        return Outcome(rounds, self.seed, self.placed, self.killed, states, behaviors, strange, seconds)

    def round(self, url: str) -> None:
        for _ in range(self.rng.choice([0, 1, 1, 2])):
            self.order()
        if self.rng.random() < 0.15:
            self.cancel()
        step = self.rng.choice([*STEPS, None])
        self.work(url, step, self.rng.randint(1, 2))
        self.hear(lose=0.3)
        if self.rng.random() < 0.1:
            self.shop.sweep()
        self.shop.clock.advance(timedelta(minutes=self.rng.choice([0, 1, 2, 10, 60, 360, 1_440])))

    def work(self, url: str, step: str | None, nth: int) -> None:
        store = self.shop.store
        now = self.shop.clock.now()
        doom = Doom(str(store.settings.home), store.url, url, now, step, nth)
        process = FORK.Process(target=doomed, args=(doom,), daemon=True)
        process.start()
        process.join(60)
        assert process.exitcode in {0, -signal.SIGKILL}, f"a worker ended with {process.exitcode}"
        if process.exitcode:
            self.killed[str(step)] += 1

    def order(self) -> None:
        ref, reward_id = self.rng.choice(CUSTOMERS), self.rng.choice(list(REWARDS))
        quantity = self.rng.randint(1, REWARDS[reward_id])
        self.placed += 1
        key = f"click-{self.placed}"
        try:
            first = self.shop.place(ref, reward_id, quantity, key=key)
        except (OrderRefusal, LedgerRefusal):
            self.placed -= 1
            return
        if self.rng.random() < 0.3:
            assert self.shop.place(ref, reward_id, quantity, key=key) == first

    def cancel(self) -> None:
        for ref in CUSTOMERS:
            found = self.shop.store.read(lambda c, ref=ref: rewards.read_orders(c, ref))  # type: ignore[misc]
            if found and (found[0].cancellable or found[0].cancel_on_request):
                name = read_name("order", found[0].order_id)
                assert name is not None
                self.shop.cancel(ref, name)
                return

    def hear(self, lose: float) -> None:
        """Let the partner say what it has to say; some of it is lost on the way."""
        now = self.shop.clock.now()
        partners = {"any": Address(url="", secrets=(self.partner.secret,))}
        for message in self.partner.tick():
            if self.rng.random() < lose:
                continue
            headers = sign(self.partner.secret, message.webhook_id, now, message.body)
            assert rewards.believed(partners, "any", headers, message.body, now) == message.webhook_id
            self.partner.answered(message.order_id, self.receive(message, now))

    def receive(self, message: Message, now: datetime) -> str:
        name = read_name("order", message.order_id)

        def work(c: Any) -> str:
            [partner] = c.execute("SELECT partner FROM rewards.order WHERE order_id = %s", (name,)).fetchone()
            return rewards.receive(c, partner, message.webhook_id, message.body, now).outcome

        try:
            return self.shop.store.run(work)
        except InvalidInput:
            return "400"

    def settle(self, url: str) -> None:
        """No more kills: time passes until nothing is to be done. Nothing may be held forever."""
        bench = self.shop.bench(caller(url))
        for _ in range(400):
            while rewards.turn(bench):
                pass
            self.hear(lose=0)
            moments = [at for at in (self.shop.store.read(next_due), self.partner.next_at()) if at is not None]
            if not moments:
                return
            self.shop.clock.advance(max(min(moments) - self.shop.clock.now(), timedelta(0)))
        raise AssertionError("orders are still being worked on")

    def disagreements(self) -> tuple[list[str], Counter[str]]:
        """Where energy, stock, order and partner do not agree in the end; and how orders ended."""
        found = [*self.shop.broken(), *self.partner.strange]
        rows = self.shop.store.read(lambda c: c.execute(ORDERS).fetchall())
        used, taken = Counter[str](), Counter[str]()
        for order_id, state, delivered, quantity, units, reward_id, energy, ref in rows:
            name = show("order", order_id)
            theirs = self.partner.orders.get(name)
            status = theirs.status if theirs else None
            if status not in AGREE[state]:
                found.append(f"{name} is {state} here and {status} at the partner ({theirs})")
            if theirs and (theirs.keys != {name} or theirs.deliveries > 1):
                found.append(f"{name} went out under {theirs.keys} and was delivered {theirs.deliveries} times")
            if theirs and theirs.deliver_to != (asdict(HOME) if reward_id == "produce_rice" else None):
                found.append(f"{name} of {reward_id} was told another address")
            if state in {"fulfilled", "partly_fulfilled"}:
                used[ref] += energy // quantity * delivered
                taken[reward_id] += units
        found += [
            f"{ref} has {self.shop.energy(ref)}, and used {used[ref]} of {ENERGY}"
            for ref in CUSTOMERS
            if self.shop.energy(ref) != (ENERGY - used[ref], 0)
        ]
        for reward_id in REWARDS:
            full = PIECES * self.shop.reward(reward_id).units
            if self.shop.stock(reward_id) != full - taken[reward_id]:
                found.append(
                    f"{reward_id}: {self.shop.stock(reward_id)} are left, and {taken[reward_id]} of {full} went"
                )
        if any(row[1] in OPEN for row in rows):
            found.append("an order is still open")
        return found, Counter(row[1] for row in rows)


ORDERS = """
    SELECT order_id, state::text, delivered, quantity, units, reward_id, energy, c.customer_ref
    FROM rewards.order JOIN accounts.customer c USING (customer_id) ORDER BY placed_at
"""

#: How an order may stand at the partner (None: unknown there), by how it stands here.
AGREE: dict[str, set[str | None]] = {
    "fulfilled": {"fulfilled"},
    "partly_fulfilled": {"partly_fulfilled"},
    "failed": {"failed"},
    "cancelled": {None, "cancelled", "withdrawn"},
    "expired": {None, "withdrawn", "written_off", "failed", "cancelled"},
}
