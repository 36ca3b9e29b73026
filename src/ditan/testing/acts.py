"""The 21 scenarios as a customer lives them: one function per scenario that draws the facts of one act.

Shapes (merchant role, MCC, channel, service, attributes) follow domain.md §2.2; quantities vary over everything the
methodology can use: measured by the operator, a published fare, an odd fare that fits no band, or nothing at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from ditan.model import CardProduct, Channel, Kind, Merchant, Pack
from ditan.testing.dice import Dice
from ditan.testing.people import Card, Customer

Facts = dict[str, Any]
"""Fields of `BankEvent` that make the act; who, when and the ids are added by the caller."""

QR_SHOPS: Final = (
    (5411, "永辉超市"),
    (5499, "罗森便利店"),
    (5812, "兰州拉面"),
    (5814, "庆丰包子铺"),
    (5912, "同仁堂药店"),
)


@dataclass(slots=True)
class Scene:
    """What an act is drawn from: the dice, the methodology's merchants and tariffs, the customer, where and when."""

    rng: Dice
    places: Places
    customer: Customer
    card: Card
    city: int
    month: str  # `2026-07`, as bills and statements name it
    number: int  # of the act, for references that must be unique


class Places:
    """The merchants and metro fares of a pack, by city."""

    def __init__(self, pack: Pack) -> None:
        self._merchants: dict[tuple[str, int | None], list[Merchant]] = {}
        for merchant in pack.merchants:
            self._merchants.setdefault((merchant.role, merchant.city), []).append(merchant)
        self.fares = {
            city: [band.fare_fen for band in tariff.bands]
            for tariff in pack.tariffs
            if tariff.family == "metro_fare"
            for city in tariff.cities
        }
        # People live where the registry knows a bus company; the cities whose metro fares are known are the biggest.
        served = {city for role, city in self._merchants if role == "bus_operator" and city is not None}
        self.cities = sorted(served, key=lambda city: (city not in self.fares, city))

    def merchants(self, role: str, city: int) -> list[Merchant]:
        """Merchants of this role in the city, or nationwide ones, or any: a traveler pays where he is."""
        return (
            self._merchants.get((role, city))
            or self._merchants.get((role, None))
            or [merchant for (known, _), some in self._merchants.items() if known == role for merchant in some]
        )


# --- travel ---------------------------------------------------------------------------------------------------------


