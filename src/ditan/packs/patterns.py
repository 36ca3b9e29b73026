"""Descriptor patterns, matched by the engine that will match them in production: RE2, inside DuckDB."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import duckdb
import pyarrow

_PLAIN: Final = re.compile(r"[^\\^$.|?*+()\[\]{}]+")


class Patterns:
    """Which of some patterns match which of some texts."""

    def __init__(self, patterns: Iterable[str], texts: Iterable[str]) -> None:
        self.broken: dict[str, str] = {}  # pattern → what RE2 says of it
        self._found: dict[str, frozenset[str]] = {}
        lowered = sorted({text.lower() for text in texts} | {""})
        with duckdb.connect(":memory:", config={"threads": 1}) as engine:
            relation = engine.from_arrow(pyarrow.table({"text": lowered}))
            for pattern in set(patterns):
                try:
                    rows = relation.filter(_matches(pattern)).fetchall()
                except duckdb.Error as error:
                    self.broken[pattern] = str(error).splitlines()[0]
                else:
                    self._found[pattern] = frozenset(text for (text,) in rows)

    def match(self, pattern: str, text: str) -> bool:
        """Say whether a pattern is found in a text, letter case ignored."""
        return text.lower() in self._found.get(pattern, ())


def literals(pattern: str) -> list[str]:
    """Give the plain words of a pattern like `地铁|轨道交通|metro`: the texts it is meant for."""
    return [word for word in pattern.split("|") if _PLAIN.fullmatch(word)]


def _matches(pattern: str) -> duckdb.Expression:
    return duckdb.FunctionExpression(
        "regexp_matches", duckdb.ColumnExpression("text"), duckdb.ConstantExpression(pattern)
    )


@lru_cache(maxsize=4)
def matched(patterns: frozenset[str], texts: frozenset[str]) -> Patterns:
    """Give the same as `Patterns`, remembered: packs that are compared differ in a number, seldom in a pattern."""
    return Patterns(patterns, texts)
