"""A chunk whose days fall under several methodologies, parted at the day from which each is in force."""

from collections.abc import Sequence
from datetime import date

import duckdb
import pyarrow as pa

from ditan.feed.chunks import Chunk
from ditan.feed.compiling import compile_mapping
from ditan.feed.mapping import Mapping
from ditan.store.statements import load_statements

_SQL = load_statements(__package__)


def part(
    duck: duckdb.DuckDBPyConnection, chunk: Chunk, mapping: Mapping, edges: Sequence[date]
) -> list[tuple[int, Chunk]]:
    """Part the rows of a chunk by business day: 0 before the first of `edges`, 1 from it on, and so on.

    `edges`, in order, may be empty. A row whose time cannot be read goes with the first part: which rows make a part
    depends on the rows and the edges alone, so that the same file again is parted alike.
    """
    if not edges:
        return [(0, chunk)]
    duck.register("raw", chunk.rows)
    duck.execute(f"CREATE OR REPLACE TEMP VIEW mapped AS {compile_mapping(mapping, chunk.columns)}")
    found = dict(duck.execute(_SQL["part_rows"], {"edges": list(edges)}).fetchall())
    unread = found.pop(None, [])
    parts = sorted(found) or [0]
    if len(parts) == 1:
        return [(parts[0], chunk)]
    rows = {number: found[number] + (unread if number == parts[0] else []) for number in parts}
    return [(number, chunk.only(pa.array(rows[number], pa.int64()), unreadable=number == parts[0])) for number in parts]
