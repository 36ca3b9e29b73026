"""Ready-made events for stories, docs and tests: one plausible act of each scenario, and what goes wrong with it.

    metro = event("metro_ride")                          # 4 yuan in Beijing, by ride code
    measured = event("metro_ride", attributes={"distance_m": 8200})
    back = refund(metro, 200)                            # half of it
    file = csv_text([metro, back])                       # a canonical feed file

Fixed values, so that a test can state what must come out. Merchants are those of the shipped methodology.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Final

from msgspec.structs import replace

from ditan.kernel.clock import BUSINESS_ZONE
from ditan.model import BankEvent, CardProduct, Channel, Kind
from ditan.packs.loading import load
from ditan.testing import rows

CUSTOMER: Final = "cust-lin"
BEIJING: Final = 110000
AT: Final = datetime(2026, 7, 6, 8, 1, tzinfo=BUSINESS_ZONE)  # a Monday

Facts = dict[str, Any]


def _card(role: str, mcc: int, channel: Channel, fen: int, **attributes: str | int) -> Facts:
    return {"role": role, "mcc": mcc, "channel": channel, "amount_fen": fen, "attributes": attributes}


def _service(service: str, fen: int = 0, **attributes: str | int) -> Facts:
    return {"service": service, "channel": Channel.APP, "amount_fen": fen, "attributes": attributes}


#: One act of each scenario, in the order of their numbers. `role` stands for the first such merchant in Beijing.
EXAMPLES: Final[Mapping[str, Facts]] = {
    "metro_ride": _card("metro_operator", 4111, Channel.UNIONPAY_QR, 400),
    "bus_ride": _card("bus_operator", 4111, Channel.UNIONPAY_NFC, 200),
    "bike_share_ride": _card("bike_share", 7519, Channel.APP, 150),
    "ev_charging": _card("ev_charging", 5552, Channel.APP, 3_001),
    "rail_travel": _card("rail", 4112, Channel.ONLINE, 10_000),
    "coach_travel": _card("coach", 4131, Channel.ONLINE, 4_500),
    "ebike_charging": _card("ebike_charging", 4900, Channel.APP, 100),
    "etc_toll": _card("etc_toll", 4784, Channel.AUTO_DEBIT, 2_375),
    "walking_steps": _service("steps.recorded", steps=8_500),
    "utility_payment": _service("bill.paid", 8_640, payee_ref="water-110000", bill_ref="bill-7", period="2026-06"),
    "qr_payment": _card("", 5411, Channel.UNIONPAY_QR, 3_580),
    "mobile_transfer": _service("transfer.completed", 20_000, own_account="no", payee_ref="payee-wang"),
    "card_repayment": _service("card.repaid", 235_000, mandate="manual", statement_ref="statement-2026-06"),
    "government_payment": _service("tax.paid", 12_000, purpose_code="tax", document_ref="tax-2026-06"),
    "virtual_card": _service("card.issued", form="virtual", account_ref="credit-2"),
    "e_statement": _service("statement.delivered", mode="electronic", period="2026-06"),
    "online_account_opening": _service("account.opened", medium="none", account_ref="account-2"),
    "online_loan_application": _service("loan.disbursed", 2_000_000, loan_ref="loan-1"),
    "online_loan_repayment": _service("loan.repaid", 180_000, mandate="manual", loan_ref="loan-1", instalment_ref="1"),
    "online_wealth_service": _service("wealth.order_confirmed", 500_000, product_ref="fund-8"),
    "online_certificate": _service("certificate.issued", document_ref="certificate-3"),
}

#: Service events that are about one card: the card's token stands on the event.
_ABOUT_A_CARD: Final = {
    "virtual_card": ("card-lin-v", CardProduct.CREDIT),
    "e_statement": ("card-lin-c", CardProduct.CREDIT),
}


def event(scenario: str, /, **changes: Any) -> BankEvent:
    """Give one act of the scenario, with `changes` to any of its fields.

    Raises: KeyError for a scenario that does not exist.
    """
    facts = dict(EXAMPLES[scenario])
    role = facts.pop("role", None)
    if role is None:
        card_ref, product = _ABOUT_A_CARD.get(scenario, (None, None))
        who: Facts = {
            "kind": Kind.SERVICE_EVENT,
            "source": "mobile-bank",
            "card_ref": card_ref,
            "card_product": product,
        }
    else:
        who = {"kind": Kind.CARD_PAYMENT, "source": "card-switch", "card_ref": "card-lin-d", "city": BEIJING}
        who |= {"card_product": CardProduct.DEBIT, **merchant(role)}
    given: Facts = {
        "event_id": f"{scenario}-1",
        "customer_ref": CUSTOMER,
        "occurred_at": AT,
        "settled_on": date(2026, 7, 7),
    }
    return BankEvent(**(given | who | facts | changes))


def payment(**changes: Any) -> BankEvent:
    """Give an ordinary payment, which no scenario knows: a supermarket, by card at the till."""
    given: Facts = {
        "source": "card-switch",
        "event_id": "payment-1",
        "kind": Kind.CARD_PAYMENT,
        "customer_ref": CUSTOMER,
        "card_ref": "card-lin-d",
        "card_product": CardProduct.DEBIT,
        "channel": Channel.POS,
        "occurred_at": AT,
        "settled_on": date(2026, 7, 7),
        "amount_fen": 8_880,
        "mcc": 5411,
        "merchant_id": "898110054110001",
        "descriptor": "永辉超市",
        "city": BEIJING,
    }
    return BankEvent(**(given | changes))


def refund(original: BankEvent, amount_fen: int | None = None, **changes: Any) -> BankEvent:
    """Give the refund of a payment: all of it, or `amount_fen`; an hour later."""
    fen = original.amount_fen if amount_fen is None else amount_fen
    return _undoing(original, Kind.CARD_REFUND, f"{original.event_id}-r", fen, changes)


def reversal(original: BankEvent, **changes: Any) -> BankEvent:
    """Give the reversal of a payment or service event: it never happened."""
    return _undoing(original, Kind.CARD_REVERSAL, f"{original.event_id}-v", original.amount_fen, changes)


def row(of: BankEvent) -> dict[str, str]:
    """Give the canonical cells of an event, by column."""
    return rows.cells(of)


def csv_text(events: Iterable[BankEvent]) -> str:
    """Give a canonical CSV file of these events, in this order."""
    return "\n".join([rows.HEADER, *(rows.line(rows.texts(of)) for of in events)]) + "\n"


@cache
def merchant(role: str, city: int = BEIJING) -> dict[str, str]:
    """Give id and name of the first merchant of this role in the city, or nationwide; for no role, a corner shop."""
    if not role:
        return {"merchant_id": "898110054110007", "descriptor": "永辉超市"}
    known = [one for one in load().merchants if one.role == role and one.city in {city, None}]
    found = min(known, key=lambda one: one.city is None)
    return {"merchant_id": found.merchant_id, "descriptor": found.name}


def _undoing(original: BankEvent, kind: Kind, event_id: str, fen: int, changes: Facts) -> BankEvent:
    given: Facts = {
        "event_id": event_id,
        "kind": kind,
        "original_event_id": original.event_id,
        "occurred_at": original.occurred_at + timedelta(hours=1),
        "amount_fen": fen,
        "attributes": {},
    }
    return replace(original, **(given | changes))
