"""Digit strings: the synthetic bank must never look as if it leaked a card number (INV-13), except where it means to.

A card number has 13 to 19 digits and passes the Luhn check (ISO/IEC 7812-1, annex B). UnionPay merchant ids have 15
digits, so one in ten would pass by accident; `not_luhn` moves the last digit of those.
"""

from typing import Final

from ditan.testing.dice import Dice

#: Issuer prefix of the generated card numbers: the shape of a Chinese debit card, but no real account.
TEST_PREFIX: Final = "622202"


def passes_luhn(digits: str) -> bool:
    """Whether the last digit is the Luhn check digit of the others."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def not_luhn(digits: str) -> str:
    """The same digits, the last one moved on by one if they would pass for a card number."""
    if not passes_luhn(digits):
        return digits
    return digits[:-1] + str((int(digits[-1]) + 1) % 10)


def card_number(rng: Dice, length: int = 19) -> str:
    """A number that passes for a card number: only for rows that a feed must reject."""
    body = TEST_PREFIX + "".join(str(rng.whole(0, 10)) for _ in range(length - len(TEST_PREFIX) - 1))
    return next(body + str(check) for check in range(10) if passes_luhn(body + str(check)))
