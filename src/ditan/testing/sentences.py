"""The sentences of a story: what a customer does, as a bank event.

pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit {distance_m=8200}
gets ¥2.00 back for ride
has ride reversed
does bill.paid ¥86.40 {bill_ref=b1, period=2026-06}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from ditan.model import BankEvent, CardProduct, Channel, Kind, Pack

Attributes = dict[str, str | int | bool]

_BACK: Final = re.compile(r"gets (?P<money>\S+(?: [\d.,]+)?) back for (?P<of>\S+)")
_REVERSED: Final = re.compile(r"has (?P<of>\S+) reversed")
_MONEY: Final = re.compile(r"(?:¥(?P<yuan>-?[\d,]+(?:\.\d\d)?)|(?P<currency>[A-Z]{3}) (?P<other>[\d,]+(?:\.\d\d)?))")
_CLAUSE: Final = re.compile(
    r'(?P<money>¥-?[\d.,]+|[A-Z]{3} [\d.,]+)|to (?P<role>[a-z_]+)(?: "(?P<named>[^"]*)")?|to "(?P<descriptor>[^"]*)"'
    r"|mcc (?P<mcc>\d{4})|in (?P<city>[A-Z][\w' ]*?|\d{6})(?= by | with | mcc | to | \{|$)|by (?P<channel>[a-z_]+)"
    r"|with (?P<card>\S+)|\{(?P<attributes>[^}]*)\}|(?P<service>[a-z]+\.[a-z_]+)"
)

#: The category of a payment to a merchant of this role, where the story gives none.
_MCC_OF_ROLE: Final = {
    "metro_operator": 4111,
    "bus_operator": 4111,
    "transit_card": 4111,
    "bike_share": 7519,
    "ev_charging": 5552,
    "rail": 4112,
    "travel_agency": 4722,
    "coach": 4131,
    "ebike_charging": 4900,
    "etc_toll": 4784,
    "utility": 4900,
    "parking": 7523,
    "fuel": 5541,
    "government": 9399,
}


def customer_ref(who: str) -> str:
    """The bank's pseudonym of a person of a story."""
    return f"cust-{who}"


def card_ref(who: str, card: str) -> str:
    """The token of a card of theirs."""
    return f"card-{who}-{card}"


class Sentences:
    """Understands sentences with the merchants and cities of a methodology. What it cannot, raises ValueError."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack

    def event(self, what: str, event_id: str, who: str, at: datetime, earlier: Mapping[str, BankEvent]) -> BankEvent:
        """Give the event of a sentence; a refund repeats what the bank said of its original among the `earlier` ones.

        A refund that stands before its original says no more than whose it is.
        """
        verb, _, rest = what.partition(" ")
        given: dict[str, Any] = {"event_id": event_id, "occurred_at": at, "settled_on": at.date()}
        match verb:
            case "pays":
                facts = given | {"kind": Kind.CARD_PAYMENT, "source": "card-switch", "channel": Channel.POS}
            case "does":
                facts = given | {"kind": Kind.SERVICE_EVENT, "source": "mobile-bank", "channel": Channel.APP}
            case "gets":
                found = _match(_BACK, what, "gets MONEY back for ID")
                given |= {"kind": Kind.CARD_REFUND, "amount_fen": _money(found["money"])[0]}
                return _undoing(found["of"], who, given, earlier)
            case "has":
                found = _match(_REVERSED, what, "has ID reversed")
                return _undoing(found["of"], who, given | {"kind": Kind.CARD_REVERSAL}, earlier)
            case _:
                raise ValueError("a customer pays, gets MONEY back for ID, has ID reversed, or does a service")
        return BankEvent(**(facts | {"customer_ref": customer_ref(who)} | self._clauses(rest, who)))

    def _clauses(self, rest: str, who: str) -> dict[str, Any]:
        facts: dict[str, Any] = {}
        role = ""
        end = 0
        for clause in _CLAUSE.finditer(rest):
            if rest[end : clause.start()].strip():
                break
            end = clause.end()
            facts |= self._clause(clause, who)
            role = clause["role"] or role
        if rest[end:].strip():
            raise ValueError(f"{rest[end:].strip()!r} is not understood")
        return (self._merchant(role, facts.get("city")) if role else {}) | facts

    def _clause(self, clause: re.Match[str], who: str) -> dict[str, Any]:
        if clause["money"]:
            fen, currency = _money(clause["money"])
            return {"amount_fen": fen, "currency": currency}
        if clause["role"]:
            return {"descriptor": clause["named"]} if clause["named"] else {}
        if clause["descriptor"] is not None:
            return {"descriptor": clause["descriptor"]}
        if clause["mcc"]:
            return {"mcc": int(clause["mcc"])}
        if clause["city"]:
            return {"city": self._city(clause["city"])}
        if clause["channel"]:
            return {"channel": Channel(clause["channel"])}
        if clause["card"]:
            card = clause["card"]
            product = CardProduct(card) if card in set(CardProduct) else CardProduct.CREDIT
            return {"card_ref": card_ref(who, card), "card_product": product}
        if clause["service"]:
            return {"service": clause["service"]}
        return {"attributes": _attributes(clause["attributes"])}

    def _city(self, name: str) -> int:
        if name.isdigit():
            return int(name)
        for city in self._pack.cities:
            if city.name.en == name:
                return city.adcode
        raise ValueError(f"the methodology knows no city {name!r}")

    def _merchant(self, role: str, city: int | None) -> dict[str, Any]:
        known = [one for one in self._pack.merchants if one.role == role and one.city in {city, None}]
        if not known:
            raise ValueError(f"the methodology has no merchant of the role {role} there")
        found = min(known, key=lambda one: one.city is None)
        return {"merchant_id": found.merchant_id, "descriptor": found.name, "mcc": _MCC_OF_ROLE[role]}


def _undoing(of: str, who: str, given: dict[str, Any], earlier: Mapping[str, BankEvent]) -> BankEvent:
    given = given | {"original_event_id": of, "customer_ref": customer_ref(who)}
    original = earlier.get(of)
    if original is None:
        return BankEvent(**({"source": "card-switch"} | given))
    return replace(original, **(given | {"attributes": {}}))


def _money(text: str) -> tuple[int, str]:
    """Fen and currency; `¥-1.50` is minus 150."""
    found = _match(_MONEY, text, "¥4.00 or HKD 12.50")
    whole, _, cents = (found["yuan"] or found["other"]).replace(",", "").partition(".")
    sign = -1 if whole.startswith("-") else 1
    return sign * (abs(int(whole)) * 100 + int(cents or 0)), found["currency"] or "CNY"


def _attributes(text: str) -> Attributes:
    pairs = (part.partition("=") for part in text.split(",") if part.strip())
    return {name.strip(): int(value) if value.strip().isdigit() else value.strip() for name, _, value in pairs}


def _match(pattern: re.Pattern[str], text: str, form: str) -> re.Match[str]:
    found = pattern.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} should read: {form}")
    return found
