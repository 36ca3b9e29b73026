"""What came in, what was refused, and a corrected file sent again: it posts exactly what was missing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any, Final

import duckdb
import msgspec
from litestar import Response, get, post
from litestar.params import PathParameter, QueryParameter
from litestar.response import File

from ditan import feed, recognition
from ditan.api.codes import ProblemCode
from ditan.api.console.acting import acting, after_line, numbered
from ditan.api.console.receiving import own_folder, receive
from ditan.api.cursor import AfterCursor, Limit, Place, read_cursor, write_cursor
from ditan.api.hall import Hall
from ditan.api.identity import Principal
from ditan.api.problems import Refused
from ditan.api.roles import Role
from ditan.api.routing import (
    AnyRequest,
    GivenHall,
    GivenWho,
    IdempotencyKey,
    answered,
    once,
    staff_reads,
    staff_writes,
)
from ditan.flow import Desk, take_file
from ditan.insight import feeds
from ditan.insight.filing import FileReport, summed
from ditan.insight.trail import write_change
from ditan.kernel import limits
from ditan.kernel.errors import InvalidInput, NotFound
from ditan.kernel.persons import tells_a_number
from ditan.model import Noun, Text
from ditan.store.pool import Connection

BatchNumber = Annotated[int, PathParameter(ge=1, le=2**63 - 1, description="Number of the batch.")]
Sha256 = Annotated[str, PathParameter(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the file, in hexadecimal.")]
OfFeed = Annotated[str | None, QueryParameter(name="feed", max_length=64, description="Name of a mapping.")]
FeedName = Annotated[
    str, QueryParameter(name="feed", max_length=64, description="The mapping of the file; one that ships.")
]
FileName = Annotated[
    str,
    QueryParameter(
        name="name",
        min_length=1,
        max_length=limits.file_name_bytes_max,
        description="What the file is called, without folders.",
    ),
]
_READERS: Final = (Role.OPERATOR, Role.APPROVER, Role.ADMIN)
_CSV: Final = "text/csv"


class Batches(Noun, kw_only=True):
    """A page of batches, the latest first. `mappings`: those a file can be sent under."""

    batches: list[feeds.BatchLine]
    mappings: list[str]
    next_cursor: str | None


class WaitingRefunds(Noun, kw_only=True):
    """A page of refunds that wait, the longest waiting first, and how long all of them wait."""

    refunds: list[feeds.WaitingRefund]
    ages: list[feeds.WaitingAge]
    next_cursor: str | None


class Conflicts(Noun, kw_only=True):
    """A page of conflicts, the latest first."""

    conflicts: list[feeds.FeedConflict]
    next_cursor: str | None


class TakenFile(Noun, kw_only=True):
    """What became of a file that was sent: the report of `ditan ingest`, and by what to find its refused rows."""

    file_sha256: str
    report: FileReport


@get("/v1/console/feeds/batches", **staff_reads(*_READERS))
def feed_batches(
    hall: GivenHall, feed_name: OfFeed = None, cursor: AfterCursor = None, limit: Limit = limits.page_items
) -> Batches:
    """Batches and whether their boundaries balance, the latest first."""
    place = numbered(cursor)
    before = place[1] if place else None
    found = hall.store.read(lambda c: feeds.read_batches(c, feed_name=feed_name, before=before, limit=limit + 1))
    page = found[:limit]
    more = after_line(page[-1].received_at, page[-1].batch_id) if len(found) > limit else None
    return Batches(batches=page, mappings=feed.names(), next_cursor=more)


@get("/v1/console/feeds/batches/{batch_id:int}", **staff_reads(*_READERS))
def feed_batch(hall: GivenHall, batch_id: BatchNumber) -> feeds.OneBatch:
    """One batch: every row that came in goes out under one code, at each boundary."""
    return hall.store.read(
        lambda c: feeds.read_batch(c, batch_id, lambda version: recognition.reasons(hall.pack_of(version)))
    )


@get("/v1/console/feeds/files/{file_sha256:str}/rejections", **staff_reads(*_READERS))
def feed_rejections(hall: GivenHall, file_sha256: Sha256) -> feeds.FileRejections:
    """The refused rows of a file by code, with what to do, and whether the CSV to send back is there."""
    return hall.store.read(lambda c: feeds.read_rejections(c, file_sha256, hall.settings.home))


@get("/v1/console/feeds/files/{file_sha256:str}/rejected.csv", media_type=_CSV, **staff_reads(*_READERS))
def feed_rejected_csv(request: AnyRequest, hall: GivenHall, who: GivenWho, file_sha256: Sha256) -> File:
    """The refused rows of a file as they came, to correct and send again. That it was taken is written down first."""
    try:
        path = hall.store.read(lambda c: feeds.rejected_csv(c, file_sha256, hall.settings.home))
    except NotFound as error:
        raise Refused(ProblemCode.NOT_FOUND, feeds.NOT_KEPT) from error
    actor = acting(hall, request, who)
    hall.store.run(lambda c: write_change(c, actor, "rejections.taken", ("file", file_sha256)))
    return File(path=path, filename=f"{file_sha256[:12]}.rejected.csv", media_type=_CSV)


@get("/v1/console/feeds/refunds", **staff_reads(*_READERS))
def feed_refunds(hall: GivenHall, cursor: AfterCursor = None, limit: Limit = limits.page_items) -> WaitingRefunds:
    """Refunds whose payment has not come, the longest waiting first."""
    place, now = read_cursor(cursor), hall.clock.now()
    found = hall.store.read(lambda c: feeds.read_waiting(c, place, limit + 1))
    ages = hall.store.read(lambda c: feeds.read_waiting_by_age(c, now))
    page = found[:limit]
    more = write_cursor(Place(page[-1].occurred_at, page[-1].refund_key)) if len(found) > limit else None
    return WaitingRefunds(refunds=page, ages=ages, next_cursor=more)


@get("/v1/console/feeds/conflicts", **staff_reads(*_READERS))
def feed_conflicts(hall: GivenHall, cursor: AfterCursor = None, limit: Limit = limits.page_items) -> Conflicts:
    """Events that came twice under one id with other content: the first stays, the second is never applied."""
    place = read_cursor(cursor)
    found = hall.store.read(lambda c: feeds.read_conflicts(c, place, limit + 1))
    page = found[:limit]
    more = write_cursor(Place(page[-1].received_at, page[-1].content_key)) if len(found) > limit else None
    return Conflicts(conflicts=page, next_cursor=more)


@post(
    "/v1/console/feeds/files",
    request_max_body_size=limits.upload_bytes_max,
    **(staff_writes(Role.OPERATOR) | {"sync_to_thread": None}),
)
async def send_file(
    request: AnyRequest,
    hall: GivenHall,
    who: GivenWho,
    idempotency_key: IdempotencyKey,
    name: FileName,
    feed_name: FeedName = "canonical",
) -> Response[TakenFile]:
    """Take a CSV of at most 16 MiB as `ditan ingest` does. What was posted before is a duplicate."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _CSV:
        raise Refused(ProblemCode.MEDIA_TYPE)
    _require_names(name, feed_name)
    with own_folder(hall.settings.home) as folder:
        digest = await receive(request.stream(), folder / name)
        return await asyncio.to_thread(
            _take, hall, request, who, idempotency_key, folder / name, digest, feed.load(feed_name)
        )


