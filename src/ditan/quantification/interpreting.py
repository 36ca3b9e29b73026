"""The reference interpreter: one event in, one claim out, in exact rationals, straight from the pack's text.

It is the meaning of a methodology. The compiler must give the same milligrams, and shares nothing with it but the
reading of formulas and factors in `ditan.packs`.

How a quantity is found: the activities of the scenario in order; the first whose input the event carries is used.
- A measured fact counts when it is a whole number written plainly (`7300`, not `7.3e3`), not negative and not above the
  bound in `kernel.units.INPUTS`; anything else is not believed and counts as missing. An amount of 0 is no amount.
- A fare band speaks of one ride: it is not asked when the event says it stands for several.
- The quantity is cut to `quantity_max`.
- If nothing gives a quantity, the act stands with a quantity of 0 and no carbon (`activity` 0).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor

from ditan.kernel.clock import business_day
from ditan.kernel.units import INPUTS, MG_PER_G, exact, half_even
from ditan.model import Activity, ActivitySource, BankEvent, City, FareBand, Noun, Pack, Scenario, Tariff
from ditan.packs import expressions
from ditan.packs.resolving import Resolved, Variant, factor_value, fare_band, place
from ditan.quantification.formulas import (
    FARE_KM,
    QUANTITY,
    input_of,
    milligrams_formula,
    names_in,
    reduction_formula,
    renamed,
)


class Step(Noun, kw_only=True):
    """One line of the calculation: a name, the formula, what came out."""

    name: str
    formula: str
    value: Fraction


class Claim(Noun, kw_only=True):
    """What one act claims, and everything that led there. Grams are exact; milligrams are rounded once."""

    scenario: int
    on: date  # the customer's business day
    place: int | None  # adcode of the place the pack knows
    activity: int  # which of the scenario's activities, from 1; 0: none gave a quantity
    activity_source: ActivitySource
    tier: str
    input: str  # a name of `kernel.units.INPUTS`; empty when `activity` is 0
    input_value: int  # as in the feed: fen, metres, watt-hours
    tariff: str = ""
    fare_fen: int | None = None
    quantity_found: Fraction  # before the cut to quantity_max
    quantity: Fraction
    baseline_g: Fraction
    project_g: Fraction
    leakage_g: Fraction
    reduction_g: Fraction
    parameters: dict[str, Resolved]  # every factor behind the claim, by id
    p5: Decimal  # ratios to the claim
    p95: Decimal
    steps: list[Step]
    quantity_milli: int
    raw_mg: int
    carbon_mg: int
    energy: int
    p5_mg: int  # the ratios applied to raw_mg, lower end first
    p95_mg: int


class _Measured(Noun, kw_only=True):
    """A quantity and where it comes from."""

    position: int
    activity: Activity
    input: str
    input_value: int
    formula: str
    quantity: Fraction
    band: tuple[Tariff, FareBand] | None = None


def interpret(pack: Pack, scenario: Scenario, event: BankEvent) -> Claim:
    """Quantify one event as an act of a scenario.

    Raises: MethodologyError when a formula or a factor of the pack cannot be used.
    """
    return Interpreter(pack).claim(scenario, event)


class Interpreter:
    """The same for many events of one pack: what a factor is worth on a day in a place is looked up once."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._places: dict[int | None, City | None] = {}
        self._everywhere: dict[tuple[str, date], Resolved] = {}  # values no place has a say in
        self._values: dict[tuple[str, date, int | None], Resolved] = {}
        self._behind: dict[tuple[int, int, date, int | None], dict[str, Resolved]] = {}

    def claim(self, scenario: Scenario, event: BankEvent) -> Claim:
        """Quantify one event as an act of a scenario."""
        on = business_day(event.occurred_at)
        here = self._place(event.city)
        if not self._pack.valid_from <= on <= self._pack.valid_to:
            return _nothing(scenario, on, here, energy=0)
        for position, activity in enumerate(scenario.quantification.activities, start=1):
            measured = self._measure(position, activity, event, on, here)
            if measured is not None:
                return self._claim(scenario, measured, on, here)
        return _nothing(scenario, on, here, energy=_energy(scenario, Fraction(0)))

    def _measure(
        self, position: int, activity: Activity, event: BankEvent, on: date, here: City | None
    ) -> _Measured | None:
        if not _is_variant(activity, event):
            return None
        if activity.source is ActivitySource.FARE_BAND:
            return self._measure_fare(position, activity, event, on)
        name = input_of(activity)
        value = read_input(name, event)
        if value is None:
            return None
        formula = renamed(activity.quantity, activity.substitutes)
        known = {name: value * INPUTS[name].scale}
        quantity = self._evaluate(formula, known, on, here)
        return _Measured(
            position=position, activity=activity, input=name, input_value=value, formula=formula, quantity=quantity
        )

    def _measure_fare(self, position: int, activity: Activity, event: BankEvent, on: date) -> _Measured | None:
        amount_fen = read_input("amount", event)
        if amount_fen is None or read_input("rides", event) != 1:
            return None
        band = fare_band(self._pack, activity.tariff, event.city, on, amount_fen)
        if band is None:
            return None
        return _Measured(
            position=position,
            activity=activity,
            input="amount",
            input_value=amount_fen,
            formula=FARE_KM,
            quantity=exact(band[1].claim_km),
            band=band,
        )

    def _claim(self, scenario: Scenario, measured: _Measured, on: date, here: City | None) -> Claim:
        rule, activity = scenario.quantification, measured.activity
        quantity = min(measured.quantity, exact(rule.quantity_max))
        known = {QUANTITY: quantity}
        steps = [Step(name=QUANTITY, formula=measured.formula, value=quantity)]
        for name, text in (("baseline", rule.baseline), ("project", rule.project), ("leakage", rule.leakage)):
            formula = renamed(text, activity.substitutes)
            steps.append(Step(name=name, formula=formula, value=self._evaluate(formula, known, on, here)))
        known = {step.name: step.value for step in steps}
        formula = renamed(reduction_formula(rule), activity.substitutes)
        reduction_g = self._evaluate(formula, known, on, here)
        raw_mg = half_even(reduction_g * MG_PER_G)
        steps.append(Step(name="reduction", formula=formula, value=reduction_g))
        steps.append(Step(name="raw_mg", formula=milligrams_formula(), value=Fraction(raw_mg)))
        p5_mg, p95_mg = sorted(half_even(raw_mg * exact(ratio)) for ratio in (activity.p5, activity.p95))
        tariff, band = measured.band or (None, None)
        return Claim(
            scenario=scenario.number,
            on=on,
            place=None if here is None else here.adcode,
            activity=measured.position,
            activity_source=activity.source,
            tier=activity.tier,
            input=measured.input,
            input_value=measured.input_value,
            tariff="" if tariff is None else tariff.id,
            fare_fen=None if band is None else band.fare_fen,
            quantity_found=measured.quantity,
            quantity=quantity,
            baseline_g=known["baseline"],
            project_g=known["project"],
            leakage_g=known["leakage"],
            reduction_g=reduction_g,
            parameters=self._parameters(scenario.number, measured.position, steps, on, here),
            p5=activity.p5,
            p95=activity.p95,
            steps=steps,
            quantity_milli=half_even(quantity * 1000),
            raw_mg=raw_mg,
            carbon_mg=max(0, raw_mg) if scenario.carbon else 0,
            energy=_energy(scenario, quantity),
            p5_mg=p5_mg,
            p95_mg=p95_mg,
        )

    def _evaluate(self, formula: str, known: Mapping[str, Fraction], on: date, here: City | None) -> Fraction:
        def lookup(name: str) -> Fraction:
            return known[name] if name in known else self._value(name, on, here).value

        return expressions.evaluate(expressions.parse(formula), lookup)

    def _parameters(
        self, scenario: int, position: int, steps: list[Step], on: date, here: City | None
    ) -> dict[str, Resolved]:
        """Give every factor a calculation used, and those behind derived ones: the same for all acts of an activity."""
        key = (scenario, position, on, None if here is None else here.adcode)
        if key not in self._behind:
            named = {name for step in steps[:-1] for name in names_in(step.formula) if name in self._pack.factors}
            behind = {used for name in named for used in self._value(name, on, here).factor_ids}
            self._behind[key] = {factor_id: self._value(factor_id, on, here) for factor_id in sorted(behind)}
        return self._behind[key]

    def _value(self, factor_id: str, on: date, here: City | None) -> Resolved:
        adcode = None if here is None else here.adcode
        known = self._everywhere.get((factor_id, on)) or self._values.get((factor_id, on, adcode))
        if known is None:
            known = factor_value(self._pack, factor_id, on, adcode)
            if known.variant is Variant.ONLY:
                self._everywhere[factor_id, on] = known
            else:
                self._values[factor_id, on, adcode] = known
        return known

    def _place(self, city: int | None) -> City | None:
        if city not in self._places:
            self._places[city] = place(self._pack, city)
        return self._places[city]


