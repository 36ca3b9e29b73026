"""Acts as a customer's list shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from ditan.home import store
from ditan.kernel.ids import key, read_act, show_act
from ditan.model import Family, Noun, Pack, Scenario, Text


class Cut(Noun, kw_only=True):
    """Why less was given than was quantified."""

    code: str
    reason: Text


class ActLine(Noun, kw_only=True):
    """One act. `carbon_mg` and `energy` are what was given; what refunds took back stands beside them."""

    act_id: str
    occurred_at: datetime
    scenario: str
    family: Family
    name: Text
    quantity_milli: int  # 1/1000 of `unit`
    unit: str
    activity_source: str
    tier: str
    quantified_mg: int
    carbon_mg: int
    energy: int
    reversed_mg: int
    reversed_energy: int
    p5: Decimal
    p95: Decimal
    cuts: list[Cut]

    def name_of(self) -> UUID:
        """Give the id as a key."""
        return read_act(self.act_id)


class Wanted(NamedTuple):
    """Which acts: of some scenarios, in a period, before the last one of the page before."""

    scenarios: Sequence[int] | None
    period: tuple[datetime, datetime] | None
    before_at: datetime | None
    before_id: UUID | None
    limit: int


def read_acts(
    connection: psycopg.Connection[Any], customer_ref: str, wanted: Wanted, pack: Pack
) -> list[ActLine] | None:
    """Give acts, the latest first; None when there is no account."""
    start, end = wanted.period or (None, None)
    rows = store.fetch(
        connection,
        "read_acts",
        {
            "customer_key": key(customer_ref),
            "scenarios": list(wanted.scenarios) if wanted.scenarios is not None else None,
            "start": start,
            "end": end,
            "before_at": wanted.before_at,
            "before_id": wanted.before_id,
            "most": wanted.limit,
        },
    )
    if not rows:
        return None
    scenarios = {scenario.number: scenario for scenario in pack.scenarios}
    return [_line(row, scenarios[row["scenario"]]) for row in rows if row["act_id"] is not None]


def _line(row: dict[str, Any], scenario: Scenario) -> ActLine:
    return ActLine(
        act_id=show_act(row["act_id"]),
        occurred_at=row["occurred_at"],
        scenario=scenario.id,
        family=scenario.family,
        name=scenario.name,
        quantity_milli=row["quantity_milli"],
        unit=scenario.quantification.unit,
        activity_source=row["activity_source"],
        tier=row["tier"],
        quantified_mg=row["quantified_mg"],
        carbon_mg=row["carbon_mg"],
        energy=row["energy"],
        reversed_mg=row["reversed_mg"],
        reversed_energy=row["reversed_energy"],
        p5=row["p5"],
        p95=row["p95"],
        cuts=[Cut(code=code, reason=Text(zh=zh, en=en)) for code, zh, en in row["cuts"]],
    )
