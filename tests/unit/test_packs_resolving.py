"""The value of a factor on a day and in a place, and which factors stand behind it."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from msgspec.structs import replace

from ditan import packs
from ditan.kernel.errors import MethodologyError
from ditan.model import Pack
from ditan.packs.resolving import Variant, factor_value, fare_band, place, scenario_factors

ON = date(2026, 11, 23)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return packs.load()


@pytest.mark.parametrize(
    ("city", "value", "variant"),
    [
        (None, "530.6", Variant.NATIONAL),
        (990000, "530.6", Variant.NATIONAL),  # nowhere
        (110000, "677.6", Variant.REGION),
        (110108, "677.6", Variant.REGION),  # Haidian, found through Beijing
        (440305, "386.9", Variant.REGION),  # Nanshan, through Shenzhen
        (130100, "677.6", Variant.REGION),  # Shijiazhuang is not listed: through Hebei
        (230100, "556.4", Variant.REGION),
    ],
)
def test_the_grid_of_a_place(pack: Pack, city: int | None, value: str, variant: Variant) -> None:
    found = factor_value(pack, "grid_g_per_kwh", ON, city)
    assert (found.value, found.variant) == (Fraction(value), variant)


def test_a_value_of_the_very_place_comes_first(pack: Pack) -> None:
    grid = replace(
        pack.factors["grid_g_per_kwh"], regional=pack.factors["grid_g_per_kwh"].regional | {"310000": Decimal(574)}
    )
    mine = replace(pack, factors=pack.factors | {"grid_g_per_kwh": grid})
    assert factor_value(mine, "grid_g_per_kwh", ON, 310115) == (574, ("grid_g_per_kwh",), Variant.EXACT)


@pytest.mark.parametrize(("on", "value"), [(date(2026, 12, 31), 1), (date(2027, 1, 1), Fraction(99, 100))])
def test_a_dated_value(pack: Pack, on: date, value: Fraction) -> None:
    assert factor_value(pack, "car_improvement", on).value == value


def test_no_value_on_that_day(pack: Pack) -> None:
    with pytest.raises(MethodologyError, match="car_improvement"):
        factor_value(pack, "car_improvement", date(2028, 1, 1))


def test_an_expression_names_everything_behind_it(pack: Pack) -> None:
    found = factor_value(pack, "branch_visit_g", ON)
    assert found.value == Fraction("3.0") * (
        Fraction("0.3") * Fraction("161.7") + Fraction("0.2") * (52 + Fraction("8.7"))
    )
    assert found.factor_ids[0] == "branch_visit_g"
    assert {"car_g_per_km", "car_litre_per_km", "petrol_g_per_litre"} < set(found.factor_ids)


@pytest.mark.parametrize("expression", ["spare_g", "car_g_per_km * 1"])
def test_cycles_are_refused(pack: Pack, expression: str) -> None:
    car = replace(pack.factors["car_g_per_km"], expression=expression)
    spare = replace(pack.factors["car_g_per_km"], expression="car_g_per_km")
    mine = replace(pack, factors=pack.factors | {"car_g_per_km": car, "spare_g": spare})
    with pytest.raises(MethodologyError, match="cyclic"):
        factor_value(mine, "car_g_per_km", ON)


def test_unknown_factor(pack: Pack) -> None:
    with pytest.raises(MethodologyError, match="unknown factor 'nothing'"):
        factor_value(pack, "nothing", ON)


@pytest.mark.parametrize(
    ("city", "amount_fen", "km"),
    [
        (110000, 300, "2.4"),
        (110000, 400, "7.3"),
        (110105, 400, "7.3"),  # a district of Beijing
        (110000, 320, "7.3"),  # 4 yuan, 20 % off
        (110000, 200, "7.3"),  # 4 yuan, half price
        (310000, 400, "7.8"),
        (440100, 200, "1.7"),
        (440300, 190, "1.7"),  # 2 yuan, 5 % off
        (120000, 300, "7.8"),
        (110000, 301, None),
        (510100, 300, None),  # no table for Chengdu
        (None, 300, None),
    ],
)
def test_from_the_fare_to_the_distance(pack: Pack, city: int | None, amount_fen: int, km: str | None) -> None:
    found = fare_band(pack, "metro_fare", city, ON, amount_fen)
    assert (str(found[1].claim_km) if found else None) == km


def test_where_two_distances_have_one_price_the_shorter_stands(pack: Pack) -> None:
    """5 yuan at 80 % costs what 4 yuan costs at the full price."""
    found = fare_band(pack, "metro_fare", 110000, ON, 400)
    assert found is not None
    assert found[1].km_from == 6


def test_a_tariff_ends(pack: Pack) -> None:
    assert fare_band(pack, "metro_fare", 110000, date(2029, 1, 1), 400) is None


def test_places(pack: Pack) -> None:
    known = place(pack, 440304)
    assert known is not None
    assert known.name.en == "Shenzhen"
    assert place(pack, None) is None


def test_the_factors_of_a_scenario(pack: Pack) -> None:
    toll = next(s for s in pack.scenarios if s.id == "etc_toll")
    assert scenario_factors(pack, toll) == [
        "etc_saved_litre",
        "petrol_g_per_litre",
        "etc_additionality",
        "conservative_cut",
    ]
