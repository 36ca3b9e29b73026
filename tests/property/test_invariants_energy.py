"""Every promise about energy is broken here by one row, and `check` names the promise and the row.

As in `test_invariants.py`; only the ledger that is broken is another one, in which energy has had every fate.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from msgspec.structs import replace
from tests.simulation.running import Bench

from ditan import ledger
from ditan.kernel.clock import FixedClock
from ditan.kernel.ids import act_id
from ditan.proof import check_invariants
from ditan.store import Store
from ditan.testing import factories

RIDE = factories.event("metro_ride")
BILL = factories.event("utility_payment")
NOW = datetime(2026, 7, 31, 4, tzinfo=UTC)
LATER = NOW + timedelta(days=20)
MUCH_LATER = NOW + timedelta(days=400)
GONE = [
    factories.event("metro_ride", event_id=f"gone-{n}", occurred_at=RIDE.occurred_at + timedelta(days=n))
    for n in (1, 2)
]
NEW = [replace(RIDE, event_id=f"new-{n}", occurred_at=MUCH_LATER - timedelta(days=2, hours=n)) for n in (0, 8)]
DEBT = replace(BILL, event_id="debt", customer_ref="cust-wu", card_ref="card-wu-d")


class Lively(NamedTuple):
    """A ledger in which energy has had every fate, and what its entries are called."""

    bench: Bench
    ids: dict[str, Any]

    def fill(self, text: str, quote: str = "") -> str:
        """Put numbers and ids in the place of names."""
        for name in sorted(self.ids, key=len, reverse=True):
            value = self.ids[name]
            text = text.replace(f":{name}", str(value) if isinstance(value, int) else f"{quote}{value}{quote}")
        return text


@pytest.fixture
def lively(store: Store, tmp_path: Path) -> Lively:
    """Collected, held, captured in part, released, lapsed, expired, awarded, adjusted, owed; and taken back."""
    clock = FixedClock(NOW)
    made = Bench(store, clock=clock)
    for name in ("lin", "wu"):
        who = f'"customer_ref":"cust-{name}","at":"2026-06-01T08:00:00+08:00"'
        made.decide_lines(
            [
                f'{{{who},"action":"open"}}',
                *(f'{{{who},"action":"grant_consent","purpose":"{p}"}}' for p in ("card_payments", "whereabouts")),
                f'{{{who},"action":"link_card","card_ref":"card-{name}-d","card_product":"debit"}}',
            ]
        )
    made.ingest_events("first", [RIDE, BILL, DEBT], tmp_path)
    ids: dict[str, Any] = {}

    def run(name: str, work: Callable[[psycopg.Connection[Any]], Any]) -> None:
        ids[name] = made.store.run(work)

    for who_it_is in ("lin", "wu"):
        run(who_it_is, lambda c, ref=f"cust-{who_it_is}": ledger.find_customer(c, ref))
    lin, wu = ids["lin"], ids["wu"]
    run("collect", lambda c: ledger.collect(c, [ledger.Collection(lin, "1"), ledger.Collection(wu, "1")], NOW))
    for name in ("stock", "budget"):
        run(name, lambda c, kind=name: ledger.open_limited(c, ledger.LimitedKind(kind), kind, "unit", NOW).limited_id)
        run(f"supply {name}", lambda c, of=ids[name], name=name: _corrected(c, name, 10, limited_id=of))
    units = ledger.Units(ids["stock"], 1)
    for request in ("captured", "released"):
        run(request, lambda c, of=request: ledger.hold(c, lin, of, 8, deadline=LATER, now=NOW, units=units).entry_id)
    run("capture", lambda c: ledger.capture(c, ids["captured"], now=NOW, energy=5).entry_id)
    run("release", lambda c: ledger.release(c, ids["released"], now=NOW).entry_id)
    run("spent", lambda c: ledger.hold(c, wu, "all", 20, deadline=LATER, now=NOW).entry_id)
    run("used", lambda c: ledger.capture(c, ids["spent"], now=NOW).entry_id)
    run("adjust", lambda c: _corrected(c, "adjust", 7, customer_id=lin, expires_months=0))
    run("lapsing", lambda c: ledger.award(c, lin, "lapsing", 4, budget_id=ids["budget"], now=NOW).entry_id)
    made.ingest_events("gone", GONE, tmp_path)
    made.ingest_events("debt back", [factories.reversal(DEBT)], tmp_path)
    clock.advance(LATER - NOW)
    ledger.sweep(made.store, LATER)
    made.ingest_events("lapsed back", [factories.reversal(GONE[0])], tmp_path)
    clock.advance(MUCH_LATER - LATER)
    ledger.sweep(made.store, MUCH_LATER)
    made.ingest_events("expired back", [factories.refund(BILL, BILL.amount_fen)], tmp_path)
    made.ingest_events("new", NEW[:1], tmp_path)
    run("collect new", lambda c: ledger.collect(c, [ledger.Collection(lin, "2")], MUCH_LATER)[0].entry_id)
    run(
        "open",
        lambda c: ledger.hold(c, lin, "open", 3, deadline=MUCH_LATER + timedelta(days=9), now=MUCH_LATER).entry_id,
    )
    made.ingest_events("newer", NEW[1:], tmp_path)
    run("award", lambda c: ledger.award(c, lin, "award", 2, budget_id=ids["budget"], now=MUCH_LATER).entry_id)
    assert made.broken() == {}
    return Lively(made, ids)


def _corrected(connection: psycopg.Connection[Any], name: str, amount: int, expires_months: int = 12, **of: Any) -> Any:
    proposal = ledger.propose(connection, name, amount, reason="a test", maker="Li", now=NOW, **of)
    answer = ledger.decide(connection, proposal, checker="Wang", approve=True, now=NOW, expires_months=expires_months)
    assert answer is not None
    return answer.entry_id


def of_holder(who: str, change: str) -> str:
    return f"UPDATE ledger.holder SET {change} WHERE customer_id = :{who}"


def of_entry(name: str, change: str) -> str:
    return f"UPDATE ledger.entry SET {change} WHERE entry_id = :{name}"


def of_kind(kind: str, change: str) -> str:
    return f"UPDATE ledger.entry SET {change} WHERE kind = '{kind}'"


def of_limited(name: str, change: str) -> str:
    return f"UPDATE ledger.limited SET {change} WHERE limited_id = :{name}"


def of_reversal(where: str, change: str) -> str:
    return f"UPDATE ledger.reversal SET {change} WHERE {where}"


LAPSED, EXPIRED = "gone_energy > 0 AND lot_day IS NULL", "gone_energy > 0 AND lot_day IS NOT NULL"
MONTH = "(31::bigint << 40)"
NEWEST = str(act_id(NEW[1].source, NEW[1].event_id))

#: Which promise, what is done, and what the check must name; `:name` is the number or id of what the fixture made.
CORRUPTIONS: dict[str, tuple[str, str, str]] = {
    "available energy": ("INV-05", of_holder("lin", "available_energy = available_energy + 1"), ":lin"),
    "held energy": ("INV-05", of_holder("lin", "held_energy = held_energy + 1"), ":lin"),
    "pending energy": ("INV-05", of_holder("lin", "pending_energy = pending_energy - 1"), ":lin"),
    "a debt that grew": ("INV-05", of_holder("wu", "owed_energy = owed_energy + 1"), ":wu"),
    "a debt that was forgotten": ("INV-05", of_holder("wu", "owed_energy = 0"), ":wu"),
    "a ball that grew": ("INV-05", of_holder("lin", "balls[1] = balls[1] + 1"), ":lin"),
    "a lot that grew": ("INV-05", of_holder("lin", "lots[1] = lots[1] + 1"), ":lin"),
    "a collect of more": (
        "INV-05",
        of_entry("collect new", "pending_energy = pending_energy - 1, available_energy = available_energy + 1"),
        ":lin",
    ),
    "a capture of less": ("INV-05", of_entry("capture", "available_energy = available_energy + 1"), ":lin"),
    "a hold of more": (
        "INV-05",
        of_entry("captured", "held_energy = held_energy + 1, available_energy = available_energy - 1"),
        ":captured",
    ),
    "a hold whose stock did not come back": ("INV-05", of_entry("release", "units = 0"), ":released"),
    "an end of no hold": ("INV-05", of_entry("capture", "hold_id = :award"), ":capture"),
    "an entry that is gone": ("INV-05", "DELETE FROM ledger.entry WHERE entry_id = :adjust", ":lin"),
    "an entry of somebody else": ("INV-05", of_entry("adjust", "customer_id = :wu"), ":wu"),
    "what had lapsed, as if expired": ("INV-06", of_reversal(LAPSED, "lot_day = 20000"), ":lin"),
    "what had expired, as if lapsed": ("INV-06", of_reversal(EXPIRED, "lot_day = NULL"), "which did not lapse"),
    "a lot that a refund did not touch": (
        "INV-06",
        of_reversal("customer_id = :wu", "lots = array[(20000::bigint << 40) | 5]"),
        "from lots",
    ),
    "a debt that was forgiven": (
        "INV-06",
        of_reversal("customer_id = :wu", "owed_energy = owed_energy - 1, gone_energy = gone_energy + 1"),
        ":wu",
    ),
    "a lot that lives longer": ("INV-07", of_holder("lin", f"lots[1] = lots[1] + {MONTH}"), ":lin"),
    "a ball that is ripe sooner": ("INV-07", of_holder("lin", "balls[1] = balls[1] - (60::bigint << 36)"), NEWEST),
    "a ball that lapses later": ("INV-07", of_holder("lin", "balls[1] = balls[1] + (1::bigint << 31)"), NEWEST),
    "an award that lives longer": ("INV-07", of_holder("lin", "balls[2] = balls[2] + (1::bigint << 25)"), ":award"),
    "a ball of another act": ("INV-07", of_holder("lin", "ball_keys[1] = ball_keys[1] + (1::bigint << 40)"), ":lin"),
    "a collected ball that was another": ("INV-07", of_entry("collect new", "balls[1] = balls[1] + 1"), ":lin"),
    "the lots of an entry": ("INV-07", of_entry("collect new", "lots[1] = lots[1] + 1"), ":collect new"),
    "the lots a hold came from": ("INV-07", of_entry("open", f"lots[1] = lots[1] + {MONTH}"), ":lin"),
    "a collect before the ball was ripe": (
        "INV-07",
        of_entry("collect new", "recorded_at = recorded_at - interval '9 days'"),
        ":collect new",
    ),
    "an expiry too early": ("INV-07", of_kind("expire", "recorded_at = recorded_at - interval '400 days'"), "last day"),
    "a lapse too early": ("INV-07", of_kind("lapse", "recorded_at = recorded_at - interval '400 days'"), "not due"),
    "a stock": ("INV-08", of_limited("stock", "balance = balance + 1"), "stock"),
    "a budget": ("INV-08", of_limited("budget", "balance = balance - 1"), "budget"),
    "a supply of more": ("INV-08", of_entry("supply stock", "units = units + 1"), "stock"),
    "an award that cost less": ("INV-08", of_entry("award", "units = units + 1"), ":award"),
    "an account that is gone": ("INV-08", "DELETE FROM ledger.limited WHERE limited_id = :stock", "its entries say"),
}


@pytest.mark.invariant("INV-05")
@pytest.mark.invariant("INV-06")
@pytest.mark.invariant("INV-07")
@pytest.mark.invariant("INV-08")
def test_a_broken_promise_about_energy_is_named_with_its_row(lively: Lively) -> None:
    """One transaction per corruption, rolled back afterwards."""
    silent: list[str] = []
    with lively.bench.store.connect_owner() as owner:
        owner.execute("ALTER TABLE ledger.proposal DROP CONSTRAINT proposal_limited_id_fkey")
        for name, (invariant, statement, named) in CORRUPTIONS.items():
            with owner.transaction(force_rollback=True):
                done = owner.execute(lively.fill(statement, quote="'"))
                assert done.rowcount, f"{name}: no row was changed"
                found = {v.invariant: v.offenders for v in check_invariants(owner, elsewhere={}) if not v.holds}
            if not any(lively.fill(named) in offender for offender in found.get(invariant, [])):
                silent.append(f"{invariant}, {name}: the check says {found or 'that all holds'}, not {named}")
    assert silent == []
    assert lively.bench.broken() == {}
