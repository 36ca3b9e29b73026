"""Ordinary payments: nine rows of ten, so this is the one tight loop of the synthetic bank.

Every draw is one multiplication into a table that was laid out before (`rhythm.urn`), and the line is put together from
parts that are text already. No object is made for a payment but its row.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple

from ditan.kernel.clock import BUSINESS_ZONE
from ditan.model import BankEvent, Channel, Kind
from ditan.testing.dice import Dice
from ditan.testing.people import Customer
from ditan.testing.rows import Row, Truth
from ditan.testing.shops import Shop
from ditan.testing.trouble import Draft

ORDINARY_FATE: Final = "not_green:not_green"

ORDINARY: Final = Truth("ordinary", ORDINARY_FATE)

_CLOCK: Final = tuple(f"{minute // 60:02d}:{minute % 60:02d}:" for minute in range(1_440))
_SECONDS: Final = tuple(f"{second:02d}+08:00" for second in range(60))


class Payer(NamedTuple):
    """A customer, the urn of the shops around, and the cells of each card."""

    customer: Customer
    shops: tuple[Shop, ...]
    card_cells: tuple[str, ...]


#: Who pays ordinary payments, as often as the place in the urn says.
Payers = tuple[Payer, ...]


def payments(payers: Payers, rng: Dice, day: date, count: int) -> list[Row]:
    """Give `count` ordinary payments of one day, in no order."""
    random = rng.random
    payers_count = len(payers)
    day_id = f"c{day:%y%m%d}o"
    on = f"{day.isoformat()}T"
    settled = f",{(day + timedelta(days=1)).isoformat()},"
    rows: list[Row] = []
    add, new = rows.append, tuple.__new__  # what `Row(...)` does, without its defaults
    for number in range(count):
        _, shops, cards = payers[int(random() * payers_count)]
        channels, prices_fen, minutes, tail = shops[int(random() * len(shops))].payment
        luck = random()
        card_cells = cards[int(luck * len(cards))]
        # The further bits of one draw are as random as the first ones: enough for a choice among 2, 8, 256 and 60.
        bits = int(luck * 4_503_599_627_370_496)
        second = bits % 60
        minute = minutes[int(random() * len(minutes))]
        event_id = f"{day_id}{number}"
        line = (
            f"card-switch,{event_id},card_payment,,{card_cells},{channels[bits & 7]},{on}{_CLOCK[minute]}"
            f"{_SECONDS[second]}{settled}{prices_fen[bits >> 8 & 255]},{tail}"
        )
        add(new(Row, (minute * 60 + second, line, event_id, ORDINARY, None)))
    return rows


def drafts(payers: Payers, rng: Dice, index: int, day: date, count: int) -> Iterator[Draft]:
    """Give `count` ordinary payments as drafts, for those that will meet trouble."""
    for number in range(count):
        customer, shops, _ = rng.pick(payers)
        shop = rng.pick(shops)
        card = rng.pick(customer.cards)
        second = rng.pick(shop.minutes) * 60 + rng.whole(0, 60)
        event = BankEvent(
            source="card-switch",
            event_id=f"c{day:%y%m%d}t{number}",
            kind=Kind.CARD_PAYMENT,
            customer_ref=customer.ref,
            card_ref=card.ref,
            card_product=card.product,
            channel=Channel(rng.pick(shop.channels)),
            occurred_at=datetime.combine(day, time(), BUSINESS_ZONE) + timedelta(seconds=second),
            settled_on=day + timedelta(days=1),
            amount_fen=rng.pick(shop.prices_fen),
            mcc=shop.mcc,
            merchant_id=shop.merchant_id,
            descriptor=shop.descriptor,
            city=shop.city,
        )
        yield Draft(index, second, event, "ordinary", ORDINARY_FATE)
