"""Whoever is erased, in whatever order: totals, digests and proofs stay, and every promise holds (INV-14).

Then the promise is broken by one row at a time, and `check` names it. As in `test_invariants.py`.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.simulation.running import NOW, Bench, shipped

from ditan.accounts import AccountEvent, Action, Erasing, erase
from ditan.cli.check import verify
from ditan.feed import ARCHIVE
from ditan.kernel.clock import FixedClock
from ditan.kernel.ids import act_id, key
from ditan.proof import check_invariants, ledger_digest
from ditan.store import Store
from ditan.testing import factories
from ditan.testing.bank import make_bank, write

CUSTOMERS = 14
TOTALS = (
    "SELECT booked_on, asset, line, sum(amount), count(*) FROM ledger.posting GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    "SELECT sum(carbon_mg), sum(pending_energy), sum(available_energy), sum(owed_energy), count(*) FROM ledger.holder",
    "SELECT * FROM feed.tally ORDER BY 1, 2, 3",
    "SELECT * FROM feed.evidence_file ORDER BY 1",
    "SELECT act_id, carbon_mg, energy, quantified_mg FROM ledger.act ORDER BY 1",
    "SELECT reversal_id, act_id, carbon_mg, energy FROM ledger.reversal ORDER BY 1",
)
ONE_BANK = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@pytest.fixture
def bank(store: Store, tmp_path: Path) -> tuple[Bench, list[str]]:
    """A small bank that lived for ten days and whose customers all closed their accounts, but for one."""
    bench = Bench(store, clock=FixedClock(NOW))
    written = write(make_bank(CUSTOMERS, 10, 7, date(2026, 7, 1), shipped()), tmp_path)
    bench.decide_lines((tmp_path / "accounts.jsonl").read_bytes().splitlines())
    for name in written.files:
        bench.ingest(tmp_path / name, rows_max=400)
    bench.corrupt("DELETE FROM feed.waiting_refund")  # whoever is erased takes theirs along, and they are in the digest
    named = [row[0] for row in bench.ask("SELECT customer_ref FROM accounts.customer ORDER BY customer_ref")]
    bench.decide([AccountEvent(at=NOW, action=Action.CLOSE, customer_ref=who) for who in named[1:]])
    assert len(named) > 6
    assert bench.broken() == {}
    return bench, named


@pytest.mark.invariant("INV-14")
def test_whoever_is_erased_totals_and_proofs_stay(bank: tuple[Bench, list[str]]) -> None:
    bench, named = bank
    with bench.store.connect_owner() as owner:

        @settings(max_examples=12, deadline=None, suppress_health_check=ONE_BANK)
        @given(st.lists(st.sampled_from(named), min_size=1, max_size=len(named), unique=True))
        def erased_in_any_order(chosen: list[str]) -> None:
            with owner.transaction(force_rollback=True):
                before = [owner.execute(question).fetchall() for question in TOTALS], ledger_digest(owner)
                for who in chosen:
                    assert erase(owner, who, NOW) is (Erasing.OPEN if who == named[0] else Erasing.DONE)
                assert ([owner.execute(question).fetchall() for question in TOTALS], ledger_digest(owner)) == before
                assert {v.invariant: v.offenders for v in check_invariants(owner, elsewhere={}) if not v.holds} == {}
                found = {row[0] for row in owner.execute("SELECT customer_ref FROM accounts.customer").fetchall()}
                assert found - {None} == set(named) - set(chosen) | {named[0]}
                keys = {row[0] for row in owner.execute("SELECT customer_key FROM ledger.holder").fetchall()}
                assert keys & {key(who) for who in chosen} <= {key(named[0])}

        erased_in_any_order()


# --- broken by one row ----------------------------------------------------------------------------------------------

RIDE = factories.event("metro_ride")
BILL = factories.event("utility_payment")
BACK = factories.refund(RIDE, 150)
RIDE_ID, BILL_ID, BACK_ID = (act_id(e.source, e.event_id) for e in (RIDE, BILL, BACK))
GONE, HERS = 64 << 40, "(SELECT customer_id FROM ledger.holder WHERE customer_key IS NOT NULL LIMIT 1)"


class Corruption(NamedTuple):
    """What is done to the database, and what the verdict must say."""

    statement: str
    named: str


CORRUPTIONS = {
    "a name": Corruption(
        "ALTER TABLE accounts.customer DROP CONSTRAINT inv_14_named_or_erased;"
        " UPDATE accounts.customer SET customer_ref = 'cust-lin' WHERE erased_at IS NOT NULL", f"{GONE} has a name"),
    "a name in the ledger": Corruption(
        "ALTER TABLE ledger.holder DROP CONSTRAINT inv_14_named_or_erased;"
        f" UPDATE ledger.holder SET customer_key = '{key('cust-lin')}' WHERE customer_key IS NULL",
        f"{GONE} is erased in"),
    "an account that is not erased": Corruption(
        "ALTER TABLE ledger.holder DROP CONSTRAINT inv_14_named_or_erased;"
        " UPDATE ledger.holder SET customer_key = NULL", "is erased in the ledger and not in the accounts"),
    "a card": Corruption(f"UPDATE accounts.card SET customer_id = {GONE}", "a card"),
    "a preference": Corruption(
        f"INSERT INTO home.preference VALUES ({GONE}, 'en', true, true, now())", "a preference"),
    "a mark of what was read": Corruption(
        f"INSERT INTO home.notice_read VALUES ({GONE}, now(), gen_random_uuid())", "a mark of what was read"),
    "the words of a dispute": Corruption(
        "INSERT INTO home.dispute (customer_id, act_id, nth, reason, words, opened_at)"
        f" VALUES ({GONE}, '{RIDE_ID}', 1, 'other', 'her words', now())", "the words of a dispute"),
    "a waiting refund": Corruption(
        "INSERT INTO feed.waiting_refund SELECT gen_random_uuid(), gen_random_uuid(), NULL, NULL, true, 1, now(),"
        f" batch_id, now(), {GONE} FROM feed.batch LIMIT 1", "a waiting refund"),
    "a remembered request": Corruption(
        f"INSERT INTO api.request VALUES (gen_random_uuid(), gen_random_uuid(), NULL, now(), {GONE})",
        "a remembered request"),
    "an open correction": Corruption(
        "INSERT INTO ledger.proposal (proposal_id, content_key, kind, customer_id, amount, reason, maker, proposed_at)"
        f" VALUES (gen_random_uuid(), gen_random_uuid(), 'adjustment', {GONE}, 1, 'erased', 'a', now())",
        "an open correction"),
    "the words of a correction": Corruption(
        "INSERT INTO ledger.proposal (proposal_id, content_key, kind, customer_id, amount, reason, maker, proposed_at)"
        f" VALUES (gen_random_uuid(), '{'0' * 32}', 'adjustment', {GONE}, 1, 'her words', 'a', now())",
        "the reason of a correction"),
    "the content of an act": Corruption(
        f"UPDATE ledger.act SET content_key = act_id WHERE act_id = '{RIDE_ID}'", f"act {RIDE_ID}"),
    "the content of a refund": Corruption(
        f"UPDATE ledger.reversal SET content_key = act_id WHERE reversal_id = '{BACK_ID}'", f"reversal {BACK_ID}"),
    "the content of an act of somebody else": Corruption(
        f"UPDATE ledger.act SET content_key = '{'0' * 32}' WHERE customer_id = {HERS}", "is not erased"),
    "an occasion": Corruption(
        "INSERT INTO ledger.occasion SELECT gen_random_uuid(), act_id, customer_id FROM ledger.act"
        f" WHERE act_id = '{BILL_ID}'",
        "its occasion"),
    "a match": Corruption(
        "INSERT INTO ledger.match SELECT gen_random_uuid(), act_id, occurred_at, amount_fen, customer_id"
        f" FROM ledger.act WHERE act_id = '{RIDE_ID}'", "its match"),
    "a conflict": Corruption(
        "INSERT INTO feed.conflict SELECT act_id, gen_random_uuid(), batch_id, 1 FROM ledger.act"
        f" WHERE act_id = '{BILL_ID}'",
        "its conflict"),
}  # fmt: skip


@pytest.fixture
def erased(store: Store, tmp_path: Path) -> Bench:
    """One customer is erased, another is not."""
    bench = Bench(store, clock=FixedClock(NOW))
    for who in ("cust-lin", "cust-wang"):
        given_by = f'"customer_ref":"{who}","at":"2026-06-01T08:00:00+08:00"'
        bench.decide_lines([
            f'{{{given_by},"action":"open"}}',
            *(f'{{{given_by},"action":"grant_consent","purpose":"{p}"}}' for p in ("card_payments", "whereabouts")),
            f'{{{given_by},"action":"link_card","card_ref":"card-{who[5:]}-d","card_product":"debit"}}',
        ])  # fmt: skip
    other = factories.event("metro_ride", event_id="other", customer_ref="cust-wang", card_ref="card-wang-d")
    bench.ingest_events("first", [RIDE, BILL, BACK, other], tmp_path)
    bench.decide([AccountEvent(at=NOW, action=Action.CLOSE, customer_ref="cust-lin")])
    assert store.run(lambda connection: erase(connection, "cust-lin", NOW)) is Erasing.DONE
    assert bench.broken() == {}
    return bench


@pytest.mark.invariant("INV-14")
def test_a_trace_that_is_left_is_named(erased: Bench) -> None:
    silent: list[str] = []
    with erased.store.connect_owner() as owner:
        for name, corruption in CORRUPTIONS.items():
            offenders = _offenders(owner, corruption.statement)
            if not any(corruption.named in offender for offender in offenders):
                silent.append(f"{name}: the check says {offenders or 'that all holds'}")
    assert silent == []
    assert erased.broken() == {}


def _offenders(owner: psycopg.Connection[Any], statement: str) -> list[str]:
    with owner.transaction(force_rollback=True):
        for each in statement.split(";"):
            done = owner.execute(each)
        assert done.rowcount, "no row was changed"
        verdicts = check_invariants(owner, elsewhere={})
    return next(verdict.offenders for verdict in verdicts if verdict.invariant == "INV-14")


@pytest.mark.invariant("INV-14")
@pytest.mark.parametrize("change", [
    "UPDATE accounts.customer SET customer_ref = 'cust-lin' WHERE erased_at IS NOT NULL",
    "UPDATE accounts.customer SET customer_ref = NULL WHERE erased_at IS NULL",
    "UPDATE accounts.customer SET erased_at = now() WHERE erased_at IS NULL",
    f"UPDATE ledger.holder SET customer_key = '{key('cust-lin')}' WHERE customer_key IS NULL",
    "UPDATE ledger.holder SET customer_key = NULL",
])  # fmt: skip
def test_half_an_erasure_is_refused_by_the_database(erased: Bench, change: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="inv_14"):
        erased.corrupt(change)


@pytest.mark.invariant("INV-04")
@pytest.mark.invariant("INV-14")
@pytest.mark.parametrize("attempt", [
    "SELECT accounts.erase(customer_key, now()) FROM accounts.customer WHERE erased_at IS NULL",
    "UPDATE ledger.act SET content_key = act_id",
    "SELECT nextval('accounts.erased_customer_id')",
])  # fmt: skip
def test_the_application_can_erase_who_is_closed_and_nothing_else(erased: Bench, attempt: str) -> None:
    before = erased.acts()
    with suppress(psycopg.errors.InsufficientPrivilege):
        assert erased.one(attempt) == "open"
    assert erased.acts() == before
    assert erased.broken() == {}


@pytest.mark.invariant("INV-14")
def test_evidence_that_names_somebody_is_named(erased: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Files that an earlier Ditan wrote: all that was accepted."""
    everything: Callable[..., Any] = lambda duck, **_: duck.sql("SELECT * FROM quantified")  # noqa: E731
    monkeypatch.setattr("ditan.flow.ledger.evidence", everything)
    other = factories.event("bus_ride", event_id="named", customer_ref="cust-wang", card_ref="card-wang-d")
    erased.ingest_events("named", [other], tmp_path)
    verdicts = verify(erased.settings, erased.store, quiet=True)
    broken = {verdict.invariant: verdict.offenders for verdict in verdicts if not verdict.holds}
    [line] = [line for line in erased.manifest() if line.batch_id == 2]
    assert (erased.settings.home / ARCHIVE / line.path).is_file()
    assert [line.path in offender for offender in broken.pop("INV-14")] == [True]
    assert broken == {}
