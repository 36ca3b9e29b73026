"""What energy became, for who runs the programme: accounts, orders by state, partners, plantings. Nobody is named."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import psycopg
from psycopg.rows import dict_row

from ditan.insight.trail import masked
from ditan.kernel import limits
from ditan.kernel.ids import show
from ditan.model import Noun, Text
from ditan.store.statements import load_statements

_SQL = load_statements("ditan.insight", "redeeming.sql")


class StockLine(Noun, kw_only=True):
    """A stock, budget or fund of the ledger. `held`: of orders under way; it is not in what is left."""

    name: str
    kind: str  # stock, budget or fund
    unit: str  # piece, energy or fen
    put_in_units: int
    left_units: int
    held_units: int
    open_orders: int


class OrdersInState(Noun, kw_only=True):
    """Orders that stand alike. `late`: past their deadline and still open."""

    state: str
    open: bool
    orders: int
    energy: int
    late: int
    oldest_at: datetime | None


class PartnerLine(Noun, kw_only=True):
    """What one partner was asked for, and what came of it."""

    partner: str
    orders: int
    open_orders: int
    late: int
    done: int
    failed: int
    oldest_at: datetime | None  # of those under way


class DeskOrder(Noun, kw_only=True):
    """An order without its customer's name. `customer`: the end of the reference; None: erased."""

    order_id: str
    customer: str | None
    reward_id: str
    partner: str
    quantity: int
    energy: int
    units: int
    delivered: int | None
    state: str
    late: bool
    placed_at: datetime
    changed_at: datetime
    deadline: datetime


class DeskPlantingEvent(Noun, kw_only=True):
    """What happened to a planting. `trees`: planted; alive; planted again."""

    kind: str
    on: date
    trees: int
    evidence: str


class DeskPlanting(Noun, kw_only=True):
    """A planting with its contract and events, the first event first."""

    planting_id: int
    partner: str
    reward_id: str
    contract: str
    place: Text
    trees: int
    events: list[DeskPlantingEvent]


class WaitingTrees(Noun, kw_only=True):
    """Trees of one reward that are part of no planting yet."""

    partner: str
    reward_id: str
    trees: int
    oldest_at: datetime


class OwedDonations(Noun, kw_only=True):
    """Donations of a fund that were delivered and that no list holds yet."""

    fund: str
    donations: int
    fen: int


class Wanted(NamedTuple):
    """Which orders are looked for, and where the page before ended."""

    state: str | None
    before: tuple[datetime, UUID] | None
    limit: int


def read_accounts(connection: psycopg.Connection[Any]) -> list[StockLine]:
    """Give every stock, budget and fund."""
    return [StockLine(**row) for row in _fetch(connection, "read_accounts", {})]


def read_states(connection: psycopg.Connection[Any], now: datetime) -> list[OrdersInState]:
    """Give a line for each state an order can have, in the order of its life."""
    return [OrdersInState(**row) for row in _fetch(connection, "read_states", {"now": now})]


def read_partner_lines(connection: psycopg.Connection[Any], now: datetime) -> list[PartnerLine]:
    """Give a line for each partner that was ever asked for something."""
    return [PartnerLine(**row) for row in _fetch(connection, "read_partners", {"now": now})]


def read_desk_orders(
    connection: psycopg.Connection[Any], wanted: Wanted, now: datetime
) -> tuple[list[DeskOrder], tuple[datetime, UUID] | None]:
    """Give a page of orders, the latest first, and where the next one begins; None: there is none."""
    before_at, before_id = wanted.before or (None, None)
    asked = {"state": wanted.state, "before_at": before_at, "before_id": before_id, "limit": wanted.limit + 1}
    rows = _fetch(connection, "read_desk_orders", asked | {"now": now})
    page = rows[: wanted.limit]
    after = (page[-1]["placed_at"], page[-1]["order_id"]) if len(rows) > wanted.limit else None
    orders = [
        DeskOrder(order_id=show("order", row.pop("order_id")), customer=masked(row.pop("customer_ref")), **row)
        for row in page
    ]
    return orders, after


def read_desk_plantings(connection: psycopg.Connection[Any]) -> list[DeskPlanting]:
    """Give plantings with their events, the latest first."""
    return [
        DeskPlanting(
            place=Text(zh=row.pop("place_zh"), en=row.pop("place_en")),
            events=msgspec.convert(row.pop("events"), list[DeskPlantingEvent]),
            **row,
        )
        for row in _fetch(connection, "read_desk_plantings", {"limit": limits.page_items_max})
    ]


def read_waiting_trees(connection: psycopg.Connection[Any]) -> list[WaitingTrees]:
    """Give the trees that wait for a planting."""
    return [WaitingTrees(**row) for row in _fetch(connection, "read_waiting_trees", {})]


def read_owed(connection: psycopg.Connection[Any]) -> list[OwedDonations]:
    """Give what each fund owes its charity and no list holds."""
    return [OwedDonations(**row) for row in _fetch(connection, "read_owed", {})]


def _fetch(connection: psycopg.Connection[Any], name: str, asked: dict[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_SQL[name], asked).fetchall()
