"""What typical acts are given, against the grams of the research notes (§2.3), and how a quantity is found."""

from fractions import Fraction

import pytest

from ditan import packs
from ditan.kernel.errors import MethodologyError
from ditan.model import ActivitySource, Pack
from ditan.packs.acting import act

Event = dict[str, str | int | bool]


@pytest.fixture(scope="module")
def pack() -> Pack:
    return packs.load()


def given(pack: Pack, scenario_id: str, event: Event):
    scenario = next(s for s in pack.scenarios if s.id == scenario_id)
    return act(pack, scenario, event, pack.valid_from)


@pytest.mark.parametrize(
    ("scenario_id", "event", "carbon_mg", "energy"),
    [
        ("metro_ride", {"amount_fen": 350}, 373_600, 20),
        ("metro_ride", {"amount_fen": 400, "city": 110000}, 340_910, 20),
        ("metro_ride", {"amount_fen": 300, "city": 110000}, 112_080, 20),
        ("metro_ride", {"amount_fen": 400, "city": 110000, "distance_m": 9_000}, 420_300, 20),
        ("metro_ride", {"amount_fen": 400, "city": 110000, "ride_count": 2}, 747_200, 20),
        ("metro_ride", {"amount_fen": 4000, "city": 110000, "ride_count": 9}, 1_494_400, 20),
        ("metro_ride", {"amount_fen": 400, "distance_m": 90_000}, 2_802_000, 20),
        ("bus_ride", {"amount_fen": 200}, 107_600, 15),
        ("bike_share_ride", {"amount_fen": 150}, 73_050, 18),
        ("bike_share_ride", {"amount_fen": 150, "vehicle": "ebike"}, 154_500, 18),
        ("bike_share_ride", {"amount_fen": 150, "vehicle": "ebike", "distance_m": 1_000}, 61_800, 18),
        ("ev_charging", {"amount_fen": 3_000}, 5_965_556, 58),
        ("ev_charging", {"amount_fen": 3_000, "electricity_wh": 1_000}, 357_933, 58),
        ("ev_charging", {"amount_fen": 1, "electricity_wh": 1_000, "city": 110000}, 210_933, 58),
        ("ev_charging", {"amount_fen": 1, "electricity_wh": 1_000, "city": 310000}, 326_833, 58),
        ("ev_charging", {"amount_fen": 1, "electricity_wh": 1_000, "city": 420100}, 349_033, 58),
        ("ev_charging", {"amount_fen": 1, "electricity_wh": 1_000, "city": 440300}, 501_633, 58),
        ("ev_charging", {"amount_fen": 1, "electricity_wh": 1_000, "city": 510100}, 661_733, 58),
        ("ev_charging", {"amount_fen": 100_000}, 28_634_667, 58),
        ("rail_travel", {"amount_fen": 10_000}, 3_186_458, 60),
        ("rail_travel", {"amount_fen": 90_000}, 19_883_500, 60),
        ("coach_travel", {"amount_fen": 5_000}, 0, 30),
        ("ebike_charging", {"amount_fen": 200}, 0, 10),
        ("etc_toll", {"amount_fen": 2_000}, 33_849, 0),
        ("walking_steps", {"steps": 999}, 0, 0),
        ("walking_steps", {"steps": 5_000}, 0, 90),
        ("walking_steps", {"steps": 30_000}, 0, 180),
        ("utility_payment", {"amount_fen": 5_000}, 60_785, 20),
        ("qr_payment", {"amount_fen": 5_000}, 0, 5),
        ("mobile_transfer", {}, 21_045, 8),
        ("card_repayment", {}, 8_598, 10),  # 8,597.5, to the even one
        ("government_payment", {}, 0, 10),
        ("virtual_card", {}, 67_300, 60),
        ("e_statement", {}, 23_900, 20),
        ("online_account_opening", {}, 192_860, 80),
        ("online_loan_application", {}, 223_555, 0),
        ("online_loan_repayment", {}, 8_598, 10),
        ("online_wealth_service", {}, 0, 0),
        ("online_certificate", {}, 140_265, 30),
    ],
)
def test_what_an_act_is_given(pack: Pack, scenario_id: str, event: Event, carbon_mg: int, energy: int) -> None:
    found = given(pack, scenario_id, event)
    assert (found.carbon_mg, found.energy) == (carbon_mg, energy)


@pytest.mark.parametrize(
    ("scenario_id", "event", "grams"),
    [("coach_travel", {}, "720"), ("ebike_charging", {}, "176"), ("walking_steps", {"steps": 1000}, "13.52"),
     ("qr_payment", {}, "0.67"), ("government_payment", {}, "78.98"), ("online_wealth_service", {}, "74.185")],
)  # fmt: skip
def test_what_gives_no_carbon_has_a_model_for_the_auditor(
    pack: Pack, scenario_id: str, event: Event, grams: str
) -> None:
    found = given(pack, scenario_id, event)
    assert (found.reduction_g, found.carbon_mg) == (Fraction(grams), 0)


@pytest.mark.parametrize(
    ("event", "source"),
    [
        ({"amount_fen": 400, "city": 110000, "distance_m": 7_000}, ActivitySource.OPERATOR),
        ({"amount_fen": 400, "city": 110000}, ActivitySource.FARE_BAND),
        ({"amount_fen": 400, "city": 110000, "ride_count": 2}, ActivitySource.DEFAULT),  # a price of two rides
        ({"amount_fen": 401, "city": 110000}, ActivitySource.DEFAULT),
        ({"amount_fen": 400}, ActivitySource.DEFAULT),
        ({"amount_fen": 400, "city": 110000, "distance_m": 10**9}, ActivitySource.FARE_BAND),  # not believed
        ({"amount_fen": 400, "city": 110000, "distance_m": -5}, ActivitySource.FARE_BAND),
    ],
)
def test_where_the_distance_comes_from(pack: Pack, event: Event, source: ActivitySource) -> None:
    assert given(pack, "metro_ride", event).activity.source is source


def test_an_event_nothing_fits(pack: Pack) -> None:
    with pytest.raises(MethodologyError, match="no activity fits"):
        given(pack, "walking_steps", {})
