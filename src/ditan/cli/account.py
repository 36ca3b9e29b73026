"""`ditan account`: open, show, link, consent, close, erase."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from ditan.accounts import Account, AccountEvent, Action, Erasing, apply_events, erase, read_account
from ditan.cli.showing import AsJson, console, moment, number, print_json, table
from ditan.kernel.clock import BUSINESS_ZONE, SystemClock
from ditan.kernel.errors import Conflict, InvalidInput, NotFound
from ditan.kernel.settings import load_settings
from ditan.ledger import balance
from ditan.model import CardProduct, Purpose
from ditan.store import Store
from ditan.store.pool import Connection

app = typer.Typer(
    no_args_is_help=True,
    help="""Personal carbon accounts: who takes part, with which cards, under which consents.

    CUSTOMER is the bank's pseudonym for the person. Cards are tokens. Neither may look like a card, phone or identity
    number: such a reference is refused.
    """,
)

Customer = Annotated[str, typer.Argument(help="The bank's pseudonym for the customer, such as C0012F.")]
At = Annotated[
    str | None,
    typer.Option(help="When it was decided, ISO 8601; Asia/Shanghai where no zone is given. Now, if not given."),
]
ByChannel = Annotated[str, typer.Option("--channel", help="Where it was decided: app, counter, …")]


def _moment(text: str | None) -> datetime:
    if text is None:
        return SystemClock().now()
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"{text!r} is not a time", hint="Write 2026-07-01 or 2026-07-01T08:30.") from error
    return at if at.tzinfo else at.replace(tzinfo=BUSINESS_ZONE)


def _apply(events: list[AccountEvent], as_json: bool) -> None:
    store = Store.open(load_settings())

    def work(connection: Connection) -> None:
        apply_events(connection, events)
        account = read_account(connection, events[0].customer_ref)
        for event in events:
            _require_effect(account, event)

    store.run(work)
    _show(store, events[0].customer_ref, as_json)


def _require_effect(account: Account, event: AccountEvent) -> None:
    """Say so when a decision had no effect; then nothing of the command is kept."""
    active = {consent.purpose for consent in account.consents if consent.withdrawn_at is None}
    ever = {consent.purpose for consent in account.consents}
    linked = {card.card_ref for card in account.cards if card.unlinked_at is None}
    known = {card.card_ref for card in account.cards}
    closed = account.closed_at is not None
    why = {
        Action.OPEN: "the account was closed, and a closed account stays closed" if closed else "",
        Action.GRANT_CONSENT: "" if event.purpose in active else "the account is closed",
        Action.LINK_CARD: "" if event.card_ref in linked else "the account is closed",
        Action.WITHDRAW_CONSENT: (
            "it was never granted"
            if event.purpose not in ever
            else "it was granted after the moment given"
            if event.purpose in active
            else ""
        ),
        Action.UNLINK_CARD: (
            "this card was never linked"
            if event.card_ref not in known
            else "it was linked after the moment given"
            if event.card_ref in linked
            else ""
        ),
        Action.CLOSE: "",
    }[event.action]
    if why:
        raise Conflict(
            f"{event.action.value} had no effect: {why}", hint="`ditan account show CUSTOMER` has the history."
        )


def _card(text: str) -> tuple[str, CardProduct]:
    token, colon, product = text.rpartition(":")
    if not colon or product not in list(CardProduct):
        raise InvalidInput(f"{text!r} is not a card", hint="Write TOKEN:debit or TOKEN:credit.")
    return token, CardProduct(product)


@app.command("open")
def open_account(
    customer: Customer,
    consent: Annotated[
        list[Purpose] | None,
        typer.Option(help="A purpose the customer consented to; repeat for each. None is implied."),
    ] = None,
    card: Annotated[list[str] | None, typer.Option(help="TOKEN:debit or TOKEN:credit; repeat for each.")] = None,
    version: Annotated[str, typer.Option(help="Version of the consent text the customer read.")] = "1",
    at: At = None,
    channel: ByChannel = "app",
    as_json: AsJson = False,
) -> None:
    """Open an account with its consents and cards. Opening again adds what is missing.

    ditan account open C0012F --consent card_payments --consent whereabouts --card tok_7F3K:debit --at 2026-07-01
    """
    when = _moment(at)
    who: dict[str, Any] = {"at": when, "customer_ref": customer, "channel": channel}
    events = [AccountEvent(action=Action.OPEN, **who)]
    events += [
        AccountEvent(action=Action.GRANT_CONSENT, purpose=purpose, version=version, **who) for purpose in consent or []
    ]
    events += [
        AccountEvent(action=Action.LINK_CARD, card_ref=token, card_product=product, **who)
        for token, product in map(_card, card or [])
    ]
    _apply(events, as_json)


@app.command("show")
def show(customer: Customer, as_json: AsJson = False) -> None:
    """Show an account with its cards and consents, past and present."""
    _show(Store.open(load_settings()), customer, as_json)


@app.command("consent")
def consent(
    customer: Customer,
    purpose: Annotated[Purpose, typer.Argument(help="card_payments, whereabouts (rides) or steps.")],
    withdraw: Annotated[bool, typer.Option("--withdraw/--grant", help="Withdraw it, or grant it.")] = False,
    version: Annotated[str, typer.Option(help="Version of the consent text the customer read.")] = "1",
    at: At = None,
    channel: ByChannel = "app",
    as_json: AsJson = False,
) -> None:
    """Grant or withdraw one consent. Withdrawing takes effect at that moment; earlier acts stay."""
    action = Action.WITHDRAW_CONSENT if withdraw else Action.GRANT_CONSENT
    event = AccountEvent(
        at=_moment(at), action=action, customer_ref=customer, purpose=purpose, version=version, channel=channel
    )
    _apply([event], as_json)


@app.command("link")
def link(
    customer: Customer,
    card: Annotated[str, typer.Argument(help="TOKEN:debit or TOKEN:credit.")],
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Link a card: from then on its payments can count."""
    token, product = _card(card)
    event = AccountEvent(
        at=_moment(at), action=Action.LINK_CARD, customer_ref=customer, card_ref=token, card_product=product
    )
    _apply([event], as_json)


