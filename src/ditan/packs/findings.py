"""What the check of a pack says: a code, a place, a sentence in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context, Decimal
from fractions import Fraction
from typing import Final

from ditan.kernel.errors import MethodologyError
from ditan.model import Noun, Pack, Text

_SHOWN_MAX: Final = 3
_SIX_DIGITS: Final = Context(prec=6)


class Finding(Noun):
    """One reason why a pack may not run."""

    code: str  # stable, snake_case
    where: str  # the key path inside the pack: `factors.metro_net.max`
    message: Text


class Unsound(MethodologyError):
    """A pack may not run."""

    def __init__(self, pack: Pack, found: Sequence[Finding]) -> None:
        self.found = list(found)
        super().__init__(
            f"the pack {pack.id} has {len(found)} findings: {self.first.en}",
            hint="See all with `ditan methodology check PACK`, PACK being the id or folder you named.",
        )

    @property
    def first(self) -> Text:
        """The first findings, with their places."""
        shown = self.found[:_SHOWN_MAX]
        return Text(
            zh="；".join(f"{each.where}：{each.message.zh}" for each in shown),
            en="; ".join(f"{each.where}: {each.message.en}" for each in shown),
        )


def finding(code: str, where: str, zh: str, en: str) -> Finding:
    """Make a finding."""
    return Finding(code=code, where=where, message=Text(zh=zh, en=en))


def shown(value: Fraction) -> str:
    """Write a rational for a person, with six digits."""
    decimal = _SIX_DIGITS.divide(Decimal(value.numerator), Decimal(value.denominator)).normalize()
    return f"{decimal:f}"
