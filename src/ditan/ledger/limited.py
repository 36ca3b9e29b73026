"""Accounts that cannot go below zero (INV-08): stock of a reward, budget of a campaign, fund of a donation project."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import psycopg

from ditan.kernel.errors import Conflict, NotFound
from ditan.ledger import store
from ditan.model import Noun


class LimitedKind(StrEnum):
    """What an account with a limit counts."""

    STOCK = "stock"  # pieces of a reward
    BUDGET = "budget"  # energy a campaign may give
    FUND = "fund"  # fen of a donation project


class Limited(Noun, kw_only=True):
    """One such account."""

    limited_id: int
    kind: LimitedKind
    name: str
    unit: str
    balance: int
    opened_at: datetime


def open_limited(
    connection: psycopg.Connection[Any], kind: LimitedKind, name: str, unit: str, now: datetime
) -> Limited:
    """Open an account, empty; opening it again gives the same one.

    Raises: Conflict when the name is another kind's.
    """
    store.write(connection, "open_limited", {"kind": kind.value, "name": name, "unit": unit, "now": now})
    found = read_limited(connection, name)
    if (found.kind, found.unit) != (kind, unit):
        raise Conflict(f"{name!r} is a {found.kind} in {found.unit}", hint="Choose another name.")
    return found


def read_limited(connection: psycopg.Connection[Any], name: str) -> Limited:
    """Give an account by its name.

    Raises: NotFound when there is none.
    """
    for row in store.fetch(connection, "read_limited", {"name": name}):
        return Limited(**{**row, "kind": LimitedKind(row["kind"])})
    raise NotFound(f"no limited account {name!r}", hint="`ditan ledger limited` lists them.")


def all_limited(connection: psycopg.Connection[Any]) -> list[Limited]:
    """Give all of them, by kind and name."""
    return [
        Limited(**{**row, "kind": LimitedKind(row["kind"])})
        for row in store.fetch(connection, "read_limited", {"name": None})
    ]
