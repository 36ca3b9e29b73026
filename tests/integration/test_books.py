"""The books: days that are closed and never change, trial balance and liability that add up to the ledger."""

import threading
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.simulation.lively import RIDE, LivelyBank

from ditan import ledger
from ditan.kernel.clock import BUSINESS_ZONE
from ditan.kernel.errors import InvalidInput
from ditan.ledger import Liability, TrialBalance
from ditan.store import Store
from ditan.testing import factories

DAY = timedelta(days=1)


@pytest.fixture
def bank(store: Store, tmp_path: Path) -> LivelyBank:
    return LivelyBank(store, tmp_path, "books")


def books(bank: LivelyBank, start: date, end: date) -> tuple[TrialBalance, Liability]:
    with bank.bench.store.unit_of_work() as connection:
        found = ledger.trial_balance(connection, start, end)
        return found, ledger.liability(connection, start, end, bank.now)


def closing(found: TrialBalance) -> dict[str, int]:
    """What all customers have, as the trial balance says."""
    lines = {(line.asset, line.account): line.closing for line in found.lines}
    return {
        "carbon": lines.get(("carbon", "customers"), 0),
        "pending": lines.get(("energy", "customers:pending"), 0),
        "available": lines.get(("energy", "customers:available"), 0),
        "held": lines.get(("energy", "customers:held"), 0),
        "owed": -lines.get(("energy", "customers:owed"), 0),
    }


@pytest.mark.invariant("INV-03")
@pytest.mark.invariant("INV-04")
@pytest.mark.invariant("INV-05")
@pytest.mark.parametrize("seed", ["b", "c"])
def test_reports_add_up_to_the_ledger(store: Store, tmp_path: Path, seed: str) -> None:
    """Days are closed now and then; at every moment the report of every period adds up, to the unit."""
    bank = LivelyBank(store, tmp_path, seed)
    first = bank.today
    debt = 0
    for number in range(5):
        bank.steps(20)
        if number == 4:
            bank.clock.advance(400 * DAY)
            bank.sweep()
        if bank.rng.random() < 0.7 and bank.today > first:
            ledger.close(store, bank.today - bank.rng.choice((1, 1, 2)) * DAY, bank.now)
        found, report = books(bank, first, bank.today)
        assert closing(found) == bank.held()
        assert (
            report.closing_energy
            == sum(closing(found)[part] for part in ("pending", "available", "held")) - closing(found)["owed"]
        )
        growing = bank.bench.one(
            "SELECT coalesce(sum(ball & 33554431), 0) FROM ledger.holder, unnest(balls) ball"
            " WHERE ball >> 36 > ledger.minute(%s)",
            bank.now,
        )
        assert report.closing.growing_energy == growing
        middle = first + (bank.today - first) // 2
        for start, end in ((first, middle), (middle + DAY, bank.today), (middle, middle)):
            if start <= end:
                books(bank, start, end)
        assert [line.closing for line in report.limited] == [
            balance for (balance,) in bank.bench.ask("SELECT balance FROM ledger.limited ORDER BY kind, name")
        ]
        debt = report.debt_made
    assert bank.bench.broken() == {}
    assert debt > 0
    assert {"collect", "hold", "capture", "release", "award", "adjust", "lapse", "expire"} <= kinds(bank)


def kinds(bank: LivelyBank) -> set[str]:
    return {kind for (kind,) in bank.bench.ask("SELECT DISTINCT kind::text FROM ledger.entry")}


# --- closing ------------------------------------------------------------------------------------------------------


@pytest.mark.invariant("INV-04")
def test_closing_twice_changes_nothing_and_leaves_no_gap(bank: LivelyBank) -> None:
    first = bank.today
    bank.steps(15)
    bank.clock.advance(20 * DAY)  # nothing happens on most of them
    last = bank.today - DAY
    told: list[tuple[int, int]] = []
    closed = ledger.close(bank.bench.store, last, bank.now, lambda done, every: told.append((done, every)))
    assert [day.day for day in closed] == [first + n * DAY for n in range((last - first).days + 1)]
    assert told[-1] == (len(closed), len(closed))
    assert sum(day.entries == 0 for day in closed) >= 15
    assert len({day.digest for day in closed}) == len(closed)  # also of empty days: each has the one before in it
    assert ledger.close(bank.bench.store, last, bank.now + 3 * DAY) == []
    assert ledger.close(bank.bench.store, last - DAY, bank.now) == []
    with bank.bench.store.unit_of_work() as connection:
        assert ledger.closed_days(connection, first, last) == closed
    assert bank.bench.broken() == {}


