"""A database of the first release, with data, becomes one of this release: nothing is lost, and it goes on working.

`released_0001.json` is what the first release left of a synthetic bank of six customers: accounts, a quarter of acts,
refunds, conflicts, waiting refunds. Its pack is without content, which no migration reads.
"""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row
from tests.conftest import database_url
from tests.simulation.running import Bench

from ditan import ledger
from ditan.accounts import AccountEvent
from ditan.accounts.changing import Action
from ditan.kernel.clock import FixedClock
from ditan.kernel.ids import act_id
from ditan.kernel.settings import Settings
from ditan.ledger import Collection
from ditan.model import CardProduct, Purpose
from ditan.proof import check_invariants
from ditan.store import Store, migrate, migrations
from ditan.testing import factories

DUMP = Path(__file__).with_name("released_0001.json")
RELEASED = 2  # migrations of the first release
IDENTITIES = {
    "methodology.pack": "pack_id",
    "accounts.customer": "customer_id",
    "accounts.card": "card_id",
    "accounts.consent": "consent_id",
    "feed.batch": "batch_id",
}

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def released() -> dict[str, Rows]:
    """What the first release left, table by table in the order of their references."""
    tables: dict[str, Rows] = json.loads(DUMP.read_text(encoding="utf-8"))
    return tables


@pytest.fixture
def old(
    template_url: str, released: dict[str, Rows], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    """A database as the first release left it."""
    name = f"old_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    with psycopg.connect(database_url(template_url, "postgres"), autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        url = database_url(template_url, name)
        store = Store(Settings(home=tmp_path, database_url=url), url)
        first = migrations.available_migrations()[:RELEASED]
        with monkeypatch.context() as patch:
            patch.setattr(migrations, "available_migrations", lambda: first)
            assert migrate(store) == ["0000_roles", "0001_initial"]
        fill(store, released)
        yield store
        store.close()
        server.execute(sql.SQL("DROP DATABASE {} (FORCE)").format(sql.Identifier(name)))


def fill(store: Store, tables: dict[str, Rows]) -> None:
    with store.connect_owner() as owner, owner.transaction():
        for table, rows in tables.items():
            rows_of_it = f"SELECT * FROM jsonb_populate_recordset(NULL::{table}, %s)"
            owner.execute(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE {rows_of_it}", [json.dumps(rows)])
        for table, column in IDENTITIES.items():
            owner.execute(f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), max({column})) FROM {table}")


def ask(store: Store, question: str) -> Rows:
    with store.connect_owner() as owner, owner.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(question).fetchall()


def broken(store: Store) -> dict[str, list[str]]:
    with store.unit_of_work() as connection:
        return {v.invariant: v.offenders for v in check_invariants(connection, elsewhere={}) if not v.holds}


def test_the_dump_has_something_of_everything(released: dict[str, Rows]) -> None:
    """A table without rows would prove nothing."""
    assert [table for table, rows in released.items() if not rows] == ["ledger.match"]
    assert all(row["permits"] and row["quota"] for row in released["ledger.holder"])
    assert sum(row["energy"] > 0 for row in released["ledger.holder"]) >= 3
    assert any(row["energy"] > 0 for row in released["ledger.reversal"])


@pytest.mark.invariant("INV-05")
def test_balances_permits_and_quotas_survive(old: Store, released: dict[str, Rows]) -> None:
    assert "0002_life_of_energy" in migrate(old)
    question = (
        "SELECT customer_id, carbon_mg, available_energy AS energy, ledger.unpacked(permits) AS permits,"
        " ledger.unpacked(quota) AS quota FROM ledger.holder ORDER BY customer_id"
    )
    kept = ("customer_id", "carbon_mg", "energy", "permits", "quota")
    before = sorted(released["ledger.holder"], key=lambda row: row["customer_id"])
    assert ask(old, question) == [{name: row[name] for name in kept} for row in before]
    issued = ask(old, "SELECT scenario, carbon_mg, energy FROM ledger.issuance ORDER BY scenario")
    given = [row for row in released["ledger.issuance"] if row["scenario"] in {one["scenario"] for one in issued}]
    assert issued == sorted(given, key=lambda row: row["scenario"])
    assert all(row["carbon_mg"] == row["energy"] == 0 for row in released["ledger.issuance"] if row not in given)
    for table, rows in released.items():
        if table not in {"ledger.holder", "ledger.issuance"}:
            [found] = ask(old, f"SELECT count(*) AS rows FROM {table}")
            assert found["rows"] == len(rows), table
    assert broken(old) == {}


def test_what_was_collected_before_can_be_used_for_twelve_months(old: Store, released: dict[str, Rows]) -> None:
    migrate(old)
    for row in ask(
        old, "SELECT available_energy, lots, balls, due_minute FROM ledger.holder WHERE available_energy > 0"
    ):
        [lot] = row["lots"]
        assert lot & (1 << 40) - 1 == row["available_energy"]
        last = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=lot >> 40)
        assert 360 <= (last - datetime.now(UTC)).days <= 400
        assert (last + timedelta(days=1)).day == 1, "the end of a month"
        assert row["balls"] == []
        assert row["due_minute"] <= ((lot >> 40) + 1) * 1440 - 480, "may be too early, never too late"


