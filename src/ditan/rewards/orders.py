"""Place an order, cancel it, read it. Placing is one unit of work: hold of energy and stock, order, job, or nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
import psycopg

from ditan.kernel import limits
from ditan.kernel.clock import BUSINESS_ZONE
from ditan.kernel.envelope import MasterKeys
from ditan.kernel.errors import InvalidInput, NotFound
from ditan.kernel.ids import CustomerId, key, show
from ditan.kernel.persons import tells_a_number
from ditan.ledger import EnergyCode, LedgerRefusal, Units, hold, read_limited
from ditan.ledger.energy import entry_id
from ditan.model import Noun, Text
from ditan.rewards import store
from ditan.rewards.addresses import copy_for_order, has_address
from ditan.rewards.cataloguing import Period, Picture, Reward, RewardKind
from ditan.rewards.changing import Kept, change, kept, let_go, note, noted
from ditan.rewards.codes import OPEN, OrderCode, OrderReason, OrderRefusal, State
from ditan.rewards.registering import Offer
from ditan.rewards.trees import tree_number

_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=BUSINESS_ZONE)


class Ordering(Noun, kw_only=True):
    """What is asked for."""

    reward_id: str
    quantity: int = 1
    note: str | None = None


class Change(Noun, kw_only=True):
    """One line of an order's history."""

    state: State
    meaning: Text
    reason: OrderReason
    because: Text
    by: str  # customer, bank, partner
    at: datetime


class Order(Noun, kw_only=True):
    """One redemption, with what was promised when it was placed, and its history from the first day on."""

    order_id: str
    reward_id: str
    kind: RewardKind
    name: Text
    terms: Text
    picture: Picture
    partner: Text
    delivery: bool  # it is brought to the address that was kept when it was ordered
    quantity: int
    energy: int
    note: str | None
    state: State
    meaning: Text
    placed_at: datetime
    deadline: datetime  # what is not delivered by then is given back
    delivered: int | None
    code: str | None
    certificates: list[str]  # numbers of trees: anybody can look one up
    cancellable: bool  # at once
    cancel_on_request: bool  # the partner has it, and is asked first
    cancel_requested: bool  # the partner has not answered yet
    history: list[Change]