def test_a_day_that_is_not_over_stays_open(bank: LivelyBank) -> None:
    midnight = datetime.combine(bank.today + DAY, datetime.min.time(), BUSINESS_ZONE)
    with pytest.raises(InvalidInput, match="is not over") as refused:
        ledger.close(bank.bench.store, bank.today, midnight - timedelta(microseconds=1))
    assert refused.value.hint
    assert [day.day for day in ledger.close(bank.bench.store, bank.today, midnight)] == [bank.today]


@pytest.mark.invariant("INV-04")
def test_what_comes_after_closing_is_booked_on_the_open_day(bank: LivelyBank) -> None:
    """A ride of a closed day, its refund, and the sweep of what lapsed on it: its books stay as they are."""
    first = bank.today
    bank.events.append(
        replace(RIDE, occurred_at=bank.now + timedelta(hours=1), customer_ref="cust-0", card_ref="card-cust-0")
    )
    bank.clock.advance(timedelta(hours=5))
    bank.bench.ingest_events("first", bank.events, bank.folder)
    bank.clock.advance(12 * DAY)
    [*_, closed] = ledger.close(bank.bench.store, bank.today - DAY, bank.now)
    before = books(bank, first, closed.day)
    assert before[0].closed
    assert before[0].digest == closed.digest
    assert closed.ripe_energy == 20  # it was due days ago and nobody swept

    late = replace(bank.events[0], event_id="late", occurred_at=bank.now - 6 * DAY)
    bank.bench.ingest_events("late", [late, factories.refund(late, 100, occurred_at=bank.now - 5 * DAY)], bank.folder)
    bank.sweep()
    assert books(bank, first, closed.day) == before
    _, today = books(bank, bank.today, bank.today)
    assert today.entries == today.earlier_entries == 3
    assert {flow.kind: flow.energy for flow in today.flows if flow.energy} == {"act": 20, "reversal": -5, "lapse": -20}
    days = bank.bench.ask("SELECT DISTINCT booked_on FROM ledger.posting WHERE kind <> 'supply' ORDER BY 1")
    assert days == [(first,), (bank.today,)]
    assert bank.bench.broken() == {}


