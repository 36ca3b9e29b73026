"""Apply what customers decide, in the order they decided it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import psycopg

from ditan.kernel import limits
from ditan.kernel.errors import Conflict, InvalidInput, NotFound
from ditan.kernel.ids import key
from ditan.kernel.persons import holds_card_number, names_a_person
from ditan.model import CardProduct, Noun, Purpose, Text
from ditan.store.statements import load_statements

_SQL = load_statements("ditan.accounts")

DATA_CLASS: Final = {
    Purpose.CARD_PAYMENTS: "financial_account",  # sensitive personal information, PIPL 28
    Purpose.WHEREABOUTS: "whereabouts",  # 行踪轨迹, sensitive as well
    Purpose.STEPS: "health",
}


class Action(StrEnum):
    """What a customer can decide."""

    OPEN = "open"
    LINK_CARD = "link_card"
    UNLINK_CARD = "unlink_card"
    GRANT_CONSENT = "grant_consent"
    WITHDRAW_CONSENT = "withdraw_consent"
    CLOSE = "close"


class AccountEvent(Noun, kw_only=True):
    """One decision of one customer."""

    at: datetime
    action: Action
    customer_ref: str
    channel: str = "app"
    purpose: Purpose | None = None
    version: str = ""
    card_ref: str | None = None
    card_product: CardProduct | None = None


class OrdersUnderWay(Conflict):
    """An account cannot be closed while an order of it is under way; nothing was changed."""

    code: Final = "energy_held"

    def __init__(self, customer_ref: str, accounts: int, orders: int, energy: int) -> None:
        self.accounts, self.orders, self.energy = accounts, orders, energy
        who = repr(customer_ref) + (f" and {accounts - 1} more" if accounts > 1 else "")
        super().__init__(
            f"{who} cannot be closed: {self.counted.en}",
            hint="Wait for them or cancel them; `ditan ledger sweep` ends what is past its deadline.",
        )

    @property
    def counted(self) -> Text:
        """How many orders, and how much energy they hold."""
        return Text(
            zh=f"有 {self.orders:,} 笔订单进行中，冻结 {self.energy:,} 能量",
            en=f"orders under way: {self.orders:,}, with {self.energy:,} energy set aside",
        )


_STATEMENTS: Final[dict[Action, Sequence[str]]] = {
    Action.OPEN: ("open", "open_holder"),
    Action.LINK_CARD: ("link_card",),
    Action.UNLINK_CARD: ("unlink_card",),
    Action.GRANT_CONSENT: ("grant_consent",),
    Action.WITHDRAW_CONSENT: ("withdraw_consent",),
    Action.CLOSE: ("withdraw_all", "unlink_all", "close"),
}


def apply_events(connection: psycopg.Connection[Any], events: Iterable[AccountEvent]) -> int:
    """Apply account events, each customer's in the order of time; give how many there were.

    All or none: the caller's unit of work decides. Applying the same events again changes nothing.

    Raises: InvalidInput for a reference that could name a person or a missing field; NotFound for a customer without
    account; Conflict for a card that is linked to another account, or a decision dated before acts it would undo;
    OrdersUnderWay for an account that would be closed.
    """
    events = list(events)
    for event in events:
        _validate(event)
    ordered = sorted(events, key=lambda event: (event.at, event.action != Action.OPEN))
    keys = sorted({key(event.customer_ref) for event in ordered})
    connection.execute(_SQL["hold_shards"], {"keys": keys})
    _require_accounts(connection, ordered)
    _require_nothing_under_way(connection, ordered)
    try:
        for by_action in _rounds(ordered, _linked(connection, ordered)):
            for action, batch in by_action.items():
                rows = [_row(event) for event in batch]
                for name in _STATEMENTS[action]:
                    with connection.cursor() as cursor:
                        cursor.executemany(_SQL[name], rows)
    except psycopg.errors.CheckViolation as error:
        raise Conflict(
            "an account cannot be closed before it was opened",
            hint="Look at `ditan account show CUSTOMER` and at the time that was given.",
        ) from error
    except psycopg.errors.UniqueViolation as error:
        raise Conflict(
            "a card of these is linked to another account",
            hint="A card feeds one account at a time: unlink it there first (`ditan account unlink`).",
        ) from error
    _refuse_rewriting(connection, ordered)
    connection.execute(_SQL["project_permits"], {"refs": sorted({event.customer_ref for event in ordered})})
    return len(ordered)


def _rounds(ordered: Sequence[AccountEvent], linked: dict[str, set[str]]) -> list[dict[Action, list[AccountEvent]]]:
    """Put together what may be done at once, a statement per action: each customer, and each card, once per round.

    A card may move: its next account comes a round after the one that lets it go. `linked`: cards by customer.
    """
    rounds: list[dict[Action, list[AccountEvent]]] = []
    following: dict[tuple[str, str], int] = defaultdict(int)  # the first round that is free for a customer or card
    for event in ordered:
        cards = linked[event.customer_ref] if event.action is Action.CLOSE else {event.card_ref or ""} - {""}
        touched = [("customer", event.customer_ref), *(("card", card) for card in sorted(cards))]
        number = max(following[one] for one in touched)
        if number == len(rounds):
            rounds.append(defaultdict(list))
        rounds[number][event.action].append(event)
        following.update(dict.fromkeys(touched, number + 1))
        if event.action is Action.LINK_CARD:
            linked[event.customer_ref].update(cards)
    return rounds


def _linked(connection: psycopg.Connection[Any], events: Sequence[AccountEvent]) -> dict[str, set[str]]:
    """The cards that the accounts which will be closed have now."""
    closing = sorted({event.customer_ref for event in events if event.action is Action.CLOSE})
    linked: dict[str, set[str]] = defaultdict(set)
    for customer_ref, card_ref in connection.execute(_SQL["linked"], {"refs": closing}).fetchall():
        linked[customer_ref].add(card_ref)
    return linked


def _refuse_rewriting(connection: psycopg.Connection[Any], events: Sequence[AccountEvent]) -> None:
    """Refuse a withdrawal or closing that is dated before acts which are posted already."""
    ending = (Action.WITHDRAW_CONSENT, Action.CLOSE)
    refs = sorted({event.customer_ref for event in events if event.action in ending})
    row = connection.execute(_SQL["acts_left_alone"], {"refs": refs}).fetchone() if refs else None
    if row is not None:
        raise Conflict(
            f"{row[0]!r} has an act of {row[1]:%Y-%m-%d %H:%M} UTC that was posted under this consent",
            hint="History is not rewritten: date the decision after that act, or leave --at out to mean now.",
        )


def _row(event: AccountEvent) -> dict[str, Any]:
    return {
        "at": event.at,
        "channel": event.channel,
        "customer_ref": event.customer_ref,
        "customer_key": key(event.customer_ref),
        "card_ref": event.card_ref,
        "card_key": key(event.card_ref).int >> 68 if event.card_ref else None,
        "product": event.card_product.value if event.card_product else None,
        "purpose": event.purpose.value if event.purpose else None,
        "data_class": DATA_CLASS[event.purpose] if event.purpose else None,
        "version": event.version or "1",
    }


def _validate(event: AccountEvent) -> None:
    for what, reference in (("customer reference", event.customer_ref), ("card token", event.card_ref)):
        if reference is None:
            continue
        if not reference or len(reference) > limits.id_chars_max:
            raise InvalidInput(f"a {what} has 1 to {limits.id_chars_max} characters")
        if names_a_person(reference):
            raise InvalidInput(
                f"this {what} could be a person's own number or address (INV-13)",
                hint="Send the bank's pseudonym or token, such as C0012F, never a card, phone or identity number.",
            )
    for what, text in (("channel", event.channel), ("version of a consent text", event.version)):
        if len(text) > limits.id_chars_max or holds_card_number(text):
            raise InvalidInput(f"a {what} has at most {limits.id_chars_max} characters and no card number (INV-13)")
    if event.at.tzinfo is None:
        raise InvalidInput("the time of an account event needs a zone, such as 2026-07-01T09:00:00+08:00")
    needs_purpose = event.action in (Action.GRANT_CONSENT, Action.WITHDRAW_CONSENT)
    needs_card = event.action in (Action.LINK_CARD, Action.UNLINK_CARD)
    if needs_purpose and event.purpose is None:
        raise InvalidInput(f"{event.action} needs a purpose: {', '.join(Purpose)}")
    if needs_card and not event.card_ref:
        raise InvalidInput(f"{event.action} needs a card token")
    if event.action is Action.LINK_CARD and event.card_product is None:
        raise InvalidInput("link_card needs the product: debit or credit")


def _require_nothing_under_way(connection: psycopg.Connection[Any], events: Sequence[AccountEvent]) -> None:
    """Refuse to close an account with an order under way; from here on it has no new one until the commit."""
    refs = {"refs": sorted({event.customer_ref for event in events if event.action is Action.CLOSE})}
    if not refs["refs"]:
        return
    connection.execute(_SQL["lock_holders"], refs)
    found = connection.execute(_SQL["under_way"], refs).fetchall()
    if found:
        raise OrdersUnderWay(found[0][0], len(found), sum(row[1] for row in found), sum(row[2] for row in found))


def _require_accounts(connection: psycopg.Connection[Any], events: Sequence[AccountEvent]) -> None:
    opening = {event.customer_ref for event in events if event.action is Action.OPEN}
    needed = {event.customer_ref for event in events} - opening
    known = {row[0] for row in connection.execute(_SQL["known"], {"refs": sorted(needed)}).fetchall()}
    missing = sorted(needed - known)
    if missing:
        raise NotFound(
            f"no carbon account for {missing[0]!r}" + (f" and {len(missing) - 1} more" if missing[1:] else ""),
            hint="Open it first: `ditan account open CUSTOMER`.",
        )
