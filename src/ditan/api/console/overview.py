"""The overview: business value and public good, side by side and never netted."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from litestar import Response, get
from litestar.params import QueryParameter

from ditan.api.hall import Hall
from ditan.api.roles import Role
from ditan.api.routing import GivenHall, staff_reads
from ditan.insight.exporting import as_csv, as_xlsx
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


_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@get("/v1/console/overview", **staff_reads(*_READERS))
def overview(hall: GivenHall, first: From = None, last: To = None, against: Compared = Against.PREVIOUS) -> Overview:
    """The programme on one screen, read in one snapshot. Numbers are exact and written as text."""
    return _read(hall, first, last, against)


@get("/v1/console/overview.csv", media_type="text/csv", **staff_reads(*_READERS))
def overview_csv(
    hall: GivenHall, first: From = None, last: To = None, against: Compared = Against.PREVIOUS
) -> Response[str]:
    """The figures as a table for a spreadsheet."""
    found = _read(hall, first, last, against)
    return Response(as_csv(found), media_type="text/csv", headers=_named(found, "csv"))


@get("/v1/console/overview.xlsx", media_type=_XLSX, **staff_reads(*_READERS))
def overview_xlsx(
    hall: GivenHall, first: From = None, last: To = None, against: Compared = Against.PREVIOUS
) -> Response[bytes]:
    """Figures, days, tables and definitions as a workbook."""
    found = _read(hall, first, last, against)
    return Response(as_xlsx(found), media_type=_XLSX, headers=_named(found, "xlsx"))


def _read(hall: Hall, first: date | None, last: date | None, against: Against) -> Overview:
    now = hall.clock.now()
    span = span_of(first, last, now)
    return hall.store.snapshot(lambda connection: read_overview(connection, span, against, now))


def _named(found: Overview, kind: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="ditan-overview-{found.first}-{found.last}.{kind}"'}


HANDLERS = [overview, overview_csv, overview_xlsx]
