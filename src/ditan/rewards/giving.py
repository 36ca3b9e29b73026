"""What a customer gave: each donation with where its money is, and the sums of each project. Energy and yuan apart."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import psycopg

from ditan.kernel.ids import key, show
from ditan.model import Noun, Text
from ditan.rewards import store
from ditan.rewards.cataloguing import Picture
from ditan.rewards.codes import State


class Where(StrEnum):
    """Where the money of a donation is: exactly one of these, as in the totals of its project."""

    PLEDGED = "pledged"
    GIVEN = "given"
    SENT = "sent"
    RECEIVED = "received"
    UNDONE = "undone"  # the order came to nothing, or came back

    @property
    def meaning(self) -> Text:
        """A sentence for the customer; that of an undone one is its order's."""
        return _MEANING[self]


_MEANING: Final = {
    Where.PLEDGED: Text(zh="已认捐，能量已预留", en="Pledged; the energy is set aside"),
    Where.GIVEN: Text(zh="已结清，银行尚未汇出", en="Settled; the bank has not sent it yet"),
    Where.SENT: Text(zh="银行已汇出，等待收据", en="Sent by the bank; the receipt is to come"),
    Where.RECEIVED: Text(zh="项目方已收到并开出收据", en="Received by the project, with a receipt"),
    Where.UNDONE: Text(zh="没有捐成", en="It was not given"),
}


class Donation(Noun, kw_only=True):
    """One donation. `energy` and `fen`: what was given, or is set aside; nothing of what was undone."""

    order_id: str
    reward_id: str
    project: Text
    partner: Text
    picture: Picture
    energy: int
    fen: int
    where: Where
    meaning: Text
    pledged_at: datetime
    given_at: datetime | None
    sent_at: datetime | None
    received_at: datetime | None
    receipt: str | None


class OwnProject(Noun, kw_only=True):
    """What one customer gave to one project. The fen are in exactly one of four places."""

    reward_id: str
    project: Text
    partner: Text
    picture: Picture
    donations: int
    energy: int
    pledged_fen: int
    given_fen: int
    sent_fen: int
    received_fen: int


def read_donations(
    connection: psycopg.Connection[Any], customer_ref: str, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[Donation] | None:
    """Give a customer's donations, the latest first; None when there is no account."""
    before_at, before_id = before or (None, None)
    asked = {"customer_key": key(customer_ref), "before_at": before_at, "before_id": before_id, "limit": limit}
    rows = store.fetch(connection, "read_donations", asked)
    return [_donation(row) for row in rows if row["order_id"] is not None] if rows else None


def read_own_projects(connection: psycopg.Connection[Any], customer_ref: str) -> list[OwnProject]:
    """Give the sums of a customer's donations by project, the latest first; what was undone is in none."""
    rows = store.fetch(connection, "read_own_projects", {"customer_key": key(customer_ref)})
    return [
        OwnProject(
            project=_text(row.pop("project")),
            partner=_text(row.pop("partner")),
            picture=Picture(row.pop("picture")),
            **row,
        )
        for row in rows
    ]


def _donation(row: dict[str, Any]) -> Donation:
    where = _where(row)
    return Donation(
        order_id=show("order", row["order_id"]),
        reward_id=row["reward_id"],
        project=_text(row["project"]),
        partner=_text(row["partner"]),
        picture=Picture(row["picture"]),
        energy=row["energy"],
        fen=row["fen"],
        where=where,
        meaning=State(row["state"]).meaning if where is Where.UNDONE else where.meaning,
        pledged_at=row["pledged_at"],
        given_at=row["given_at"],
        sent_at=row["sent_at"],
        received_at=row["received_at"],
        receipt=row["receipt"],
    )


def _where(row: dict[str, Any]) -> Where:
    if row["open"]:
        return Where.PLEDGED
    if not row["fen"]:
        return Where.UNDONE
    if row["received_at"]:
        return Where.RECEIVED
    return Where.SENT if row["sent_at"] else Where.GIVEN


def _text(told: dict[str, str]) -> Text:
    return Text(zh=told["zh"], en=told["en"])
