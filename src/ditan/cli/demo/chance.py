"""Chance that is drawn from the seed: the same bank lives the same quarter."""

import hashlib
from datetime import date


def drawn(seed: int, holder: int, day: date) -> int:
    """Give a number for a holder on a day."""
    return int.from_bytes(hashlib.sha256(f"{seed} {holder} {day}".encode()).digest()[:4], "big")