def read_input(name: str, event: BankEvent) -> int | None:
    """Give a measured fact of an event as the whole number of the feed, or None when it is missing or not believed."""
    wanted = INPUTS[name]
    if wanted.field == "one":
        return 1
    if wanted.field == "amount_fen":
        return event.amount_fen if 0 < event.amount_fen <= wanted.max else None
    if wanted.field not in event.attributes:
        return wanted.default
    text = attribute_text(event.attributes[wanted.field])
    if not (text.isascii() and text.isdecimal()) or (len(text) > 1 and text[0] == "0"):
        return None
    if len(text) > len(str(wanted.max)):
        return None  # before `int`, which refuses thousands of digits
    value = int(text)
    return value if value <= wanted.max else None


def attribute_text(value: str | int | bool) -> str:
    """Write an attribute as its JSON says it: rules and variants compare texts."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_variant(activity: Activity, event: BankEvent) -> bool:
    return all(
        name in event.attributes and attribute_text(event.attributes[name]) in values
        for name, values in activity.variant.items()
    )


def _energy(scenario: Scenario, quantity: Fraction) -> int:
    """Give the points of an act: flat, or for every whole multiple of a quantity; never more than points_max."""
    if not scenario.energy:
        return 0
    reward = scenario.reward
    times = 1 if reward.per_quantity is None else floor(quantity / reward.per_quantity)
    return min(reward.points_max, reward.points * max(0, times))


def _nothing(scenario: Scenario, on: date, here: City | None, energy: int) -> Claim:
    """Give the claim of an act whose quantity is unknown, or whose day the pack does not cover: no carbon."""
    zero = Fraction(0)
    return Claim(
        scenario=scenario.number,
        on=on,
        place=None if here is None else here.adcode,
        activity=0,
        activity_source=ActivitySource.DEFAULT,
        tier=scenario.tier,
        input="",
        input_value=0,
        quantity_found=zero,
        quantity=zero,
        baseline_g=zero,
        project_g=zero,
        leakage_g=zero,
        reduction_g=zero,
        parameters={},
        p5=Decimal(1),
        p95=Decimal(1),
        steps=[],
        quantity_milli=0,
        raw_mg=0,
        carbon_mg=0,
        energy=energy,
        p5_mg=0,
        p95_mg=0,
    )
