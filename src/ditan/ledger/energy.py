"""What a customer's energy can do: be collected, set aside, used, given back, corrected, awarded.

Each operation is one call of a function in the database (store/migrations/0002): it locks the customer's row, then a
limited account, refuses without a trace, and gives the same answer to the same request forever. A request is named by
the caller (`request_id`, an idempotency key): sent again it changes nothing, and with another content it is refused.

Nothing is committed here: the caller's unit of work is. Use `Store.run`: two deliveries of one request at the same
moment meet at a primary key, and the second is tried again and finds the first one's answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg

from ditan.kernel import limits
from ditan.kernel.errors import InvalidInput, NotFound
from ditan.kernel.ids import CustomerId, EntryId, key
from ditan.ledger import store
from ditan.ledger.codes import EnergyCode, LedgerRefusal
from ditan.model import Noun

_NOT_FOUND: Final = {
    EnergyCode.NO_ACCOUNT: "Open one: `ditan account open CUSTOMER`.",
    EnergyCode.NO_HOLD: "A hold is named by the request that made it; was it refused?",
}


class Answer(Noun, kw_only=True):
    """What became of a request. `energy`: what was moved; of a refusal, what there was."""

    code: EnergyCode
    entry_id: UUID | None
    energy: int


class Units(NamedTuple):
    """Units of an account that cannot go below zero: pieces of a stock, energy of a budget, fen of a fund."""

    limited_id: int
    units: int


class Collection(NamedTuple):
    """A tap: everything that is ripe, or the ball of one act."""

    customer_id: CustomerId
    request_id: str
    act_id: UUID | None = None


def find_customer(connection: psycopg.Connection[Any], customer_ref: str) -> CustomerId:
    """Give the ledger's number of a customer.

    Raises: NotFound when there is no such account.
    """
    rows = store.fetch(connection, "find_customer", {"customer_key": key(customer_ref)})
    if not rows:
        raise NotFound(f"no carbon account for {customer_ref!r}", hint=_NOT_FOUND[EnergyCode.NO_ACCOUNT])
    return CustomerId(rows[0]["customer_id"])


def entry_id(customer_id: CustomerId, request_id: str) -> EntryId:
    """Give the id of the entry a customer's request becomes."""
    if not 0 < len(request_id) <= limits.id_chars_max:
        raise InvalidInput(f"a request id has 1 to {limits.id_chars_max} characters")
    return EntryId(key("request", str(int(customer_id)), request_id))


def collect(connection: psycopg.Connection[Any], taps: Sequence[Collection], now: datetime) -> list[Answer]:
    """Collect what is ripe, for many customers in one statement; give an answer per tap, in their order.

    `nothing` is an answer, not an error: there was nothing ripe. A customer may be named once.
    """
    if len({tap.customer_id for tap in taps}) != len(taps):
        raise InvalidInput("one call collects once for each customer", hint="Send the second tap in a second call.")
    entries = [entry_id(tap.customer_id, tap.request_id) for tap in taps]
    rows = store.fetch(
        connection,
        "collect",
        {
            "customers": [int(tap.customer_id) for tap in taps],
            "entries": entries,
            "contents": [key("collect", str(tap.act_id)) for tap in taps],
            "balls": [ball_key(tap.act_id) if tap.act_id else None for tap in taps],
            "now": now,
        },
    )
    found = {row["entry_id"]: row for row in rows}
    return [_answer(found[entry]) for entry in entries]


def ball_key(act_id: UUID) -> int:
    """Give the first 64 bits of an act's id, signed: what it is called among the balls of its customer."""
    return int.from_bytes(act_id.bytes[:8], "big", signed=True)


def hold(
    connection: psycopg.Connection[Any],
    customer_id: CustomerId,
    request_id: str,
    energy: int,
    *,
    deadline: datetime,
    now: datetime,
    units: Units | None = None,
    reason: str = "",
) -> Answer:
    """Set energy aside until a deadline, oldest lots first, and with it units of a limited account: both or neither.

    The answer's `entry_id` names the hold.

    Raises: LedgerRefusal `not_enough`, `used_up`, `closed`, `too_late`, `conflict`; NotFound; InvalidInput.
    """
    _require_positive(energy)
    if units is not None:
        _require_positive(units.units)
    content = key("hold", str(energy), str(units), deadline.astimezone(UTC).isoformat(), reason)
    request = {
        "entry": entry_id(customer_id, request_id),
        "content": content,
        "customer": int(customer_id),
        "energy": energy,
        "limited": units.limited_id if units else None,
        "units": units.units if units else 0,
        "deadline": deadline,
        "reason": reason,
        "now": now,
    }
    return _do(connection, "hold", request)


