"""Parquet: columns of any simple type as text, in one form per type, so that the mapping reads them like a CSV file."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as arrow_parquet
from pyarrow import types

from ditan.feed.chunks import UNREADABLE
from ditan.feed.codes import Code
from ditan.feed.headers import check_columns
from ditan.feed.mapping import Mapping
from ditan.feed.records import Part
from ditan.kernel.errors import InvalidInput

#: Rows that are taken out of a row group at once.
ROWS: Final = 1 << 15


def opened(path: Path, file: BinaryIO, mapping: Mapping) -> "ParquetRows":
    """The rows of a Parquet file. Without its end nothing of it can be read: raises `InvalidInput`."""
    try:
        source = arrow_parquet.ParquetFile(file)
        schema = source.schema_arrow
    except (OSError, pa.ArrowException) as error:
        raise InvalidInput(
            f"{path} is Parquet and damaged: {_first_line(error)}",
            hint="Its index stands at the end, so nothing of it can be read. Get the file again.",
        ) from error
    used = mapping.columns()
    for field in schema:
        if field.name in used:
            _check_type(path, field)
    kept = [field.name for field in schema if field.name not in mapping.file.drop and not types.is_nested(field.type)]
    check_columns(path, mapping, kept)
    return ParquetRows(source, kept)


def _check_type(path: Path, field: pa.Field) -> None:
    if types.is_floating(field.type):
        raise InvalidInput(
            f"{path}: column {field.name} is {field.type}, which is not exact.",
            hint="Write it as text, decimal or whole numbers.",
        )
    if types.is_nested(field.type):
        raise InvalidInput(f"{path}: column {field.name} is {field.type}.", hint="Write it as JSON text.")


class ParquetRows:
    """An open Parquet file, read in order."""

    def __init__(self, file: arrow_parquet.ParquetFile, columns: list[str]) -> None:
        self.file, self.columns = file, tuple(columns)
        self.row_number = 0
        self.damage: str | None = None

    def share(self) -> float:  # display only
        """How much of the file has been read, 0 to 1, for the progress bar."""
        return float(self.row_number / max(1, self.file.metadata.num_rows))  # display only

    def parts(self) -> Iterator[Part]:
        """The rows; where they cannot be read they end, and `damage` says why."""
        batches = self.file.iter_batches(ROWS, columns=list(self.columns), use_threads=False)
        while True:
            try:
                batch = next(batches, None)
            except (OSError, pa.ArrowException) as error:
                self.damage = _first_line(error)
                return
            if batch is None:
                return
            yield self._part(batch)

    def _part(self, batch: pa.RecordBatch) -> Part:
        first = self.row_number + 1
        self.row_number += batch.num_rows
        numbers = pa.array(range(first, first + batch.num_rows), pa.int64())
        bad: dict[int, str] = {}
        columns = [self._texts(batch.column(name), name, bad) for name in self.columns]
        table = pa.table([*columns, numbers], names=[*(f"c{i}" for i in range(len(columns))), "row_number"])
        if not bad:
            return Part(table, UNREADABLE.empty_table())
        unreadable = [(first + place, Code.BAD_ENCODING, detail, "") for place, detail in sorted(bad.items())]
        table = table.filter(pa.array([place not in bad for place in range(batch.num_rows)]))
        return Part(table, pa.table([list(part) for part in zip(*unreadable, strict=True)], schema=UNREADABLE))

    def _texts(self, column: pa.Array, name: str, bad: dict[int, str]) -> pa.Array:
        text = as_text(column)
        try:  # Arrow does not look at the bytes of a text column unless they are cast
            return text.cast(pa.binary()).cast(pa.string())
        except pa.ArrowInvalid:
            return pa.array([_decoded(value, place, name, bad) for place, value in enumerate(text.cast(pa.binary()))])


def as_text(column: pa.Array) -> pa.Array:
    """A column of a simple type in the form that CSV would have: times in ISO 8601, UTC marked by Z."""
    for applies, convert in CONVERSIONS:
        if applies(column.type):
            return convert(column)
    return column.cast(pa.string())


def _timestamps(column: pa.Array) -> pa.Array:
    """Arrow keeps UTC beside the name of a zone; the name says nothing about the instant."""
    zone = "UTC" if column.type.tz else None
    return column.cast(pa.timestamp("us", column.type.tz), safe=False).cast(pa.timestamp("us", zone)).cast(pa.string())


CONVERSIONS: Final[list[tuple[Callable[[pa.DataType], bool], Callable[[pa.Array], pa.Array]]]] = [
    (types.is_dictionary, lambda column: as_text(column.dictionary_decode())),
    (types.is_timestamp, _timestamps),
    (types.is_date64, lambda column: column.cast(pa.date32()).cast(pa.string())),
    (
        lambda kind: types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind),
        lambda column: column.cast(pa.binary()),
    ),
]


def _decoded(value: pa.Scalar, place: int, name: str, bad: dict[int, str]) -> str | None:
    content: bytes | None = value.as_py()
    try:
        return None if content is None else content.decode()
    except UnicodeDecodeError:
        bad[place] = f"{name} is not utf-8"
        return None


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
