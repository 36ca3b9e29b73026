"""Who does what how often: the habits that turn customers into a day's acts and look-alikes.

About one event in ten is an act. Frequencies are plausible, not measured; they are chosen so that a quarter of two
thousand customers shows every scenario, and so that a few heavy users run into every cap.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Final, NamedTuple

from msgspec.structs import replace

from ditan.kernel.clock import BUSINESS_ZONE
from ditan.model import BankEvent, Kind, Scenario
from ditan.testing.acts import ACTS, Facts, Places, Scene
from ditan.testing.dice import Dice
from ditan.testing.lookalikes import LOOK_ALIKES
from ditan.testing.people import DAY_S, Customer
from ditan.testing.rhythm import HABITS, busyness_percent, is_workday
from ditan.testing.trouble import Draft


class Rhythm(Enum):
    """When in a month."""

    COMMUTE = "there and back on workdays"
    DAILY = "once a day"
    OFTEN = "now and then, more when people are out"
    MONTHLY = "once a month, on the customer's day"
    ONCE = "once, each holder in turn"


class Habit(NamedTuple):
    """One in `every` customers has it; `per_month` is how often (for OFTEN and ONCE: all holders together, each)."""

    intent: str
    every: int
    per_month: float
    hours: str
    rhythm: Rhythm


_HABITS: Final = (
    Habit("metro_ride", 31, 40, "all_day", Rhythm.COMMUTE),
    Habit("metro_ride", 4, 0.8, "weekend", Rhythm.OFTEN),
    Habit("bus_ride", 47, 40, "all_day", Rhythm.COMMUTE),
    Habit("bus_ride", 6, 0.8, "all_day", Rhythm.OFTEN),
    Habit("bike_share_ride", 11, 3.0, "evening_commute", Rhythm.OFTEN),
    Habit("ev_charging", 19, 3.0, "evening", Rhythm.OFTEN),
    Habit("rail_travel", 9, 0.6, "evening", Rhythm.OFTEN),
    Habit("coach_travel", 33, 0.6, "office", Rhythm.OFTEN),
    Habit("ebike_charging", 28, 4.0, "evening", Rhythm.OFTEN),
    Habit("etc_toll", 13, 4.0, "weekend", Rhythm.OFTEN),
    Habit("walking_steps", 53, 30, "night", Rhythm.DAILY),
    Habit("utility_payment", 4, 1, "evening", Rhythm.MONTHLY),
    Habit("qr_payment", 16, 8.0, "meals", Rhythm.OFTEN),
    Habit("mobile_transfer", 8, 1.5, "office", Rhythm.OFTEN),
    Habit("card_repayment", 7, 1, "evening", Rhythm.MONTHLY),
    Habit("government_payment", 22, 0.4, "office", Rhythm.OFTEN),
    Habit("virtual_card", 12, 0.08, "evening", Rhythm.ONCE),
    Habit("e_statement", 6, 1, "breakfast", Rhythm.MONTHLY),
    Habit("online_account_opening", 14, 0.08, "evening", Rhythm.ONCE),
    Habit("online_loan_application", 17, 0.08, "office", Rhythm.ONCE),
    Habit("online_loan_repayment", 26, 1, "evening", Rhythm.MONTHLY),
    Habit("online_wealth_service", 23, 0.5, "office", Rhythm.OFTEN),
    Habit("online_certificate", 27, 0.4, "office", Rhythm.OFTEN),
    Habit("transit_top_up", 18, 0.5, "all_day", Rhythm.OFTEN),
    Habit("ride_aggregate", 61, 0.7, "night", Rhythm.OFTEN),
    Habit("ride_pass", 32, 0.6, "morning_commute", Rhythm.OFTEN),
    Habit("charger_top_up", 38, 0.6, "evening", Rhythm.OFTEN),
    Habit("charger_parking", 36, 0.8, "evening", Rhythm.OFTEN),
    Habit("own_account_transfer", 12, 0.8, "office", Rhythm.OFTEN),
    Habit("auto_debit_repayment", 9, 1, "office", Rhythm.MONTHLY),
    Habit("auto_debit_loan", 29, 1, "office", Rhythm.MONTHLY),
    Habit("fine", 41, 0.4, "office", Rhythm.OFTEN),
    Habit("counter_transfer", 37, 0.4, "office", Rhythm.OFTEN),
    Habit("paper_statement", 39, 1, "office", Rhythm.MONTHLY),
    Habit("plastic_card", 43, 0.05, "office", Rhythm.ONCE),
    Habit("fuel_by_code", 24, 0.8, "all_day", Rhythm.OFTEN),
    Habit("small_by_code", 31, 0.5, "all_day", Rhythm.OFTEN),
    Habit("abroad", 47, 0.3, "all_day", Rhythm.OFTEN),
    Habit("card_order", 44, 0.05, "office", Rhythm.ONCE),
    Habit("branch_account", 46, 0.05, "office", Rhythm.ONCE),
    Habit("wallet_ride", 20, 0.8, "all_day", Rhythm.OFTEN),
    Habit("agent_ticket", 30, 0.4, "evening", Rhythm.OFTEN),
    Habit("manual_lane", 34, 0.7, "weekend", Rhythm.OFTEN),
    Habit("utility_auto_debit", 8, 1, "office", Rhythm.MONTHLY),
    Habit("utility_at_counter", 48, 0.5, "office", Rhythm.OFTEN),
    Habit("loan_applied", 49, 0.1, "office", Rhythm.OFTEN),
    Habit("order_placed", 33, 0.3, "office", Rhythm.OFTEN),
)

#: One customer in `HEAVY_EVERY` is heavy in one of these, this many times a day, every day.
HEAVY_EVERY: Final = 151
_HEAVY: Final = (
    *(("metro_ride", 5), ("bus_ride", 7), ("bike_share_ride", 5), ("ev_charging", 3), ("etc_toll", 5)),
    *(("utility_payment", 4), ("qr_payment", 12), ("mobile_transfer", 3), ("government_payment", 2)),
)

#: Every n-th act of these is told twice in other words: the same bill again, or a ride minutes after a ride.
_TWICE: Final = {
    "utility_payment": ("same_occasion", 3_600),
    "metro_ride": ("too_soon", 240),
    "bike_share_ride": ("too_soon", 120),
}
_TWICE_EVERY: Final = 23

#: More acts than this in a month, or a second one of a day, may meet a cap. Rare acts may meet one at the second.
_SELDOM_CAPPED: Final = 10
_FREQUENT: Final = frozenset(
    {"metro_ride", "bus_ride", "bike_share_ride", "etc_toll", "qr_payment", "walking_steps", "ebike_charging"}
)


class Planned(NamedTuple):
    """An intent of a customer at a second of the day."""

    intent: str
    customer: Customer
    second: int


class _Today(NamedTuple):
    """The day that is being lived."""

    number: int
    on: date
    midnight: datetime
    prefix: str
    month: str


@dataclass(slots=True)
class Living:
    """The customers living their habits, day by day. Keeps what a later day depends on."""

    places: Places
    scenarios: dict[str, Scenario]
    customers: list[Customer]
    rng: Dice
    holders: list[tuple[Habit, list[Customer]]] = field(default_factory=list)
    heavy: list[tuple[str, int, Customer]] = field(default_factory=list)
    due: list[float] = field(default_factory=list)
    turn: Counter[int] = field(default_factory=Counter)
    done: dict[tuple[int, str, int], int] = field(default_factory=dict)
    last_t: dict[tuple[int, str], int] = field(default_factory=dict)
    number: int = 0

    def __post_init__(self) -> None:
        people = self.customers
        for place, habit in enumerate(_HABITS):
            some = [c for c in people if (c.index * 7_919 + place * 104_729) % 1_000_003 % habit.every == 0]
            self.holders.append((habit, some or [people[place % len(people)]]))
            self.due.append(self.rng.random())
        heavies = [c for c in people if c.index % HEAVY_EVERY == 5 or len(people) < 6]
        for place, customer in enumerate(heavies):
            intent, times = _HEAVY[place % len(_HEAVY)]
            self.heavy.append((intent, times, customer))

    def day(self, index: int, day: date) -> list[Draft]:
        """The acts and look-alikes of one day, each with the truth about it."""
        drafts: list[Draft] = []
        today = _Today(index, day, datetime.combine(day, time(), BUSINESS_ZONE), f"{day:%y%m%d}", f"{day:%Y-%m}")
        for planned in sorted(self._planned(day), key=lambda one: one.second):
            draft = self._draft(planned, today)
            drafts.append(draft)
            drafts.extend(self._told_twice(draft, planned))
        return drafts

    def _planned(self, day: date) -> Iterator[Planned]:
        busy = busyness_percent(day) / 100
        for place, (habit, holders) in enumerate(self.holders):
            yield from self._habit(place, habit, holders, day, busy)
        for intent, times, customer in self.heavy:
            for turn in range(times):
                yield Planned(intent, customer, 23_400 + turn * 54_000 // times + self.rng.whole(0, 600))

    def _habit(self, place: int, habit: Habit, holders: list[Customer], day: date, busy: float) -> Iterator[Planned]:
        rng, intent = self.rng, habit.intent
        match habit.rhythm:
            case Rhythm.COMMUTE:
                for customer in holders if is_workday(day) else ():
                    if rng.random() < 0.93:
                        yield Planned(intent, customer, _second(rng, "morning_commute"))
                        yield Planned(intent, customer, _second(rng, "evening_commute"))
            case Rhythm.DAILY:
                for customer in holders:
                    if rng.random() < 0.95:
                        yield Planned(intent, customer, 82_800 + rng.whole(0, 3_500))
            case Rhythm.MONTHLY:
                for customer in holders:
                    if customer.index % 28 + 1 == day.day:
                        yield Planned(intent, customer, _second(rng, habit.hours))
            case Rhythm.OFTEN | Rhythm.ONCE:
                self.due[place] += len(holders) * habit.per_month * busy / 30.4
                while self.due[place] >= 1:
                    self.due[place] -= 1
                    self.turn[place] += 1
                    seat = (
                        rng.whole(0, len(holders)) if habit.rhythm is Rhythm.OFTEN else self.turn[place] % len(holders)
                    )
                    yield Planned(intent, holders[seat], _second(rng, habit.hours))

    def _draft(self, planned: Planned, today: _Today) -> Draft:
        self.number += 1
        customer, second = planned.customer, planned.second
        card = customer.cards[self.number % len(customer.cards)]
        city = self.rng.pick(self.places.cities) if self.rng.random() < 0.03 else customer.city
        scene = Scene(self.rng, self.places, customer, card, city, today.month, self.number)
        look_alike = LOOK_ALIKES.get(planned.intent)
        facts = (look_alike.draw if look_alike else ACTS[planned.intent])(scene)
        payment = facts["kind"] is Kind.CARD_PAYMENT
        who: Facts = {
            "source": "card-switch" if payment else "mobile-bank",
            "event_id": f"{'c' if payment else 's'}{today.prefix}g{self.number:06d}",
            "customer_ref": customer.ref,
            "occurred_at": today.midnight + timedelta(seconds=second),
        }
        if payment:
            who |= {"card_ref": card.ref, "card_product": card.product, "settled_on": today.on + timedelta(days=1)}
        else:
            who["settled_on"] = today.on
        event = BankEvent(**(who | facts))
        fate = (
            f"not_green:{look_alike.code}" if look_alike else self._fate(planned, today.number * DAY_S + second, event)
        )
        return Draft(today.number, second, event, planned.intent, fate, self._may_be_capped(planned, today))

    def _fate(self, planned: Planned, t: int, event: BankEvent) -> str:
        scenario = self.scenarios[planned.intent]
        if not scenario.carbon and not scenario.energy:
            return "not_green:scenario_off"
        card_ref = event.card_ref if event.kind is Kind.CARD_PAYMENT else None
        return planned.customer.standing(t, card_ref, scenario.consent).value

    def _may_be_capped(self, planned: Planned, today: _Today) -> bool:
        who, intent = planned.customer.index, planned.intent
        t = today.number * DAY_S + planned.second
        near = t - self.last_t.get((who, intent), -DAY_S) < 7_200
        self.last_t[who, intent] = t
        # In a frequent scenario the first acts of a month are free of caps, in a rare one the first of all.
        span = today.on.year * 12 + today.on.month if intent in _FREQUENT else 0
        self.done[who, intent, span] = many = self.done.get((who, intent, span), 0) + 1
        self.done[who, intent, -today.number] = of_day = self.done.get((who, intent, -today.number), 0) + 1
        return near or of_day > 1 or many > (_SELDOM_CAPPED if span else 1)

    def _told_twice(self, draft: Draft, planned: Planned) -> Iterator[Draft]:
        label, gap_s = _TWICE.get(planned.intent, ("", 0))
        if not label or self.number % _TWICE_EVERY or planned.second + gap_s >= DAY_S:
            return
        event = replace(
            draft.event,
            event_id=draft.event.event_id + "b",
            occurred_at=draft.event.occurred_at + timedelta(seconds=gap_s),
        )
        second = draft.second + gap_s
        self.last_t[planned.customer.index, planned.intent] = draft.day * DAY_S + second
        fate = self._fate(planned, draft.day * DAY_S + second, event)
        yield Draft(draft.day, second, event, draft.intent, fate, True, label)


def _second(rng: Dice, hours: str) -> int:
    places = HABITS[hours]
    return places[rng.whole(0, len(places))] * 60 + rng.whole(0, 60)
