"""One customer as the bank's staff may see her: masked, and never more than one at a time."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from ditan.insight.trail import masked
from ditan.kernel.errors import NotFound
from ditan.kernel.ids import key
from ditan.ledger import Balance, balance
from ditan.model import CardProduct, Noun, Purpose
from ditan.store.statements import load_statements

_SQL = load_statements("ditan.insight", "customers.sql")


class ConsentSpell(Noun, kw_only=True):
    """A consent from when to when; None: it is active."""

    purpose: Purpose
    version: str
    granted_at: datetime
    withdrawn_at: datetime | None


class CardSpell(Noun, kw_only=True):
    """A card from when to when. `card`: the end of its token."""

    card: str | None
    product: CardProduct
    linked_at: datetime
    unlinked_at: datetime | None


class CustomerView(Noun, kw_only=True):
    """A customer: what she has, what she consented to, and how much there is to look at."""

    customer: str | None  # the end of her reference
    opened_at: datetime
    closed_at: datetime | None
    channel: str
    balance: Balance
    acts: int
    refunds: int
    orders: int
    open_disputes: int
    consents: list[ConsentSpell]
    cards: list[CardSpell]


class Happening(Noun, kw_only=True):
    """Something that happened around a customer's ledger."""

    id: UUID
    kind: str  # account, consent, card, order, dispute
    at: datetime
    code: str
    detail: str | None


def read_customer(connection: psycopg.Connection[Any], customer_ref: str, now: datetime) -> CustomerView:
    """Give one customer.

    Raises: NotFound.
    """
    rows = _fetch(connection, "read_customer", {"customer_key": key(customer_ref)})
    if not rows:
        raise NotFound("there is no such account")
    row = rows[0]
    consents = [
        ConsentSpell(purpose=Purpose(purpose), version=version, granted_at=_at(since), withdrawn_at=_until(until))
        for purpose, version, since, until in row.pop("consents")
    ]
    cards = [
        CardSpell(card=masked(ref), product=CardProduct(product), linked_at=_at(since), unlinked_at=_until(until))
        for ref, product, since, until in row.pop("cards")
    ]
    return CustomerView(
        customer=masked(row.pop("customer_ref")),
        balance=balance(connection, customer_ref, now),
        consents=consents,
        cards=cards,
        **row,
    )


def read_happenings(
    connection: psycopg.Connection[Any], customer_ref: str, before: tuple[datetime, UUID] | None, limit: int
) -> list[Happening]:
    """Give what happened around a customer's ledger, the latest first."""
    asked = {
        "customer_key": key(customer_ref),
        "before_at": before[0] if before else None,
        "before_id": before[1] if before else None,
        "limit": limit,
    }
    return [Happening(**row) for row in _fetch(connection, "read_happenings", asked)]


def _fetch(connection: psycopg.Connection[Any], name: str, asked: dict[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_SQL[name], asked).fetchall()


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _until(text: str | None) -> datetime | None:
    return None if text is None else _at(text)
