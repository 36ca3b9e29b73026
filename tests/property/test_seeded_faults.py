"""A correct pack with one mistake each: does the check refuse it, and for the right reason?

Every fault is a small mutation of the shipped pack as read from its files, with the code of the finding that must
name it. Run with `-s` to see `caught N/N`; a fault that slips through is named in the failure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ditan.kernel.errors import MethodologyError
from ditan.packs import check
from ditan.packs.loading import build, read

ON = date(2026, 11, 23)
Raw = dict[str, Any]


class Fault(NamedTuple):
    """One seeded mistake."""

    name: str
    code: str  # of the finding that must be among those reported; `unreadable` when the pack must not even load
    mutate: Callable[[Raw], None]


def scenario(raw: Raw, scenario_id: str) -> Raw:
    return next(s for s in raw["scenarios"] if s["id"] == scenario_id)


def factor(factor_id: str, **changes: Any) -> Callable[[Raw], None]:
    """Change fields of a factor; None removes one."""

    def mutate(raw: Raw) -> None:
        for name, value in changes.items():
            if value is None:
                del raw["factors"][factor_id][name]
            else:
                raw["factors"][factor_id][name] = value

    return mutate


def value(factor_id: str, number: str) -> Callable[[Raw], None]:
    return factor(factor_id, value=Decimal(number))


def regional(place: str, number: str | None) -> Callable[[Raw], None]:
    def mutate(raw: Raw) -> None:
        table = raw["factors"]["grid_g_per_kwh"]["regional"]
        if number is None:
            del table[place]
        else:
            table[place] = Decimal(number)

    return mutate


def formula(scenario_id: str, **changes: Any) -> Callable[[Raw], None]:
    def mutate(raw: Raw) -> None:
        scenario(raw, scenario_id)["quantification"].update(changes)

    return mutate


def activity(scenario_id: str, position: int, **changes: Any) -> Callable[[Raw], None]:
    def mutate(raw: Raw) -> None:
        scenario(raw, scenario_id)["quantification"]["activities"][position].update(changes)

    return mutate


def activities(scenario_id: str, arrange: Callable[[list[Raw]], list[Raw]]) -> Callable[[Raw], None]:
    def mutate(raw: Raw) -> None:
        how = scenario(raw, scenario_id)["quantification"]
        how["activities"] = arrange(how["activities"])

    return mutate


def part(scenario_id: str, name: str, **changes: Any) -> Callable[[Raw], None]:
    """Change fields of a scenario's table (`caps`, `reward`, …); None removes one."""

    def mutate(raw: Raw) -> None:
        table = scenario(raw, scenario_id)[name]
        for key, changed in changes.items():
            if changed is None:
                table.pop(key, None)
            else:
                table[key] = changed

    return mutate


def top(scenario_id: str, **changes: Any) -> Callable[[Raw], None]:
    def mutate(raw: Raw) -> None:
        scenario(raw, scenario_id).update(changes)

    return mutate


def rule(scenario_id: str, position: int, **changes: Any) -> Callable[[Raw], None]:
    """Change the condition of a rule."""

    def mutate(raw: Raw) -> None:
        scenario(raw, scenario_id)["rules"][position]["when"].update(changes)

    return mutate


def life(**changes: Any) -> Callable[[Raw], None]:
    def mutate(raw: Raw) -> None:
        raw["life"].update(changes)

    return mutate


def exclusion(scenario_id: str, position: int, **changes: Any) -> Callable[[Raw], None]:
    def mutate(raw: Raw) -> None:
        scenario(raw, scenario_id)["exclusions"][position].update(changes)

    return mutate


def tariff(position: int, arrange: Callable[[list[Raw]], list[Raw]]) -> Callable[[Raw], None]:
    def mutate(raw: Raw) -> None:
        raw["tariffs"][position]["bands"] = arrange(raw["tariffs"][position]["bands"])

    return mutate


def band(position: int, price: int, **changes: Any) -> Callable[[Raw], None]:
    def mutate(raw: Raw) -> None:
        for row in raw["tariffs"][position]["bands"]:
            if row["fare_fen"] == price:
                row.update(changes)

    return mutate


def merchant(**changes: Any) -> Callable[[Raw], None]:
    def mutate(raw: Raw) -> None:
        raw["merchants"][8].update(changes)

    return mutate


