"""The reference of the factors: every number of the pack, with where it comes from and whether it may be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from docs.generator.markdown import banner, code, joined, made_from_pack, prose, status

from ditan.model import Factor, Pack, Status
from ditan.packs.findings import shown
from ditan.packs.resolving import factor_value

INTRODUCTION: Final = """
    How a value is known: `found` read in the published page · `second_hand` read in somebody's copy · `known`
    from memory of the named document · `assumed` our own engineering assumption · `calculated` from others ·
    `policy` a choice of the programme. `assumed` and `second_hand` can only be drafts. References S1 … and § …
    are keys of the research notes the pack was built from.
"""


def page(pack: Pack) -> str:
    """All factors, by name."""
    parts = [
        made_from_pack("factors/"),
        "# 因子 Factors\n",
        banner(draft=any(factor.status is Status.DRAFT for factor in pack.factors.values())),
        prose(INTRODUCTION),
    ]
    for name, factor in sorted(pack.factors.items()):
        parts.append(f"## {name}\n")
        parts.append(f"{factor.name.zh} · {factor.name.en} · {status(factor.status)} ({factor.known_by})\n")
        parts.append("\n".join(f"- {line}" for line in _facts(pack, name, factor)) + "\n")
    return "\n".join(parts)


def value(pack: Pack, name: str) -> str:
    """A factor's value where nothing is known of the place."""
    factor = pack.factors[name]
    found = shown(factor_value(pack, name, pack.valid_from).value)
    return f"{found} national, {len(factor.regional)} values" if factor.regional else found


def _facts(pack: Pack, name: str, factor: Factor) -> Iterator[str]:
    derived = f" {code('= ' + factor.expression)}" if factor.expression else ""
    unit = "" if factor.unit == "1" else f" {factor.unit}"
    yield f"value: {value(pack, name)}{unit}{derived}"
    if factor.regional:
        yield "by place: " + ", ".join(f"{place} {there}" for place, there in sorted(factor.regional.items()))
    for dated in factor.values:
        yield f"{dated.valid_from} to {dated.valid_to}: {dated.value}"
    band = f"; P5–P95 {factor.p5}–{factor.p95}" if factor.p5 is not None else ""
    yield f"bounds {factor.min}–{factor.max}{band}"
    yield f"valid {factor.valid_from} to {factor.valid_to}; review by {factor.review_by}"
    yield f"source: {joined(factor.source)}"
    if factor.note is not None:
        yield f"{factor.note.zh}。{factor.note.en}."
