"""The programme on one screen: what it is worth to the bank and what it is worth to everybody, side by side."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final

import psycopg

from ditan.insight.figures import Against, DonationFigure, Overview, TreeFigure
from ditan.kernel import limits
from ditan.kernel.clock import business_day
from ditan.kernel.errors import InvalidInput
from ditan.model import Noun

VERSION: Final = "kpi-2026.11"
_DAY: Final = timedelta(days=1)
_DAYS: Final = 30


class Span(Noun, kw_only=True):
    """Business days, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1


def span_of(first: date | None, last: date | None, now: datetime) -> Span:
    """Give the period that is asked for; what is not said is thirty days, and yesterday.

    Raises: InvalidInput when it is none, too long, or not over.
    """
    yesterday = business_day(now) - _DAY
    last = last or (yesterday if first is None else min(yesterday, first + (_DAYS - 1) * _DAY))
    span = Span(first=first or last - (_DAYS - 1) * _DAY, last=last)
    if not 1 <= span.days <= limits.overview_days_max:
        raise InvalidInput(
            f"a period has 1 to {limits.overview_days_max} days, from the first to the last",
            hint="Write from=2026-07-01&to=2026-07-31.",
        )
    return span


def before(span: Span, against: Against) -> Span:
    """Give what a period is compared with."""
    if against is Against.PREVIOUS:
        return Span(first=span.first - span.days * _DAY, last=span.first - _DAY)
    return Span(first=_a_year_before(span.first), last=_a_year_before(span.last))


def _a_year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year - 1, day=28)


def read_overview(_connection: psycopg.Connection[Any], span: Span, against: Against, now: datetime) -> Overview:
    """Give the overview of a period."""
    previous = before(span, against)
    return Overview(
        first=span.first,
        last=span.last,
        against=against,
        previous_first=previous.first,
        previous_last=previous.last,
        at=now,
        definitions=VERSION,
        figures=[],
        retention=[],
        liability=[],
        scenarios=[],
        families=[],
        tiers=[],
        statuses=[],
        trees=TreeFigure(ordered=0, issued=0, planted=0, surveyed=0, alive=0),
        donations=DonationFigure(pledged_fen=0, settled_fen=0, delivered_fen=0),
        notes=[],
    )
