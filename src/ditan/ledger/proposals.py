"""Corrections by two people: a maker proposes with a reason, a checker decides; only then the ledger moves."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from ditan.kernel import limits
from ditan.kernel.errors import Conflict, InvalidInput, NotFound
from ditan.kernel.ids import CustomerId, key
from ditan.ledger import store
from ditan.ledger.codes import EnergyCode
from ditan.ledger.energy import Answer, accepted, require_months
from ditan.model import Noun


class Proposal(Noun, kw_only=True):
    """A correction of a customer's energy, or of the units of a limited account, and who stands for it."""

    proposal_id: UUID
    customer_id: int | None
    limited_id: int | None
    amount: int  # positive gives, negative takes
    reason: str
    maker: str
    proposed_at: datetime
    checker: str | None
    decided_at: datetime | None
    approved: bool | None
    customer_ref: str | None = None
    limited_name: str | None = None


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
) -> UUID:
    """Propose a correction of one customer or one limited account; give its id. Nothing moves yet.

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
        "customer_id": customer_id,
        "limited_id": limited_id,
        "amount": amount,
        "reason": reason,
        "maker": maker,
        "now": now,
    }
    store.write(connection, "propose", request)
    if _row(connection, proposal_id)["content_key"] != content:
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
) -> Answer | None:
    """Decide a proposal; give what the ledger answered, None when it was declined. The same again changes nothing.

    Raises: NotFound; Conflict when the maker decides, or it was decided otherwise; LedgerRefusal.
    """
    require_months(expires_months)
    checker = checker.strip()
    row = _row(connection, proposal_id)
    if not checker:
        raise InvalidInput("a decision names who decides")
    if checker == row["maker"]:
        raise Conflict(f"{checker!r} proposed it and cannot decide it", hint="A second person decides.")
    if row["decided_at"] is not None and (row["approved"], row["checker"]) != (approve, checker):
        raise Conflict(f"it was {'approved' if row['approved'] else 'declined'} by {row['checker']!r} before")
    request = row | {"checker": checker, "approved": approve, "now": now, "months": expires_months}
    if row["decided_at"] is None:
        store.write(connection, "decide_proposal", request)
    if not approve:
        return None
    return accepted(store.fetch(connection, "adjust" if row["customer_id"] is not None else "supply", request)[0])


def open_proposals(connection: psycopg.Connection[Any]) -> list[Proposal]:
    """Give what waits for a second person, oldest first."""
    rows = store.fetch(connection, "read_open_proposals")
    return [Proposal(**{name: value for name, value in row.items() if name != "content_key"}) for row in rows]


def _row(connection: psycopg.Connection[Any], proposal_id: UUID) -> dict[str, Any]:
    for row in store.fetch(connection, "read_proposal", {"proposal_id": proposal_id}):
        return row
    raise NotFound(f"no proposal {proposal_id}", hint="`ditan ledger proposals` lists those that wait.")
