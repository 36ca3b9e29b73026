"""Every promise that the database can break is broken here by one row, and `check` names the promise and the row.

The corruption is done as the owner of the tables, because the application cannot: that is tested as well.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from msgspec.structs import replace
from tests.conftest import Seeded
from tests.simulation.running import Bench

from ditan.cli.check import verify
from ditan.feed import ARCHIVE
from ditan.kernel.errors import InvariantViolation
from ditan.kernel.ids import act_id, key
from ditan.kernel.invariants import INVARIANTS
from ditan.proof import check_invariants
from ditan.store import Store
from ditan.testing import factories

RIDE = factories.event("metro_ride")
BILL = factories.event("utility_payment")
BACK = factories.refund(RIDE, 150)
RIDE_ID, BILL_ID, BACK_ID = (act_id(e.source, e.event_id) for e in (RIDE, BILL, BACK))
PAN = "6222021234567890128"  # belongs to nobody


@pytest.fixture
def bench(seeded: Seeded, tmp_path: Path) -> Bench:
    """A ledger with an act that was refunded in part, one that was not, and a conflict; every promise holds."""

    def make(store: Store) -> None:
        made = Bench(store)
        who = '"customer_ref":"cust-lin","at":"2026-06-01T08:00:00+08:00"'
        made.decide_lines(
            [
                f'{{{who},"action":"open"}}',
                *(f'{{{who},"action":"grant_consent","purpose":"{p}"}}' for p in ("card_payments", "whereabouts")),
                f'{{{who},"action":"link_card","card_ref":"card-lin-d","card_product":"debit"}}',
            ]
        )
        late = replace(BACK, occurred_at=BACK.occurred_at + timedelta(hours=1))
        endings = made.ingest_events("first", [RIDE, BILL, late, replace(BILL, amount_fen=9_000)], tmp_path)
        assert {end.code for end in endings.values()} == {"posted", "refunded"}
        assert made.broken() == {}

    return Bench(seeded("invariants", make))


class Corruption(NamedTuple):
    """What is done to the database, which promise it breaks, and what the verdict must say."""

    name: str
    invariant: str
    statement: str
    parameters: tuple[Any, ...]
    named: str


LIN = f"customer {(key('cust-lin').bytes[0] >> 2 << 40) + 1}"


def altered(column: str, place: int, change: str) -> str:
    """Change one number of a packed column."""
    numbers = f"(SELECT array_agg(CASE WHEN n = {place} THEN value {change} ELSE value END ORDER BY n)"
    numbers += f" FROM unnest(ledger.unpacked({column})) WITH ORDINALITY AS part (value, n))"
    return f"UPDATE ledger.holder SET {column} = ledger.packed({numbers})"


CORRUPTIONS = (
    Corruption(
        "a row of the feed that ended nowhere",
        "INV-01",
        "UPDATE feed.tally SET rows = rows - 1 WHERE stage = 'accept' AND code = 'accepted'",
        (),
        "batch 1",
    ),
    Corruption(
        "a row that recognition lost",
        "INV-01",
        "UPDATE feed.tally SET rows = rows + 1 WHERE stage = 'recognize' AND code = 'recognized'",
        (),
        "batch 1",
    ),
    Corruption(
        "a row that quantification lost", "INV-01", "DELETE FROM feed.tally WHERE stage = 'quantify'", (), "batch 1"
    ),
    Corruption(
        "a row that the ledger lost",
        "INV-01",
        "DELETE FROM feed.tally WHERE stage = 'post' AND code = 'refunded'",
        (),
        "batch 1",
    ),
    Corruption("a file that was counted otherwise", "INV-01", "UPDATE feed.batch SET rows_read = 5", (), "batch 1"),
    Corruption(
        "a conflict that was applied",
        "INV-02",
        "UPDATE ledger.act a SET content_key = c.content_key FROM feed.conflict c WHERE c.event_key = a.act_id",
        (),
        str(BILL_ID),
    ),
    Corruption(
        "an event that is an act and a refund",
        "INV-02",
        "UPDATE ledger.reversal SET reversal_id = %s",
        (BILL_ID,),
        str(BILL_ID),
    ),
    Corruption(
        "a scenario that issued other grams than its acts",
        "INV-03",
        "UPDATE ledger.issued SET carbon_mg = carbon_mg + 1 WHERE scenario = 1 AND NOT taken_back",
        (),
        "scenario 1",
    ),
    Corruption(
        "a scenario that issued other points",
        "INV-03",
        "UPDATE ledger.issued SET energy = energy - 1 WHERE scenario = 10",
        (),
        "scenario 10",
    ),
    Corruption("a scenario left out of the books", "INV-03", "DELETE FROM ledger.issued WHERE scenario = 1", (), "1"),
    Corruption("a right to change acts", "INV-04", "GRANT UPDATE ON ledger.act TO ditan_app", (), "UPDATE ledger.act"),
    Corruption(
        "a right to delete reversals",
        "INV-04",
        "GRANT DELETE ON ledger.reversal TO ditan_app",
        (),
        "DELETE ledger.reversal",
    ),
    Corruption(
        "a right to change one column",
        "INV-04",
        "GRANT UPDATE (carbon_mg) ON ledger.act TO ditan_app",
        (),
        "UPDATE ledger.act",
    ),
    Corruption(
        "a balance of grams", "INV-05", "UPDATE ledger.holder SET carbon_mg = carbon_mg + 1", (), LIN
    ),
    Corruption(
        "a balance of points", "INV-05", "UPDATE ledger.holder SET pending_energy = pending_energy + 1", (), LIN
    ),
    Corruption(
        "a used quota: acts", "INV-05", altered("quota", 2, "+ 1"), (), LIN
    ),
    Corruption(
        "a used quota: grams", "INV-05", altered("quota", 3, "- 1"), (), LIN
    ),
    Corruption(
        "a used quota: the day", "INV-05", altered("quota", 4, "+ 1"), (), LIN
    ),
    Corruption("a used quota that is gone", "INV-05", "UPDATE ledger.holder SET quota = ''", (), LIN),
    Corruption(
        "a refund that took too little",
        "INV-06",
        "UPDATE ledger.reversal SET carbon_mg = carbon_mg - 1",
        (),
        str(RIDE_ID),
    ),
    Corruption(
        "a refund that took points too many",
        "INV-06",
        "UPDATE ledger.reversal SET energy = energy + 1, pending_energy = pending_energy + 1",
        (),
        str(RIDE_ID),
    ),
    Corruption(
        "a refund of other money", "INV-06", "UPDATE ledger.reversal SET amount_fen = 400", (), str(RIDE_ID)
    ),
    Corruption(
        "a refund of no act",
        "INV-06",
        "UPDATE ledger.reversal SET act_id = %s",
        (BACK_ID,),
        str(BACK_ID),
    ),
    Corruption(
        "an act before the account was opened",
        "INV-09",
        "UPDATE ledger.act SET occurred_at = '2026-05-31T00:00:00Z' WHERE act_id = %s",
        (RIDE_ID,),
        str(RIDE_ID),
    ),
    Corruption(
        "a consent that was never given",
        "INV-09",
        "DELETE FROM accounts.consent WHERE purpose = 'whereabouts'",
        (),
        str(RIDE_ID),
    ),
    Corruption(
        "a consent that had ended",
        "INV-09",
        "UPDATE accounts.consent SET withdrawn_at = granted_at + interval '1 minute'",
        (),
        str(BILL_ID),
    ),
    Corruption(
        "an account that was closed",
        "INV-09",
        "UPDATE accounts.customer SET closed_at = '2026-07-01T00:00:00Z'",
        (),
        str(RIDE_ID),
    ),
    Corruption("an act of nobody", "INV-09", "UPDATE ledger.act SET customer_id = 77", (), "customer 77"),
    Corruption(
        "a card that was never linked",
        "INV-09",
        "DELETE FROM accounts.card",
        (),
        LIN,
    ),
    Corruption(
        "the ledger's own idea of a consent",
        "INV-09",
        altered("permits", 2, "- 1000000"),
        (),
        LIN,
    ),
    Corruption(
        "the ledger's own idea of a card",
        "INV-09",
        altered("permits", 7, "+ 1"),
        (),
        LIN,
    ),
    Corruption("a customer without a row in the ledger", "INV-09", "DELETE FROM ledger.holder", (), LIN),
    Corruption("a card number as pseudonym", "INV-13", "UPDATE accounts.customer SET customer_ref = %s", (PAN,), "62"),
    Corruption(
        "a card number in a token", "INV-13", "UPDATE accounts.card SET card_ref = 'tok-' || %s", (PAN,), "tok"
    ),
    Corruption(
        "a card number with dashes",
        "INV-13",
        "UPDATE accounts.card SET card_ref = %s",
        ("6222-0212-3456-7890-128",),
        "622",
    ),
    Corruption("a card number as a file's name", "INV-13", "UPDATE feed.batch SET file_name = %s", (PAN,), "622"),
    Corruption(
        "a card number in the text of a consent",
        "INV-13",
        "UPDATE accounts.consent SET version = %s WHERE purpose = 'whereabouts'",
        (PAN,),
        "622",
    ),
    Corruption("acts without evidence", "INV-15", "DELETE FROM feed.evidence_file", (), "batch 1"),
    Corruption(
        "evidence of fewer acts", "INV-15", "UPDATE feed.evidence_file SET rows = rows - 1", (), "batch 1"
    ),
)  # fmt: skip


@pytest.mark.invariant("INV-01")
@pytest.mark.invariant("INV-02")
@pytest.mark.invariant("INV-03")
@pytest.mark.invariant("INV-04")
@pytest.mark.invariant("INV-05")
@pytest.mark.invariant("INV-06")
@pytest.mark.invariant("INV-09")
@pytest.mark.invariant("INV-13")
@pytest.mark.invariant("INV-15")
def test_a_broken_promise_is_named_with_its_row(bench: Bench) -> None:
    """One transaction per corruption, rolled back afterwards, so that all of them share one database."""
    silent: list[str] = []
    with bench.store.connect_owner() as owner:
        for corruption in CORRUPTIONS:
            found = _broken_by(owner, corruption)
            offenders = found.get(corruption.invariant, [])
            if not any(corruption.named in offender for offender in offenders):
                silent.append(f"{corruption.invariant}, {corruption.name}: the check says {found or 'that all holds'}")
    assert silent == []
    assert bench.broken() == {}


def _broken_by(owner: psycopg.Connection[Any], corruption: Corruption) -> dict[str, list[str]]:
    with owner.transaction(force_rollback=True):
        done = owner.execute(corruption.statement, corruption.parameters or None)
        assert done.rowcount, f"{corruption.name}: no row was changed"
        verdicts = check_invariants(owner, elsewhere={})
    return {verdict.invariant: verdict.offenders for verdict in verdicts if not verdict.holds}


@pytest.mark.invariant("INV-12")
@pytest.mark.parametrize("setting", ["synchronous_commit", "fsync", "full_page_writes"])
def test_a_server_that_does_not_keep_what_it_acknowledged_is_named(bench: Bench, setting: str) -> None:
    with bench.store.connect_owner() as owner:
        if setting != "synchronous_commit":
            # These belong to the whole server, which other tests share: the check is shown a server that says so.
            owner.execute(f"CREATE TEMPORARY VIEW pg_settings AS SELECT '{setting}' AS name, 'off' AS setting")
            owner.execute("SET search_path = pg_temp, pg_catalog, public")
        else:
            owner.execute("SET synchronous_commit = off")
        found = {v.invariant: v.offenders for v in check_invariants(owner, elsewhere={}) if not v.holds}
    assert found == {"INV-12": [f"{setting} = off"]}


@pytest.mark.invariant("INV-10")
@pytest.mark.invariant("INV-12")
def test_an_archive_that_was_changed_is_named(bench: Bench) -> None:
    archive = bench.settings.home / ARCHIVE
    [line] = bench.manifest()
    whole = (archive / line.path).read_bytes()

    def broken() -> dict[str, list[str]]:
        verdicts = verify(bench.settings, bench.store, quiet=True)
        return {verdict.invariant: verdict.offenders for verdict in verdicts if not verdict.holds}

    assert broken() == {}
    (archive / line.path).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert broken() == {"INV-12": [f"evidence file {line.path} is missing or altered"]}
    (archive / line.path).unlink()
    assert broken() == {"INV-12": [f"evidence file {line.path} is missing or altered"]}
    (archive / line.path).write_bytes(whole)
    bench.corrupt("UPDATE ledger.act SET quantified_mg = quantified_mg + 1 WHERE act_id = %s", RIDE_ID)
    assert str(RIDE_ID) in str(broken()["INV-10"])


@pytest.mark.invariant("INV-04")
@pytest.mark.parametrize("table", ["ledger.act", "ledger.reversal", "ledger.match", "ledger.cut", "feed.batch",
                                   "feed.tally", "feed.rejection", "feed.conflict", "feed.evidence_file",
                                   "methodology.pack", "methodology.scenario", "methodology.rate", "methodology.life",
                                   "ledger.entry", "ledger.issued", "ledger.sweep", "ledger.closed_day",
                                   "ledger.closed_line"])  # fmt: skip
def test_the_application_cannot_change_history(bench: Bench, table: str) -> None:
    with bench.store.connect_owner() as owner:
        row = owner.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum = 2", [table]
        ).fetchone()
    assert row is not None
    changes = [f"UPDATE {table} SET {row[0]} = {row[0]}", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"]
    for change in changes:
        with pytest.raises(psycopg.errors.InsufficientPrivilege), bench.store.unit_of_work() as connection:
            connection.execute(change)


@pytest.mark.invariant("INV-04")
@pytest.mark.parametrize("change", [
    "ALTER TABLE ledger.act DISABLE TRIGGER ALL", "DROP TABLE ledger.act", "CREATE TABLE ledger.other (a int)",
    "GRANT UPDATE ON ledger.act TO ditan_app", "DELETE FROM ledger.holder", "DELETE FROM accounts.consent",
    "DELETE FROM accounts.customer", "DELETE FROM accounts.card", "DELETE FROM ledger.limited",
    "DELETE FROM ledger.proposal", "TRUNCATE ledger.limited", "ALTER TABLE ledger.entry DROP CONSTRAINT two_people",
])  # fmt: skip
def test_the_application_owns_nothing(bench: Bench, change: str) -> None:
    before = bench.one("SELECT count(*) FROM information_schema.role_table_grants WHERE grantee = 'ditan_app'")
    try:
        with bench.store.unit_of_work() as connection:
            connection.execute(change)
    except psycopg.errors.InsufficientPrivilege:
        return
    # PostgreSQL answers a GRANT by somebody without the right to grant with a warning.
    after = bench.one("SELECT count(*) FROM information_schema.role_table_grants WHERE grantee = 'ditan_app'")
    assert change.startswith("GRANT")
    assert after == before


@pytest.mark.invariant("INV-05")
def test_a_balance_below_zero_is_refused_by_the_database(bench: Bench) -> None:
    with pytest.raises(InvariantViolation, match="INV-05"), bench.store.unit_of_work() as connection:
        connection.execute("UPDATE ledger.holder SET carbon_mg = -1")
    assert bench.broken() == {}


@pytest.mark.invariant("INV-03")
def test_an_act_of_less_than_nothing_is_refused_by_the_database(bench: Bench) -> None:
    statement = (
        "INSERT INTO ledger.act SELECT gen_random_uuid(), content_key, customer_id, batch_id, occurred_at, amount_fen,"
        " quantity_milli, quantified_mg, -1, energy, rate_id, pack_id, scenario, cut FROM ledger.act LIMIT 1"
    )
    with pytest.raises(InvariantViolation, match="INV-03"), bench.store.unit_of_work() as connection:
        connection.execute(statement)


@pytest.mark.invariant("INV-01")
@pytest.mark.parametrize("where", ["recognition", "quantification", "ledger"])
def test_a_boundary_that_does_not_balance_keeps_nothing_of_the_batch(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """A stage that loses a row stops the batch, and what it had written is rolled back."""
    from ditan import flow

    def losing(verb: Callable[..., Any], count: str) -> Callable[..., Any]:
        def lossy(*given: Any, **named: Any) -> Any:
            result = verb(*given, **named)
            if where == "ledger":
                return result._replace(posted=replace(result.posted, offered=result.posted.offered - 1))
            return replace(result, **{count: getattr(result, count) - 1})

        return lossy

    stage = getattr(flow, where)
    verb, count = {
        "recognition": ("recognize", "accepted"),
        "quantification": ("quantify", "recognized"),
        "ledger": ("post", "offered"),
    }[where]
    before = bench.digest(), bench.one("SELECT count(*) FROM feed.batch")
    monkeypatch.setattr(stage, verb, losing(getattr(stage, verb), count))
    more = factories.event("bus_ride", occurred_at=RIDE.occurred_at + timedelta(days=3))
    with pytest.raises(InvariantViolation, match="INV-01"):
        bench.ingest_events("more", [more], tmp_path)
    assert (bench.digest(), bench.one("SELECT count(*) FROM feed.batch")) == before


def test_every_invariant_has_a_verdict_and_a_sentence(bench: Bench) -> None:
    verdicts = bench.verdicts()
    assert [verdict.invariant for verdict in verdicts] == list(INVARIANTS) == [f"INV-{n:02d}" for n in range(1, 16)]
    assert all(verdict.promise.zh and verdict.promise.en for verdict in verdicts)
    # A promise that looked at nothing says that its subject does not exist yet, is looked at elsewhere, or that no
    # energy has moved so far.
    idle = {verdict.invariant for verdict in verdicts if not verdict.looked}
    assert idle == {verdict.invariant for verdict in verdicts if verdict.note} | {"INV-10", "INV-07", "INV-08"}