def metro_ride(scene: Scene) -> Facts:
    """Gate or ride code: with the operator's distance, at a published fare, at an odd one, or a day's rides counted."""
    fares = scene.places.fares.get(scene.city, [200, 300, 400])
    fare = scene.rng.pick(fares[: max(2, len(fares) * 2 // 3)])
    attributes: Facts = {}
    luck = scene.rng.random()
    if luck < 0.25:
        attributes = {"distance_m": scene.rng.whole(900, 31_000)}
    elif luck < 0.37:
        fare = fare * 9 // 10 - 1
    elif luck < 0.40:
        attributes = {"ride_count": scene.rng.whole(2, 8)}
        fare *= attributes["ride_count"]
    channel = scene.rng.pick((Channel.UNIONPAY_QR, Channel.UNIONPAY_NFC))
    return _paid(scene, "metro_operator", 4111, channel, fare, attributes)


def bus_ride(scene: Scene) -> Facts:
    """One or two yuan, by ride code or tap."""
    attributes: Facts = {"distance_m": scene.rng.whole(600, 15_000)} if scene.rng.random() < 0.15 else {}
    channel = scene.rng.pick((Channel.UNIONPAY_QR, Channel.UNIONPAY_QR, Channel.UNIONPAY_NFC))
    return _paid(scene, "bus_operator", 4111, channel, scene.rng.pick((100, 200, 200, 180)), attributes)


def bike_share_ride(scene: Scene) -> Facts:
    """A shared bike, sometimes a shared e-bike, sometimes measured."""
    attributes: Facts = {}
    if scene.rng.random() < 0.5:
        attributes["vehicle"] = scene.rng.pick(("bike", "bike", "ebike"))
    if scene.rng.random() < 0.3:
        attributes["distance_m"] = scene.rng.whole(300, 6_000)
    channel = scene.rng.pick((Channel.APP, Channel.ONLINE))
    return _paid(scene, "bike_share", 7519, channel, scene.rng.pick((150, 150, 200, 250, 350)), attributes)


def ev_charging(scene: Scene) -> Facts:
    """A public charge of 8 to 60 kWh; half of them with the meter reading."""
    watt_hours = scene.rng.whole(8_000, 60_000)
    fen = watt_hours * scene.rng.whole(95, 175) // 1000
    fen += fen % 1_000 == 0  # a round amount would look like a top-up of the charging wallet
    attributes: Facts = {"electricity_wh": watt_hours} if scene.rng.random() < 0.5 else {}
    mcc = scene.rng.pick((4900, 5541, 5552))
    return _paid(scene, "ev_charging", mcc, scene.rng.pick((Channel.APP, Channel.ONLINE)), fen, attributes)


def rail_travel(scene: Scene) -> Facts:
    """One ticket of one passenger."""
    fen = scene.rng.pick((3_450, 5_450, 9_300, 12_850, 25_800, 35_400, 55_300)) + 50 * scene.rng.whole(0, 20)
    return _paid(scene, "rail", 4112, Channel.ONLINE, fen, {})


def coach_travel(scene: Scene) -> Facts:
    """A coach ticket, energy only."""
    channel = scene.rng.pick((Channel.ONLINE, Channel.APP))
    return _paid(scene, "coach", 4131, channel, 100 * scene.rng.whole(15, 160), {})


def ebike_charging(scene: Scene) -> Facts:
    """A charge at a cabinet of two-wheelers."""
    return _paid(scene, "ebike_charging", 4900, Channel.APP, scene.rng.pick((50, 100, 150, 200, 300)), {})


def etc_toll(scene: Scene) -> Facts:
    """An exit of a toll road, debited by the ETC issuer."""
    return _paid(scene, "etc_toll", 4784, Channel.AUTO_DEBIT, 5 * scene.rng.whole(80, 2_400), {})


def walking_steps(scene: Scene) -> Facts:
    """The day's steps, from the phone's health data."""
    return _served("steps.recorded", Channel.APP, {"steps": scene.rng.whole(1_200, 24_000)})


# --- digital finance ------------------------------------------------------------------------------------------------


def utility_payment(scene: Scene) -> Facts:
    """A bill of this month: half as a card payment to the utility, half as the bank's own bill event."""
    fen = scene.rng.whole(1_200, 38_000)
    bill = {"bill_ref": f"bill-{scene.customer.index}-n{scene.number}", "period": scene.month}
    if scene.rng.random() < 0.5:
        return _paid(scene, "utility", scene.rng.pick((4900, 4814)), Channel.APP, fen, bill)
    return _served("bill.paid", Channel.APP, bill | {"payee_ref": f"utility-{scene.city}"}) | {"amount_fen": fen}


def qr_payment(scene: Scene) -> Facts:
    """A UnionPay code or tap in a shop that no registry knows."""
    mcc, name = scene.rng.pick(QR_SHOPS)
    channel = scene.rng.pick((Channel.UNIONPAY_QR, Channel.UNIONPAY_QR, Channel.UNIONPAY_NFC))
    return _facts(Kind.CARD_PAYMENT, channel, scene.rng.whole(300, 26_000), {}) | {
        "mcc": mcc,
        "merchant_id": f"QR{scene.city}{mcc}{scene.rng.whole(0, 100):02d}",
        "descriptor": name,
        "city": scene.city,
    }


def mobile_transfer(scene: Scene) -> Facts:
    """To somebody else, in the app."""
    payee = f"payee-{scene.customer.index}-{scene.rng.whole(0, 12)}"
    facts = {"own_account": "no", "payee_ref": payee}
    return _served("transfer.completed", Channel.APP, facts) | {"amount_fen": 100 * scene.rng.whole(10, 9_000)}


def card_repayment(scene: Scene) -> Facts:
    """The month's credit-card statement, repaid by hand."""
    attributes = {"mandate": "manual", "statement_ref": f"statement-{scene.customer.index}-of-{scene.month}"}
    return _served("card.repaid", Channel.APP, attributes) | {"amount_fen": scene.rng.whole(20_000, 900_000)}


def government_payment(scene: Scene) -> Facts:
    """A tax or a fee, never a fine: the bank's own event, or a card payment to an authority."""
    attributes = {"purpose_code": scene.rng.pick(("tax", "fee")), "document_ref": f"gov-{scene.number}"}
    fen = scene.rng.whole(2_000, 400_000)
    if scene.rng.random() < 0.3:
        return _paid(scene, "government", scene.rng.pick((9311, 9399)), Channel.ONLINE, fen, attributes)
    return _served("tax.paid", Channel.APP, attributes) | {"amount_fen": fen}


def virtual_card(scene: Scene) -> Facts:
    """A credit card that exists in the phone only."""
    new = {"card_ref": f"{scene.customer.ref}-v{scene.number}", "card_product": CardProduct.CREDIT}
    return _served("card.issued", Channel.APP, {"form": "virtual", "account_ref": f"credit-{scene.number}"}) | new


# --- handling business online ---------------------------------------------------------------------------------------


def e_statement(scene: Scene) -> Facts:
    """The month's statement of one card, delivered by e-mail, paper switched off."""
    attributes = {"mode": "electronic", "period": scene.month}
    card = {"card_ref": scene.card.ref, "card_product": scene.card.product}
    return _served("statement.delivered", Channel.APP, attributes) | card


def online_account_opening(scene: Scene) -> Facts:
    """A second-class account without a card."""
    return _served("account.opened", Channel.APP, {"medium": "none", "account_ref": f"account-{scene.number}"})


def online_loan_application(scene: Scene) -> Facts:
    """A loan that was paid out, not merely applied for."""
    attributes = {"loan_ref": f"loan-{scene.customer.index}-n{scene.number}"}
    return _served("loan.disbursed", Channel.APP, attributes) | {"amount_fen": 100_000 * scene.rng.whole(5, 200)}


def online_loan_repayment(scene: Scene) -> Facts:
    """One instalment, by hand."""
    loan = f"loan-{scene.customer.index}"
    attributes = {"mandate": "manual", "loan_ref": loan, "instalment_ref": f"{loan}-of-{scene.month}"}
    return _served("loan.repaid", Channel.APP, attributes) | {"amount_fen": scene.rng.whole(50_000, 600_000)}


def online_wealth_service(scene: Scene) -> Facts:
    """An order for a fund that was confirmed."""
    attributes = {"product_ref": f"fund-{scene.rng.whole(0, 40):03d}"}
    return _served("wealth.order_confirmed", Channel.APP, attributes) | {"amount_fen": 10_000 * scene.rng.whole(1, 500)}


def online_certificate(scene: Scene) -> Facts:
    """A certificate of assets or of account movements, with an electronic seal."""
    return _served("certificate.issued", Channel.APP, {"document_ref": f"certificate-{scene.number}"})


ACTS: Final[dict[str, Callable[[Scene], Facts]]] = {
    act.__name__: act
    for act in (
        *(metro_ride, bus_ride, bike_share_ride, ev_charging, rail_travel, coach_travel, ebike_charging, etc_toll),
        *(walking_steps, utility_payment, qr_payment, mobile_transfer, card_repayment, government_payment),
        *(virtual_card, e_statement, online_account_opening, online_loan_application, online_loan_repayment),
        *(online_wealth_service, online_certificate),
    )
}


# --- shared shapes --------------------------------------------------------------------------------------------------


def _facts(kind: Kind, channel: Channel, amount_fen: int, attributes: Facts) -> Facts:
    return {"kind": kind, "channel": channel, "amount_fen": amount_fen, "attributes": attributes}


def _paid(scene: Scene, role: str, mcc: int, channel: Channel, fen: int, attributes: Facts) -> Facts:
    merchant = scene.rng.pick(scene.places.merchants(role, scene.city))
    return _facts(Kind.CARD_PAYMENT, channel, fen, attributes) | {
        "mcc": mcc,
        "merchant_id": merchant.merchant_id,
        "descriptor": merchant.name,
        "city": merchant.city or scene.city,
    }


def _served(service: str, channel: Channel, attributes: Facts) -> Facts:
    return _facts(Kind.SERVICE_EVENT, channel, 0, attributes) | {"service": service}
