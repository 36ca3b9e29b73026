"""The only place of the ledger that executes SQL on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg.rows import dict_row

from ditan.store.statements import load_statements

if TYPE_CHECKING:
    import pyarrow as pa

_SQL = {
    name: statement
    for file in ("queries.sql", "books.sql", "history.sql")
    for name, statement in load_statements("ditan.ledger", file).items()
}

COLUMNS: Final[dict[str, dict[str, str]]] = {
    "asked_customer": {"customer_key": "uuid", "customer_no": "int4"},
    "asked_act": {"act_id": "uuid", "written": "bool"},
    "asked_occasion": {"occasion_key": "uuid"},
    "asked_history": {"customer_id": "int8", "quota_key": "int8"},
    "asked_neighbor": {
        "row_number": "int8", "customer_id": "int8", "scenario": "int2", "at_us": "timestamptz", "gap_us": "int8",
    },
    "ledger.act": {
        "act_id": "uuid", "content_key": "uuid", "customer_id": "int8", "batch_id": "int8", "at_us": "timestamptz",
        "amount_fen": "int8", "quantity_milli": "int8", "raw_mg": "int8", "carbon_mg": "int8", "energy": "int4",
        "rate_id": "int4", "pack_id": "int2", "scenario": "int2", "cut": "int2",
    },
    "ledger.occasion": {"occasion_key": "uuid", "act_id": "uuid", "customer_id": "int8"},
    "ledger.match": {
        "match_key": "uuid", "act_id": "uuid", "at_us": "timestamptz", "amount_fen": "int8", "customer_id": "int8",
    },
    "change": {
        "customer_id": "int8", "carbon_mg": "int8", "energy": "int8", "due_minute": "int8", "quota": "bytea",
        "ball_keys": "int8[]", "balls": "int8[]",
    },
    "ledger.issued": {
        "batch_id": "int8", "scenario": "int2", "taken_back": "bool", "entries": "int8",
        "carbon_mg": "int8", "energy": "int8",
    },
    "refund_stage": {
        "row_number": "int8", "refund_key": "uuid", "content_key": "uuid", "original_key": "uuid", "match_key": "uuid",
        "customer_key": "uuid", "whole": "bool", "amount_fen": "int8", "at_us": "timestamptz",
        "original_refused": "bool",
    },
}  # fmt: skip
"""Tables that are filled by binary COPY, and the type of each of their columns in order."""

REFUNDING: Final = (
    "offer_refunds",
    "hold_refunded",
    "refuse_erased",
    "weigh_refunds",
    "post_reversals",
    "end_waiting",
    "start_waiting",
    "record_refund_conflicts",
    "take_back_issued",
)
"""In this order, once per batch."""


def become_writer(connection: psycopg.Connection[Any], shards: Sequence[int], now: datetime) -> None:
    """Wait for the batch before that holds one of these shards, keep the books open, and have the working tables."""
    connection.execute(_SQL["hold_shards"], {"shards": list(shards)})
    connection.execute(_SQL["open_books"], {"now": now})
    connection.execute(_SQL["open_working_tables"])
    connection.execute(_SQL["search_by_index"])


def fetch_blobs(connection: psycopg.Connection[Any], name: str) -> tuple[bytes | None, ...]:
    """Run a statement that gives one row of binary values."""
    row: tuple[bytes | None, ...] | None = connection.execute(_SQL[name], binary=True).fetchone()
    assert row is not None
    return row


def copy_in(connection: psycopg.Connection[Any], table: str, rows: pa.Table) -> None:
    """Copy rows into a table; nothing is sent for none."""
    from ditan.ledger.staging import binary_copy  # with NumPy and Arrow, and most of the ledger needs neither

    if rows.num_rows:
        send(connection, table, binary_copy(rows, COLUMNS[table]))


def send(connection: psycopg.Connection[Any], table: str, pieces: Iterable[bytes]) -> None:
    """Copy rows that are encoded, or are being encoded while those before them are taken in."""
    with connection.cursor() as cursor, cursor.copy(_SQL["copy_in"].format(table=table)) as copy:
        for piece in pieces:
            copy.write(piece)


def copy_out(connection: psycopg.Connection[Any], name: str) -> bytes:
    """Give what a COPY statement writes, as CSV."""
    with connection.cursor() as cursor, cursor.copy(_SQL[name]) as copy:
        return b"".join(bytes(block) for block in copy)


def fetch(
    connection: psycopg.Connection[Any], name: str, parameters: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Run a reading statement and give its rows."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_SQL[name], parameters).fetchall()


def write(connection: psycopg.Connection[Any], name: str, parameters: Mapping[str, Any] | None = None) -> None:
    """Run a writing statement that gives nothing back."""
    connection.execute(_SQL[name], parameters)