def period_start(period: Period, now: datetime) -> datetime:
    """Give the first moment of the period in which `now` is: business days of the customer."""
    day = now.astimezone(BUSINESS_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    match period:
        case Period.DAY:
            return day
        case Period.MONTH:
            return day.replace(day=1)
        case Period.YEAR:
            return day.replace(month=1, day=1)
        case Period.EVER:
            return _LONG_AGO


def offered(reward: Reward, now: datetime) -> bool:
    """Whether a reward can be ordered on this business day."""
    return reward.valid_from <= now.astimezone(BUSINESS_ZONE).date() <= reward.valid_to


def place(
    connection: psycopg.Connection[Any],
    offer: Offer,
    customer_ref: str,
    request_id: str,
    ordering: Ordering,
    now: datetime,
    keys: MasterKeys,
) -> UUID:
    """Place an order and give its id; the same request again gives the same order and changes nothing.

    Raises: NotFound (account or reward), InvalidInput, OrderRefusal; LedgerRefusal `not_enough`, `used_up`, `closed`;
    Unreadable when goods are ordered and the key of the address is not here.
    """
    reward, note = _asked(offer, ordering)
    locked = store.fetch(connection, "lock_customer", {"customer_key": key(customer_ref)})
    if not locked:
        raise NotFound("there is no such account", hint="Open one: `ditan account open CUSTOMER`.")
    customer_id, closed_at = CustomerId(locked[0]["customer_id"]), locked[0]["closed_at"]
    request = f"order {key(request_id)}"
    order_id = entry_id(customer_id, request)
    content = key("order", ordering.reward_id, str(ordering.quantity), note or "")
    known = store.fetch(connection, "read_order", {"order_id": order_id})
    if known:
        if known[0]["content_key"] != content:
            raise OrderRefusal(OrderCode.CONFLICT, "Send a new order under a new key.")
        return order_id
    if closed_at is not None:  # also one that is closed only later: no order of it may be under way then
        raise LedgerRefusal(EnergyCode.CLOSED)
    _require_offered(connection, reward, customer_id, ordering.quantity, now)
    stock = read_limited(connection, reward.stock)
    energy, units = reward.energy * ordering.quantity, reward.units * ordering.quantity
    deadline = now + timedelta(days=reward.hold_days)
    set_aside = Units(stock.limited_id, units)
    hold(connection, customer_id, request, energy, deadline=deadline, now=now, units=set_aside, reason=reward.id)
    row = {
        "order_id": order_id, "customer_id": customer_id, "content_key": content, "catalogue_id": offer.catalogue_id,
        "reward_id": reward.id, "partner": reward.partner, "quantity": ordering.quantity, "energy": energy,
        "limited_id": stock.limited_id, "units": units, "note": note, "now": now, "deadline": deadline,
    }  # fmt: skip
    store.write(connection, "write_order", row)
    if reward.delivered:
        copy_for_order(connection, customer_id, order_id, keys)
    first = {
        "order_id": order_id,
        "nth": 1,
        "state": State.HELD.value,
        "reason": OrderReason.PLACED.value,
        "by": "customer",
    }
    store.write(connection, "write_change", first | {"at": now, "now": now})
    store.write(connection, "write_job", {"order_id": order_id, "kind": "send", "due_at": now})
    return order_id


def _asked(offer: Offer, ordering: Ordering) -> tuple[Reward, str | None]:
    reward = offer.catalogue.find(ordering.reward_id)
    if reward is None:
        raise NotFound("there is no such reward", hint="GET /v1/rewards lists them.")
    note = (ordering.note or "").strip() or None
    if note and (len(note) > limits.order_note_chars_max or not note.isprintable() or tells_a_number(note)):
        raise InvalidInput(
            f"a note has at most {limits.order_note_chars_max} characters and no number of a person (INV-13)",
            hint="Leave out card, identity and phone numbers.",
        )
    if not 1 <= ordering.quantity <= reward.quantity_max:
        raise OrderRefusal(OrderCode.TOO_MANY, f"One order has 1 to {reward.quantity_max}.")
    return reward, note


def _require_offered(
    connection: psycopg.Connection[Any], reward: Reward, customer_id: CustomerId, quantity: int, now: datetime
) -> None:
    if not offered(reward, now):
        raise OrderRefusal(OrderCode.NOT_OFFERED, f"It is offered from {reward.valid_from} to {reward.valid_to}.")
    if reward.segments and not store.fetch(
        connection, "in_segment", {"customer_id": customer_id, "segments": reward.segments}
    ):
        raise OrderRefusal(OrderCode.NOT_ELIGIBLE, "The bank says who is: `ditan segment import`.")
    if reward.delivered and not has_address(connection, customer_id):
        raise OrderRefusal(OrderCode.ADDRESS_MISSING, "Keep one first: PUT /v1/address.")
    if reward.limit is None:
        return
    since = period_start(reward.limit.period, now)
    asked = {"customer_id": customer_id, "reward_id": reward.id, "since": since}
    used = int(store.fetch(connection, "used", asked)[0]["quantity"])
    if used + quantity > reward.limit.quantity:
        left = max(reward.limit.quantity - used, 0)
        raise OrderRefusal(OrderCode.OVER_LIMIT, f"{left} are left in this {reward.limit.period}.")


def cancel(connection: psycopg.Connection[Any], customer_ref: str, order_id: UUID, now: datetime) -> None:
    """Cancel an order that the partner does not know of yet, or have the partner asked; again changes nothing.

    A partner may agree or not; at its deadline the order ends in any case.

    Raises: NotFound when the customer has no such order; OrderRefusal `not_cancellable`.
    """
    order = _own(connection, customer_ref, order_id)
    if order.state is State.CANCELLED:
        return
    if order.state not in OPEN:
        raise OrderRefusal(OrderCode.NOT_CANCELLABLE, "It is over: its history says how.")
    if now >= order.deadline:
        let_go(connection, order, now)
    elif order.state is State.HELD:
        change(connection, order, State.CANCELLED, OrderReason.BY_CUSTOMER, by="customer", at=now, now=now)
    else:
        _ask_to_cancel(connection, order, now)


def _ask_to_cancel(connection: psycopg.Connection[Any], order: Kept, now: datetime) -> None:
    """Have the partner asked, once."""
    if noted(connection, order, OrderReason.CANCEL_REFUSED):
        raise OrderRefusal(OrderCode.NOT_CANCELLABLE, "Its partner was asked; at its deadline it ends by itself.")
    if not noted(connection, order, OrderReason.CANCEL_ASKED):
        note(connection, order, OrderReason.CANCEL_ASKED, by="customer", at=now, now=now)
        store.write(connection, "write_job", {"order_id": order.order_id, "kind": "cancel", "due_at": now})


def _own(connection: psycopg.Connection[Any], customer_ref: str, order_id: UUID) -> Kept:
    locked = store.fetch(connection, "lock_customer", {"customer_key": key(customer_ref)})
    order = kept(connection, order_id) if locked else None
    if order is None or order.customer_id != locked[0]["customer_id"]:
        raise NotFound("this customer has no such order")
    return order


def read_orders(
    connection: psycopg.Connection[Any],
    customer_ref: str,
    *,
    order_id: UUID | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 1,
) -> list[Order] | None:
    """Give orders of a customer, the latest first; None when there is no account."""
    before_at, before_id = before or (None, None)
    asked = {"customer_key": key(customer_ref), "order_id": order_id, "limit": limit}
    rows = store.fetch(connection, "read_orders", asked | {"before_at": before_at, "before_id": before_id})
    return [_order(row) for row in rows if row["order_id"] is not None] if rows else None


def _order(row: dict[str, Any]) -> Order:
    reward, state = msgspec.convert(row["reward"], Reward), State(row["state"])
    reasons = {each["reason"] for each in row["history"]}
    asked = OrderReason.CANCEL_ASKED in reasons
    return Order(
        order_id=show("order", row["order_id"]),
        reward_id=reward.id,
        kind=reward.kind,
        name=reward.name,
        terms=reward.terms,
        picture=reward.picture,
        partner=msgspec.convert(row["partner_name"], Text),
        delivery=reward.delivered,
        quantity=row["quantity"],
        energy=row["energy"],
        note=row["note"],
        state=state,
        meaning=state.meaning,
        placed_at=row["placed_at"],
        deadline=row["deadline"],
        delivered=row["delivered"],
        code=row["code"],
        certificates=[tree_number(no, datetime.fromisoformat(at)) for no, at in row["trees"] or []],
        cancellable=state is State.HELD,
        cancel_on_request=state in OPEN and state is not State.HELD and not asked,
        cancel_requested=state in OPEN and asked and OrderReason.CANCEL_REFUSED not in reasons,
        history=[_change(each) for each in row["history"]],
    )


def _change(told: dict[str, Any]) -> Change:
    state, reason = State(told["state"]), OrderReason(told["reason"])
    at = datetime.fromisoformat(told["at"])
    return Change(state=state, meaning=state.meaning, reason=reason, because=reason.meaning, by=told["by"], at=at)
