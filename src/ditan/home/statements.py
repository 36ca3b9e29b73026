"""A customer's month: acts, what was taken back, and how energy moved. One statement, so that it agrees with itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg

from ditan.home import store
from ditan.home.page import NOTICE, month_named
from ditan.home.wording import debt_text
from ditan.kernel.ids import key, show, show_act
from ditan.model import Family, Noun, Pack, Scenario, Status, Text


class StatementAct(Noun, kw_only=True):
    """An act of the month, and what it was given."""

    act_id: str
    occurred_at: datetime
    scenario: str
    name: Text
    carbon_mg: int
    energy: int


class StatementReversal(Noun, kw_only=True):
    """What a refund of the month took back, of an act of this month or before."""

    reversal_id: str
    act_id: str
    occurred_at: datetime
    scenario: str
    name: Text
    carbon_mg: int
    energy: int


class StatementSum(Noun, kw_only=True):
    """The month of one scenario, net of what was taken back."""

    scenario: str
    family: Family
    name: Text
    acts: int
    carbon_mg: int
    energy: int


class Move(Noun, kw_only=True):
    """How much energy moved by one kind of entry: collected, lapsed, spent, expired."""

    kind: str
    energy: int


class UsedMethodology(Noun, kw_only=True):
    """A methodology that quantified acts of the month, and how far it was reviewed."""

    version: str
    status: Status


class MonthStatement(Noun, kw_only=True):
    """A business month. The two sums never mix. `account` names the account without naming a person."""

    account: str
    opened_at: datetime
    month: str
    start: datetime
    end: datetime
    carbon_mg: int
    energy: int
    scenarios: list[StatementSum]
    moves: list[Move]
    owed_energy: int  # at the end of the month, or now
    debt: Text | None  # what is owed, in one sentence; None: nothing is
    acts: list[StatementAct]
    reversals: list[StatementReversal]
    methodologies: list[UsedMethodology]
    notice: Text


class MonthSum(Noun, kw_only=True):
    """A month in the list of statements."""

    month: str
    acts: int
    carbon_mg: int
    energy: int


def read_months(connection: psycopg.Connection[Any], customer_ref: str) -> list[MonthSum] | None:
    """Give the months in which anything happened, the latest first; None when there is no account."""
    rows = store.fetch(connection, "read_months", {"customer_key": key(customer_ref)})
    return [MonthSum(**row) for row in rows if row["month"] is not None] if rows else None


def read_statement(
    connection: psycopg.Connection[Any], customer_ref: str, month: str, pack: Pack
) -> MonthStatement | None:
    """Give a month; None when there is no account."""
    start, end = month_named(month)
    rows = store.fetch(connection, "read_statement", {"customer_key": key(customer_ref), "start": start, "end": end})
    if not rows:
        return None
    scenarios = {scenario.number: scenario for scenario in pack.scenarios}
    acts = [row for row in rows if row["kind"] == "act"]
    reversals = [row for row in rows if row["kind"] == "reversal"]
    sums = [_sum(scenario, acts, reversals) for scenario in sorted(scenarios.values(), key=lambda each: each.number)]
    owed = sum(row["energy"] for row in rows if row["kind"] == "owed")
    versions = [row["name"].rpartition(" ") for row in rows if row["kind"] == "methodology"]
    return MonthStatement(
        account=key(customer_ref).hex[:8].upper(),
        opened_at=next(row["occurred_at"] for row in rows if row["kind"] == "account"),
        month=month,
        start=start,
        end=end,
        carbon_mg=sum(each.carbon_mg for each in sums),
        energy=sum(each.energy for each in sums),
        scenarios=[each for each in sums if each.acts or each.carbon_mg or each.energy],
        moves=[Move(kind=row["name"], energy=row["energy"]) for row in rows if row["kind"] == "move" and row["energy"]],
        owed_energy=owed,
        debt=debt_text(owed) if owed else None,
        acts=[_act(row, scenarios[row["scenario"]]) for row in acts],
        reversals=[_reversal(row, scenarios[row["scenario"]]) for row in reversals],
        methodologies=[UsedMethodology(version=version, status=Status(status)) for version, _, status in versions],
        notice=NOTICE,
    )


def _sum(scenario: Scenario, acts: list[dict[str, Any]], reversals: list[dict[str, Any]]) -> StatementSum:
    given = [row for row in acts if row["scenario"] == scenario.number]
    taken = [row for row in reversals if row["scenario"] == scenario.number]
    return StatementSum(
        scenario=scenario.id,
        family=scenario.family,
        name=scenario.name,
        acts=len(given),
        carbon_mg=sum(row["carbon_mg"] for row in given) - sum(row["carbon_mg"] for row in taken),
        energy=sum(row["energy"] for row in given) - sum(row["energy"] for row in taken),
    )


def _act(row: dict[str, Any], scenario: Scenario) -> StatementAct:
    return StatementAct(
        act_id=show_act(row["act_id"]),
        occurred_at=row["occurred_at"],
        scenario=scenario.id,
        name=scenario.name,
        carbon_mg=row["carbon_mg"],
        energy=row["energy"],
    )


def _reversal(row: dict[str, Any], scenario: Scenario) -> StatementReversal:
    return StatementReversal(
        reversal_id=show("reversal", row["id"]),
        act_id=show_act(row["act_id"]),
        occurred_at=row["occurred_at"],
        scenario=scenario.id,
        name=scenario.name,
        carbon_mg=row["carbon_mg"],
        energy=row["energy"],
    )
