"""The programme on one screen: what it is worth to the bank and what it is worth to everybody, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

import psycopg
from psycopg.rows import dict_row

from ditan import ledger
from ditan.insight.definitions import DEFINITIONS, VERSION
from ditan.insight.drawing import (
    NOTES,
    band,
    buckets,
    cohorts,
    exact,
    family_figure,
    figure,
    over,
    part,
    per_kg,
    rate,
    scenario_figure,
    share,
    status_shares,
    whole,
)
from ditan.insight.figures import Against, Cohort, Day, DonationFigure, Overview, Point, TierShare, TreeFigure
from ditan.kernel import limits
from ditan.kernel.clock import BUSINESS_ZONE, business_day
from ditan.kernel.errors import InvalidInput
from ditan.ledger import Liability
from ditan.model import Family, Noun
from ditan.store.statements import load_statements

_SQL = load_statements("ditan.insight", "overview.sql")
WEEKS: Final = limits.retention_weeks
OLDER: Final = "over_60"
"""The segment by which a bank says who is over 60: nothing here infers an age."""
_WEEK: Final = timedelta(days=7)
_LAST_DAY: Final = date(9999, 12, 31)
_DAY: Final = timedelta(days=1)
_DAYS: Final = 30


def fetch(connection: psycopg.Connection[Any], name: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Run a reading statement of the overview and give its rows."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_SQL[name], parameters).fetchall()


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


class _Reading(NamedTuple):
    """What one period's statements gave."""

    span: Span
    grams: list[dict[str, Any]]
    active: dict[str, int | None]
    active_days: list[dict[str, Any]]
    opened: list[dict[str, Any]]
    standing: dict[str, int]
    activation: dict[str, int]
    good: dict[str, int]
    cohorts: list[Cohort]
    books: Liability

    def grams_by(self, by: str) -> list[dict[str, Any]]:
        """Rows of one grouping; `all` has one row, also when nothing happened."""
        return [row for row in self.grams if row["by"] == by]

    @property
    def total(self) -> dict[str, Any]:
        """Acts, energy and grams of the whole period."""
        return self.grams_by("all")[0]


def read_overview(connection: psycopg.Connection[Any], span: Span, against: Against, now: datetime) -> Overview:
    """Give the overview of a period. The connection reads one snapshot, so that all numbers are of one moment."""
    previous = before(span, against)
    for name in ("drop_open", "put_aside_presence", "put_aside_days"):
        connection.execute(_SQL[name])
    this, other = _read(connection, span, now), _read(connection, previous, now, cohorts_from=WEEKS)
    points, others = _points(this), _points(other)
    return Overview(
        first=span.first,
        last=span.last,
        against=against,
        previous_first=previous.first,
        previous_last=previous.last,
        at=now,
        definitions=VERSION,
        figures=[
            figure(each, points.get(each.id), others.get(each.id), _series(each.id, this), _series(each.id, other))
            for each in DEFINITIONS
        ],
        retention=this.cohorts,
        liability=buckets(this.books),
        notes=NOTES,
        trees=TreeFigure(**{name: this.good[name] for name in TreeFigure.__struct_fields__}),
        donations=DonationFigure(**{name: this.good[name] for name in DonationFigure.__struct_fields__}),
        **_tables(connection, this),
    )


def _read(connection: psycopg.Connection[Any], span: Span, now: datetime, cohorts_from: int = 1) -> _Reading:
    """Read a period, of its cohorts those at least so many weeks old: of a previous period only the oldest is told."""
    asked = _asked(span.first, span.last) | {"over": min(business_day(now) - _DAY, _LAST_DAY), "older": OLDER}
    sunday = min(span.last, asked["over"])
    sunday -= timedelta(days=(sunday.weekday() + 1) % 7)  # of the last whole week
    cohort = _asked(sunday - (WEEKS + 1) * _WEEK + _DAY, sunday - cohorts_from * _WEEK) | {
        "weeks": WEEKS,
        "last": sunday,
    }
    cohort["cohorts_to"] = sunday - cohorts_from * _WEEK
    return _Reading(
        span=span,
        grams=fetch(connection, "read_grams", asked),
        active=fetch(connection, "read_active", asked)[0],
        active_days=fetch(connection, "read_active_days", asked),
        opened=fetch(connection, "read_opened", asked),
        standing=fetch(connection, "read_standing", asked)[0],
        activation=fetch(connection, "read_activation", asked)[0],
        good=fetch(connection, "read_good", asked)[0],
        cohorts=cohorts(fetch(connection, "read_retention", cohort), cohort["last"]),
        books=ledger.liability(connection, span.first, span.last, now),
    )


