"""What came in: batches whose boundaries balance, refused rows, refunds that wait, and conflicts."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from ditan import feed
from ditan.kernel import limits
from ditan.kernel.errors import NotFound
from ditan.ledger.codes import MEANING, PostCode
from ditan.model import Noun, Text
from ditan.store.statements import load_statements

_SQL = load_statements("ditan.insight", "feeds.sql")

#: Where refused rows are kept, below the home.
REJECTED: Final = "rejected"


class FeedStage(StrEnum):
    """A boundary: what comes in on the left goes out on the right, each row under one code."""

    ACCEPT = "accept"
    RECOGNIZE = "recognize"
    QUANTIFY = "quantify"
    POST = "post"


class Ended(Noun, kw_only=True):
    """Rows of a batch that left a stage under one code. `went_on`: to the next stage."""

    code: str
    meaning: Text
    went_on: bool
    rows: int
    carbon_mg: int
    energy: int


class Boundary(Noun, kw_only=True):
    """A stage: `rows_in` is the sum of its lines, or a promise broke (INV-01)."""

    stage: FeedStage
    rows_in: int
    rows_out: int
    balanced: bool
    lines: list[Ended]


class BatchLine(Noun, kw_only=True):
    """A batch in a list. `rejected` leaves out duplicates and conflicts inside the batch."""

    batch_id: int
    feed: str
    file_name: str
    file_sha256: str
    chunk: int
    part: int
    rerun_of: int | None
    received_at: datetime
    booked_on: date
    methodology: str
    rows_read: int
    accepted: int
    duplicate: int
    conflict: int
    rejected: int
    recognized: int
    posted: int
    carbon_mg: int
    energy: int
    balanced: bool


class GivenByScenario(Noun, kw_only=True):
    """What the acts of a batch were given in one scenario."""

    scenario: int
    name: Text
    acts: int
    carbon_mg: int
    energy: int


class OneBatch(Noun, kw_only=True):
    """A batch with its boundaries in words."""

    batch: BatchLine
    boundaries: list[Boundary]
    scenarios: list[GivenByScenario]


class RefusedRow(Noun, kw_only=True):
    """A refused row: its number in the file, and the field that was wrong where it was one."""

    row_number: int
    field: str | None


class RejectionsOfCode(Noun, kw_only=True):
    """Rows refused under one code, with the first of them, and what to do."""

    code: str
    meaning: Text
    rows: int
    examples: list[RefusedRow]


class FileRejections(Noun, kw_only=True):
    """The refused rows of a file. `kept`: the CSV to send back is on this machine; else `why_not` says why."""

    file_sha256: str
    file_name: str
    feed: str
    rows: int
    codes: list[RejectionsOfCode]
    kept: bool
    why_not: Text | None


class WaitingRefund(Noun, kw_only=True):
    """A refund whose payment has not come. It is named by a hash; whose it is cannot be seen."""

    refund_key: UUID
    whole: bool  # a reversal takes everything back
    names_original: bool
    amount_fen: int
    occurred_at: datetime
    received_at: datetime
    expires_at: datetime
    batch_id: int
    feed: str


class WaitingAge(Noun, kw_only=True):
    """How many refunds have waited from so many days to so many; None: or longer."""

    days_from: int
    days_to: int | None
    refunds: int
    amount_fen: int


class FeedConflict(Noun, kw_only=True):
    """The same event id with other content: recorded, never applied. `first_is`: act, refund, none."""

    event_key: UUID
    content_key: UUID
    row_number: int
    batch_id: int
    feed: str
    file_name: str
    received_at: datetime
    first_is: str


def read_batches(
    connection: psycopg.Connection[Any], *, feed_name: str | None = None, before: int | None = None, limit: int
) -> list[BatchLine]:
    """Give batches, the latest first."""
    asked = {"batch_id": None, "feed": feed_name, "before_id": before, "limit": limit}
    return [_line(row) for row in _fetch(connection, "read_batches", asked)]


def read_batch(connection: psycopg.Connection[Any], batch_id: int, told: Callable[[str], dict[str, Text]]) -> OneBatch:
    """Give one batch. `told`: the not-green codes of a methodology, in words.

    Raises: NotFound.
    """
    rows = _fetch(connection, "read_batches", {"batch_id": batch_id, "feed": None, "before_id": None, "limit": 1})
    if not rows:
        raise NotFound("there is no such batch")
    words = told(rows[0]["methodology"])
    boundaries = [_boundary(stage, rows[0], words) for stage in FeedStage]
    given = [
        GivenByScenario(name=Text(zh=row.pop("name_zh"), en=row.pop("name_en")), **row)
        for row in _fetch(connection, "read_given", {"batch_id": batch_id})
    ]
    return OneBatch(batch=_line(rows[0]), boundaries=boundaries, scenarios=given)


def read_rejections(connection: psycopg.Connection[Any], file_sha256: str, home: Path) -> FileRejections:
    """Give the refused rows of a file by code.

    Raises: NotFound when nothing of such a file was read.
    """
    found, path = _file(connection, file_sha256, home)
    rows = _fetch(
        connection, "read_rejections", {"file_sha256": bytes.fromhex(file_sha256), "examples": limits.examples_shown}
    )
    codes = [
        RejectionsOfCode(
            code=row["code"],
            meaning=feed.MESSAGES[feed.Code(row["code"])],
            rows=row["rows"],
            examples=[RefusedRow(row_number=number, field=field) for number, field in row["examples"]],
        )
        for row in rows
    ]
    return FileRejections(
        file_sha256=file_sha256,
        file_name=found["file_name"],
        feed=found["feed"],
        rows=sum(each.rows for each in codes),
        codes=codes,
        kept=path is not None,
        why_not=None if path or not codes else NOT_KEPT,
    )


def rejected_csv(connection: psycopg.Connection[Any], file_sha256: str, home: Path) -> Path:
    """Give the CSV of the refused rows of a file, as `ditan ingest` wrote it.

    Raises: NotFound when there is none, or it is of another file by now.
    """
    _, path = _file(connection, file_sha256, home)
    if path is None:
        raise NotFound("the CSV of the refused rows is not on this machine")
    return path


def rejects_path(home: Path, file_sha256: str) -> Path:
    """Say where the refused rows of an uploaded file are written: under its content, not a name that comes again."""
    return home / REJECTED / f"{file_sha256}.rejected.csv"


def read_waiting(
    connection: psycopg.Connection[Any], after: tuple[datetime, UUID] | None, limit: int
) -> list[WaitingRefund]:
    """Give refunds that wait, the longest waiting first."""
    asked = {"after_at": after[0] if after else None, "after_key": after[1] if after else None, "limit": limit}
    return [WaitingRefund(**row) for row in _fetch(connection, "read_waiting", asked)]


def read_waiting_by_age(connection: psycopg.Connection[Any], now: datetime) -> list[WaitingAge]:
    """Give how many refunds wait how long, and their money."""
    return [WaitingAge(**row) for row in _fetch(connection, "read_waiting_by_age", {"now": now})]


def read_conflicts(
    connection: psycopg.Connection[Any], before: tuple[datetime, UUID] | None, limit: int
) -> list[FeedConflict]:
    """Give conflicts, the latest first."""
    asked = {"before_at": before[0] if before else None, "before_key": before[1] if before else None, "limit": limit}
    return [FeedConflict(**row) for row in _fetch(connection, "read_conflicts", asked)]


NOT_KEPT: Final = Text(
    zh="这台机器上没有这份拒绝明细：行由接口送来，或文件已移走，或同名文件后来又导入过。请用原文件重新导入。",
    en="The CSV of these rows is not on this machine: they came by the API, it was moved, or another file of this name "
    "was ingested since. Ingest the original file again.",
)


def _file(connection: psycopg.Connection[Any], file_sha256: str, home: Path) -> tuple[dict[str, Any], Path | None]:
    """Give a file as it came, and its CSV where it is there and is its own."""
    asked = {"file_sha256": bytes.fromhex(file_sha256)}
    rows = _fetch(connection, "read_file", asked)
    if not rows:
        raise NotFound("nothing of such a file was read")
    own = rejects_path(home, file_sha256)
    if own.is_file():
        return rows[0], own
    named = home / REJECTED / f"{Path(rows[0]['file_name']).stem}.rejected.csv"
    if rows[0]["owns_name"] and named.is_file():
        refused = {(row["row_number"], row["code"]) for row in _fetch(connection, "read_refused", asked)}
        if _rows_of(named) <= refused:
            return rows[0], named
    return rows[0], None


def _rows_of(path: Path) -> set[tuple[int, str]]:
    """Give number and code of every row of a CSV of refused rows, without conflicts: they are kept by their content."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file)
        next(lines, None)
        return {(int(line[0]), line[1]) for line in lines if line[1] != feed.Code.CONFLICT}


