"""A pack expanded into exact rates: per whole unit of a measured fact, so many milligrams.

Every formula of a pack is linear in its quantity, and every quantity linear in one measured fact. So an act is
`(constant + numerator * input) / denominator` milligrams, with whole numbers that depend only on scenario, activity,
fare band, place and day. They are found here by partial evaluation (`packs.expressions.linear`), once per pack.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import groupby, pairwise
from math import floor, lcm
from typing import Final, NamedTuple

from ditan.kernel.errors import MethodologyError
from ditan.kernel.units import INPUTS, MG_PER_G, exact, half_even
from ditan.model import Activity, ActivitySource, FareBand, Noun, Pack, Scenario, Tariff
from ditan.packs import expressions
from ditan.packs.resolving import NATIONAL, Resolved, Variant, factor_value, references
from ditan.quantification.formulas import FARE_KM, QUANTITY, in_full, input_of, names_in, renamed, with_numbers

OUTSIDE: Final = 0
"""The rate of an act on a day the pack does not cover: nothing. Recognition lets no such act through."""


_REDUCTION: Final = "(baseline - project - leakage) * additionality * (1 - conservative_cut)"


class RateDetail(Noun, kw_only=True):
    """The rest of a rate: where and when it holds, its constant part, its limits, its energy, its formula."""

    activity: int  # position among the scenario's activities, from 1; 0: no quantity could be found
    variant: dict[str, list[str]]
    place: str  # regions and adcodes whose values were taken, `110000+north`; empty: the same everywhere
    tariff: str
    fare_fen: int | None
    valid_from: date
    valid_to: date
    input: str  # a name of `kernel.units.INPUTS`; where no measured fact matters it is `events`: 1
    input_max: int  # a larger input is cut
    constant: int
    max_mg: int  # of a cut input
    milli_constant: int  # 1/1000 of the scenario's unit of quantity, likewise
    milli_numerator: int
    milli_denominator: int
    max_milli: int
    gives_carbon: bool  # else carbon_mg is 0
    points: int  # energy: points, or points * floor(quantity / per_quantity), at most points_max
    points_max: int
    per_quantity: int | None
    max_energy: int
    quantity_formula: str  # with numbers
    formula: str  # with numbers, over `quantity`; grams


class Rate(Noun, kw_only=True):
    """What one whole unit of input is worth; an act keeps it by pack version and `rate_id`.

    raw_mg = half_even((detail.constant + numerator * input) / denominator) while input <= input_max, else max_mg.
    The fields are the columns of `methodology.rate`.
    """

    rate_id: int
    scenario: int  # 0 in the rate OUTSIDE
    activity_source: ActivitySource
    tier: str
    numerator: int
    denominator: int
    p5: Decimal  # ratios to the claim
    p95: Decimal
    factor_ids: list[str]
    detail: RateDetail


class Cell(NamedTuple):
    """Where a rate applies: an activity, a place and a period (by index), a price where the activity is a fare band."""

    scenario: int
    activity: int
    place: int
    period: int
    fare_fen: int | None


class Expansion(NamedTuple):
    """All rates of a pack, by id, and the cells they fill: every cell a recognized act can fall into."""

    rates: list[Rate]
    cells: dict[Cell, int]
    places: list[int | None]  # adcodes; place 0 is anywhere the pack does not know
    periods: list[tuple[date, date]]  # without gap, from the first to the last day of the pack


class _Line(NamedTuple):
    """`constant + slope * input`, exactly."""

    constant: Fraction
    slope: Fraction

    def of(self, inner: _Line) -> _Line:
        """Put another line in as the input."""
        return _Line(self.constant + self.slope * inner.constant, self.slope * inner.slope)

    def times(self, factor: Fraction | int) -> _Line:
        """Multiply."""
        return _Line(self.constant * factor, self.slope * factor)

    def over(self) -> tuple[int, int, int]:
        """Give constant, slope and their common denominator as whole numbers."""
        denominator = lcm(self.constant.denominator, self.slope.denominator)
        return int(self.constant * denominator), int(self.slope * denominator), denominator


class _Quantity(NamedTuple):
    """How an activity finds its quantity, with one whole unit of input as the variable."""

    line: _Line
    input: str
    input_max: int


class _Branch(NamedTuple):
    """One activity of a scenario; for a fare band, one price of one table."""

    scenario: Scenario
    position: int
    activity: Activity
    tariff: Tariff | None = None
    band: FareBand | None = None

    def formulas(self) -> dict[str, str]:
        """Give the formulas of this branch, in this variant's names."""
        rule = self.scenario.quantification
        texts = {QUANTITY: self.activity.quantity} if self.band is None else {}
        texts |= {"baseline": rule.baseline, "project": rule.project, "leakage": rule.leakage}
        texts |= {"additionality": rule.additionality, "conservative_cut": rule.conservative_cut}
        return {name: renamed(text, self.activity.substitutes) for name, text in texts.items()}


