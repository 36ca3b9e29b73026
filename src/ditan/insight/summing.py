"""The programme in a few tables: what came in, what became of it, what each scenario gave."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from ditan.model import Family, Noun, Text
from ditan.store.statements import load_statements

_SQL = load_statements("ditan.insight")


class ScenarioTotal(Noun, kw_only=True):
    """One scenario since the beginning, net of reversals."""

    number: int
    id: str
    family: Family
    name: Text
    acts: int
    cut: int  # acts that a cap gave less, or nothing
    customers: int
    carbon_mg: int
    energy: int


class Boundary(Noun, kw_only=True):
    """Rows that ended a stage with one code."""

    stage: str
    code: str
    went_on: bool
    rows: int


def scenario_totals(connection: psycopg.Connection[Any]) -> list[ScenarioTotal]:
    """Give a line for every scenario of the newest pack, also those without acts."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_SQL["read_scenario_totals"]).fetchall()
    return [
        ScenarioTotal(name=Text(zh=row.pop("name_zh"), en=row.pop("name_en")), family=Family(row.pop("family")), **row)
        for row in rows
    ]


def boundaries(connection: psycopg.Connection[Any]) -> list[Boundary]:
    """Give every stage's codes with their rows, over all batches but reruns, in the order of the flow."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return [Boundary(**row) for row in cursor.execute(_SQL["read_boundaries"]).fetchall()]


def telling_customer(connection: psycopg.Connection[Any], start: datetime, end: datetime) -> str | None:
    """Give a customer whose statement of a period shows much, if there is one."""
    row = connection.execute(_SQL["read_busiest"], {"start": start, "end": end}).fetchone()
    return str(row[0]) if row else None


def telling_act(connection: psycopg.Connection[Any]) -> UUID | None:
    """Give an act worth explaining, if there is any."""
    row = connection.execute(_SQL["read_telling_act"]).fetchone()
    return row[0] if row else None
