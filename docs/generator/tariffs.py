"""The reference of the fare tables."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from docs.generator.markdown import banner, joined, made_from_pack, prose, status, table

from ditan.model import Pack, Status, Tariff

INTRODUCTION: Final = """
    From the money back to the distance. A payment of exactly this fare belongs to a trip in the band; its 25th
    percentile is claimed, the mean is shown for the uncertainty. Discounted fares are rows of their own; where
    two distances share a fare, the shorter one stands.
"""


def page(pack: Pack) -> str:
    """All fare tables."""
    parts = [
        made_from_pack("tariffs.toml"),
        "# 票价表 Fare tables\n",
        banner(draft=any(tariff.status is Status.DRAFT for tariff in pack.tariffs)),
        prose(INTRODUCTION),
    ]
    for tariff in pack.tariffs:
        parts += [f"## {tariff.id}\n", _about(pack, tariff), _bands(tariff)]
    return "\n".join(parts)


def _about(pack: Pack, tariff: Tariff) -> str:
    where = ", ".join(f"{c.name.zh} {c.name.en}" for c in pack.cities if c.adcode in tariff.cities)
    known = f"{status(tariff.status)} ({tariff.known_by})"
    return f"{where} · {known} · {joined(tariff.source)} · review by {tariff.review_by}\n"


def _bands(tariff: Tariff) -> str:
    rows = [
        (f"{Decimal(band.fare_fen) / 100:.2f}", f"{band.km_from}–{band.km_to or '…'}", band.claim_km, band.mean_km)
        for band in sorted(tariff.bands, key=lambda band: band.fare_fen)
    ]
    return table(("fare, yuan", "km", "claimed km", "mean km"), rows)