def expand(pack: Pack) -> Expansion:
    """Expand a pack into its rates, in an order that depends on nothing but the pack.

    Raises: MethodologyError when a formula is not linear, a quantity falls while its input grows, a scenario reads two
    fare tables, or a factor has no value somewhere on a day of the pack.
    """
    return _Expander(pack).expand()


class _Expander:
    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._places: list[int | None] = [None, *(city.adcode for city in pack.cities)]
        self._periods = list(_periods(pack))
        self._values: dict[tuple[str, int, int], tuple[Resolved, str]] = {}
        self._behind = cache(self._find_behind)
        self._rates: list[Rate] = [_no_quantity(pack, None, OUTSIDE)]
        self._cells: dict[Cell, int] = {}

    def expand(self) -> Expansion:
        everywhere = [(p, t) for p in range(len(self._places)) for t in range(len(self._periods))]
        for scenario in sorted(self._pack.scenarios, key=lambda s: s.number):
            self._rates.append(_no_quantity(self._pack, scenario, len(self._rates)))
            for place, period in everywhere:
                self._cells[Cell(scenario.number, 0, place, period, None)] = self._rates[-1].rate_id
            activities = scenario.quantification.activities
            if sum(activity.source is ActivitySource.FARE_BAND for activity in activities) > 1:
                raise MethodologyError(f"scenario {scenario.id} reads two fare tables; one activity may be fare_band")
            for position, activity in enumerate(activities, start=1):
                branch = _Branch(scenario, position, activity)
                if activity.source is ActivitySource.FARE_BAND:
                    self._add_fares(branch)
                else:
                    self._add(branch, everywhere)
        return Expansion(self._rates, self._cells, self._places, self._periods)

    def _add_fares(self, branch: _Branch) -> None:
        """Add a rate per price. A city's first table that has the price decides, as in `packs.resolving.fare_band`."""
        taken: set[tuple[int, int, int]] = set()
        for tariff in self._pack.tariffs:
            if tariff.family != branch.activity.tariff:
                continue
            periods = [t for t, (day, _) in enumerate(self._periods) if tariff.valid_from <= day <= tariff.valid_to]
            places = [p for p, adcode in enumerate(self._places) if adcode in tariff.cities]
            for band in tariff.bands:
                where = [(p, t) for p in places for t in periods if (p, t, band.fare_fen) not in taken]
                taken |= {(p, t, band.fare_fen) for p, t in where}
                self._add(branch._replace(tariff=tariff, band=band), where)

    def _add(self, branch: _Branch, where: Iterable[tuple[int, int]]) -> None:
        """Add the rates of one branch: places that take the same values share one, and so do periods in a row."""
        used = self._behind(tuple(sorted({name for text in branch.formulas().values() for name in names_in(text)})))
        fare_fen = None if branch.band is None else branch.band.fare_fen
        same: dict[tuple[object, ...], list[Cell]] = {}
        for place, pairs in groupby(where, key=lambda pair: pair[0]):
            dated = [(self._taken(used, place, period), period) for _, period in pairs]
            # Periods that follow each other have the same difference to their rank.
            runs = groupby(enumerate(dated), key=lambda ranked: (ranked[1][0], ranked[1][1] - ranked[0]))
            for (values, _), run in runs:
                periods = [period for _, (_, period) in run]
                same.setdefault((values, periods[0], periods[-1]), []).extend(
                    Cell(branch.scenario.number, branch.position, place, period, fare_fen) for period in periods
                )
        for cells_of_rate in same.values():
            rate = self._rate(branch, used, cells_of_rate)
            self._rates.append(rate)
            self._cells.update(dict.fromkeys(cells_of_rate, rate.rate_id))

    def _rate(self, branch: _Branch, used: tuple[str, ...], cells: list[Cell]) -> Rate:
        place, first, last = cells[0].place, cells[0].period, max(cell.period for cell in cells)
        values = {name: self._value(name, place, first)[0].value for name in used}
        labels = {label for name in used if (label := self._value(name, place, first)[1])}
        formulas = branch.formulas()
        rule, reward = branch.scenario.quantification, branch.scenario.reward
        points = reward.points if branch.scenario.energy else 0
        quantity = _quantity(branch, formulas, values)
        reduction_mg = _reduction(formulas, values).times(MG_PER_G)
        constant, numerator, denominator = reduction_mg.of(quantity.line).over()
        milli_constant, milli_numerator, milli_denominator = quantity.line.times(1000).over()
        largest = _Line(exact(rule.quantity_max), Fraction(0))
        times = 1 if reward.per_quantity is None else floor(largest.constant / reward.per_quantity)
        return Rate(
            rate_id=len(self._rates),
            scenario=branch.scenario.number,
            activity_source=branch.activity.source,
            tier=branch.activity.tier,
            numerator=numerator,
            denominator=denominator,
            p5=branch.activity.p5,
            p95=branch.activity.p95,
            factor_ids=[name for name in used if name in self._pack.factors],
            detail=RateDetail(
                activity=branch.position,
                variant=branch.activity.variant,
                place="+".join(sorted(labels)),
                tariff="" if branch.tariff is None else branch.tariff.id,
                fare_fen=None if branch.band is None else branch.band.fare_fen,
                valid_from=self._periods[first][0],
                valid_to=self._periods[last][1],
                input=quantity.input,
                input_max=quantity.input_max,
                constant=constant,
                max_mg=half_even(reduction_mg.of(largest).constant),
                milli_constant=milli_constant,
                milli_numerator=milli_numerator,
                milli_denominator=milli_denominator,
                max_milli=half_even(largest.constant * 1000),
                gives_carbon=branch.scenario.carbon,
                points=points,
                points_max=reward.points_max if branch.scenario.energy else 0,
                per_quantity=reward.per_quantity,
                max_energy=min(reward.points_max, points * max(0, times)),
                quantity_formula=with_numbers(formulas.get(QUANTITY, FARE_KM), values | _fare(branch)),
                formula=with_numbers(in_full(_REDUCTION, formulas), values),
            ),
        )

    def _taken(self, used: tuple[str, ...], place: int, period: int) -> tuple[int, ...]:
        """Give what tells whether two cells take the same values from the same regions."""
        return tuple(id(self._value(name, place, period)) for name in used)

    def _find_behind(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Give the factors among some names, and all those their expressions use."""
        found: set[str] = set()
        waiting = [name for name in names if name not in INPUTS and name != QUANTITY]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                factor = self._pack.factors.get(name)
                waiting.extend(references(factor) if factor else ())
        return tuple(sorted(found))

    def _value(self, name: str, place: int, period: int) -> tuple[Resolved, str]:
        """Give a factor's value with the region it was taken for; equal questions get the same object."""
        behind = [self._pack.factors[each] for each in self._behind((name,)) if each in self._pack.factors]
        if not any(factor.regional for factor in behind):
            place = 0
        if not any(factor.values for factor in behind):
            period = 0
        key = (name, place, period)
        if key not in self._values:
            adcode, day = self._places[place], self._periods[period][0]
            resolved = factor_value(self._pack, name, day, adcode)
            region = self._region(name, adcode, resolved.variant)
            known = (each for each in self._values.values() if each == (resolved, region))
            self._values[key] = next(known, (resolved, region))
        return self._values[key]

    def _region(self, name: str, adcode: int | None, variant: Variant) -> str:
        if not self._pack.factors[name].regional:
            return ""
        match variant:
            case Variant.EXACT:
                return str(adcode)
            case Variant.REGION:
                return next(city.grid_region for city in self._pack.cities if city.adcode == adcode)
        return NATIONAL


def _quantity(branch: _Branch, formulas: dict[str, str], values: dict[str, Fraction]) -> _Quantity:
    """Give the quantity as a line in one whole unit of input, and the largest input below the cut."""
    most = exact(branch.scenario.quantification.quantity_max)
    if branch.band is not None:
        line = _Line(exact(branch.band.claim_km), Fraction(0))
        name = "events"
    else:
        name = input_of(branch.activity)
        tree = expressions.parse(formulas[QUANTITY])
        line = _Line(*expressions.linear(tree, name, values.__getitem__))
        line = _Line(line.constant, line.slope * INPUTS[name].scale)
    if name == "events":
        line = _Line(line.constant + line.slope, Fraction(0))
    if line.slope < 0:
        raise MethodologyError(f"scenario {branch.scenario.id}: the quantity falls while {name} grows")
    if line.slope == 0 or line.constant > most:
        # No measured fact matters: one event is the unit.
        return _Quantity(_Line(Fraction(0), min(line.constant, most)), "events", 1)
    return _Quantity(line, name, min(INPUTS[name].max, floor((most - line.constant) / line.slope)))


def _reduction(formulas: dict[str, str], values: dict[str, Fraction]) -> _Line:
    """Give `ER = (BE - PE - LE) * h_add * (1 - u_cons)` in grams as a line in the quantity."""

    def line(name: str) -> _Line:
        return _Line(*expressions.linear(expressions.parse(formulas[name]), QUANTITY, values.__getitem__))

    baseline, project, leakage = line("baseline"), line("project"), line("leakage")
    net = _Line(baseline.constant - project.constant - leakage.constant, baseline.slope - project.slope - leakage.slope)
    return net.times(values[formulas["additionality"]] * (1 - values[formulas["conservative_cut"]]))


def _fare(branch: _Branch) -> dict[str, Fraction]:
    return {} if branch.band is None else {FARE_KM: exact(branch.band.claim_km)}


def _no_quantity(pack: Pack, scenario: Scenario | None, rate_id: int) -> Rate:
    """Give the rate of an act whose quantity is unknown: no carbon, and the flat energy of its scenario."""
    points, points_max = 0, 0
    if scenario is not None and scenario.energy and scenario.reward.per_quantity is None:
        points, points_max = scenario.reward.points, scenario.reward.points_max
    return Rate(
        rate_id=rate_id,
        scenario=0 if scenario is None else scenario.number,
        activity_source=ActivitySource.DEFAULT,
        tier="E" if scenario is None else scenario.tier,
        numerator=0,
        denominator=1,
        p5=Decimal(1),
        p95=Decimal(1),
        factor_ids=[],
        detail=RateDetail(
            activity=0,
            variant={},
            place="",
            tariff="",
            fare_fen=None,
            valid_from=pack.valid_from,
            valid_to=pack.valid_to,
            input="events",
            input_max=1,
            constant=0,
            max_mg=0,
            milli_constant=0,
            milli_numerator=0,
            milli_denominator=1,
            max_milli=0,
            gives_carbon=scenario is not None and scenario.carbon,
            points=points,
            points_max=points_max,
            per_quantity=None,
            max_energy=0,
            quantity_formula="0",
            formula="0",
        ),
    )


def _periods(pack: Pack) -> Iterator[tuple[date, date]]:
    """Cut the days of a pack where any dated value, factor or fare table begins or ends."""
    factors = pack.factors.values()
    spans = [(dated.valid_from, dated.valid_to) for factor in factors for dated in factor.values]
    spans += [(factor.valid_from, factor.valid_to) for factor in factors]
    spans += [(tariff.valid_from, tariff.valid_to) for tariff in pack.tariffs]
    one_day = timedelta(days=1)
    starts = {first for first, _ in spans} | {last + one_day for _, last in spans if last < pack.valid_to}
    inside = sorted(day for day in starts if pack.valid_from < day <= pack.valid_to)
    edges = [pack.valid_from, *inside, pack.valid_to + one_day]
    return ((first, following - one_day) for first, following in pairwise(edges))
