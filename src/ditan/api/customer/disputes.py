"""这不对: a customer says that an act is wrong, and reads what the bank answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody

from ditan.api.codes import ProblemCode
from ditan.api.cursor import AfterCursor, Limit, Place, read_cursor, write_cursor
from ditan.api.customer.acts import ActName, named_act
from ditan.api.problems import Refused
from ditan.api.routing import AnyRequest, GivenHall, GivenWho, IdempotencyKey, fresh, once, reads, writes
from ditan.home.disputes import Dispute, DisputeReason, DisputeState, Sought, open_dispute, read_disputes
from ditan.kernel import limits
from ditan.kernel.errors import NotFound
from ditan.kernel.persons import tells_a_number
from ditan.model import Noun
from ditan.store.pool import Connection

Words = Annotated[
    str,
    msgspec.Meta(
        max_length=limits.dispute_chars_max,
        description="What is wrong, in the customer's own words. No card, identity or phone number.",
    ),
]


class Disputing(Noun, kw_only=True):
    """What is said to be wrong."""

    reason: DisputeReason
    words: Words | None = None


class Disputed(Noun, kw_only=True):
    """The dispute that is open now. `changed` is false when it was open already: there is one of an act at a time."""

    reference: str
    state: DisputeState
    act_id: str
    reason: DisputeReason
    opened_at: datetime
    changed: bool


class Disputes(Noun, kw_only=True):
    """A page of disputes, the latest first."""

    disputes: list[Dispute]
    next_cursor: str | None


_WRITES = writes() | {"status_code": 201}
_WRITES["responses"][200] = ResponseSpec(
    Disputed, generate_examples=False, description="This act has an open dispute already, which is this one."
)


@post("/v1/acts/{act_id:str}/disputes", **_WRITES)
def dispute(
    request: AnyRequest,
    hall: GivenHall,
    who: GivenWho,
    idempotency_key: IdempotencyKey,
    act_id: ActName,
    data: JSONBody[Disputing],
) -> Response[Disputed]:
    """Say that an act is wrong. It gets a reference; nothing of the act is changed by it."""
    act = named_act(act_id)
    if data.words and tells_a_number(data.words):
        raise Refused(ProblemCode.PERSONAL_NUMBER)

    def work(connection: Connection) -> Disputed:
        try:
            found, new = open_dispute(
                connection, who.subject, act, data.reason, data.words, hall.clock.now(), hall.pack
            )
        except NotFound as error:
            raise Refused(ProblemCode.NOT_FOUND) from error
        return Disputed(
            reference=found.reference,
            state=found.state,
            act_id=found.act_id,
            reason=found.reason,
            opened_at=found.opened_at,
            changed=new,
        )

    response = once(hall, request, who, idempotency_key, msgspec.json.encode(data), Disputed, work)
    response.status_code = 201 if response.content.changed else 200
    return response


@get("/v1/disputes", **reads())
def disputes(
    request: AnyRequest,
    hall: GivenHall,
    who: GivenWho,
    cursor: AfterCursor = None,
    limit: Limit = limits.page_items,
) -> Response[Disputes]:
    """What the customer said was wrong, the latest first, with the bank's answers."""
    place = read_cursor(cursor)
    if place and place.name.int >= 2**63:
        raise Refused(ProblemCode.INVALID_INPUT)
    sought = Sought(before_at=place.at if place else None, before_no=place.name.int if place else None, limit=limit + 1)
    found = hall.store.read(lambda connection: read_disputes(connection, who.subject, hall.pack, sought))
    if found is None:
        raise Refused(ProblemCode.NO_ACCOUNT)
    page = found[:limit]
    more = write_cursor(Place(page[-1].opened_at, UUID(int=page[-1].number()))) if len(found) > limit else None
    return fresh(request, Disputes(disputes=page, next_cursor=more))
