"""Formulas as text: which names they use, the same with other names, the same with numbers.

Only spelling happens here. Values come from `packs.expressions`, once for the interpreter and once for the compiler.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from typing import Final

from sqlglot import exp

from ditan.kernel.errors import MethodologyError
from ditan.kernel.units import INPUTS, MG_PER_G
from ditan.model import Activity, Quantification
from ditan.packs import expressions

QUANTITY: Final = "quantity"
FARE_KM: Final = "fare_band_km"
"""The name under which the distance of a fare band stands in a formula."""

_WHOLE: Final = (exp.Paren, exp.Column, exp.Literal)
"""What needs no brackets anywhere."""


@cache
def names_in(text: str) -> tuple[str, ...]:
    """Give the names a formula uses, sorted."""
    return tuple(sorted(expressions.names(expressions.parse(text))))


def renamed(text: str, substitutes: Mapping[str, str]) -> str:
    """Give the formula with some names replaced: a variant of an activity uses other factors."""
    return _renamed(text, tuple(sorted(substitutes.items()))) if substitutes else text


@cache
def _renamed(text: str, substitutes: tuple[tuple[str, str], ...]) -> str:
    new = dict(substitutes)
    if not new.keys() & set(names_in(text)):
        return text

    def rename(node: exp.Expr) -> exp.Expr:
        return exp.column(new.get(node.name, node.name)) if isinstance(node, exp.Column) else node

    return expressions.parse(text).transform(rename).sql(dialect="duckdb")


def in_full(text: str, parts: Mapping[str, str]) -> str:
    """Give a formula with some names replaced by formulas, without brackets and zeros that say nothing."""

    def fill(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and node.name in parts:
            tree = expressions.parse(parts[node.name]).copy()
            return exp.Paren(this=tree) if type(tree) in {exp.Add, exp.Sub, exp.Neg} else tree
        return node

    def drop(node: exp.Expr) -> exp.Expr:
        while isinstance(node, exp.Sub) and expressions.is_zero(node.expression):
            node = node.this
        return node

    def unwrap(node: exp.Expr) -> exp.Expr:
        first = isinstance(node.parent, exp.Mul) and node.arg_key == "this"
        while isinstance(node, exp.Paren) and (type(node.this) in _WHOLE or (first and type(node.this) is exp.Mul)):
            node = node.this
        return node

    return expressions.parse(text).transform(fill).transform(drop).transform(unwrap).sql(dialect="duckdb")


def with_numbers(text: str, values: Mapping[str, Fraction]) -> str:
    """Give the formula with every known name replaced by its value, in brackets unless it is a positive decimal."""

    def fill(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Column) or node.name not in values:
            return node
        number = exact_text(values[node.name])
        return exp.Literal.number(number if number[0] != "-" and "/" not in number else f"({number})")

    return expressions.parse(text).transform(fill).sql(dialect="duckdb")


def exact_text(value: Fraction) -> str:
    """Write a rational without losing anything: as a decimal where it is one, else as `numerator/denominator`."""
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    places = max(twos, fives)
    digits = f"{abs(value.numerator) * 10**places // value.denominator:0{places + 1}d}"
    sign = "-" if value < 0 else ""
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


def input_of(activity: Activity) -> str:
    """Give the one measured fact an activity's quantity depends on; `events` when it depends on none.

    Raises: MethodologyError when there are several.
    """
    found = [name for name in names_in(activity.quantity) if name in INPUTS]
    if len(found) > 1:
        raise MethodologyError(f"the quantity {activity.quantity!r} depends on several inputs: {', '.join(found)}")
    return found[0] if found else "events"


def reduction_formula(rule: Quantification) -> str:
    """Give the programme's formula of a reduction in grams: `ER = (BE - PE - LE) * h_add * (1 - u_cons)`.

    From the domain notes, 2.3. The customer's `max(0, …)` comes after rounding, so that an auditor sees negative ones.
    """
    return f"(baseline - project - leakage) * {rule.additionality} * (1 - {rule.conservative_cut})"


def milligrams_formula() -> str:
    """Give the last step: the only rounding of an act."""
    return f"half_even({MG_PER_G} * reduction)"
