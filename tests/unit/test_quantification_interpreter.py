"""The meaning of a methodology, one event at a time: which activity, what is believed, what is cut."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from ditan import packs
from ditan.model import ActivitySource, BankEvent, Kind, Pack, Scenario
from ditan.quantification import Claim, interpret

HOSTILE = Path(__file__).parents[1] / "replay" / "packs" / "hostile"
RIDE, TIES, STEPS, OFFSET, OVER, COSTLY, OFF = 1, 2, 4, 5, 6, 7, 8


@pytest.fixture(scope="module")
def shipped() -> Pack:
    return packs.load()


@pytest.fixture(scope="module")
def hostile() -> Pack:
    return packs.load(HOSTILE)


def claim(pack: Pack, scenario: int | str, at: str = "2026-04-10T04:00", **facts: Any) -> Claim:
    found: Scenario = next(s for s in pack.scenarios if scenario in (s.number, s.id))
    event = BankEvent(
        source="test",
        event_id="1",
        kind=Kind.CARD_PAYMENT,
        customer_ref="c",
        occurred_at=datetime.fromisoformat(at).replace(tzinfo=UTC),
        **facts,
    )
    return interpret(pack, found, event)


# --- the shipped pack says what the domain notes say ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("scenario", "facts", "grams"),
    [
        ("metro_ride", {}, "373.6"),  # 8 km at 46.7 g
        ("metro_ride", {"amount_fen": 400, "city": 110000}, "340.91"),  # 7.3 km
        ("bus_ride", {}, "107.6"),  # 4 km at 26.9 g
        ("bike_share_ride", {}, "73.05"),  # 1.5 km at 48.7 g
        ("bike_share_ride", {"attributes": {"vehicle": "ebike"}}, "154.5"),  # 2.5 km at 61.8 g
        ("e_statement", {}, "23.9"),  # two sheets, envelope and post, less 0.5 g
    ],
)
def test_grams_of_the_domain_notes(shipped: Pack, scenario: str, facts: dict[str, Any], grams: str) -> None:
    said = claim(shipped, scenario, **facts)
    assert said.reduction_g == Fraction(grams)
    assert said.raw_mg == said.carbon_mg == Fraction(grams) * 1000


# --- which activity ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "source", "quantity"),
    [
        ({"attributes": {"distance_m": 5_000}, "amount_fen": 300, "city": 110000}, ActivitySource.OPERATOR, "5"),
        ({"amount_fen": 300, "city": 110000}, ActivitySource.FARE_BAND, "2.4"),
        ({"amount_fen": 300, "city": 110105}, ActivitySource.FARE_BAND, "2.4"),  # a district of the city
        ({"amount_fen": 301, "city": 110000}, ActivitySource.DEFAULT, "4.005"),  # no ticket has this price
        ({"amount_fen": 300, "city": 310000}, ActivitySource.DEFAULT, "4.005"),  # no table of this family
        ({"amount_fen": 300}, ActivitySource.DEFAULT, "4.005"),
        ({"amount_fen": 300, "city": 110000, "attributes": {"ride_count": 2}}, ActivitySource.DEFAULT, "8.01"),
    ],
)
def test_the_first_activity_whose_input_is_there(
    hostile: Pack, facts: dict[str, Any], source: ActivitySource, quantity: str
) -> None:
    said = claim(hostile, RIDE, **facts)
    assert (said.activity_source, said.quantity) == (source, Fraction(quantity))


def test_a_variant_asks_for_its_attribute_and_uses_other_factors(hostile: Pack) -> None:
    plain = claim(hostile, RIDE, attributes={"distance_m": 5_000})
    for vehicle in ("e'bike", "true", True, 2, "2"):
        other = claim(hostile, RIDE, attributes={"distance_m": 5_000, "vehicle": vehicle})
        assert (plain.activity, other.activity) == (2, 1)
        assert "derived" in other.parameters
        assert "derived" not in plain.parameters
    for vehicle in ("bike", "True", False, 1):
        assert claim(hostile, RIDE, attributes={"distance_m": 5_000, "vehicle": vehicle}).activity == 2


@pytest.mark.parametrize("at", ["2026-03-31T16:00", "2026-04-30T15:59"])
def test_where_two_fare_tables_hold_the_first_with_the_price_decides(hostile: Pack, at: str) -> None:
    assert claim(hostile, RIDE, at, amount_fen=400, city=110000).tariff == "old"
    assert claim(hostile, RIDE, at, amount_fen=700, city=110000).tariff == "new"


def test_fare_tables_begin_and_end_at_midnight_of_the_business_day(hostile: Pack) -> None:
    assert claim(hostile, RIDE, "2026-04-30T15:59", amount_fen=300, city=440100).tariff == "old"
    assert claim(hostile, RIDE, "2026-04-30T16:00", amount_fen=300, city=440100).tariff == ""


# --- what is believed ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [7_300, "7300", 0, "0", 100_000_000])
def test_a_whole_number_is_believed(hostile: Pack, value: int | str) -> None:
    assert claim(hostile, RIDE, attributes={"distance_m": value}).activity_source is ActivitySource.OPERATOR


@pytest.mark.parametrize(
    "value",
    [
        100_000_001,
        -1,
        "007",
        "7.0",
        "7e3",
        " 7",
        "7 ",
        "+7",
        "-7",
        "-0",
        "",
        "x",
        "1_000",
        "１２",
        "²",
        True,
        "9" * 5000,
    ],
)
def test_anything_else_counts_as_missing(hostile: Pack, value: int | str) -> None:
    assert claim(hostile, RIDE, attributes={"distance_m": value}).activity_source is ActivitySource.DEFAULT


@pytest.mark.parametrize(
    ("amount_fen", "activity"), [(0, 2), (-5, 2), (1, 1), (10_000_000_000, 1), (10_000_000_001, 2)]
)
def test_an_amount_of_nothing_is_no_amount(hostile: Pack, amount_fen: int, activity: int) -> None:
    assert claim(hostile, OFFSET, amount_fen=amount_fen).activity == activity


def test_rides_are_one_unless_the_event_says_otherwise(hostile: Pack) -> None:
    assert claim(hostile, TIES).quantity == 1
    assert claim(hostile, TIES, attributes={"ride_count": 0}).quantity == 0
    assert claim(hostile, TIES, attributes={"ride_count": 1_000}).quantity == 999
    assert claim(hostile, TIES, attributes={"ride_count": 1_001}).activity == 0


def test_an_act_without_a_quantity_has_no_carbon_and_its_flat_energy(shipped: Pack) -> None:
    said = claim(shipped, "ev_charging")
    assert (said.activity, said.activity_source, said.tier) == (0, ActivitySource.DEFAULT, "2")
    assert (said.quantity, said.raw_mg, said.carbon_mg, said.energy) == (0, 0, 0, 58)
    assert claim(shipped, "walking_steps").energy == 0


@pytest.mark.parametrize(
    ("at", "covered"),
    [("2026-03-04T15:59", False), ("2026-03-04T16:00", True), ("2026-06-20T15:59", True), ("2026-06-20T16:00", False)],
)
def test_days_outside_the_pack_give_nothing(hostile: Pack, at: str, covered: bool) -> None:
    said = claim(hostile, RIDE, at, attributes={"distance_m": 5_000}, city=110000)
    assert (said.raw_mg != 0) is covered
    assert (said.energy == 50) is covered


# --- exact, once, and clamped --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("city", "rides", "raw_mg"),
    [
        (110000, 1, 0),  # 0.5 mg
        (110000, 2, 1),
        (110000, 3, 2),  # 1.5 mg
        (110000, 5, 2),  # 2.5 mg
        (310000, 1, 0),  # -0.5 mg
        (310000, 3, -2),  # -1.5 mg
        (310000, 5, -2),  # -2.5 mg
        (429004, 1, -2),  # -1.5 mg
        (None, 1, 2),  # 1.5 mg
        (None, 3, 4),  # 4.5 mg
    ],
)
def test_milligrams_are_rounded_half_even_in_both_signs(
    hostile: Pack, city: int | None, rides: int, raw_mg: int
) -> None:
    said = claim(hostile, TIES, city=city, attributes={"ride_count": rides})
    assert (said.raw_mg, said.carbon_mg) == (raw_mg, max(0, raw_mg))


def test_a_negative_reduction_is_kept_for_the_auditor_and_not_given(hostile: Pack) -> None:
    said = claim(hostile, COSTLY, attributes={"electricity_wh": 2_000})
    assert (said.raw_mg, said.carbon_mg) == (-6_000, 0)
    assert (said.p5_mg, said.p95_mg) == (-12_750, -1_500)


def test_the_quantity_is_cut(hostile: Pack) -> None:
    at_most, above = (claim(hostile, RIDE, attributes={"distance_m": m}, city=110000) for m in (33_300, 33_301))
    assert (at_most.quantity, above.quantity) == (Fraction("33.3"), Fraction("33.3"))
    assert (at_most.quantity_found, above.quantity_found) == (Fraction("33.3"), Fraction("33.301"))
    assert at_most.raw_mg == above.raw_mg


@pytest.mark.parametrize(
    ("steps", "points"), [(0, 0), (21, 0), (22, 3), (42, 3), (3_003, 426), (3_004, 429), (1_000_000, 429)]
)
def test_energy_for_every_whole_multiple(hostile: Pack, steps: int, points: int) -> None:
    """Seven units at 0.3333 a step; the quantity is cut to 1001 units, exactly 143 multiples."""
    assert claim(hostile, STEPS, attributes={"steps": steps}).energy == points


def test_flat_energy_is_cut_to_the_most_of_one_act(hostile: Pack) -> None:
    assert claim(hostile, RIDE).energy == 50


def test_the_two_switches(hostile: Pack, shipped: Pack) -> None:
    off = claim(hostile, OFF, city=110000)
    assert (off.raw_mg, off.carbon_mg, off.energy) == (1_500, 0, 0)
    steps = claim(shipped, "walking_steps", attributes={"steps": 7_999})
    assert steps.raw_mg > 0
    assert (steps.carbon_mg, steps.energy) == (0, 126)
