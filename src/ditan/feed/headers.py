"""The columns of a file against those of a mapping: a file of another feed is refused as a whole, not row by row."""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ditan.feed.compiling import missing_columns
from ditan.feed.mapping import Mapping
from ditan.kernel import limits
from ditan.kernel.errors import InvalidInput

#: Before the columns of a file of refused rows. `line` is the beginning of a row that could not be split into columns.
#: Corrected, it is sent again as it is: these columns are known, and nothing is read from them.
SENT_BACK: Final = ("row_number", "code", "field", "message_zh", "message_en", "line")


def check_columns(path: Path, mapping: Mapping, names: Sequence[str]) -> None:
    """Raise `InvalidInput` when columns are missing, there more than once, unknown, or too many."""
    if len(names) > limits.columns_max:
        raise InvalidInput(f"{path} has {len(names)} columns; at most {limits.columns_max} can be read.")
    missing = missing_columns(mapping, names)
    if missing:
        raise InvalidInput(
            f"{path} lacks columns that the mapping {mapping.name} needs: {', '.join(missing)}.",
            hint=f"It has: {listed(names)}. Choose the mapping of this feed, or correct the export.",
        )
    twice = sorted({name for name in names if names.count(name) > 1 and name in mapping.columns()})
    if twice:
        raise InvalidInput(f"{path} has columns more than once: {', '.join(twice)}.", hint="Correct the export.")
    refuse_unknown(path, mapping, names)


def refuse_unknown(path: Path, mapping: Mapping, names: Sequence[str]) -> None:
    """Raise `InvalidInput` for columns that the mapping does not know, when it says so."""
    told = SENT_BACK if tuple(names[: len(SENT_BACK)]) == SENT_BACK else ()
    known = [*mapping.columns(), *mapping.file.drop, *told]
    unknown = [name for name in names if name not in known]
    if unknown and mapping.file.extra_columns == "refuse":
        near = difflib.get_close_matches(unknown[0], known, n=1)
        raise InvalidInput(
            f"{path} has columns that the mapping {mapping.name} does not know: {listed(unknown)}.",
            hint=(f"Did you mean {near[0]}? " if near else "") + f"Its columns: {', '.join(known)}.",
        )


def listed(names: Sequence[str], most: int = 30) -> str:
    """The names as a person may read them; those of a garbled file can be long and many."""
    shown = [name[:40] for name in names[:most]]
    return ", ".join(shown) + (f" and {len(names) - most} more" if len(names) > most else "")
