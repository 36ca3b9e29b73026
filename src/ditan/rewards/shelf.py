"""What the customer sees of the catalogue: price, what is left, what she lacks, what she used of a limit."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import psycopg

from ditan.kernel.ids import key
from ditan.model import Noun, Status, Text
from ditan.rewards import store
from ditan.rewards.cataloguing import (
    CodeTerms,
    DonationTerms,
    Period,
    Picture,
    ProduceTerms,
    Reward,
    RewardKind,
    TreeTerms,
)
from ditan.rewards.orders import offered, period_start
from ditan.rewards.registering import Offer


class Why(StrEnum):
    """Why a reward cannot be ordered now, the first that applies."""

    NOT_OFFERED = "not_offered"
    NOT_ELIGIBLE = "not_eligible"  # it is for some customers, and she is not among them
    SOLD_OUT = "sold_out"
    OVER_LIMIT = "over_limit"
    NOT_ENOUGH = "not_enough"
    CLOSED = "closed"


class Used(Noun, kw_only=True):
    """How much of a limit is used."""

    period: Period
    most: int
    used: int
    since: datetime | None  # None: ever


class OnShelf(Noun, kw_only=True):
    """A reward as one customer can have it now. `left`: how many there are; `missing`: energy she lacks for one."""

    id: str
    kind: RewardKind
    name: Text
    summary: Text
    terms: Text
    picture: Picture
    partner: Text
    made_up: bool  # the partner does not exist: a demonstration
    energy: int
    quantity_max: int
    delivery: bool  # it is brought to an address: PUT /v1/address first
    left: int
    missing: int
    limit: Used | None
    available: bool
    why: Why | None
    hold_days: int
    valid_from: date
    valid_to: date
    tree: TreeTerms | None
    donation: DonationTerms | None
    produce: ProduceTerms | None
    code: CodeTerms | None


class Shelf(Noun, kw_only=True):
    """Everything on offer, in the order of the catalogue."""

    catalogue: str
    version: str
    status: Status
    note: Text
    available_energy: int
    rewards: list[OnShelf]


def read_shelf(connection: psycopg.Connection[Any], offer: Offer, customer_ref: str, now: datetime) -> Shelf | None:
    """Give the catalogue as this customer sees it; None when there is no account."""
    limited = [reward for reward in offer.catalogue.rewards if reward.limit is not None]
    asked = {
        "customer_key": key(customer_ref),
        "now": now,
        "stocks": [reward.stock for reward in offer.catalogue.rewards],
        "rewards": [reward.id for reward in limited],
        "since": [period_start(reward.limit.period, now) for reward in limited if reward.limit],
    }
    rows = store.fetch(connection, "read_shelf", asked)
    if not rows:
        return None
    return Shelf(
        catalogue=offer.catalogue.number,
        version=offer.version,
        status=offer.catalogue.status,
        note=offer.catalogue.note,
        available_energy=rows[0]["available_energy"],
        rewards=[_on_shelf(offer, reward, rows[0], now) for reward in offer.catalogue.rewards],
    )


def _on_shelf(offer: Offer, reward: Reward, row: dict[str, Any], now: datetime) -> OnShelf:
    partner = next(each for each in offer.catalogue.partners if each.id == reward.partner)
    left = int((row["stocks"] or {}).get(reward.stock, 0)) // reward.units
    missing = max(reward.energy - int(row["available_energy"]), 0)
    limit = _used(reward, row, now)
    eligible = not reward.segments or not set(reward.segments).isdisjoint(row["segments"])
    why = _why(reward, now, left, missing, limit, closed=bool(row["closed"]), eligible=eligible)
    return OnShelf(
        id=reward.id,
        kind=reward.kind,
        name=reward.name,
        summary=reward.summary,
        terms=reward.terms,
        picture=reward.picture,
        partner=partner.name,
        made_up=partner.made_up,
        energy=reward.energy,
        quantity_max=reward.quantity_max,
        delivery=reward.delivered,
        left=left,
        missing=missing,
        limit=limit,
        available=why is None,
        why=why,
        hold_days=reward.hold_days,
        valid_from=reward.valid_from,
        valid_to=reward.valid_to,
        tree=reward.tree,
        donation=reward.donation,
        produce=reward.produce,
        code=reward.code,
    )


def _used(reward: Reward, row: dict[str, Any], now: datetime) -> Used | None:
    if reward.limit is None:
        return None
    since = period_start(reward.limit.period, now) if reward.limit.period is not Period.EVER else None
    used = int((row["used"] or {}).get(reward.id, 0))
    return Used(period=reward.limit.period, most=reward.limit.quantity, used=used, since=since)


def _why(
    reward: Reward, now: datetime, left: int, missing: int, limit: Used | None, *, closed: bool, eligible: bool
) -> Why | None:
    if closed:
        return Why.CLOSED
    if not offered(reward, now):
        return Why.NOT_OFFERED
    if not eligible:
        return Why.NOT_ELIGIBLE
    if left < 1:
        return Why.SOLD_OUT
    if limit is not None and limit.used >= limit.most:
        return Why.OVER_LIMIT
    return Why.NOT_ENOUGH if missing else None
