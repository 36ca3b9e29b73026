"""What changed from one pack to another, as key paths with old and new; lists of named things are matched by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from ditan.model import Noun, Pack

_NAMES: Final = ("id", "merchant_id", "adcode", "fare_fen", "code")
"""What names an element of a list, best first; elements without a name of their own are matched by position."""


class Difference(Noun):
    """One change. `old` is None when it was added, `new` when it was removed."""

    where: str
    old: str | None
    new: str | None


def differences(old: Pack, new: Pack) -> list[Difference]:
    """Give every change from one pack to another but the personas, which are compared by what they are given."""
    return [
        found
        for found in _compare(msgspec.to_builtins(old), msgspec.to_builtins(new), "")
        if not found.where.startswith("personas")
    ]


def _compare(old: Any, new: Any, where: str) -> Iterator[Difference]:
    if old == new:
        return
    if isinstance(old, list) and isinstance(new, list):
        old, new = _named(old), _named(new)
        for key in [*old, *(key for key in new if key not in old)]:
            yield from _compare(old.get(key), new.get(key), f"{where}[{key}]")
    elif isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from _compare(old.get(key), new.get(key), f"{where}.{key}" if where else key)
    else:
        yield Difference(where=where, old=_text(old), new=_text(new))


def _named(rows: list[Any]) -> dict[str, Any]:
    names = [next((str(row[n]) for n in _NAMES if n in row), "") if isinstance(row, dict) else "" for row in rows]
    if "" in names or len(set(names)) < len(names):
        return {str(position): row for position, row in enumerate(rows)}
    return dict(zip(names, rows, strict=True))


def _text(value: Any) -> str | None:
    """Write a value on one line; a text in both languages as both; a whole table by its name."""
    if isinstance(value, dict):
        named = value.get("name", value)
        return f"{named['zh']} {named['en']}" if isinstance(named, dict) and "zh" in named else str(named)
    return value if value is None or isinstance(value, str) else msgspec.json.encode(value).decode()
