"""The only place of rewards that executes SQL on PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ditan.store.statements import load_statements

_SQL = load_statements("ditan.rewards")


def fetch(connection: psycopg.Connection[Any], name: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Run a statement and give its rows."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_SQL[name], parameters).fetchall()


def write(connection: psycopg.Connection[Any], name: str, parameters: Mapping[str, Any]) -> None:
    """Run a writing statement that gives nothing back."""
    connection.execute(_SQL[name], parameters)
