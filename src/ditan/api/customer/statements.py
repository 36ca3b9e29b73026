"""A customer's months."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter, QueryParameter

from ditan.api.codes import ProblemCode
from ditan.api.hall import Hall
from ditan.api.identity import Principal
from ditan.api.problems import Refused
from ditan.api.routing import AnyRequest, GivenHall, GivenWho, fresh, known_by, reads
from ditan.home.statements import MonthStatement, MonthSum, read_months, read_statement
from ditan.model import Noun

OneMonth = Annotated[
    str, PathParameter(pattern=r"^[1-9][0-9]{3}-(0[1-9]|1[0-2])$", description="A business month, 2026-07.")
]
OneLanguage = Annotated[Literal["zh", "en"], QueryParameter(name="lang", description="Chinese or English.")]
_PDF = "application/pdf"


class Months(Noun, kw_only=True):
    """The months in which anything happened, the latest first."""

    months: list[MonthSum]


_PDF_READS = reads()
_PDF_READS["responses"][200] = ResponseSpec(
    bytes, generate_examples=False, description="The statement.", media_type=_PDF
)


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
    return fresh(request, _statement(hall, who, month))


@get("/v1/statements/{month:str}/pdf", media_type=_PDF, **_PDF_READS)
def statement_pdf(
    request: AnyRequest, hall: GivenHall, who: GivenWho, month: OneMonth, lang: OneLanguage = "zh"
) -> Response[bytes]:
    """The same month as a PDF, with its type embedded: to keep, or to print."""
    from ditan.home.printing import print_statement

    found = _statement(hall, who, month)
    headers, known = known_by(request, msgspec.json.encode((found, lang)))
    if known:
        return Response(b"", status_code=304, headers=headers)
    headers["Content-Disposition"] = f'attachment; filename="ditan-{month}-{lang}.pdf"'
    return Response(print_statement(found, lang), media_type=_PDF, headers=headers)


def _statement(hall: Hall, who: Principal, month: str) -> MonthStatement:
    found = hall.store.read(lambda connection: read_statement(connection, who.subject, month, hall.pack))
    if found is None:
        raise Refused(ProblemCode.NO_ACCOUNT)
    return found
