"""Formulas: what is refused, and that every way of working one out gives the same exact number."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ditan.packs import expressions
from ditan.packs.expressions import ExpressionError, UnitError

VALUES = {"a": Fraction(1, 3), "b": Fraction("46.7"), "c": Fraction(-2), "x": Fraction(7)}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a +",
        "a; b",
        "a, b",
        "'a'",
        '"a"',
        "a.b",
        "A",
        "a || b",
        "a = b",
        "a > b",
        "a % b",
        "abs(a)",
        "min(a, b)",
        "1e3",
        "a::int",
        "CASE WHEN a THEN b END",
        "(SELECT 1)",
        "null",
        "true",
        "*",
        "a" + " + a" * 200,
    ],
)
def test_only_arithmetic_is_a_formula(text: str) -> None:
    with pytest.raises(ExpressionError):
        expressions.parse(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a", Fraction(1, 3)),
        ("0.1 + 0.2", Fraction(3, 10)),
        ("-a * 3", Fraction(-1)),
        ("2 + 3 * 4", Fraction(14)),
        ("2 - 3 - 4", Fraction(-5)),
        ("24 / 4 / 3", Fraction(2)),
        ("7 / 2", Fraction(7, 2)),
        ("(2 + 3) * 4", Fraction(20)),
        ("7.3 * b", Fraction("340.91")),
        ("--a", Fraction(1, 3)),
    ],
)
def test_values_are_exact(text: str, value: Fraction) -> None:
    if "--" in text:  # a comment, not a formula
        with pytest.raises(ExpressionError):
            expressions.parse(text)
        return
    assert expressions.evaluate(expressions.parse(text), VALUES.__getitem__) == value


def test_names() -> None:
    assert expressions.names(expressions.parse("a * (b - a) / 2")) == {"a", "b"}


@pytest.mark.parametrize("text", ["x * x", "a / x", "a / (b + x)", "x * (1 + x)"])
def test_not_linear(text: str) -> None:
    with pytest.raises(ExpressionError, match="not linear"):
        expressions.linear(expressions.parse(text), "x", VALUES.__getitem__)


def test_division_by_zero() -> None:
    tree = expressions.parse("a / (b - b)")
    with pytest.raises(ExpressionError, match="division by zero"):
        expressions.evaluate(tree, VALUES.__getitem__)
    with pytest.raises(ExpressionError, match="division by zero"):
        expressions.linear(tree, "x", VALUES.__getitem__)


terms = st.sampled_from(["a", "b", "c", "2", "0.5", "17.25"])
free = st.recursive(
    terms,
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner)
        | st.builds("(-{})".format, inner)
        | st.builds("({} / {})".format, inner, st.sampled_from(["a", "b", "c", "3"]))
    ),
    max_leaves=6,
)


@given(constant=free, slope=free, x=st.fractions(max_denominator=1000))
def test_a_line_is_the_formula(constant: str, slope: str, x: Fraction) -> None:
    tree = expressions.parse(f"{constant} + x * {slope} - x / 4")
    offset, steepness = expressions.linear(tree, "x", VALUES.__getitem__)
    assert expressions.evaluate(tree, (VALUES | {"x": x}).__getitem__) == offset + steepness * x


UNITS = {"d": "km", "f": "g/km", "k": "kg/km", "p": "yuan/kWh", "m": "yuan", "h": "1"}


@pytest.mark.parametrize(
    ("text", "unit"),
    [("d * f", "g"), ("m / p", "kWh"), ("d * f * h", "g"), ("d * f + d * f * 2", "g"), ("1 - h", "1"), ("-(d)", "km")],
)
def test_units_balance(text: str, unit: str) -> None:
    found = expressions.unit_of(expressions.parse(text), lambda name: expressions.unit(UNITS[name]))
    assert expressions.same_unit(found, expressions.unit(unit))


def test_the_right_dimension_with_the_wrong_scale_is_another_unit() -> None:
    found = expressions.unit_of(expressions.parse("d * k"), lambda name: expressions.unit(UNITS[name]))
    assert not expressions.same_unit(found, expressions.unit("g"))
    assert expressions.unit_text(found) == "kg"


@pytest.mark.parametrize("text", ["d + f", "d - 1", "d * k + d * f"])
def test_only_the_same_unit_is_added(text: str) -> None:
    with pytest.raises(UnitError):
        expressions.unit_of(expressions.parse(text), lambda name: expressions.unit(UNITS[name]))


@pytest.mark.parametrize(
    ("left", "right"),
    [("ride", "event"), ("sheet", "card"), ("visit", "event"), ("fen", "yuan"), ("C_g", "g"), ("m", "km")],
)
def test_things_counted_are_units_of_their_own(left: str, right: str) -> None:
    assert not expressions.same_unit(expressions.unit(left), expressions.unit(right))


@pytest.mark.parametrize("text", ["", "mile", "g/furlong", "g/km/"])
def test_unknown_units(text: str) -> None:
    with pytest.raises(ExpressionError):
        expressions.unit(text)
