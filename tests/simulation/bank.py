"""A bank for tests that post without a feed: rows as the stages before the ledger leave them, and a real database.

Used by the models of posting and of energy (`oracle.py`, `energy_oracle.py`).
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import msgspec
import psycopg
import pyarrow as pa
from tests.simulation.oracle import FOREVER, Account, Ending, Limits, Offer
from tests.simulation.running import shipped

from ditan import feed, ledger
from ditan.accounts import AccountEvent, Action, apply_events
from ditan.model import Caps, CardProduct, Deduplication, Energy, Purpose, Scenario
from ditan.store import Store

NOW = datetime(2026, 12, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NO_CAP_MG = 2**62

_TEXT, _WHOLE, _TIME = pa.string(), pa.int64(), pa.timestamp("us")
_COLUMNS = {
    "row_number": _WHOLE, "event_key": _TEXT, "content_key": _TEXT, "original_key": _TEXT, "match_key": _TEXT,
    "source": _TEXT, "event_id": _TEXT, "kind": _TEXT, "customer_ref": _TEXT, "card_ref": _TEXT, "card_product": _TEXT,
    "channel": _TEXT, "occurred_at": _TIME, "settled_on": pa.date32(), "amount_fen": _WHOLE, "currency": _TEXT,
    "mcc": pa.int16(), "merchant_id": _TEXT, "descriptor": _TEXT, "city": pa.int32(), "service": _TEXT,
    "attributes": _TEXT, "scenario": pa.int16(), "evidence": _TEXT, "confidence": pa.decimal128(4, 3),
    "occasion": _TEXT, "rate_id": pa.int32(), "activity_source": _TEXT, "quantity_milli": _WHOLE, "raw_mg": _WHOLE,
    "carbon_mg": _WHOLE, "energy": pa.int32(),
}  # fmt: skip
_OF_ACTS_ONLY = ("scenario", "evidence", "confidence", "occasion", "rate_id", "activity_source", "quantity_milli",
                 "raw_mg", "carbon_mg", "energy")  # fmt: skip


def _row(offer: Offer) -> dict[str, Any]:
    kind = "card_reversal" if offer.reversal else "card_refund"
    if not offer.refund:
        kind = "card_payment" if offer.payment else "service_event"
    return {
        "row_number": offer.row_number,
        "event_key": str(offer.key),
        "content_key": str(offer.content),
        "original_key": str(offer.original) if offer.original else None,
        "match_key": str(offer.match) if offer.match else None,
        "kind": kind,
        "customer_ref": offer.customer,
        "card_ref": offer.card,
        "occurred_at": offer.at,
        "amount_fen": offer.fen,
        "currency": "CNY",
        "scenario": offer.scenario,
        "occasion": offer.occasion,
        "rate_id": 0,
        "quantity_milli": 1_000,
        "raw_mg": offer.carbon_mg or -7,
        "carbon_mg": offer.carbon_mg,
        "energy": offer.energy,
    }


def _table(duck: duckdb.DuckDBPyConnection, name: str, offers: list[Offer]) -> None:
    rows = [_row(offer) for offer in offers]
    columns = {column: pa.array([row.get(column) for row in rows], kind) for column, kind in _COLUMNS.items()}
    duck.register("rows_as_text", pa.table(columns))
    keys = ", ".join(f"{column}::UUID AS {column}" for column in _COLUMNS if column.endswith("_key"))
    left_out = f" EXCLUDE ({', '.join(_OF_ACTS_ONLY)})" if name == "refund" else ""
    replaced = f"SELECT * REPLACE ({keys}) FROM rows_as_text"
    duck.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT *{left_out} FROM ({replaced})")
    duck.unregister("rows_as_text")


class Bank:
    """A database in which one case after the other is played."""

    def __init__(self, store: Store, duck: duckdb.DuckDBPyConnection) -> None:
        self.store, self.duck = store, duck
        self.played = 0

    def open(self, limits: dict[int, Limits], accounts: dict[str, Account]) -> int:
        """Begin anew: nothing of the case before, its own methodology and accounts. Give the pack's number."""
        with self.store.connect_owner() as owner:
            tables = owner.execute(
                "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
                " WHERE schemaname IN ('ledger', 'feed', 'accounts') AND tablename <> 'cut'"
            ).fetchall()
            owner.execute(f"TRUNCATE {', '.join(name for (name,) in tables)} RESTART IDENTITY CASCADE")
        self.played += 1
        version, pack = f"case-{self.played}", _pack_with(limits)
        self.store.run(lambda connection: apply_events(connection, _account_events(accounts)))
        return self.store.run(lambda c: ledger.registered_pack(c, pack, version, b"{}", []))

    def post(
        self, pack_id: int, acts: list[Offer], refunds: list[Offer], now: datetime = NOW
    ) -> tuple[dict[int, Ending], int]:
        """Post a batch; give the ending of every row and the number of released refunds."""
        _table(self.duck, "quantified", acts)
        _table(self.duck, "refund", refunds)

        def work(connection: psycopg.Connection[Any]) -> int:
            batch = feed.next_batch(connection)
            outcome = ledger.post(connection, self.duck, batch_id=batch, pack_id=pack_id, now=now)
            connection.execute(
                "INSERT INTO feed.batch (batch_id, feed, file_name, file_sha256, chunk, pack_id, received_at,"
                " rows_read, digest) VALUES (%s, 'model', 'model', '', 0, %s, %s, 0, '')",
                [batch, pack_id, now],
            )
            connection.execute(
                "INSERT INTO feed.evidence_file SELECT batch_id, batch_id::text, count(*), 0, '' FROM ledger.act"
                " WHERE batch_id = %s GROUP BY batch_id",
                [batch],
            )
            return outcome.released

        released = self.store.run(work)
        rows = self.duck.execute("SELECT row_number, code, carbon_mg, energy, cut FROM outcome").fetchall()
        return {row[0]: Ending(*row[1:]) for row in rows if row[0] >= 0}, released

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        with self.store.unit_of_work() as connection:
            return connection.execute(question).fetchall()


