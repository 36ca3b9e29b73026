"""Formulas of a pack: parsed, never executed as code, evaluated in exact rationals.

A formula is `+ - * /`, unary minus, parentheses, decimal numbers and lower-case names. Everything else that SQL
could say (functions, strings, comparisons, quoted names) is refused. The parser is sqlglot's, so that the compiler of
`quantification` starts from the same tree.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Final, TypeAlias

import sqlglot
from pint import Unit, UnitRegistry
from pint.errors import UndefinedUnitError
from sqlglot import exp

from ditan.kernel.errors import MethodologyError
from ditan.kernel.units import exact

NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_NUMBER: Final = re.compile(r"[0-9]+(\.[0-9]+)?")
_UNIT: Final = re.compile(r"(1|[A-Za-z_]+)([*/][A-Za-z_]+)*")
_LENGTH_MAX: Final = 500
Tree: TypeAlias = exp.Expr
"""A parsed formula."""
_BINARY: Final = (exp.Add, exp.Sub, exp.Mul, exp.Div)

#: The units of the programme. The gram, kilometre, yuan … are what formulas are written in; a value in kilograms or fen
#: has the right dimension and the wrong scale, and is refused. Things that are counted are dimensions of their own:
#: a gram per ride is not a gram per kilometre, and a sheet is not a card.
_DEFINITIONS: Final = (
    "g = [mass]",
    "mg = 1/1000 g",
    "kg = 1000 g",
    "t = 1000000 g",
    "km = [length]",
    "m = 1/1000 km",
    "L = [volume]",
    "J = [heat]",
    "MJ = 1000000 J",
    "GJ = 1000000000 J",
    "kWh = 3600000 J",
    "Wh = 3600 J",
    "yuan = [money]",
    "fen = 1/100 yuan",
    "year = [time]",
    "event = [event]",
    "visit = [visit]",
    "sheet = [sheet]",
    "ride = [ride]",
    "card = [card]",
    "step = [step]",
    "station = [station]",
    "C_g = [carbon]",
)


class ExpressionError(MethodologyError):
    """The formula cannot be used."""


class UnitError(ExpressionError):
    """Two things that have not the same unit are added."""


@cache
def parse(text: str) -> Tree:
    """Parse a formula.

    Raises: ExpressionError when it says anything but arithmetic on names and decimal numbers.
    """
    if not text.strip() or len(text) > _LENGTH_MAX:
        raise ExpressionError(f"a formula has 1 to {_LENGTH_MAX} characters: {text[:40]!r}")
    try:
        tree = sqlglot.parse_one(text, dialect="duckdb")
    except sqlglot.errors.SqlglotError as error:
        raise ExpressionError(f"not a formula: {text!r}") from error
    _require_arithmetic(tree, text)
    return tree


def names(tree: Tree) -> frozenset[str]:
    """Give the names a formula uses."""
    return frozenset(column.name for column in tree.find_all(exp.Column))


def evaluate(tree: Tree, lookup: Callable[[str], Fraction]) -> Fraction:
    """Give the exact value of a formula.

    Raises: ExpressionError when it divides by zero.
    """
    match tree:
        case exp.Paren():
            return evaluate(tree.this, lookup)
        case exp.Neg():
            return -evaluate(tree.this, lookup)
        case exp.Literal():
            return exact(tree.name)
        case exp.Column():
            return lookup(tree.name)
    left, right = evaluate(tree.this, lookup), evaluate(tree.expression, lookup)
    match tree:
        case exp.Add():
            return left + right
        case exp.Sub():
            return left - right
        case exp.Mul():
            return left * right
        case _:
            return _divide(left, right, tree)


def linear(tree: Tree, variable: str, lookup: Callable[[str], Fraction]) -> tuple[Fraction, Fraction]:
    """Give `(constant, slope)` of a formula seen as `constant + slope * variable`.

    Raises: ExpressionError when the formula is not linear in `variable`, or divides by zero.
    """
    match tree:
        case exp.Paren():
            return linear(tree.this, variable, lookup)
        case exp.Neg():
            constant, slope = linear(tree.this, variable, lookup)
            return -constant, -slope
        case exp.Literal():
            return exact(tree.name), Fraction(0)
        case exp.Column():
            return (Fraction(0), Fraction(1)) if tree.name == variable else (lookup(tree.name), Fraction(0))
    (a, a_slope), (b, b_slope) = linear(tree.this, variable, lookup), linear(tree.expression, variable, lookup)
    match tree:
        case exp.Add():
            return a + b, a_slope + b_slope
        case exp.Sub():
            return a - b, a_slope - b_slope
        case exp.Mul() if not (a_slope and b_slope):
            return a * b, a * b_slope + b * a_slope
        case exp.Div() if not b_slope:
            return _divide(a, b, tree), _divide(a_slope, b, tree)
    raise ExpressionError(f"not linear in {variable}: {tree.sql()}")


@cache
def registry() -> UnitRegistry[Fraction]:
    """Give the registry with the units of the programme, and no other."""
    units: UnitRegistry[Fraction] = UnitRegistry(None, non_int_type=Fraction)
    for definition in _DEFINITIONS:
        units.define(definition)
    return units


@cache
def unit(text: str) -> Unit:
    """Read a unit, `g/km`; `1` is a pure number.

    Raises: ExpressionError when the programme has no such unit.
    """
    if not _UNIT.fullmatch(text):
        raise ExpressionError(f"not a unit (`g/km`; a pure number has the unit 1): {text!r}")
    try:
        parsed: Unit = registry().parse_units(text)
    except UndefinedUnitError as error:
        raise ExpressionError(f"no such unit: {text!r}") from error
    return parsed


def unit_text(value: Unit) -> str:
    """Write a unit as a pack does: `g/km`; a pure number is `1`."""
    powers = {name: int(str(power)) for name, power in sorted(registry().Quantity(1, value).unit_items())}
    above = "*".join(_power(name, power) for name, power in powers.items() if power > 0)
    below = "/".join(_power(name, -power) for name, power in powers.items() if power < 0)
    return (above or "1") + (f"/{below}" if below else "")


def same_unit(left: Unit, right: Unit) -> bool:
    """Say whether two units have the same dimension and the same scale: g is not kg."""
    factor, base = registry().get_base_units(left / right)
    return bool(base.dimensionless) and factor == Fraction(1)


def unit_of(tree: Tree, lookup: Callable[[str], Unit]) -> Unit:
    """Give the unit of a formula; a number is a pure number.

    Raises: UnitError when it adds or subtracts what has not the same unit.
    """
    match tree:
        case exp.Paren() | exp.Neg():
            return unit_of(tree.this, lookup)
        case exp.Literal():
            return registry().dimensionless
        case exp.Column():
            return lookup(tree.name)
    left, right = unit_of(tree.this, lookup), unit_of(tree.expression, lookup)
    if isinstance(tree, exp.Mul | exp.Div):
        combined: Unit = left * right if isinstance(tree, exp.Mul) else left / right
        return combined
    if not same_unit(left, right):
        raise UnitError(f"{unit_text(left)} and {unit_text(right)} cannot be added: {tree.sql()}")
    return left


def is_zero(tree: Tree) -> bool:
    """Say whether a formula is the plain number 0, which has every unit."""
    return isinstance(tree, exp.Literal) and exact(tree.name) == 0


def _power(name: str, power: int) -> str:
    return name if power == 1 else f"{name}**{power}"


def _divide(left: Fraction, right: Fraction, tree: Tree) -> Fraction:
    if right == 0:
        raise ExpressionError(f"division by zero: {tree.sql()}")
    return left / right


def _require_arithmetic(tree: Tree, text: str) -> None:
    match tree:
        case exp.Paren() | exp.Neg():
            _require_arithmetic(tree.this, text)
        case exp.Literal() if not tree.is_string and _NUMBER.fullmatch(tree.name):
            return
        case exp.Column() if _plain(tree):
            return
        case _ if type(tree) in _BINARY:
            _require_arithmetic(tree.this, text)
            _require_arithmetic(tree.expression, text)
        case _:
            raise ExpressionError(f"only + - * / ( ), numbers and names: {text!r}")


def _plain(column: exp.Column) -> bool:
    name = column.this
    return (
        isinstance(name, exp.Identifier)
        and not name.args.get("quoted")
        and not column.table
        and NAME.fullmatch(name.name) is not None
    )