@app.command("unlink")
def unlink(
    customer: Customer,
    token: Annotated[str, typer.Argument(help="The card's token.")],
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Unlink a card: from then on its payments do not count."""
    event = AccountEvent(at=_moment(at), action=Action.UNLINK_CARD, customer_ref=customer, card_ref=token)
    _apply([event], as_json)


@app.command("close")
def close(customer: Customer, at: At = None, as_json: AsJson = False) -> None:
    """Close an account: all consents end, all cards are unlinked, nothing later is posted.

    It is refused while an order is under way. Addresses and segments of it are forgotten.
    """
    _apply([AccountEvent(at=_moment(at), action=Action.CLOSE, customer_ref=customer)], as_json)


@app.command("erase")
def erase_account(
    customer: Customer,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask. It cannot be undone.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase a closed account: nobody can say any more whose it was. What was posted stays, without a name.

    Its energy is lost to the customer. A backup that is older still has the name: see docs/operate/erasure.md.
    """
    store, now = Store.open(load_settings()), SystemClock().now()
    with store.unit_of_work() as connection:
        account, held = read_account(connection, customer), balance(connection, customer, now)
    if account.closed_at is None:
        raise Conflict("the account is open", hint=f"Close it first: `ditan account close {customer}`.")
    lost = held.growing_energy + held.ripe_energy + held.available_energy
    if not yes:
        typer.confirm(
            f"Erase {customer}? {number(lost)} energy is lost, and it cannot be undone.", abort=True, err=True
        )
    ended = store.run(lambda connection: erase(connection, customer, now))
    if ended is not Erasing.DONE:
        raise _NOT_ERASED[ended]
    if as_json:
        print_json({"erased": True, "lost_energy": lost})
    else:
        console.print(f"Erased. {number(lost)} energy is lost; the totals are what they were.")


_NOT_ERASED = {
    Erasing.NO_ACCOUNT: NotFound("the account was erased meanwhile"),
    Erasing.OPEN: Conflict("the account is closed only later", hint="Wait for the moment it was closed for."),
    Erasing.HELD: Conflict(
        "energy is set aside for a redemption that is under way",
        hint="Try again when it is captured or released; `ditan ledger sweep` releases it at its deadline.",
    ),
}
"""Why an account was not erased."""


@app.command("import")
def import_events(
    file: Annotated[
        Path, typer.Argument(help="JSON Lines of account events, as `ditan synth` writes them.", exists=True)
    ],
    as_json: AsJson = False,
) -> None:
    """Apply many account events, each customer's in the order of time. All or none; again changes nothing.

    A file that closes an account with an order under way is refused, and says how many there are.
    """
    events = read_account_events(file)
    count = Store.open(load_settings()).run(lambda connection: apply_events(connection, events))
    if as_json:
        print_json({"applied": count})
    else:
        console.print(f"{count:,} account events applied.")


def read_account_events(file: Path) -> list[AccountEvent]:
    """Read account events from JSON Lines.

    Raises: InvalidInput naming the line.
    """
    decoder = msgspec.json.Decoder(AccountEvent)
    events: list[AccountEvent] = []
    for place, line in enumerate(file.read_bytes().splitlines(), start=1):
        try:
            events.append(decoder.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InvalidInput(f"{file} line {place}: {error}", hint="Nothing was applied.") from error
    return events


def _show(store: Store, customer: str, as_json: bool) -> None:
    with store.unit_of_work() as connection:
        account: Account = read_account(connection, customer)
    if as_json:
        print_json(account)
        return
    state = f"closed {moment(account.closed_at)}" if account.closed_at else "open"
    console.print(f"[bold]{account.customer_ref}[/]  {state}, since {moment(account.opened_at)} ({account.channel})")
    shown = table("Consents", "purpose", "data", "text", "granted", "withdrawn")
    for item in account.consents:
        ended = moment(item.withdrawn_at) if item.withdrawn_at else "—"
        shown.add_row(item.purpose, item.data_class, item.version, moment(item.granted_at), ended)
    console.print(shown)
    shown = table("Cards", "token", "product", "linked", "unlinked")
    for card in account.cards:
        ended = moment(card.unlinked_at) if card.unlinked_at else "—"
        shown.add_row(card.card_ref, card.product, moment(card.linked_at), ended)
    console.print(shown)
