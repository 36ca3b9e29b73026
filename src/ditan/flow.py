"""The verbs of Ditan: one batch of bank events, top to bottom. The only module that knows all the stages.

    feed.accept → recognition.recognize → quantification.quantify → ledger.post → evidence to the archive

The first three are stateless and set-based, in DuckDB. Posting is one PostgreSQL unit of work: acts, balances, counts
and the manifest of the evidence commit together or not at all; the evidence file is on disk before that commit and gets
its name after it. So a process may die anywhere: what was acknowledged is there, and the same file again adds the rest.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb
import msgspec

from ditan import feed, ledger, quantification, recognition
from ditan.insight import Methodology, Schedule
from ditan.kernel.clock import Clock
from ditan.kernel.errors import InvalidInput
from ditan.kernel.invariants import check
from ditan.kernel.settings import Settings
from ditan.model import BatchReport
from ditan.store import Store
from ditan.store.pool import Connection


class Desk(NamedTuple):
    """Where the batches of one feed are worked on."""

    store: Store
    settings: Settings
    duck: duckdb.DuckDBPyConnection
    schedule: Schedule
    mapping: feed.Mapping
    clock: Clock


def run_file(desk: Desk, file: Path, *, rejects: Path, progress: feed.Progress) -> Iterator[BatchReport]:
    """Take a file chunk by chunk, each a batch of its own. `progress` is told of the bytes and rows read so far."""
    name, digest = desk.mapping.name, bytes.fromhex(feed.digest(file))
    with feed.Rejects(rejects, desk.mapping) as sent_back:
        for chunk in feed.read(file, desk.mapping, progress=progress):
            origin = feed.Origin(feed=name, file_name=file.name, file_sha256=digest, number=chunk.number)
            for rows, report in run_chunk(desk, chunk, origin):
                yield report
                sent_back.write(desk.duck, rows)


def take_file(desk: Desk, file: Path, rejects: Path, progress: feed.Progress) -> tuple[list[BatchReport], str | None]:
    """Take a whole file. What came before a damage is posted, and the damage is told."""
    reports: list[BatchReport] = []
    try:
        reports += run_file(desk, file, rejects=rejects, progress=progress)
    except InvalidInput as error:
        if not reports:
            raise
        return reports, error.message
    return reports, None


def run_chunk(desk: Desk, chunk: feed.Chunk, origin: feed.Origin) -> Iterator[tuple[feed.Chunk, BatchReport]]:
    """Take one chunk, by the methodology in force on the day of each act: a batch for each, nearly always one."""
    for period, rows in desk.schedule.parted(desk.duck, chunk, desk.mapping):
        yield rows, run_batch(desk, period.methodology, rows, msgspec.structs.replace(origin, part=period.part))


def run_batch(desk: Desk, methodology: Methodology, chunk: feed.Chunk, origin: feed.Origin) -> BatchReport:
    """Take some rows from the feed to the ledger. A boundary that does not balance keeps nothing of them (INV-01)."""
    duck, now = desk.duck, desk.clock.now()
    accepted = feed.accept(duck, chunk, desk.mapping, now=now)
    recognized = recognition.recognize(duck, methodology.recognizer)
    check(accepted.accepted == recognized.accepted, "INV-01", "recognition saw other rows than were accepted")
    quantified = quantification.quantify(duck, methodology.compiled)
    check(recognized.recognized == quantified.recognized, "INV-01", "quantification saw other rows than recognition")

    def post(connection: Connection) -> tuple[BatchReport, feed.Prepared | None]:
        batch_id = feed.next_batch(connection)
        posted, released = ledger.post(connection, duck, batch_id=batch_id, pack_id=methodology.pack_id, now=now)
        check(quantified.quantified + recognized.refunds == posted.offered, "INV-01", "the ledger saw other rows")
        kept = ledger.evidence(duck, full_archive=desk.settings.full_archive)
        prepared = feed.prepare(desk.settings.home / feed.ARCHIVE, kept, batch_id=batch_id, received_at=now)
        rejections = feed.record_rejections(connection, duck, origin, batch_id)
        report = BatchReport(
            batch_id=batch_id,
            accepted=accepted,
            recognized=recognized,
            quantified=quantified,
            posted=posted,
            released=released,
            new_rejections=rejections,
        )
        feed.record_batch(connection, duck, origin, report, methodology.pack_id, now, prepared)
        return report, prepared

    report, prepared = desk.store.run(post)
    if prepared is not None:
        feed.publish(prepared)
    return report
