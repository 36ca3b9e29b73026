"""The account: open it, its consents and cards, close it. Each decision is one event, effective at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody, PathParameter

from ditan.accounts import Account, AccountEvent, Action, Erasing, apply_events, erase, read_account
from ditan.api.codes import ProblemCode
from ditan.api.hall import Hall
from ditan.api.identity import NamedCard, Principal
from ditan.api.problems import Refused
from ditan.api.routing import AnyRequest, GivenHall, GivenWho, IdempotencyKey, fresh, once, reads, writes
from ditan.home.consents import ConsentText, consent_texts
from ditan.kernel import limits
from ditan.kernel.errors import NotFound
from ditan.ledger import EnergyCode, LedgerRefusal
from ditan.model import CardProduct, Noun, Purpose, Status, Text
from ditan.store.pool import Connection

Version = Annotated[str, msgspec.Meta(min_length=1, max_length=32, description="Of the text that was read.")]
CardRef = Annotated[
    str,
    msgspec.Meta(min_length=1, max_length=limits.id_chars_max, description="A card, as the token names it."),
]
OnePurpose = Annotated[Purpose, PathParameter(description="What is consented to.")]


class Given(Noun, kw_only=True):
    """A consent that is given: to which text."""

    purpose: Purpose
    version: Version


class Opening(Noun, kw_only=True):
    """What is decided when an account is opened. Nothing is given that is not named here."""

    consents: Annotated[list[Given], msgspec.Meta(max_length=len(Purpose))] = msgspec.field(default_factory=list)
    cards: Annotated[list[CardRef], msgspec.Meta(max_length=limits.token_cards_max)] = msgspec.field(
        default_factory=list
    )


class ReadText(Noun, kw_only=True):
    """Which text was read."""

    version: Version


class OneCard(Noun, kw_only=True):
    """A card to link or unlink."""

    card_ref: CardRef


class Decided(Noun, kw_only=True):
    """What became of a decision. `changed` is false when it was so already."""

    changed: bool
    at: datetime


class ConsentState(Noun, kw_only=True):
    """A purpose: its text, and whether it is consented to."""

    text: ConsentText
    active: bool
    granted_at: datetime | None
    granted_version: str | None


class Consents(Noun, kw_only=True):
    """All purposes, each for itself. `status` is of the texts."""

    status: Status
    consents: list[ConsentState]


class CardState(Noun, kw_only=True):
    """A card that is linked, or that could be. `yours`: the bank names it in the token."""

    card_ref: str
    product: CardProduct
    label: str
    quickpass: bool
    yours: bool
    linked: bool
    linked_at: datetime | None


class Cards(Noun, kw_only=True):
    """Linked cards, then those that could be linked."""

    cards: list[CardState]


class AccountState(Noun, kw_only=True):
    """The account with what it consents to and its cards."""

    opened_at: datetime
    closed_at: datetime | None
    consents: Consents
    cards: Cards


@get("/v1/account", **reads())
def account(request: AnyRequest, hall: GivenHall, who: GivenWho) -> Response[AccountState]:
    """The account with its consents and cards."""
    found = _account(hall, who)
    if found is None:
        raise Refused(ProblemCode.NO_ACCOUNT)
    state = AccountState(
        opened_at=found.opened_at,
        closed_at=found.closed_at,
        consents=_consents(found),
        cards=_cards(found, who.cards),
    )
    return fresh(request, state)


@post("/v1/account", **writes())
def open_account(
    request: AnyRequest, hall: GivenHall, who: GivenWho, idempotency_key: IdempotencyKey, data: JSONBody[Opening]
) -> Response[Decided]:
    """Open the account, with what is consented to and the cards to link, all or nothing. Opening twice is once."""
    for given in data.consents:
        _require_current(given.purpose, given.version)
    named = [_named(who, ref) for ref in data.cards]

    def decide(found: Account | None, now: datetime, _connection: Connection) -> list[AccountEvent]:
        opening = [] if found else [AccountEvent(at=now, action=Action.OPEN, customer_ref=who.subject)]
        granting = [
            AccountEvent(
                at=now,
                action=Action.GRANT_CONSENT,
                customer_ref=who.subject,
                purpose=given.purpose,
                version=given.version,
            )
            for given in data.consents
            if found is None or given.purpose not in _active(found)
        ]
        return [*opening, *granting, *(_link(who, card, now) for card in named if card.card_ref not in _linked(found))]

    return _decide(request, hall, who, idempotency_key, msgspec.json.encode(data), decide, opening=True)


@post("/v1/account/close", **writes())
def close_account(
    request: AnyRequest, hall: GivenHall, who: GivenWho, idempotency_key: IdempotencyKey
) -> Response[Decided]:
    """Close the account: all consents end, all cards are let go. What was reduced stays, under the bank's pseudonym.

    It can then be erased. Not while an order is under way: its energy is still set aside.
    """

    def decide(_found: Account | None, now: datetime, _connection: Connection) -> list[AccountEvent]:
        return [AccountEvent(at=now, action=Action.CLOSE, customer_ref=who.subject)]

    return _decide(request, hall, who, idempotency_key, b"", decide)


class Erased(Noun, kw_only=True):
    """Nothing names the customer any more. The answer is the same for everybody: it is kept, and must lead nowhere."""

    erased: bool


_NOT_ERASED: Final = {
    Erasing.NO_ACCOUNT: ProblemCode.NO_ACCOUNT,
    Erasing.OPEN: ProblemCode.ACCOUNT_OPEN,
    Erasing.HELD: ProblemCode.ENERGY_HELD,
}


@post("/v1/account/erase", **writes())
def erase_account(
    request: AnyRequest, hall: GivenHall, who: GivenWho, idempotency_key: IdempotencyKey
) -> Response[Erased]:
    """Erase a closed account for good (PIPL 47): nobody can say any more whose it was, and its energy is lost.

    What was reduced stays in the totals, under a number without a name. A debt of energy is no reason to refuse.
    """

    def work(connection: Connection) -> Erased:
        ended = erase(connection, who.subject, hall.clock.now())
        if ended is not Erasing.DONE:
            raise Refused(_NOT_ERASED[ended])
        return Erased(erased=True)

    return once(hall, request, who, idempotency_key, b"", Erased, work, timeless=True)


@get("/v1/consents", **reads())
def consents(request: AnyRequest, hall: GivenHall, who: GivenWho) -> Response[Consents]:
    """What can be consented to, in plain words, and what is; also before there is an account."""
    return fresh(request, _consents(_account(hall, who)))


@post("/v1/consents/{purpose:str}/grant", **writes())
def grant(
    request: AnyRequest,
    hall: GivenHall,
    who: GivenWho,
    idempotency_key: IdempotencyKey,
    purpose: OnePurpose,
    data: JSONBody[ReadText],
) -> Response[Decided]:
    """Consent to one purpose, from now on."""
    _require_current(purpose, data.version)

    def decide(found: Account | None, now: datetime, _connection: Connection) -> list[AccountEvent]:
        if found and purpose in _active(found):
            return []
        return [
            AccountEvent(
                at=now,
                action=Action.GRANT_CONSENT,
                customer_ref=who.subject,
                purpose=purpose,
                version=data.version,
            )
        ]

    return _decide(request, hall, who, idempotency_key, msgspec.json.encode(data), decide)


@post("/v1/consents/{purpose:str}/withdraw", **writes())
def withdraw(
    request: AnyRequest, hall: GivenHall, who: GivenWho, idempotency_key: IdempotencyKey, purpose: OnePurpose
) -> Response[Decided]:
    """Withdraw one consent, from now on: what happens later does not count, what was given stays."""

    def decide(found: Account | None, now: datetime, _connection: Connection) -> list[AccountEvent]:
        if not found or purpose not in _active(found):
            return []
        return [AccountEvent(at=now, action=Action.WITHDRAW_CONSENT, customer_ref=who.subject, purpose=purpose)]

    return _decide(request, hall, who, idempotency_key, b"", decide)


@get("/v1/cards", **reads())
def cards(request: AnyRequest, hall: GivenHall, who: GivenWho) -> Response[Cards]:
    """Linked cards, and those of the token that could be linked; also before there is an account."""
    return fresh(request, _cards(_account(hall, who), who.cards))


@post("/v1/cards/link", **writes())
def link(
    request: AnyRequest, hall: GivenHall, who: GivenWho, idempotency_key: IdempotencyKey, data: JSONBody[OneCard]
) -> Response[Decided]:
    """Link a card that the token names: from now on payments with it count."""
    card = _named(who, data.card_ref)

    def decide(found: Account | None, now: datetime, _connection: Connection) -> list[AccountEvent]:
        return [] if card.card_ref in _linked(found) else [_link(who, card, now)]

    return _decide(request, hall, who, idempotency_key, msgspec.json.encode(data), decide)


@post("/v1/cards/unlink", **writes())
def unlink(
    request: AnyRequest, hall: GivenHall, who: GivenWho, idempotency_key: IdempotencyKey, data: JSONBody[OneCard]
) -> Response[Decided]:
    """Unlink a card: from now on payments with it do not count; past ones stay."""

    def decide(found: Account | None, now: datetime, _connection: Connection) -> list[AccountEvent]:
        if data.card_ref not in _linked(found):
            raise Refused(ProblemCode.NOT_FOUND)
        event = AccountEvent(at=now, action=Action.UNLINK_CARD, customer_ref=who.subject, card_ref=data.card_ref)
        return [event]

    return _decide(request, hall, who, idempotency_key, msgspec.json.encode(data), decide)


HANDLERS = [account, open_account, close_account, erase_account, consents, grant, withdraw, cards, link, unlink]


def _decide(
    request: AnyRequest,
    hall: Hall,
    who: Principal,
    idempotency_key: str,
    content: bytes,
    decide: Callable[[Account | None, datetime, Connection], Sequence[AccountEvent]],
    *,
    opening: bool = False,
) -> Response[Decided]:
    """Apply what a customer decides, once."""

    def work(connection: Connection) -> Decided:
        now, found = hall.clock.now(), _read(connection, who)
        if found is None and not opening:
            raise Refused(ProblemCode.NO_ACCOUNT)
        if found is not None and found.closed_at is not None:
            raise LedgerRefusal(EnergyCode.CLOSED)
        events = decide(found, now, connection)
        apply_events(connection, events)
        return Decided(changed=bool(events), at=now)

    return once(hall, request, who, idempotency_key, content, Decided, work)


def _account(hall: Hall, who: Principal) -> Account | None:
    return hall.store.read(lambda connection: _read(connection, who))


def _read(connection: Connection, who: Principal) -> Account | None:
    try:
        return read_account(connection, who.subject)
    except NotFound:
        return None


def _active(found: Account) -> set[Purpose]:
    return {consent.purpose for consent in found.consents if consent.withdrawn_at is None}


def _linked(found: Account | None) -> set[str]:
    return {card.card_ref for card in found.cards if card.unlinked_at is None} if found else set()


def _link(who: Principal, card: NamedCard, now: datetime) -> AccountEvent:
    return AccountEvent(
        at=now,
        action=Action.LINK_CARD,
        customer_ref=who.subject,
        card_ref=card.card_ref,
        card_product=card.product,
    )


def _named(who: Principal, card_ref: str) -> NamedCard:
    """Give the card of the token; nobody can link a card that the bank does not call hers."""
    for card in who.cards:
        if card.card_ref == card_ref:
            return card
    raise Refused(ProblemCode.NOT_FOUND)


def _require_current(purpose: Purpose, version: str) -> None:
    """Refuse a consent to a text that is not the one in force."""
    current = next(text.version for text in consent_texts().texts if text.purpose is purpose)
    if version != current:
        raise Refused(
            ProblemCode.CONFLICT,
            Text(zh=f"同意书已更新为 {current}，请阅读后再决定", en=f"The text is now {current}: read it, then decide"),
        )


def _consents(found: Account | None) -> Consents:
    texts = consent_texts()
    given = {c.purpose: c for c in found.consents if c.withdrawn_at is None} if found else {}
    return Consents(
        status=texts.status,
        consents=[
            ConsentState(
                text=text,
                active=text.purpose in given,
                granted_at=given[text.purpose].granted_at if text.purpose in given else None,
                granted_version=given[text.purpose].version if text.purpose in given else None,
            )
            for text in texts.texts
        ],
    )


def _cards(found: Account | None, named: Sequence[NamedCard]) -> Cards:
    told = {card.card_ref: card for card in named}
    linked = {card.card_ref: card for card in found.cards if card.unlinked_at is None} if found else {}
    states = [
        CardState(
            card_ref=ref,
            product=linked[ref].product if ref in linked else told[ref].product,
            label=told[ref].label if ref in told else "",
            quickpass=ref in told and told[ref].quickpass,
            yours=ref in told,
            linked=ref in linked,
            linked_at=linked[ref].linked_at if ref in linked else None,
        )
        for ref in [*linked, *(ref for ref in told if ref not in linked)]
    ]
    return Cards(cards=states)
