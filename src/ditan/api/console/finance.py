"""The books for whoever closes them: closed days, trial balance, energy liability, and feed beside ledger."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Annotated, Any, Final

from litestar import Response, get
from litestar.params import QueryParameter

from ditan import ledger
from ditan.api.hall import Hall
from ditan.api.roles import Role
from ditan.api.routing import GivenHall, staff_reads
from ditan.insight.reconciling import Reconciled, reconcile
from ditan.kernel.clock import business_day
from ditan.kernel.errors import InvalidInput
from ditan.ledger import ClosedDay, Liability, TrialBalance
from ditan.ledger.books import Places
from ditan.model import Noun

_READERS: Final = (Role.OPERATOR, Role.APPROVER, Role.RISK, Role.ADMIN)
_DAYS_MAX: Final = 366
From = Annotated[date | None, QueryParameter(name="from", description="The first day. The first of the last's month.")]
To = Annotated[date | None, QueryParameter(name="to", description="The last day. Today.")]


class ClosedDays(Noun, kw_only=True):
    """Days whose books never change again, the oldest first."""

    days: list[ClosedDay]


class Reconciliation(Noun, kw_only=True):
    """Feed, acts and books beside each other, read in one snapshot."""

    on: date
    equal: bool
    lines: list[Reconciled]


@get("/v1/console/finance/days", **staff_reads(*_READERS))
def closed_days(hall: GivenHall, first: From = None, last: To = None) -> ClosedDays:
    """Closed days with where the energy of all customers was at the end of each, and the digest."""
    return ClosedDays(days=_days(hall, first, last))


@get("/v1/console/finance/days.csv", media_type="text/csv", **staff_reads(*_READERS))
def closed_days_csv(hall: GivenHall, first: From = None, last: To = None) -> Response[str]:
    """The same as CSV."""
    fields = ClosedDay.__struct_fields__
    return _csv("days", fields, ([getattr(day, name) for name in fields] for day in _days(hall, first, last)))


@get("/v1/console/finance/trial-balance", **staff_reads(*_READERS))
def trial_balance(hall: GivenHall, first: From = None, last: To = None) -> TrialBalance:
    """Every account of a day or a month: opening, debits, credits, closing. Debits equal credits."""
    return _trial(hall, first, last)


@get("/v1/console/finance/trial-balance.csv", media_type="text/csv", **staff_reads(*_READERS))
def trial_balance_csv(hall: GivenHall, first: From = None, last: To = None) -> Response[str]:
    """The same as CSV."""
    fields = ("asset", "account", "entries", "opening", "debit", "credit", "closing")
    lines = _trial(hall, first, last).lines
    return _csv("trial-balance", fields, ([getattr(line, name) for name in fields] for line in lines))


@get("/v1/console/finance/liability", **staff_reads(*_READERS))
def energy_liability(hall: GivenHall, first: From = None, last: To = None) -> Liability:
    """The energy the bank owes its customers: opening, what moved, closing, and its ages."""
    return _liability(hall, first, last)


@get("/v1/console/finance/liability.csv", media_type="text/csv", **staff_reads(*_READERS))
def energy_liability_csv(hall: GivenHall, first: From = None, last: To = None) -> Response[str]:
    """Opening, each flow and closing, by place, as CSV."""
    found, places = _liability(hall, first, last), Places.__struct_fields__

    def row(line: str, at: Places) -> list[Any]:
        return [line, *(getattr(at, name) for name in places), at.energy]

    flows = [row(flow.kind, flow.added) for flow in found.flows]
    rows = [row("opening", found.opening), *flows, row("closing", found.closing)]
    return _csv("liability", ("line", *places, "energy"), rows)


@get("/v1/console/finance/reconciliation", **staff_reads(*_READERS))
def reconciliation(hall: GivenHall) -> Reconciliation:
    """Whether the rows of the feed, the acts and the books agree, up to this moment."""
    return _reconciled(hall)


@get("/v1/console/finance/reconciliation.csv", media_type="text/csv", **staff_reads(*_READERS))
def reconciliation_csv(hall: GivenHall) -> Response[str]:
    """The same as CSV."""
    lines = _reconciled(hall).lines
    rows = (
        [each.id, each.unit, each.left.en, each.left_sum, each.right.en, each.right_sum, each.said.en] for each in lines
    )
    return _csv("reconciliation", ("id", "unit", "left", "left_sum", "right", "right_sum", "said"), rows)


def _period(hall: Hall, first: date | None, last: date | None) -> tuple[date, date]:
    end = last or business_day(hall.clock.now())
    start = first or end.replace(day=1)
    if end - start >= timedelta(days=_DAYS_MAX):
        raise InvalidInput(f"a period has at most {_DAYS_MAX} days", hint="Ask for a shorter one.")
    return start, end


def _days(hall: Hall, first: date | None, last: date | None) -> list[ClosedDay]:
    start, end = _period(hall, first, last)
    return hall.store.read(lambda connection: ledger.closed_days(connection, start, end))


def _trial(hall: Hall, first: date | None, last: date | None) -> TrialBalance:
    start, end = _period(hall, first, last)
    return hall.store.snapshot(lambda connection: ledger.trial_balance(connection, start, end))


def _liability(hall: Hall, first: date | None, last: date | None) -> Liability:
    (start, end), now = _period(hall, first, last), hall.clock.now()
    return hall.store.snapshot(lambda connection: ledger.liability(connection, start, end, now))


def _reconciled(hall: Hall) -> Reconciliation:
    today = business_day(hall.clock.now())
    lines = hall.store.snapshot(lambda c: reconcile(c, ledger.trial_balance(c, today, today)))
    return Reconciliation(on=today, equal=all(line.equal for line in lines), lines=lines)


def _csv(name: str, heads: Iterable[str], rows: Iterable[list[Any]]) -> Response[str]:
    text = io.StringIO()
    written = csv.writer(text, lineterminator="\n")
    written.writerow(heads)
    written.writerows(rows)
    headers = {"Content-Disposition": f'attachment; filename="ditan-{name}.csv"'}
    return Response(text.getvalue(), media_type="text/csv", headers=headers)


HANDLERS = [
    closed_days,
    closed_days_csv,
    trial_balance,
    trial_balance_csv,
    energy_liability,
    energy_liability_csv,
    reconciliation,
    reconciliation_csv,
]
