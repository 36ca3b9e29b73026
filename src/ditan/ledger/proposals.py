"""Corrections by two people: a maker proposes with a reason, a checker decides; only then the ledger moves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from ditan.kernel import limits
from ditan.kernel.errors import Conflict, InvalidInput, NotFound
from ditan.kernel.ids import CustomerId, key
from ditan.ledger import store
from ditan.ledger.codes import EnergyCode
from ditan.ledger.energy import Answer, accepted, find_customer, require_months
from ditan.ledger.limited import read_limited
from ditan.ledger.reading import balance
from ditan.model import Noun


class Proposal(Noun, kw_only=True):
    """A correction of a customer's energy, or of the units of a limited account, and who stands for it."""

    proposal_id: UUID
    customer_id: int | None
    limited_id: int | None
    amount: int | None  # positive gives, negative takes
    reason: str
    maker: str
    proposed_at: datetime
    checker: str | None
    decided_at: datetime | None
    approved: bool | None
    kind: str  # adjustment: energy of a customer; supply: units of a limited account
    state: str  # proposed, approved, applied, refused, withdrawn
    payload: dict[str, Any]
    consequences: dict[str, int]  # in numbers, as they were when it was proposed
    opinion: str | None  # of the checker
    withdrawn_at: datetime | None
    effective_at: datetime | None
    applied_at: datetime | None
    customer_ref: str | None = None
    limited_name: str | None = None


class About(NamedTuple):
    """Whose account a correction is: one of the two."""

    customer_id: CustomerId | None
    limited_id: int | None


def weigh(
    connection: psycopg.Connection[Any], amount: int, *, customer_ref: str | None, limited: str | None, now: datetime
) -> tuple[About, dict[str, int]]:
    """Give the account that a correction of a customer or of a limited account is about, and what it would change.

    Each number stands beside the same with `_after`.

    Raises: NotFound; InvalidInput when there would be less than nothing.
    """
    if limited is not None:
        account = read_limited(connection, limited)
        about = About(None, account.limited_id)
        numbers = {"units": account.balance, "units_after": account.balance + amount}
    elif customer_ref is not None:
        has = balance(connection, customer_ref, now)
        about = About(find_customer(connection, customer_ref), None)
        paid = min(has.owed_energy, max(amount, 0))
        numbers = {
            "available_energy": has.available_energy,
            "available_energy_after": has.available_energy + amount - paid,
            "owed_energy": has.owed_energy,
            "owed_energy_after": has.owed_energy - paid,
        }
    else:
        raise InvalidInput("a proposal is about one customer, or one limited account")
    if any(number < 0 for number in numbers.values()):
        raise InvalidInput("there is less than this takes", hint="Take at most what is there.")
    return about, numbers


def propose(
    connection: psycopg.Connection[Any],
    request_id: str,
    amount: int,
    *,
    customer_id: CustomerId | None = None,
    limited_id: int | None = None,
    reason: str,
    maker: str,
    now: datetime,
    consequences: Mapping[str, int] | None = None,
) -> UUID:
    """Propose a correction of one customer or one limited account; give its id. Nothing moves yet.

    `consequences`: what it would do, in numbers, for whoever decides.

    Raises: InvalidInput; Conflict when the request id was used for something else.
    """
    if (customer_id is None) == (limited_id is None):
        raise InvalidInput("a proposal is about one customer, or one limited account")
    if amount == 0 or abs(amount) > limits.lot_energy_max:
        raise InvalidInput(f"an amount is a whole number, not 0, of at most {limits.lot_energy_max:,}")
    if not reason.strip() or not maker.strip():
        raise InvalidInput("a correction says why, and who asks for it", hint="Give a reason and a maker.")
    maker = maker.strip()
    proposal_id = key("proposal", request_id)
    content = key(str(customer_id), str(limited_id), str(amount), reason, maker)
    request: dict[str, Any] = {
        "proposal_id": proposal_id,
        "content_key": content,
        "kind": "supply" if customer_id is None else "adjustment",
        "consequences": Jsonb(dict(consequences or {})),
        "customer_id": customer_id,
        "limited_id": limited_id,
        "amount": amount,
        "reason": reason,
        "maker": maker,
        "now": now,
    }
    return _proposed(connection, request | {"payload": Jsonb({}), "effective_at": None})