def city(adcode: int, **changes: Any) -> Callable[[Raw], None]:
    def mutate(raw: Raw) -> None:
        next(c for c in raw["cities"] if c["adcode"] == adcode).update(changes)

    return mutate


def persona(position: int, **changes: Any) -> Callable[[Raw], None]:
    def mutate(raw: Raw) -> None:
        raw["personas"][position]["acts"][0].update(changes)

    return mutate


def edit(change: Callable[[Raw], object]) -> Callable[[Raw], None]:
    """Any other change."""

    def mutate(raw: Raw) -> None:
        change(raw)

    return mutate


EV_BASELINE = "quantity / ev_kwh_per_km * ev_replaced_litre_per_km * petrol_g_per_litre * car_improvement"
EMPTY_SOURCE = {"title": "", "publisher": "", "page": "", "reference": ""}

UNITS = [
    Fault("kg for g in petrol", "unit_unbalanced", factor("petrol_g_per_litre", unit="kg/L")),
    Fault("kg for g in the grid", "unit_unbalanced", factor("grid_g_per_kwh", unit="kg/kWh")),
    Fault("mg for g per sheet", "unit_unbalanced", factor("sheet_g", unit="mg/sheet")),
    Fault("per trip for per km", "unit_unbalanced", factor("metro_net", unit="g/ride")),
    Fault("per m for per km", "unit_unbalanced", factor("bus_net", unit="g/m")),
    Fault("fen for yuan in the charging price", "unit_unbalanced", factor("ev_yuan_per_kwh", unit="fen/kWh")),
    Fault("Wh for kWh", "unit_unbalanced", factor("ev_kwh_per_km", unit="Wh/km")),
    Fault("MJ for kWh of the quantity", "unit_unbalanced", formula("ev_charging", unit="MJ")),
    Fault("per card for per sheet", "unit_unbalanced", factor("sheet_g", unit="g/card")),
    Fault("inverted ratio: times consumption", "unit_unbalanced",
          formula("ev_charging", baseline=EV_BASELINE.replace("/ ev_kwh", "* ev_kwh"))),
    Fault("inverted ratio: km per litre", "unit_unbalanced", factor("ev_replaced_litre_per_km", unit="km/L")),
    Fault("amount times price", "unit_unbalanced", activity("ev_charging", 1, quantity="amount * ev_yuan_per_kwh")),
    Fault("fare divided the wrong way round", "unit_unbalanced",
          activity("rail_travel", 1, quantity="amount * rail_yuan_per_km")),
    Fault("missing factor in a product", "unit_unbalanced", formula("etc_toll", baseline="quantity * etc_saved_litre")),
    Fault("grams added to visits", "unit_unbalanced",
          formula("utility_payment", baseline="quantity * (utility_visits + utility_sheets * sheet_g)")),
    Fault("a unit nobody has", "formula_invalid", factor("metro_net", unit="furlong/g")),
    Fault("a haircut with a unit", "unit_unbalanced", factor("etc_additionality", unit="g")),
    Fault("an expression in another unit", "unit_unbalanced", factor("branch_visit_g", unit="g/event")),
]  # fmt: skip

