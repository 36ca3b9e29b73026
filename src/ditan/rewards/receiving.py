"""What partners tell us by themselves: believed when it is signed, done once, answered alike forever."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from ditan.kernel.errors import Conflict, InvalidInput, NotFound
from ditan.kernel.ids import key, read_name
from ditan.kernel.webhooks import Disbelieved, Distrust, believe
from ditan.model import Noun
from ditan.rewards import store
from ditan.rewards.calling import read_said
from ditan.rewards.changing import heard, locked
from ditan.rewards.codes import OrderReason
from ditan.rewards.partners import Address


class MessageData(msgspec.Struct, kw_only=True):
    """Which order, why, how many came when only some did, and the code of a card or coupon."""

    order_id: str
    reason: str = OrderReason.BY_PARTNER.value
    delivered: int | None = None
    code: str | None = None


class Message(msgspec.Struct, kw_only=True):
    """What a partner says: `order.` and how the order stands; fields we do not know may be there."""

    type: str
    timestamp: datetime
    data: MessageData


class Received(Noun, kw_only=True):
    """What became of a message: `done`, `exists`, `too_late` or `not_possible`. `repeated`: it came before."""

    outcome: str
    repeated: bool


def believed(
    partners: Mapping[str, Address], partner: str, headers: Mapping[str, str], body: bytes, now: datetime
) -> str:
    """Give the id of a message that this partner signed just now.

    Raises: Disbelieved; a partner we do not know is told what a forger is told.
    """
    address = partners.get(partner)
    if address is None:
        raise Disbelieved(Distrust.FORGED)
    return believe(address.secrets, headers, body, now)


def receive(connection: psycopg.Connection[Any], partner: str, webhook_id: str, body: bytes, now: datetime) -> Received:
    """Do what a believed message says, once for each id.

    Raises: InvalidInput for what nobody can read; NotFound when this partner has no such order; Conflict when the id
    was used for another message. None of these is remembered.
    """
    try:
        message = msgspec.json.decode(body, type=Message)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"the message cannot be read: {error}", hint="Compare it with openapi.json.") from error
    data = message.data
    order_id = read_name("order", data.order_id)
    said = read_said(message.type.removeprefix("order."), message.timestamp, data.reason, data.delivered, data.code)
    if said is None or not message.type.startswith("order."):
        raise InvalidInput(
            "the message says nothing that is known", hint="Look at the types and reasons in openapi.json."
        )
    order = locked(connection, order_id) if order_id is not None else None
    if order is None or order.partner != partner:
        raise NotFound("this partner has no such order")
    row = {
        "partner": partner,
        "webhook_id": webhook_id,
        "content_key": key(hashlib.sha256(body).hexdigest()),
        "now": now,
    }
    for known in store.fetch(connection, "read_webhook", row):
        if known["content_key"] != row["content_key"]:
            raise Conflict("this webhook-id was used for another message", hint="A new message has a new id.")
        return Received(outcome=known["outcome"], repeated=True)
    outcome = heard(connection, order, said, now)
    store.write(connection, "write_webhook", row | {"outcome": outcome})
    return Received(outcome=outcome, repeated=False)


class PartnerOrder(Noun, kw_only=True):
    """One of a partner's own orders; nothing in it says whose it is."""

    order_id: UUID
    reward_id: str
    quantity: int
    state: str
    placed_at: datetime
    deadline: datetime
    delivered: int | None


def read_partner_orders(
    connection: psycopg.Connection[Any], partner: str, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[PartnerOrder]:
    """Give a partner's own orders, the latest first."""
    before_at, before_id = before or (None, None)
    asked = {"partner": partner, "before_at": before_at, "before_id": before_id, "limit": limit}
    return [PartnerOrder(**row) for row in store.fetch(connection, "read_partner_orders", asked)]
