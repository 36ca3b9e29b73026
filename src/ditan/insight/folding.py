"""Fold closed days of the books into what the overview reads, so that it stays fast however many acts there are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from ditan.store import Store
from ditan.store.pool import Connection
from ditan.store.statements import load_statements

_SQL = load_statements("ditan.insight", "overview.sql")


def fold(database: Store, now: datetime, progress: Callable[[int, int], None] = lambda _done, _all: None) -> int:
    """Fold every closed day that is not folded yet; give how many. Again it finds nothing to do.

    Each day is a unit of work: killed anywhere, it goes on where it was. `progress` is told of days done and in all.
    """
    days = database.run(_unfolded)
    for done, day in enumerate(days, start=1):
        database.run(lambda connection, day=day: _fold_day(connection, day, now))  # type: ignore[misc]
        progress(done, len(days))
    return len(days)


def _unfolded(connection: Connection) -> list[date]:
    return [row[0] for row in connection.execute(_SQL["read_unfolded"]).fetchall()]


def _fold_day(connection: Connection, day: date, now: datetime) -> None:
    connection.execute(_SQL["take_turns"])
    if day not in _unfolded(connection):
        return
    for name in ("begin_fold", "fold_daily", "fold_presence"):
        connection.execute(_SQL[name], {"day": day, "now": now})
