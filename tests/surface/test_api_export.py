"""What a customer takes along is everything that is kept of her, and nothing of anybody else."""

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from tests.simulation.running import Bench
from tests.surface.asking import LIN, MONDAY, Asker

from ditan.kernel.clock import FixedClock
from ditan.kernel.ids import key
from ditan.testing import factories

HOUR = timedelta(hours=1)


def lived(lin: Asker, bench: Bench, clock: FixedClock, folder: Path) -> None:
    """A life with a bit of everything, and a neighbor's ride in the same file."""
    paid = replace(factories.event("metro_ride"), event_id="paid", occurred_at=MONDAY - 3 * HOUR, descriptor="=1+1")
    bill = factories.event("utility_payment", occurred_at=MONDAY - HOUR)
    hers = replace(paid, event_id="hers", customer_ref="cust-wang", card_ref="card-wang-d")
    early = factories.refund(replace(paid, event_id="not there yet"), 300, occurred_at=MONDAY)
    events = [paid, bill, hers, factories.refund(paid, 200, occurred_at=MONDAY), factories.payment(), early]
    bench.ingest_events("mixed", events, folder)
    clock.advance(timedelta(days=1))
    lin.post("/v1/balls/collect")
    lin("PUT", "/v1/settings", json={"large_type": True})
    lin.post("/v1/consents/steps/withdraw")


def test_everything_that_is_kept_is_there(lin: Asker, bench: Bench, clock: FixedClock, tmp_path: Path) -> None:
    lived(lin, bench, clock, tmp_path)
    found = lin.get("/v1/export")
    kept: dict[str, Any] = found["kept"]
    customer = bench.one("SELECT customer_id FROM accounts.customer WHERE customer_ref = %s", LIN)
    for part, table in (
        ("acts", "ledger.act"), ("reversals", "ledger.reversal"), ("entries", "ledger.entry"),
        ("consents", "accounts.consent"), ("cards", "accounts.card"), ("waiting_refunds", "feed.waiting_refund"),
    ):  # fmt: skip
        assert len(kept[part]) == bench.one(f"SELECT count(*) FROM {table} WHERE customer_id = %s", customer) > 0, part
    assert kept["customer_ref"] == LIN
    assert kept["preferences"] == {"language": "auto", "large_type": True, "personalised": False}
    assert [consent["purpose"] for consent in kept["consents"] if consent["withdrawn_at"]] == ["steps"]
    assert kept["balance"]["carbon_mg"] == lin.get("/v1/home")["carbon"]["total_mg"]
    assert {event["event_id"] for event in found["events"]} == {"paid", "utility_payment-1"}
    assert found["missing_files"] == 0
    assert "wang" not in str(found)


def test_every_table_that_names_a_customer_is_exported(bench: Bench) -> None:
    """A table that is added later and holds something of a customer must be exported as well.

    A proposal is the bank's draft; what it becomes is an entry. A remembered request is a hash and the
    answer she got, an occasion or a match a hash that leads to an act of hers. Who was there on which days is worked
    out from her acts; who of the staff looked at her is the bank's own log.
    """
    named = bench.ask(
        "SELECT table_schema || '.' || table_name FROM information_schema.columns JOIN information_schema.tables"
        " USING (table_schema, table_name) WHERE column_name IN ('customer_id', 'customer_key', 'customer_ref')"
        " AND table_type = 'BASE TABLE' AND table_schema NOT LIKE 'pg_%' GROUP BY 1 ORDER BY 1"
    )
    assert [row[0] for row in named] == [
        "accounts.card", "accounts.consent", "accounts.customer", "accounts.segment_member", "api.request",
        "console.access_log", "feed.waiting_refund", "home.dispute", "home.notice_read",
        "home.preference", "insight.presence", "ledger.act", "ledger.entry", "ledger.holder", "ledger.match",
        "ledger.occasion", "ledger.proposal", "ledger.reversal", "rewards.address", "rewards.address_key",
        "rewards.order", "rewards.order_address",
    ]  # fmt: skip


def test_the_table_has_the_same_facts_and_no_formula(
    lin: Asker, bench: Bench, clock: FixedClock, tmp_path: Path
) -> None:
    lived(lin, bench, clock, tmp_path)
    answer = lin("GET", "/v1/export.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    found = lin.get("/v1/export")
    for kind, facts in (
        ("act", found["kept"]["acts"]), ("reversal", found["kept"]["reversals"]), ("event", found["events"]),
        ("entry", found["kept"]["entries"]),
    ):  # fmt: skip
        assert len([row for row in rows if row["kind"] == kind]) == len(facts)
    acts = sum(int(row["carbon_mg"]) for row in rows if row["kind"] == "act")
    taken = sum(int(row["carbon_mg"]) for row in rows if row["kind"] == "reversal")
    assert acts - taken == found["kept"]["balance"]["carbon_mg"]
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]


def test_evidence_that_is_gone_is_counted(lin: Asker, bench: Bench, clock: FixedClock, tmp_path: Path) -> None:
    lived(lin, bench, clock, tmp_path)
    for file in (bench.settings.home / "archive").rglob("*.parquet"):
        file.unlink()
    found = lin.get("/v1/export")
    assert (found["events"], found["missing_files"], len(found["kept"]["acts"])) == ([], 1, 2)


def test_a_remembered_request_names_nobody(lin: Asker, bench: Bench, clock: FixedClock, tmp_path: Path) -> None:
    lived(lin, bench, clock, tmp_path)
    stored = bench.ask("SELECT request_key, content_key, answer::text FROM api.request")
    assert len(stored) == 3
    assert LIN not in str(stored)
    assert key(LIN) not in {value for row in stored for value in row}
