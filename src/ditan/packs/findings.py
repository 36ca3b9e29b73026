"""What the check of a pack says: a code, a place, a sentence in both languages."""

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction
from typing import Final

from ditan.model import Noun, Text

_SIX_DIGITS: Final = Context(prec=6)


class Finding(Noun):
    """One reason why a pack may not run."""

    code: str  # stable, snake_case
    where: str  # the key path inside the pack: `factors.metro_net.max`
    message: Text


def finding(code: str, where: str, zh: str, en: str) -> Finding:
    """Make a finding."""
    return Finding(code=code, where=where, message=Text(zh=zh, en=en))


def shown(value: Fraction) -> str:
    """Write a rational for a person, with six digits."""
    decimal = _SIX_DIGITS.divide(Decimal(value.numerator), Decimal(value.denominator)).normalize()
    return f"{decimal:f}"