def _lines_of(row: dict[str, Any], stage: FeedStage) -> list[list[Any]]:
    return [each for each in row["lines"] if each[0] == stage]


def _sum(lines: list[list[Any]], *codes: str, without: tuple[str, ...] = ()) -> int:
    return sum(each[3] for each in lines if (not codes or each[1] in codes) and each[1] not in without)


def _rows_in(row: dict[str, Any], stage: FeedStage) -> int:
    recognized = _lines_of(row, FeedStage.RECOGNIZE)
    match stage:
        case FeedStage.ACCEPT:
            return int(row["rows_read"])
        case FeedStage.RECOGNIZE:
            return _sum(_lines_of(row, FeedStage.ACCEPT), "accepted")
        case FeedStage.QUANTIFY:
            return _sum(recognized, "recognized")
        case FeedStage.POST:
            return _sum(_lines_of(row, FeedStage.QUANTIFY), "quantified") + _sum(recognized, "refund")


def _line(row: dict[str, Any]) -> BatchLine:
    accept, post = _lines_of(row, FeedStage.ACCEPT), _lines_of(row, FeedStage.POST)
    repeated = ("accepted", "duplicate", "conflict")
    posted = [each for each in post if each[1] == PostCode.POSTED]
    return BatchLine(
        accepted=_sum(accept, "accepted"),
        duplicate=_sum(accept, "duplicate"),
        conflict=_sum(accept, "conflict"),
        rejected=_sum(accept, without=repeated),
        recognized=_sum(_lines_of(row, FeedStage.RECOGNIZE), "recognized"),
        posted=_sum(posted),
        carbon_mg=sum(each[4] for each in posted),
        energy=sum(each[5] for each in posted),
        balanced=all(_rows_in(row, stage) == _sum(_lines_of(row, stage)) for stage in FeedStage),
        **{name: value for name, value in row.items() if name != "lines"},
    )


