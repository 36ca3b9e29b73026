"""`POST /v1/events`: what the bank's systems send while it happens. The same flow as a file, with a result per row."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import duckdb
import msgspec
from litestar import Response, post
from litestar.params import RawBody

from ditan import feed
from ditan.api.codes import ProblemCode
from ditan.api.hall import Hall
from ditan.api.identity import Audience, Scope
from ditan.api.problems import Refused
from ditan.api.routing import AnyRequest, GivenHall, GivenWho, IdempotencyKey, remember, writes
from ditan.flow import Desk, run_chunk
from ditan.kernel import limits
from ditan.kernel.ids import show_act
from ditan.ledger import PostCode
from ditan.ledger.codes import MEANING as POSTING
from ditan.model import BankEvent, BatchReport, Noun, Text
from ditan.recognition import reasons
from ditan.store.statements import load_statements

_SQL = load_statements("ditan.api.system", "endings.sql")
_FEED: Final = "canonical"
_JSON: Final = "application/json"

Stage = Literal["accept", "recognize", "post"]


class EventCall(Noun, kw_only=True):
    """Canonical events, each as in the reference of events. One that cannot be used does not stop the others."""

    events: Annotated[list[BankEvent], msgspec.Meta(min_length=1, max_length=limits.events_per_call_max)]


class _Call(Noun, kw_only=True):
    """The same, with each event as it came."""

    events: Annotated[list[msgspec.Raw], msgspec.Meta(min_length=1, max_length=limits.events_per_call_max)]


class EventResult(Noun, kw_only=True):
    """How one event ended: the stage that ended it, its code, and why. `row` counts from 1."""

    row: int
    stage: Stage
    code: str
    reason: Text
    field: str | None
    scenario: str | None
    act_id: str | None
    carbon_mg: int  # negative: taken back by a refund
    energy: int


class EventResults(Noun, kw_only=True):
    """A result per event, in their order, and the batch they became: the last, when their days fall under several
    methodologies.
    """

    batch_id: int
    received: int
    posted: int
    carbon_mg: int
    energy: int
    methodology: str
    results: list[EventResult]


@post("/v1/events", request_max_body_size=limits.events_body_bytes_max, **writes(Scope.EVENTS_WRITE, Audience.SYSTEM))
def send_events(
    request: AnyRequest, hall: GivenHall, who: GivenWho, idempotency_key: IdempotencyKey, body: RawBody
) -> Response[EventResults]:
    """Take up to 5,000 events, and say of each how it ended. Sent again, what was posted is a `duplicate`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
        raise Refused(ProblemCode.MEDIA_TYPE)
    try:
        call = msgspec.json.decode(body, type=_Call)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(ProblemCode.INVALID_INPUT, Text(zh=f"请求体不能使用：{error}", en=str(error))) from error
    lines = feed.as_lines([bytes(event) for event in call.events])
    digest = hashlib.sha256(idempotency_key.encode() + b"\n" + lines).digest()  # a lone event cannot be tried out on it
    remember(hall, request, who, idempotency_key, digest)
    with hall.events_turn:
        results = _post(hall, lines, digest)
    for result in results.results:
        hall.measures.event_rows.labels(result.code).inc()
    return Response(results)


def _post(hall: Hall, lines: bytes, digest: bytes) -> EventResults:
    mapping = feed.load(_FEED)
    chunk = feed.read_lines(lines, mapping)
    origin = feed.Origin(feed=mapping.name, file_name="POST /v1/events", file_sha256=digest, number=0)
    with duckdb.connect(config=feed.ENGINE) as duck:
        desk = Desk(hall.store, hall.settings, duck, hall.schedule(), mapping, hall.clock)
        reports: list[BatchReport] = []
        rows: list[dict[str, Any]] = []
        for _, report in run_chunk(desk, chunk, origin):
            reports.append(report)
            found = duck.execute(_SQL["endings"])
            names = [column[0] for column in found.description or []]
            rows += [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    told = {code: text for each in desk.schedule.periods for code, text in reasons(each.methodology.pack).items()}
    scenarios = {scenario.number: scenario.id for scenario in hall.pack.scenarios}
    return EventResults(
        batch_id=reports[-1].batch_id,
        received=sum(each.accepted.rows_read for each in reports),
        posted=sum(each.posted.posted for each in reports),
        carbon_mg=sum(each.posted.carbon_mg for each in reports),
        energy=sum(each.posted.energy for each in reports),
        methodology=hall.methodology.version,
        results=[
            _result(row | {"scenario": scenarios.get(row["scenario"])}, told)
            for row in sorted(rows, key=lambda row: row["row_number"])
        ],
    )


def _result(row: dict[str, Any], told: dict[str, Text]) -> EventResult:
    code = row["code"]
    match row["stage"]:
        case "accept":
            reason = feed.MESSAGES[feed.Code(code)]
        case "recognize":
            reason = told[code]
        case _:
            reason = POSTING[PostCode(code)]
    return EventResult(
        row=row["row_number"],
        stage=row["stage"],
        code=code,
        reason=reason,
        field=row["field"],
        scenario=row["scenario"],
        act_id=show_act(UUID(row["act_id"])) if row["act_id"] else None,
        carbon_mg=row["carbon_mg"],
        energy=row["energy"],
    )
