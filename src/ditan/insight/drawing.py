"""From counted rows to exact figures: shares with their interval, sums as text, tables whose rows add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from itertools import groupby
from typing import Any, Final

from ditan.insight.definitions import VERSION, Definition
from ditan.insight.figures import Bucket, Cohort, Day, FamilyFigure, Figure, Point, ScenarioFigure, StatusShare
from ditan.kernel import limits
from ditan.ledger import Liability
from ditan.model import Family, Status, Text

_PLACES: Final = Decimal("0.000001")
_Z: Final = Decimal("1.959963984540054")  # of a normal distribution, two-sided 95 %
_MG_PER_KG: Final = 1_000_000
_ORDER: Final = (Status.WITHDRAWN, Status.DRAFT, Status.REVIEWED, Status.APPROVED)

NOTES: Final = [
    Text(
        zh="两边并列，不相抵，也不折算：元、能量、克各有各的单位。",
        en="The two sides stand beside each other; nothing is netted: yuan, energy and grams keep their units.",
    ),
    Text(
        zh="入账减排量是相对基准情景的估算，不等于额外减排；是否额外要靠对照试验，这里没有编造。",
        en="Accounted reduction is an estimate against a baseline, not additional reduction; that takes an experiment, "
        "and no number stands in for it here.",
    ),
]


def exact(value: int | Decimal) -> str:
    """Write a number in full, without a needless zero behind the point."""
    if isinstance(value, int):
        return str(value)
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def band(row: Mapping[str, Any]) -> tuple[Decimal, Decimal]:
    """Give the ends of a band, the lower first: where refunds took back more than was given they change places."""
    low, high = sorted((Decimal(row["low_mg"]), Decimal(row["high_mg"])))
    return low, high


def whole(value: int) -> Point:
    """A full count."""
    return Point(value=str(value))


def part(value: Decimal | int, of: Decimal | int) -> str | None:
    """A share to six places, half-even; None of nothing."""
    return None if not of else exact((Decimal(value) / Decimal(of)).quantize(_PLACES, rounding=ROUND_HALF_EVEN))


def share(numerator: int, denominator: int) -> Point:
    """A quotient of two full counts, which has no band."""
    return Point(value=part(numerator, denominator), numerator=str(numerator), denominator=str(denominator))


def rate(successes: int, tried: int) -> Point:
    """A share of people with Wilson's 95 % interval: it behaves also near 0 and 1, and for few."""
    low, high = wilson(successes, tried) if tried else (None, None)
    return Point(value=part(successes, tried), low=low, high=high, numerator=str(successes), denominator=str(tried))


def wilson(successes: int, tried: int) -> tuple[str, str]:
    """Wilson's score interval (1927), to six places."""
    with localcontext() as context:
        context.prec = 40
        n, p, z2 = Decimal(tried), Decimal(successes) / tried, _Z * _Z
        middle = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = _Z * (p * (1 - p) / n + z2 / (4 * n * n)).sqrt() / (1 + z2 / n)
        ends = [min(max(each, Decimal(0)), Decimal(1)).quantize(_PLACES) for each in (middle - half, middle + half)]
    return exact(ends[0]), exact(ends[1])


def over(grams: Sequence[Decimal], accounts: int) -> Point:
    """Grams and their band for each account, in milligrams to three places."""
    if not accounts:
        return Point(value=None, numerator=exact(grams[0]), denominator="0")
    value, low, high = (exact((each / accounts).quantize(Decimal("0.001"))) for each in grams)
    return Point(value=value, low=low, high=high, numerator=exact(grams[0]), denominator=str(accounts))


def per_kg(fen: int, mg: Decimal, low_mg: Decimal, high_mg: Decimal) -> Point:
    """Fen for a kilogram; more grams make it cheaper, so the ends of the band change places."""

    def cost(grams: Decimal) -> str | None:
        return part(fen * _MG_PER_KG, grams) if grams > 0 else None

    return Point(
        value=cost(mg), low=cost(high_mg), high=cost(low_mg), numerator=str(fen), denominator=exact(mg / _MG_PER_KG)
    )