def test_migrating_twice_is_harmless(old: Store) -> None:
    migrate(old)
    with old.unit_of_work() as connection:
        rows = connection.execute("SELECT customer_id, lots, version FROM ledger.holder ORDER BY 1").fetchall()
    assert migrate(old) == []
    with old.unit_of_work() as connection:
        assert connection.execute("SELECT customer_id, lots, version FROM ledger.holder ORDER BY 1").fetchall() == rows


def test_a_migration_that_breaks_half_way_leaves_the_old_database(old: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one unit of work; the next attempt does all of it."""
    whole = migrations.available_migrations()
    cut = whole[RELEASED]._replace(text=whole[RELEASED].text + "\nSELECT 1 / 0;")
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "available_migrations", lambda: [*whole[:RELEASED], cut])
        with pytest.raises(psycopg.errors.DivisionByZero):
            migrate(old)
    assert ask(old, "SELECT count(*) AS n FROM store.migration") == [{"n": RELEASED}]
    assert ask(old, "SELECT to_regclass('ledger.entry') AS entry") == [{"entry": None}]
    assert "0002_life_of_energy" in migrate(old)
    assert broken(old) == {}


@pytest.mark.invariant("INV-06")
def test_the_migrated_bank_goes_on(old: Store, released: dict[str, Rows], tmp_path: Path) -> None:
    """Old customers earn, spend and are refunded; new ones join; every promise holds."""
    migrate(old)
    now = datetime.now(UTC)
    bench = Bench(old, clock=FixedClock(now))
    ref, customer_id, energy = richest(old)
    card = next(
        c["card_ref"] for c in released["accounts.card"] if c["customer_id"] == customer_id and not c["unlinked_at"]
    )
    new = {"occurred_at": (now - timedelta(hours=2)).replace(microsecond=0), "settled_on": None}
    events = [
        factories.event("metro_ride", event_id="new-1", customer_ref=ref, card_ref=card, **new),
        factories.event("metro_ride", event_id="new-2", customer_ref="C-NEW", card_ref="card-new", **new),
    ]
    opened = now - timedelta(days=1)
    bench.decide([
        AccountEvent(at=opened, action=Action.OPEN, customer_ref="C-NEW"),
        AccountEvent(at=opened, action=Action.LINK_CARD, customer_ref="C-NEW", card_ref="card-new",
                     card_product=CardProduct.DEBIT),
        *(AccountEvent(at=opened, action=Action.GRANT_CONSENT, customer_ref="C-NEW", purpose=p) for p in Purpose),
    ])  # fmt: skip
    ended = bench.ingest_events("new", events, tmp_path)
    assert {name: one.code for name, one in ended.items()} == {"new-1": "posted", "new-2": "posted"}
    who = old.run(lambda c: ledger.find_customer(c, ref))
    hold = old.run(lambda c: ledger.hold(c, who, "h", energy, deadline=now + timedelta(days=1), now=now))
    old.run(lambda c: ledger.capture(c, hold.entry_id, now=now, energy=energy - 1))
    later = now + timedelta(days=2)
    [answer] = old.run(lambda c: ledger.collect(c, [Collection(who, "tap")], later))
    assert answer.energy == 20
    with old.unit_of_work() as connection:
        assert ledger.balance(connection, ref, later).available_energy == 21
    take_back_old_act(bench, released, tmp_path)
    ledger.sweep(old, later + timedelta(days=500))
    assert broken(old) == {}
    assert isinstance(who, int)
    assert bench.one("SELECT customer_id FROM ledger.holder WHERE customer_id > 1000000") > 1 << 30, "by shard"


def richest(store: Store) -> tuple[str, int, int]:
    [row] = ask(
        store,
        "SELECT customer_ref, customer_id, available_energy"
        " FROM ledger.holder h JOIN accounts.customer USING (customer_id)"
        " WHERE h.closed_at IS NULL ORDER BY available_energy DESC LIMIT 1",
    )
    return row["customer_ref"], row["customer_id"], row["available_energy"]


def take_back_old_act(bench: Bench, released: dict[str, Rows], folder: Path) -> None:
    """A refund of an act that was posted by the first release, by the bank's id of it."""
    taken = {row["act_id"] for row in released["ledger.reversal"]}
    acts = [row for row in released["ledger.act"] if row["energy"] > 0 and row["amount_fen"] > 0]
    act = next(row for row in acts if row["act_id"] not in taken)
    original = factories.event("metro_ride", event_id="old", amount_fen=act["amount_fen"])
    assert act_id(original.source, original.event_id) != act["act_id"]
    bench.corrupt("UPDATE ledger.act SET act_id = %s WHERE act_id = %s", act_id(original.source, "old"), act["act_id"])
    bench.corrupt(
        "UPDATE ledger.occasion SET act_id = %s WHERE act_id = %s", act_id(original.source, "old"), act["act_id"]
    )
    ended = bench.ingest_events("old", [factories.refund(original, customer_ref="x")], folder)
    assert ended["old-r"].code == "refunded"
    assert ended["old-r"].energy == -act["energy"]
