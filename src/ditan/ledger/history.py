"""What happened to one customer, in order; and what the customer had at any moment.

Two times, two questions. *Recorded*: what did the bank know then? A balance as of a recorded moment is the balance that
was read at that moment. *Happened*: what belongs to that moment, as is known today? A late file changes it, and what a
refund took shows at the moment of the refund, also where it was in another place by then.
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import psycopg

from ditan.kernel.errors import InvalidInput
from ditan.ledger import store
from ditan.ledger.energy import find_customer
from ditan.ledger.reading import Balance
from ditan.model import Noun, Text

PAGE_MAX: Final = 1_000

_ALWAYS: Final = datetime(9000, 1, 1, tzinfo=UTC)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class HistoryEntry(Noun, kw_only=True):
    """An act, a reversal or an entry, and what it added to each part of a customer's balance."""

    entry_id: UUID
    kind: str  # act, reversal, or a kind of ledger.entry
    occurred_at: datetime
    recorded_at: datetime
    booked_on: date
    carbon_mg: int
    pending_energy: int
    available_energy: int
    held_energy: int
    owed_energy: int  # positive is more debt
    energy: int  # sum of the parts
    scenario: str | None = None
    name: Text | None = None
    act_id: UUID | None = None  # that a reversal takes back
    hold_id: UUID | None = None  # that a capture or release ends
    deadline: datetime | None = None  # of a hold
    limited_id: int | None = None
    units: int = 0  # added to the limited account
    reason: str | None = None
    maker: str | None = None
    checker: str | None = None


class HistoryPage(Noun, kw_only=True):
    """A part of a customer's history, newest first. `next`: the cursor of what is older, if anything is."""

    customer_ref: str
    entries: list[HistoryEntry]
    next: str | None


def history(
    connection: psycopg.Connection[Any], customer_ref: str, *, after: str | None = None, limit: int = 50
) -> HistoryPage:
    """Give up to `limit` of a customer's entries that are older than a cursor; the newest when there is none.

    Raises: NotFound when there is no such account; InvalidInput when the cursor is none of ours.
    """
    if not 0 < limit <= PAGE_MAX:
        raise InvalidInput(f"a page has 1 to {PAGE_MAX} entries")
    at, entry_id = _read_cursor(after) if after else (None, None)
    customer = find_customer(connection, customer_ref)
    asked = {"customer": int(customer), "at": at, "id": entry_id, "most": limit + 1}
    entries = [_entry(row) for row in store.fetch(connection, "read_history_page", asked)]
    more = len(entries) > limit
    entries = entries[:limit]
    return HistoryPage(customer_ref=customer_ref, entries=entries, next=_cursor(entries[-1]) if more else None)


def balance_as_of(
    connection: psycopg.Connection[Any],
    customer_ref: str,
    *,
    happened_by: datetime | None = None,
    recorded_by: datetime | None = None,
) -> Balance:
    """Give what a customer had: of what had happened by one moment, of what was recorded by another, or of both.

    By recorded time alone it is the balance that was read then. Where `happened_by` is given, the sum is exact and
    the places may be below zero: a refund is counted at its own moment where what it took was collected only later.

    Raises: NotFound when there is no such account; InvalidInput when no moment is given.
    """
    moments = [moment for moment in (happened_by, recorded_by) if moment is not None]
    if not moments:
        raise InvalidInput("a balance as of when?", hint="Give happened_by, recorded_by, or both.")
    asked = {
        "customer": int(find_customer(connection, customer_ref)),
        "happened": happened_by or _ALWAYS,
        "recorded": recorded_by or _ALWAYS,
        "at": min(moments),
    }
    return Balance(**store.fetch(connection, "read_balance_as_of", asked)[0])


def _entry(row: dict[str, Any]) -> HistoryEntry:
    zh, en = row.pop("name_zh"), row.pop("name_en")
    known = {name: row[name] for name in HistoryEntry.__struct_fields__ if name in row}
    return HistoryEntry(**known, name=Text(zh=zh, en=en) if zh else None)


def _cursor(entry: HistoryEntry) -> str:
    """A place between entries: the moment in microseconds and the id, in letters."""
    micros = (entry.recorded_at - _EPOCH) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(micros.to_bytes(8, "big") + entry.entry_id.bytes).decode()


def _read_cursor(text: str) -> tuple[datetime, UUID]:
    try:
        raw = base64.urlsafe_b64decode(text.encode())
        if len(raw) != 24:
            raise ValueError(f"{len(raw)} bytes")
        at = _EPOCH + timedelta(microseconds=int.from_bytes(raw[:8], "big"))
    except (ValueError, OverflowError, binascii.Error) as error:
        raise InvalidInput(f"{text!r} is not a cursor", hint="Use the `next` of the page before.") from error
    return at, UUID(bytes=raw[8:])
