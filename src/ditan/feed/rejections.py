"""Refused rows as a CSV file that can be sent back to whoever made the feed: why, what to do, and the row as it came.

Card numbers are masked but for their last four digits, and a cell that a spreadsheet would take for a formula is
quoted. The file is only made when there is something in it, and only its owner may read it.
"""

import csv
import os
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import duckdb
import pyarrow as pa
import pyarrow.csv as arrow_csv

from ditan.feed.chunks import Chunk
from ditan.feed.codes import MESSAGES
from ditan.feed.compiling import compile_rejections
from ditan.feed.headers import SENT_BACK
from ditan.feed.mapping import Mapping
from ditan.store.statements import load_statements

SQL: Final = load_statements(__package__)

#: Spreadsheets take a file without it for one in the encoding of their country.
BOM: Final = b"\xef\xbb\xbf"


class Rejects:
    """The file of one ingest, written chunk by chunk; an older file of the same name is replaced."""

    def __init__(self, path: Path, mapping: Mapping) -> None:
        self.path, self.hashed = path, mapping.hashed()
        self.rows = 0
        self.file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def write(self, duck: duckdb.DuckDBPyConnection, chunk: Chunk) -> int:
        """Append the refused rows of the chunk that `accept` has just judged on `duck`; gives how many they are."""
        duck.register("messages", _messages())
        duck.execute(SQL["collect_refused"])
        rows = duck.sql(compile_rejections(chunk.columns, self.hashed)).to_arrow_table()
        if rows.num_rows:
            if self.file is None:
                self.file = self._create(chunk)
            options = arrow_csv.WriteOptions(include_header=False, quoting_style="needed")
            arrow_csv.write_csv(rows, self.file, options)
            self.rows += rows.num_rows
        return int(rows.num_rows)

    def close(self) -> None:
        """Write out what is left."""
        if self.file is not None:
            self.file.close()

    def _create(self, chunk: Chunk) -> IO[bytes]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        file = os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        file.write(BOM)
        lines = _Lines()
        csv.writer(lines, lineterminator="\n").writerow([*SENT_BACK, *chunk.columns])
        file.write(lines.text.encode())
        return file


class _Lines:
    """What `csv` writes into."""

    text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)


def _messages() -> pa.Table:
    return pa.table(
        {
            "code": [code.value for code in MESSAGES],
            "zh": [text.zh for text in MESSAGES.values()],
            "en": [text.en for text in MESSAGES.values()],
        }
    )
