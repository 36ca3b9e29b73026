"""Keep every catalogue that ever ran, whole, and open the accounts its rewards are taken from."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from ditan.kernel.clock import business_day
from ditan.ledger import LimitedKind, open_limited
from ditan.rewards import store
from ditan.rewards.cataloguing import Catalogue, RewardKind, canonical, version
from ditan.rewards.checking import require_sound


class Offer(NamedTuple):
    """A catalogue that is registered and in force."""

    catalogue: Catalogue
    version: str
    catalogue_id: int


def registered_catalogue(connection: psycopg.Connection[Any], catalogue: Catalogue, now: datetime) -> Offer:
    """Register a catalogue by the hash of its content, once; open its stocks and funds, empty.

    Raises: InvalidInput when it is not sound; Conflict when the name of a stock is another kind's.
    """
    require_sound(catalogue, business_day(now))
    content, name = canonical(catalogue), version(catalogue)
    known = store.fetch(connection, "read_catalogue_id", {"version": name})
    if not known:
        row = {"version": name, "content": Jsonb(msgspec.json.decode(content)), "now": now}
        store.write(connection, "write_catalogue", row | {"sha256": hashlib.sha256(content).digest()})
        known = store.fetch(connection, "read_catalogue_id", {"version": name})
        for reward in catalogue.rewards:
            fund = reward.kind is RewardKind.DONATION
            kind = LimitedKind.FUND if fund else LimitedKind.STOCK
            open_limited(connection, kind, reward.stock, "fen" if fund else "piece", now)
    return Offer(catalogue, name, int(known[0]["catalogue_id"]))
