"""Writes the pages of `docs/reference` that say what the code says: `make docs`, or `python -m docs.generator`.

In: the command line, settings, limits, result codes, invariants, migrations and the methodology pack.
Out: Markdown. Nothing here knows a fact of its own; `tests/docs` fails when a page is not what this writes now.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from docs.generator import codes, commands, database, events, methodology, promises, settings

from ditan.api import documenting

REFERENCE: Final = Path(__file__).resolve().parents[1] / "reference"


def pages() -> dict[Path, str]:
    """Every generated page, by its path."""
    made = {
        "cli.md": commands.page(),
        "settings.md": settings.page(),
        "result-codes.md": codes.page(),
        "invariants.md": promises.page(),
        "events.md": events.page(),
        "tables.md": database.page(),
        "openapi.json": documenting.page(),
        **methodology.pages(),
    }
    return {REFERENCE / name: text for name, text in made.items()}


def forgotten() -> list[Path]:
    """Pages that were generated once and that nothing generates any more."""
    folder = REFERENCE / "methodology"
    return sorted(set(folder.glob("*.md")) - set(pages()))
