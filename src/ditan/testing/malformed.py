"""Rows that a feed must reject: a correct payment with one fault, one kind after the other.

The only card numbers of the synthetic bank are here. They pass the Luhn check and belong to nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final, NamedTuple

from ditan.testing import rows
from ditan.testing.dice import Dice
from ditan.testing.digits import card_number
from ditan.testing.rows import COLUMNS, Cells, Row, Truth

#: One row in this many is malformed.
MALFORMED_EVERY: Final = 3_000


class Fault(NamedTuple):
    """How to spoil a good row, and the code under which the feed must reject it."""

    name: str
    code: str
    spoil: Callable[[Cells, Dice], Cells]
    text_only: bool = False  # a typed column of a Parquet file cannot hold it


def _set(**changes: str) -> Callable[[Cells, Dice], Cells]:
    return lambda cells, _: cells | changes


def _number_in(column: str, before: str, length: int) -> Callable[[Cells, Dice], Cells]:
    return lambda cells, rng: cells | {column: before + card_number(rng, length)}


def _grouped_number(cells: Cells, rng: Dice) -> Cells:
    digits = card_number(rng, 16)
    return cells | {"descriptor": "转账 " + " ".join(digits[place : place + 4] for place in range(0, 16, 4))}


FAULTS: Final = (
    Fault("card_number_in_descriptor", "pan_found", _number_in("descriptor", "向卡号", 19)),
    Fault("card_number_as_token", "pan_found", _number_in("card_ref", "", 16)),
    Fault("card_number_in_groups", "pan_found", _grouped_number),
    Fault("negative_amount", "amount_not_positive", _set(amount_fen="-1200")),
    Fault("zero_amount", "amount_not_positive", _set(amount_fen="0")),
    Fault("huge_amount", "amount_too_large", _set(amount_fen="999999999999")),
    Fault("unknown_kind", "unknown_kind", _set(kind="card_presentment")),
    Fault("future", "time_in_future", _set(occurred_at="2099-01-01T08:00:00+08:00", settled_on="2099-01-02")),
    Fault("ancient", "time_too_old", _set(occurred_at="1990-01-01T08:00:00+08:00", settled_on="1990-01-02")),
    Fault("no_event_id", "missing_field", _set(event_id="")),
    Fault("no_customer", "missing_field", _set(customer_ref="")),
    Fault("unknown_channel", "unknown_channel", _set(channel="fax")),
    Fault("unknown_product", "unknown_card_product", _set(card_product="prepaid")),
    Fault("bad_currency", "bad_currency", _set(currency="RMB1")),
    Fault("bad_mcc", "bad_mcc", _set(mcc="99999")),
    Fault("bad_city", "bad_city", _set(city="110")),
    Fault("bad_attributes", "bad_attributes", _set(attributes="distance=8km")),
    Fault("long_descriptor", "field_too_long", _set(descriptor="超市" * 600)),
    Fault("refund_of_nothing", "missing_original", _set(kind="card_refund")),
    Fault("amount_in_yuan", "bad_amount", _set(amount_fen="35.80"), text_only=True),
    Fault("time_in_words", "bad_time", _set(occurred_at="昨天上午"), text_only=True),
)


def malformed_rows(rng: Dice, *, typed: bool) -> Callable[[date, int, int], list[Row]]:
    """Give a maker of one day's malformed rows; the faults come round one after the other, all of them in any feed."""
    faults = [fault for fault in FAULTS if not (typed and fault.text_only)]
    made = 0

    def of_day(day: date, good_rows: int, days: int) -> list[Row]:
        nonlocal made
        count = max(-(-len(faults) // days), good_rows // MALFORMED_EVERY)
        found = []
        for _ in range(count):
            found.append(_malformed(faults[made % len(faults)], made, day, rng))
            made += 1
        return found

    return of_day


def good_cells(day: date, number: int, second: int) -> Cells:
    """A correct ordinary payment to spoil."""
    clock = f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
    given = {
        "source": "card-switch",
        "event_id": f"c{day:%y%m%d}m{number}",
        "kind": "card_payment",
        "customer_ref": "cust-0000001",
        "card_ref": "card-0000001-d",
        "card_product": "debit",
        "channel": "pos",
        "occurred_at": f"{day}T{clock}+08:00",
        "settled_on": f"{day + timedelta(days=1)}",
        "amount_fen": "3580",
        "currency": "CNY",
        "mcc": "5411",
        "merchant_id": "898110054110900",
        "descriptor": "永辉超市",
        "city": "110000",
    }
    return {name: given.get(name, "") for name in COLUMNS}


def _malformed(fault: Fault, number: int, day: date, rng: Dice) -> Row:
    second = rng.whole(0, 86_400)
    cells = fault.spoil(good_cells(day, number, second), rng)
    truth = Truth("malformed", f"rejected:{fault.code}", fault.name)
    return Row(second, rows.line(cells.values()), cells["event_id"], truth)
