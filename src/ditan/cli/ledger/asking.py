"""How the ledger's commands read what was typed: days, moments, names of requests, ids; and what time it is."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import typer

from ditan.kernel import clock
from ditan.kernel.clock import BUSINESS_ZONE, business_day
from ditan.kernel.errors import InvalidInput
from ditan.ledger import month_of

Customer = Annotated[str, typer.Argument(help="The bank's pseudonym for the customer, such as C0012F.")]
Request = Annotated[
    str | None,
    typer.Option(help="Name of the request: the same name again changes nothing. Made from the time, if not given."),
]
Reason = Annotated[
    str, typer.Option(help="Why, in a few words. It stays in the ledger: no names, no numbers of people.")
]
Month = Annotated[str | None, typer.Option(help="A business month, 2026-07.")]
From = Annotated[
    str | None, typer.Option("--from", help="First day, 2026-07-01. The first of the month, if not given.")
]
To = Annotated[str | None, typer.Option("--to", help="Last day. Today, if not given.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV, for spreadsheets.")]


def now() -> datetime:
    """The moment of this command."""
    return clock.SYSTEM_CLOCK.now()


def day_of(text: str) -> date:
    """Read a business day.

    Raises: InvalidInput.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"{text!r} is not a day", hint="Write 2026-07-31.") from error


def moment_of(text: str) -> datetime:
    """Read an instant; in business time where it has no zone.

    Raises: InvalidInput.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"{text!r} is not a time", hint="Write 2026-07-01 or 2026-07-01T08:30.") from error
    return at if at.tzinfo else at.replace(tzinfo=BUSINESS_ZONE)


def period_of(month: str | None, first: str | None, last: str | None, at: datetime) -> tuple[date, date]:
    """Give the first and the last day that were asked for: a month, or from one day to another.

    Raises: InvalidInput.
    """
    if month is not None:
        if first or last:
            raise InvalidInput("a month, or two days", hint="Give --month, or --from and --to.")
        start, end = month_of(month)
        return start, end
    end = day_of(last) if last else business_day(at)
    return (day_of(first) if first else end.replace(day=1)), end


def request_of(command: str, request: str | None, at: datetime) -> str:
    """Give the name of a request: the one that was typed, or the command and the moment."""
    return request or f"cli {command} {at.isoformat()}"


def id_of(text: str, what: str, where: str) -> UUID:
    """Read the id of a hold or a proposal; `where`: the command that shows it.

    Raises: InvalidInput.
    """
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidInput(f"{text!r} is not the id of a {what}", hint=f"`{where}` shows it.") from error
