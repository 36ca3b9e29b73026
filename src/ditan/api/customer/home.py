"""`GET /v1/home`: the first page."""

from __future__ import annotations

from litestar import Response, get

from ditan.api.codes import ProblemCode
from ditan.api.problems import Refused
from ditan.api.routing import AnyRequest, GivenHall, GivenWho, fresh, reads
from ditan.home import Home, read_home


@get("/v1/home", **reads())
def home(request: AnyRequest, hall: GivenHall, who: GivenWho) -> Response[Home]:
    """The first page: both numbers, the balls, the garden and the way to its next stage."""
    now, pack, version = hall.clock.now(), hall.pack, hall.methodology.version
    found = hall.store.read(lambda connection: read_home(connection, who.subject, pack, version, now))
    if found is None:
        raise Refused(ProblemCode.NO_ACCOUNT)
    return fresh(request, found)
