"""The two logs: who changed what, and who looked at which customer."""

from __future__ import annotations

from typing import Annotated

from litestar import get
from litestar.params import QueryParameter

from ditan.api.console.acting import Since, StaffId, Until, after_line, numbered, zoned
from ditan.api.cursor import AfterCursor, Limit
from ditan.api.roles import Role
from ditan.api.routing import GivenHall, staff_reads
from ditan.insight.trail import Access, LoggedChange, Searched, read_accesses, read_changes
from ditan.kernel import limits
from ditan.model import Noun

Action = Annotated[str | None, QueryParameter(max_length=64, description="What was done: proposal.approved.")]
Subject = Annotated[str | None, QueryParameter(max_length=limits.id_chars_max, description="Id of what was changed.")]
Words = Annotated[str | None, QueryParameter(name="q", max_length=64, description="Words anywhere in a line.")]
CustomerRef = Annotated[
    str | None, QueryParameter(max_length=limits.id_chars_max, description="The bank's whole reference.")
]


class Changes(Noun, kw_only=True):
    """A page of changes, the latest first."""

    changes: list[LoggedChange]
    next_cursor: str | None


class Accesses(Noun, kw_only=True):
    """A page of looks at customers, the latest first."""

    accesses: list[Access]
    next_cursor: str | None


@get("/v1/console/changes", **staff_reads(Role.OPERATOR, Role.APPROVER, Role.RISK, Role.ADMIN))
def changes(
    hall: GivenHall,
    actor: StaffId = None,
    action: Action = None,
    subject: Subject = None,
    words: Words = None,
    since: Since = None,
    until: Until = None,
    cursor: AfterCursor = None,
    limit: Limit = limits.page_items,
) -> Changes:
    """Every change through the console: who, in which role, what, why, and what stood before."""
    searched = Searched(
        actor=actor,
        action=action,
        subject=subject,
        words=words,
        from_at=zoned(since),
        to_at=zoned(until),
        before=numbered(cursor),
        limit=limit + 1,
    )
    found = hall.store.read(lambda connection: read_changes(connection, searched))
    page = found[:limit]
    more = after_line(page[-1].at, page[-1].change_id) if len(found) > limit else None
    return Changes(changes=page, next_cursor=more)


@get("/v1/console/accesses", **staff_reads(Role.RISK, Role.ADMIN))
def accesses(
    hall: GivenHall,
    actor: StaffId = None,
    customer_ref: CustomerRef = None,
    since: Since = None,
    until: Until = None,
    cursor: AfterCursor = None,
    limit: Limit = limits.page_items,
) -> Accesses:
    """Who looked at which customer, when and why. Customers are shown by the end of their reference."""
    searched = Searched(
        actor=actor,
        customer_ref=customer_ref,
        from_at=zoned(since),
        to_at=zoned(until),
        before=numbered(cursor),
        limit=limit + 1,
    )
    found = hall.store.read(lambda connection: read_accesses(connection, searched))
    page = found[:limit]
    more = after_line(page[-1].at, page[-1].access_id) if len(found) > limit else None
    return Accesses(accesses=page, next_cursor=more)


HANDLERS = [changes, accesses]
