"""Compile a pack: its rates, and one SQL statement that turns `recognized` into `quantified`.

sqlglot parses the statement (a mistake fails here, not in a batch), and writes it for DuckDB and for Spark. It joins
the four small tables of `layout` by equality and calculates in whole numbers. The pack's numbers are in the tables;
only its structure (which scenario reads which inputs in which order, how many places and periods differ) is in the
text. So another value of a factor leaves the statement as it is.

Whole numbers are BIGINT where every product of the pack provably fits, else HUGEINT (128 bits), which is several times
slower to divide; the tables say which. On Spark, HUGEINT becomes DECIMAL(38, 0): exact too, and no number here needs
more. Spark must run with its session time zone set to UTC, because `occurred_at` is UTC without a zone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

import sqlglot
from sqlglot import exp

from ditan.kernel.errors import MethodologyError
from ditan.kernel.units import INPUTS
from ditan.model import Activity, ActivitySource, Noun, Pack, Scenario
from ditan.packs import version
from ditan.quantification.formulas import input_of
from ditan.quantification.layout import INPUT_CODES, Layout, milli_per_points
from ditan.quantification.rates import Rate, expand

_SAFE_64: Final = 1 << 61  # half-even doubles a remainder, and the sum of two such numbers still fits 63 bits
_SAFE_128: Final = 1 << 124  # also below 10**38, for DECIMAL(38, 0)
_BY_PRICE: Final = -1  # the branch whose slot the price finds

_STATEMENT: Final = """
CREATE OR REPLACE TEMP TABLE quantified AS
WITH fact AS ( -- where and when the act falls in the methodology, and the texts of the attributes it may need
    SELECT recognized.*, rate_period.period AS q_period,
        COALESCE(here.place, prefecture.place, province.place, 0) AS q_place
        {texts}
    FROM recognized
    LEFT JOIN rate_period ON rate_period.day = CAST(recognized.occurred_at + INTERVAL '8' HOUR AS DATE)
    LEFT JOIN rate_place AS here ON here.city = recognized.city
    LEFT JOIN rate_place AS prefecture ON prefecture.city = recognized.city // 100 * 100
    LEFT JOIN rate_place AS province ON province.city = recognized.city // 10000 * 10000
), measured AS ( -- inputs as whole numbers; NULL: missing or not believed
    SELECT fact.* {inputs} FROM fact
), fared AS ( -- a price that is in the fare table of the place
    SELECT measured.*, rate_fare.slot AS q_fare_slot
    FROM measured LEFT JOIN rate_fare ON rate_fare.fare = {fare}
), branched AS ( -- the first activity whose input is there
    SELECT fared.*, CASE scenario {branches} END AS q_branch FROM fared
), slotted AS (
    SELECT branched.*, CASE
        WHEN q_period IS NULL THEN 0
        WHEN q_branch = {by_price} THEN q_fare_slot
        ELSE 1 + (q_branch * {places} + q_place) * {periods} + q_period
    END AS q_slot
    FROM branched
), priced AS ( -- what one whole unit of the input is worth
    SELECT slotted.*,
        rate_slot.rate_id, rate_slot.activity_source,
        rate_slot.input_max AS q_input_max, rate_slot.constant AS q_constant, rate_slot.numerator AS q_numerator,
        rate_slot.denominator AS q_denominator, rate_slot.max_mg AS q_max_mg,
        rate_slot.milli_constant AS q_milli_constant, rate_slot.milli_numerator AS q_milli_numerator,
        rate_slot.milli_denominator AS q_milli_denominator, rate_slot.max_milli AS q_max_milli,
        rate_slot.milli_per_points AS q_milli_per_points, rate_slot.points AS q_points,
        rate_slot.points_max AS q_points_max, rate_slot.max_energy AS q_max_energy,
        rate_slot.gives_carbon AS q_gives_carbon,
        CASE rate_slot.input {readings} ELSE 1 END AS q_input
    FROM slotted JOIN rate_slot ON rate_slot.slot = slotted.q_slot
), summed AS ( -- numerators of milligrams and of 1/1000 units; LEAST keeps a cut input from overflowing
    SELECT priced.*, q_input > q_input_max AS q_cut,
        q_constant + q_numerator * LEAST(q_input, q_input_max) AS q_mg,
        q_milli_constant + q_milli_numerator * LEAST(q_input, q_input_max) AS q_milli
    FROM priced
), rounded AS ( -- once per act
    SELECT summed.*,
        CAST(CASE WHEN q_cut THEN q_max_milli ELSE {milli_half_even} END AS BIGINT) AS quantity_milli,
        CAST(CASE WHEN q_cut THEN q_max_mg ELSE {mg_half_even} END AS BIGINT) AS raw_mg
    FROM summed
)
SELECT rounded.* EXCLUDE ({scratch}),
    CASE WHEN q_gives_carbon THEN GREATEST(raw_mg, 0) ELSE 0 END AS carbon_mg,
    CAST(CASE
        WHEN q_milli_per_points = 0 THEN LEAST(q_points, q_points_max)
        WHEN q_cut THEN q_max_energy
        ELSE LEAST(q_points_max, q_points * GREATEST(q_milli // q_milli_per_points, 0))
    END AS INTEGER) AS energy
FROM rounded
"""

_SCRATCH: Final = re.compile(r"\bAS (q_[a-z_]+)")
"""Columns of the calculation, which do not stay in `quantified`."""


class Compiled(Noun, kw_only=True):
    """A pack, ready to run over any number of acts."""

    version: str  # of the pack
    rates: list[Rate]  # rates[n].rate_id == n
    whole: str  # BIGINT or HUGEINT: the type of the numbers in table rate_slot
    statement: str  # for DuckDB
    tables: dict[str, Any]  # Arrow tables by name

    def spark(self) -> str:
        """Give the statement for Spark."""
        return sqlglot.parse_one(self.statement, dialect="duckdb").sql(dialect="spark", pretty=True)


def compile_pack(pack: Pack) -> Compiled:
    """Compile a pack.

    Raises: MethodologyError when it cannot be expanded into exact rates, or its numbers do not fit 128 bits.
    """
    expansion = expand(pack)
    layout = Layout(expansion)
    return Compiled(
        version=version(pack),
        rates=expansion.rates,
        whole=_whole(expansion.rates),
        statement=_Statement(pack.scenarios, layout).write(),
        tables=layout.tables(),
    )


def _whole(rates: Iterable[Rate]) -> str:
    """Give the narrowest whole-number type in which no step of the statement can overflow."""
    largest = max(number for rate in rates for number in _magnitudes(rate))
    if largest >= _SAFE_128:
        raise MethodologyError("the numbers of this pack do not fit 128 bits; round its derived factors")
    return "BIGINT" if largest < _SAFE_64 else "HUGEINT"


def _magnitudes(rate: Rate) -> Iterable[int]:
    """Bound every number the statement may reach with a rate."""
    detail = rate.detail
    yield abs(detail.constant) + abs(rate.numerator) * detail.input_max
    yield abs(detail.milli_constant) + abs(detail.milli_numerator) * detail.input_max
    yield from (rate.denominator, detail.milli_denominator, milli_per_points(rate))
    yield from (abs(detail.max_mg), detail.max_milli, detail.points * (1 + detail.max_milli))


class _Statement:
    """Fills the statement with the structure of a pack."""

    def __init__(self, scenarios: Iterable[Scenario], layout: Layout) -> None:
        self._scenarios = sorted(scenarios, key=lambda scenario: scenario.number)
        self._layout = layout
        self._inputs: dict[str, None] = {}  # in order of first use
        self._texts: dict[str, list[int]] = {}  # attribute → the scenarios that read it
        self._fares: list[int] = []
        for scenario in self._scenarios:
            for activity in scenario.quantification.activities:
                self._note(scenario.number, activity)

    def _note(self, number: int, activity: Activity) -> None:
        names = ["amount", "rides"] if _is_fare(activity) else [input_of(activity)]
        fields = [INPUTS[name].field for name in names if INPUTS[name].field not in {"one", "amount_fen"}]
        self._inputs.update(dict.fromkeys(name for name in names if name != "events"))
        for field in (*fields, *activity.variant):
            scenarios = self._texts.setdefault(field, [])
            if number not in scenarios:
                scenarios.append(number)
        if _is_fare(activity):
            self._fares.append(number)

    def write(self) -> str:
        """Write the statement for DuckDB."""
        texts = _columns((f"q_text_{name}", self._text(name)) for name in self._texts)
        inputs = _columns((f"q_{name}", _input(name)) for name in self._inputs)
        text = _STATEMENT.format(
            texts=texts,
            inputs=inputs,
            fare=self._fare(),
            branches=" ".join(f"WHEN {s.number} THEN {self._branch(s)}" for s in self._scenarios),
            by_price=_BY_PRICE,
            places=self._layout.places,
            periods=self._layout.periods,
            readings=" ".join(f"WHEN {INPUT_CODES[name]} THEN q_{name}" for name in self._inputs),
            milli_half_even=_half_even("q_milli", "q_milli_denominator"),
            mg_half_even=_half_even("q_mg", "q_denominator"),
            scratch=", ".join(dict.fromkeys(_SCRATCH.findall(texts + inputs + _STATEMENT))),
        )
        return sqlglot.parse_one(text, dialect="duckdb").sql(dialect="duckdb", pretty=True)

    def _text(self, attribute: str) -> str:
        """An attribute as text; JSON is read only for the scenarios that ask for it."""
        path = _quoted(f"$.{attribute}")
        wanted = _is_in("recognized.scenario", self._texts[attribute])
        return f"CASE WHEN {wanted} THEN JSON_EXTRACT_STRING(recognized.attributes, {path}) END"

    def _fare(self) -> str:
        """The key of `rate_fare`, as `Layout.fare` packs it; a fare speaks of one ride."""
        if not self._fares:
            return "CAST(NULL AS BIGINT)"
        layout = self._layout
        key = f"((q_amount * {layout.scenarios} + scenario) * {layout.places} + q_place) * {layout.periods} + q_period"
        return f"CASE WHEN {_is_in('measured.scenario', self._fares)} AND q_rides = 1 THEN {key} END"

    def _branch(self, scenario: Scenario) -> str:
        """The number of the first activity whose input is there; branch 0 of the scenario when there is none."""
        cases = []
        for position, activity in enumerate(scenario.quantification.activities, start=1):
            branch = _BY_PRICE if _is_fare(activity) else self._layout.branches[scenario.number, position]
            needs = _needs(activity)
            if not needs:
                break
            cases.append(f"WHEN {' AND '.join(needs)} THEN {branch}")
        else:
            branch = self._layout.branches[scenario.number, 0]
        return f"CASE {' '.join(cases)} ELSE {branch} END" if cases else str(branch)


def _is_fare(activity: Activity) -> bool:
    return activity.source is ActivitySource.FARE_BAND


def _needs(activity: Activity) -> list[str]:
    """What an event must carry for an activity; nothing when the event itself is the input."""
    needs = [_is_in(f"q_text_{name}", map(_quoted, values)) for name, values in activity.variant.items()]
    if _is_fare(activity):
        return [*needs, "q_fare_slot IS NOT NULL"]
    name = input_of(activity)
    return needs if name == "events" else [*needs, f"q_{name} IS NOT NULL"]


def _input(name: str) -> str:
    """An input as a whole number; NULL when it is missing, not written plainly, or not believed."""
    wanted = INPUTS[name]
    if wanted.field == "amount_fen":
        return f"CASE WHEN amount_fen BETWEEN 1 AND {wanted.max} THEN amount_fen END"
    text = f"q_text_{wanted.field}"
    number = f"TRY_CAST({text} AS BIGINT)"
    missing = f"WHEN {text} IS NULL THEN {wanted.default}" if wanted.default is not None else ""
    return (
        f"CASE {missing} WHEN CAST({number} AS TEXT) = {text} AND {number} BETWEEN 0 AND {wanted.max} THEN {number} END"
    )


def _half_even(numerator: str, denominator: str) -> str:
    """Round a quotient to the nearest whole number, ties to the even one.

    SQL divides towards zero and gives the remainder the sign of the numerator: both signs mirror each other.
    """
    quotient, twice = f"({numerator} // {denominator})", f"2 * ABS({numerator} % {denominator})"
    away = f"{twice} > {denominator} OR ({twice} = {denominator} AND {quotient} % 2 <> 0)"
    return f"{quotient} + CASE WHEN {away} THEN CASE WHEN {numerator} < 0 THEN -1 ELSE 1 END ELSE 0 END"


def _columns(named: Iterable[tuple[str, str]]) -> str:
    return "".join(f", {value} AS {name}" for name, value in named)


def _is_in(column: str, values: Iterable[object]) -> str:
    written = ", ".join(map(str, values))
    return f"{column} IN ({written})" if written else "FALSE"


def _quoted(text: str) -> str:
    return exp.Literal.string(text).sql(dialect="duckdb")
