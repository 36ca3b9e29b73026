"""Every page of the customer, by its address, and customers who have something to see there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

from tests.browser.bank import Bank, Customer
from tests.browser.giving import make_giver

from ditan.rewards.trees import read_certificates
from ditan.testing import factories


class Place(NamedTuple):
    """A page of `home` or `console`: its address, with `{act}`, `{month}` and such of the customer."""

    path: str
    who: str = "busy"
    large: bool = False
    below: str = "home"


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
    "mall": Place("/mall"),
    "reward": Place("/mall/tree_haloxylon"),
    "orders": Place("/orders"),
    "order": Place("/orders/{order}"),
    "forest": Place("/forest"),
    "certificate": Place("/certificates/{certificate}", who="nobody"),
    "donations": Place("/donations"),
    "project": Place("/projects/donation_water", who="nobody"),
}


#: The pages of the console, and in which role somebody looks at them.
DESKS: dict[str, Place] = {
    "console-sign-in": Place("/", who="nobody", below="console"),
    "console-overview": Place("/", who="operator", below="console"),
    "console-changes": Place("/changes", who="approver", below="console"),
    "console-log": Place("/finance", who="auditor", below="console"),
    "console-books": Place("/finance/books", who="auditor", below="console"),
    "console-accesses": Place("/finance/accesses", who="auditor", below="console"),
    "console-customers": Place("/customers", who="service", below="console"),
    "console-feeds": Place("/feeds", who="operator", below="console"),
    "console-batch": Place("/feeds/batches/1", who="operator", below="console"),
    "console-rewards": Place("/rewards", who="operator", below="console"),
    "console-orders": Place("/rewards/orders", who="risk", below="console"),
    "console-plantings": Place("/rewards/plantings", who="operator", below="console"),
    "console-transfers": Place("/rewards/transfers", who="approver", below="console"),
    "console-methods": Place("/methods", who="operator", below="console"),
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
    if "{order}" in place.path:
        assert who is not None
        orders: list[Any] = bank.ask(who, "GET", "/v1/orders")["orders"]
        done = [each for each in orders if each["certificates"]]
        return place.path.format(order=(done or orders)[0]["order_id"])
    if "{certificate}" in place.path:
        [(_tree_no, found_)] = bank.store.read(lambda connection: read_certificates(connection, [1]))
        return place.path.format(certificate=found_.number)
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
    make_giver(bank, who)
    return who
