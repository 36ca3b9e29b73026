"""What became of every row of a file: the boundaries of all its batches, summed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ditan import feed
from ditan.feed import Mapping
from ditan.insight.scheduling import Schedule
from ditan.ledger.codes import MEANING, PostCode
from ditan.model import BatchReport, Noun, Text
from ditan.recognition import reasons

STAGES: Final = {"accepted": "feed", "recognized": "recognition", "posted": "ledger"}


class FileLine(Noun, kw_only=True):
    """Rows of a file that ended a stage with one code."""

    stage: str
    code: str
    rows: int
    meaning: Text | None


class FileReport(Noun, kw_only=True):
    """What became of every row of a file.

    rows_read = accepted + duplicate + rejected; accepted = recognized + refunds + not_green;
    refunds = refunds_tied + refunds_waiting.
    """

    file: str
    feed: str
    methodology: str
    batches: int
    rows_read: int
    accepted: int
    duplicate: int  # inside a batch; a repetition of an earlier batch shows among the ledger's lines
    rejected: int
    new_rejections: int
    recognized: int
    refunds: int
    refunds_tied: int  # their payment was found, green or not
    refunds_waiting: int
    not_green: int
    posted: int
    carbon_mg: int
    energy: int
    released: int  # refunds that had waited and found their payment
    lines: list[FileLine]
    rejects_file: str | None
    damage: str | None = None  # the file ended early; what came before was posted


def summed(
    reports: list[BatchReport],
    file: str,
    mapping: Mapping,
    schedule: Schedule,
    rejects: Path | None,
    damage: str | None,
) -> FileReport:
    """Sum the batches of a file."""
    rows: Counter[tuple[str, str]] = Counter()
    for report in reports:
        for stage in STAGES:
            for tally in getattr(report, stage).tallies:
                rows[stage, tally.code] += tally.rows
    to_ledger = sum(report.recognized.refunds for report in reports)
    refunds = to_ledger + rows["recognized", "refund_of_not_green"]
    waiting = rows["posted", PostCode.WAITING_ORIGINAL]
    duplicate = rows["accepted", "duplicate"]
    accepted = sum(report.accepted.accepted for report in reports)
    recognized = sum(report.recognized.recognized for report in reports)
    rows_read = sum(report.accepted.rows_read for report in reports)
    meanings: dict[tuple[str, str], Text] = {("accepted", str(code)): text for code, text in feed.MESSAGES.items()}
    for period in schedule.periods:
        told = reasons(period.methodology.pack)
        meanings |= {("recognized", code): text for code, text in told.items()}
    meanings |= {("posted", str(code)): text for code, text in MEANING.items()}
    return FileReport(
        file=file,
        feed=mapping.name,
        methodology=", ".join(period.methodology.version for period in schedule.periods),
        batches=len(reports),
        rows_read=rows_read,
        accepted=accepted,
        duplicate=duplicate,
        rejected=rows_read - accepted - duplicate,
        new_rejections=sum(report.new_rejections for report in reports),
        recognized=recognized,
        refunds=refunds,
        refunds_tied=refunds - waiting,
        refunds_waiting=waiting,
        not_green=accepted - recognized - refunds,
        posted=sum(report.posted.posted for report in reports),
        carbon_mg=sum(report.posted.carbon_mg for report in reports),
        energy=sum(report.posted.energy for report in reports),
        released=sum(report.released for report in reports),
        lines=_lines(rows, meanings),
        rejects_file=str(rejects) if rejects else None,
        damage=damage,
    )


def combined(reports: list[FileReport], name: str) -> FileReport:
    """Sum the reports of several files of one feed."""
    rows: Counter[tuple[str, str]] = Counter()
    meanings: dict[tuple[str, str], Text] = {}
    for line in (line for report in reports for line in report.lines):
        rows[line.stage, line.code] += line.rows
        if line.meaning:
            meanings[line.stage, line.code] = line.meaning
    first = reports[0]
    numbers = [field for field in FileReport.__struct_fields__ if isinstance(getattr(first, field), int)]
    return FileReport(
        file=name,
        feed=first.feed,
        methodology=first.methodology,
        lines=_lines(rows, meanings),
        rejects_file=first.rejects_file,
        **{field: sum(getattr(report, field) for report in reports) for field in numbers},
    )


def _lines(rows: Counter[tuple[str, str]], meanings: dict[tuple[str, str], Text]) -> list[FileLine]:
    order = {stage: position for position, stage in enumerate(STAGES)}
    ranked: Iterable[tuple[tuple[str, str], int]] = sorted(rows.items(), key=lambda item: (order[item[0][0]], -item[1]))
    return [
        FileLine(stage=stage, code=code, rows=count, meaning=meanings.get((stage, code)))
        for (stage, code), count in ranked
        if count
    ]
