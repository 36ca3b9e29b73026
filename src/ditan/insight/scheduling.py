"""What acts are quantified by: one pack, compiled; or several, each from its day on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

import duckdb
import msgspec

from ditan import feed, ledger, packs, quantification, recognition
from ditan.insight.packing import pack_of_version
from ditan.insight.publishing import in_force, publications
from ditan.kernel.clock import SYSTEM_CLOCK, Clock, business_day
from ditan.model import Pack
from ditan.store import Store
from ditan.store.pool import Connection


class Methodology(NamedTuple):
    """A pack, compiled for the stateless stages and registered for the ledger."""

    pack: Pack
    version: str
    pack_id: int
    recognizer: recognition.Recognizer
    compiled: quantification.Compiled


class Period(NamedTuple):
    """From a business day on, a methodology. `part`: of a chunk that falls under several; 0 is the first."""

    first_day: date
    methodology: Methodology
    part: int


class Schedule(NamedTuple):
    """All periods in order; `newest`: the decision it knows of, 0 before any."""

    periods: tuple[Period, ...]
    newest: int = 0

    @classmethod
    def of(cls, methodology: Methodology) -> Schedule:
        """One methodology for all days."""
        return cls((Period(date.min, methodology, 0),))

    def on(self, day: date) -> Methodology:
        """Give the methodology for acts of a business day."""
        return next(period.methodology for period in reversed(self.periods) if period.first_day <= day)

    def parted(
        self, duck: duckdb.DuckDBPyConnection, chunk: feed.Chunk, mapping: feed.Mapping
    ) -> Iterator[tuple[Period, feed.Chunk]]:
        """Give the rows of a chunk by the period they fall under."""
        edges = [period.first_day for period in self.periods[1:]]
        for number, rows in feed.part(duck, chunk, mapping, edges):
            yield self.periods[number], rows


def prepare(store: Store, pack: Pack, clock: Clock = SYSTEM_CLOCK) -> Methodology:
    """Check a pack, compile it and register it, whole, so that whatever it posts can be explained forever."""
    packs.require_sound(pack, business_day(clock.now()))
    return _compiled(store, pack)


def register(connection: Connection, pack: Pack, compiled: quantification.Compiled | None = None) -> int:
    """Keep a pack, whole, with its compiled rates; give its id. It may have been kept before."""
    rates = [msgspec.to_builtins(rate) for rate in (compiled or quantification.compile_pack(pack)).rates]
    return ledger.registered_pack(connection, pack, packs.version(pack), packs.canonical(pack), rates)


def _compiled(store: Store, pack: Pack) -> Methodology:
    compiled = quantification.compile_pack(pack)
    pack_id = store.run(lambda connection: register(connection, pack, compiled))
    return Methodology(pack, packs.version(pack), pack_id, recognition.compile_rules(pack), compiled)


def prepare_schedule(store: Store, clock: Clock = SYSTEM_CLOCK) -> Schedule:
    """Prepare what two people decided; before any decision, the pack that ships.

    What is in force today must be sound today. What came before was sound then, and still serves acts that come late.
    """
    published = store.read(publications)
    if not published:
        return Schedule.of(prepare(store, packs.load(), clock))
    held = in_force(published)
    kept = store.read(lambda connection: [pack_of_version(connection, each.version) for each in held])
    periods = tuple(
        Period(each.effective_from or date.min, _compiled(store, pack), each.part)
        for each, pack in zip(held, kept, strict=True)
    )
    schedule, today = Schedule(periods, max(each.publication_id for each in published)), business_day(clock.now())
    packs.require_sound(schedule.on(today).pack, today)
    return schedule
