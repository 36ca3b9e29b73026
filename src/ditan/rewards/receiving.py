"""What partners tell us by themselves: believed when it is signed, done once, answered alike forever."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from ditan.kernel.errors import Conflict, InvalidInput, NotFound
from ditan.kernel.ids import key, read_name
from ditan.kernel.webhooks import Disbelieved, Distrust, believe
from ditan.model import Noun, Text
from ditan.rewards import store
from ditan.rewards.calling import read_said
from ditan.rewards.changing import Said, heard, locked
from ditan.rewards.codes import OrderReason
from ditan.rewards.failures import Happening, News, record_news, trees_of
from ditan.rewards.partners import Address


class MessageData(msgspec.Struct, kw_only=True):
    """Which order, why, how many came when only some did, and the code of a card or coupon.

    Of trees that were planted: which of the order (the first is 1; all of them, if not said), the day, the report, and
    of trees that were planted again the contract of the new planting, and where it is.
    """

    order_id: str
    reason: str = OrderReason.BY_PARTNER.value
    delivered: int | None = None
    code: str | None = None
    trees: list[int] | None = None
    on: date | None = None
    evidence: str | None = None
    contract: str | None = None
    place: Text | None = None


class Message(msgspec.Struct, kw_only=True):
    """What a partner says: `order.` and how the order stands, or `tree.` and what happened to trees of it: `failed`,
    `replaced`, `refunded`. Fields we do not know may be there."""

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
    said = _read(message, partner)
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
    if isinstance(said, Said):
        outcome = heard(connection, order, said, now)
    else:
        outcome = _record(connection, order.order_id, data.trees, said, now)
    store.write(connection, "write_webhook", row | {"outcome": outcome})
    return Received(outcome=outcome, repeated=False)


def _read(message: Message, partner: str) -> Said | News:
    data, (subject, _, what) = message.data, message.type.partition(".")
    said = read_said(what, message.timestamp, data.reason, data.delivered, data.code)
    if subject == "order" and said is not None:
        return said
    if subject == "tree" and what in set(Happening):
        if data.on is None or data.evidence is None:
            raise InvalidInput("what happened to a tree has a day and a report", hint="Give `on` and `evidence`.")
        return News(
            kind=Happening(what),
            on=data.on,
            evidence=data.evidence,
            by=f"partner {partner}",
            contract=data.contract,
            place=data.place,
        )
    raise InvalidInput("the message says nothing that is known", hint="Look at the types and reasons in openapi.json.")


def _record(
    connection: psycopg.Connection[Any], order_id: UUID, nths: list[int] | None, news: News, now: datetime
) -> str:
    """Write down what a partner says of trees; give `done`, `exists` or `not_possible`."""
    try:
        return "done" if record_news(connection, trees_of(connection, order_id, nths), news, now) else "exists"
    except Conflict:
        return OrderReason.NOT_POSSIBLE.value


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