FORMULAS = [
    Fault("swapped baseline and project", "law_baseline_below_project",
          formula("ev_charging", baseline="quantity * grid_g_per_kwh", project=EV_BASELINE)),
    Fault("swapped baseline and project of a bill", "law_baseline_below_project",
          formula("utility_payment", baseline="quantity * digital_g",
                  project="quantity * (utility_visits * branch_visit_g + utility_sheets * sheet_g)")),
    Fault("leakage above the reduction", "law_baseline_below_project",
          formula("bus_ride", leakage="quantity * bus_net")),
    Fault("square of the quantity", "formula_invalid",
          formula("metro_ride", baseline="quantity * quantity * metro_net")),
    Fault("one over the quantity", "formula_invalid", formula("metro_ride", baseline="metro_net / quantity")),
    Fault("distance where quantity belongs", "wrong_variable", formula("metro_ride", baseline="distance * metro_net")),
    Fault("amount where distance belongs", "unit_unbalanced", activity("metro_ride", 0, quantity="amount")),
    Fault("two inputs at once", "activity_input", activity("bike_share_ride", 1, quantity="distance * rides")),
    Fault("quantity not used", "variable_missing",
          formula("etc_toll", baseline="etc_saved_litre * petrol_g_per_litre")),
    Fault("a constant reduction", "constant_in_formula",
          edit(lambda raw: [raw["factors"].update(bonus_g=raw["factors"]["post_g"] | {"unit": "g"}),
                            formula("bus_ride", baseline="quantity * bus_net + bonus_g")(raw)])),
    Fault("a bare number in a formula", "number_in_formula", formula("bus_ride", baseline="quantity * bus_net * 1.2")),
    Fault("unknown factor", "unknown_factor", formula("bus_ride", baseline="quantity * bus_gross")),
    Fault("function call", "formula_invalid", formula("bus_ride", baseline="abs(quantity * bus_net)")),
    Fault("no baseline", "baseline_missing", formula("bus_ride", baseline="0")),
    Fault("cyclic factors", "cyclic_factor",
          edit(lambda raw: [factor("car_g_per_km", expression="branch_visit_g / branch_km")(raw)])),
    Fault("a factor that names itself", "cyclic_factor", factor("car_g_per_km", expression="car_g_per_km")),
    Fault("unknown factor in an expression", "unknown_factor",
          factor("car_g_per_km", expression="car_litre_per_km * diesel_g_per_litre")),
    Fault("default before the fare table", "activity_unreachable",
          activities("metro_ride", lambda rows: [rows[0], rows[4], rows[1], rows[2], rows[3]])),
    Fault("general before particular", "activity_unreachable",
          activities("bike_share_ride", lambda rows: [rows[1], rows[0], rows[2], rows[3]])),
    Fault("no default distance", "default_activity_missing", activities("bus_ride", lambda rows: rows[:1])),
    Fault("substitute of another unit", "unit_unbalanced",
          activity("bike_share_ride", 0, substitutes={"bike_net": "ebike_trip_km"})),
    Fault("substitute of an unused factor", "substitute_unused",
          activity("bike_share_ride", 0, substitutes={"bus_net": "ebike_net"})),
    Fault("energy-only tier with carbon", "tier_contradicts_carbon", top("coach_travel", carbon=True)),
    Fault("haircut above 1", "coefficient_range", factor("etc_additionality", value=Decimal("1.5"), max=Decimal(2))),
    Fault("e-bike as a bike", "variant_without_effect", activity("bike_share_ride", 0, substitutes={})),
]  # fmt: skip

VALUES = [
    Fault("dropped decimal in the metro factor", "outside_bounds", value("metro_net", "467")),
    Fault("dropped decimal in a sheet", "outside_bounds", value("sheet_g", "67")),
    Fault("one decimal too many", "outside_bounds", value("ev_replaced_litre_per_km", "0.0068")),
    Fault("dropped decimal in a region", "outside_bounds", regional("north", "6776")),
    Fault("kilograms typed for grams", "outside_bounds", value("petrol_g_per_litre", "2.156")),
    Fault("negative factor", "outside_bounds", value("bus_net", "-26.9")),
    Fault("bounds inverted", "bounds_inverted", factor("bus_net", min=Decimal(70), max=Decimal(15))),
    Fault("bounds that let everything pass", "bounds_too_loose", factor("bus_net", min=Decimal(0), max=Decimal(10000))),
    Fault("no upper bound", "unreadable", factor("bus_net", max=None)),
    Fault("P5 above the value", "band_misses_value", factor("bus_net", p5=Decimal(30))),
    Fault("P5 above P95", "band_inverted", activity("bus_ride", 1, p5=Decimal(5), p95=Decimal(2))),
    Fault("claim below its own P5", "band_misses_value", activity("etc_toll", 0, p5=Decimal("1.2"))),
    Fault("value and expression", "one_value_form", factor("metro_net", expression="bus_net")),
    Fault("no value at all", "one_value_form", factor("metro_net", value=None)),
    Fault("an expression out of bounds", "outside_bounds", factor("car_litre_per_km", value=Decimal("0.105"))),
    Fault("a band of a billion", "band_implausible", activity("etc_toll", 0, p95=Decimal(10**9))),
]  # fmt: skip

