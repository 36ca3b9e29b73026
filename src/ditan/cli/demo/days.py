"""The quarter, day by day: each night the payments of a day come in, each morning some customers collect."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from ditan import ledger
from ditan.cli.demo.chance import drawn
from ditan.cli.ingest import ingest_file
from ditan.feed import Mapping
from ditan.insight import Schedule
from ditan.insight.filing import FileReport
from ditan.kernel.clock import BUSINESS_ZONE, FixedClock
from ditan.kernel.ids import CustomerId
from ditan.kernel.settings import Settings
from ditan.store import Store
from ditan.store.statements import load_statements

_SQL = load_statements("ditan.cli.demo", "demo.sql")
_NIGHT: Final = time(0, 10)
_MORNING: Final = time(8, 36)
_COLLECTS_ONE_MORNING_IN: Final = 3


class Quarter:
    """A bank whose days pass."""

    def __init__(self, settings: Settings, store: Store, schedule: Schedule, mapping: Mapping, seed: int) -> None:
        self.settings, self.store, self.seed = settings, store, seed
        self.schedule, self.mapping = schedule, mapping

    def live(
        self,
        folder: Path,
        names: Iterable[str],
        advance: Callable[[int], None],
        mornings: Callable[[datetime], None],
    ) -> list[FileReport]:
        """Let the days of these files pass, each named by its day as `feed/2026-07-01.csv`; give a report for each.

        `mornings` is called after customers collected.
        """
        reports: list[FileReport] = []
        for name in sorted(names):
            next_day = date.fromisoformat(Path(name).stem) + timedelta(days=1)
            reports.append(self.deliver(folder / name, _at(next_day, _NIGHT), advance))
            self._collect(next_day)
            mornings(_at(next_day, _MORNING))
        return reports

    def deliver(self, file: Path, at: datetime, advance: Callable[[int], None] = lambda _: None) -> FileReport:
        """Take a file of the bank at a moment of the quarter."""
        clock = FixedClock(at)
        return ingest_file(self.settings, self.store, self.schedule, self.mapping, file, clock=clock, advance=advance)

    def _collect(self, day: date) -> None:
        """Some customers look in on a morning; which ones is drawn from the seed."""
        now = _at(day, _MORNING)
        with self.store.unit_of_work() as connection:
            holders = [row[0] for row in connection.execute(_SQL["with_ripe_balls"], {"now": now})]
            taps = [
                ledger.Collection(customer_id=CustomerId(holder), request_id=f"demo {day}")
                for holder in holders
                if drawn(self.seed, holder, day) % _COLLECTS_ONE_MORNING_IN == 0
            ]
            if taps:
                ledger.collect(connection, taps, now)


def morning_after(name: str) -> datetime:
    """Give the moment at which the demo stands after the last file."""
    return _at(date.fromisoformat(Path(name).stem) + timedelta(days=1), _MORNING)


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, BUSINESS_ZONE)
