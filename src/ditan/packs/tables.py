"""The tables of a pack: dated values, regional values, places, fares. No overlap, no gap, nothing turned round."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final

from ditan.model import ActivitySource, Factor, FareBand, Pack, Tariff
from ditan.packs.findings import Finding, finding
from ditan.packs.provenance import sourced, usable
from ditan.packs.resolving import NATIONAL, REGIONS

_DAY: Final = timedelta(days=1)
_YUAN: Final = 100
_YUAN_PER_KM_MIN: Final = Decimal("0.04")
_YUAN_PER_KM_MAX: Final = Decimal("2.5")
"""No metro of the country costs less or more per kilometre claimed, half-price tickets included."""


def check_tables(pack: Pack, on: date) -> Iterator[Finding]:
    """Check every table of a pack."""
    for factor_id, factor in pack.factors.items():
        yield from _dated(factor_id, factor)
        yield from _regional(pack, factor_id, factor)
    yield from _places(pack)
    for tariff in pack.tariffs:
        where = f"tariffs.{tariff.id}"
        yield from sourced(where, tariff.source, tariff.status, tariff.known_by)
        yield from usable(where, pack, tariff.valid_from, tariff.valid_to, tariff.review_by, on)
        yield from _bands(where, tariff)
        yield from _fares(where, tariff)
    yield from _tariffs(pack)


def _dated(factor_id: str, factor: Factor) -> Iterator[Finding]:
    if not factor.values:
        return
    rows = sorted(enumerate(factor.values), key=lambda row: row[1].valid_from)
    expected = factor.valid_from
    for position, row in rows:
        where = f"factors.{factor_id}.values[{position}]"
        if row.valid_to < row.valid_from:
            yield finding("dates_inverted", where, "失效早于生效", "it ends before it begins")
        if row.valid_from > expected:
            yield finding("dated_gap", where, f"{expected} 起没有取值", f"there is no value from {expected}")
        if row.valid_from < expected:
            yield finding(
                "dated_overlap", where, f"{row.valid_from} 起有两个取值", f"there are two values from {row.valid_from}"
            )
        expected = row.valid_to + _DAY
    if expected <= factor.valid_to:
        yield finding(
            "dated_gap", f"factors.{factor_id}.values", f"{expected} 起没有取值", f"there is no value from {expected}"
        )


def _regional(pack: Pack, factor_id: str, factor: Factor) -> Iterator[Finding]:
    if not factor.regional:
        return
    where = f"factors.{factor_id}.regional"
    if NATIONAL not in factor.regional:
        yield finding(
            "national_missing", where, "缺少全国值", "there is no national value for a place outside the list"
        )
    adcodes = {str(city.adcode) for city in pack.cities}
    for key in factor.regional:
        if key != NATIONAL and key not in REGIONS and key not in adcodes:
            yield finding("unknown_place", f"{where}.{key}", "未知的地区", "no such place or grid region")
    present = REGIONS & factor.regional.keys()
    if present and present != REGIONS:
        missing = ", ".join(sorted(REGIONS - present))
        yield finding("region_missing", where, f"缺少区域 {missing}", f"these regions have no value: {missing}")


def _places(pack: Pack) -> Iterator[Finding]:
    tariffs = {tariff.id: tariff for tariff in pack.tariffs}
    seen: set[int] = set()
    for city in pack.cities:
        where = f"cities.{city.adcode}"
        if not 110000 <= city.adcode <= 829999:
            yield finding("adcode_invalid", where, "不是六位行政区划代码", "not a six-digit adcode")
        if city.adcode in seen:
            yield finding("place_twice", where, "地区重复", "the place is listed twice")
        seen.add(city.adcode)
        if city.grid_region not in REGIONS:
            yield finding("unknown_place", f"{where}.grid_region", "未知的电网区域", "no such grid region")
        tariff = tariffs.get(city.metro_tariff)
        if city.metro_tariff and (tariff is None or city.adcode not in tariff.cities):
            yield finding(
                "unknown_tariff",
                f"{where}.metro_tariff",
                "票价表不存在或不含本市",
                "no such tariff, or it does not name this city",
            )


def _bands(where: str, tariff: Tariff) -> Iterator[Finding]:
    """The distances of the full fares follow each other without gap or overlap, and are open at the end."""
    expected: Decimal | None = Decimal(0)
    for band in _distances(tariff):
        place = f"{where}.bands[{band.fare_fen}]"
        if expected is None or band.km_from < expected:
            yield finding("tariff_overlap", place, "两档里程重叠", "two bands overlap")
        elif band.km_from > expected:
            yield finding(
                "tariff_gap",
                place,
                f"{expected}–{band.km_from} 公里没有票价",
                f"no fare from {expected} to {band.km_from} km",
            )
        expected = band.km_to
    if expected is not None:
        yield finding("tariff_gap", f"{where}.bands", f"超过 {expected} 公里没有票价", f"no fare above {expected} km")


def _distances(tariff: Tariff) -> list[FareBand]:
    """One band for each distance: that of the full fare, the dearest."""
    full: dict[tuple[Decimal, Decimal | None], FareBand] = {}
    for band in sorted(tariff.bands, key=lambda b: b.fare_fen):
        full[band.km_from, band.km_to] = band
    return sorted(full.values(), key=lambda b: (b.km_from, b.km_to if b.km_to is not None else Decimal("Infinity")))


def _fares(where: str, tariff: Tariff) -> Iterator[Finding]:
    for fare, times in Counter(band.fare_fen for band in tariff.bands).items():
        if times > 1:
            yield finding("fare_twice", f"{where}.bands[{fare}]", "同一票价有两档", "two bands have the same price")
    for band in tariff.bands:
        place = f"{where}.bands[{band.fare_fen}]"
        if band.fare_fen <= 0:
            yield finding("fare_not_positive", place, "票价须为正", "a fare is positive")
            continue
        open_end = band.km_to is None
        farthest = band.claim_km * 2 if open_end else band.km_to or Decimal(0)
        inside = band.km_from < band.claim_km <= band.mean_km <= farthest
        if not inside:
            yield finding(
                "claim_outside_band",
                f"{place}.claim_km",
                "计入里程须在本档之内且不高于平均",
                "the claimed distance lies inside the band and not above its mean",
            )
        elif not _YUAN_PER_KM_MIN <= Decimal(band.fare_fen) / 100 / band.claim_km <= _YUAN_PER_KM_MAX:
            yield finding("fare_implausible", place, "每公里票价不合常理", "the price per kilometre is not plausible")
    full = _distances(tariff)
    for band in full:
        if band.fare_fen % _YUAN:
            zh, en = "缺少整元的全价票", "the full fare, in whole yuan, is missing"
            yield finding("full_fare_missing", f"{where}.bands[{band.fare_fen}]", zh, en)
    for nearer, farther in pairwise(full):
        if farther.fare_fen <= nearer.fare_fen or farther.claim_km <= nearer.claim_km:
            yield finding(
                "fare_not_increasing",
                f"{where}.bands[{farther.fare_fen}]",
                "更远的里程票价或里程反而不高",
                "a farther trip costs no more, or claims no more",
            )


def _tariffs(pack: Pack) -> Iterator[Finding]:
    families = {tariff.family for tariff in pack.tariffs}
    used = set()
    for scenario in pack.scenarios:
        for position, activity in enumerate(scenario.quantification.activities):
            where = f"scenarios.{scenario.id}.quantification.activities[{position}].tariff"
            if activity.source is ActivitySource.FARE_BAND:
                used.add(activity.tariff)
            if (activity.source is ActivitySource.FARE_BAND) != (activity.tariff in families):
                yield finding("unknown_tariff", where, "没有这一票价表", "no such family of tariffs")
    known = {city.adcode for city in pack.cities}
    claimed: dict[tuple[str, int], list[Tariff]] = {}
    for tariff in pack.tariffs:
        where = f"tariffs.{tariff.id}"
        if tariff.family not in used:
            yield finding("tariff_unused", f"{where}.family", "没有场景使用", "no scenario uses it")
        if not tariff.bands or not tariff.cities:
            yield finding("tariff_empty", where, "票价表为空", "the tariff has no bands or no city")
        for city in tariff.cities:
            if city not in known:
                yield finding("unknown_place", f"{where}.cities", f"未知城市 {city}", f"no such place: {city}")
            rivals = claimed.setdefault((tariff.family, city), [])
            if any(r.valid_from <= tariff.valid_to and tariff.valid_from <= r.valid_to for r in rivals):
                yield finding(
                    "tariff_overlap", where, f"{city} 同时有两张票价表", f"{city} has two tariffs at the same time"
                )
            rivals.append(tariff)
