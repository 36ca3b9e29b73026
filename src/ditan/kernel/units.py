"""Units and exact rounding: the only place that turns a rational number into whole milligrams.

`INPUTS` are the measured facts an event may carry. Each is a whole number in the feed, so that no rounding happens
before the act: `distance` is `attributes.distance_m / 1000`, exactly.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

MG_PER_G: Final = 1000


class Input(NamedTuple):
    """A measured fact: the whole-number field it is read from, what one of it is worth, and the unit of that."""

    field: str  # `amount_fen`, or the name of an integer attribute
    scale: Fraction
    unit: str
    default: int | None  # the value when the event does not carry the field; None: the input is missing
    max: int  # a larger value in an event is not believed: the input counts as missing


INPUTS: Final[dict[str, Input]] = {
    "amount": Input("amount_fen", Fraction(1, 100), "yuan", None, 10_000_000_000),
    "distance": Input("distance_m", Fraction(1, 1000), "km", None, 100_000_000),
    "electricity": Input("electricity_wh", Fraction(1, 1000), "kWh", None, 10_000_000),
    "rides": Input("ride_count", Fraction(1), "ride", 1, 1_000),
    "steps": Input("steps", Fraction(1), "step", None, 1_000_000),
    "events": Input("one", Fraction(1), "event", 1, 1),
}


def half_even(value: Fraction) -> int:
    """Round to the nearest whole number, ties to the even one. Done once per act (DESIGN, part 2)."""
    return round(value)


def exact(value: Decimal | int | str) -> Fraction:
    """Give the exact rational of a decimal as written."""
    return Fraction(Decimal(value))
