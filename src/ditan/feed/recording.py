"""Keep what a batch came to: counts, rejections, conflicts, evidence file. The feed's only SQL on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import duckdb
import psycopg
import structlog
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from ditan.feed.archiving import Prepared
from ditan.kernel.ids import BatchId
from ditan.model import BatchReport, Noun, Tally
from ditan.store.statements import load_statements

log = structlog.get_logger(__name__)
_SQL = load_statements("ditan.feed", "recording.sql")
_DUCK = load_statements("ditan.feed", "recording.duck.sql")


class Origin(Noun, kw_only=True):
    """Where a micro-batch comes from: the n-th piece of a file, by the file's content.

    `part`: of a piece whose days fall under several methodologies, which one; else 0.
    """

    feed: str
    file_name: str
    file_sha256: bytes
    number: int
    part: int = 0


class Stored(Noun, kw_only=True):
    """One line of the archive's manifest, with the methodology its acts were posted under."""

    batch_id: int
    path: str
    rows: int
    size: int
    sha256: bytes
    version: str


def next_batch(connection: psycopg.Connection[Any]) -> BatchId:
    """Give the number of the batch that is about to be posted."""
    row = connection.execute(_SQL["next_batch"]).fetchone()
    assert row is not None
    return BatchId(row[0])


def record_batch(
    connection: psycopg.Connection[Any],
    duck: duckdb.DuckDBPyConnection,
    origin: Origin,
    report: BatchReport,
    pack_id: int,
    received_at: datetime,
    prepared: Prepared | None,
) -> None:
    """Write the batch, every boundary of it, its conflicts, and the manifest line of its evidence file."""
    log.info("batch.posted", batch=report.batch_id, rows=report.accepted.rows_read, acts=report.posted.posted)
    batch = {"batch_id": report.batch_id, "file_sha256": origin.file_sha256}
    connection.execute(
        _SQL["write_batch"],
        batch
        | {
            "feed": origin.feed,
            "file_name": origin.file_name,
            "chunk": origin.number,
            "part": origin.part,
            "pack_id": pack_id,
            "received_at": received_at,
            "rows_read": report.accepted.rows_read,
            "digest": report.posted.digest,
        },
    )
    connection.execute(_SQL["write_tallies"], batch | {"tallies": Jsonb(list(_boundaries(report)))})
    connection.execute(_SQL["write_conflicts"], batch | {"conflicts": Jsonb(_rows(duck, "read_conflicts"))})
    if prepared is not None:
        line = {"path": prepared.path, "rows": prepared.rows, "bytes": prepared.bytes, "sha256": prepared.sha256}
        connection.execute(_SQL["write_evidence_file"], batch | line)


def record_rejections(
    connection: psycopg.Connection[Any], duck: duckdb.DuckDBPyConnection, origin: Origin, batch_id: BatchId
) -> int:
    """Write the rejected rows of the batch by number, code and field; give how many are new."""
    return connection.execute(
        _SQL["write_rejections"],
        {"file_sha256": origin.file_sha256, "batch_id": batch_id, "rejections": Jsonb(_rows(duck, "read_rejections"))},
    ).rowcount


def _rows(duck: duckdb.DuckDBPyConnection, name: str) -> list[dict[str, Any]]:
    found = duck.execute(_DUCK[name])
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def evidence_files(connection: psycopg.Connection[Any]) -> list[Stored]:
    """Give the archive's manifest, oldest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return [Stored(**row) for row in cursor.execute(_SQL["read_evidence_files"]).fetchall()]


def _boundaries(report: BatchReport) -> Iterable[dict[str, Any]]:
    accepted, recognized, quantified, posted = (
        report.accepted,
        report.recognized,
        report.quantified,
        report.posted,
    )

    def line(stage: str, tally: Tally, *, went_on: bool) -> dict[str, Any]:
        return {
            "stage": stage,
            "code": tally.code,
            "went_on": went_on,
            "rows": tally.rows,
            "carbon_mg": tally.carbon_mg,
            "energy": tally.energy,
        }

    yield line("accept", Tally(code="accepted", rows=accepted.accepted), went_on=True)
    yield from (line("accept", tally, went_on=False) for tally in accepted.tallies)
    yield line("recognize", Tally(code="recognized", rows=recognized.recognized), went_on=True)
    yield line("recognize", Tally(code="refund", rows=recognized.refunds), went_on=True)
    yield from (line("recognize", tally, went_on=False) for tally in recognized.tallies)
    yield line(
        "quantify",
        Tally(code="quantified", rows=quantified.quantified, carbon_mg=quantified.carbon_mg, energy=quantified.energy),
        went_on=True,
    )
    yield line(
        "post",
        Tally(code="posted", rows=posted.posted, carbon_mg=posted.carbon_mg, energy=posted.energy),
        went_on=True,
    )
    yield from (line("post", tally, went_on=False) for tally in posted.tallies)
