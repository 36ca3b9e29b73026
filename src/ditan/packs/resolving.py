"""The value of a factor on a day and in a place, as an exact rational, with the ids of all factors behind it."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Final, NamedTuple

from ditan.kernel.errors import MethodologyError
from ditan.kernel.units import exact
from ditan.model import City, Factor, FareBand, Pack, Scenario, Tariff
from ditan.packs import expressions

NATIONAL: Final = "national"
REGIONS: Final = frozenset({"north", "northeast", "east", "central", "northwest", "south", "southwest"})
"""The regional power grids of the Ministry of Ecology and Environment."""


class Variant(StrEnum):
    """Which of a factor's values was taken, most particular first."""

    EXACT = "exact"  # the value of this very place
    REGION = "region"  # of its power grid
    NATIONAL = "national"  # of the country, because the place is unknown or has none of its own
    ONLY = "only"  # the factor has one value everywhere


_PARTICULAR: Final = {variant: rank for rank, variant in enumerate(Variant)}


class Resolved(NamedTuple):
    """A value with its provenance."""

    value: Fraction
    factor_ids: tuple[str, ...]  # this factor first, then those its expression uses, transitively; each once
    variant: Variant  # of the most particular factor used


def factor_value(pack: Pack, factor_id: str, on: date, city: int | None = None) -> Resolved:
    """Give the value of a factor on a day and in a city (adcode; a district finds its city and its province).

    Raises: MethodologyError when the factor, or one it refers to, is unknown, cyclic, or has no value there and then.
    """
    return _resolve(pack, factor_id, on, place(pack, city), ())


def place(pack: Pack, city: int | None) -> City | None:
    """Give the known place of an adcode: itself, else its prefecture, else its province."""
    if city is None:
        return None
    wanted = _climb(city)
    known = {entry.adcode: entry for entry in pack.cities if entry.adcode in wanted}
    return next((known[adcode] for adcode in wanted if adcode in known), None)


def fare_band(pack: Pack, family: str, city: int | None, on: date, amount_fen: int) -> tuple[Tariff, FareBand] | None:
    """Give the band of a fare table that a payment belongs to, or None when no ticket of the city has this price."""
    here = place(pack, city)
    if here is None:
        return None
    for tariff in pack.tariffs:
        if tariff.family == family and here.adcode in tariff.cities and tariff.valid_from <= on <= tariff.valid_to:
            for band in tariff.bands:
                if band.fare_fen == amount_fen:
                    return tariff, band
    return None


def references(factor: Factor) -> frozenset[str]:
    """Give the ids a factor's expression names."""
    return expressions.names(expressions.parse(factor.expression)) if factor.expression else frozenset()


def scenario_factors(pack: Pack, scenario: Scenario) -> list[str]:
    """Give the ids of all factors a scenario uses, each before those its expression uses.

    A formula that cannot be read uses nothing: the check says so elsewhere.
    """
    waiting = _named(scenario)
    used: list[str] = []
    while waiting:
        factor_id = waiting.pop(0)
        if factor_id in pack.factors and factor_id not in used:
            used.append(factor_id)
            waiting.extend(sorted(_names(pack.factors[factor_id].expression)))
    return used


def used_factors(pack: Pack) -> frozenset[str]:
    """Give the ids of all factors the scenarios of a pack use."""
    return frozenset(name for scenario in pack.scenarios for name in scenario_factors(pack, scenario))


def _named(scenario: Scenario) -> list[str]:
    how = scenario.quantification
    texts = [how.baseline, how.project, how.leakage, *(activity.quantity for activity in how.activities)]
    substitutes = [new for activity in how.activities for new in activity.substitutes.values()]
    named = [name for text in texts for name in sorted(_names(text))]
    return [*named, *substitutes, how.additionality, how.conservative_cut]


def _names(text: str) -> frozenset[str]:
    try:
        return expressions.names(expressions.parse(text)) if text else frozenset()
    except MethodologyError:
        return frozenset()


def _resolve(pack: Pack, factor_id: str, on: date, here: City | None, path: tuple[str, ...]) -> Resolved:
    if factor_id in path:
        raise MethodologyError(f"cyclic factors: {' → '.join((*path, factor_id))}")
    factor = pack.factors.get(factor_id)
    if factor is None:
        raise MethodologyError(f"unknown factor {factor_id!r}" + (f", named by {path[-1]!r}" if path else ""))
    if factor.expression:
        return _derive(pack, factor_id, factor, on, here, path)
    value, variant = _own(factor_id, factor, on, here)
    return Resolved(value, (factor_id,), variant)


def _derive(pack: Pack, factor_id: str, factor: Factor, on: date, here: City | None, path: tuple[str, ...]) -> Resolved:
    tree = expressions.parse(factor.expression)
    parts = {name: _resolve(pack, name, on, here, (*path, factor_id)) for name in sorted(expressions.names(tree))}
    used = dict.fromkeys((factor_id, *(used for part in parts.values() for used in part.factor_ids)))
    variant = min((part.variant for part in parts.values()), key=_PARTICULAR.__getitem__, default=Variant.ONLY)
    return Resolved(expressions.evaluate(tree, lambda name: parts[name].value), tuple(used), variant)


def _own(factor_id: str, factor: Factor, on: date, here: City | None) -> tuple[Fraction, Variant]:
    if factor.value is not None:
        return exact(factor.value), Variant.ONLY
    if factor.values:
        for dated in factor.values:
            if dated.valid_from <= on <= dated.valid_to:
                return exact(dated.value), Variant.ONLY
        raise MethodologyError(f"factor {factor_id!r} has no value on {on}")
    for key, variant in (*_keys(here), (NATIONAL, Variant.NATIONAL)):
        if key in factor.regional:
            return exact(factor.regional[key]), variant
    raise MethodologyError(f"factor {factor_id!r} has no value" + (f" for {here.adcode}" if here else ""))


def _keys(here: City | None) -> tuple[tuple[str, Variant], ...]:
    if here is None:
        return ()
    places = dict.fromkeys(_climb(here.adcode))
    return (*((str(adcode), Variant.EXACT) for adcode in places), (here.grid_region, Variant.REGION))


def _climb(adcode: int) -> tuple[int, int, int]:
    """A district, its prefecture, its province, by GB/T 2260."""
    return adcode, adcode // 100 * 100, adcode // 10000 * 10000
