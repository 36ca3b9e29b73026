"""Reductions over time: business days, refunds on the day of the refund, and the same sums as the statements."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.simulation.running import Bench
from tests.surface.asking import MONDAY, Asker, token

from ditan.kernel.clock import BUSINESS_ZONE
from ditan.model import BankEvent
from ditan.testing import factories

HOUR = timedelta(hours=1)


def ride(event_id: str, at: datetime, **changes: Any) -> BankEvent:
    return replace(factories.event("metro_ride"), event_id=event_id, occurred_at=at, **changes)


@pytest.fixture
def lived(bench: Bench, tmp_path: Path) -> Bench:
    """Rides around a midnight and a month's end, a bill, a refund in July of a ride in June, a neighbor."""
    june = ride("june", datetime(2026, 6, 30, 21, tzinfo=BUSINESS_ZONE))
    events = [
        june,
        ride("first", datetime(2026, 7, 1, tzinfo=BUSINESS_ZONE)),
        ride("late", datetime(2026, 7, 4, 23, tzinfo=BUSINESS_ZONE)),
        ride("early", datetime(2026, 7, 5, 3, tzinfo=BUSINESS_ZONE)),
        factories.event("utility_payment", occurred_at=MONDAY - HOUR),
        factories.refund(june, 200, occurred_at=datetime(2026, 7, 3, 9, tzinfo=BUSINESS_ZONE)),
        ride("hers", MONDAY - 2 * HOUR, customer_ref="cust-wang", card_ref="card-wang-d"),
    ]
    bench.ingest_events("mixed", events, tmp_path)
    return bench


def test_days_are_the_customers_and_a_refund_counts_on_its_own_day(lin: Asker, lived: Bench) -> None:
    found = lin.get("/v1/reductions?by=day&month=2026-07")
    assert (found["by"], found["from"], found["to"]) == ("day", "2026-07-01", "2026-07-31")
    metro = [(row["period"], row["acts"], row["carbon_mg"], row["energy"]) for row in found["rows"][:4]]
    assert metro == [
        ("2026-07-01", 1, 340_910, 20),
        ("2026-07-03", 0, -170_455, -10),
        ("2026-07-04", 1, 340_910, 20),
        ("2026-07-05", 1, 340_910, 20),
    ]
    assert [(row["period"], row["family"]) for row in found["rows"][4:]] == [("2026-07-06", "finance")]


def test_months_of_a_year_are_the_statements(lin: Asker, lived: Bench) -> None:
    year = lin.get("/v1/reductions?by=month&year=2026")
    assert (year["from"], year["to"]) == ("2026-01-01", "2026-12-31")
    statements = {month["month"]: month for month in lin.get("/v1/statements")["months"]}
    assert {row["period"] for row in year["rows"]} == set(statements) == {"2026-06", "2026-07"}
    for month, told in statements.items():
        days = lin.get(f"/v1/reductions?by=day&month={month}")["total"]
        rows = [row for row in year["rows"] if row["period"] == month]
        summed = {name: sum(row[name] for row in rows) for name in ("acts", "carbon_mg", "energy")}
        statement = lin.get(f"/v1/statements/{month}")
        assert days == summed == {name: told[name] for name in days}
        assert (days["carbon_mg"], days["energy"]) == (statement["carbon_mg"], statement["energy"])
        families = {row["family"]: row["carbon_mg"] for row in rows}
        for family, mg in families.items():
            assert mg == sum(each["carbon_mg"] for each in statement["scenarios"] if each["family"] == family)
    assert year["total"]["carbon_mg"] == lin.get("/v1/home")["carbon"]["total_mg"]


def test_reductions_are_one_trip_and_without_a_period_of_now(lin: Asker, lived: Bench) -> None:
    assert lin.get("/v1/reductions") == lin.get("/v1/reductions?by=day&month=2026-07")
    assert lin.get("/v1/reductions?by=month") == lin.get("/v1/reductions?by=month&year=2026")
    with lived.store.count_statements() as count:
        lin.get("/v1/reductions?by=month")
    assert dict(count.by_name) == {"read_reductions": 1}


def test_a_quiet_month_is_empty_and_no_account_is_said(lin: Asker, client: Any) -> None:
    quiet = lin.get("/v1/reductions?month=2026-02")
    assert (quiet["rows"], quiet["total"]) == ([], {"acts": 0, "carbon_mg": 0, "energy": 0})
    answer = Asker(client, token("cust-new", now=MONDAY))("GET", "/v1/reductions")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_account")


@pytest.mark.parametrize("query", ["by=week", "by=month&month=2026-07", "by=day&year=2026", "month=0001-01", "month=7"])
def test_periods_that_are_none_are_refused(lin: Asker, query: str) -> None:
    assert lin("GET", f"/v1/reductions?{query}").status_code == 400
