"""The 21 scenarios, and what a reduction is comparable to."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, get
from litestar.params import QueryParameter

from ditan.api.codes import ProblemCode
from ditan.api.problems import Refused
from ditan.api.routing import AnyRequest, GivenHall, GivenWho, fresh, reads
from ditan.home import read_home
from ditan.home.equivalents import Equivalents
from ditan.home.equivalents import equivalents as worked_out
from ditan.home.progress import Scenarios, read_scenarios
from ditan.kernel.clock import business_day

Milligrams = Annotated[
    int | None,
    QueryParameter(ge=0, le=10**12, description="Milligrams to compare; all the customer ever reduced, if not given."),
]


@get("/v1/scenarios", **reads())
def scenarios(request: AnyRequest, hall: GivenHall, who: GivenWho) -> Response[Scenarios]:
    """All 21: how to take part, what each gives, its caps and what is used of them, what does not count and why."""
    now, pack, version = hall.clock.now(), hall.pack, hall.methodology.version
    return fresh(request, hall.store.read(lambda c: read_scenarios(c, who.subject, pack, version, now)))


@get("/v1/equivalents", **reads())
def equivalents(
    request: AnyRequest, hall: GivenHall, who: GivenWho, carbon_mg: Milligrams = None
) -> Response[Equivalents]:
    """What a reduction is comparable to in everyday life, each with its source."""
    now = hall.clock.now()
    if carbon_mg is None:
        pack, version = hall.pack, hall.methodology.version
        found = hall.store.read(lambda connection: read_home(connection, who.subject, pack, version, now))
        if found is None:
            raise Refused(ProblemCode.NO_ACCOUNT)
        carbon_mg = found.carbon.total_mg
    return fresh(request, worked_out(hall.pack, carbon_mg, business_day(now)))
