"""What each figure of the overview means: data, read once, so that a bank's office can read the same file."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Final

import msgspec

from ditan.insight.figures import Account, Interval, Unit
from ditan.model import Noun, Text


class Definition(Noun, kw_only=True):
    """A figure: what it is called, what it counts, how it is computed, and which interval it can have."""

    id: str
    account: Account
    family: str
    name: Text
    unit: Unit
    means: Text
    formula: str
    interval: Interval | None = None  # None: a full count
    stands: bool = False  # it is what stands at the end of the period
    unknown: Text | None = None  # why no value can be had


class Definitions(Noun, kw_only=True):
    """All of them under one version."""

    version: str
    figures: list[Definition]


def _read() -> Definitions:
    text = resources.files("ditan.insight").joinpath("definitions.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Definitions)


_ALL: Final = _read()
VERSION: Final = _ALL.version
DEFINITIONS: Final = tuple(_ALL.figures)
