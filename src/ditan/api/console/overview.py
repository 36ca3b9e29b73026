"""The overview: business value and public good, side by side and never netted."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from litestar import get
from litestar.params import QueryParameter

from ditan.api.roles import Role
from ditan.api.routing import GivenHall, staff_reads
from ditan.insight.figures import Against, Overview
from ditan.insight.overview import read_overview, span_of

From = Annotated[
    date | None, QueryParameter(name="from", description="The first business day. Thirty days before the last.")
]
To = Annotated[date | None, QueryParameter(name="to", description="The last business day. Yesterday.")]
Compared = Annotated[
    Against, QueryParameter(name="against", description="As many days just before, or the same days a year ago.")
]
_READERS = (Role.OPERATOR, Role.APPROVER, Role.RISK, Role.ADMIN)


@get("/v1/console/overview", **staff_reads(*_READERS))
def overview(hall: GivenHall, first: From = None, last: To = None, against: Compared = Against.PREVIOUS) -> Overview:
    """The programme on one screen, read in one snapshot. Numbers are exact and written as text."""
    now = hall.clock.now()
    span = span_of(first, last, now)
    return hall.store.snapshot(lambda connection: read_overview(connection, span, against, now))


HANDLERS = [overview]
