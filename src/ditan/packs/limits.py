"""What holds the incentive in bounds: caps, energy and its life, consent, and the roll of the 21 scenarios."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Final

from ditan.kernel import limits
from ditan.kernel.errors import MethodologyError
from ditan.kernel.units import INPUTS, exact
from ditan.model import Caps, Energy, Evidence, Family, Life, Pack, Purpose, Scenario
from ditan.packs import expressions
from ditan.packs.acting import reduction
from ditan.packs.findings import Finding, finding
from ditan.packs.provenance import sourced
from ditan.packs.roll import ACTS_MAX, ROLL

_MONTHLY_GRAMS_MAX: Final = 150_000
"""More than 150 kg a month of one person goes to review (§2.5), so no single scenario may give it."""
_DAYS: Final = 31
_POINTS_MAX: Final = 200
"""One act gives at most 200 points: Ping An's dearest published rule gives 180 a day."""

LIFE: Final = {
    "matures_after_days": (0, 31),
    "matures_at_minute": (0, 1439),
    "collect_days": (1, limits.collect_days_max),
    "expires_months": (0, limits.lot_months_max),
}
"""What fits into a ball: the rule of an act travels in a few bits (store/migrations/0002, `fits_a_ball`)."""


def check_limits(pack: Pack, on: date) -> Iterator[Finding]:
    """Check the roll, and each scenario's caps, energy, consent and flags."""
    yield from _roll(pack)
    yield from _life(pack.life)
    for scenario in pack.scenarios:
        where = f"scenarios.{scenario.id}"
        yield from _caps(f"{where}.caps", scenario)
        yield from _room(pack, scenario, on)
        yield from sourced(f"{where}.reward", scenario.reward.source, scenario.reward.status, scenario.reward.known_by)
        yield from _energy(f"{where}.reward", scenario.reward, scenario.caps, on=scenario.energy)
        yield from _consent(scenario)
        if scenario.perverse_incentive != (scenario.perverse_note is not None):
            yield finding(
                "perverse_note_missing",
                f"{where}.perverse_note",
                "须说明逆向激励",
                "the perverse incentive needs a note",
            )
        if scenario.perverse_incentive and scenario.reward.per_quantity:
            yield finding(
                "perverse_scaled",
                f"{where}.reward.per_quantity",
                "有逆向激励的不得按量奖励",
                "it may not be rewarded by quantity",
            )
        if scenario.quantification.quantity_max <= 0:
            yield finding(
                "quantity_max_range",
                f"{where}.quantification.quantity_max",
                "上限须为正",
                "the largest quantity is positive",
            )


def _roll(pack: Pack) -> Iterator[Finding]:
    expected = {number: (scenario_id, family) for family, part in ROLL.items() for number, scenario_id in part.items()}
    found = [(s.number, s.id, s.family) for s in pack.scenarios]
    for number, (scenario_id, family) in expected.items():
        if found.count((number, scenario_id, family)) != 1:
            yield finding(
                "roll_broken",
                f"scenarios.{scenario_id}",
                f"第 {number} 号应为 {scenario_id}（{family}），且只有一个",
                f"number {number} is {scenario_id} in {family}, once",
            )
    if len(found) != len(expected):
        yield finding(
            "roll_broken",
            "scenarios",
            f"应有 {len(expected)} 个场景",
            f"there are {len(expected)} scenarios, not {len(found)}",
        )


def _life(life: Life) -> Iterator[Finding]:
    for name, (least, most) in LIFE.items():
        if not least <= getattr(life, name) <= most:
            yield finding(
                "life_range",
                f"life.{name}",
                f"须为 {least} 至 {most} 的整数：请修改 pack.toml 的 [life]",
                f"it is a whole number from {least} to {most}: change it in [life] of pack.toml",
            )


