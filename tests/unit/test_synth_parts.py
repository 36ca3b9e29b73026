"""The parts of the synthetic bank: digits, urns, ready-made events, strategies."""

import csv
from datetime import UTC, date, datetime
from io import StringIO

import iso18245
import pytest
from hypothesis import HealthCheck, given, settings

from ditan import packs
from ditan.model import BankEvent, Kind
from ditan.testing import factories, rows, strategies
from ditan.testing.dice import Dice
from ditan.testing.digits import card_number, not_luhn, passes_luhn
from ditan.testing.rhythm import HABITS, busyness_percent, urn
from ditan.testing.shops import CATEGORIES

PLENTY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def test_luhn_knows_the_published_example() -> None:
    assert passes_luhn("4111111111111111")
    assert not passes_luhn("4111111111111112")
    assert not_luhn("4111111111111111") == "4111111111111112"
    assert not_luhn("4111111111111112") == "4111111111111112"


def test_test_card_numbers_pass_for_card_numbers() -> None:
    for length in (16, 19):
        number = card_number(Dice("x"), length)
        assert len(number) == length
        assert passes_luhn(number)


def test_dice_stay_inside() -> None:
    dice = Dice("x")
    assert {dice.whole(3, 6) for _ in range(200)} == {3, 4, 5}
    assert {dice.pick("ab") for _ in range(50)} == {"a", "b"}
    assert Dice("7/habits").random() == Dice("7/habits").random()


def test_an_urn_holds_everything_by_weight() -> None:
    drawn = urn(["often", "seldom", "never nearly"], [90, 9, 0.0001], size=100)
    assert [drawn.count(item) for item in ("often", "seldom", "never nearly")] == [91, 9, 1]


def test_commuters_ride_in_the_morning_and_in_the_evening() -> None:
    morning, evening = HABITS["morning_commute"], HABITS["evening_commute"]
    assert sum(7 * 60 <= minute < 10 * 60 for minute in morning) / len(morning) > 0.7
    assert sum(17 * 60 <= minute < 20 * 60 for minute in evening) / len(evening) > 0.7


def test_pay_days_and_saturdays_are_busy() -> None:
    monday, saturday, payday = date(2026, 7, 6), date(2026, 7, 4), date(2026, 8, 10)
    assert busyness_percent(saturday) > busyness_percent(monday)
    assert busyness_percent(payday) == busyness_percent(monday) + 22


def test_ordinary_shops_have_real_category_codes_and_full_eighths() -> None:
    known = {int(entry.mcc) for entry in iso18245.get_all_mccs()}
    assert {category.mcc for category in CATEGORIES} <= known
    for category in CATEGORIES:
        shares = [int(word.partition("*")[2] or 1) for word in category.channels.split()]
        assert sum(shares) == 8, category


@pytest.mark.parametrize("scenario", [scenario.id for scenario in packs.load().scenarios])
def test_there_is_a_ready_made_act_of_every_scenario(scenario: str) -> None:
    event = factories.event(scenario)
    assert event.kind in {Kind.CARD_PAYMENT, Kind.SERVICE_EVENT}
    assert factories.event(scenario, event_id="other").event_id == "other"
    [cells] = csv.DictReader(StringIO(factories.csv_text([event])))
    assert cells == factories.row(event)
    assert not any(value.isdigit() and 13 <= len(value) <= 19 and passes_luhn(value) for value in cells.values())


def test_refunds_and_reversals_name_their_original() -> None:
    paid = factories.event("metro_ride")
    back, undone = factories.refund(paid, 150), factories.reversal(paid)
    assert (back.kind, back.amount_fen, back.original_event_id) == (Kind.CARD_REFUND, 150, paid.event_id)
    assert (undone.kind, undone.amount_fen) == (Kind.CARD_REVERSAL, paid.amount_fen)
    assert back.occurred_at > paid.occurred_at


def test_a_line_is_quoted_where_it_must_be() -> None:
    event = factories.payment(descriptor='A "B", C', attributes={"b": 1, "a": "x"})
    line = rows.line(rows.texts(event))
    [cells] = csv.reader([line])
    assert cells[rows.COLUMNS.index("descriptor")] == 'A "B", C'
    assert cells[rows.COLUMNS.index("attributes")] == '{"a":"x","b":1}'


@pytest.mark.parametrize("text", ["a,b", 'a"b', "a\nb", "a", ""])
def test_any_text_comes_back_from_its_line(text: str) -> None:
    [cells] = csv.reader(StringIO(rows.line([text, "x"]), newline=""))
    assert cells == [text, "x"]


def test_an_instant_is_written_in_local_time() -> None:
    assert rows.instant(datetime(2026, 7, 6, 16, 30, tzinfo=UTC)) == "2026-07-07T00:30:00+08:00"


@given(event=strategies.events())
@PLENTY
def test_strategies_give_events_that_can_be_written(event: BankEvent) -> None:
    assert event.amount_fen >= 0
    assert len(rows.texts(event)) == len(rows.COLUMNS)
    pack = packs.load()
    assert pack.valid_from <= event.occurred_at.astimezone(factories.AT.tzinfo).date() <= pack.valid_to
