"""What was reduced over time."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar import Response, get
from litestar.params import QueryParameter

from ditan.api.codes import ProblemCode
from ditan.api.problems import Refused
from ditan.api.routing import AnyRequest, GivenHall, GivenWho, fresh, reads
from ditan.home.page import month_named, month_of
from ditan.home.reductions import By, Reductions, read_reductions
from ditan.kernel.clock import business_day
from ditan.model import Text

Each = Annotated[By, QueryParameter(description="Days of a month, or months of a year.")]
Month = Annotated[
    str | None,
    QueryParameter(
        pattern=r"^[1-9][0-9]{3}-(0[1-9]|1[0-2])$",
        description="With `by=day`: the business month, 2026-07. This one, if not given.",
    ),
]
Year = Annotated[
    str | None,
    QueryParameter(pattern=r"^[1-9][0-9]{3}$", description="With `by=month`: the year. This one, if not given."),
]


@get("/v1/reductions", **reads())
def reductions(
    request: AnyRequest, hall: GivenHall, who: GivenWho, by: Each = By.DAY, month: Month = None, year: Year = None
) -> Response[Reductions]:
    """What was reduced, net of refunds, by family: each day of a month, or each month of a year."""
    now = hall.clock.now()
    if (month if by is By.MONTH else year) is not None:
        raise Refused(
            ProblemCode.INVALID_INPUT,
            Text(zh="按日请给 month，按月请给 year", en="Give month for days, year for months"),
        )
    start, end = _months_of(year, now) if by is By.MONTH else month_named(month) if month else month_of(now)
    found = hall.store.read(lambda connection: read_reductions(connection, who.subject, by, start, end))
    if found is None:
        raise Refused(ProblemCode.NO_ACCOUNT)
    return fresh(request, found)


def _months_of(year: str | None, now: datetime) -> tuple[datetime, datetime]:
    of = year or str(business_day(now).year)
    return month_named(f"{of}-01")[0], month_named(f"{of}-12")[1]