def propose_change(
    connection: psycopg.Connection[Any],
    request_id: str,
    kind: str,
    payload: Mapping[str, Any],
    *,
    effective_at: datetime,
    reason: str,
    maker: str,
    now: datetime,
) -> UUID:
    """Propose a change of another kind, which whoever knows that kind applies when it is approved; give its id.

    Raises: Conflict when the request id was used for something else.
    """
    content = key(kind, msgspec.json.encode(payload, order="deterministic").decode(), str(effective_at), reason, maker)
    request: dict[str, Any] = {
        "proposal_id": key("proposal", request_id),
        "content_key": content,
        "kind": kind,
        "payload": Jsonb(dict(payload)),
        "consequences": Jsonb({}),
        "customer_id": None,
        "limited_id": None,
        "amount": None,
        "effective_at": effective_at,
        "reason": reason,
        "maker": maker,
        "now": now,
    }
    return _proposed(connection, request)


def _proposed(connection: psycopg.Connection[Any], request: dict[str, Any]) -> UUID:
    store.write(connection, "propose", request)
    proposal_id: UUID = request["proposal_id"]
    if _row(connection, proposal_id)["content_key"] != request["content_key"]:
        raise Conflict(EnergyCode.CONFLICT.meaning.en)
    return proposal_id


def decide(
    connection: psycopg.Connection[Any],
    proposal_id: UUID,
    *,
    checker: str,
    approve: bool,
    now: datetime,
    expires_months: int = 12,
    opinion: str | None = None,
) -> Answer | None:
    """Decide a proposal; give what the ledger answered, None when it was declined. The same again changes nothing.

    Of a kind that is no correction the decision is written down, and nothing moves here.

    Raises: NotFound; Conflict when the maker decides, or it was decided otherwise; LedgerRefusal.
    """
    require_months(expires_months)
    checker = checker.strip()
    row = _row(connection, proposal_id)
    if not checker:
        raise InvalidInput("a decision names who decides")
    if row["withdrawn_at"] is not None:
        raise Conflict(f"it was withdrawn by {row['maker']!r}", hint="Propose it anew.")
    if checker == row["maker"]:
        raise Conflict(f"{checker!r} proposed it and cannot decide it", hint="A second person decides.")
    if row["decided_at"] is not None and (row["approved"], row["checker"]) != (approve, checker):
        raise Conflict(f"it was {'approved' if row['approved'] else 'declined'} by {row['checker']!r} before")
    request = row | {"checker": checker, "approved": approve, "now": now, "months": expires_months, "opinion": opinion}
    if row["decided_at"] is None:
        store.write(connection, "decide_proposal", request)
    if not approve or row["amount"] is None:
        return None
    return accepted(store.fetch(connection, "adjust" if row["customer_id"] is not None else "supply", request)[0])


def hold_proposal(connection: psycopg.Connection[Any], proposal_id: UUID) -> str:
    """Hold a proposal until this unit of work ends, and say how it stands: nobody else decides it meanwhile.

    Raises: NotFound.
    """
    return str(_row(connection, proposal_id)["state"])


def withdraw(connection: psycopg.Connection[Any], proposal_id: UUID, *, maker: str, now: datetime) -> None:
    """Take a proposal back that nobody has decided. Again it changes nothing.

    Raises: NotFound; Conflict when somebody else made it, or it was decided.
    """
    row = _row(connection, proposal_id)
    if maker != row["maker"]:
        raise Conflict("somebody else proposed it", hint="Only its maker takes it back; a second person may refuse it.")
    if row["decided_at"] is not None:
        raise Conflict(f"it was {'approved' if row['approved'] else 'declined'} by {row['checker']!r} before")
    if row["withdrawn_at"] is None:
        store.write(connection, "withdraw_proposal", {"proposal_id": proposal_id, "now": now})


def read_proposals(
    connection: psycopg.Connection[Any],
    *,
    proposal_id: UUID | None = None,
    state: str | None = None,
    kind: str | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int = limits.page_items,
) -> list[Proposal]:
    """Give proposals, the latest first: one, those of a state or a kind, or all."""
    asked: dict[str, Any] = {
        "proposal_id": proposal_id,
        "state": state,
        "kind": kind,
        "before_at": before[0] if before else None,
        "before_id": before[1] if before else None,
        "limit": limit,
    }
    return [_proposal(row) for row in store.fetch(connection, "read_proposals", asked)]


def _proposal(row: dict[str, Any]) -> Proposal:
    return Proposal(**{name: value for name, value in row.items() if name != "content_key"})


def open_proposals(connection: psycopg.Connection[Any]) -> list[Proposal]:
    """Give what waits for a second person, oldest first."""
    return [_proposal(row) for row in store.fetch(connection, "read_open_proposals")]


def _row(connection: psycopg.Connection[Any], proposal_id: UUID) -> dict[str, Any]:
    for row in store.fetch(connection, "read_proposal", {"proposal_id": proposal_id}):
        return row
    raise NotFound(f"no proposal {proposal_id}", hint="`ditan ledger proposals` lists those that wait.")
