"""Typed ids and their text form: `act_…`, so that a wrong id is seen by eye.

An act is named by the bank's event, forever: the first 128 bits of SHA-256 over `source`, the unit separator (0x1F) and
`event_id`. Nobody hands out numbers, so the same event has the same id on every machine and in every replay.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Final, NewType
from uuid import UUID

from ditan.kernel.errors import InvalidInput

CustomerId = NewType("CustomerId", int)
BatchId = NewType("BatchId", int)
ActId = NewType("ActId", UUID)
EntryId = NewType("EntryId", UUID)

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford base 32: no I, L, O, U
_TO_CROCKFORD: Final = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", _ALPHABET.encode("ascii"))
_LENGTH: Final = 26  # 130 bits, the first two are zero


def key(*parts: str) -> UUID:
    """Give the 128-bit key of some texts: SHA-256 over the parts joined by the unit separator, cut to 128 bits."""
    return UUID(bytes=hashlib.sha256("\x1f".join(parts).encode()).digest()[:16])


def act_id(source: str, event_id: str) -> ActId:
    """Give the id of the act that a bank event reveals, if it reveals one."""
    return ActId(key(source, event_id))


def show_act(act: UUID) -> str:
    """Write an act id for people: `act_` and 26 characters."""
    return show("act", act)


def show(prefix: str, name: UUID) -> str:
    """Write an id for people: what it names, `_`, and 26 characters."""
    digits = base64.b32encode(name.int.to_bytes(20, "big")).translate(_TO_CROCKFORD)  # 32 digits of 160 bits
    return f"{prefix}_" + digits[-_LENGTH:].decode("ascii")


def read_act(text: str) -> ActId:
    """Read an act id: `act_…` or a plain UUID.

    Raises: InvalidInput when the text is neither.
    """
    try:
        return ActId(_read("act", text) if text.startswith("act_") else UUID(text))
    except ValueError as error:
        raise InvalidInput(
            f"{text!r} is not an act id",
            hint="An act id looks like act_01J9… (30 characters); `ditan statement CUSTOMER` lists them.",
        ) from error


def read_name(prefix: str, text: str) -> UUID | None:
    """Read an id that `show` wrote; None when it is none of this kind."""
    try:
        return _read(prefix, text)
    except ValueError:
        return None


def _read(prefix: str, text: str) -> UUID:
    if not text.startswith(f"{prefix}_"):
        raise ValueError(f"it does not begin with {prefix}_")
    digits = text.removeprefix(f"{prefix}_").upper()
    if len(digits) != _LENGTH:
        raise ValueError(f"{len(digits)} characters after {prefix}_, not {_LENGTH}")
    number = 0
    for character in digits:
        number = number * 32 + _ALPHABET.index(character)
    return UUID(int=number)


def write_number(letter: str, number: int, year: int) -> str:
    """Write a number for people to read out: letter, year, number, and a check character: T-2026-000123-6."""
    digits = f"{year:04}", f"{number:06}"
    return f"{letter}-{digits[0]}-{digits[1]}-{check_character(''.join(digits))}"


def check_character(digits: str) -> str:
    """Give the character that tells a misread number, by ISO/IEC 7064 MOD 11-2."""
    rest = 0
    for digit in digits:
        rest = (rest + int(digit)) * 2 % 11
    check = (12 - rest) % 11
    return "X" if check == 10 else str(check)
