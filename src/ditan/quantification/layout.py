"""Where an act finds its rate: small tables that are joined by equality, whatever the number of acts.

A *branch* is one activity of one scenario, or branch 0 of a scenario: nothing gave a quantity. Cities that take the
same rates in every branch and period share a *place*. A *slot* is a row of `rate_slot`; the slots of branches that are
not fare bands are numbered so that an act calculates its own, those of fare bands follow and are found by the price.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from ditan.kernel.units import INPUTS
from ditan.quantification.rates import OUTSIDE, Expansion, Rate

INPUT_CODES: Final = {name: code for code, name in enumerate(INPUTS)}

#: What a slot holds in whole numbers that enter products.
NUMBERS: Final = (
    "input_max",
    "constant",
    "numerator",
    "denominator",
    "max_mg",
    "milli_constant",
    "milli_numerator",
    "milli_denominator",
    "max_milli",
    "milli_per_points",
)


class Layout:
    """The tables of a pack, and the arithmetic of their keys."""

    def __init__(self, expansion: Expansion) -> None:
        self._expansion = expansion
        self._fare_rates = sorted({rate for cell, rate in expansion.cells.items() if cell.fare_fen is not None})
        fixed = {(cell.scenario, cell.activity) for cell in expansion.cells if cell.fare_fen is None}
        self.branches = {branch: number for number, branch in enumerate(sorted(fixed))}
        self.place_of = self._share_places()
        self.places = len(set(self.place_of))
        self.periods = len(expansion.periods)
        self.scenarios = 1 + max((cell.scenario for cell in expansion.cells), default=0)

    def slot(self, branch: int, place: int, period: int) -> int:
        """Give the slot of a branch that is not a fare band. The statement calculates the same."""
        return 1 + (branch * self.places + place) * self.periods + period

    def fare(self, amount_fen: int, scenario: int, place: int, period: int) -> int:
        """Pack a price in a place and period into one number. The statement calculates the same."""
        return ((amount_fen * self.scenarios + scenario) * self.places + place) * self.periods + period

    def tables(self) -> dict[str, Any]:
        """Give the four tables."""
        return {
            "rate_period": self._period_table(),
            "rate_place": self._place_table(),
            "rate_fare": self._fare_table(),
            "rate_slot": self._slot_table(),
        }

    def _share_places(self) -> list[int]:
        """Give each place of the expansion the number of the first with the same rates throughout."""
        columns: list[dict[tuple[int, int, int, int | None], int]] = [{} for _ in self._expansion.places]
        for cell, rate in self._expansion.cells.items():
            columns[cell.place][cell.scenario, cell.activity, cell.period, cell.fare_fen] = rate
        shared: dict[frozenset[Any], int] = {}
        return [shared.setdefault(frozenset(column.items()), len(shared)) for column in columns]

    def _period_table(self) -> Any:
        days = [
            (first + timedelta(days=n), period)
            for period, (first, last) in enumerate(self._expansion.periods)
            for n in range((last - first).days + 1)
        ]
        return pa.table(
            {"day": pa.array([d for d, _ in days], pa.date32()), "period": pa.array([p for _, p in days], pa.int32())}
        )

    def _place_table(self) -> Any:
        known = [(a, p) for a, p in zip(self._expansion.places, self.place_of, strict=True) if a is not None]
        return pa.table(
            {"city": pa.array([a for a, _ in known], pa.int32()), "place": pa.array([p for _, p in known], pa.int32())}
        )

    def _fare_table(self) -> Any:
        first = 1 + len(self.branches) * self.places * self.periods
        slot_of = {rate: first + n for n, rate in enumerate(self._fare_rates)}
        slots = {
            self.fare(cell.fare_fen, cell.scenario, self.place_of[cell.place], cell.period): slot_of[rate]
            for cell, rate in self._expansion.cells.items()
            if cell.fare_fen is not None
        }
        return pa.table({"fare": pa.array(slots, pa.int64()), "slot": pa.array(slots.values(), pa.int32())})

    def _slot_table(self) -> Any:
        """Slot 0 is outside the pack; then the branches; then the fares."""
        rates = [OUTSIDE] * (1 + len(self.branches) * self.places * self.periods)
        for cell, rate in self._expansion.cells.items():
            if cell.fare_fen is None:
                branch = self.branches[cell.scenario, cell.activity]
                rates[self.slot(branch, self.place_of[cell.place], cell.period)] = rate
        rows = [slot_row(self._expansion.rates[rate]) for rate in (*rates, *self._fare_rates)]
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        types = {name: pa.decimal128(38, 0) for name in NUMBERS}
        types |= {"activity_source": pa.string(), "input": pa.int8(), "gives_carbon": pa.bool_()}
        table = {name: pa.array(values, types.get(name, pa.int32())) for name, values in columns.items()}
        return pa.table({"slot": pa.array(range(len(rows)), pa.int32())} | table)


def slot_row(rate: Rate) -> dict[str, Any]:
    """Give what the statement needs of a rate."""
    detail = rate.detail
    return {
        "input_max": Decimal(detail.input_max),
        "constant": Decimal(detail.constant),
        "numerator": Decimal(rate.numerator),
        "denominator": Decimal(rate.denominator),
        "max_mg": Decimal(detail.max_mg),
        "milli_constant": Decimal(detail.milli_constant),
        "milli_numerator": Decimal(detail.milli_numerator),
        "milli_denominator": Decimal(detail.milli_denominator),
        "max_milli": Decimal(detail.max_milli),
        "milli_per_points": Decimal(milli_per_points(rate)),
        "rate_id": rate.rate_id,
        "activity_source": rate.activity_source.value,
        "input": INPUT_CODES[detail.input],
        "gives_carbon": detail.gives_carbon,
        "points": detail.points,
        "points_max": detail.points_max,
        "max_energy": detail.max_energy,
    }


def milli_per_points(rate: Rate) -> int:
    """Denominator of the number of times points are given; 0 when energy is flat."""
    per = rate.detail.per_quantity
    return 0 if per is None else rate.detail.milli_denominator * 1000 * per
