"""Read the ledger: one act, one balance, one month."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg

from ditan.kernel.errors import NotFound
from ditan.kernel.ids import ActId, key, show_act
from ditan.ledger import store
from ditan.model import Noun, Text


class Cut(Noun, kw_only=True):
    """A cap that gave less than the act was quantified at."""

    code: str
    reason: Text


class Act(Noun, kw_only=True):
    """One act as the ledger keeps it."""

    act_id: UUID
    customer_ref: str | None  # None: the account was erased
    scenario: str
    occurred_at: datetime
    received_at: datetime
    amount_fen: int
    quantity_milli: int
    quantified_mg: int
    carbon_mg: int
    energy: int
    cuts: list[Cut]
    pack_version: str
    activity_source: str
    tier: str
    p5: Decimal
    p95: Decimal
    factor_ids: list[str]
    batch_id: int
    reversed_mg: int
    reversed_energy: int


class Line(Noun, kw_only=True):
    """One act on a statement."""

    act_id: UUID
    occurred_at: datetime
    scenario: str
    name: Text
    quantity_milli: int
    activity_source: str
    tier: str
    carbon_mg: int
    energy: int
    cuts: list[str]


class Reversal(Noun, kw_only=True):
    """What a refund took back, on a statement."""

    reversal_id: UUID
    act_id: UUID
    occurred_at: datetime
    scenario: str
    name: Text
    amount_fen: int
    carbon_mg: int
    energy: int


class Balance(Noun, kw_only=True):
    """What a customer has now. Carbon only grows (but for refunds); energy is in one of five places."""

    carbon_mg: int
    growing_energy: int  # in balls that are not ripe yet
    ripe_energy: int  # in balls that can be collected
    available_energy: int  # collected, can be spent
    held_energy: int  # set aside for redemptions under way
    owed_energy: int  # debt: what refunds took and was not there; later earnings pay it first

    @property
    def energy(self) -> int:
        """All of it, less what is owed."""
        return self.growing_energy + self.ripe_energy + self.available_energy + self.held_energy - self.owed_energy


class Fate(Noun, kw_only=True):
    """What became of a customer's energy in a period, besides what acts gave and refunds took back."""

    collected_energy: int  # of which debt was paid first
    awarded_energy: int  # by campaigns
    lapsed_energy: int  # ripe and not collected in time
    expired_energy: int  # collected and not used in time
    redeemed_energy: int
    adjusted_energy: int  # by the bank, with a reason; may be below zero


class Statement(Noun, kw_only=True):
    """A customer's period: acts, what was taken back, and the two sums that never mix."""

    customer_ref: str
    start: datetime
    end: datetime
    acts: list[Line]
    reversals: list[Reversal]
    carbon_mg: int  # of the period, net
    energy: int
    fate: Fate  # of energy in the period
    balance: Balance  # now


def _cuts(connection: psycopg.Connection[Any]) -> list[tuple[int, Cut]]:
    return [
        (row["bit"], Cut(code=row["code"], reason=Text(zh=row["reason_zh"], en=row["reason_en"])))
        for row in store.fetch(connection, "read_cuts", {})
    ]


def find_act(connection: psycopg.Connection[Any], act_id: ActId) -> Act:
    """Give one act.

    Raises: NotFound when no such act was ever posted.
    """
    rows = store.fetch(connection, "read_act", {"act_id": act_id})
    if not rows:
        raise NotFound(
            f"no act {show_act(act_id)} in this ledger",
            hint="`ditan statement CUSTOMER` lists a customer's acts; payments that are not green are not kept.",
        )
    row = rows[0]
    bits = row.pop("cut")
    version = row.pop("version")
    cuts = [cut for bit, cut in _cuts(connection) if bits & bit]
    return Act(**row, cuts=cuts, pack_version=version)


def balance(connection: psycopg.Connection[Any], customer_ref: str, now: datetime) -> Balance:
    """Give what a customer has at `now`, from one row.

    Raises: NotFound when there is no such account.
    """
    rows = store.fetch(connection, "read_balance", {"customer_key": key(customer_ref), "now": now})
    if not rows:
        raise NotFound(f"no carbon account for {customer_ref!r}", hint="Open one: `ditan account open CUSTOMER`.")
    return Balance(**rows[0])


def statement(
    connection: psycopg.Connection[Any], customer_ref: str, start: datetime, end: datetime, now: datetime
) -> Statement:
    """Give the acts and reversals of a customer in [start, end), oldest first.

    Raises: NotFound when there is no such account.
    """
    held = balance(connection, customer_ref, now)
    period = {"customer_ref": customer_ref, "start": start, "end": end}
    codes = _cuts(connection)
    acts: list[Line] = []
    for row in store.fetch(connection, "read_customer_acts", period):
        name = Text(zh=row.pop("name_zh"), en=row.pop("name_en"))
        bits = row.pop("cut")
        row.pop("quantified_mg")
        acts.append(Line(**row, name=name, cuts=[cut.code for bit, cut in codes if bits & bit]))
    reversals = [
        Reversal(name=Text(zh=row.pop("name_zh"), en=row.pop("name_en")), **row)
        for row in store.fetch(connection, "read_customer_reversals", period)
    ]
    return Statement(
        customer_ref=customer_ref,
        start=start,
        end=end,
        acts=acts,
        reversals=reversals,
        carbon_mg=sum(a.carbon_mg for a in acts) - sum(r.carbon_mg for r in reversals),
        energy=sum(a.energy for a in acts) - sum(r.energy for r in reversals),
        fate=Fate(**store.fetch(connection, "sum_period", period | {"customer_key": key(customer_ref)})[0]),
        balance=held,
    )
