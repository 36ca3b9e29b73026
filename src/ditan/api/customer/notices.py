"""Notices: what the customer is told of, and how far she has read."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody

from ditan.api.codes import ProblemCode
from ditan.api.cursor import AfterCursor, Limit, Place, read_cursor, write_cursor
from ditan.api.problems import Refused
from ditan.api.routing import AnyRequest, GivenHall, GivenWho, IdempotencyKey, fresh, once, reads, writes
from ditan.home.notices import Notice, count_unread, mark_read, read_notices
from ditan.kernel import limits
from ditan.kernel.errors import NotFound
from ditan.kernel.ids import read_name
from ditan.model import Noun
from ditan.store.pool import Connection

NoticeId = Annotated[
    str, msgspec.Meta(pattern=r"^notice_[0-9A-Za-z]{26}$", description="A notice, as the list names it.")
]


class Notices(Noun, kw_only=True):
    """A page of notices, the latest first."""

    notices: list[Notice]
    next_cursor: str | None


class ReadUpTo(Noun, kw_only=True):
    """The latest notice that was read."""

    notice_id: NoticeId


class Unread(Noun, kw_only=True):
    """How many notices are new."""

    unread: int


class NoticesRead(Noun, kw_only=True):
    """What is left. `changed` is false when it was read before."""

    changed: bool
    unread: int


@get("/v1/notices", **reads())
def notices(
    request: AnyRequest,
    hall: GivenHall,
    who: GivenWho,
    cursor: AfterCursor = None,
    limit: Limit = limits.page_items,
) -> Response[Notices]:
    """What the customer is told of, the latest first: refunds, energy that expires soon, answers, texts, months."""
    now, before = hall.clock.now(), read_cursor(cursor)
    found = hall.store.read(lambda c: read_notices(c, who.subject, hall.pack, now, before, limit + 1))
    if found is None:
        raise Refused(ProblemCode.NO_ACCOUNT)
    page = found[:limit]
    more = write_cursor(Place(page[-1].at, page[-1].name_of())) if len(found) > limit else None
    return fresh(request, Notices(notices=page, next_cursor=more))


@get("/v1/notices/unread", **reads())
def unread(request: AnyRequest, hall: GivenHall, who: GivenWho) -> Response[Unread]:
    """How many notices are new: for the mark on the bell, which the first page does not wait for."""
    now = hall.clock.now()
    found = hall.store.read(lambda c: count_unread(c, who.subject, now))
    if found is None:
        raise Refused(ProblemCode.NO_ACCOUNT)
    return fresh(request, Unread(unread=found))


@post("/v1/notices/read", **writes())
def read(
    request: AnyRequest, hall: GivenHall, who: GivenWho, idempotency_key: IdempotencyKey, data: JSONBody[ReadUpTo]
) -> Response[NoticesRead]:
    """Mark a notice, and all before it, as read."""
    name = read_name("notice", data.notice_id)
    if name is None:
        raise Refused(ProblemCode.NOT_FOUND)

    def work(connection: Connection) -> NoticesRead:
        now = hall.clock.now()
        try:
            changed = mark_read(connection, who.subject, name, now)
        except NotFound as error:
            raise Refused(ProblemCode.NOT_FOUND) from error
        return NoticesRead(changed=changed, unread=count_unread(connection, who.subject, now) or 0)

    return once(hall, request, who, idempotency_key, msgspec.json.encode(data), NoticesRead, work)
