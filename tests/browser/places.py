"""Every page of the customer, by its address, and customers who have something to see there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

from tests.browser.bank import Bank, Customer

from ditan.testing import factories


class Place(NamedTuple):
    """A page: its address, where `{act}` and `{month}` stand for the customer's own; who looks at it, and how."""

    path: str
    who: str = "busy"
    large: bool = False


PLACES: dict[str, Place] = {
    "sign-in": Place("/", who="nobody"),
    "open": Place("/open", who="new"),
    "home": Place("/"),
    "home-large": Place("/", large=True),
    "reductions": Place("/reductions"),
    "act": Place("/acts/{act}"),
    "scenarios": Place("/scenarios"),
    "scenario": Place("/scenarios/metro_ride"),
    "me": Place("/me"),
    "cards": Place("/me/cards"),
    "consents": Place("/me/consents"),
    "settings": Place("/me/settings"),
    "data": Place("/me/data"),
    "statements": Place("/statements"),
    "statement": Place("/statements/{month}"),
    "notices": Place("/notices"),
}


def address_of(place: Place, bank: Bank, who: Customer | None) -> str:
    """The address of a place for this customer."""
    if "{act}" in place.path:
        assert who is not None
        found: list[Any] = bank.ask(who, "GET", "/v1/acts?scenario=metro_ride")["acts"]
        return place.path.format(act=found[0]["act_id"])
    if "{month}" in place.path:
        assert who is not None
        return place.path.format(month=bank.ask(who, "GET", "/v1/statements")["months"][0]["month"])
    return place.path


def make_busy(bank: Bank) -> Customer:
    """Somebody who did everything once, had a refund, and has raw and ripe balls."""
    who = bank.open(Customer("busy"))
    posted = bank.feed(*(bank.act(who, scenario) for scenario in factories.EXAMPLES))
    assert sum(result["code"] == "posted" for result in posted) > 15, posted
    bank.ripen(who)
    ride = bank.act(who)
    bank.feed(ride, bank.act(who, "bus_ride"))
    bank.ask(who, "POST", f"/v1/balls/{bank.balls(who)[0]['ball_id']}/collect")
    bank.wait(timedelta(minutes=90))
    bank.feed(factories.refund(ride, 200), bank.act(who))
    return who
