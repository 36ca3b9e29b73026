"""Accounts: who takes part, with which cards, under which consents, at any moment of the past.

In:   the customer's choices, through the bank: open, link, grant, withdraw, close, erase.
Out:  `accounts.customer`, `accounts.card`, `accounts.consent`: intervals that the ledger asks at the time of each act.
Keeps INV-09 (no act without consent at its time) by never changing a past interval, and INV-13 by refusing references
that could name a person. Erasing takes the name, and what is made from it, and leaves the numbers (INV-14).

Each consent is asked for apart, none is bundled, and withdrawing is as easy as granting (PIPL 15, 29).
"""

from ditan.accounts.changing import AccountEvent, Action, OrdersUnderWay, apply_events
from ditan.accounts.erasing import Erasing, erase
from ditan.accounts.reading import Account, Card, Consent, read_account

__all__ = [
    "Account",
    "AccountEvent",
    "Action",
    "Card",
    "Consent",
    "Erasing",
    "OrdersUnderWay",
    "apply_events",
    "erase",
    "read_account",
]
