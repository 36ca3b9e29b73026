"""What a reduction is comparable to in everyday life, with the source of each comparison."""

from __future__ import annotations

import tomllib
from datetime import date
from fractions import Fraction
from functools import cache
from importlib import resources

import msgspec

from ditan.kernel.units import half_even
from ditan.model import KnownBy, Noun, Pack, Source, Status, Text
from ditan.packs import factor_value


class Comparison(Noun, kw_only=True):
    """One line of `equivalents.toml`: which factor it is, and how it is said."""

    id: str
    factor: str
    name: Text
    unit: Text
    sentence: Text


class _File(Noun, kw_only=True):
    status: Status
    equivalents: list[Comparison]


class Equivalent(Noun, kw_only=True):
    """A comparison worked out. `amount` is exact to three figures, as text."""

    id: str
    name: Text
    amount: str
    unit: Text
    sentence: Text
    g_per_unit: str
    source: Source
    status: Status
    known_by: KnownBy


class Equivalents(Noun, kw_only=True):
    """What so many milligrams are comparable to. `status` is of the choice of comparisons."""

    carbon_mg: int
    status: Status
    equivalents: list[Equivalent]


@cache
def _file() -> _File:
    text = resources.files("ditan.home").joinpath("equivalents.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), _File)


def equivalents(pack: Pack, carbon_mg: int, on: date) -> Equivalents:
    """Work out every comparison for so many milligrams.

    Raises: MethodologyError when the pack has no such factor on that day.
    """
    return Equivalents(
        carbon_mg=carbon_mg,
        status=_file().status,
        equivalents=[_worked_out(pack, each, carbon_mg, on) for each in _file().equivalents],
    )


def _worked_out(pack: Pack, wanted: Comparison, carbon_mg: int, on: date) -> Equivalent:
    grams = factor_value(pack, wanted.factor, on).value
    amount = figures(Fraction(carbon_mg, 1000) / grams)
    factor = pack.factors[wanted.factor]
    return Equivalent(
        id=wanted.id,
        name=wanted.name,
        amount=amount,
        unit=wanted.unit,
        sentence=Text(
            zh=wanted.sentence.zh.replace("{amount}", amount), en=wanted.sentence.en.replace("{amount}", amount)
        ),
        g_per_unit=figures(grams),
        source=factor.source,
        status=factor.status,
        known_by=factor.known_by,
    )


def figures(value: Fraction) -> str:
    """Write a number to three figures, or all whole ones, without zeros at the end."""
    places = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    digits = str(half_even(value * 10**places)).rjust(places + 1, "0")
    whole, part = (digits[:-places], digits[-places:].rstrip("0")) if places else (digits, "")
    return f"{whole}.{part}" if part else whole
