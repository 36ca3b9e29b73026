"""JSON Lines: each line is an object. DuckDB reads the members that the mapping names, all lines of a block at once.

A column of the mapping is the name of a member, or a JSON pointer (`/payload/amount`) to one further inside. Objects
come out as their JSON text. Text, whole numbers of any length, and decimals of up to 15 digits come out as written.
"""

from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from ditan.feed.chunks import UNREADABLE
from ditan.feed.headers import listed, refuse_unknown
from ditan.feed.mapping import File, Mapping
from ditan.feed.records import NO_DELIMITER, Part
from ditan.kernel import limits
from ditan.kernel.errors import InvalidInput
from ditan.store.statements import load_statements

SQL: Final = load_statements(__package__, "json_lines.sql")
FORM: Final = File(delimiter=NO_DELIMITER, quote="")
LINE: Final = "line"
BATCH_ROWS: Final = 4096

#: Members that no column of the mapping names; filled only when they may hold a card number.
OTHERS: Final = "(other members)"


def columns(mapping: Mapping) -> tuple[str, ...]:
    """The columns that a JSON Lines file has under this mapping, whatever its objects hold."""
    return (*mapping.columns(), OTHERS)


class Extractor:
    """Turns lines into columns. It has a small engine of its own, since it runs before the batch has one."""

    def __init__(self, path: Path, mapping: Mapping) -> None:
        self.path, self.mapping = path, mapping
        self.names = list(mapping.columns())
        self.pointers = [name if name.startswith("/") else "/" + _escaped(name) for name in self.names]
        self.members = {pointer[1:].split("/")[0].replace("~1", "/").replace("~0", "~") for pointer in self.pointers}
        self.bounds = {
            "pointers": self.pointers,
            "members": sorted(self.members),
            "drop": mapping.file.drop,
            "nested": len(self.members) < len(self.pointers),
        }
        self.duck = duckdb.connect(config={"preserve_insertion_order": True})
        self.looked = False

    def close(self) -> None:
        """Let go of the engine."""
        self.duck.close()

    def extract(self, part: Part) -> Part:
        """The columns of the lines in `part`; lines that are no object join its unreadable ones."""
        self.duck.register("lines", _in_batches(part.rows))
        self.duck.execute(SQL["parse"])
        if not self.looked and part.rows.num_rows:
            self.looked = self._look()
        places = ", ".join(f"parts[{place}] AS c{place - 1}" for place in range(1, len(self.names) + 1))
        columns = f"SELECT {places}, others AS c{len(self.names)}, row_number FROM ({SQL['extract']})"
        rows = self.duck.sql(columns, params=self.bounds).to_arrow_table()
        broken = self.duck.sql(SQL["broken"], params={"chars": limits.shown_line_chars_max}).to_arrow_table()
        unreadable = pa.concat_tables([part.unreadable, broken.cast(UNREADABLE)]).sort_by("row_number")
        return Part(rows, unreadable)

    def _look(self) -> bool:
        """Compare the members of the first lines with the mapping: a file of another feed is refused as a whole."""
        found: dict[str, bool] = dict(self.duck.execute(SQL["first_members"]).fetchall())
        if not found:
            return False
        needed = [name for name, required in self.mapping.columns().items() if required and not name.startswith("/")]
        if needed and not found.keys() & set(needed):
            raise InvalidInput(
                f"{self.path} has none of the members that the mapping {self.mapping.name} needs: {', '.join(needed)}.",
                hint=f"Its first lines have: {listed(list(found))}. Choose the mapping of this feed.",
            )
        always = [name for name, in_all in found.items() if in_all and name not in self.members]
        refuse_unknown(self.path, self.mapping, always)
        return True


def _in_batches(table: pa.Table) -> pa.Table:
    """The engine gives one batch of Arrow to one thread, so there must be several."""
    return pa.Table.from_batches(table.to_batches(max_chunksize=BATCH_ROWS), schema=table.schema)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
