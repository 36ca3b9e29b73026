"""Markdown, by the few forms the reference needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from ditan.model import Source, Status, Text
from ditan.packs import DEFAULT_PACK

MADE: Final = "<!-- Written by `make docs`. To change this page, change {source}. -->\n"

DRAFT: Final = "**草案 DRAFT**"
_DRAFT_BANNER: Final = (
    f"> {DRAFT} · 本页有未经批准的数值：假设值、转抄值或本方法自定的取舍。不得当作定论引用。\n"
    "> Values on this page are not approved: assumed, copied second-hand, or choices of the programme. "
    "Do not quote them as final.\n"
)


def made_from(source: str) -> str:
    """The first line of a generated page."""
    return MADE.format(source=source)


def made_from_pack(what: str) -> str:
    """The same, for a page made from the methodology pack."""
    return made_from(f"`src/ditan/packs/{DEFAULT_PACK}/{what}`")


def banner(*, draft: bool) -> str:
    """What stands on every page that shows a draft value."""
    return _DRAFT_BANNER if draft else ""


def cell(value: object) -> str:
    """A value that cannot break a table."""
    return str(value).replace("|", "\\|").replace("\n", " ").strip()


def prose(text: str) -> str:
    """A paragraph written over several lines of code: one line of Markdown."""
    return " ".join(text.split()) + "\n"


def joined(source: Source) -> str:
    """A source in one line."""
    return " · ".join(part for part in (source.title, source.publisher, source.page, source.reference) if part)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; numbers are not aligned, so that a changed value changes one line."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def code(text: object) -> str:
    """Code inside a line; nothing for nothing."""
    return f"`{text}`" if str(text) else ""


def codes(texts: Iterable[object]) -> str:
    """Several of them."""
    return ", ".join(code(text) for text in texts)


def both(text: Text) -> str:
    """A text in both languages, in one cell."""
    return f"{text.zh}<br>{text.en}"


def status(value: Status) -> str:
    """A status that is seen when it is a draft."""
    return DRAFT if value is Status.DRAFT else str(value)
