"""One synthetic bank for the tests of the console that only read: ten weeks, days closed and open, some orders."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from tests.conftest import another_store, make_home
from tests.rewards.shop import Partner, Shop, says
from tests.simulation.running import Bench, shipped

from ditan import ledger, rewards
from ditan.cli.account import read_account_events
from ditan.insight.folding import fold
from ditan.kernel.clock import BUSINESS_ZONE, FixedClock
from ditan.kernel.ids import CustomerId
from ditan.ledger import Collection
from ditan.model import Text
from ditan.rewards.changing import heard, locked
from ditan.rewards.donations import decide_transfer, make_transfer, receipt_transfer
from ditan.rewards.trees import EventKind, PlantingEvent, open_planting, record_event
from ditan.store.pool import Connection
from ditan.testing.bank import make_bank
from ditan.testing.writing import write

FIRST, DAYS = date(2026, 6, 1), 70
LAST = FIRST + timedelta(days=DAYS - 1)
CLOSED = LAST - timedelta(days=16)  # the books are closed to here; two weeks of deliveries are not
FUND, WATER, TREE, RICE = "fund:water_2026", "donation_water", "tree_haloxylon", "produce_rice"


class Played:
    """A bench with the bank in it, at half past eight of the morning after its last day."""

    def __init__(self, bench: Bench, clock: FixedClock) -> None:
        self.bench, self.clock = bench, clock


@pytest.fixture(scope="session")
def played(template_url: str) -> Iterator[Played]:
    with another_store(template_url, "console") as store:
        folder = make_home("ditan-console-")
        try:
            clock = FixedClock(_at(FIRST))
            bench = Bench(store, clock=clock)
            written = write(make_bank(150, DAYS, 7, FIRST, shipped()), folder, split="day")
            bench.decide(read_account_events(folder / "accounts.jsonl"))
            _live(bench, clock, folder, sorted(written.files))
            _order(Shop(store, clock))
            clock.advance(timedelta(days=1))
            yield Played(bench, clock)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _live(bench: Bench, clock: FixedClock, folder: Path, names: list[str]) -> None:
    """Let a week's files come in together; some customers collect, and one day the books are closed."""
    for start in range(0, len(names), 7):
        week = [folder / name for name in names[start : start + 7]]
        lines = [each.read_text(encoding="utf-8").splitlines() for each in week]
        file = folder / f"week-{start:02}.csv"
        file.write_text("\n".join([lines[0][0], *(row for rows in lines for row in rows[1:])]) + "\n", encoding="utf-8")
        clock.advance(_at(date.fromisoformat(week[-1].stem) + timedelta(days=1)) - clock.now())
        if clock.now() > _at(CLOSED + timedelta(days=1)) and start:
            ledger.close(bench.store, min(CLOSED, clock.now().date() - timedelta(days=2)), clock.now())
            assert fold(bench.store, clock.now()) >= 0
        bench.ingest(file)
        ripe = bench.ask(
            "SELECT customer_id FROM ledger.holder WHERE EXISTS (SELECT FROM unnest(balls) b"
            " WHERE b >> 36 <= ledger.minute(%s)) ORDER BY customer_id",
            clock.now(),
        )
        taps = [Collection(customer_id=CustomerId(row[0]), request_id=f"week {start}") for row in ripe[::2]]
        bench.store.run(lambda c, taps=taps: ledger.collect(c, taps, clock.now()))  # type: ignore[misc]


def _order(shop: Shop) -> None:
    """Donations to the receipt and before it, trees to the survey, rice that came, and orders that came to nothing."""
    store, now = shop.store, shop.clock.now()
    rich = [
        row[0]
        for row in store.read(
            lambda c: c.execute(
                "SELECT customer_ref FROM ledger.holder JOIN accounts.customer USING (customer_id)"
                " ORDER BY available_energy DESC, customer_id LIMIT 3"
            ).fetchall()
        )
    ]
    for ref in rich:
        shop.correct(90_000, customer=ref)
        shop.live_at(ref)
    for reward_id, pieces in ((WATER, 60), (TREE, 10), (RICE, 10)):
        shop.supply(reward_id, pieces)

    def order(ref: str, reward_id: str, quantity: int, state: str, **said: int) -> UUID:
        order_id = shop.place(ref, reward_id, quantity, key=f"{reward_id} {quantity} {state}")
        assert rewards.turn(shop.bench(Partner(lambda _k, _o: says(state, at=now, **said))))
        return order_id

    order(rich[0], WATER, 7, "fulfilled")
    order(rich[1], WATER, 5, "failed")
    sent = store.run(lambda c: make_transfer(c, FUND, maker="wang", now=now))
    store.run(lambda c: decide_transfer(c, sent.transfer_id, checker="li", approve=True, now=now))
    store.run(lambda c: receipt_transfer(c, sent.transfer_id, "R-1", now=now))
    order(rich[0], WATER, 6, "partly_fulfilled", delivered=4)
    came_back = order(rich[1], WATER, 9, "fulfilled")
    again = store.run(lambda c: make_transfer(c, FUND, maker="wang", now=now))
    store.run(lambda c: decide_transfer(c, again.transfer_id, checker="li", approve=True, now=now))
    store.run(lambda c: _return(c, came_back, now))
    order(rich[2], WATER, 3, "fulfilled")
    order(rich[2], WATER, 2, "confirmed")
    order(rich[0], TREE, 2, "fulfilled")
    order(rich[1], TREE, 1, "confirmed")
    order(rich[1], RICE, 2, "fulfilled")
    order(rich[2], RICE, 1, "confirmed")
    place = Text(zh="阿拉善左旗", en="Alxa Left Banner")
    planting = store.run(lambda c: open_planting(c, "green-hill", TREE, "GH-1", place, most=10, by="wang", now=now))
    number, day = planting.planting_id, LAST
    assert number is not None
    for kind, trees in (("planted", 2), ("surveyed", 1)):
        event = PlantingEvent(kind=EventKind(kind), on=day, trees=trees, evidence=f"GH-{kind}")
        store.run(lambda c, event=event: record_event(c, number, event, by="wang", now=now))  # type: ignore[misc]


def _return(connection: Connection, order_id: UUID, now: datetime) -> None:
    """Let the partner say that an order came back after its money was sent off."""
    kept, said = locked(connection, order_id), says("returned", at=now).said
    assert kept is not None
    assert said is not None
    assert heard(connection, kept, said, now) == "done"


def _at(day: date) -> datetime:
    return datetime.combine(day, time(8, 30), BUSINESS_ZONE)
