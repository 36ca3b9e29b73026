"""Donations are money: what orders gave to a fund is listed by one person, sent off by another, and receipted.

A donation that was delivered is owed to the charity until a transfer holds it; a transfer holds it once. The totals of
a project are for everybody: pledged, given, sent, received, and until when.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec
import psycopg

from ditan.kernel import limits
from ditan.kernel.errors import Conflict, InvalidInput, NotFound
from ditan.kernel.ids import show
from ditan.kernel.persons import tells_a_number
from ditan.ledger import read_limited
from ditan.model import Noun, Text
from ditan.rewards import store
from ditan.rewards.cataloguing import Partner, Picture, Reward
from ditan.rewards.registering import Offer


class Transfer(Noun, kw_only=True):
    """Money for one charity: how many donations, how much, who made the list, who decided, and the receipt."""

    transfer_id: int
    fund: str
    orders: int
    fen: int
    maker: str
    made_at: datetime
    checker: str | None
    decided_at: datetime | None
    approved: bool | None
    receipt: str | None
    received_at: datetime | None


class Given(Noun, kw_only=True):
    """One line of a transfer's list: a donation, without its giver."""

    order_id: str
    placed_at: datetime
    fen: int


class Project(Noun, kw_only=True):
    """What anybody may know of a project, in fen.

    A donation is in exactly one of pledged, given, sent, received, returned. With what is left, and what of a donation
    never was delivered, they are all that was ever put in.
    """

    reward_id: str  # what a donation is ordered as; the first of them, when the fund has more
    fund: str
    project: Text
    partner: Text
    made_up: bool
    picture: Picture
    each_energy: int  # of one donation
    each_fen: int  # what the bank pays for it
    ceiling_fen: int  # the most the bank pays into the project
    put_in_fen: int  # by the bank, ever; what two people put back counts again
    left_fen: int  # what the bank has put aside and nobody has asked for
    pledged_fen: int  # of orders under way
    given_fen: int  # of orders that are done, not sent yet
    sent_fen: int  # transferred, without a receipt yet
    received_fen: int  # receipted by the charity
    returned_fen: int  # of donations that came back, before or after they were sent
    undelivered_fen: int  # the rest of donations that were delivered in part
    until: date


class SentTransfer(Noun, kw_only=True):
    """What anybody may know of money that was sent: when, for how many donations, and the charity's receipt."""

    sent_at: datetime
    donations: int
    fen: int
    receipt: str | None
    received_at: datetime | None


class ProjectAccount(Noun, kw_only=True):
    """A project with the money that was sent to it, the latest first."""

    project: Project
    transfers: list[SentTransfer]


def make_transfer(connection: psycopg.Connection[Any], fund: str, *, maker: str, now: datetime) -> Transfer:
    """List every donation of a fund that is owed to the charity. Nothing is sent before a second person says so.

    Raises: NotFound; Conflict when nothing is owed.
    """
    account = read_limited(connection, fund)
    asked = {"limited_id": account.limited_id, "maker": _readable(maker, "a maker"), "now": now}
    store.fetch(connection, "lock_fund", asked)
    made = store.fetch(connection, "write_transfer", asked)
    if not made:
        raise Conflict(
            f"nothing of {fund!r} is owed to the charity", hint="`ditan rewards transfers` shows what was sent."
        )
    store.write(connection, "write_transfer_orders", asked | made[0])
    return read_transfer(connection, made[0]["transfer_id"])


def decide_transfer(
    connection: psycopg.Connection[Any], transfer_id: int, *, checker: str, approve: bool, now: datetime
) -> Transfer:
    """Decide a transfer, once; declined, its donations are owed again. The same decision again changes nothing.

    Raises: NotFound; Conflict when the maker decides, it was decided otherwise, or a donation of it came back.
    """
    found, checker = read_transfer(connection, transfer_id), _readable(checker, "a checker")
    if checker == found.maker:
        raise Conflict(f"{checker!r} made the list and cannot decide it", hint="A second person decides.")
    row = {"transfer_id": transfer_id, "checker": checker, "approved": approve, "now": now}
    back = [show("order", each["order_id"]) for each in store.fetch(connection, "came_back", row) if each["returned"]]
    if approve and back and found.decided_at is None:
        raise Conflict(
            f"{len(back)} donations of the list came back, such as {back[0]}", hint="Decline it and make a new list."
        )
    store.write(connection, "decide_transfer", row)
    after = read_transfer(connection, transfer_id)
    if (after.checker, after.approved) != (checker, approve):
        raise Conflict(f"it was {'approved' if after.approved else 'declined'} by {after.checker!r} before")
    if not approve:
        store.write(connection, "let_go_transfer_orders", row)
    return after


