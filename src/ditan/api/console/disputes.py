"""What customers say is wrong, and the bank's answer. An answer moves nothing; a correction is a proposal."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody, PathParameter, QueryParameter

from ditan.api.codes import ProblemCode
from ditan.api.console.acting import acting
from ditan.api.console.customers import Why, looked
from ditan.api.problems import Refused
from ditan.api.roles import Role
from ditan.api.routing import AnyRequest, GivenHall, GivenWho, IdempotencyKey, once, staff_reads, staff_writes
from ditan.home.disputes import (
    CORRECTION,
    DisputeReason,
    DisputeState,
    QueuedDispute,
    answer_dispute,
    find_dispute,
    list_disputes,
    number_of,
)
from ditan.insight.trail import masked, write_change
from ditan.kernel import limits
from ditan.kernel.errors import Conflict, InvalidInput
from ditan.model import Noun, Text
from ditan.store.pool import Connection

Reference = Annotated[
    str,
    PathParameter(pattern=r"^D-\d{4}-\d{6,18}-[0-9X]$", description="D-2026-000123-6, as it is read out."),
]
OnlyOpen = Annotated[bool, QueryParameter(name="open", description="Only those without an answer.")]
Most = Annotated[int, QueryParameter(ge=1, le=limits.disputes_listed_max, description="How many at most.")]
Words = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=limits.dispute_chars_max,
        description="As the customer reads it: no names, no numbers of people.",
    ),
]
_READERS: Final = (Role.SERVICE, Role.OPERATOR, Role.RISK)


class Answering(Noun, kw_only=True):
    """An answer, given once. `upheld`: the customer is right."""

    upheld: bool
    because_zh: Words
    because_en: Words


class DisputeView(Noun, kw_only=True):
    """A dispute in the queue. `customer`: the end of the reference; `correction`: what follows when it is upheld."""

    reference: str
    customer: str | None
    act_id: str
    scenario: str
    reason: DisputeReason
    words: str | None
    state: DisputeState
    opened_at: datetime
    answered_at: datetime | None
    answered_by: str | None
    answer: Text | None
    correction: Text


class OneDispute(Noun, kw_only=True):
    """A dispute with the whole reference of who opened it: the look is written down."""

    dispute: DisputeView
    customer_ref: str | None


class DisputeQueue(Noun, kw_only=True):
    """Disputes, the oldest first: who waits longest is answered first."""

    disputes: list[DisputeView]


@get("/v1/console/disputes", **staff_reads(*_READERS))
def console_disputes(hall: GivenHall, only_open: OnlyOpen = True, limit: Most = limits.page_items_max) -> DisputeQueue:
    """What customers say is wrong, the oldest first."""
    found = hall.store.read(lambda connection: list_disputes(connection, only_open=only_open, limit=limit))
    return DisputeQueue(disputes=[_view(each) for each in found])


@get("/v1/console/disputes/{reference:str}", **staff_reads(Role.SERVICE, Role.RISK))
def console_dispute(
    request: AnyRequest, hall: GivenHall, who: GivenWho, reference: Reference, reason: Why
) -> OneDispute:
    """One dispute and whose it is."""
    _require(reference)
    found = hall.store.read(lambda connection: find_dispute(connection, reference))
    if found.customer_ref is not None:
        looked(request, hall, who, found.customer_ref, f"dispute {reference}", reason)
    return OneDispute(dispute=_view(found), customer_ref=found.customer_ref)


@post("/v1/console/disputes/{reference:str}/answer", **staff_writes(Role.SERVICE))
def answer(
    request: AnyRequest,
    hall: GivenHall,
    who: GivenWho,
    idempotency_key: IdempotencyKey,
    reference: Reference,
    data: JSONBody[Answering],
) -> Response[DisputeView]:
    """Answer a dispute, once. Grams are not changed by it: it says which correction follows."""
    _require(reference)
    actor = acting(hall, request, who)

    def work(connection: Connection) -> DisputeView:
        if find_dispute(connection, reference).state is not DisputeState.OPEN:
            raise Conflict(f"{reference} was answered already", hint="An answer stays.")
        because = Text(zh=data.because_zh, en=data.because_en)
        made = answer_dispute(connection, reference, upheld=data.upheld, because=because, by=who.subject, now=actor.at)
        after: dict[str, Any] = {"upheld": data.upheld, "because_zh": data.because_zh, "because_en": data.because_en}
        subject = ("dispute", str(number_of(reference)))
        write_change(connection, actor, "dispute.answered", subject, before={"state": "open"}, after=after)
        return _view(made)

    content = msgspec.json.encode(data)
    about = hall.store.read(lambda connection: find_dispute(connection, reference)).customer_ref
    return once(hall, request, who, idempotency_key, content, DisputeView, work, about=about)


def _require(reference: str) -> None:
    """Refuse a reference that was misread."""
    try:
        number_of(reference)
    except InvalidInput as error:
        raise Refused(ProblemCode.NOT_FOUND) from error


def _view(found: QueuedDispute) -> DisputeView:
    return DisputeView(
        reference=found.reference,
        customer=masked(found.customer_ref),
        act_id=found.act_id,
        scenario=found.scenario,
        reason=found.reason,
        words=found.words,
        state=found.state,
        opened_at=found.opened_at,
        answered_at=found.answered_at,
        answered_by=found.answered_by,
        answer=found.answer,
        correction=CORRECTION[found.reason],
    )


HANDLERS = [console_disputes, console_dispute, answer]
