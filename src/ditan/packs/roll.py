"""What every pack must keep of the specification (research notes §2): the scenarios, their caps, their look-alikes.

A pack may be stricter than this page, never looser. To change this page is to change the product.
"""

from __future__ import annotations

from typing import Final

from ditan.model import Family

#: The 21 scenarios of the business case. Their numbers are stored with every act and never change.
ROLL: Final = {
    Family.TRAVEL: {
        1: "metro_ride",
        2: "bus_ride",
        3: "bike_share_ride",
        4: "ev_charging",
        5: "rail_travel",
        6: "coach_travel",
        7: "ebike_charging",
        8: "etc_toll",
        9: "walking_steps",
    },
    Family.FINANCE: {
        10: "utility_payment",
        11: "qr_payment",
        12: "mobile_transfer",
        13: "card_repayment",
        14: "government_payment",
        15: "virtual_card",
    },
    Family.ONLINE: {
        16: "e_statement",
        17: "online_account_opening",
        18: "online_loan_application",
        19: "online_loan_repayment",
        20: "online_wealth_service",
        21: "online_certificate",
    },
}
#: Acts a day and a month no pack may exceed (research notes §2.5): a programme may be stricter, never looser.
ACTS_MAX: Final = {
    "metro_ride": (4, 80),
    "bus_ride": (6, 100),
    "bike_share_ride": (4, 60),
    "ev_charging": (2, 20),
    "rail_travel": (2, 8),
    "coach_travel": (2, 8),
    "ebike_charging": (1, 20),
    "etc_toll": (4, 40),
    "walking_steps": (1, 31),
    "utility_payment": (3, 10),
    "qr_payment": (10, 100),
    "mobile_transfer": (2, 10),
    "card_repayment": (1, 2),
    "government_payment": (1, 4),
    "virtual_card": (1, 1),
    "e_statement": (5, 5),
    "online_account_opening": (1, 1),
    "online_loan_application": (1, 1),
    "online_loan_repayment": (1, 3),
    "online_wealth_service": (1, 2),
    "online_certificate": (1, 4),
}
#: Codes of the look-alikes every bank meets (§2.2, "Watch out"): a code stands as often as there are ways to tell it.
LOOK_ALIKES: Final[dict[str, tuple[str, ...]]] = {
    "metro_ride": (
        "transit_top_up",
        "transit_pass",
        "transit_top_up",
        "several_rides_in_one_payment",
        "parking_fee",
        "wallet_funded",
    ),
    "bus_ride": (
        "transit_top_up",
        "transit_top_up",
        "transit_top_up",
        "transit_pass",
        "chartered_vehicle",
        "ferry",
        "several_rides_in_one_payment",
        "wallet_funded",
    ),
    "bike_share_ride": (
        "ride_pass",
        "ride_deposit",
        "ride_penalty",
        "ride_wallet_top_up",
        "ride_pass",
        "wallet_funded",
    ),
    "ev_charging": (
        "charging_wallet_top_up",
        "charging_wallet_top_up",
        "parking_fee",
        "fuel_purchase",
        "power_bank",
        "two_wheeler",
        "business_vehicle",
        "wallet_funded",
    ),
    "rail_travel": (
        "rail_refund_or_change_fee",
        "travel_agent",
        "travel_agent",
        "travel_insurance",
        "rail_meal",
        "parcel_or_luggage",
        "wallet_funded",
    ),
    "coach_travel": (
        "travel_agent",
        "travel_agent",
        "chartered_vehicle",
        "parcel_or_luggage",
        "travel_insurance",
        "wallet_funded",
    ),
    "ebike_charging": (
        "charging_wallet_top_up",
        "charging_plan",
        "battery_rental",
        "charging_plan",
        "wallet_funded",
    ),
    "etc_toll": (
        "etc_top_up",
        "etc_service_fee",
        "parking_fee",
        "manual_lane",
        "business_vehicle",
    ),
    "walking_steps": ("steps_missing",),
    "utility_payment": (
        "payment_too_small",
        "automatic_debit",
        "automatic_debit",
        "at_the_counter",
        "not_a_utility_bill",
        "arrears_penalty",
        "wallet_funded",
    ),
    "qr_payment": (
        "payment_too_small",
        "fuel_purchase",
        "fuel_purchase",
        "air_travel",
        "cash_like",
        "gambling",
        "parking_fee",
        "stored_value_top_up",
        "wallet_funded",
    ),
    "mobile_transfer": (
        "own_account_transfer",
        "automatic_debit",
        "automatic_debit",
        "at_the_counter",
        "payment_too_small",
    ),
    "card_repayment": (
        "automatic_debit",
        "automatic_debit",
        "at_the_counter",
        "fee_not_repayment",
        "payment_too_small",
        "wallet_funded",
    ),
    "government_payment": (
        "fine_payment",
        "fine_payment",
        "fine_payment",
        "court_deposit",
        "automatic_debit",
        "automatic_debit",
        "at_the_counter",
        "wallet_funded",
    ),
    "virtual_card": (
        "plastic_card_issued",
        "plastic_card_issued",
        "card_form_unknown",
        "debit_card_issued",
        "at_the_counter",
    ),
    "e_statement": (
        "paper_statement",
        "statement_mode_unknown",
    ),
    "online_account_opening": (
        "at_the_counter",
        "plastic_card_issued",
        "plastic_card_issued",
    ),
    "online_loan_application": (
        "loan_only_applied",
        "at_the_counter",
    ),
    "online_loan_repayment": (
        "automatic_debit",
        "automatic_debit",
        "at_the_counter",
        "payment_too_small",
    ),
    "online_wealth_service": (
        "order_not_confirmed",
        "automatic_debit",
        "automatic_debit",
        "at_the_counter",
    ),
    "online_certificate": (
        "at_the_counter",
        "paper_certificate",
    ),
}
