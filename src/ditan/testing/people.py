"""Customers of the synthetic bank: who they are, how their account lives, and what that means for an act.

Time here is `t`, whole seconds of local time since the bank's first midnight; it may be negative, because most accounts
are older than the feed. Whether an act can count is decided from this plan alone and never asked of Ditan: it is the
truth that Ditan is compared with.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from ditan.model import CardProduct, Purpose
from ditan.testing.dice import Dice

DAY_S: Final = 86_400

#: The version of the consent text that all synthetic customers saw.
CONSENT_VERSION: Final = "2026-11"  # of the texts in `home/consents.toml`


class Life(StrEnum):
    """How a customer's account goes."""

    FAITHFUL = "faithful"  # opened before the feed, all consents, all cards linked
    NEWCOMER = "newcomer"  # opens while the feed runs
    NONE = "none"  # never opens an account
    NO_CONSENT = "no_consent"  # opens and never consents to anything
    NO_WHEREABOUTS = "no_whereabouts"  # consents to payments, not to rides
    WITHDRAWS = "withdraws"  # takes a consent back, some give it again
    RELINKS = "relinks"  # unlinks one card and links another later
    CLOSES = "closes"


#: Every twenty-fifth customer lives alike, so that even a small bank has every life.
_LIVES: Final = (
    *(Life.FAITHFUL, Life.NONE, Life.NEWCOMER, Life.FAITHFUL, Life.WITHDRAWS),
    *(Life.FAITHFUL, Life.NONE, Life.FAITHFUL, Life.RELINKS, Life.NO_CONSENT),
    *(Life.FAITHFUL, Life.NONE, Life.NEWCOMER, Life.FAITHFUL, Life.CLOSES),
    *(Life.FAITHFUL, Life.NONE, Life.FAITHFUL, Life.NO_WHEREABOUTS, Life.FAITHFUL),
    *(Life.FAITHFUL, Life.NONE, Life.NEWCOMER, Life.FAITHFUL, Life.FAITHFUL),
)


class Card(NamedTuple):
    """A card by its token. `cells` are the customer, card and product columns of a canonical CSV line."""

    ref: str
    product: CardProduct
    cells: str


class Spell(NamedTuple):
    """A time from `since` up to, but not including, `until`."""

    since: int
    until: int | None

    def holds(self, t: int) -> bool:
        """Whether `t` is inside."""
        return self.since <= t and (self.until is None or t < self.until)


@dataclass(slots=True)
class Account:
    """The plan of one account: when it is open, and when each consent and each link holds."""

    open: Spell
    consents: dict[Purpose, list[Spell]] = field(default_factory=dict)
    links: dict[str, list[Spell]] = field(default_factory=dict)


class Standing(StrEnum):
    """What the plan says of an act at a time: it may count, or the first reason why it may not."""

    CANDIDATE = "candidate"
    NO_ACCOUNT = "no_account"
    NO_CONSENT = "no_consent"
    CARD_NOT_LINKED = "card_not_linked"


@dataclass(slots=True)
class Customer:
    """One person, known by the bank's pseudonym only."""

    index: int
    ref: str
    city: int
    cards: tuple[Card, ...]
    life: Life
    account: Account | None

    def standing(self, t: int, card_ref: str | None, purposes: list[Purpose]) -> Standing:
        """Whether an act at `t` with this card, which needs these consents, may count."""
        account = self.account
        if account is None or not account.open.holds(t):
            return Standing.NO_ACCOUNT
        if not all(_during(account.consents.get(purpose), t) for purpose in purposes):
            return Standing.NO_CONSENT
        if card_ref is not None and not _during(account.links.get(card_ref), t):
            return Standing.CARD_NOT_LINKED
        return Standing.CANDIDATE

    @property
    def changes_mind(self) -> bool:
        """Whether a late event could meet another standing than the one at its own time."""
        return self.life in {Life.WITHDRAWS, Life.CLOSES, Life.RELINKS, Life.NEWCOMER}


def _during(spells: list[Spell] | None, t: int) -> bool:
    """Whether `t` is inside one of the spells."""
    if spells:
        for since, until in spells:
            if since <= t and (until is None or t < until):
                return True
    return False


