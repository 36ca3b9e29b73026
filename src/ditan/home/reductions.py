"""What a customer reduced, by day or by month and by family: what the charts of the page are drawn from."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import psycopg
from msgspec import field

from ditan.home import store
from ditan.kernel.clock import business_day
from ditan.kernel.ids import key
from ditan.model import Family, Noun


class By(StrEnum):
    """How long a period is."""

    DAY = "day"
    MONTH = "month"


class ReductionRow(Noun, kw_only=True):
    """One family in one business day or month, net of what was taken back in it: a refund may make it negative."""

    period: str
    family: Family
    acts: int
    carbon_mg: int
    energy: int


class ReductionSum(Noun, kw_only=True):
    """All periods and families together. Carbon and energy are never added."""

    acts: int
    carbon_mg: int
    energy: int


class Reductions(Noun, kw_only=True):
    """Periods in which anything happened, the earliest first. `from` and `to` are business days, both included."""

    by: By
    first: date = field(name="from")
    last: date = field(name="to")
    rows: list[ReductionRow]
    total: ReductionSum


_FORM: Final = {By.DAY: "YYYY-MM-DD", By.MONTH: "YYYY-MM"}


def read_reductions(
    connection: psycopg.Connection[Any], customer_ref: str, by: By, start: datetime, end: datetime
) -> Reductions | None:
    """Give what was reduced between two instants; None when there is no account."""
    asked = {"customer_key": key(customer_ref), "form": _FORM[by], "start": start, "end": end}
    found = store.fetch(connection, "read_reductions", asked)
    if not found:
        return None
    rows = [ReductionRow(**row | {"family": Family(row["family"])}) for row in found if row["period"] is not None]
    return Reductions(
        by=by,
        first=business_day(start),
        last=business_day(end - timedelta(microseconds=1)),
        rows=rows,
        total=ReductionSum(
            acts=sum(row.acts for row in rows),
            carbon_mg=sum(row.carbon_mg for row in rows),
            energy=sum(row.energy for row in rows),
        ),
    )
