"""The two logs of the console: who changed what, and who looked at which customer. They can only be added to (INV-04).

People are pseudonyms in both, the staff's and the customers'. A customer's is shown by its end only.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from ditan.kernel import limits
from ditan.kernel.errors import InvalidInput
from ditan.kernel.ids import key
from ditan.kernel.persons import tells_a_number
from ditan.model import Noun
from ditan.store.statements import load_statements

_SQL = load_statements("ditan.insight", "trail.sql")
_SHOWN: Final = 4


class Actor(NamedTuple):
    """Who acts, in which role, in which request, and when."""

    subject: str
    role: str
    request_id: str
    at: datetime


class LoggedChange(Noun, kw_only=True):
    """A change somebody made."""

    change_id: int
    at: datetime
    actor: str
    role: str
    action: str
    subject_kind: str
    subject_id: str
    reason: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    request_id: str


class Access(Noun, kw_only=True):
    """A look at a customer. `customer`: the end of the reference; None: there was none, or she was erased."""

    access_id: int
    at: datetime
    actor: str
    role: str
    customer: str | None
    what: str
    reason: str
    request_id: str


class Searched(NamedTuple):
    """What a log is searched for, and where the page before ended."""

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    words: str | None = None
    customer_ref: str | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None
    before: tuple[datetime, int] | None = None
    limit: int = limits.page_items


def masked(customer_ref: str | None) -> str | None:
    """Show the end of a reference: enough to tell two customers apart, not enough to look one up."""
    return None if customer_ref is None else f"****{customer_ref[-_SHOWN:]}"


def reason_of(text: str, what: str = "reason") -> str:
    """Give a reason without blanks around it.

    Raises: InvalidInput when it says nothing, or holds a number of a person (INV-13).
    """
    text = text.strip()
    if not limits.reason_chars_min <= len(text) <= limits.reason_chars_max or not text.isprintable():
        raise InvalidInput(
            f"the {what} has {limits.reason_chars_min} to {limits.reason_chars_max} characters",
            hint="Say what it is for: a ticket, a call, a document.",
        )
    if tells_a_number(text):
        raise InvalidInput(
            f"the {what} holds a card, identity or phone number, or a mail address (INV-13)", hint="Leave it out."
        )
    return text


def write_change(
    connection: psycopg.Connection[Any],
    actor: Actor,
    action: str,
    subject: tuple[str, str],
    *,
    reason: str | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write down a change, in the unit of work that makes it. `subject`: its kind and its id."""
    row = {
        "at": actor.at,
        "actor": actor.subject,
        "role": actor.role,
        "action": action,
        "subject_kind": subject[0],
        "subject_id": subject[1],
        "reason": reason,
        "before": None if before is None else Jsonb(dict(before)),
        "after": None if after is None else Jsonb(dict(after)),
        "request_id": actor.request_id,
    }
    connection.execute(_SQL["write_change"], row)


def write_access(connection: psycopg.Connection[Any], actor: Actor, customer_ref: str, what: str, reason: str) -> None:
    """Write down a look at a customer. It must be committed before she is shown."""
    row = {
        "at": actor.at,
        "actor": actor.subject,
        "role": actor.role,
        "customer_key": key(customer_ref),
        "what": what,
        "reason": reason,
        "request_id": actor.request_id,
    }
    connection.execute(_SQL["write_access"], row)


def read_changes(connection: psycopg.Connection[Any], searched: Searched) -> list[LoggedChange]:
    """Give changes, the latest first."""
    rows = _fetch(connection, "read_changes", searched)
    return [LoggedChange(change_id=row.pop("audit_id"), **row) for row in rows]


def read_accesses(connection: psycopg.Connection[Any], searched: Searched) -> list[Access]:
    """Give looks at customers, the latest first."""
    rows = _fetch(connection, "read_accesses", searched)
    return [Access(customer=masked(row.pop("customer_ref")), **row) for row in rows]


def _fetch(connection: psycopg.Connection[Any], name: str, searched: Searched) -> list[dict[str, Any]]:
    asked = searched._asdict() | {
        "words": f"%{_plain(searched.words)}%" if searched.words else None,
        "customer_key": key(searched.customer_ref) if searched.customer_ref else None,
        "before_at": searched.before[0] if searched.before else None,
        "before_id": searched.before[1] if searched.before else None,
    }
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_SQL[name], {k: v for k, v in asked.items() if k != "before"}).fetchall()


def _plain(words: str) -> str:
    """Let a percent sign mean itself."""
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
