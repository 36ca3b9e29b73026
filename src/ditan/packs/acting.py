"""What one described event would give: the arithmetic of a methodology on the smallest scale, for its own check.

The stages quantify real events (`ditan.quantification`); a pack must be checkable before any stage exists, so the
check and the personas work the act out here, from the same formulas and in exact rationals. A test holds the two
against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from typing import Final, NamedTuple

from ditan.kernel.errors import MethodologyError
from ditan.kernel.units import INPUTS, MG_PER_G, exact, half_even
from ditan.model import Activity, ActivitySource, Energy, Pack, Scenario
from ditan.packs import expressions
from ditan.packs.resolving import factor_value, fare_band

QUANTITY: Final = "quantity"

Described = Mapping[str, str | int | bool]
"""An event as a persona tells it: fields and attributes in one flat table."""


class Act(NamedTuple):
    """What an act gives."""

    activity: Activity
    quantity: Fraction
    reduction_g: Fraction  # before rounding; may be negative
    carbon_mg: int
    energy: int


def act(pack: Pack, scenario: Scenario, event: Described, on: date) -> Act:
    """Work out one act, before caps.

    Raises: MethodologyError when no activity of the scenario fits the event, or a formula or factor cannot be used.
    """
    city = event.get("city")
    here = city if isinstance(city, int) else None
    for activity in scenario.quantification.activities:
        found = _quantity(pack, activity, event, on, here)
        if found is not None:
            quantity = min(found, exact(scenario.quantification.quantity_max))
            grams = reduction(pack, scenario, activity.substitutes, quantity, on, here)
            milligrams = max(0, half_even(grams * MG_PER_G)) if scenario.carbon else 0
            return Act(activity, quantity, grams, milligrams, energy_of(scenario, quantity))
    raise MethodologyError(f"{scenario.id}: no activity fits the event {dict(event)}")


def reduction(
    pack: Pack, scenario: Scenario, substitutes: Mapping[str, str], quantity: Fraction, on: date, city: int | None
) -> Fraction:
    """Give `(baseline - project - leakage) * h_add * (1 - u_cons)` in grams, exactly."""
    how = scenario.quantification
    look = lookup(pack, on, city, {QUANTITY: quantity}, substitutes)
    baseline, project, leakage = (
        expressions.evaluate(expressions.parse(text), look) for text in (how.baseline, how.project, how.leakage)
    )
    return (baseline - project - leakage) * look(how.additionality) * (1 - look(how.conservative_cut))


def energy_of(scenario: Scenario, quantity: Fraction) -> int:
    """Give the points of one act: flat, or for every whole multiple of a quantity."""
    return points(scenario.reward, quantity) if scenario.energy else 0


def points(rule: Energy, quantity: Fraction) -> int:
    """Give the points an energy rule gives for a quantity."""
    times = int(quantity // rule.per_quantity) if rule.per_quantity else 1
    return min(rule.points * times, rule.points_max)


def lookup(
    pack: Pack,
    on: date,
    city: int | None,
    known: Mapping[str, Fraction],
    substitutes: Mapping[str, str] | None = None,
) -> Callable[[str], Fraction]:
    """Give a function from a name in a formula to its value on a day and in a city."""
    renamed = substitutes or {}

    def value(name: str) -> Fraction:
        return known[name] if name in known else factor_value(pack, renamed.get(name, name), on, city).value

    return value


def _quantity(pack: Pack, activity: Activity, event: Described, on: date, city: int | None) -> Fraction | None:
    if any(str(event.get(name, "")) not in values for name, values in activity.variant.items()):
        return None
    if activity.source is ActivitySource.FARE_BAND:
        amount = event.get("amount_fen")
        if not isinstance(amount, int) or event.get("ride_count", 1) != 1:
            return None
        found = fare_band(pack, activity.tariff, city, on, amount)
        return exact(found[1].claim_km) if found else None
    tree = expressions.parse(activity.quantity)
    known: dict[str, Fraction] = {}
    for name in expressions.names(tree) & INPUTS.keys():
        whole = event.get(INPUTS[name].field, INPUTS[name].default)
        if not isinstance(whole, int) or not 0 <= whole <= INPUTS[name].max or (name == "amount" and whole == 0):
            return None
        known[name] = whole * INPUTS[name].scale
    return expressions.evaluate(tree, lookup(pack, on, city, known))
