"""Acts: the list, and one of them."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, get
from litestar.params import PathParameter, QueryParameter

from ditan.api.codes import ProblemCode
from ditan.api.cursor import AfterCursor, Limit, Place, read_cursor, write_cursor
from ditan.api.problems import Refused
from ditan.api.routing import AnyRequest, GivenHall, GivenWho, fresh, reads
from ditan.home.acts import ActLine, Wanted, read_acts
from ditan.home.page import month_named
from ditan.kernel import limits
from ditan.kernel.errors import InvalidInput
from ditan.kernel.ids import ActId, read_act
from ditan.model import Family, Noun

Month = Annotated[
    str | None, QueryParameter(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="A business month, 2026-07.")
]
ScenarioId = Annotated[str | None, QueryParameter(pattern=r"^[a-z0-9_]{1,64}$", description="One of the 21.")]

OneFamily = Annotated[Family | None, QueryParameter(description="Travel, finance or online.")]

ActName = Annotated[str, PathParameter(pattern=r"^act_[0-9A-Za-z]{26}$", description="An act, as the list names it.")]


def named_act(text: str) -> ActId:
    """Read an act's name in an address.

    Raises: Refused `not_found` when it is none.
    """
    try:
        return read_act(text)
    except InvalidInput as error:
        raise Refused(ProblemCode.NOT_FOUND) from error


class Acts(Noun, kw_only=True):
    """A page of acts, the latest first."""

    acts: list[ActLine]
    next_cursor: str | None


@get("/v1/acts", **reads())
def acts(
    request: AnyRequest,
    hall: GivenHall,
    who: GivenWho,
    cursor: AfterCursor = None,
    limit: Limit = limits.page_items,
    scenario: ScenarioId = None,
    family: OneFamily = None,
    month: Month = None,
) -> Response[Acts]:
    """Acts, the latest first: of one scenario, one family, one business month, or all."""
    place = read_cursor(cursor)
    numbers = [
        each.number
        for each in hall.pack.scenarios
        if scenario in {None, each.id} and (family is None or each.family is family)
    ]
    wanted = Wanted(
        scenarios=numbers if scenario or family else None,
        period=month_named(month) if month else None,
        before_at=place.at if place else None,
        before_id=place.name if place else None,
        limit=limit + 1,
    )
    found = hall.store.read(lambda connection: read_acts(connection, who.subject, wanted, hall.pack))
    if found is None:
        raise Refused(ProblemCode.NO_ACCOUNT)
    page = found[:limit]
    more = write_cursor(Place(page[-1].occurred_at, page[-1].name_of())) if len(found) > limit else None
    return fresh(request, Acts(acts=page, next_cursor=more))