def _asked(first: date, last: date) -> dict[str, Any]:
    """Give a period as days, and as the moments at which it begins and is over."""
    return {"first": first, "last": last, "from_at": _midnight(first), "to_at": _midnight(last + _DAY)}


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=BUSINESS_ZONE)


def _points(this: _Reading) -> dict[str, Point]:
    """Give each figure's value. What is not here has no source."""
    collected = -sum(f.added.growing_energy + f.added.ripe_energy for f in this.books.flows if f.kind == "collect")
    used = -sum(f.energy for f in this.books.flows if f.kind in {"capture", "give_back"})
    done = [each for each in this.cohorts if each.active[-1] is not None]
    total, cost = this.total, this.good["cost_fen"]
    grams = [total["carbon_mg"], *band(total)]
    counted = {name: number or 0 for name, number in this.active.items()}
    active, older = counted["period"], this.active["older"]
    return {
        **{f"active_{name}": whole(counted[name]) for name in ("month", "week", "day", "period")},
        **({} if older is None else {"over_60_share": share(older, active)}),
        "accounts_opened": whole(sum(row["accounts"] for row in this.opened)),
        "accounts_open": whole(this.standing["accounts"]),
        "cards_linked": whole(this.standing["cards"]),
        "activation_7d": rate(this.activation["active"], this.activation["opened"]),
        "retention_8w": rate(sum(each.active[-1] or 0 for each in done), sum(each.opened for each in done)),
        "redemption": share(used, collected),
        "liability_energy": whole(this.books.closing_energy),
        "cost_fen": whole(cost),
        "cost_per_active": share(cost, active),
        "cost_per_kg": per_kg(cost, *grams),
        "carbon_mg": Point(value=exact(grams[0]), low=exact(grams[1]), high=exact(grams[2])),
        "carbon_per_active": over(grams, active),
        "acts": whole(total["acts"]),
        "farm_aid_orders": whole(this.good["produce"]),
        "trees_planted": whole(this.good["planted"]),
        "donations_delivered": whole(this.good["delivered_fen"]),
    }


def _series(id_: str, this: _Reading) -> list[Day]:
    """Give a figure day by day, also the days on which nothing happened; none for a figure that has no days."""
    days = [this.span.first + number * _DAY for number in range(this.span.days)]
    if id_ in {"active_month", "accounts_opened"}:
        rows = {row["day"]: row["accounts"] for row in (this.opened if id_ == "accounts_opened" else this.active_days)}
        return [Day(day=day, value=exact(rows.get(day, 0))) for day in days]
    if id_ not in {"carbon_mg", "acts"}:
        return []
    grams = {row["day"]: row for row in this.grams_by("day")}
    nothing = {"acts": 0, "carbon_mg": 0, "low_mg": 0, "high_mg": 0}
    found = [(day, grams.get(day, nothing)) for day in days]
    if id_ == "acts":
        return [Day(day=day, value=exact(row["acts"])) for day, row in found]
    return [
        Day(day=day, value=exact(row["carbon_mg"]), low=exact(low), high=exact(high))
        for day, row in found
        for low, high in [band(row)]
    ]


def _tables(connection: psycopg.Connection[Any], this: _Reading) -> dict[str, Any]:
    """Give the tables of the period's grams. Each sums to the figure above it."""
    rows = this.grams_by("scenario")
    scenarios = [
        scenario_figure(names, [row for row in rows if row["scenario"] == names["number"]])
        for names in fetch(connection, "read_scenario_names", {})
    ]
    all_mg = this.total["carbon_mg"]
    return {
        "scenarios": scenarios,
        "families": [family_figure(family, scenarios) for family in Family],
        "tiers": [
            TierShare(tier=row["tier"], carbon_mg=exact(row["carbon_mg"]), share=part(row["carbon_mg"], all_mg))
            for row in this.grams_by("tier")
            if row["carbon_mg"]
        ],
        "statuses": status_shares(this.grams_by("status"), all_mg),
    }
