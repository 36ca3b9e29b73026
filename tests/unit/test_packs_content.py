"""The shipped pack itself: complete, marked as what it is, and fast to load and check."""

import re
import time
from collections import Counter
from datetime import date

import pytest

from ditan import packs
from ditan.kernel.errors import MethodologyError
from ditan.model import Evidence, Family, KnownBy, Pack, Purpose, Scenario, Status
from ditan.packs.loading import locate
from ditan.packs.patterns import Patterns
from ditan.packs.recognizing import all_patterns

ON = date(2026, 11, 23)
COVERED = (110000, 310000, 440100, 440300, 120000, 510100, 330100, 420100, 320100, 610100, 530100, 230100, 500000)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return packs.load()


def scenario(pack: Pack, scenario_id: str) -> Scenario:
    return next(s for s in pack.scenarios if s.id == scenario_id)


def test_it_may_run(pack: Pack) -> None:
    assert packs.check(pack, ON) == []
    packs.require_sound(pack, ON)


@pytest.mark.parametrize("on", [date(2025, 12, 31), date(2027, 7, 1), date(2028, 1, 1)])
def test_it_may_not_run_for_ever(pack: Pack, on: date) -> None:
    with pytest.raises(MethodologyError, match="findings"):
        packs.require_sound(pack, on)


def test_every_finding_speaks_both_languages(pack: Pack) -> None:
    for found in packs.check(pack, date(2030, 1, 1)):
        assert re.search(r"[\u4e00-\u9fff]", found.message.zh)
        assert re.search(r"[A-Za-z]", found.message.en)


def test_loading_and_checking_takes_less_than_two_seconds() -> None:
    began = time.process_time()
    packs.check(packs.load(), ON)
    assert time.process_time() - began < 2


def test_twenty_one_in_three_families(pack: Pack) -> None:
    assert Counter(s.family for s in pack.scenarios) == {Family.TRAVEL: 9, Family.FINANCE: 6, Family.ONLINE: 6}
    assert [s.number for s in pack.scenarios] == list(range(1, 22))


def test_a_file_for_each_named_by_number_and_id(pack: Pack) -> None:
    files = sorted(path.stem for path in (locate("cn_2026") / "scenarios").iterdir())
    assert files == [f"{s.number:02d}_{s.id}" for s in pack.scenarios]


def test_what_is_assumed_or_copied_is_a_draft(pack: Pack) -> None:
    for factor in pack.factors.values():
        if factor.known_by in (KnownBy.ASSUMED, KnownBy.SECOND_HAND):
            assert factor.status is Status.DRAFT
    assert pack.status is Status.DRAFT


def test_nothing_is_approved_before_somebody_approved_it(pack: Pack) -> None:
    assert Status.APPROVED not in {factor.status for factor in pack.factors.values()}


def test_every_source_has_a_reference_of_the_notes(pack: Pack) -> None:
    for factor_id, factor in pack.factors.items():
        assert re.match(r"(S\d+|§\d)", factor.source.reference), factor_id


def test_no_energy_where_the_programme_must_not_tempt(pack: Pack) -> None:
    off = {"etc_toll", "online_loan_application", "online_wealth_service"}
    assert {s.id for s in pack.scenarios if not s.energy} == off
    assert all(scenario(pack, scenario_id).perverse_incentive for scenario_id in off)


def test_energy_only_where_no_method_is_approved(pack: Pack) -> None:
    assert {s.id for s in pack.scenarios if not s.carbon} == {
        "coach_travel",
        "ebike_charging",
        "walking_steps",
        "qr_payment",
        "government_payment",
        "online_wealth_service",
    }


def test_the_published_energy_of_ping_an(pack: Pack) -> None:
    assert scenario(pack, "bike_share_ride").reward.points == 18
    assert scenario(pack, "ev_charging").reward.points == 58
    assert scenario(pack, "walking_steps").reward.points_max == 180


def test_rides_ask_for_whereabouts_and_steps_for_steps(pack: Pack) -> None:
    for s in pack.scenarios:
        if s.id == "walking_steps":
            assert s.consent == [Purpose.STEPS]
        else:
            assert (Purpose.WHEREABOUTS in s.consent) == (s.family is Family.TRAVEL)