LAWS = [
    Fault("taxi below bus", "law_ladder_bus_taxi", factor("taxi_g_per_km", value=Decimal(50), min=Decimal(20))),
    Fault("walking above cycling", "law_ladder_walk_bike",
          factor("walk_g_per_km", value=Decimal(12), min=Decimal(5), max=Decimal(20))),
    Fault("cycling above the metro", "law_ladder_bike_metro",
          factor("bike_g_per_km", value=Decimal(40), min=Decimal(10), max=Decimal(60))),
    Fault("bus above car", "law_ladder_bus_car", factor("bus_g_per_km", value=Decimal(170), max=Decimal(200))),
    Fault("city mix above car", "law_ladder_mix_car",
          factor("city_mix_g_per_km", value=Decimal(170), max=Decimal(200))),
    Fault("bus saves more than metro", "law_net_bus_metro", value("bus_net", "60")),
    Fault("metro saves more than a car emits", "law_net_metro_mix",
          factor("metro_net", value=Decimal(180), max=Decimal(300), p95=Decimal(200))),
    Fault("train above flight", "law_rail_below_flight", factor("rail_g_per_km", value=Decimal(120), max=Decimal(150))),
    Fault("petrol below its carbon", "law_petrol_carbon",
          factor("petrol_g_per_litre", value=Decimal(560), min=Decimal(500))),
    Fault("petrol as carbon dioxide of diesel", "law_petrol_stoichiometry",
          factor("petrol_g_per_litre", value=Decimal(2640), max=Decimal(2700))),
    Fault("electric car above petrol car", "law_ev_below_petrol", value("ev_replaced_litre_per_km", "0.051")),
    Fault("a region where electric cars do not pay", "law_ev_below_petrol",
          edit(lambda raw: [regional("north", "990")(raw), factor("grid_g_per_kwh", max=Decimal(1000))(raw)])),
    Fault("shares that do not add up", "law_shares", value("branch_share_car", "0.40")),
    Fault("a share left out", "law_shares", edit(lambda raw: raw["factors"].pop("rail_share_air"))),
    Fault("a probability above 1", "law_probability", factor("loan_visits", max=Decimal(2))),
    Fault("more than a car per kilometre", "law_physical_ceiling",
          edit(lambda raw: [factor("coach_net", value=Decimal(200), min=Decimal(150), max=Decimal(300))(raw)])),
    Fault("kilograms for one act at a desk", "law_physical_ceiling",
          factor("loan_sheets", value=Decimal(90), min=Decimal(30), max=Decimal(150))),
    Fault("an act of a tonne", "law_physical_ceiling", formula("rail_travel", quantity_max=Decimal(13000))),
    Fault("an electric scooter as far as a coach", "law_ebike_shorter",
          factor("ebike_trip_km", value=Decimal(9), max=Decimal(12))),
    Fault("default above the largest quantity", "quantity_max_below_default",
          formula("metro_ride", quantity_max=Decimal(5))),
    Fault("the baseline car gets worse", "law_car_does_not_worsen",
          edit(lambda raw: [raw["factors"]["car_improvement"]["values"][0].update(value=Decimal("1.05")),
                            factor("car_improvement", max=Decimal("1.1"))(raw)])),
    Fault("a factor the laws need is gone", "law_factor_missing",
          edit(lambda raw: raw["factors"].pop("taxi_g_per_km"))),
    Fault("kg for g in a number only laws use", "unit_unbalanced", factor("taxi_g_per_km", unit="kg/km")),
    Fault("carbon for carbon dioxide", "unit_unbalanced", factor("petrol_carbon_content", unit="g/MJ")),
    Fault("oxidation in per cent", "outside_bounds", value("petrol_oxidation", "98")),
    Fault("an act online that emits nothing", "project_missing", formula("mobile_transfer", project="0")),
]  # fmt: skip

