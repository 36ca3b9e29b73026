"""What an explanation says in words, in both languages: the sentence, how the quantity was found, the warnings.

Reductions are estimates relative to a baseline; no word here may say more (domain notes 1.2: never offset or neutral).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from ditan.kernel.units import INPUTS, half_even
from ditan.model import ActivitySource, FareBand, Pack, Scenario, Status, Tariff, Text
from ditan.quantification.formulas import exact_text
from ditan.quantification.interpreting import Claim

_UNITS: Final = {
    "event": Text(zh="次", en="times"),
    "ride": Text(zh="次", en="rides"),
    "visit": Text(zh="次", en="visits"),
    "step": Text(zh="步", en="steps"),
    "card": Text(zh="张", en="cards"),
    "sheet": Text(zh="张", en="sheets"),
    "yuan": Text(zh="元", en="yuan"),
}
"""Units that people do not write as symbols."""


def sentence(scenario: Scenario, claim: Claim) -> Text:
    """Say the result in one sentence."""
    what = _what(scenario, claim)
    if not scenario.carbon:
        return Text(
            zh=f"{what.zh}：只给绿色能量 {claim.energy}，不计减排量",
            en=f"{what.en}: {claim.energy} green energy only, no reduction is claimed",
        )
    if claim.carbon_mg == 0:
        return Text(zh=f"{what.zh}：没有可计的减排量", en=f"{what.en}: no reduction can be claimed")
    saved, baseline = grams(claim.carbon_mg), scenario.quantification.baseline_text
    return Text(
        zh=f"{what.zh}，比基准情景（{baseline.zh}）估算少排 {saved}",
        en=f"{what.en}: an estimated {saved} less than the baseline ({baseline.en[:1].lower()}{baseline.en[1:]})",
    )


def activity(pack: Pack, scenario: Scenario, claim: Claim) -> Text:
    """Say how the quantity was found."""
    if claim.activity == 0:
        return Text(
            zh="事件里没有可用的数据，数量计为 0",
            en="the event carries nothing a quantity follows from: it counts as 0",
        )
    found = _measured(claim)
    quantity = f"{rounded(claim.quantity_found)} {scenario.quantification.unit}"
    match claim.activity_source:
        case ActivitySource.OPERATOR:
            return Text(zh=f"运营方测得 {found}", en=f"measured by the operator: {found}")
        case ActivitySource.FARE_BAND:
            return _fare(pack, claim)
        case ActivitySource.FARE_RATE:
            return Text(zh=f"由金额折算为 {quantity}", en=f"{quantity} from the amount")
        case ActivitySource.COUNTED:
            return Text(zh="事件本身即计量单位", en="the event itself is the unit")
    return Text(
        zh=f"没有实测值，取保守的典型值 {quantity}",
        en=f"not measured, a conservative typical value of {quantity}",
    )


def warnings(pack: Pack, scenario: Scenario, claim: Claim) -> Iterator[Text]:
    """Say what a reader must know before trusting the number."""
    drafts = [name for name in claim.parameters if pack.factors[name].status is Status.DRAFT]
    if drafts:
        listed = _named(pack, drafts)
        yield Text(zh=f"{len(drafts)} 个因子是草案：{listed.zh}", en=f"{len(drafts)} factors are drafts: {listed.en}")
    table = _table(pack, claim)
    if table is not None and table[0].status is Status.DRAFT:
        yield Text(zh="所用的票价表是草案", en="the fare table is a draft")
    late = [name for name in claim.parameters if pack.factors[name].review_by < claim.on]
    if late:
        listed = _named(pack, late)
        yield Text(zh=f"过了复核日期：{listed.zh}", en=f"past the day of review: {listed.en}")
    if pack.status is not Status.APPROVED:
        yield Text(
            zh=f"方法学版本 {pack.number} 未经批准（{pack.status}）",
            en=f"the methodology {pack.number} is not approved ({pack.status})",
        )
    if claim.quantity < claim.quantity_found:
        most = f"{exact_text(claim.quantity)} {scenario.quantification.unit}"
        yield Text(
            zh=f"数量超过单次上限，按 {most} 计", en=f"the quantity is above the limit of one act and cut to {most}"
        )
    if claim.raw_mg < 0:
        yield Text(
            zh=f"模型值为负（{grams(claim.raw_mg)}），给客户计 0",
            en=f"the model's value is negative ({grams(claim.raw_mg)}); the customer is given 0",
        )
    if scenario.perverse_incentive and scenario.perverse_note is not None:
        yield scenario.perverse_note


def grams(value_mg: int) -> str:
    """Write milligrams for people: three figures, half-even, in mg, g or kg."""
    size = abs(value_mg)
    unit, scale = ("mg", 1) if size < 1000 else ("g", 1000) if size < 1_000_000 else ("kg", 1_000_000)
    return f"{rounded(Fraction(value_mg, scale))} {unit}"


def rounded(value: Fraction) -> str:
    """Write a number for people: three figures or all whole ones."""
    places = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return exact_text(Fraction(half_even(value * 10**places), 10**places))


def _named(pack: Pack, factors: list[str]) -> Text:
    names = [pack.factors[name].name for name in factors]
    return Text(zh="、".join(name.zh for name in names), en="; ".join(name.en for name in names))


def _what(scenario: Scenario, claim: Claim) -> Text:
    if claim.quantity == 1 and scenario.quantification.unit in _UNITS:
        return scenario.name
    unit = scenario.quantification.unit
    shown = _UNITS.get(unit, Text(zh=unit, en=unit))
    size = rounded(claim.quantity)
    measured = claim.activity_source is ActivitySource.OPERATOR and size == exact_text(claim.quantity)
    about = Text(zh="", en="") if measured or claim.activity == 0 else Text(zh="约", en="about ")
    return Text(
        zh=f"{scenario.name.zh}{about.zh} {size} {shown.zh}", en=f"{scenario.name.en}, {about.en}{size} {shown.en}"
    )


def _measured(claim: Claim) -> str:
    wanted = INPUTS[claim.input]
    return f"{exact_text(claim.input_value * wanted.scale)} {wanted.unit} ({wanted.field} = {claim.input_value})"


def _fare(pack: Pack, claim: Claim) -> Text:
    table = _table(pack, claim)
    assert table is not None, "a fare band comes from a table of the pack"
    _, band = table
    price = exact_text(Fraction(band.fare_fen, 100))
    open_end = band.km_to is None
    span = f"> {band.km_from} km" if open_end else f"{band.km_from}–{band.km_to} km"
    taken, mean = f"{band.claim_km} km", f"{band.mean_km} km"
    return Text(
        zh=f"票价 {price} 元在当地票价表中对应 {span}，取该段第 25 百分位 {taken}（平均 {mean}）",
        en=f"a fare of {price} yuan is {span} in the city's table: its 25th percentile {taken} is taken (mean {mean})",
    )


def _table(pack: Pack, claim: Claim) -> tuple[Tariff, FareBand] | None:
    """Give the fare table and the band a claim was found in."""
    return next(
        (
            (tariff, band)
            for tariff in pack.tariffs
            for band in tariff.bands
            if tariff.id == claim.tariff and band.fare_fen == claim.fare_fen
        ),
        None,
    )