def capture(
    connection: psycopg.Connection[Any], hold_id: EntryId, *, now: datetime, energy: int | None = None, reason: str = ""
) -> Answer:
    """Use what a hold set aside, or a part of it; the rest goes back to the lots it came from, after debt is paid.

    A hold ends once. From its deadline on it cannot be captured.

    Raises: LedgerRefusal `too_late`, `captured`, `released`, `not_enough`; NotFound; InvalidInput.
    """
    if energy is not None:
        _require_positive(energy)
    content = key("capture", str(energy), reason)
    request = {"hold": hold_id, "content": content, "capture": True, "energy": energy, "reason": reason, "now": now}
    return _do(connection, "end_hold", request)


def release(connection: psycopg.Connection[Any], hold_id: EntryId, *, now: datetime, reason: str = "") -> Answer:
    """Give back what a hold set aside: energy to its lots with their age, after debt is paid; units to their account.

    Raises: LedgerRefusal `captured`, `released`; NotFound.
    """
    content = key("release", reason)
    request = {"hold": hold_id, "content": content, "capture": False, "energy": None, "reason": reason, "now": now}
    return _do(connection, "end_hold", request)


def give_back(
    connection: psycopg.Connection[Any],
    hold_id: EntryId,
    request_id: str,
    energy: int,
    *,
    now: datetime,
    reason: str = "",
) -> Answer:
    """Give back a part of what a hold used: to the lots it came from, with their age, after debt is paid.

    Lots that expired meanwhile expire again at once. The entry names the hold.

    Raises: LedgerRefusal `released`, `not_enough`, `conflict`; NotFound; InvalidInput.
    """
    _require_positive(energy)
    request = {
        "entry": key("give back", str(hold_id), request_id),
        "content": key("give back", str(energy), reason),
        "hold": hold_id,
        "energy": energy,
        "reason": reason,
        "now": now,
    }
    return _do(connection, "give_back", request)


def award(
    connection: psycopg.Connection[Any],
    customer_id: CustomerId,
    request_id: str,
    energy: int,
    *,
    budget_id: int,
    now: datetime,
    collect_days: int = 7,
    expires_months: int = 12,
    reason: str = "",
) -> Answer:
    """Give a customer energy from a campaign's budget, as a ball that is ripe at once.

    Raises: LedgerRefusal `used_up`, `closed`, `conflict`; NotFound; InvalidInput.
    """
    _require_positive(energy, limits.ball_energy_max)
    if not 1 <= collect_days <= limits.collect_days_max:
        raise InvalidInput(f"a ball can be collected for 1 to {limits.collect_days_max} days")
    require_months(expires_months)
    terms = ("award", str(energy), str(budget_id), str(collect_days), str(expires_months), reason)
    request = {
        "entry": entry_id(customer_id, request_id),
        "content": key(*terms),
        "customer": int(customer_id),
        "energy": energy,
        "limited": budget_id,
        "collect_days": collect_days,
        "months": expires_months,
        "reason": reason,
        "now": now,
    }
    return _do(connection, "award", request)


def require_months(expires_months: int) -> None:
    """Refuse a life of a lot that its ball cannot hold."""
    if not 0 <= expires_months <= limits.lot_months_max:
        raise InvalidInput(f"a lot lives for 0 to {limits.lot_months_max} months")


def _require_positive(amount: int, most: int = limits.lot_energy_max) -> None:
    if not 0 < amount <= most:
        raise InvalidInput(f"an amount is a whole number from 1 to {most:,}")


def _do(connection: psycopg.Connection[Any], name: str, request: dict[str, Any]) -> Answer:
    return accepted(store.fetch(connection, name, request)[0])


def accepted(row: dict[str, Any]) -> Answer:
    """Turn a row of `ledger.answer` into an answer.

    Raises: LedgerRefusal, NotFound when the request was refused.
    """
    answer = _answer(row)
    if answer.code in {EnergyCode.DONE, EnergyCode.EXISTS, EnergyCode.NOTHING}:
        return answer
    if answer.code in _NOT_FOUND:
        raise NotFound(answer.code.meaning.en, hint=_NOT_FOUND[answer.code])
    raise LedgerRefusal(answer.code, answer.energy)


def _answer(row: dict[str, Any]) -> Answer:
    return Answer(code=EnergyCode(row["code"]), entry_id=row["entry_id"], energy=int(row["energy"]))
