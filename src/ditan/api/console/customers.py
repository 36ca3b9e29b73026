"""One customer at a time, with a reason that is written down before she is shown."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Annotated, Final
from uuid import UUID

from litestar import get
from litestar.params import PathParameter, QueryParameter

from ditan import ledger
from ditan.api.codes import ProblemCode
from ditan.api.console.acting import acting
from ditan.api.cursor import AfterCursor, Limit, Place, read_cursor, write_cursor
from ditan.api.customer.acts import ActName, named_act
from ditan.api.customer.explanation import ActExplanation, explain_act
from ditan.api.hall import Hall
from ditan.api.identity import Principal
from ditan.api.problems import Refused
from ditan.api.roles import Role
from ditan.api.routing import AnyRequest, GivenHall, GivenWho, staff_reads
from ditan.home.disputes import reference_of
from ditan.home.notices import Notice, read_notices
from ditan.insight.customers import CustomerView, Happening, read_customer, read_happenings
from ditan.insight.trail import reason_of, write_access
from ditan.kernel import limits
from ditan.kernel.errors import NotFound
from ditan.kernel.ids import show, show_act
from ditan.ledger import HistoryEntry
from ditan.ledger.books import FLOWS
from ditan.model import Noun, Text
from ditan.rewards import State

Customer = Annotated[
    str, PathParameter(max_length=limits.id_chars_max, description="The bank's whole reference; there is no search.")
]
Why = Annotated[
    str,
    QueryParameter(
        name="reason",
        min_length=limits.reason_chars_min,
        max_length=limits.reason_chars_max,
        description="Why she is looked at. It is kept, with who looked and when.",
    ),
]
_VIEWERS: Final = (Role.SERVICE, Role.RISK)


class TimelineLine(Noun, kw_only=True):
    """Something that happened. `at`: when it was recorded; grams and energy as it changed them."""

    id: str
    kind: str  # act, reversal, a kind of entry, order, dispute, consent, card, account, notice
    at: datetime
    occurred_at: datetime
    title: Text
    body: Text | None
    code: str | None
    act_id: str | None
    carbon_mg: int
    energy: int
    reason: str | None
    made_by: str | None
    decided_by: str | None


class Timeline(Noun, kw_only=True):
    """A page of it, the latest first."""

    lines: list[TimelineLine]
    next_cursor: str | None


@get("/v1/console/customers/{customer_ref:str}", **staff_reads(*_VIEWERS))
def customer(request: AnyRequest, hall: GivenHall, who: GivenWho, customer_ref: Customer, reason: Why) -> CustomerView:
    """One customer, masked. The look is written down first, also when there is no such customer."""
    looked(request, hall, who, customer_ref, "customer", reason)
    return hall.store.read(lambda connection: read_customer(connection, customer_ref, hall.clock.now()))


@get("/v1/console/customers/{customer_ref:str}/timeline", **staff_reads(*_VIEWERS))
def timeline(
    request: AnyRequest,
    hall: GivenHall,
    who: GivenWho,
    customer_ref: Customer,
    reason: Why,
    cursor: AfterCursor = None,
    limit: Limit = limits.page_items,
) -> Timeline:
    """What happened to one customer: acts, energy, orders, notices, disputes, consents, cards."""
    place = read_cursor(cursor)
    before = (place.at, place.name) if place else None
    looked(request, hall, who, customer_ref, "timeline", reason)
    lines = list(islice(_lines(hall, customer_ref, cursor, before, limit + 1), limit + 1))
    page = lines[:limit]
    more = write_cursor(Place(page[-1][0], page[-1][1])) if len(lines) > limit else None
    return Timeline(lines=[line for _, _, line in page], next_cursor=more)


@get("/v1/console/customers/{customer_ref:str}/acts/{act_id:str}/explanation", **staff_reads(*_VIEWERS))
def customer_act(
    request: AnyRequest, hall: GivenHall, who: GivenWho, customer_ref: Customer, act_id: ActName, reason: Why
) -> ActExplanation:
    """Where the grams of one of her acts come from, as her own page tells it."""
    looked(request, hall, who, customer_ref, f"explanation {act_id}", reason)
    return explain_act(hall, customer_ref, named_act(act_id))


def looked(request: AnyRequest, hall: Hall, who: Principal, customer_ref: str, what: str, reason: str) -> None:
    """Write down that somebody looks at a customer, and why: committed before anything of her is read."""
    actor, why = acting(hall, request, who), reason_of(reason)
    hall.store.run(lambda connection: write_access(connection, actor, customer_ref, what, why))


_Placed = tuple[datetime, UUID, TimelineLine]


def _lines(
    hall: Hall, customer_ref: str, cursor: str | None, before: tuple[datetime, UUID] | None, limit: int
) -> Iterable[_Placed]:
    """Merge three lists that all go from the latest to the earliest, by moment and name."""
    try:
        page = hall.store.read(lambda c: ledger.history(c, customer_ref, after=cursor, limit=limit))
    except NotFound as error:
        raise Refused(ProblemCode.NOT_FOUND) from error
    now = hall.clock.now()
    notices = hall.store.read(lambda c: read_notices(c, customer_ref, hall.pack, now, before, limit)) or []
    happened = hall.store.read(lambda c: read_happenings(c, customer_ref, before, limit))
    return merge(
        ((each.recorded_at, each.entry_id, _of_ledger(each)) for each in page.entries),
        ((each.at, each.name_of(), _of_notice(each)) for each in notices),
        ((each.at, each.id, _of_happening(each)) for each in happened),
        key=lambda placed: placed[:2],
        reverse=True,
    )


def _of_ledger(entry: HistoryEntry) -> TimelineLine:
    act = entry.entry_id if entry.kind == "act" else entry.act_id
    name = FLOWS[entry.kind] if entry.kind in FLOWS else Text(zh=entry.kind, en=entry.kind)
    return TimelineLine(
        id=show_act(entry.entry_id) if entry.kind == "act" else show("entry", entry.entry_id),
        kind=entry.kind,
        at=entry.recorded_at,
        occurred_at=entry.occurred_at,
        title=entry.name or name,
        body=name if entry.name else None,
        code=entry.scenario,
        act_id=show_act(act) if act else None,
        carbon_mg=entry.carbon_mg,
        energy=entry.energy,
        reason=entry.reason,
        made_by=entry.maker,
        decided_by=entry.checker,
    )


def _of_notice(notice: Notice) -> TimelineLine:
    return _told(notice.notice_id, "notice", notice.at, notice.title, notice.body, notice.kind, notice.act_id)


_TITLES: Final = {
    ("account", "opened"): Text(zh="开户", en="Account opened"),
    ("account", "closed"): Text(zh="关闭账户", en="Account closed"),
    ("consent", "granted"): Text(zh="同意", en="Consent given"),
    ("consent", "withdrawn"): Text(zh="撤回同意", en="Consent withdrawn"),
    ("card", "linked"): Text(zh="绑卡", en="Card linked"),
    ("card", "unlinked"): Text(zh="解绑卡", en="Card unlinked"),
    ("dispute", "upheld"): Text(zh="异议成立", en="Dispute upheld"),
    ("dispute", "declined"): Text(zh="异议不成立", en="Dispute declined"),
}
_DISPUTED: Final = Text(zh="客户提出异议", en="Customer disputed an act")


def _of_happening(each: Happening) -> TimelineLine:
    detail = each.detail or ""
    title = State(each.code).meaning if each.kind == "order" else _TITLES.get((each.kind, each.code), _DISPUTED)
    if each.kind == "dispute":
        number, _, opened_at = detail.partition(" ")
        detail = reference_of(int(number), datetime.fromisoformat(opened_at))
    body = Text(zh=detail, en=detail) if detail else None
    return _told(show(each.kind, each.id), each.kind, each.at, title, body, each.code, None)


def _told(
    id_: str, kind: str, at: datetime, title: Text, body: Text | None, code: str, act_id: str | None
) -> TimelineLine:
    """A line that moved neither grams nor energy."""
    return TimelineLine(
        id=id_,
        kind=kind,
        at=at,
        occurred_at=at,
        title=title,
        body=body,
        code=code,
        act_id=act_id,
        carbon_mg=0,
        energy=0,
        reason=None,
        made_by=None,
        decided_by=None,
    )


HANDLERS = [customer, timeline, customer_act]
