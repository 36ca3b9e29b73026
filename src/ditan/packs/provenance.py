"""Where every number comes from, and whether it may still be used: names, sources, bounds, status, validity."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Final

import msgspec

from ditan.kernel.errors import MethodologyError
from ditan.model import Factor, KnownBy, Pack, Source, Status, Text
from ditan.packs.expressions import NAME
from ditan.packs.findings import Finding, finding, shown
from ditan.packs.resolving import factor_value, references

_CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")
_LATIN: Final = re.compile(r"[A-Za-z]")
_TITLE_CHARS_MIN: Final = 8
_LOOSE: Final = 10
"""Bounds that let a value pass with its decimal point moved by one place are no bounds."""
_DRAFT_ONLY: Final = frozenset({KnownBy.ASSUMED, KnownBy.SECOND_HAND})
_RANK: Final = {Status.WITHDRAWN: -1, Status.DRAFT: 0, Status.REVIEWED: 1, Status.APPROVED: 2}


def check_provenance(pack: Pack, on: date) -> Iterator[Finding]:
    """Check every text, source, bound, status and date of a pack."""
    yield from _texts(pack, "")
    yield from _pack(pack, on)
    for factor_id, factor in pack.factors.items():
        where = f"factors.{factor_id}"
        yield from sourced(where, factor.source, factor.status, factor.known_by)
        yield from usable(where, pack, factor.valid_from, factor.valid_to, factor.review_by, on)
        yield from _bounds(where, factor)
        yield from _derived(pack, factor_id, factor, on)


def sourced(where: str, source: Source, status: Status, known_by: KnownBy) -> Iterator[Finding]:
    """Check that a value says where it was published, and does not claim more review than that allows."""
    for name in ("title", "publisher", "page", "reference"):
        if not getattr(source, name).strip():
            yield finding("source_missing", f"{where}.source.{name}", "缺少来源", "the source is not given")
    if 0 < len(source.title.strip()) < _TITLE_CHARS_MIN:
        yield finding("source_missing", f"{where}.source.title", "来源标题过短", "the title does not name a document")
    if status is Status.WITHDRAWN:
        yield finding("withdrawn", f"{where}.status", "已撤回的值不得使用", "a withdrawn value may not be used")
    if known_by in _DRAFT_ONLY and status is not Status.DRAFT:
        yield finding(
            "must_be_draft",
            f"{where}.status",
            "假设值或转抄值只能是草案",
            f"a value known as {known_by} can only be draft",
        )


def usable(where: str, pack: Pack, first: date, last: date, review_by: date, on: date) -> Iterator[Finding]:
    """Check that a value holds on the day of the check and as long as the pack, and that its review is not overdue."""
    if last < first:
        yield finding("dates_inverted", f"{where}.valid_to", "失效早于生效", "it ends before it begins")
    if on > last:
        yield finding("expired", f"{where}.valid_to", f"已于 {last} 失效", f"expired on {last}")
    if on < first:
        yield finding("not_yet_valid", f"{where}.valid_from", f"{first} 才生效", f"valid only from {first}")
    if first > pack.valid_from or last < pack.valid_to:
        yield finding(
            "shorter_than_pack",
            f"{where}.valid_from" if first > pack.valid_from else f"{where}.valid_to",
            "有效期短于方法学包",
            "it does not hold as long as the pack",
        )
    if review_by < on:
        yield finding(
            "review_overdue", f"{where}.review_by", f"应于 {review_by} 前复核", f"review was due by {review_by}"
        )
    if not first <= review_by <= last:
        yield finding(
            "review_outside_validity",
            f"{where}.review_by",
            "复核日不在有效期内",
            "the review is not within the validity",
        )


def _pack(pack: Pack, on: date) -> Iterator[Finding]:
    if not NAME.fullmatch(pack.id):
        yield finding("id_invalid", "id", "标识不合规", "the id is not snake_case")
    if pack.valid_to < pack.valid_from:
        yield finding("dates_inverted", "valid_to", "失效早于生效", "it ends before it begins")
    if on > pack.valid_to:
        yield finding(
            "expired", "valid_to", f"方法学包已于 {pack.valid_to} 失效", f"the pack expired on {pack.valid_to}"
        )
    if on < pack.valid_from:
        yield finding(
            "not_yet_valid", "valid_from", f"方法学包 {pack.valid_from} 才生效", f"valid only from {pack.valid_from}"
        )
    if pack.status is Status.WITHDRAWN:
        yield finding("withdrawn", "status", "方法学包已撤回", "the pack is withdrawn")
    lowest = min((f.status for f in pack.factors.values()), key=_RANK.__getitem__, default=Status.DRAFT)
    if _RANK[pack.status] > max(_RANK[lowest], 0):
        yield finding(
            "status_above_values",
            "status",
            "方法学包的状态高于其中的值",
            f"the pack is {pack.status}, a value in it only {lowest}",
        )


def _texts(value: Any, where: str) -> Iterator[Finding]:
    """Every text a person reads is there in both languages."""
    if isinstance(value, Text):
        if not _CHINESE.search(value.zh):
            yield finding("translation_missing", f"{where}.zh", "缺少中文", "there is no Chinese text")
        if not _LATIN.search(value.en) or _CHINESE.search(value.en):
            yield finding("translation_missing", f"{where}.en", "缺少英文", "there is no English text")
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _texts(getattr(value, name), f"{where}.{name}" if where else name)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, f"{where}.{key}")
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _texts(item, f"{where}[{getattr(item, 'id', position)}]")


def _bounds(where: str, factor: Factor) -> Iterator[Finding]:
    given = [factor.value is not None, bool(factor.values), bool(factor.regional), bool(factor.expression)]
    if sum(given) != 1:
        yield finding(
            "one_value_form",
            where,
            "value、values、regional、expression 必须且只能给一个",
            "exactly one of value, values, regional and expression must be given",
        )
    if factor.min > factor.max:
        yield finding("bounds_inverted", f"{where}.min", "下限高于上限", "the lower bound is above the upper one")
    for key, value in _values(factor):
        if not factor.min <= value <= factor.max:
            yield finding(
                "outside_bounds",
                f"{where}.{key}",
                f"{value} 不在 {factor.min}–{factor.max} 之内",
                f"{value} is outside {factor.min} to {factor.max}",
            )
        if value > 0 and (factor.min * _LOOSE <= value or factor.max >= value * _LOOSE):
            yield finding(
                "bounds_too_loose",
                f"{where}.min",
                "上下限过宽，小数点错一位也能通过",
                "a moved decimal point would pass",
            )
        if (factor.p5 is not None and factor.p5 > value) or (factor.p95 is not None and factor.p95 < value):
            yield finding(
                "band_misses_value", f"{where}.p5", "取值不在 P5–P95 之内", "the value is outside its own P5 to P95"
            )
    if factor.p5 is not None and factor.p95 is not None and factor.p5 > factor.p95:
        yield finding("band_inverted", f"{where}.p5", "P5 高于 P95", "P5 is above P95")


def _values(factor: Factor) -> Iterator[tuple[str, Decimal]]:
    if factor.value is not None:
        yield "value", factor.value
    for position, dated in enumerate(factor.values):
        yield f"values[{position}]", dated.value
    for place, value in factor.regional.items():
        yield f"regional.{place}", value


def _derived(pack: Pack, factor_id: str, factor: Factor, on: date) -> Iterator[Finding]:
    if not factor.expression:
        return
    where = f"factors.{factor_id}"
    try:
        value = factor_value(pack, factor_id, on).value
        inputs = [pack.factors[name] for name in references(factor)]
    except (MethodologyError, KeyError):
        return  # `formulae` says what is wrong with the expression
    if not factor.min <= value <= factor.max:
        yield finding(
            "outside_bounds",
            f"{where}.expression",
            f"算得 {shown(value)}，不在 {factor.min}–{factor.max} 之内",
            f"it gives {shown(value)}, outside {factor.min} to {factor.max}",
        )
    if _RANK[factor.status] > min((_RANK[i.status] for i in inputs), default=0):
        yield finding(
            "must_be_draft",
            f"{where}.status",
            "由草案值算出，只能是草案",
            "calculated from draft values, it can only be draft",
        )
