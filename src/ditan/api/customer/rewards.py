"""What energy can become: the catalogue as the customer can have it, and her orders."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody, PathParameter

from ditan.api.codes import ProblemCode
from ditan.api.cursor import AfterCursor, Limit, Place, read_cursor, write_cursor
from ditan.api.hall import Hall
from ditan.api.identity import Principal
from ditan.api.problems import Refused
from ditan.api.routing import AnyRequest, GivenHall, GivenWho, IdempotencyKey, fresh, once, reads, writes
from ditan.kernel import limits
from ditan.kernel.errors import NotFound
from ditan.kernel.ids import key, read_name
from ditan.kernel.persons import tells_a_number
from ditan.ledger import find_customer
from ditan.model import Noun
from ditan.rewards import Order, Ordering, Shelf, cancel, place, read_orders, read_shelf
from ditan.rewards.shelf import OnShelf
from ditan.store.pool import Connection

RewardName = Annotated[str, PathParameter(pattern=r"^[a-z][a-z0-9_]{2,63}$", description="A reward, as the list says.")]
OrderName = Annotated[str, PathParameter(pattern=r"^order_[0-9A-Za-z]{26}$", description="An order, as the list says.")]
Quantity = Annotated[int, msgspec.Meta(ge=1, le=limits.order_quantity_max, description="How many.")]
Note = Annotated[
    str,
    msgspec.Meta(
        max_length=limits.order_note_chars_max,
        description="A word to the order. No card, identity or phone number; the partner does not get it.",
    ),
]


class OrderAsked(Noun, kw_only=True):
    """What is ordered."""

    reward_id: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{2,63}$", description="As the list says.")]
    quantity: Quantity = 1
    note: Note | None = None


class Orders(Noun, kw_only=True):
    """A page of orders, the latest first."""

    orders: list[Order]
    next_cursor: str | None


@get("/v1/rewards", **reads())
def rewards(request: AnyRequest, hall: GivenHall, who: GivenWho) -> Response[Shelf]:
    """Everything on offer: price, how many are left, what energy is missing, how much of a limit is used."""
    return fresh(request, _shelf(hall, who))


@get("/v1/rewards/{reward_id:str}", **reads())
def reward(request: AnyRequest, hall: GivenHall, who: GivenWho, reward_id: RewardName) -> Response[OnShelf]:
    """One reward, as the customer can have it now."""
    found = next((each for each in _shelf(hall, who).rewards if each.id == reward_id), None)
    if found is None:
        raise Refused(ProblemCode.NOT_FOUND)
    return fresh(request, found)


@post("/v1/orders", **(writes() | {"status_code": 201}))
def order_reward(
    request: AnyRequest, hall: GivenHall, who: GivenWho, idempotency_key: IdempotencyKey, data: JSONBody[OrderAsked]
) -> Response[Order]:
    """Order a reward: energy and stock are set aside together, or nothing is. One key is one order, forever."""
    if data.note and tells_a_number(data.note):
        raise Refused(ProblemCode.PERSONAL_NUMBER)
    asked = Ordering(reward_id=data.reward_id, quantity=data.quantity, note=data.note)

    def work(connection: Connection) -> Order:
        try:
            find_customer(connection, who.subject)
        except NotFound as error:
            raise Refused(ProblemCode.NO_ACCOUNT) from error
        now, keys = hall.clock.now(), hall.address_keys
        order_id = place(connection, hall.offer, who.subject, idempotency_key, asked, now, keys)
        return _one(connection, who, order_id)

    response = once(hall, request, who, idempotency_key, msgspec.json.encode(data), Order, work)
    response.status_code = 201
    return response


@get("/v1/orders", **reads())
def orders(
    request: AnyRequest,
    hall: GivenHall,
    who: GivenWho,
    cursor: AfterCursor = None,
    limit: Limit = limits.page_items,
) -> Response[Orders]:
    """The customer's orders, the latest first, each with its history."""
    place_ = read_cursor(cursor)
    before = (place_.at, place_.name) if place_ else None
    found = hall.store.read(lambda connection: read_orders(connection, who.subject, before=before, limit=limit + 1))
    if found is None:
        raise Refused(ProblemCode.NO_ACCOUNT)
    page = found[:limit]
    more = write_cursor(Place(page[-1].placed_at, _named(page[-1].order_id))) if len(found) > limit else None
    return fresh(request, Orders(orders=page, next_cursor=more))


@get("/v1/orders/{order_id:str}", **reads())
def order(request: AnyRequest, hall: GivenHall, who: GivenWho, order_id: OrderName) -> Response[Order]:
    """One order, with its history as a timeline."""
    name = _named(order_id)
    return fresh(request, hall.store.read(lambda connection: _one(connection, who, name)))


@post("/v1/orders/{order_id:str}/cancel", **writes())
def cancel_order(
    request: AnyRequest, hall: GivenHall, who: GivenWho, idempotency_key: IdempotencyKey, order_id: OrderName
) -> Response[Order]:
    """Cancel an order: at once while the partner does not know of it, else the partner is asked and may refuse.

    Energy and stock go back when it is cancelled, or at its deadline.
    """
    name = _named(order_id)

    def work(connection: Connection) -> Order:
        cancel(connection, who.subject, name, hall.clock.now())
        return _one(connection, who, name)

    return once(hall, request, who, idempotency_key, str(key(order_id)).encode(), Order, work)


HANDLERS = [rewards, reward, order_reward, orders, order, cancel_order]


def _shelf(hall: Hall, who: Principal) -> Shelf:
    now = hall.clock.now()
    found = hall.store.read(lambda connection: read_shelf(connection, hall.offer, who.subject, now))
    if found is None:
        raise Refused(ProblemCode.NO_ACCOUNT)
    return found


def _named(order_id: str) -> UUID:
    name = read_name("order", order_id)
    if name is None:
        raise Refused(ProblemCode.NOT_FOUND)
    return name


def _one(connection: Connection, who: Principal, order_id: UUID) -> Order:
    found = read_orders(connection, who.subject, order_id=order_id)
    if found is None:
        raise Refused(ProblemCode.NO_ACCOUNT)
    if not found:
        raise Refused(ProblemCode.NOT_FOUND)
    return found[0]
