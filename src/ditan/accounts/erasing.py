"""Erase an account that is closed: nobody can say any more whose it was (INV-14)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import psycopg

from ditan.kernel.ids import key
from ditan.store.statements import load_statements

_SQL = load_statements("ditan.accounts")


class Erasing(StrEnum):
    """What became of the wish to be erased."""

    DONE = "done"
    NO_ACCOUNT = "no_account"  # there is none, or it was erased before: that cannot be told apart, on purpose
    OPEN = "open"  # close it first
    HELD = "held"  # energy is set aside for a redemption that is under way


def erase(connection: psycopg.Connection[Any], customer_ref: str, now: datetime) -> Erasing:
    """Take the name of an account, and everything made from it, out of the database; the archive never had it.

    All or nothing, with the caller's unit of work. What was posted stays under a new number without a name, and so do
    its balances: energy lapses and expires by its own rules, but nobody can collect or use it. Energy that is owed is
    no reason to refuse.
    """
    row = connection.execute(_SQL["erase"], {"customer_key": key(customer_ref), "now": now}).fetchone()
    assert row is not None
    return Erasing(row[0])
