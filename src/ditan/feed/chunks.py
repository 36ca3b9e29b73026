"""What passes from reading to accepting: a few hundred thousand rows of a file, as text."""

from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa
from pyarrow import compute

#: The rows that could not be read at all: `detail` says why, in English; `line` shows the beginning of the text.
UNREADABLE: Final = pa.schema(
    [("row_number", pa.int64()), ("code", pa.string()), ("detail", pa.string()), ("line", pa.string())]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Consecutive rows of a file; the same file is always cut into the same chunks.

    `rows` has `row_number` (int64, the first data row of the file is 1) and `c0`, `c1`, … as text, one for each of
    `columns`, the names in the file. `unreadable` has the schema `UNREADABLE`.
    """

    number: int  # of the chunk in the file, from 0
    columns: tuple[str, ...]
    rows: pa.Table
    unreadable: pa.Table

    @property
    def rows_read(self) -> int:
        """All rows of the file that are in it, readable or not."""
        return int(self.rows.num_rows + self.unreadable.num_rows)

    def only(self, row_numbers: pa.Array, *, unreadable: bool) -> "Chunk":
        """The same chunk with these rows only, and with or without those that could not be read."""
        rows = self.rows.filter(compute.is_in(self.rows["row_number"], row_numbers))
        rest = self.unreadable if unreadable else self.unreadable.slice(0, 0)
        return replace(self, rows=rows, unreadable=rest)
