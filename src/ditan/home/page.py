"""The first page, in one trip to the database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import psycopg

from ditan.home import store
from ditan.home.balls import Ball, read_balls, summed
from ditan.home.garden import Goal, Stage, stage_and_goal
from ditan.kernel import limits
from ditan.kernel.clock import BUSINESS_ZONE, business_day
from ditan.kernel.ids import key
from ditan.model import Noun, Pack, Status, Text

_EPOCH_DAY: Final = date(1970, 1, 1)
_LOT_BITS: Final = 40
_RECENT_DAYS: Final = 30


class Carbon(Noun, kw_only=True):
    """减排量: what was reduced. It only grows, but for refunds; it is never spent and never traded."""

    total_mg: int
    today_mg: int  # of this business day, net of what was taken back on it
    month_mg: int  # of this business month, net of what was taken back in it
    recent_mg: int  # of the last 30 business days, today one of them, net of what was taken back in them
    lifetime_mg: int  # before anything was taken back: what the garden grows by


class Energy(Noun, kw_only=True):
    """绿色能量, by where it is. `owed` is debt that later energy pays first."""

    available: int
    ripe: int
    growing: int
    held: int
    owed: int
    expires_next: int  # of what is available …
    expires_on: date | None  # … the last day of use of the oldest


class Home(Noun, kw_only=True):
    """What the first page shows. Carbon and energy stand side by side and are never added."""

    opened_at: datetime
    closed_at: datetime | None
    carbon: Carbon
    energy: Energy
    balls: list[Ball]
    balls_total: int
    stage: Stage
    goal: Goal | None
    methodology: str
    methodology_status: Status
    notice: Text


NOTICE: Final = Text(
    zh="估算的减排量（相对基准情景），不可交易。",
    en="Estimated reduction against a baseline; not an offset, not tradable.",
)


def month_of(now: datetime) -> tuple[datetime, datetime]:
    """Give the instants between which the business month of `now` lies."""
    day = business_day(now)
    return _month(day.year, day.month)


def day_of(now: datetime) -> tuple[datetime, datetime]:
    """Give the instants between which the business day of `now` lies."""
    start = datetime.combine(business_day(now), time(), BUSINESS_ZONE)
    return start, start + timedelta(days=1)


def month_named(month: str) -> tuple[datetime, datetime]:
    """Give the instants between which a business month lies, such as 2026-07."""
    year, _, number = month.partition("-")
    return _month(max(1, int(year)), int(number))


def _month(year: int, month: int) -> tuple[datetime, datetime]:
    start = datetime(min(year, 9998), month, 1, tzinfo=BUSINESS_ZONE)
    return start, start.replace(year=start.year + month // 12, month=month % 12 + 1)


def read_holder(connection: psycopg.Connection[Any], customer_ref: str, now: datetime) -> Mapping[str, Any] | None:
    """Read the one row of a customer with everything beside it; None when there is no account."""
    month, day = month_of(now), day_of(now)
    asked = {
        "customer_key": key(customer_ref),
        "month_start": month[0],
        "month_end": month[1],
        "today_start": day[0],
        "today_end": day[1],
        "recent_start": day[1] - timedelta(days=_RECENT_DAYS),
    }
    rows = store.fetch(connection, "read_home", asked)
    return rows[0] if rows else None


def read_home(
    connection: psycopg.Connection[Any], customer_ref: str, pack: Pack, version: str, now: datetime
) -> Home | None:
    """Give the first page; None when there is no account."""
    row = read_holder(connection, customer_ref, now)
    if row is None:
        return None
    balls = summed(read_balls(row, pack, now))
    lots = _usable(row["lots"], now)
    stage, goal = stage_and_goal(row["lifetime_mg"])
    return Home(
        opened_at=row["opened_at"],
        closed_at=row["closed_at"],
        carbon=Carbon(
            total_mg=row["carbon_mg"],
            today_mg=row["today_mg"],
            month_mg=row["month_mg"],
            recent_mg=row["recent_mg"],
            lifetime_mg=row["lifetime_mg"],
        ),
        energy=Energy(
            available=sum(energy for _, energy in lots),
            ripe=balls.ripe_energy,
            growing=balls.growing_energy,
            held=row["held_energy"],
            owed=row["owed_energy"],
            expires_next=lots[0][1] if lots else 0,
            expires_on=lots[0][0] if lots else None,
        ),
        balls=balls.balls[: limits.home_balls_max],
        balls_total=len(balls.balls),
        stage=stage,
        goal=goal,
        methodology=version,
        methodology_status=pack.status,
        notice=NOTICE,
    )


def _usable(lots: list[int], now: datetime) -> list[tuple[date, int]]:
    """Last day of use and energy of each lot that is still good today."""
    today = (business_day(now) - _EPOCH_DAY).days
    days = [(lot >> _LOT_BITS, lot & (1 << _LOT_BITS) - 1) for lot in sorted(lots)]
    return [(date.fromordinal(_EPOCH_DAY.toordinal() + day), energy) for day, energy in days if day >= today]
