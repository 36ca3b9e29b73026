"""Change an order: its state, its history, its hold and its jobs move together, or not at all.

Whoever changes one has locked its customer first. Energy is used when something was delivered, and goes back with the
stock when nothing was; a hold ends once, and from its deadline on it is only released.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import psycopg
from msgspec.structs import replace

from ditan.kernel.ids import CustomerId, EntryId
from ditan.ledger import capture, propose, release
from ditan.model import Noun
from ditan.rewards import store
from ditan.rewards.codes import DELIVERED, NEXT, NOTHING, OF_PARTNER, OPEN, OrderReason, State

#: The content of an order whose customer was erased.
ERASED: Final = UUID(int=0)


class Kept(Noun, kw_only=True):
    """An order as the database keeps it."""

    order_id: UUID
    customer_id: int
    content_key: UUID
    reward_id: str
    partner: str
    quantity: int
    energy: int
    limited_id: int
    units: int
    placed_at: datetime
    deadline: datetime
    state: State
    changes: int


class Said(Noun, kw_only=True):
    """What a partner says of an order. `delivered`: how many, when only some; `code`: of a card or coupon."""

    state: State
    reason: OrderReason = OrderReason.BY_PARTNER
    at: datetime
    delivered: int | None = None
    code: str | None = None


def locked(connection: psycopg.Connection[Any], order_id: UUID) -> Kept | None:
    """Lock an order by its customer, and give it; None when there is none."""
    store.fetch(connection, "lock_customer_of", {"order_id": order_id})
    return kept(connection, order_id)


def kept(connection: psycopg.Connection[Any], order_id: UUID) -> Kept | None:
    """Give an order whose customer is locked."""
    for row in store.fetch(connection, "read_order", {"order_id": order_id}):
        return Kept(**{**row, "state": State(row["state"])})
    return None


def change(
    connection: psycopg.Connection[Any],
    order: Kept,
    state: State,
    reason: OrderReason,
    *,
    by: str,
    at: datetime,
    now: datetime,
    delivered: int | None = None,
    code: str | None = None,
) -> Kept:
    """Bring an order into another state, with everything that follows from it."""
    hold_id = EntryId(order.order_id)
    if state in DELIVERED:
        part = order.energy // order.quantity * delivered if delivered is not None else None
        capture(connection, hold_id, now=now, energy=part, reason=state.value)
    elif state in NOTHING:
        release(connection, hold_id, now=now, reason=state.value)
    if state not in OPEN:
        store.write(connection, "drop_jobs", {"order_id": order.order_id})
    after = note(connection, order, reason, by=by, at=at, now=now, state=state, delivered=delivered, code=code)
    if state in DELIVERED:
        store.write(connection, "issue_trees", {"order_id": order.order_id, "now": now})
    _propose(connection, after, delivered, now)
    return after


def note(
    connection: psycopg.Connection[Any],
    order: Kept,
    reason: OrderReason,
    *,
    by: str,
    at: datetime,
    now: datetime,
    state: State | None = None,
    delivered: int | None = None,
    code: str | None = None,
) -> Kept:
    """Add a line to the history; without a state the order stays as it is."""
    after = replace(order, state=state or order.state, changes=order.changes + 1)
    row = {"order_id": order.order_id, "nth": after.changes, "state": after.state.value, "reason": reason.value}
    store.write(connection, "change_order", row | {"delivered": delivered, "code": code})
    store.write(connection, "write_change", row | {"by": by, "at": min(at, now), "now": now})
    return after


def noted(connection: psycopg.Connection[Any], order: Kept, reason: OrderReason) -> bool:
    """Whether something stands in the history."""
    return bool(store.fetch(connection, "noted", {"order_id": order.order_id, "reason": reason.value}))


def cancel_by_partner(connection: psycopg.Connection[Any], order: Kept, now: datetime) -> None:
    """Cancel an order as its customer asked and its partner agreed."""
    change(connection, order, State.CANCELLED, OrderReason.CANCEL_AGREED, by="partner", at=now, now=now)


def let_go(connection: psycopg.Connection[Any], order: Kept, now: datetime) -> None:
    """Release the hold of an order whose deadline has passed; the database lets the order expire with it."""
    if order.state in OPEN:
        release(connection, EntryId(order.order_id), now=now, reason=OrderReason.DEADLINE.value)


def heard(connection: psycopg.Connection[Any], order: Kept, said: Said, now: datetime) -> str:
    """Do what a partner says of an order, if it can be done; give `done`, `exists`, `too_late` or `not_possible`.

    What cannot be done is written into the history, once.
    """
    if order.state in OPEN and now >= order.deadline:
        let_go(connection, order, now)
        order = kept(connection, order.order_id) or order
    if said.state is order.state:
        return "exists"
    if said.state in NEXT[order.state] and _makes_sense(order, said):
        change(
            connection, order, said.state, said.reason, by="partner", at=said.at, now=now,
            delivered=_delivered(order, said), code=said.code,
        )  # fmt: skip
        return "done"
    if order.state not in NOTHING and said.state in OPEN and order.state is not State.HELD:
        return "exists"  # older news
    outcome = OrderReason.TOO_LATE if order.state in NOTHING else OrderReason.NOT_POSSIBLE
    if not noted(connection, order, outcome):
        note(connection, order, outcome, by="partner", at=said.at, now=now)
    return outcome.value


def _makes_sense(order: Kept, said: Said) -> bool:
    partly = said.state is State.PARTLY_FULFILLED
    return said.reason in OF_PARTNER and (
        said.delivered is not None and 0 < said.delivered < order.quantity if partly else said.delivered is None
    )


def _delivered(order: Kept, said: Said) -> int | None:
    return order.quantity if said.state is State.FULFILLED else said.delivered


def _propose(connection: psycopg.Connection[Any], order: Kept, delivered: int | None, now: datetime) -> None:
    """Propose what only two people may decide: pieces that never left the stock; energy and money that came back."""
    request, maker = f"{order.state} {order.order_id}", f"partner {order.partner}"
    reason = f"order {order.order_id} is {order.state}"
    if order.state is State.PARTLY_FULFILLED and delivered is not None:
        left = order.units // order.quantity * (order.quantity - delivered)
        propose(connection, request, left, limited_id=order.limited_id, reason=reason, maker=maker, now=now)
    asked = {"order_id": order.order_id}
    for row in store.fetch(connection, "money_back", asked) if order.state is State.RETURNED else []:
        back, name = row["fen"], f"{request} fund"
        propose(connection, name, back, limited_id=order.limited_id, reason=reason, maker=maker, now=now)
    if order.state is State.RETURNED and order.content_key != ERASED:
        used = sum(row["energy"] for row in store.fetch(connection, "captured", asked))
        if used > 0:
            who = CustomerId(order.customer_id)
            propose(connection, request, used, customer_id=who, reason=reason, maker=maker, now=now)
