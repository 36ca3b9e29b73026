"""A partner reads its own orders; the partner is the token's subject, so no address names one."""

from __future__ import annotations

from datetime import datetime

from litestar import Response, get

from ditan.api.cursor import AfterCursor, Limit, Place, read_cursor, write_cursor
from ditan.api.identity import Audience, Scope
from ditan.api.routing import AnyRequest, GivenHall, GivenWho, fresh, reads
from ditan.kernel import limits
from ditan.kernel.ids import show
from ditan.model import Noun
from ditan.rewards import State, read_partner_orders


class OwnOrder(Noun, kw_only=True):
    """One order of the partner's; nothing in it says whose it is."""

    order_id: str
    reward_id: str
    quantity: int
    state: State
    placed_at: datetime
    deadline: datetime
    delivered: int | None


class OwnOrders(Noun, kw_only=True):
    """A page of them, the latest first."""

    orders: list[OwnOrder]
    next_cursor: str | None


@get("/v1/partner/orders", **reads(Scope.ORDERS_READ, Audience.PARTNER))
def partner_orders(
    request: AnyRequest,
    hall: GivenHall,
    who: GivenWho,
    cursor: AfterCursor = None,
    limit: Limit = limits.page_items,
) -> Response[OwnOrders]:
    """The partner's own orders, the latest first: what was sent, and how each stands at the bank."""
    place = read_cursor(cursor)
    before = (place.at, place.name) if place else None
    found = hall.store.read(lambda c: read_partner_orders(c, who.subject, before=before, limit=limit + 1))
    page = found[:limit]
    more = write_cursor(Place(page[-1].placed_at, page[-1].order_id)) if len(found) > limit else None
    told = [
        OwnOrder(
            order_id=show("order", each.order_id),
            reward_id=each.reward_id,
            quantity=each.quantity,
            state=State(each.state),
            placed_at=each.placed_at,
            deadline=each.deadline,
            delivered=each.delivered,
        )
        for each in page
    ]
    return fresh(request, OwnOrders(orders=told, next_cursor=more))
