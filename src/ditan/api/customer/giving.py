"""What came of a customer's energy for others: her trees, and her donations."""

from __future__ import annotations

from litestar import Response, get

from ditan.api.codes import ProblemCode
from ditan.api.cursor import AfterCursor, Limit, Place, read_cursor, write_cursor
from ditan.api.problems import Refused
from ditan.api.routing import AnyRequest, GivenHall, GivenWho, fresh, reads
from ditan.kernel import limits
from ditan.kernel.ids import read_name
from ditan.model import Noun
from ditan.rewards.forest import Forest, read_forest
from ditan.rewards.giving import Donation, OwnProject, read_donations, read_own_projects
from ditan.store.pool import Connection


class Donations(Noun, kw_only=True):
    """A page of donations, the latest first, and on every page the sums of all of them by project."""

    projects: list[OwnProject]
    donations: list[Donation]
    next_cursor: str | None


@get("/v1/forest", **reads())
def forest(request: AnyRequest, hall: GivenHall, who: GivenWho) -> Response[Forest]:
    """The customer's trees, each with the certificate that anybody sees by its number, and those she waits for."""
    found = hall.store.read(lambda connection: read_forest(connection, who.subject))
    if found is None:
        raise Refused(ProblemCode.NO_ACCOUNT)
    return fresh(request, found)


@get("/v1/donations", **reads())
def donations(
    request: AnyRequest,
    hall: GivenHall,
    who: GivenWho,
    cursor: AfterCursor = None,
    limit: Limit = limits.page_items,
) -> Response[Donations]:
    """The customer's donations with where the money is. Energy she gave and fen the bank pays are never one sum."""
    place = read_cursor(cursor)
    before = (place.at, place.name) if place else None

    def work(connection: Connection) -> Donations | None:
        found = read_donations(connection, who.subject, before=before, limit=limit + 1)
        if found is None:
            return None
        page = found[:limit]
        more = page[-1] if len(found) > limit else None
        return Donations(
            projects=read_own_projects(connection, who.subject),
            donations=page,
            next_cursor=_cursor(more) if more else None,
        )

    told = hall.store.read(work)
    if told is None:
        raise Refused(ProblemCode.NO_ACCOUNT)
    return fresh(request, told)


def _cursor(last: Donation) -> str:
    name = read_name("order", last.order_id)
    assert name is not None, "it was named by us"
    return write_cursor(Place(last.pledged_at, name))


HANDLERS = [forest, donations]
