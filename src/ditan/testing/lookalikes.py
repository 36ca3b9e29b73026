"""Events that look like an act and are none (domain.md §2.2, "watch out"), and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from ditan.model import Channel, Kind
from ditan.testing import acts
from ditan.testing.acts import Facts, Scene


class LookAlike(NamedTuple):
    """How to draw one, and the code under which it must be set aside."""

    draw: Callable[[Scene], Facts]
    code: str


def transit_top_up(scene: Scene) -> Facts:
    """Money onto a transit card: round, large, at the card company, under the MCC of rides."""
    channel = scene.rng.pick((Channel.UNIONPAY_QR, Channel.APP))
    facts = _paid(scene, "transit_card", 4111, channel, scene.rng.pick((2_000, 5_000, 10_000)))
    return facts | {"descriptor": "公交一卡通 充值"}


def ride_aggregate(scene: Scene) -> Facts:
    """A day of rides in one debit and no ride count: above any fare, so it cannot be one ride."""
    return _paid(scene, "metro_operator", 4111, Channel.UNIONPAY_QR, scene.rng.pick((1_650, 1_980, 2_350, 3_120)))


def ride_pass(scene: Scene) -> Facts:
    """A month of shared bikes, paid in advance: not a ride."""
    facts = _paid(scene, "bike_share", 7519, Channel.APP, scene.rng.pick((1_000, 1_500, 2_500)))
    return facts | {"descriptor": f"{facts['descriptor']} 骑行月卡"}


def charger_top_up(scene: Scene) -> Facts:
    """Money into the wallet of a charging network: not a charge."""
    facts = _paid(scene, "ev_charging", 4900, Channel.APP, scene.rng.pick((10_000, 20_000, 50_000)))
    return facts | {"descriptor": f"{facts['descriptor']} 账户充值"}


def charger_parking(scene: Scene) -> Facts:
    """The parking fee at a charging station."""
    facts = _paid(scene, "ev_charging", 7523, Channel.APP, scene.rng.pick((500, 800, 1_000)))
    return facts | {"descriptor": f"{facts['descriptor']} 停车费"}


def own_account_transfer(scene: Scene) -> Facts:
    """From one of one's own accounts to another."""
    facts = acts.mobile_transfer(scene)
    return facts | {"attributes": {"own_account": "yes", "payee_ref": "self"}}


def auto_debit_repayment(scene: Scene) -> Facts:
    """A credit-card statement that the bank debits by itself."""
    facts = acts.card_repayment(scene)
    return facts | {"channel": Channel.AUTO_DEBIT, "attributes": facts["attributes"] | {"mandate": "auto"}}


def auto_debit_loan(scene: Scene) -> Facts:
    """A loan instalment that the bank debits by itself."""
    facts = acts.online_loan_repayment(scene)
    return facts | {"channel": Channel.AUTO_DEBIT, "attributes": facts["attributes"] | {"mandate": "auto"}}


def fine(scene: Scene) -> Facts:
    """A traffic fine: nobody is rewarded for one."""
    facts = acts.government_payment(scene)
    return facts | {"amount_fen": 20_000, "attributes": facts["attributes"] | {"purpose_code": "fine"}}


def counter_transfer(scene: Scene) -> Facts:
    """A transfer at a branch."""
    return acts.mobile_transfer(scene) | {"channel": Channel.COUNTER}


def paper_statement(scene: Scene) -> Facts:
    """A statement by post."""
    facts = acts.e_statement(scene)
    return facts | {"attributes": facts["attributes"] | {"mode": "paper"}}


def plastic_card(scene: Scene) -> Facts:
    """A credit card that is printed."""
    facts = acts.virtual_card(scene)
    return facts | {"attributes": facts["attributes"] | {"form": "plastic"}}


def fuel_by_code(scene: Scene) -> Facts:
    """Petrol paid by UnionPay code: paying for fuel is never rewarded."""
    return acts.qr_payment(scene) | {"mcc": 5541, "descriptor": "中国石化加油站", "amount_fen": 30_000}


def small_by_code(scene: Scene) -> Facts:
    """Less than one yuan by code: too small to count (the rule of Ant Forest)."""
    return acts.qr_payment(scene) | {"amount_fen": scene.rng.whole(1, 100)}


