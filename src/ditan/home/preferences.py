"""How a customer wants to read the page."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import psycopg

from ditan.home import store
from ditan.kernel.ids import key
from ditan.model import Noun


class Preferences(Noun, kw_only=True):
    """Language, 大字版, and whether anything may be chosen for this customer in particular: not unless asked."""

    language: Literal["auto", "zh", "en"] = "auto"
    large_type: bool = False
    personalised: bool = False


def read_preferences(connection: psycopg.Connection[Any], customer_ref: str) -> Preferences | None:
    """Give what a customer chose, or the defaults; None when there is no account."""
    rows = store.fetch(connection, "read_preferences", {"customer_key": key(customer_ref)})
    if not rows:
        return None
    return Preferences() if rows[0]["language"] is None else Preferences(**rows[0])


def write_preferences(
    connection: psycopg.Connection[Any], customer_ref: str, wanted: Preferences, now: datetime
) -> None:
    """Keep what a customer chose."""
    chosen = {"language": wanted.language, "large_type": wanted.large_type, "personalised": wanted.personalised}
    store.write(connection, "write_preferences", chosen | {"customer_key": key(customer_ref), "now": now})
