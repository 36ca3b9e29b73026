"""The synthetic bank: customers, their accounts, and everything its feed would bring, with the truth about each row.

`make_bank` draws who lives there; `Bank.deliveries` then plays day by day what the bank sends, and may be asked again:
the same bank gives the same rows. Nothing is held but one day and the rows that are still under way, so the size of a
bank costs time and not memory.

The truth is the generator's intent. It never asks Ditan, so Ditan can be compared with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from operator import attrgetter
from typing import Final, NamedTuple

from ditan.kernel.errors import InvalidInput
from ditan.model import Pack, Scenario
from ditan.packs.loading import load
from ditan.testing.acts import Places
from ditan.testing.dice import Dice
from ditan.testing.habits import Living
from ditan.testing.malformed import malformed_rows
from ditan.testing.payments import Payer, Payers, drafts, payments
from ditan.testing.people import DAY_S, Customer, Step, people, steps
from ditan.testing.rhythm import busyness_percent, dates, urn
from ditan.testing.rows import Row
from ditan.testing.shops import Shop, shop_urn, shops_of_city
from ditan.testing.trouble import Draft, Trouble, Troubles, deliver, fitting, told
from ditan.testing.writing import Written, write

__all__ = ["Bank", "Day", "Written", "make_bank", "write"]

DEFAULT_START: Final = date(2026, 7, 1)

#: Ordinary payments of one customer on a mean day. With the habits of `habits.py` nine events of ten are ordinary.
ORDINARY_PER_DAY: Final = 1.7

#: One ordinary payment in `ORDINARY_TROUBLE_EVERY` meets trouble; of the acts, 27 in `ACT_TROUBLE_EVERY` do.
ORDINARY_TROUBLE_EVERY: Final = 60
ACT_TROUBLE_EVERY: Final = 540

customers_max: Final = 5_000_000
days_max: Final = 3_660


class Day(NamedTuple):
    """What the bank sends on one day, in the order in which it stands in the file."""

    number: int  # from 0
    on: date
    rows: list[Row]


@dataclass(slots=True, frozen=True)
class Bank:
    """A bank that can be played: the plan of everybody's account, the shops, and a seed for everything else."""

    customers: list[Customer]
    days: int
    seed: int
    start: date
    pack: Pack
    places: Places
    payers: Payers

    def account_steps(self) -> list[Step]:
        """What customers do with their accounts, in order of time."""
        found = [step for customer in self.customers for step in steps(customer, self.days * DAY_S)]
        return sorted(found, key=attrgetter("t", "order"))

    def deliveries(self, *, typed: bool = False) -> Iterator[Day]:
        """Play the bank: one file's worth of rows per day. Every call plays the same.

        `typed` leaves out the few malformed rows that only text can hold: a Parquet column of whole numbers has no
        place for `35.80`.
        """
        living = Living(self.places, _scenarios(self.pack), self.customers, Dice(f"{self.seed}/habits"))
        dice = Dice(f"{self.seed}/payments")
        luck = Dice(f"{self.seed}/trouble")
        act_troubles = Troubles(luck, ACT_TROUBLE_EVERY)
        payment_troubles = Troubles(luck, every=0)
        bad = malformed_rows(Dice(f"{self.seed}/malformed"), typed=typed)
        under_way: dict[int, list[Row]] = {}
        for index, day in enumerate(dates(self.start, self.days)):
            count = round(len(self.customers) * ORDINARY_PER_DAY * busyness_percent(day) / 100)
            troubled = -(-count // ORDINARY_TROUBLE_EVERY)
            rows = payments(self.payers, dice, day, count - troubled)
            rows += under_way.pop(index, [])
            for draft in living.day(index, day):
                chosen = Trouble.NONE if draft.label else act_troubles.next()
                _send(draft, chosen, luck, self.days - 1, index, rows, under_way)
            for draft in drafts(self.payers, dice, index, day, troubled):
                _send(draft, payment_troubles.next(), luck, self.days - 1, index, rows, under_way)
            rows += bad(day, len(rows), self.days)
            rows.sort(key=attrgetter("key"))
            yield Day(index, day, rows)


def make_bank(customers: int, days: int, seed: int, start: date = DEFAULT_START, pack: Pack | None = None) -> Bank:
    """Draw a bank of `customers` people whose feed runs for `days` days from `start`.

    The merchants, cities, fares and consents are those of `pack`, by default the shipped methodology.
    Raises: InvalidInput when a number is outside its bounds.
    """
    if not 1 <= customers <= customers_max:
        raise InvalidInput(f"A bank has 1 to {customers_max:,} customers, not {customers:,}.")
    if not 1 <= days <= days_max:
        raise InvalidInput(f"A feed runs for 1 to {days_max:,} days, not {days:,}.")
    pack = pack or load()
    end = start + timedelta(days=days - 1)
    if not pack.valid_from <= start <= end <= pack.valid_to:
        raise InvalidInput(
            f"{pack.number} holds from {pack.valid_from} to {pack.valid_to}; the feed would run from {start} to {end}.",
            hint="Choose another start or fewer days: outside the methodology nothing could count.",
        )
    places = Places(pack)
    living_in = people(Dice(f"{seed}/people"), customers, days, places.cities)
    taken = {merchant.merchant_id for merchant in pack.merchants}
    national = shops_of_city(None, taken)
    homes = sorted({customer.city for customer in living_in})
    shops = {city: shop_urn(city, national, taken) for city in homes}
    return Bank(living_in, days, seed, start, pack, places, _payers(living_in, shops, seed))


def _payers(customers: list[Customer], shops: dict[int, tuple[Shop, ...]], seed: int) -> Payers:
    """Customers by how often they pay: Zipf with a flat head, so that nobody pays a hundred times a day."""
    order = [Payer(one, shops[one.city], tuple(card.cells for card in one.cards)) for one in customers]
    Dice(f"{seed}/payers").shuffle(order)
    weights = [1 / (rank + 0.15 * len(order)) for rank in range(1, len(order) + 1)]
    return urn(order, weights, size=16 * len(order))


def _scenarios(pack: Pack) -> dict[str, Scenario]:
    return {scenario.id: scenario for scenario in pack.scenarios}


def _send(
    draft: Draft,
    trouble: Trouble,
    luck: Dice,
    last_day: int,
    today: int,
    rows: list[Row],
    under_way: dict[int, list[Row]],
) -> None:
    """Put what tells of an event into today's file, or keep it for the file of a later day."""
    if trouble is Trouble.NONE:  # as `deliver` would, but this is what happens to nearly all
        rows.append(told(draft))
        return
    for delivery in deliver(draft, fitting(trouble, draft, last_day), luck, last_day):
        if delivery.day <= today:
            rows.append(delivery.row)
        else:
            under_way.setdefault(delivery.day, []).append(delivery.row)
