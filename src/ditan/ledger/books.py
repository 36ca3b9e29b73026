"""Read the books of a period: its trial balance, and the energy the bank owes its customers.

Closed days are sums that are ready; days after them are summed from the entries, so that a report may reach to this
moment. Everything adds up: opening + what moved = closing, and closing is what the accounts of the trial balance say.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

import psycopg

from ditan.kernel.clock import BUSINESS_ZONE, business_day
from ditan.kernel.errors import InvalidInput
from ditan.kernel.invariants import check
from ditan.ledger import store
from ditan.ledger.limited import all_limited
from ditan.model import Noun, Text

_DAY: Final = timedelta(days=1)
_BEFORE_ALL: Final = date(1970, 1, 1)

FLOWS: Final = {
    "act": Text(zh="发放", en="issued for green acts"),
    "award": Text(zh="活动赠送", en="awarded by campaigns"),
    "reversal": Text(zh="退款收回", en="reversed by refunds"),
    "mature": Text(zh="成熟", en="matured"),
    "collect": Text(zh="收取", en="collected"),
    "lapse": Text(zh="未收取而消失", en="lapsed, not collected in time"),
    "hold": Text(zh="冻结", en="held for redemptions"),
    "release": Text(zh="退回", en="released, not redeemed"),
    "capture": Text(zh="兑换", en="redeemed"),
    "give_back": Text(zh="兑换后退回", en="given back after it was redeemed"),
    "expire": Text(zh="过期", en="expired"),
    "adjust": Text(zh="调整", en="adjusted by two people"),
}
"""What can happen to energy, in the order of its life."""


class TrialLine(Noun, kw_only=True):
    """An account of a trial balance: all customers are one. Balances are credits less debits."""

    asset: str  # carbon, energy, or limited:<id>
    account: str
    entries: int
    opening: int
    debit: int
    credit: int
    closing: int


class TrialBalance(Noun, kw_only=True):
    """The accounts of a period. For each asset debits equal credits, and closing balances sum to zero."""

    start: date
    end: date  # the last day
    closed: bool  # every day is closed: it never changes again
    digest: str | None  # of the last day, when it is closed
    lines: list[TrialLine]


class Places(Noun, kw_only=True):
    """Energy of all customers by where it is, or what was added to each place."""

    growing_energy: int
    ripe_energy: int
    available_energy: int
    held_energy: int
    owed_energy: int  # debt of customers

    @property
    def energy(self) -> int:
        """All of it, less what is owed: what the bank stands for."""
        return self.growing_energy + self.ripe_energy + self.available_energy + self.held_energy - self.owed_energy


class Flow(Noun, kw_only=True):
    """What one kind of entry did to the energy of all customers in a period."""

    kind: str
    name: Text
    entries: int
    added: Places
    energy: int  # sum over the places: what the liability grew by


class Age(Noun, kw_only=True):
    """Available energy with one last day of use. `months`: from the report's last day to it; -1: a sweep is due."""

    last_on: date
    months: int
    energy: int


class LimitedLine(Noun, kw_only=True):
    """A stock, budget or fund in a period."""

    name: str
    kind: str
    unit: str
    opening: int
    taken: int
    given: int
    closing: int


class Liability(Noun, kw_only=True):
    """The energy a bank owes its customers: opening + flows = closing, in every column and in all."""

    start: date
    end: date
    closed: bool
    opening: Places
    flows: list[Flow]
    closing: Places
    opening_energy: int
    closing_energy: int
    ages: list[Age]
    debt_made: int  # refunds took more than there was
    debt_paid: int  # from later earnings, releases and corrections
    entries: int
    earlier_entries: int  # that happened on a day before the one they were booked on
    limited: list[LimitedLine]
    fen_per_energy: Decimal | None = None
    opening_fen: Decimal | None = None
    closing_fen: Decimal | None = None


class _Span(NamedTuple):
    """Where a period lies beside the closed days."""

    start: date
    end: date
    last_closed: date | None

    def parameters(self) -> dict[str, Any]:
        before, open_before = self._reach(self.start - _DAY)
        within, open_within = self._reach(self.end)
        return {
            "start": self.start,
            "end": self.end,
            "before": before,
            "open_before": open_before,
            "within": within,
            "open_within": max(open_within, self.start),
        }

    def at(self, day: date) -> dict[str, Any]:
        closed, first = self._reach(day)
        return {"day": day, "closed": closed, "open": first}

    def _reach(self, day: date) -> tuple[date | None, date]:
        """The last closed day not after a day, and the first day that must be summed from entries."""
        if self.last_closed is None:
            return None, _BEFORE_ALL
        closed = min(self.last_closed, day)
        return closed, closed + _DAY

    @property
    def closed(self) -> bool:
        return self.last_closed is not None and self.end <= self.last_closed


def month_of(text: str) -> tuple[date, date]:
    """Give the first and the last day of a month such as 2026-07.

    Raises: InvalidInput when it is none.
    """
    try:
        first = datetime.strptime(text, "%Y-%m").replace(tzinfo=BUSINESS_ZONE).date()
    except ValueError as error:
        raise InvalidInput(f"{text!r} is not a month", hint="Write 2026-07.") from error
    return first, (first + timedelta(days=31)).replace(day=1) - _DAY


