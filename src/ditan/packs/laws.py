"""Sanity laws: what must hold between numbers whatever a source says, because physics or arithmetic says so.

`laws.toml` has those of the form left <= right. The rest is here: the stoichiometry of petrol, shares that are one
whole, and every scenario's formula tried out in every grid region, for one unit and for the largest quantity it allows.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from ditan.kernel.errors import MethodologyError
from ditan.kernel.units import INPUTS, exact
from ditan.model import ActivitySource, Family, Noun, Pack, Scenario, Text
from ditan.packs import expressions
from ditan.packs.acting import QUANTITY, lookup, reduction
from ditan.packs.findings import Finding, finding, shown
from ditan.packs.resolving import REGIONS, factor_value


class Law(Noun, kw_only=True):
    """`left <= right`: two formulas over factors, in the units given."""

    code: str
    left: str
    right: str
    unit: str
    left_unit: str = ""
    meaning: Text


_CO2_OF_CARBON: Final = Fraction(44, 12)
_OXIDATION: Final = "petrol_oxidation"
_TOLERANCE: Final = Fraction(1, 100)
#: Grams per unit of activity no formula may exceed, and why: a kilometre saved cannot save more than a car emits; a
#: kilowatt-hour drives about 6 km; nothing done at a desk is worth a kilogram; a step is 65 cm of walking.
_CEILINGS: Final = {"km": Fraction(170), "kWh": Fraction(800), "event": Fraction(500), "step": Fraction(1, 10)}
_ACT_GRAMS_MAX: Final = Fraction(60_000)
_VISITS: Final = re.compile(r".*_visits")
_SHARE: Final = re.compile(r"(.+)_share_.+")


@cache
def laws() -> tuple[Law, ...]:
    """Give the laws of `laws.toml`."""
    with Path(__file__).with_name("laws.toml").open("rb") as file:
        return tuple(msgspec.convert(tomllib.load(file)["law"], list[Law]))


def check_laws(pack: Pack, on: date) -> Iterator[Finding]:
    """Check every law. `on` lies within the validity of the pack."""
    for law in laws():
        yield from _law(pack, law, on)
    yield from _petrol(pack, on)
    yield from _shares(pack, on)
    for scenario in pack.scenarios:
        yield from _tried(pack, scenario, on)
        yield from _defaults(pack, scenario, on)
        yield from _project(scenario)


def law_factors() -> frozenset[str]:
    """Give the ids the laws speak of."""
    sides = [side for law in laws() for side in (law.left, law.right)]
    return frozenset().union(*(expressions.names(expressions.parse(side)) for side in sides)) | {_OXIDATION}


def samples(pack: Pack) -> list[int | None]:
    """Give one known place of every grid region, and no place: enough to try every regional value."""
    places = {city.grid_region: city.adcode for city in reversed(pack.cities) if city.grid_region in REGIONS}
    return [None, *sorted(places.values())]


def _law(pack: Pack, law: Law, on: date) -> Iterator[Finding]:
    left, right = expressions.parse(law.left), expressions.parse(law.right)
    where = f"factors.{min(expressions.names(left))}"
    missing = sorted((expressions.names(left) | expressions.names(right)) - pack.factors.keys())
    if missing:
        zh, en = "缺少合理性检验所需的因子", "a sanity law needs this factor"
        yield finding("law_factor_missing", f"factors.{missing[0]}", zh, en)
        return
    try:
        for tree, unit in ((left, law.left_unit or law.unit), (right, law.unit)):
            yield from _unit(pack, tree, unit)
        for city in samples(pack):
            look = lookup(pack, on, city, {})
            low, high = expressions.evaluate(left, look), expressions.evaluate(right, look)
            if low > high:
                told = f"{shown(low)} > {shown(high)}"
                yield finding(f"law_{law.code}", where, f"{law.meaning.zh}：{told}", f"{law.meaning.en}: {told}")
                return
    except MethodologyError:
        return  # `formulae` and `tables` say what is missing


def _unit(pack: Pack, tree: expressions.Tree, wanted: str) -> Iterator[Finding]:
    """Numbers are compared only when they are of the same kind."""
    found = expressions.unit_of(tree, lambda name: expressions.unit(pack.factors[name].unit))
    if not expressions.same_unit(found, expressions.unit(wanted)):
        where = ", ".join(f"factors.{name}.unit" for name in sorted(expressions.names(tree)))
        given = expressions.unit_text(found)
        yield finding("unit_unbalanced", where, f"得到 {given}，应为 {wanted}", f"it gives {given}, not {wanted}")


def _petrol(pack: Pack, on: date) -> Iterator[Finding]:
    """The CO2 of a litre is its carbon, oxidised, within one per cent."""
    if _OXIDATION not in pack.factors:
        zh, en = "缺少合理性检验所需的因子", "a sanity law needs this factor"
        yield finding("law_factor_missing", f"factors.{_OXIDATION}", zh, en)
        return
    try:
        look = lookup(pack, on, None, {})
        carbon = look("petrol_density") * look("petrol_heating_value") * look("petrol_carbon_content")
        expected = carbon * look(_OXIDATION) * _CO2_OF_CARBON
        value = look("petrol_g_per_litre")
        yield from _unit(pack, expressions.parse(_OXIDATION), "1")
    except MethodologyError:
        return
    if abs(value - expected) > expected * _TOLERANCE:
        yield finding(
            "law_petrol_stoichiometry",
            "factors.petrol_g_per_litre",
            f"与含碳量算得的 {shown(expected)} 相差超过 1%",
            f"more than 1 % away from {shown(expected)}, the CO2 of its carbon",
        )


def _shares(pack: Pack, on: date) -> Iterator[Finding]:
    """Shares of one whole add up to 1; a probability of a visit is at most 1."""
    groups: dict[str, list[str]] = defaultdict(list)
    for factor_id in pack.factors:
        match = _SHARE.fullmatch(factor_id)
        if match:
            groups[match[1]].append(factor_id)
    for group, ids in groups.items():
        try:
            total = sum((factor_value(pack, i, on).value for i in ids), Fraction(0))
        except MethodologyError:
            continue
        if total != 1:
            zh, en = f"各比例之和为 {shown(total)}，应为 1", f"the shares add up to {shown(total)}, not 1"
            yield finding("law_shares", f"factors.{group}_share_*", zh, en)
    for factor_id, factor in pack.factors.items():
        if _VISITS.fullmatch(factor_id) and factor.max > 1:
            yield finding("law_probability", f"factors.{factor_id}.max", "概率不超过 1", "a probability is at most 1")


def _tried(pack: Pack, scenario: Scenario, on: date) -> Iterator[Finding]:
    """Every formula of a scenario, in every region, for one unit and for the largest quantity."""
    how = scenario.quantification
    where = f"scenarios.{scenario.id}.quantification"
    ceiling = _CEILINGS.get(how.unit)
    if ceiling is None:
        zh, en = "该单位没有物理上限", "no physical ceiling is known for this unit"
        yield finding("unit_without_ceiling", f"{where}.unit", zh, en)
        return
    variants = {tuple(sorted(activity.substitutes.items())) for activity in how.activities}
    for substitutes in sorted(variants):
        for city in samples(pack):
            try:
                grams = reduction(pack, scenario, dict(substitutes), Fraction(1), on, city)
                parts = _parts(pack, scenario, on, city)
            except MethodologyError:
                return  # `formulae` says why
            if grams <= 0:
                zh, en = "基准低于项目，没有减排", "the baseline is below the project"
                yield finding("law_baseline_below_project", where, zh, en)
                return
            if min(parts) < 0:
                yield finding("law_negative_emission", where, "排放不能为负", "an emission cannot be negative")
                return
            if grams > ceiling or grams * exact(how.quantity_max) > _ACT_GRAMS_MAX:
                zh = f"每 {how.unit} {shown(grams)} 克，超出物理上限"
                en = f"{shown(grams)} g per {how.unit} is beyond what is physically possible"
                yield finding("law_physical_ceiling", where, zh, en)
                return


def _parts(pack: Pack, scenario: Scenario, on: date, city: int | None) -> list[Fraction]:
    how = scenario.quantification
    look = lookup(pack, on, city, {QUANTITY: Fraction(1)})
    return [expressions.evaluate(expressions.parse(text), look) for text in (how.baseline, how.project, how.leakage)]


def _defaults(pack: Pack, scenario: Scenario, on: date) -> Iterator[Finding]:
    """A quantity grows with what is measured, and a default one leaves room below the largest."""
    how = scenario.quantification
    for position, activity in enumerate(how.activities):
        where = f"scenarios.{scenario.id}.quantification.activities[{position}].quantity"
        if activity.source is ActivitySource.FARE_BAND:
            continue
        try:
            tree = expressions.parse(activity.quantity)
            variable = min(expressions.names(tree) & INPUTS.keys(), default="")
            _, slope = expressions.linear(tree, variable, lookup(pack, on, None, {}))
        except MethodologyError:
            continue  # `formulae` says why
        if slope <= 0:
            zh, en = "活动量须随实测量增加", "the quantity must grow with what is measured"
            yield finding("law_quantity_not_positive", where, zh, en)
        default = INPUTS[variable].default if variable else None
        if default is not None and not 0 < slope * default <= exact(how.quantity_max):
            yield finding(
                "quantity_max_below_default", where, "缺省活动量超过上限", "the default is above quantity_max"
            )


def _project(scenario: Scenario) -> Iterator[Finding]:
    """What is done on a phone still uses phone, network and servers (T/CCAA 38-2021 counts them as PE_sys)."""
    if scenario.family is not Family.TRAVEL and scenario.quantification.project.strip() == "0":
        where = f"scenarios.{scenario.id}.quantification.project"
        yield finding("project_missing", where, "线上办理也有排放", "business done online emits something as well")
