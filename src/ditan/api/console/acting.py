"""Who acts in a request of the console, for the logs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from litestar.params import QueryParameter

from ditan.api.codes import ProblemCode
from ditan.api.cursor import Place, read_cursor, write_cursor
from ditan.api.hall import Hall
from ditan.api.identity import Principal
from ditan.api.problems import Refused
from ditan.api.roles import Role
from ditan.api.routing import AnyRequest, needs_of
from ditan.insight.trail import Actor
from ditan.kernel import limits

Reason = Annotated[
    str,
    msgspec.Meta(
        min_length=limits.reason_chars_min,
        max_length=limits.reason_chars_max,
        description="Why. No card, identity or phone number.",
    ),
]
StaffId = Annotated[str | None, QueryParameter(max_length=limits.id_chars_max, description="Pseudonym of a person.")]
Since = Annotated[datetime | None, QueryParameter(name="from", description="From this moment on.")]
Until = Annotated[datetime | None, QueryParameter(name="to", description="Before this moment.")]
_NUMBERS = 2**63


def acting(hall: Hall, request: AnyRequest, who: Principal) -> Actor:
    """Tell who acts. Of several roles that may, the first is written down."""
    needs = needs_of(request.route_handler)
    role = next(role for role in Role if needs and role in needs.roles & who.roles)
    return Actor(who.subject, role, str(request.scope["state"]["request_id"]), hall.clock.now())


def numbered(cursor: str | None) -> tuple[datetime, int] | None:
    """Read where a list of numbered lines goes on."""
    place = read_cursor(cursor)
    if place and place.name.int >= _NUMBERS:
        raise Refused(ProblemCode.INVALID_INPUT)
    return (place.at, place.name.int) if place else None


def after_line(at: datetime, number: int) -> str:
    """Write where a list of numbered lines goes on."""
    return write_cursor(Place(at, UUID(int=number)))


def zoned(moment: datetime | None) -> datetime | None:
    """Give a moment that says its zone.

    Raises: Refused `invalid_input`.
    """
    if moment is not None and (moment.tzinfo is None or abs(moment.utcoffset() or timedelta(0)) > timedelta(hours=24)):
        raise Refused(ProblemCode.INVALID_INPUT)
    return moment