class Step(NamedTuple):
    """One line of `accounts.jsonl`: what the customer does with the account at `t`."""

    t: int
    order: int
    action: str
    details: dict[str, str]


def people(rng: Dice, count: int, days: int, cities: list[int]) -> list[Customer]:
    """The customers of the bank; `cities` are weighted by their place in the list, the first being the biggest."""
    weights = [1 / (place + 1.5) for place in range(len(cities))]
    homes = rng.choices(cities, weights, k=count)
    return [_customer(rng, index, home, days) for index, home in enumerate(homes)]


def _customer(rng: Dice, index: int, city: int, days: int) -> Customer:
    ref = f"cust-{index + 1:07d}"
    products = [CardProduct.DEBIT, CardProduct.CREDIT][: 1 + (rng.random() < 0.72)]
    cards = tuple(_card(ref, f"card-{index + 1:07d}-{product[0]}", product) for product in products)
    life = _LIVES[index % len(_LIVES)]
    account = None if life is Life.NONE else _account(rng, life, cards, days)
    return Customer(index, ref, city, cards, life, account)


def _card(customer_ref: str, ref: str, product: CardProduct) -> Card:
    return Card(ref, product, f"{customer_ref},{ref},{product}")


def _account(rng: Dice, life: Life, cards: tuple[Card, ...], days: int) -> Account:
    """Draw the plan. Everything that changes, changes in the middle half of the feed, so that both sides are seen."""
    opened = rng.whole(-90 * DAY_S, -DAY_S)
    if life is Life.NEWCOMER:
        opened = rng.whole(0, max(1, days * 3 // 4)) * DAY_S + rng.whole(8 * 3600, 22 * 3600)
    turn = rng.whole(days * DAY_S // 4, max(days * DAY_S * 3 // 4, days * DAY_S // 4 + 1))
    closed = turn if life is Life.CLOSES else None
    account = Account(Spell(opened, closed))
    always = [Spell(opened + 60, closed)]
    if life is not Life.NO_CONSENT:
        account.consents[Purpose.CARD_PAYMENTS] = list(always)
        if life is not Life.NO_WHEREABOUTS:
            account.consents[Purpose.WHEREABOUTS] = list(always)
        if rng.random() < 0.6:
            account.consents[Purpose.STEPS] = list(always)
    if life is Life.WITHDRAWS:
        purpose = rng.pick([Purpose.CARD_PAYMENTS, Purpose.WHEREABOUTS])
        again = [Spell(turn + days * DAY_S // 8, None)] if rng.random() < 0.5 else []
        account.consents[purpose] = [Spell(opened + 60, turn), *again]
    account.links = {card.ref: [Spell(opened + 120, closed)] for card in cards}
    if life is Life.RELINKS:
        account.links[cards[0].ref] = [Spell(opened + 120, turn)]
        if len(cards) > 1:
            account.links[cards[1].ref] = [Spell(turn, None)]
    return account


def steps(customer: Customer, until: int) -> Iterator[Step]:
    """What the customer does with the account before `until`, in the order a bank's app would do it."""
    account = customer.account
    if account is None:
        return
    who = {"customer_ref": customer.ref, "channel": "app"}
    yield Step(account.open.since, 0, "open", who)
    for purpose, spells in account.consents.items():
        told = {"purpose": str(purpose), "version": CONSENT_VERSION}
        yield from _spells(spells, account, until, ("grant_consent", "withdraw_consent"), who | told)
    for card in customer.cards:
        told = {"card_ref": card.ref, "card_product": str(card.product)}
        yield from _spells(account.links.get(card.ref, []), account, until, ("link_card", "unlink_card"), who | told)
    if account.open.until is not None and account.open.until < until:
        yield Step(account.open.until, 3, "close", who)


def _spells(
    spells: list[Spell], account: Account, until: int, actions: tuple[str, str], details: dict[str, str]
) -> Iterator[Step]:
    for spell in spells:
        if spell.since < until:
            yield Step(spell.since, 1, actions[0], details)
        # Closing ends everything by itself; only what ends before it is an action of its own.
        if spell.until is not None and spell.until != account.open.until and spell.until < until:
            yield Step(spell.until, 2, actions[1], details)
