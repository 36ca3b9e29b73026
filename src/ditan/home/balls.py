"""Balls: energy of an act that is not collected yet. A ball is one number, see migration 0002."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import psycopg

from ditan.home import store
from ditan.kernel.ids import key, show, show_act
from ditan.model import Family, Noun, Pack, Text

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_AWARD: Final = Text(zh="活动奖励", en="Campaign award")


class BallState(StrEnum):
    """What can be done with a ball now."""

    GROWING = "growing"
    RIPE = "ripe"


class Ball(Noun, kw_only=True):
    """One ball. `icon` is the scenario's id, or `award`."""

    ball_id: str
    act_id: str | None  # None: a campaign gave it
    scenario: str | None
    family: Family | None
    name: Text
    icon: str
    energy: int
    state: BallState
    ripens_at: datetime
    lapses_at: datetime


class Balls(Noun, kw_only=True):
    """All of a customer's balls, the one that lapses first before the others; ripe before growing."""

    balls: list[Ball]
    ripe_energy: int
    growing_energy: int


def read_balls(row: Mapping[str, Any], pack: Pack, now: datetime) -> list[Ball]:
    """Read the balls of a holder's row as `read_home` gives it; what has lapsed by now is left out."""
    named = {
        ball_key: (act_id, scenario)
        for ball_key, act_id, scenario in zip(
            row["act_keys"] or (), row["act_ids"] or (), row["scenarios"] or (), strict=True
        )
    }
    scenarios = {scenario.number: scenario for scenario in pack.scenarios}
    minute = int(now.timestamp()) // 60
    found: list[Ball] = []
    for ball_key, ball in zip(row["ball_keys"], row["balls"], strict=True):
        ripens, lapses = ball >> 36, (ball >> 36) + (ball >> 31 & 31) * 1440
        name, number = named.get(ball_key, (None, 0))
        if lapses <= minute or name is None:
            continue
        scenario = scenarios.get(number)
        found.append(
            Ball(
                ball_id=show("ball", name),
                act_id=show_act(name) if scenario else None,
                scenario=scenario.id if scenario else None,
                family=scenario.family if scenario else None,
                name=scenario.name if scenario else _AWARD,
                icon=scenario.id if scenario else "award",
                energy=ball & 33_554_431,
                state=BallState.RIPE if ripens <= minute else BallState.GROWING,
                ripens_at=_EPOCH + timedelta(minutes=ripens),
                lapses_at=_EPOCH + timedelta(minutes=lapses),
            )
        )
    return sorted(found, key=lambda each: (each.state is BallState.GROWING, each.lapses_at, each.ball_id))


def summed(balls: Iterable[Ball]) -> Balls:
    """Put balls together with their sums."""
    every = list(balls)
    return Balls(
        balls=every,
        ripe_energy=sum(ball.energy for ball in every if ball.state is BallState.RIPE),
        growing_energy=sum(ball.energy for ball in every if ball.state is BallState.GROWING),
    )


def owns_ball(connection: psycopg.Connection[Any], customer_ref: str, ball_id: UUID) -> bool:
    """Tell whether a ball is, or was, this customer's."""
    asked = {"customer_key": key(customer_ref), "ball_id": ball_id}
    return bool(store.fetch(connection, "owns_ball", asked))