def test_the_registry_covers_every_role_in_every_city(pack: Pack) -> None:
    counted = {role for s in pack.scenarios for rule in s.rules for role in rule.when.roles} - {"rail"}
    for city in COVERED:
        roles = {m.role for m in pack.merchants if m.city == city}
        assert counted <= roles, (city, counted - roles)
    assert "rail" in {m.role for m in pack.merchants if m.city is None}


def test_placeholders_are_recognizable_and_no_card_numbers(pack: Pack) -> None:
    for merchant in pack.merchants:
        assert re.fullmatch(r"MDITAN\d{9}", merchant.merchant_id)
        assert merchant.status is Status.DRAFT
    assert "placeholders" in (locate("cn_2026") / "merchants.md").read_text(encoding="utf-8")


#: Look-alikes of domain notes §2.2, "Watch out": what the descriptor says, which scenario's rule takes it, which code.
LOOK_ALIKES = [
    ("metro_ride", "北京地铁 一卡通充值", "transit_top_up"),
    ("metro_ride", "广州地铁 三日票", "transit_pass"),
    ("metro_ride", "支付宝-上海地铁", "wallet_funded"),
    ("bus_ride", "公交一卡通 充值", "transit_top_up"),
    ("bus_ride", "旅游巴士", "chartered_vehicle"),
    ("bike_share_ride", "哈啰单车 30天骑行卡", "ride_pass"),
    ("bike_share_ride", "青桔单车 押金", "ride_deposit"),
    ("bike_share_ride", "美团单车 调度费", "ride_penalty"),
    ("ev_charging", "星星充电 账户充值", "charging_wallet_top_up"),
    ("ev_charging", "特来电 停车费", "parking_fee"),
    ("ev_charging", "小桔充电宝", "power_bank"),
    ("rail_travel", "12306 退票费", "rail_refund_or_change_fee"),
    ("rail_travel", "携程 铁路票", "travel_agent"),
    ("rail_travel", "12306 乘意险", "travel_insurance"),
    ("rail_travel", "12306 网络订餐", "rail_meal"),
    ("coach_travel", "客运站 小件快运", "parcel_or_luggage"),
    ("ebike_charging", "驴充充 包月套餐", "charging_plan"),
    ("etc_toll", "ETC 设备款 OBU", "etc_service_fee"),
    ("utility_payment", "中国移动 游戏流量包", "not_a_utility_bill"),
    ("government_payment", "政务服务 交通罚款", "fine_payment"),
]


@pytest.mark.parametrize(("scenario_id", "text", "code"), LOOK_ALIKES)
def test_look_alikes_are_excluded_with_their_code(pack: Pack, scenario_id: str, text: str, code: str) -> None:
    found = scenario(pack, scenario_id)
    patterns = Patterns(all_patterns(pack), [text])
    assert any(r.when.pattern and patterns.match(r.when.pattern, text) for r in found.rules), "no rule takes it"
    codes = [x.code for x in found.exclusions if x.when.pattern and patterns.match(x.when.pattern, text)]
    assert codes[:1] == [code]


@pytest.mark.parametrize(
    ("scenario_id", "code"),
    [
        ("mobile_transfer", "own_account_transfer"),
        ("mobile_transfer", "automatic_debit"),
        ("card_repayment", "automatic_debit"),
        ("online_loan_repayment", "automatic_debit"),
        ("online_loan_application", "loan_only_applied"),
        ("online_wealth_service", "order_not_confirmed"),
        ("virtual_card", "plastic_card_issued"),
        ("online_account_opening", "plastic_card_issued"),
        ("e_statement", "paper_statement"),
        ("qr_payment", "fuel_purchase"),
        ("qr_payment", "air_travel"),
        ("qr_payment", "gambling"),
        ("qr_payment", "cash_like"),
        ("metro_ride", "several_rides_in_one_payment"),
        ("etc_toll", "manual_lane"),
    ],
)
def test_look_alikes_without_a_descriptor(pack: Pack, scenario_id: str, code: str) -> None:
    assert code in {x.code for x in scenario(pack, scenario_id).exclusions}


def test_charging_a_car_is_no_electricity_bill(pack: Pack) -> None:
    """充电费 contains 电费."""
    patterns = Patterns(all_patterns(pack), ["特来电充电费", "国网电费"])
    bill = next(r.when.pattern for r in scenario(pack, "utility_payment").rules if r.by is Evidence.DESCRIPTOR)
    assert not patterns.match(bill, "特来电充电费")
    assert patterns.match(bill, "国网电费")