@pytest.mark.invariant("INV-04")
@pytest.mark.invariant("INV-12")
def test_a_close_that_was_killed_is_finished_by_the_next(bank: LivelyBank) -> None:
    bank.steps(10)
    bank.clock.advance(3 * DAY)
    first, last = bank.bench.one("SELECT min(booked_on) FROM ledger.entry"), bank.today - DAY

    def killed(done: int, _every: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ledger.close(bank.bench.store, last, bank.now, killed)
    assert bank.bench.one("SELECT count(*) FROM ledger.closed_day") == 2
    bank.award()  # booking goes on, and not on a day that is shut
    assert bank.bench.one("SELECT max(booked_on) FROM ledger.entry") == bank.today
    books(bank, first, bank.today)  # reports go on as well
    assert len(ledger.close(bank.bench.store, last, bank.now)) == (last - first).days - 1
    assert bank.bench.broken() == {}


@pytest.mark.invariant("INV-04")
def test_nothing_is_booked_on_a_day_while_it_is_closed(bank: LivelyBank) -> None:
    """Four workers whose clocks stand at one minute to midnight, and two who close the day, at the same time."""
    day, before_midnight = bank.today, datetime.combine(bank.today, datetime.max.time(), BUSINESS_ZONE)
    after_midnight = before_midnight + timedelta(minutes=2)
    closed, enough, failures = threading.Event(), threading.Event(), []

    def book(number: int) -> None:
        done = 0
        try:
            while done < 20 or not closed.is_set():
                name = f"award-{number}-{done}"
                bank.bench.store.run(
                    lambda c, name=name: ledger.award(
                        c, bank.ids["cust-0"], name, 1, budget_id=bank.budget, now=before_midnight
                    )
                )
                done += 1
                if done == 5:
                    enough.set()
        except BaseException as error:  # noqa: BLE001  shown below
            failures.append(error)

    def shut() -> None:
        try:
            enough.wait(timeout=60)
            ledger.close(bank.bench.store, day, after_midnight)
        except BaseException as error:  # noqa: BLE001  shown below
            failures.append(error)
        closed.set()

    workers = [threading.Thread(target=book, args=[n]) for n in range(4)]
    workers += [threading.Thread(target=shut) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=100)
    assert failures == []
    days = dict(bank.bench.ask("SELECT booked_on, count(*) FROM ledger.entry WHERE kind = 'award' GROUP BY booked_on"))
    assert days.keys() == {day, day + DAY}
    in_books = "SELECT entries FROM ledger.closed_flow WHERE day = %s AND kind = 'award'"
    assert bank.bench.one(in_books, day) == days[day]
    assert bank.bench.broken() == {}


@pytest.mark.invariant("INV-04")
@pytest.mark.parametrize(
    "alter",
    [
        "UPDATE ledger.closed_line SET credit = credit + 1 WHERE day = '{day}' AND account = 'customers:pending'",
        "UPDATE ledger.closed_line SET balance = balance + 1 WHERE day = '{day}' AND account = 'customers:pending'",
        "UPDATE ledger.closed_flow SET entries = entries + 1 WHERE day = '{day}'",
        "UPDATE ledger.closed_day SET ripe_energy = ripe_energy + 1 WHERE day = '{day}'",
        "UPDATE ledger.closed_day SET digest = sha256('') WHERE day = '{day}'",
        "DELETE FROM ledger.closed_line WHERE day = '{day}' AND account = 'customers'",
        "UPDATE ledger.entry SET pending_energy = pending_energy + 1 WHERE kind = 'award'",
        "UPDATE ledger.entry SET booked_on = booked_on + 1 WHERE kind = 'award'",
        "INSERT INTO ledger.closed_lot VALUES ('{day}', '2027-07-31', 1)",
        "DELETE FROM ledger.closed_day WHERE day = '{day}'",
    ],
)
def test_a_closed_day_that_was_altered_is_named(bank: LivelyBank, alter: str) -> None:
    day = bank.today
    bank.bench.ingest_events(
        "first", [replace(RIDE, occurred_at=bank.now, customer_ref="cust-0", card_ref="card-cust-0")], bank.folder
    )
    bank.award()
    bank.clock.advance(2 * DAY)
    ledger.close(bank.bench.store, bank.today - DAY, bank.now)
    assert bank.bench.broken() == {}
    bank.bench.corrupt(alter.format(day=day))
    assert str(day) in bank.bench.broken()["INV-04"][0]


# --- reading ------------------------------------------------------------------------------------------------------


def test_a_liability_is_worth_what_the_rate_says(bank: LivelyBank) -> None:
    bank.award()
    with bank.bench.store.unit_of_work() as connection:
        report = ledger.liability(connection, bank.today, bank.today, bank.now, fen_per_energy=Decimal("0.35"))
    assert report.closing_energy == report.closing.ripe_energy > 0
    assert report.closing_fen == Decimal("0.35") * report.closing_energy
    assert report.opening_fen == 0
    budget = next(line for line in report.limited if line.kind == "budget")
    assert (budget.opening, budget.given, budget.taken) == (0, 4_000, report.closing_energy)


def test_a_period_has_a_first_and_a_last_day(bank: LivelyBank) -> None:
    with bank.bench.store.unit_of_work() as connection, pytest.raises(InvalidInput, match="cannot end"):
        ledger.trial_balance(connection, bank.today, bank.today - DAY)
    assert ledger.month_of("2028-02") == (date(2028, 2, 1), date(2028, 2, 29))
    with pytest.raises(InvalidInput, match="not a month"):
        ledger.month_of("July")