PROVENANCE = [
    Fault("expired factor", "expired", factor("metro_net", valid_to=date(2026, 6, 30))),
    Fault("factor not yet valid", "not_yet_valid", factor("metro_net", valid_from=date(2027, 1, 1))),
    Fault("factor that ends before the pack", "shorter_than_pack", factor("bus_net", valid_to=date(2027, 6, 30))),
    Fault("dates the wrong way round", "dates_inverted", factor("bus_net", valid_to=date(2025, 6, 30))),
    Fault("review overdue", "review_overdue", factor("sheet_g", review_by=date(2026, 10, 31))),
    Fault("review after it expires", "review_outside_validity", factor("sheet_g", review_by=date(2031, 1, 1))),
    Fault("withdrawn factor", "withdrawn", factor("sheet_g", status="withdrawn")),
    Fault("expired tariff", "expired", edit(lambda raw: raw["tariffs"][0].update(valid_to=date(2026, 10, 1)))),
    Fault("expired pack", "expired", edit(lambda raw: raw.update(valid_to=date(2026, 10, 31)))),
    Fault("unsourced factor", "source_missing", factor("bus_net", source=EMPTY_SOURCE)),
    Fault("source without a page", "source_missing",
          edit(lambda raw: raw["factors"]["bus_net"]["source"].update(page=" "))),
    Fault("no source at all", "unreadable", factor("bus_net", source=None)),
    Fault("unsourced energy rule", "source_missing", part("bus_ride", "reward", source=EMPTY_SOURCE)),
    Fault("unsourced tariff", "source_missing", edit(lambda raw: raw["tariffs"][1].update(source=EMPTY_SOURCE))),
    Fault("assumed value called approved", "must_be_draft", factor("metro_trip_km", status="approved")),
    Fault("second-hand value called reviewed", "must_be_draft", factor("grid_g_per_kwh", status="reviewed")),
    Fault("assumed energy called reviewed", "must_be_draft", part("bus_ride", "reward", status="reviewed")),
    Fault("assumed tariff called approved", "must_be_draft",
          edit(lambda raw: raw["tariffs"][4].update(status="approved"))),
    Fault("calculated from drafts and called approved", "must_be_draft", factor("branch_visit_g", status="approved")),
    Fault("approved pack of draft values", "status_above_values", edit(lambda raw: raw.update(status="approved"))),
    Fault("missing Chinese name", "translation_missing", factor("bus_net", name={"zh": "", "en": "Bus"})),
    Fault("missing English name", "translation_missing", top("bus_ride", name={"zh": "公交出行", "en": ""})),
    Fault("English in the Chinese text", "translation_missing",
          top("bus_ride", summary={"zh": "One ride", "en": "One ride"})),
    Fault("untranslated reason", "translation_missing",
          exclusion("bus_ride", 5, reason={"zh": "轮渡不在本方法范围内", "en": "轮渡不在本方法范围内"})),
    Fault("factor nobody uses", "factor_unused",
          edit(lambda raw: raw["factors"].update(spare=deepcopy(raw["factors"]["bus_net"])))),
    Fault("misspelled field", "unreadable", factor("bus_net", vallue=Decimal(1))),
    Fault("status nobody knows", "unreadable", factor("bus_net", status="final")),
    Fault("a title that names nothing", "source_missing",
          edit(lambda raw: raw["factors"]["bus_net"]["source"].update(title="?"))),
]  # fmt: skip

