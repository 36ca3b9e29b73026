"""A customer's months."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, get
from litestar.params import PathParameter

from ditan.api.codes import ProblemCode
from ditan.api.problems import Refused
from ditan.api.routing import AnyRequest, GivenHall, GivenWho, fresh, reads
from ditan.home.statements import MonthStatement, MonthSum, read_months, read_statement
from ditan.model import Noun

OneMonth = Annotated[
    str, PathParameter(pattern=r"^[1-9][0-9]{3}-(0[1-9]|1[0-2])$", description="A business month, 2026-07.")
]


class Months(Noun, kw_only=True):
    """The months in which anything happened, the latest first."""

    months: list[MonthSum]


@get("/v1/statements", **reads())
def statements(request: AnyRequest, hall: GivenHall, who: GivenWho) -> Response[Months]:
    """The months in which anything happened, the latest first."""
    found = hall.store.read(lambda connection: read_months(connection, who.subject))
    if found is None:
        raise Refused(ProblemCode.NO_ACCOUNT)
    return fresh(request, Months(months=found))


@get("/v1/statements/{month:str}", **reads())
def statement(request: AnyRequest, hall: GivenHall, who: GivenWho, month: OneMonth) -> Response[MonthStatement]:
    """A month: every act, what was taken back, how energy moved, and the two sums that never mix."""
    found = hall.store.read(lambda connection: read_statement(connection, who.subject, month, hall.pack))
    if found is None:
        raise Refused(ProblemCode.NO_ACCOUNT)
    return fresh(request, found)
