"""Sanity laws: what must hold between numbers whatever a source says, because physics or arithmetic says so.

A law names the factors it speaks of; a pack that lacks one of them cannot be judged and is refused. Every carbon
formula is also tried out, in every grid region, at its default quantity and at the largest one it allows.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Final, NamedTuple

from ditan.kernel.errors import MethodologyError
from ditan.kernel.units import INPUTS, exact
from ditan.model import ActivitySource, Pack, Scenario
from ditan.packs import expressions
from ditan.packs.acting import QUANTITY, lookup, reduction
from ditan.packs.findings import Finding, finding, shown
from ditan.packs.resolving import REGIONS, factor_value

_CO2_OF_CARBON: Final = Fraction(44, 12)
_TOLERANCE: Final = Fraction(1, 100)


class Law(NamedTuple):
    """`left <= right`, two formulas in the same unit, in every grid region."""

    code: str
    left: str
    right: str
    zh: str
    en: str


LAWS: Final = (
    Law(
        "ladder_walk_bike",
        "walk_g_per_km",
        "bike_g_per_km",
        "每公里步行不高于骑车",
        "per km, walking emits no more than cycling",
    ),
    Law(
        "ladder_bike_metro",
        "bike_g_per_km",
        "metro_g_per_km",
        "每公里骑车不高于地铁",
        "per km, a bike emits no more than the metro",
    ),
    Law(
        "ladder_bike_bus",
        "bike_g_per_km",
        "bus_g_per_km",
        "每公里骑车不高于公交",
        "per km, a bike emits no more than a bus",
    ),
    Law(
        "ladder_metro_mix",
        "metro_g_per_km",
        "city_mix_g_per_km",
        "地铁不高于城市平均",
        "the metro emits no more than the city's mix",
    ),
    Law(
        "ladder_bus_mix",
        "bus_g_per_km",
        "city_mix_g_per_km",
        "公交不高于城市平均",
        "a bus emits no more than the city's mix",
    ),
    Law(
        "ladder_metro_car",
        "metro_g_per_km",
        "car_g_per_km",
        "每公里地铁不高于小客车",
        "per km, the metro emits no more than a car",
    ),
    Law(
        "ladder_bus_car",
        "bus_g_per_km",
        "car_g_per_km",
        "每公里公交不高于小客车",
        "per km, a bus emits no more than a car",
    ),
    Law(
        "ladder_mix_car",
        "city_mix_g_per_km",
        "car_g_per_km",
        "城市平均不高于小客车",
        "the city's mix emits no more than a car",
    ),
    Law("ladder_bus_taxi", "bus_g_per_km", "taxi_g_per_km", "公交不高于出租车", "a bus emits no more than a taxi"),
    Law(
        "ladder_metro_taxi",
        "metro_g_per_km",
        "taxi_g_per_km",
        "地铁不高于出租车",
        "the metro emits no more than a taxi",
    ),
    Law(
        "net_metro_mix",
        "metro_net",
        "city_mix_g_per_km",
        "地铁净减排不超过城市平均排放",
        "the metro cannot save more than the mix emits",
    ),
    Law("net_bus_metro", "bus_net", "metro_net", "公交净减排不高于地铁", "a bus saves no more than the metro"),
    Law(
        "net_bike_mix",
        "bike_net",
        "city_mix_g_per_km",
        "骑行净减排不超过城市平均排放",
        "a bike cannot save more than the mix emits",
    ),
    Law(
        "net_ebike_mix",
        "ebike_net",
        "city_mix_g_per_km",
        "电单车净减排不超过城市平均排放",
        "an e-bike cannot save more than the mix emits",
    ),
    Law(
        "net_own_ebike",
        "own_ebike_net",
        "ebike_net",
        "自有电动车不高于共享电单车",
        "an own e-bike saves no more than a shared one",
    ),
    Law(
        "net_coach_car",
        "coach_net",
        "long_car_g_per_km",
        "客运净减排不超过小客车排放",
        "a coach cannot save more than a car emits",
    ),
    Law("rail_below_flight", "rail_g_per_km", "air_g_per_km", "高铁不高于民航", "a train emits no more than a flight"),
    Law(
        "rail_below_car",
        "rail_g_per_km",
        "long_car_g_per_km",
        "高铁不高于城际小客车",
        "a train emits no more than a car between cities",
    ),
    Law(
        "rail_mix_below_flight",
        "rail_baseline_g_per_km",
        "air_g_per_km",
        "无高铁的平均不高于民航",
        "the mix without trains emits no more than a flight",
    ),
    Law(
        "coach_below_car",
        "long_coach_g_per_km",
        "long_car_g_per_km",
        "客车不高于小客车",
        "a coach emits no more than a car between cities",
    ),
    Law(
        "long_car_below_car",
        "long_car_g_per_km",
        "car_g_per_km",
        "城际人公里不高于单车排放",
        "per passenger-km no more than per vehicle-km",
    ),
    Law(
        "petrol_carbon",
        "petrol_density * petrol_heating_value * petrol_carbon_content",
        "petrol_g_per_litre",
        "一升汽油至少排放其含碳量",
        "a litre of petrol emits at least its carbon",
    ),
    Law(
        "ev_below_petrol",
        "ev_kwh_per_km * grid_g_per_kwh",
        "ev_replaced_litre_per_km * petrol_g_per_litre",
        "电动车每公里低于汽油车",
        "per km, an electric car emits less than the petrol car it replaces",
    ),
    Law(
        "ev_replaces_average",
        "ev_replaced_litre_per_km",
        "car_litre_per_km",
        "被替代车油耗不高于平均",
        "the replaced car is no thirstier than the average one",
    ),
    Law("car_does_not_worsen", "car_improvement", "1", "基准车辆不会变差", "the baseline car does not get worse"),
    Law(
        "branch_trip",
        "branch_visit_g",
        "branch_km * car_g_per_km",
        "去一次网点不高于全程开车",
        "a trip to the branch emits no more than by car",
    ),
    Law(
        "etc_below_whole",
        "etc_additionality",
        "additionality",
        "ETC 系数不高于缺省",
        "the haircut of ETC is not above the default",
    ),
    Law(
        "bike_shorter",
        "bike_trip_km",
        "ebike_trip_km",
        "单车单程不长于电单车",
        "a bike trip is no longer than an e-bike trip",
    ),
    Law(
        "ebike_shorter",
        "ebike_trip_km",
        "bus_trip_km",
        "电单车单程不长于公交",
        "an e-bike trip is no longer than a bus ride",
    ),
    Law(
        "bus_shorter", "bus_trip_km", "metro_trip_km", "公交单程不长于地铁", "a bus ride is no longer than a metro ride"
    ),
    Law(
        "metro_shorter",
        "metro_trip_km",
        "coach_trip_km",
        "地铁单程不长于客运",
        "a metro ride is no longer than a coach trip",
    ),
)
"""Two-sided laws are two laws. Units of both sides are compared to scale 1, except where carbon meets CO2."""

#: Grams per unit of activity no formula may exceed, and why: a kilometre saved cannot save more than a car emits; a
#: kilowatt-hour drives about 6 km; nothing done at a desk is worth a kilogram; a step is 65 cm of walking.
_CEILINGS: Final = {"km": Fraction(170), "kWh": Fraction(800), "event": Fraction(500), "step": Fraction(1, 10)}
_ACT_GRAMS_MAX: Final = Fraction(60_000)
_VISITS: Final = re.compile(r".*_visits")
_SHARE: Final = re.compile(r"(.+)_share_.+")


def check_laws(pack: Pack, on: date) -> Iterator[Finding]:
    """Check every law. `on` lies within the validity of the pack."""
    for law in LAWS:
        yield from _law(pack, law, on)
    yield from _petrol(pack, on)
    yield from _shares(pack, on)
    for scenario in pack.scenarios:
        yield from _tried(pack, scenario, on)


def law_factors() -> frozenset[str]:
    """Give the ids the laws speak of."""
    sides = [side for law in LAWS for side in (law.left, law.right)]
    return frozenset().union(*(expressions.names(expressions.parse(side)) for side in sides)) | {"petrol_oxidation"}


def samples(pack: Pack) -> list[int | None]:
    """Give one known place of every grid region, and no place: enough to try every regional value."""
    places = {city.grid_region: city.adcode for city in reversed(pack.cities) if city.grid_region in REGIONS}
    return [None, *sorted(places.values())]


def _law(pack: Pack, law: Law, on: date) -> Iterator[Finding]:
    left, right = expressions.parse(law.left), expressions.parse(law.right)
    where = f"factors.{min(expressions.names(left))}"
    missing = sorted((expressions.names(left) | expressions.names(right)) - pack.factors.keys())
    if missing:
        yield finding(
            "law_factor_missing", f"factors.{missing[0]}", "缺少合理性检验所需的因子", "a sanity law needs this factor"
        )
        return
    for city in samples(pack):
        try:
            look = lookup(pack, on, city, {})
            low, high = expressions.evaluate(left, look), expressions.evaluate(right, look)
        except MethodologyError:
            return  # `formulae` and `tables` say what is missing
        if low > high:
            yield finding(
                f"law_{law.code}",
                where,
                f"{law.zh}：{shown(low)} > {shown(high)}",
                f"{law.en}: {shown(low)} > {shown(high)}",
            )
            return


def _petrol(pack: Pack, on: date) -> Iterator[Finding]:
    """The CO2 of a litre is its carbon, oxidised, within one per cent."""
    try:
        look = lookup(pack, on, None, {})
        carbon = look("petrol_density") * look("petrol_heating_value") * look("petrol_carbon_content")
        expected = carbon * look("petrol_oxidation") * _CO2_OF_CARBON
        value = look("petrol_g_per_litre")
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
            yield finding(
                "law_shares",
                f"factors.{group}_share_*",
                f"各比例之和为 {shown(total)}，应为 1",
                f"the shares add up to {shown(total)}, not 1",
            )
    for factor_id, factor in pack.factors.items():
        if _VISITS.fullmatch(factor_id) and factor.max > 1:
            yield finding("law_probability", f"factors.{factor_id}.max", "概率不超过 1", "a probability is at most 1")


def _tried(pack: Pack, scenario: Scenario, on: date) -> Iterator[Finding]:
    """Every formula of a scenario, in every region, at a typical quantity and at the largest."""
    how = scenario.quantification
    where = f"scenarios.{scenario.id}.quantification"
    largest = exact(how.quantity_max)
    ceiling = _CEILINGS.get(how.unit)
    if ceiling is None:
        yield finding(
            "unit_without_ceiling", f"{where}.unit", "该单位没有物理上限", "no physical ceiling is known for this unit"
        )
        return
    for activity in how.activities:
        for city in samples(pack):
            try:
                per_unit = reduction(pack, scenario, activity.substitutes, Fraction(1), on, city)
                parts = _parts(pack, scenario, on, city)
            except MethodologyError:
                return  # `formulae` says why
            if per_unit <= 0:
                yield finding(
                    "law_baseline_below_project", where, "基准低于项目，没有减排", "the baseline is below the project"
                )
                return
            if min(parts) < 0:
                yield finding("law_negative_emission", where, "排放不能为负", "an emission cannot be negative")
                return
            if per_unit > ceiling or per_unit * largest > _ACT_GRAMS_MAX:
                yield finding(
                    "law_physical_ceiling",
                    where,
                    f"每{how.unit} {shown(per_unit)} 克，超出物理上限",
                    f"{shown(per_unit)} g per {how.unit} is beyond what is physically possible",
                )
                return
    yield from _defaults(pack, scenario, on)


def _parts(pack: Pack, scenario: Scenario, on: date, city: int | None) -> list[Fraction]:
    how = scenario.quantification
    look = lookup(pack, on, city, {QUANTITY: Fraction(1)})
    return [expressions.evaluate(expressions.parse(text), look) for text in (how.baseline, how.project, how.leakage)]


def _defaults(pack: Pack, scenario: Scenario, on: date) -> Iterator[Finding]:
    """A default quantity is positive and leaves room below the largest one; so does the claim of every fare."""
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
            yield finding(
                "law_quantity_not_positive",
                where,
                "活动量须随实测量增加",
                "the quantity must grow with what is measured",
            )
        default = INPUTS[variable].default if variable else None
        if default is not None and not 0 < slope * default <= exact(how.quantity_max):
            yield finding(
                "quantity_max_below_default", where, "缺省活动量超过上限", "the default is above quantity_max"
            )
