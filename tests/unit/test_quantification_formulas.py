"""Spelling of formulas: names replaced, numbers put in, rationals written without losing anything."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ditan.kernel.errors import MethodologyError
from ditan.model import Activity
from ditan.quantification.formulas import exact_text, in_full, input_of, renamed, with_numbers
from ditan.quantification.wording import grams, rounded


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(0), "0"),
        (Fraction(-3), "-3"),
        (Fraction(1200), "1200"),
        (Fraction("46.7"), "46.7"),
        (Fraction("0.00065"), "0.00065"),
        (Fraction("-0.05"), "-0.05"),
        (Fraction(1, 3), "1/3"),
        (Fraction(-50, 3), "-50/3"),
        (Fraction(1, 1024), "0.0009765625"),
    ],
)
def test_a_rational_is_written_exactly(value: Fraction, text: str) -> None:
    assert exact_text(value) == text


@given(st.fractions())
def test_what_is_written_is_read_back(value: Fraction) -> None:
    assert Fraction(exact_text(value)) == value


def test_a_variant_uses_other_factors() -> None:
    assert renamed("quantity * bike_net", {"bike_net": "ebike_net"}) == "quantity * ebike_net"
    assert renamed("quantity * bike_net_2", {"bike_net": "ebike_net"}) == "quantity * bike_net_2"
    assert renamed("0", {}) == "0"


def test_numbers_that_are_not_plain_stand_in_brackets() -> None:
    values = {"a": Fraction(1, 3), "b": Fraction(-2), "c": Fraction("0.5")}
    assert with_numbers("a * b - c * quantity", values) == "(1/3) * (-2) - 0.5 * quantity"


def test_parts_are_put_in_and_plain_zeros_left_out() -> None:
    parts = {"baseline": "q * x + y", "project": "q - 1", "leakage": "0"}
    assert in_full("(baseline - project - leakage) * h", parts) == "((q * x + y) - (q - 1)) * h"
    assert in_full("(baseline - project - leakage) * h", parts | {"project": "0"}) == "(q * x + y) * h"


def test_brackets_stay_where_they_matter() -> None:
    assert in_full("(b - l) * h", {"b": "q * x", "l": "0"}) == "q * x * h"
    assert in_full("a / (b - l)", {"b": "q * x", "l": "0"}) == "a / (q * x)"
    assert in_full("a - (b - l)", {"b": "q - x", "l": "0"}) == "a - (q - x)"


def test_an_activity_has_one_input() -> None:
    assert input_of(Activity(source="counted", tier="2", p5="1", p95="1", quantity="4 * trip_km")) == "events"
    assert input_of(Activity(source="default", tier="2", p5="1", p95="1", quantity="rides * trip_km")) == "rides"
    with pytest.raises(MethodologyError, match="several inputs: distance, rides"):
        input_of(Activity(source="default", tier="2", p5="1", p95="1", quantity="rides * distance"))


@pytest.mark.parametrize(
    ("value_mg", "text"),
    [(0, "0 mg"), (999, "999 mg"), (-34, "-34 mg"), (23_900, "23.9 g"), (340_910, "341 g"), (5_452_000, "5.45 kg")],
)
def test_grams_for_people(value_mg: int, text: str) -> None:
    assert grams(value_mg) == text


def test_ties_in_display_are_half_even_too() -> None:
    assert rounded(Fraction("100.5")) == "100"
    assert rounded(Fraction("0.125")) == "0.12"
