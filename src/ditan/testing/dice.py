"""Dice: `random.Random` with the two draws the synthetic bank makes a million times, at a third of their price.

The standard ones reject draws until every item is exactly as likely as the next. One multiplication is biased by less
than 1 in 2^40 for the small tables drawn from here, and always uses up one random number, which keeps seeds stable.
"""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice(Random):
    """Seeded with a text that says what for: `Dice("7/habits")`."""

    def pick(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[int(self.random() * len(items))]

    def whole(self, start: int, stop: int) -> int:
        """A whole number from `start` up to, but not including, `stop`."""
        return start + int(self.random() * (stop - start))