TABLES = [
    Fault("tariff gap", "tariff_gap", tariff(4, lambda rows: [rows[0], *rows[2:]])),
    Fault("tariff gap at the start", "tariff_gap", tariff(4, lambda rows: rows[1:])),
    Fault("tariff that ends", "tariff_gap", tariff(4, lambda rows: rows[:-1])),
    Fault("tariff overlap", "tariff_overlap", band(4, 300, km_from=Decimal(6))),
    Fault("two bands of one price", "fare_twice", band(4, 300, fare_fen=200)),
    Fault("farther and cheaper", "fare_not_increasing", band(4, 500, fare_fen=350)),
    Fault("claim outside the band", "claim_outside_band", band(0, 400, claim_km=Decimal("12.5"))),
    Fault("claim above the mean", "claim_outside_band", band(0, 400, claim_km=Decimal("9.9"))),
    Fault("kilometres typed as metres", "fare_implausible",
          tariff(4, lambda rows: [{k: v * 1000 if "km" in k else v for k, v in row.items()} for row in rows])),
    Fault("fares in yuan for fen", "fare_implausible",
          tariff(4, lambda rows: [row | {"fare_fen": row["fare_fen"] // 100} for row in rows])),
    Fault("two tariffs for one city", "tariff_overlap", edit(lambda raw: raw["tariffs"][1]["cities"].append(110000))),
    Fault("tariff of an unknown city", "unknown_place", edit(lambda raw: raw["tariffs"][1]["cities"].append(999999))),
    Fault("city with an unknown tariff", "unknown_tariff", city(110000, metro_tariff="beijing_bus")),
    Fault("scenario with an unknown tariff", "unknown_tariff", activity("metro_ride", 3, tariff="bus_fare")),
    Fault("gap in a dated value", "dated_gap",
          edit(lambda raw: raw["factors"]["car_improvement"]["values"][1].update(valid_from=date(2027, 2, 1)))),
    Fault("overlap in a dated value", "dated_overlap",
          edit(lambda raw: raw["factors"]["car_improvement"]["values"][1].update(valid_from=date(2026, 12, 1)))),
    Fault("dated value that ends early", "dated_gap",
          edit(lambda raw: raw["factors"]["car_improvement"]["values"].pop())),
    Fault("no national value", "national_missing", regional("national", None)),
    Fault("a region forgotten", "region_missing", regional("southwest", None)),
    Fault("a region misspelled", "unknown_place", regional("nord", "600")),
    Fault("a city in no region", "unknown_place", city(230100, grid_region="siberia")),
    Fault("a city twice", "place_twice", edit(lambda raw: raw["cities"].append(deepcopy(raw["cities"][0])))),
    Fault("full fare left out", "full_fare_missing",
          tariff(0, lambda rows: [row for row in rows if row["fare_fen"] != 600])),
    Fault("open band without an end in sight", "claim_outside_band", band(4, 500, mean_km=Decimal(10**9))),
]  # fmt: skip

RECOGNITION = [
    Fault("duplicate MCC claim", "claimed_twice", rule("coach_travel", 2, mcc=[4111, 4131], amount_min_fen=400)),
    Fault("MCC claimed with overlapping amounts", "claimed_twice",
          edit(lambda raw: [rule("coach_travel", 2, mcc=[4111])(raw), rule("bus_ride", 2, amount_max_fen=2000)(raw)])),
    Fault("one role, two scenarios", "claimed_twice", rule("bus_ride", 0, roles=["bus_operator", "metro_operator"])),
    Fault("one service, two scenarios", "claimed_twice",
          rule("card_repayment", 0, services=["card.repaid", "bill.paid"])),
    Fault("one word in two patterns", "claimed_twice", rule("bus_ride", 1, pattern="公交|巴士|电车|地铁")),
    Fault("charging counted as electricity bill", "claimed_twice", rule("utility_payment", 2, pattern="电费|电|充")),
    Fault("MCC of tolls in QR payments", "claimed_twice",
          edit(lambda raw: [scenario(raw, "qr_payment")["rules"][0]["when"]["mcc"].append(4784),
                            rule("etc_toll", 2, channels=["unionpay_qr"])(raw)])),
    Fault("one merchant, two roles", "merchant_twice",
          edit(lambda raw: raw["merchants"].append(raw["merchants"][8] | {"role": "bus_operator"}))),
    Fault("merchant id like a card number", "merchant_id_invalid", merchant(merchant_id="4111111111111111")),
    Fault("merchant without a name", "merchant_unnamed", merchant(name="")),
    Fault("merchant in an unknown city", "unknown_place", merchant(city=119999)),
    Fault("merchant with a role nobody reads", "role_unused", merchant(role="ferry_operator")),
    Fault("rule for a role without merchants", "unknown_role", rule("metro_ride", 0, roles=["subway"])),
    Fault("rule for an unknown service", "unknown_service", rule("mobile_transfer", 0, services=["transfer.done"])),
    Fault("pattern without a guard", "rule_unguarded", rule("bus_ride", 1, mcc=[])),
    Fault("MCC rule without an MCC", "rule_unguarded", rule("ev_charging", 2, mcc=[])),
    Fault("pattern in capitals", "pattern_capitals", rule("metro_ride", 1, pattern="地铁|轨道交通|Metro")),
    Fault("pattern that matches all", "pattern_matches_all", rule("bus_ride", 1, pattern="公交|巴士|电车|brt|bus|")),
    Fault("pattern with look-behind", "pattern_invalid", rule("bus_ride", 1, pattern="(?<!地铁)公交")),
    Fault("example of another scenario", "example_unmatched",
          edit(lambda raw: scenario(raw, "bus_ride")["rules"][1].update(examples=["北京地铁 乘车码"]))),
    Fault("example that is excluded", "example_excluded",
          edit(lambda raw: scenario(raw, "bus_ride")["rules"][1].update(examples=["北京公交 一卡通充值"]))),
    Fault("exclusion that never matches its example", "example_unmatched",
          exclusion("metro_ride", 0, when={"pattern": "圈存"})),
    Fault("exclusion of everything", "condition_empty", exclusion("bus_ride", 0, when={})),
    Fault("one code, two meanings", "code_two_meanings",
          exclusion("bus_ride", 0, reason={"zh": "别的意思", "en": "Something else"})),
    Fault("code in camel case", "code_invalid", exclusion("bus_ride", 0, code="transitTopUp")),
    Fault("code of the engine", "code_invalid", exclusion("bus_ride", 0, code="not_green")),
    Fault("refunds recognized as rides", "kind_wrong", rule("bus_ride", 0, kinds=["card_payment", "card_refund"])),
    Fault("confidence of 95", "confidence_range",
          edit(lambda raw: scenario(raw, "bus_ride")["rules"][0].update(confidence=Decimal(95)))),
    Fault("MCC trusted more than the registry", "confidence_order",
          edit(lambda raw: scenario(raw, "bus_ride")["rules"][2].update(confidence=Decimal("0.999")))),
    Fault("empty range of amounts", "amount_range", rule("bus_ride", 2, amount_min_fen=900)),
    Fault("MCC with five digits", "mcc_invalid", rule("ev_charging", 2, mcc=[55520])),
    Fault("attribute nobody sends", "unknown_attribute", part("utility_payment", "deduplication", key=["meter_no"])),
    Fault("no rule", "rule_missing", top("bus_ride", rules=[])),
    Fault("top-ups no longer excluded", "exclusion_missing",
          edit(lambda raw: scenario(raw, "bus_ride")["exclusions"].pop(0))),
    Fault("ride passes no longer excluded", "exclusion_missing",
          edit(lambda raw: scenario(raw, "bike_share_ride")["exclusions"].pop(0))),
    Fault("fines no longer excluded", "exclusion_missing",
          edit(lambda raw: scenario(raw, "government_payment")["exclusions"].pop(0))),
    Fault("QR rule for every channel", "rule_unguarded",
          edit(lambda raw: scenario(raw, "qr_payment")["rules"][0]["when"].pop("channels"))),
    Fault("weak MCC without channel or amount", "rule_unguarded",
          edit(lambda raw: scenario(raw, "utility_payment")["rules"][3]["when"].pop("channels"))),
    Fault("value an attribute never has", "unknown_value",
          exclusion("e_statement", 0, when={"attributes": {"mode": ["post"]}})),
    Fault("ride count in words", "unknown_value", activity("metro_ride", 1, variant={"ride_count": ["two"]})),
]  # fmt: skip

LIMITS = [
    Fault("cap on the wrong side", "cap_wrong_side", part("bus_ride", "caps", daily_acts=6, monthly_acts=4)),
    Fault("monthly cap out of reach", "cap_wrong_side", part("metro_ride", "caps", daily_acts=1, monthly_acts=80)),
    Fault("cap of zero", "cap_zero", part("bus_ride", "caps", daily_acts=0)),
    Fault("no daily cap", "cap_missing", part("qr_payment", "caps", daily_acts=None)),
    Fault("no monthly cap of the energy", "cap_missing", part("qr_payment", "reward", monthly_acts=None)),
    Fault("a hundred rides a day", "cap_too_high", part("bus_ride", "caps", daily_acts=100, monthly_acts=1000)),
    Fault("monthly grams below one act", "cap_below_one_act", part("rail_travel", "caps", monthly_g=2000)),
    Fault("energy capped looser than the act", "energy_cap_above_acts", part("bus_ride", "reward", daily_acts=9)),
    Fault("energy maximum below the points", "energy_max_below_points", part("bus_ride", "reward", points_max=10)),
    Fault("energy by the thousand", "energy_too_high", part("bus_ride", "reward", points=1500, points_max=1500)),
    Fault("energy for a toll", "energy_switch", part("etc_toll", "reward", points=5, points_max=5)),
    Fault("energy on without points", "energy_switch", top("etc_toll", energy=True)),
    Fault("energy that grows without saying so", "energy_not_flat", part("ev_charging", "reward", points_max=116)),
    Fault("loan rewarded by quantity", "perverse_scaled", part("online_loan_application", "reward", per_quantity=1)),
    Fault("perverse incentive without a note", "perverse_note_missing",
          edit(lambda raw: scenario(raw, "etc_toll").pop("perverse_note"))),
    Fault("rides without consent to whereabouts", "consent_missing", top("metro_ride", consent=["card_payments"])),
    Fault("steps without their consent", "consent_missing", top("walking_steps", consent=["card_payments"])),
    Fault("transfer that asks for whereabouts", "consent_too_wide",
          top("mobile_transfer", consent=["card_payments", "whereabouts"])),
    Fault("twenty scenarios", "roll_broken", edit(lambda raw: raw["scenarios"].pop())),
    Fault("a scenario twice", "roll_broken", edit(lambda raw: raw["scenarios"].append(deepcopy(raw["scenarios"][0])))),
    Fault("a scenario renumbered", "roll_broken", top("bus_ride", number=22)),
    Fault("a scenario in another family", "roll_broken", top("bus_ride", family="finance")),
    Fault("persona drift: grams", "persona_drift", persona(0, carbon_mg=340911)),
    Fault("persona drift: a factor within its bounds", "persona_drift", value("metro_net", "47.6")),
    Fault("persona drift: a point more", "persona_drift", part("bus_ride", "reward", points=16, points_max=16)),
    Fault("eleven personas", "personas_count", edit(lambda raw: raw["personas"].pop(0))),
    Fault("persona of an unknown scenario", "persona_impossible", persona(0, scenario="teleport")),
    Fault("nobody takes the coach", "persona_missing", persona(7, scenario="bus_ride", carbon_mg=107600, energy=15)),
    Fault("looser than the specification", "cap_too_high", part("virtual_card", "caps", monthly_acts=10)),
    Fault("a ball that ripens yesterday", "life_range", life(matures_after_days=-1)),
    Fault("a ball that ripens in two months", "life_range", life(matures_after_days=62)),
    Fault("a minute no day has", "life_range", life(matures_at_minute=1440)),
    Fault("seven in the morning as hour", "unreadable", life(matures_at_minute="07:00")),
    Fault("no time to collect", "life_range", life(collect_days=0)),
    Fault("a quarter to collect", "life_range", life(collect_days=92)),
    Fault("energy that lives a century", "life_range", life(expires_months=1200)),
    Fault("energy that expired before it was collected", "life_range", life(expires_months=-1)),
    Fault("half a day", "unreadable", life(matures_after_days=Decimal("0.5"))),
    Fault("life misspelled", "unreadable", life(colect_days=7)),
    Fault("a tonne a month", "cap_too_high", part("ev_charging", "caps", monthly_g=1074000)),
]  # fmt: skip

FAULTS = [*UNITS, *FORMULAS, *VALUES, *LAWS, *PROVENANCE, *TABLES, *RECOGNITION, *LIMITS]


@pytest.fixture(scope="module")
def correct() -> Raw:
    return read()


def codes_of(raw: Raw) -> list[str]:
    try:
        pack = build(raw)
    except MethodologyError:
        return ["unreadable"]
    return [found.code for found in check(pack, ON)]


def test_the_correct_pack_has_no_finding(correct: Raw) -> None:
    assert codes_of(deepcopy(correct)) == []


def test_every_seeded_fault_is_caught(correct: Raw) -> None:
    slipped = []
    for fault in FAULTS:
        raw = deepcopy(correct)
        fault.mutate(raw)
        assert raw != correct, f"the fault {fault.name!r} changes nothing"
        codes = codes_of(raw)
        if fault.code not in codes:
            slipped.append(f"{fault.name}: expected {fault.code}, found {sorted(set(codes)) or 'nothing'}")
    print(f"\nseeded methodology faults: caught {len(FAULTS) - len(slipped)}/{len(FAULTS)}")
    assert not slipped, "slipped through:\n" + "\n".join(slipped)


def test_there_are_enough_faults_and_no_name_twice() -> None:
    assert len(FAULTS) >= 60
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The key paths of all plain values of a pack."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, key))
    else:
        yield path


RAW = read()
#: Merchants and personas are thousands of leaves like each other.
LEAVES = [path for path in leaves(RAW) if path[0] not in ("merchants", "personas")]
WRONG = [
    "",
    "0",
    "quantity",
    "no_such",
    "quantity / quantity",
    Decimal(0),
    Decimal(-1),
    Decimal("1e9"),
    0,
    7,
    date(1999, 1, 1),
]


@settings(max_examples=40, deadline=None)
@given(path=st.sampled_from(LEAVES), wrong=st.sampled_from(WRONG))
def test_whatever_is_wrong_the_check_says_so_and_never_fails(path: tuple[Any, ...], wrong: object) -> None:
    raw = deepcopy(RAW)
    holder = raw
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = wrong
    codes_of(raw)
