"""Rows of the canonical feed as text: one event, one line of CSV.

The CSV line is the only form the synthetic bank makes; JSON Lines and Parquet are written from it, so that the three
formats cannot tell different stories.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from ditan.kernel.clock import BUSINESS_ZONE
from ditan.model import BankEvent

#: The columns of the canonical feed, in order (`ditan.model.BankEvent`).
COLUMNS: Final = BankEvent.__struct_fields__

HEADER: Final = ",".join(COLUMNS)

Cells = dict[str, str]

_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


class Truth(NamedTuple):
    """What a row was meant to be and how it must end. The same few hundred are shared by all rows."""

    intent: str  # a scenario, `ordinary`, a look-alike, `refund`, or `malformed`
    fate: str
    trouble: str = ""
    original_fate: str | None = None  # of a refund, or of what is told again
    may_be_capped: bool = False


class Row(NamedTuple):
    """A delivered line with the truth about it."""

    key: float  # the place in the day's delivery: seconds of the day, moved when it is out of order
    line: str
    event_id: str
    truth: Truth
    original_event_id: str | None = None


def texts(event: BankEvent) -> list[str]:
    """The event as text, one entry per column; what is not given is the empty text."""
    return [
        event.source,
        event.event_id,
        event.kind,
        event.original_event_id or "",
        event.customer_ref,
        event.card_ref or "",
        event.card_product or "",
        event.channel or "",
        instant(event.occurred_at),
        "" if event.settled_on is None else event.settled_on.isoformat(),
        str(event.amount_fen),
        event.currency,
        "" if event.mcc is None else str(event.mcc),
        event.merchant_id or "",
        event.descriptor or "",
        "" if event.city is None else str(event.city),
        event.service or "",
        _encode(event.attributes) if event.attributes else "",
    ]


def cells(event: BankEvent) -> Cells:
    """The event as text by column."""
    return dict(zip(COLUMNS, texts(event), strict=True))


def instant(at: datetime) -> str:
    """An instant as the bank writes it: to the second, in local time with its offset."""
    return (at if at.tzinfo is BUSINESS_ZONE else at.astimezone(BUSINESS_ZONE)).isoformat(timespec="seconds")


def line(found: Iterable[str]) -> str:
    """Texts as a CSV line without its end, quoted where RFC 4180 says so."""
    texts = list(found)
    plain = ",".join(texts)
    if '"' not in plain and "\n" not in plain and plain.count(",") == len(texts) - 1:
        return plain
    return ",".join([_quoted(text) for text in texts])


def _quoted(text: str) -> str:
    if '"' in text or "," in text or "\n" in text:
        return '"' + text.replace('"', '""') + '"'
    return text
