"""Run every invariant over the whole database."""

from __future__ import annotations

from typing import Any, Final

import psycopg
from psycopg.rows import dict_row

from ditan.kernel.invariants import INVARIANTS
from ditan.model import Noun, Text
from ditan.store.statements import load_statements

_SQL = load_statements("ditan.proof")

NOT_YET: Final = {
    "INV-11": Text(zh="透明日志尚未建成", en="the transparency log is not built yet"),
}
"""Promises whose subject does not exist yet. They hold only because there is nothing that could break them."""


class Verdict(Noun, kw_only=True):
    """What became of one promise: `looked` rows were examined, `offenders` break it."""

    invariant: str
    promise: Text
    holds: bool
    looked: int
    offenders: list[str]
    note: Text | None = None


def check_invariants(
    connection: psycopg.Connection[Any], *, elsewhere: dict[str, tuple[int, list[str]]]
) -> list[Verdict]:
    """Give a verdict for every invariant, in order of number.

    `elsewhere` brings findings that are not in the database (the archive's files, the replay): invariant →
    (rows looked at, offenders). They are added to what the database says.
    """
    verdicts: list[Verdict] = []
    for invariant, (zh, en) in INVARIANTS.items():
        looked, offenders = elsewhere.get(invariant, (0, []))
        name = invariant.lower().replace("-", "_")
        if name in _SQL:
            with connection.cursor(row_factory=dict_row) as cursor:
                row = cursor.execute(_SQL[name]).fetchone()
            assert row is not None
            looked, offenders = looked + int(row["looked"]), [*row["offenders"], *offenders]
        verdicts.append(
            Verdict(
                invariant=invariant,
                promise=Text(zh=zh, en=en),
                holds=not offenders,
                looked=looked,
                offenders=offenders,
                note=NOT_YET.get(invariant),
            )
        )
    return verdicts


def ledger_digest(connection: psycopg.Connection[Any]) -> str:
    """Give one SHA-256 for all acts, reversals and balances, whatever batches they came in."""
    row = connection.execute(_SQL["ledger_digest"]).fetchone()
    assert row is not None
    return str(row[0])
