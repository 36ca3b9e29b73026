"""What a customer reads before she consents."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from importlib import resources

import msgspec

from ditan.model import Noun, Purpose, Status, Text


class ConsentText(Noun, kw_only=True):
    """The text of one purpose, in one version."""

    purpose: Purpose
    version: str
    valid_from: date  # from this business day on, who consented to another version is told
    title: Text
    why: Text
    data: Text
    kept: Text
    without: Text  # what does not work then


class ConsentTexts(Noun, kw_only=True):
    """All of them, and how far they were reviewed."""

    status: Status
    texts: list[ConsentText]


@cache
def consent_texts() -> ConsentTexts:
    """Read the texts that ship: one for each purpose."""
    text = resources.files("ditan.home").joinpath("consents.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), ConsentTexts)