def _boundary(stage: FeedStage, row: dict[str, Any], told: dict[str, Text]) -> Boundary:
    lines = _lines_of(row, stage)
    rows_in, rows_out = _rows_in(row, stage), _sum(lines)
    return Boundary(
        stage=stage,
        rows_in=rows_in,
        rows_out=rows_out,
        balanced=rows_in == rows_out,
        lines=[
            Ended(code=code, meaning=_meaning(stage, code, told), went_on=on, rows=rows, carbon_mg=mg, energy=energy)
            for _, code, on, rows, mg, energy in lines
        ],
    )


_WENT_ON: Final = {
    "accepted": Text(zh="接收", en="accepted"),
    "recognized": Text(zh="识别为绿色", en="recognized as green"),
    "refund": Text(zh="退款", en="refunds"),
    "quantified": Text(zh="已量化", en="quantified"),
}


def _meaning(stage: FeedStage, code: str, told: dict[str, Text]) -> Text:
    if code in _WENT_ON:
        return _WENT_ON[code]
    match stage:
        case FeedStage.ACCEPT:
            return feed.MESSAGES[feed.Code(code)]
        case FeedStage.POST:
            return MEANING[PostCode(code)]
    return told.get(code) or Text(zh=code, en=code)


def _fetch(connection: psycopg.Connection[Any], name: str, asked: dict[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_SQL[name], asked).fetchall()