def receipt_transfer(connection: psycopg.Connection[Any], transfer_id: int, receipt: str, *, now: datetime) -> Transfer:
    """Write down the charity's receipt, once.

    Raises: NotFound; Conflict when the transfer was not approved, or has another receipt.
    """
    row = {"transfer_id": transfer_id, "receipt": _readable(receipt, "a receipt"), "now": now}
    store.write(connection, "receipt_transfer", row)
    found = read_transfer(connection, transfer_id)
    if found.receipt != row["receipt"]:
        raise Conflict("it was not approved, or has another receipt", hint="`ditan rewards transfers` shows it.")
    return found


def read_transfer(connection: psycopg.Connection[Any], transfer_id: int) -> Transfer:
    """Give one transfer.

    Raises: NotFound.
    """
    for row in store.fetch(connection, "read_transfers", {"transfer_id": transfer_id}):
        return Transfer(**row)
    raise NotFound(f"no transfer {transfer_id}", hint="`ditan rewards transfers` lists them.")


def hold_transfer(connection: psycopg.Connection[Any], transfer_id: int) -> Transfer:
    """Give one transfer, which nobody else changes before the unit of work ends.

    Raises: NotFound.
    """
    store.fetch(connection, "lock_transfer", {"transfer_id": transfer_id})
    return read_transfer(connection, transfer_id)


def list_transfers(connection: psycopg.Connection[Any]) -> list[Transfer]:
    """Give every transfer, the latest first."""
    return [Transfer(**row) for row in store.fetch(connection, "read_transfers", {"transfer_id": None})]


def transfer_lines(connection: psycopg.Connection[Any], transfer_id: int) -> list[Given]:
    """Give the list that goes to the charity, the oldest donation first; nothing in it says who gave."""
    rows = store.fetch(connection, "read_transfer_orders", {"transfer_id": transfer_id})
    return [Given(order_id=show("order", row["order_id"]), placed_at=row["placed_at"], fen=row["fen"]) for row in rows]


def read_projects(connection: psycopg.Connection[Any], offer: Offer) -> list[Project]:
    """Give the projects of the catalogue in force, with where the money is."""
    partners = {partner.id: partner for partner in offer.catalogue.partners}
    donations = [reward for reward in offer.catalogue.rewards if reward.donation is not None]
    rows = store.fetch(connection, "read_funds", {"funds": [reward.stock for reward in donations]})
    found = {row.pop("fund"): row for row in rows}
    first = {reward.stock: reward for reward in reversed(donations)}
    return [
        _project(reward, partners[reward.partner], found[fund])
        for fund, reward in sorted(first.items())
        if fund in found
    ]


def read_project(connection: psycopg.Connection[Any], reward_id: str) -> ProjectAccount:
    """Give one project of any catalogue that ever ran, with its transfers.

    Raises: NotFound.
    """
    for terms in store.fetch(connection, "read_project_terms", {"reward_id": reward_id}):
        reward, partner = msgspec.convert(terms["reward"], Reward), msgspec.convert(terms["partner"], Partner)
        [funds] = store.fetch(connection, "read_funds", {"funds": [reward.stock]})
        del funds["fund"]
        asked = {"fund": reward.stock, "limit": limits.page_items_max}
        sent = [SentTransfer(**row) for row in store.fetch(connection, "read_sent_transfers", asked)]
        return ProjectAccount(project=_project(reward, partner, funds), transfers=sent)
    raise NotFound("there is no such project", hint="GET /v1/projects lists them.")


def _project(reward: Reward, partner: Partner, funds: dict[str, int]) -> Project:
    assert reward.donation is not None
    return Project(
        reward_id=reward.id,
        fund=reward.stock,
        project=reward.donation.project,
        partner=partner.name,
        made_up=partner.made_up,
        picture=reward.picture,
        each_energy=reward.energy,
        each_fen=reward.donation.fen,
        ceiling_fen=reward.donation.ceiling_fen,
        until=reward.valid_to,
        **funds,
    )


def _readable(text: str, what: str) -> str:
    text = text.strip()
    if not 0 < len(text) <= limits.id_chars_max or not text.isprintable() or tells_a_number(text):
        raise InvalidInput(
            f"{what} has 1 to {limits.id_chars_max} characters and no number of a person (INV-13)",
            hint="Write a login, or a reference.",
        )
    return text