def figure(
    definition: Definition, now: Point | None, before: Point | None, series: list[Day], previous_series: list[Day]
) -> Figure:
    """Put a figure together. A value that cannot be computed says why."""
    now, before = now or Point(value=None), before or Point(value=None)
    nothing = Text(zh="分母为零：期间内没有可比的对象。", en="Nothing to divide by: the period has none of them.")
    return Figure(
        id=definition.id,
        account=definition.account,
        family=definition.family,
        name=definition.name,
        unit=definition.unit,
        value=now.value,
        low=now.low,
        high=now.high,
        interval=definition.interval,
        numerator=now.numerator,
        denominator=now.denominator,
        previous=before.value,
        previous_low=before.low,
        previous_high=before.high,
        unknown=None if now.value is not None else definition.unknown or nothing,
        stands=definition.stands,
        definition=definition.means,
        formula=definition.formula,
        version=VERSION,
        series=series,
        previous_series=previous_series,
    )


def cohorts(rows: list[dict[str, Any]], last: date) -> list[Cohort]:
    """Make the retention triangle; a week that is not over by the last day has no number yet."""
    made: list[Cohort] = []
    for week, group in groupby(rows, key=lambda row: row["week"]):
        weeks = list(group)
        over_by = [week + timedelta(days=7 * row["nth"] + 6) for row in weeks]
        active = [row["active"] if end <= last else None for row, end in zip(weeks, over_by, strict=True)]
        made.append(Cohort(week=week, opened=weeks[0]["opened"], active=active))
    return made


def buckets(books: Liability) -> list[Bucket]:
    """Tell the liability by how soon it goes. The buckets sum to it; what is owed is taken off at the end."""
    ages = [(0, 2), (2, 4), (4, 7), (7, 13), (13, limits.lot_months_max + 1)]  # calendar months until the last day
    names = ["≤ 1", "1–3", "3–6", "6–12", "> 12"]
    places = books.closing
    made = [
        Bucket(id="growing", name=Text(zh="待成熟", en="maturing"), energy=places.growing_energy),
        Bucket(id="ripe", name=Text(zh="可收取", en="collectable"), energy=places.ripe_energy),
    ]
    for (first, end), name in zip(ages, names, strict=True):
        energy = sum(age.energy for age in books.ages if first <= max(age.months, 0) < end)
        title = Text(zh=f"{name} 月到期", en=f"expires in {name} months")
        made.append(Bucket(id=f"months_{first}", name=title, energy=energy))
    made.append(Bucket(id="held", name=Text(zh="兑换中", en="held for orders"), energy=places.held_energy))
    made.append(Bucket(id="owed", name=Text(zh="客户欠的", en="owed by customers"), energy=-places.owed_energy))
    return made


def scenario_figure(names: dict[str, Any], rows: list[dict[str, Any]]) -> ScenarioFigure:
    """Sum a scenario over the statuses of its grams."""
    grams = sum((row["carbon_mg"] for row in rows), Decimal(0))
    shares = status_shares(rows, grams)
    return ScenarioFigure(
        scenario=names["id"],
        number=names["number"],
        family=Family(names["family"]),
        name=Text(zh=names["name_zh"], en=names["name_en"]),
        acts=sum(row["acts"] for row in rows),
        carbon_mg=exact(grams),
        low_mg=exact(sum((row["low_mg"] for row in rows), Decimal(0))),
        high_mg=exact(sum((row["high_mg"] for row in rows), Decimal(0))),
        energy=sum(row["energy"] for row in rows),
        status=shares[0].status if shares else None,
        statuses=shares,
    )


def family_figure(family: Family, scenarios: Sequence[ScenarioFigure]) -> FamilyFigure:
    """Sum a family over its scenarios."""
    own = [each for each in scenarios if each.family is family]
    grams = sum((Decimal(each.carbon_mg) for each in own), Decimal(0))
    return FamilyFigure(family=family, acts=sum(each.acts for each in own), carbon_mg=exact(grams))


def status_shares(rows: list[dict[str, Any]], of: Decimal) -> list[StatusShare]:
    """Give grams by status, the weakest first; what gave no gram has none."""
    grams = {Status(row["status"]): row["carbon_mg"] for row in rows if row["carbon_mg"]}
    return [
        StatusShare(status=status, carbon_mg=exact(grams[status]), share=part(grams[status], of))
        for status in _ORDER
        if status in grams
    ]