def trial_balance(connection: psycopg.Connection[Any], start: date, end: date) -> TrialBalance:
    """Give the trial balance from one day to another, both included.

    Raises: InvalidInput when it ends before it starts; InvariantViolation when it does not balance.
    """
    span = _span(connection, start, end)
    lines = [TrialLine(**row) for row in store.fetch(connection, "read_trial", span.parameters())]
    for asset in {line.asset for line in lines}:
        of_asset = [line for line in lines if line.asset == asset]
        check(sum(x.credit - x.debit for x in of_asset) == 0, "INV-03", f"debits and credits of {asset} differ")
        check(sum(x.closing for x in of_asset) == 0, "INV-03", f"balances of {asset} do not sum to zero")
    digest = store.fetch(connection, "read_closed", {"first": end, "last": end})
    return TrialBalance(
        start=start, end=end, closed=span.closed, lines=lines, digest=digest[0]["digest"].hex() if digest else None
    )


def liability(
    connection: psycopg.Connection[Any],
    start: date,
    end: date,
    now: datetime,
    *,
    fen_per_energy: Decimal | None = None,
) -> Liability:
    """Give the energy liability from one day to another, both included; a last day that is not over: as of `now`.

    Raises: InvalidInput when it ends before it starts; InvariantViolation when it does not add up.
    """
    span = _span(connection, start, end)
    opening, closing = _places(connection, span, start - _DAY, now), _places(connection, span, end, now)
    flows = _flows(connection, span, opening, closing)
    books = trial_balance(connection, start, end)
    ages = [
        Age(last_on=row["last_on"], months=_months(end, row["last_on"]), energy=row["energy"])
        for row in store.fetch(connection, "read_lots", span.at(end))
    ]
    _require_sums(opening, flows, closing, books, ages)
    refunds = [flow.added.owed_energy for flow in flows if flow.kind == "reversal"]
    rows = store.fetch(connection, "count_booked", span.parameters())[0]
    rate = fen_per_energy
    return Liability(
        start=start,
        end=end,
        closed=span.closed,
        opening=opening,
        flows=flows,
        closing=closing,
        opening_energy=opening.energy,
        closing_energy=closing.energy,
        ages=ages,
        debt_made=sum(refunds),
        debt_paid=-sum(flow.added.owed_energy for flow in flows) + sum(refunds),
        entries=rows["entries"],
        earlier_entries=rows["earlier_entries"],
        limited=_limited(connection, books),
        fen_per_energy=rate,
        opening_fen=None if rate is None else rate * opening.energy,
        closing_fen=None if rate is None else rate * closing.energy,
    )


def _span(connection: psycopg.Connection[Any], start: date, end: date) -> _Span:
    if end < start:
        raise InvalidInput(f"a period cannot end on {end} and start on {start}", hint="The first day comes first.")
    return _Span(start, end, store.fetch(connection, "last_closed")[0]["day"])


def _places(connection: psycopg.Connection[Any], span: _Span, day: date, now: datetime) -> Places:
    minute = int(now.timestamp()) // 60 if day >= business_day(now) else None
    return Places(**store.fetch(connection, "read_places", span.at(day) | {"minute": minute})[0])


def _flows(connection: psycopg.Connection[Any], span: _Span, opening: Places, closing: Places) -> list[Flow]:
    """The flows of entries, and of ripening, which has none: what no longer grows and was not taken back."""
    rows = {row.pop("kind"): row for row in store.fetch(connection, "read_flows", span.parameters())}
    matured = opening.growing_energy + sum(row["growing_energy"] for row in rows.values()) - closing.growing_energy
    still = {"entries": 0, "available_energy": 0, "held_energy": 0, "owed_energy": 0}
    rows["mature"] = still | {"growing_energy": -matured, "ripe_energy": matured}
    flows: list[Flow] = []
    for kind, name in FLOWS.items():
        row = rows.get(kind, {**still, "growing_energy": 0, "ripe_energy": 0})
        added = Places(**{place: row[place] for place in Places.__struct_fields__})
        flows.append(Flow(kind=kind, name=name, entries=row["entries"], added=added, energy=added.energy))
    return flows


def _require_sums(opening: Places, flows: list[Flow], closing: Places, books: TrialBalance, ages: list[Age]) -> None:
    """Every column adds up, and the closing balance is what the accounts and the lots say."""
    for place in Places.__struct_fields__:
        moved = sum(getattr(flow.added, place) for flow in flows)
        before, after = getattr(opening, place), getattr(closing, place)
        check(before + moved == after, "INV-05", f"{place}: {before} and {moved} are not {after}")
    account = {line.account: line.closing for line in books.lines if line.asset == "energy"}
    said = {
        "customers:pending": closing.growing_energy + closing.ripe_energy,
        "customers:available": closing.available_energy,
        "customers:held": closing.held_energy,
        "customers:owed": -closing.owed_energy,
    }
    for name, energy in said.items():
        check(account.get(name, 0) == energy, "INV-05", f"{name} is {account.get(name, 0)}, the report says {energy}")
    check(sum(age.energy for age in ages) == closing.available_energy, "INV-07", "lots and available energy differ")


def _months(day: date, last_on: date) -> int:
    return -1 if last_on < day else (last_on.year - day.year) * 12 + last_on.month - day.month


def _limited(connection: psycopg.Connection[Any], books: TrialBalance) -> list[LimitedLine]:
    moved = {line.asset: line for line in books.lines if line.account == "balance"}
    found: list[LimitedLine] = []
    for account in all_limited(connection):
        line = moved.get(f"limited:{account.limited_id}")
        sums = (line.opening, line.debit, line.credit, line.closing) if line else (0, 0, 0, 0)
        found.append(
            LimitedLine(
                name=account.name,
                kind=account.kind.value,
                unit=account.unit,
                opening=sums[0],
                taken=sums[1],
                given=sums[2],
                closing=sums[3],
            )
        )
    return found
