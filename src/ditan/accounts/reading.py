"""Read an account: the person's cards and consents, past and present."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ditan.kernel.errors import NotFound
from ditan.model import CardProduct, Noun, Purpose
from ditan.store.statements import load_statements

_SQL = load_statements("ditan.accounts")


class Card(Noun, kw_only=True):
    """A linked card, by the bank's token."""

    card_ref: str
    product: CardProduct
    linked_at: datetime
    unlinked_at: datetime | None


class Consent(Noun, kw_only=True):
    """One consent from when to when."""

    purpose: Purpose
    data_class: str
    version: str
    channel: str
    granted_at: datetime
    withdrawn_at: datetime | None


class Account(Noun, kw_only=True):
    """A personal carbon account."""

    customer_ref: str
    opened_at: datetime
    closed_at: datetime | None
    channel: str
    cards: list[Card]
    consents: list[Consent]


def read_account(connection: psycopg.Connection[Any], customer_ref: str) -> Account:
    """Give an account with its whole history of cards and consents.

    Raises: NotFound when there is none.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        customer = cursor.execute(_SQL["read_customer"], {"customer_ref": customer_ref}).fetchone()
        if customer is None:
            raise NotFound(f"no carbon account for {customer_ref!r}", hint="Open one: `ditan account open CUSTOMER`.")
        of = {"customer_id": customer.pop("customer_id")}
        cards = [
            Card(**{**row, "product": CardProduct(row["product"])})
            for row in cursor.execute(_SQL["read_cards"], of).fetchall()
        ]
        consents = [
            Consent(**{**row, "purpose": Purpose(row["purpose"])})
            for row in cursor.execute(_SQL["read_consents"], of).fetchall()
        ]
    return Account(**customer, cards=cards, consents=consents)