def _caps(where: str, scenario: Scenario) -> Iterator[Finding]:
    caps = scenario.caps
    daily, monthly = caps.daily_acts, caps.monthly_acts
    if daily is None or monthly is None:
        yield finding("cap_missing", where, "须有每日与每月上限", "a daily and a monthly cap are needed")
        return
    if min(daily, monthly) <= 0 or (caps.monthly_g is not None and caps.monthly_g <= 0):
        yield finding("cap_zero", where, "上限须为正", "a cap is positive; switch the scenario off instead")
    if daily > monthly:
        yield finding("cap_wrong_side", where, "每日上限高于每月上限", "the daily cap is above the monthly one")
    if monthly > daily * _DAYS:
        yield finding("cap_wrong_side", where, "每月上限永远达不到", "the monthly cap can never be reached")
    most = ACTS_MAX.get(scenario.id, (daily, monthly))
    if daily > most[0] or monthly > most[1] or (caps.monthly_g or 0) > _MONTHLY_GRAMS_MAX:
        zh = f"不得宽于每日 {most[0]} 次、每月 {most[1]} 次、{_MONTHLY_GRAMS_MAX} 克"
        en = f"it may not be looser than {most[0]} a day, {most[1]} a month and {_MONTHLY_GRAMS_MAX} g"
        yield finding("cap_too_high", where, zh, en)


def _room(pack: Pack, scenario: Scenario, on: date) -> Iterator[Finding]:
    """The monthly grams leave room for at least one act of the largest size, at the national values."""
    if scenario.caps.monthly_g is None:
        return
    try:
        largest = reduction(pack, scenario, {}, exact(scenario.quantification.quantity_max), on, None)
    except MethodologyError:
        return
    if Fraction(scenario.caps.monthly_g) < largest:
        yield finding(
            "cap_below_one_act",
            f"scenarios.{scenario.id}.caps.monthly_g",
            "每月上限不足一次行为",
            "one act is more than the monthly cap",
        )


def _energy(where: str, rule: Energy, caps: Caps, *, on: bool) -> Iterator[Finding]:
    if on != (rule.points > 0):
        yield finding(
            "energy_switch", f"{where}.points", "能量开关与点数不符", "points are positive exactly when energy is on"
        )
    if rule.points < 0 or rule.points_max < rule.points:
        yield finding(
            "energy_max_below_points", f"{where}.points_max", "单次上限低于点数", "points_max is below the points"
        )
    if rule.points_max > _POINTS_MAX:
        yield finding(
            "energy_too_high",
            f"{where}.points_max",
            f"单次不超过 {_POINTS_MAX} 点",
            f"one act gives at most {_POINTS_MAX} points",
        )
    if rule.per_quantity is None and rule.points_max != rule.points:
        yield finding(
            "energy_not_flat", f"{where}.points_max", "平额规则的上限等于点数", "a flat rule gives exactly its points"
        )
    if rule.per_quantity is not None and (rule.per_quantity <= 0 or rule.points_max % max(rule.points, 1)):
        yield finding(
            "energy_not_whole", f"{where}.per_quantity", "上限须为点数的整数倍", "points_max is a multiple of points"
        )
    if not on:
        return
    if rule.daily_acts is None or rule.monthly_acts is None:
        yield finding("cap_missing", where, "能量须有每日与每月上限", "energy needs a daily and a monthly cap")
        return
    if min(rule.daily_acts, rule.monthly_acts) <= 0 or rule.daily_acts > rule.monthly_acts:
        yield finding("cap_wrong_side", where, "能量上限不成立", "the caps of the energy contradict each other")
    if rule.daily_acts > (caps.daily_acts or 0) or rule.monthly_acts > (caps.monthly_acts or 0):
        yield finding(
            "energy_cap_above_acts", where, "能量上限宽于行为上限", "energy is capped looser than the act itself"
        )


def _consent(scenario: Scenario) -> Iterator[Finding]:
    """What reveals where a person was, or how they walk, is asked for separately (PIPL 28, 29)."""
    where = f"scenarios.{scenario.id}.consent"
    steps = any(
        "steps" in expressions.names(tree) and "steps" in INPUTS
        for activity in scenario.quantification.activities
        if (tree := _parsed(activity.quantity)) is not None
    )
    needed = {Purpose.STEPS} if steps else {Purpose.CARD_PAYMENTS}
    by_card = any(rule.by is not Evidence.SERVICE for rule in scenario.rules)
    if scenario.family is Family.TRAVEL and by_card:
        needed.add(Purpose.WHEREABOUTS)
    missing = needed - set(scenario.consent)
    if missing:
        names = ", ".join(sorted(missing))
        yield finding("consent_missing", where, f"缺少同意事项 {names}", f"the customer is not asked for {names}")
    if set(scenario.consent) - needed or len(scenario.consent) != len(set(scenario.consent)):
        yield finding("consent_too_wide", where, "索取了不需要的同意", "it asks for more than it needs")


def _parsed(text: str) -> expressions.Tree | None:
    try:
        return expressions.parse(text) if text else None
    except MethodologyError:
        return None
