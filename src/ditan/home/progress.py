"""The 21 scenarios as the page shows them: how to take part, what each gives, and what is used of its caps today."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import psycopg

from ditan.home import store
from ditan.kernel.clock import business_day
from ditan.kernel.ids import key
from ditan.model import Family, Noun, Pack, Purpose, Scenario, Status, Text

_NUMBERS: Final = 7  # of one used quota: month and scenario; acts; mg; day counts 1–12, 13–24, 25–31; last µs
_DAYS: Final = 12  # to a number
_BITS: Final = 5  # to a day


class Limits(Noun, kw_only=True):
    """What a customer can be given in one scenario; None: no limit of this kind."""

    carbon_daily_acts: int | None
    carbon_monthly_acts: int | None
    carbon_monthly_g: int | None
    energy_daily_acts: int | None
    energy_monthly_acts: int | None


class Progress(Noun, kw_only=True):
    """What is used: acts that gave something today and this business month, and the month's carbon before refunds."""

    today_acts: int
    month_acts: int
    month_mg: int
    consented: bool  # to every purpose the scenario needs


class ScenarioCard(Noun, kw_only=True):
    """One scenario. `progress` is None without an account."""

    id: str
    number: int
    family: Family
    icon: str
    name: Text
    summary: Text
    not_counted: Text
    tier: str
    gives_carbon: bool
    gives_energy: bool
    energy_points: int
    energy_per_quantity: int | None
    energy_points_max: int
    unit: str
    consents: list[Purpose]
    limits: Limits
    perverse_note: Text | None
    benchmarks: list[Text]
    energy_status: Status
    progress: Progress | None


class Scenarios(Noun, kw_only=True):
    """All of them, in the order of their numbers."""

    scenarios: list[ScenarioCard]
    methodology: str
    methodology_status: Status


def read_scenarios(
    connection: psycopg.Connection[Any], customer_ref: str, pack: Pack, version: str, now: datetime
) -> Scenarios:
    """Give all scenarios with what this customer used of their caps."""
    rows = store.fetch(connection, "read_quota", {"customer_key": key(customer_ref)})
    used = unpacked(rows[0]["quota"]) if rows else None
    active = {Purpose(name) for name in rows[0]["active"]} if rows else set()
    return Scenarios(
        scenarios=[
            _card(scenario, None if used is None else _progress(scenario, used, active, now))
            for scenario in sorted(pack.scenarios, key=lambda each: each.number)
        ],
        methodology=version,
        methodology_status=pack.status,
    )


def unpacked(quota: bytes) -> dict[int, tuple[int, ...]]:
    """Read a holder's quota: month·100 + scenario → the six numbers after it."""
    numbers = [int.from_bytes(quota[at : at + 8], "big", signed=True) for at in range(0, len(quota), 8)]
    return {numbers[at]: tuple(numbers[at + 1 : at + _NUMBERS]) for at in range(0, len(numbers), _NUMBERS)}


def _progress(scenario: Scenario, used: Mapping[int, tuple[int, ...]], active: set[Purpose], now: datetime) -> Progress:
    today = business_day(now)
    acts, mg, *days = used.get((today.year * 100 + today.month) * 100 + scenario.number, (0, 0, 0, 0, 0, 0))
    place, shift = min((today.day - 1) // _DAYS, 2), _BITS * ((today.day - 1) % _DAYS)
    return Progress(
        today_acts=days[place] >> shift & (1 << _BITS) - 1,
        month_acts=acts,
        month_mg=mg,
        consented=set(scenario.consent) <= active,
    )


def _card(scenario: Scenario, progress: Progress | None) -> ScenarioCard:
    caps, reward = scenario.caps, scenario.reward
    return ScenarioCard(
        id=scenario.id,
        number=scenario.number,
        family=scenario.family,
        icon=scenario.id,
        name=scenario.name,
        summary=scenario.summary,
        not_counted=scenario.not_counted,
        tier=scenario.tier,
        gives_carbon=scenario.carbon,
        gives_energy=scenario.energy,
        energy_points=reward.points if scenario.energy else 0,
        energy_per_quantity=reward.per_quantity,
        energy_points_max=reward.points_max if scenario.energy else 0,
        unit=scenario.quantification.unit,
        consents=scenario.consent,
        limits=Limits(
            carbon_daily_acts=caps.daily_acts if scenario.carbon else None,
            carbon_monthly_acts=caps.monthly_acts if scenario.carbon else None,
            carbon_monthly_g=caps.monthly_g if scenario.carbon else None,
            energy_daily_acts=reward.daily_acts if scenario.energy else None,
            energy_monthly_acts=reward.monthly_acts if scenario.energy else None,
        ),
        perverse_note=scenario.perverse_note,
        benchmarks=scenario.benchmarks,
        energy_status=reward.status,
        progress=progress,
    )