def _pack_with(limits: dict[int, Limits]) -> Any:
    scenarios: list[Scenario] = []
    for scenario in shipped().scenarios:
        if (of := limits.get(scenario.number)) is None:
            continue
        reward: Energy = msgspec.structs.replace(
            scenario.reward, daily_acts=of.energy_daily, monthly_acts=of.energy_monthly
        )
        grams = None if of.monthly_mg >= NO_CAP_MG else of.monthly_mg // 1_000
        caps = Caps(daily_acts=of.daily, monthly_acts=of.monthly, monthly_g=grams)
        gap = Deduplication(min_gap_minutes=int(of.gap / MINUTE))
        consent = [Purpose(purpose) for purpose in sorted(of.purposes)]
        scenarios.append(
            msgspec.structs.replace(scenario, caps=caps, reward=reward, deduplication=gap, consent=consent)
        )
    return msgspec.structs.replace(shipped(), scenarios=scenarios)


def _account_events(accounts: dict[str, Account]) -> Iterator[AccountEvent]:
    for customer, account in accounts.items():
        who: dict[str, Any] = {"customer_ref": customer}
        yield AccountEvent(at=_utc(account.opened), action=Action.OPEN, **who)
        for purpose, spells in account.consents.items():
            for since, until in spells:
                about = who | {"purpose": Purpose(purpose)}
                yield AccountEvent(at=_utc(since), action=Action.GRANT_CONSENT, **about)
                if until < account.closed:
                    yield AccountEvent(at=_utc(until), action=Action.WITHDRAW_CONSENT, **about)
        for card, spells in account.cards.items():
            for since, until in spells:
                about = who | {"card_ref": card, "card_product": CardProduct.DEBIT}
                yield AccountEvent(at=_utc(since), action=Action.LINK_CARD, **about)
                if until < account.closed:
                    yield AccountEvent(at=_utc(until), action=Action.UNLINK_CARD, **about)
        if account.closed < FOREVER:
            yield AccountEvent(at=_utc(account.closed), action=Action.CLOSE, **who)


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC)
