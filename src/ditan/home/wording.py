"""How the page's sentences write grams, days and months, in both languages."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Final

from ditan.kernel.units import MG_PER_G, half_even
from ditan.model import Text

_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def grams(mg: int) -> str:
    """Milligrams for people: tenths of a gram, whole grams from a hundred on, then kilograms with two decimals."""
    size = abs(mg)
    sign = "−" if mg < 0 else ""
    if size >= 1_000_000:
        return f"{sign}{_places(size, 1_000_000, 2)} kg"
    return f"{sign}{_places(size, MG_PER_G, 0 if size >= 100_000 or size == 0 else 1)} g"


def exact_grams(mg: int) -> str:
    """Milligrams as grams to the last milligram, for accounts."""
    return f"{'−' if mg < 0 else ''}{_places(abs(mg), MG_PER_G, 3)}"


def _places(size: int, unit: int, places: int) -> str:
    whole, part = divmod(half_even(Fraction(size * 10**places, unit)), 10**places)
    return f"{whole:,}.{part:0{places}}" if places else f"{whole:,}"


def day_text(day: date) -> Text:
    """A day in words."""
    return Text(zh=f"{day.year}年{day.month}月{day.day}日", en=f"{_MONTHS[day.month - 1]} {day.day}, {day.year}")


def month_text(month: str) -> Text:
    """A month such as 2026-07 in words."""
    year, number = month.split("-")
    return Text(zh=f"{year}年{int(number)}月", en=f"{_MONTHS[int(number) - 1]} {year}")


def debt_text(energy: int) -> Text:
    """Say what is owed, and that what was redeemed stays."""
    return Text(
        zh=f"退款应收回的能量已用于兑换：换得的不收回，尚欠 {energy:,} 能量，之后所得先抵还。",
        en=f"Energy that refunds take back was used: what you got for it stays yours, {energy:,} energy is owed, "
        "and what you earn next pays it first.",
    )


def listed(*parts: Text | None) -> Text:
    """Put parts together as one list; those that are not there are left out."""
    told = [part for part in parts if part is not None]
    return Text(zh="、".join(part.zh for part in told), en=" and ".join(part.en for part in told))
