"""Which methodology is in force from which day on: decided by two people, written down forever, never backwards."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ditan.kernel.clock import business_day
from ditan.kernel.errors import Conflict, InvalidInput
from ditan.model import Noun
from ditan.store.statements import load_statements

_SQL = load_statements("ditan.insight")


class Publication(Noun, kw_only=True):
    """From a business day on, acts are quantified by a pack. `effective_from` None: before any decision."""

    publication_id: int
    pack_id: int
    version: str
    effective_from: date | None
    maker: str
    checker: str
    reason: str
    opinion: str
    decided_at: datetime

    @property
    def part(self) -> int:
        """The number of its batches among those of one chunk: 0 for what was in force before any decision."""
        return self.publication_id if self.effective_from else 0


def publications(connection: psycopg.Connection[Any]) -> list[Publication]:
    """Give what was ever decided, in the order in which it comes into force; of one day the last decision is last."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return [Publication(**row) for row in cursor.execute(_SQL["read_publications"]).fetchall()]


def in_force(published: list[Publication]) -> list[Publication]:
    """Give the publications that hold, each from its day to the next one's: of one day the later decision."""
    by_day = {each.effective_from: each for each in published}
    return list(by_day.values())


def newest(connection: psycopg.Connection[Any]) -> int:
    """Give the number of the last decision; 0 before any. Who keeps a schedule asks whether it is still good."""
    row = connection.execute(_SQL["newest_publication"]).fetchone()
    return int(row[0]) if row else 0


def publish(
    connection: psycopg.Connection[Any],
    pack_id: int,
    effective_from: date,
    *,
    base_id: int,
    maker: str,
    checker: str,
    reason: str,
    opinion: str,
    now: datetime,
) -> int:
    """Put a pack into force from a day on; give the number of the decision. Acts of earlier days keep their pack.

    `base_id`: the pack in force before any decision; the first decision writes it down.
    Raises: InvalidInput for a day that has begun, or words that are missing; Conflict when one person is both.
    """
    if effective_from <= business_day(now):
        raise InvalidInput(
            f"a methodology cannot come into force on {effective_from}: that day has begun",
            hint="Name a day to come: acts that are posted keep what they were given.",
        )
    if maker == checker:
        raise Conflict(f"{maker!r} proposed it and cannot decide it", hint="A second person decides.")
    if not reason.strip() or not opinion.strip():
        raise InvalidInput("a methodology is proposed with a reason and decided with an opinion")
    connection.execute(_SQL["one_publisher"])
    connection.execute(_SQL["write_base"], {"pack_id": base_id, "now": now})
    asked = {"pack_id": pack_id, "effective_from": effective_from, "maker": maker, "checker": checker}
    row = connection.execute(
        _SQL["write_publication"], asked | {"reason": reason, "opinion": opinion, "now": now}
    ).fetchone()
    assert row is not None
    return int(row[0])