def _take(
    hall: Hall,
    request: AnyRequest,
    who: Principal,
    idempotency_key: str,
    file: Path,
    digest: str,
    mapping: feed.Mapping,
) -> Response[TakenFile]:
    """Post a file. Who sent it is written down before anything of it is posted, and what came of it after."""
    content = msgspec.json.encode([digest, file.name, mapping.name])
    with hall.upload_turn:
        known = answered(hall, request, who, idempotency_key, content, TakenFile)
        if known:
            return known
        actor, about = acting(hall, request, who), {"file": file.name, "feed": mapping.name}
        hall.store.run(
            lambda c: write_change(
                c, actor, "file.received", ("file", digest), after=about | {"bytes": file.stat().st_size}
            )
        )
        report = _report(hall, file, digest, mapping)

        def work(connection: Connection) -> TakenFile:
            counts = {"rows_read": report.rows_read, "rejected": report.rejected, "posted": report.posted}
            moved = {"carbon_mg": report.carbon_mg, "energy": report.energy}
            write_change(connection, actor, "file.posted", ("file", digest), after=about | counts | moved)
            return TakenFile(file_sha256=digest, report=report)

        return once(hall, request, who, idempotency_key, content, TakenFile, work)


def _report(hall: Hall, file: Path, digest: str, mapping: feed.Mapping) -> FileReport:
    """Take the rows of a file to the ledger, by the same flow as `ditan ingest`."""
    schedule = hall.schedule()
    with duckdb.connect(config=feed.ENGINE) as duck:
        desk = Desk(hall.store, hall.settings, duck, schedule, mapping, hall.clock)
        try:
            reports, damage = take_file(
                desk, file, feeds.rejects_path(hall.settings.home, digest), lambda _bytes, _rows: None
            )
        except InvalidInput as error:
            said = f"{error.message} {error.hint or ''}".replace(str(file), file.name).strip()
            raise Refused(ProblemCode.INVALID_INPUT, Text(zh=f"文件不能使用：{said}", en=said)) from error
    return summed(reports, file.name, mapping, schedule, None, damage and damage.replace(str(file), file.name))


def _require_names(name: str, feed_name: str) -> None:
    """Refuse a name that is a path or tells of a person, and a mapping that does not ship: a path is not opened."""
    if name != Path(name).name or name in {".", ".."} or not name.isprintable() or tells_a_number(name):
        said = Text(
            zh="文件名不能用：不含路径、卡号、证件号或手机号", en="The name is a path, or holds a person's number"
        )
        raise Refused(ProblemCode.INVALID_INPUT, said)
    if len(name.encode()) > limits.file_name_bytes_max:
        raise Refused(ProblemCode.INVALID_INPUT, Text(zh="文件名太长", en="The name of the file is too long"))
    if feed_name not in feed.names():
        known = ", ".join(feed.names())
        said = Text(zh=f"没有这个映射，可用：{known}", en=f"There is no such mapping; there are: {known}")
        raise Refused(ProblemCode.INVALID_INPUT, said)


HANDLERS: Final[list[Any]] = [
    feed_batches,
    feed_batch,
    feed_rejections,
    feed_rejected_csv,
    feed_refunds,
    feed_conflicts,
    send_file,
]
