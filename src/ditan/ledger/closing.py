"""Close days: a trial balance, the flows of energy and a digest, which never change again.

Closing has two steps. *Shutting* a day waits for who is booking and takes an instant: from then on everything is booked
on a later day and says when it happened (`occurred_at`). *Summing up* reads the entries of that one day, on top of the
balances of the day before, while booking goes on. Both may be killed anywhere and done again (INV-04).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import psycopg

from ditan.kernel.clock import business_day
from ditan.kernel.errors import InvalidInput
from ditan.kernel.invariants import check
from ditan.ledger import store
from ditan.model import Noun
from ditan.store import Store
from ditan.store.pool import Connection


class ClosedDay(Noun, kw_only=True):
    """A day's books: how much was booked, where the energy of all customers was at its end, the digest."""

    day: date
    closed_at: datetime
    entries: int
    earlier_entries: int  # of them, those that happened on a day before
    growing_energy: int
    ripe_energy: int
    available_energy: int
    held_energy: int
    owed_energy: int
    digest: str  # chained over the day before


def close(
    database: Store, day: date, now: datetime, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> list[ClosedDay]:
    """Close a day and every open day before it; give the days that were closed now, none when it was closed before.

    `progress` is told of days done and in all.

    Raises: InvalidInput when the day is not over.
    """
    if day >= business_day(now):
        raise InvalidInput(
            f"{day} is not over", hint=f"The last day that can be closed is the one before {business_day(now)}."
        )
    days = database.run(lambda connection: _shut(connection, day, now))
    closed: list[ClosedDay] = []
    for done, each in enumerate(days, start=1):
        summed = database.run(lambda connection, each=each: _sum_up(connection, each, now))  # type: ignore[misc]
        closed += [summed] if summed else []
        progress(done, len(days))
    return closed


def _shut(connection: Connection, day: date, now: datetime) -> list[date]:
    """Shut a day and those before it; give the days whose sums are missing."""
    store.fetch(connection, "hold_books")
    first = store.fetch(connection, "first_open", {"day": day})[0]["day"]
    store.write(connection, "shut_days", {"first": first, "day": day, "now": now})
    return [row["day"] for row in store.fetch(connection, "read_unsummed", {"day": day})]


def _sum_up(connection: Connection, day: date, now: datetime) -> ClosedDay | None:
    """Sum up a day that is shut; nothing when another process has done it meanwhile."""
    store.fetch(connection, "take_turns")
    if closed_days(connection, day, day):
        return None
    for name in ("write_lines", "write_matured", "write_lots", "write_day"):
        store.write(connection, name, {"day": day, "now": now})
    sums = store.fetch(connection, "sum_closed", {"day": day})
    for row in sums:
        check(row["difference"] == 0, "INV-03", f"{day}: {row['what']} differ by {row['difference']}")
    return closed_days(connection, day, day)[0]


def closed_days(connection: psycopg.Connection[Any], first: date, last: date) -> list[ClosedDay]:
    """Give the closed days from one to another, oldest first."""
    return [
        ClosedDay(**{**row, "digest": row["digest"].hex()})
        for row in store.fetch(connection, "read_closed", {"first": first, "last": last})
    ]
