"""Everything that is kept of a customer, for her to take along: one question, so that it agrees with itself."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from io import StringIO
from typing import Any, Final
from uuid import UUID

import msgspec
import psycopg
from msgspec import field

from ditan.home import store
from ditan.home.preferences import Preferences
from ditan.kernel.ids import key, show
from ditan.model import BankEvent, Noun

_HEADER: Final = ("kind", "id", "at", "what", "amount_fen", "carbon_mg", "energy", "details")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # with these a spreadsheet takes a text for a formula
BOM: Final = "\ufeff"  # without it a spreadsheet takes the file for one in the encoding of its country


class KeptConsent(Noun, kw_only=True):
    """One consent from when to when."""

    purpose: str
    version: str
    channel: str
    granted_at: datetime
    withdrawn_at: datetime | None


class KeptCard(Noun, kw_only=True):
    """A card from when to when, by the bank's token."""

    card_ref: str
    product: str
    linked_at: datetime
    unlinked_at: datetime | None


class KeptAct(Noun, kw_only=True):
    """An act of the ledger."""

    act_id: str
    occurred_at: datetime
    scenario: str
    amount_fen: int
    quantity_milli: int
    quantified_mg: int
    carbon_mg: int
    energy: int
    cut: int
    methodology: str


class KeptReversal(Noun, kw_only=True):
    """What a refund took back."""

    reversal_id: str
    act_id: str
    occurred_at: datetime
    amount_fen: int
    carbon_mg: int
    energy: int


class KeptRefund(Noun, kw_only=True):
    """A refund whose payment has not arrived: it waits, and is forgotten at last."""

    occurred_at: datetime
    amount_fen: int
    expires_at: datetime


class KeptEntry(Noun, kw_only=True):
    """How energy moved: what an entry added to each place."""

    entry_id: str
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    pending_energy: int
    available_energy: int
    held_energy: int
    owed_energy: int
    reason: str | None


class KeptDispute(Noun, kw_only=True):
    """What the customer said was wrong, in her own words as well, and what the bank answered."""

    act_id: str
    reason: str
    words: str | None
    opened_at: datetime
    upheld: bool | None
    answer: str | None
    answered_at: datetime | None


class KeptOrderChange(Noun, kw_only=True):
    """One line of an order's history."""

    state: str
    reason: str
    by: str
    occurred_at: datetime
    recorded_at: datetime


class KeptOrder(Noun, kw_only=True):
    """An order with the customer's own words, its code, and its history."""

    order_id: str
    reward_id: str
    partner: str
    quantity: int
    energy: int
    note: str | None
    placed_at: datetime
    deadline: datetime
    state: str
    delivered: int | None
    code: str | None
    changes: list[KeptOrderChange]


class KeptSegment(Noun, kw_only=True):
    """A segment the bank has her in."""

    segment: str
    since: datetime


class ExportedAddress(Noun, kw_only=True):
    """An address in clear: the one that is kept, or the copy of an order."""

    order_id: str | None
    recipient: str
    phone: str
    region: str
    street: str


class KeptBalance(Noun, kw_only=True):
    """What the ledger has now, before what is due today."""

    carbon_mg: int
    pending_energy: int
    available_energy: int
    held_energy: int
    owed_energy: int


class Kept(Noun, kw_only=True):
    """Everything about one customer in the database."""

    customer_ref: str
    opened_at: datetime
    closed_at: datetime | None
    channel: str
    preferences: Preferences | None
    consents: list[KeptConsent]
    cards: list[KeptCard]
    balance: KeptBalance
    acts: list[KeptAct]
    reversals: list[KeptReversal]
    waiting_refunds: list[KeptRefund]
    entries: list[KeptEntry]
    disputes: list[KeptDispute]
    orders: list[KeptOrder]
    segments: list[KeptSegment]
    notices_read_at: datetime | None  # how far the notices were read
    addresses: list[ExportedAddress] = field(default_factory=list)  # by whoever has the key


def read_kept(connection: psycopg.Connection[Any], customer_ref: str) -> Kept | None:
    """Give all of it; None when there is no account."""
    rows = store.fetch(connection, "read_kept", {"customer_key": key(customer_ref)})
    if not rows:
        return None
    kept: dict[str, Any] = msgspec.json.decode(rows[0]["kept"])
    for part, named in (
        ("acts", ("act",)),
        ("reversals", ("reversal", "act")),
        ("entries", ("entry",)),
        ("disputes", ("act",)),
        ("orders", ("order",)),
    ):
        for row in kept[part]:
            row |= {f"{name}_id": show(name, UUID(row[f"{name}_id"])) for name in named}
    return msgspec.convert(kept, Kept)


def as_csv(kept: Kept, events: Iterable[BankEvent]) -> str:
    """Write it as one table: a row for each fact, what has no column of its own as JSON in the last one."""
    text = StringIO()
    text.write(BOM)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_HEADER)
    for row in _facts(kept, events):
        writer.writerow([f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell for cell in row])
    return text.getvalue()


def _facts(kept: Kept, events: Iterable[BankEvent]) -> Iterator[Sequence[object]]:
    def row(kind: str, name: str, at: datetime | None, what: str, fact: msgspec.Struct) -> Sequence[object]:
        numbers = [getattr(fact, column, "") for column in ("amount_fen", "carbon_mg", "energy")]
        return [kind, name, at.isoformat() if at else "", what, *numbers, msgspec.json.encode(fact).decode()]

    yield ["account", kept.customer_ref, kept.opened_at.isoformat(), "opened", "", "", "", ""]
    if kept.closed_at:
        yield ["account", kept.customer_ref, kept.closed_at.isoformat(), "closed", "", "", "", ""]
    yield row("balance", "", None, "", kept.balance)
    if kept.preferences:
        yield row("preferences", "", None, "", kept.preferences)
    yield from (row("consent", "", each.granted_at, each.purpose, each) for each in kept.consents)
    yield from (row("card", each.card_ref, each.linked_at, each.product, each) for each in kept.cards)
    yield from (row("act", each.act_id, each.occurred_at, each.scenario, each) for each in kept.acts)
    yield from (row("reversal", each.reversal_id, each.occurred_at, each.act_id, each) for each in kept.reversals)
    yield from (row("waiting_refund", "", each.occurred_at, "", each) for each in kept.waiting_refunds)
    yield from (row("entry", each.entry_id, each.recorded_at, each.kind, each) for each in kept.entries)
    yield from (row("dispute", each.act_id, each.opened_at, each.reason, each) for each in kept.disputes)
    yield from (row("order", each.order_id, each.placed_at, each.reward_id, each) for each in kept.orders)
    yield from (row("segment", each.segment, each.since, "", each) for each in kept.segments)
    yield from (row("address", each.order_id or "", None, "", each) for each in kept.addresses)
    if kept.notices_read_at:
        yield ["notices_read", "", kept.notices_read_at.isoformat(), "", "", "", "", ""]
    yield from (row("event", each.event_id, each.occurred_at, each.kind, each) for each in events)