def abroad(scene: Scene) -> Facts:
    """A metro ride in Hong Kong, in another currency."""
    return _facts(Channel.UNIONPAY_NFC, scene.rng.pick((1_250, 1_580))) | {
        "currency": "HKD",
        "mcc": 4111,
        "descriptor": "MTR METRO HONG KONG",
        "city": None,
    }


def card_order(scene: Scene) -> Facts:
    """An account opened in the app, with a card in the post."""
    facts = acts.online_account_opening(scene)
    return facts | {"attributes": facts["attributes"] | {"medium": "card"}}


def branch_account(scene: Scene) -> Facts:
    """An account opened at a branch."""
    return acts.online_account_opening(scene) | {"channel": Channel.COUNTER}


def loan_applied(scene: Scene) -> Facts:
    """A loan that was only applied for."""
    return acts.online_loan_application(scene) | {"service": "loan.applied"}


def order_placed(scene: Scene) -> Facts:
    """An order for a fund that is not confirmed yet."""
    return acts.online_wealth_service(scene) | {"service": "wealth.order_placed"}


def wallet_ride(scene: Scene) -> Facts:
    """A metro ride paid through another wallet, which may count it as well."""
    facts = acts.metro_ride(scene)
    return facts | {"channel": Channel.ONLINE, "descriptor": f"支付宝-{facts['descriptor']}", "amount_fen": 400}


def agent_ticket(scene: Scene) -> Facts:
    """A train ticket bought at an agency: fees and other people's tickets are mixed in."""
    facts = _paid(scene, "travel_agency", 4112, Channel.ONLINE, 50 * scene.rng.whole(80, 900))
    return facts | {"descriptor": f"{facts['descriptor']} 火车票"}


def manual_lane(scene: Scene) -> Facts:
    """A toll paid by card in a manual lane."""
    return acts.etc_toll(scene) | {"channel": Channel.POS}


def utility_at_counter(scene: Scene) -> Facts:
    """A water bill paid at a branch: no trip was saved."""
    return acts.utility_payment(scene) | {"channel": Channel.COUNTER}


def utility_auto_debit(scene: Scene) -> Facts:
    """A water bill that the bank debits by itself."""
    return acts.utility_payment(scene) | {"channel": Channel.AUTO_DEBIT}


LOOK_ALIKES: Final[dict[str, LookAlike]] = {
    look_alike.draw.__name__: look_alike
    for look_alike in (
        LookAlike(transit_top_up, "transit_top_up"),
        LookAlike(ride_aggregate, "several_rides_in_one_payment"),
        LookAlike(ride_pass, "ride_pass"),
        LookAlike(wallet_ride, "wallet_funded"),
        LookAlike(agent_ticket, "travel_agent"),
        LookAlike(manual_lane, "manual_lane"),
        LookAlike(charger_top_up, "charging_wallet_top_up"),
        LookAlike(charger_parking, "parking_fee"),
        LookAlike(own_account_transfer, "own_account_transfer"),
        LookAlike(counter_transfer, "at_the_counter"),
        LookAlike(auto_debit_repayment, "automatic_debit"),
        LookAlike(auto_debit_loan, "automatic_debit"),
        LookAlike(utility_auto_debit, "automatic_debit"),
        LookAlike(utility_at_counter, "at_the_counter"),
        LookAlike(fine, "fine_payment"),
        LookAlike(paper_statement, "paper_statement"),
        LookAlike(plastic_card, "plastic_card_issued"),
        LookAlike(card_order, "plastic_card_issued"),
        LookAlike(branch_account, "at_the_counter"),
        LookAlike(loan_applied, "loan_only_applied"),
        LookAlike(order_placed, "order_not_confirmed"),
        LookAlike(fuel_by_code, "fuel_purchase"),
        LookAlike(small_by_code, "payment_too_small"),
        LookAlike(abroad, "foreign_currency"),
    )
}


def _facts(channel: Channel, fen: int) -> Facts:
    return {"kind": Kind.CARD_PAYMENT, "channel": channel, "amount_fen": fen, "attributes": {}}


def _paid(scene: Scene, role: str, mcc: int, channel: Channel, fen: int) -> Facts:
    merchant = scene.rng.pick(scene.places.merchants(role, scene.city))
    return _facts(channel, fen) | {
        "mcc": mcc,
        "merchant_id": merchant.merchant_id,
        "descriptor": merchant.name,
        "city": merchant.city or scene.city,
    }
