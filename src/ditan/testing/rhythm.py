"""When people pay: the hours of a day and the days of a month.

Drawing from a weighted table a million times must cost one multiplication, so weights become *urns*: a tuple in which
each item stands as often as its weight says. `urn[int(random() * len(urn))]` is the whole draw.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, TypeVar

T = TypeVar("T")

URN_SIZE: Final = 4096

#: Weight of each hour of the day, by habit. Plausible shapes, not measurements.
_HOURS: Final[dict[str, str]] = {
    #                 0     3     6     9     12    15    18    21
    "morning_commute": "0 0 0 0 0 1 6 30 40 14 4 1 0 0 0 0 0 0 0 0 0 0 0 0",
    "evening_commute": "0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 2 5 22 36 20 8 4 2 0",
    "all_day": "0 0 0 0 0 1 2 4 6 8 9 9 9 8 8 8 9 10 10 9 7 5 3 1",
    "office": "0 0 0 0 0 0 0 1 4 12 14 10 5 6 12 13 11 7 3 1 1 0 0 0",
    "breakfast": "0 0 0 0 0 2 12 30 22 8 3 2 1 1 1 1 1 1 1 1 0 0 0 0",
    "meals": "0 0 0 0 0 0 1 3 2 1 3 18 26 12 3 2 4 14 26 22 10 4 1 0",
    "groceries": "0 0 0 0 0 0 1 3 5 7 7 6 4 3 3 5 9 14 18 14 9 4 1 0",
    "evening": "1 0 0 0 0 0 0 1 1 2 3 3 4 4 3 3 3 4 6 10 16 20 15 6",
    "weekend": "0 0 0 0 0 0 0 1 2 5 9 10 9 10 12 13 12 10 9 8 6 4 2 1",
    "night": "3 2 2 1 1 1 1 1 1 1 1 1 1 1 1 1 1 2 3 6 12 18 20 12",
}

#: People pay more after pay-day (the 10th, the 15th and the last working days) and on Fridays and weekends.
_WEEKDAY_PERCENT: Final = (96, 94, 95, 98, 108, 118, 110)
_PAYDAYS: Final = (10, 15, 28)


def urn(items: Sequence[T], weights: Sequence[float], size: int = URN_SIZE) -> tuple[T, ...]:
    """Lay `items` out by weight, at least one place each, in the order given."""
    total = sum(weights)
    places: list[T] = []
    for item, weight in zip(items, weights, strict=True):
        places.extend([item] * max(1, round(size * weight / total)))
    return tuple(places)


def minutes(habit: str) -> tuple[int, ...]:
    """Minutes of the day at which people with this habit pay."""
    weights = [int(word) for word in _HOURS[habit].split()]
    # An hour weight stands at the middle of the hour; between two hours it moves in a straight line.
    smooth = [
        (weights[hour] * (60 - minute) + weights[(hour + 1) % 24] * minute)
        for hour in range(24)
        for minute in range(60)
    ]
    shown = [(minute, weight) for minute, weight in enumerate(smooth) if weight]
    return urn([minute for minute, _ in shown], [weight for _, weight in shown])


HABITS: Final = {habit: minutes(habit) for habit in _HOURS}


def busyness_percent(day: date) -> int:
    """How busy a day is, 100 being the mean: weekday, and one to three days after a pay-day."""
    since = min((day.day - payday) % 30 for payday in _PAYDAYS)
    return _WEEKDAY_PERCENT[day.weekday()] + (22, 16, 8)[since] if since < 3 else _WEEKDAY_PERCENT[day.weekday()]


def is_workday(day: date) -> bool:
    """Whether commuters ride. Public holidays of July to September are few; they are left out on purpose."""
    return day.weekday() < 5


def dates(start: date, days: int) -> list[date]:
    """`days` calendar days from `start`."""
    return [start + timedelta(days=index) for index in range(days)]
