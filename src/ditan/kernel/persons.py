"""What must never be stored: card numbers and other numbers or addresses of a person (INV-13)."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_WHOLE: Final = re.compile(r"1[3-9]\d{9}|\d{17}[\dXx]|\d{13,19}|.*@.*|.*\s.*")
"""A mobile number, an identity number, a card-length number, an address, a name with a blank."""
_DIGITS: Final = re.compile(r"\d(?:[ -]{0,2}\d){12,}")
"""What may hold a card number: 13 digits or more, joined or in groups."""
_IN_WORDS: Final = re.compile(
    r"(?<!\d)1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)"
    r"|(?<!\d)\d{6}[ -]?(?:18|19|20)\d{6}[ -]?\d{3}[\dXx](?!\d)"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
)
"""A mobile number, an identity number, an address of a mailbox."""


def names_a_person(reference: str) -> bool:
    """Whether a reference is, as a whole, a person's own number or address, or holds a card number."""
    text = unicodedata.normalize("NFKC", reference)
    return bool(_WHOLE.fullmatch(text)) or holds_card_number(reference)


def tells_a_number(words: str) -> bool:
    """Whether free words hold a card number, an identity number, a mobile number or the address of a mailbox."""
    text = unicodedata.normalize("NFKC", words)
    return bool(_IN_WORDS.search(text)) or holds_card_number(text)


def holds_card_number(text: str) -> bool:
    """Whether 13 to 19 digits of the text, joined or in neighboring groups, pass the Luhn test."""
    for run in _DIGITS.findall(text):
        groups = re.findall(r"\d+", run)
        ends = range(1, len(groups) + 1)
        windows = ("".join(groups[first:last]) for last in ends for first in range(last))
        if any(13 <= len(digits) <= 19 and _luhn_valid(digits) for digits in windows):
            return True
    return False


def _luhn_valid(digits: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 * (number > 9) for number in doubled) % 10 == 0
