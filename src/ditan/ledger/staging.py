"""Write rows for PostgreSQL's binary COPY, a batch at a time and without a loop over rows.

Every staged column has a fixed width (references travel as 128-bit keys), so a batch is one NumPy record array: each
field is its length in four bytes and its value in network order. Format: PostgreSQL manual, COPY, "Binary Format".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import compute

HEADER: Final = b"PGCOPY\n\xff\r\n\0" + b"\0" * 8
TRAILER: Final = b"\xff\xff"
_INT8_OID: Final = 20
_PIECE_ROWS: Final = 8_192
_POSTGRES_EPOCH_US: Final = 946_684_800_000_000  # 2000-01-01 in microseconds since 1970-01-01
_WIDTH: Final[dict[str, tuple[int, str]]] = {
    "uuid": (16, "V16"),
    "int8": (8, ">i8"),
    "int4": (4, ">i4"),
    "int2": (2, ">i2"),
    "bool": (1, "u1"),
    "timestamptz": (8, ">i8"),
}


def binary_copy(table: pa.Table, types: dict[str, str]) -> Iterator[bytes]:
    """Encode the columns `types` names, in that order, as the body of a binary COPY, piece by piece.

    `types`: column → uuid, int8, int4, int2, bool, timestamptz (from whole microseconds since 1970, UTC); and after
    these bytea or int8[], of any length. UUIDs come as 16-byte binary. No column may hold a null. PostgreSQL takes one
    piece in while the next is encoded.
    """
    ragged = [name for name, kind in types.items() if kind in _LENGTHS]
    yield HEADER
    if ragged and table.num_rows:
        yield from _by_length(table, types, ragged)
    elif table.num_rows:
        whole = table.combine_chunks()
        for first in range(0, whole.num_rows, _PIECE_ROWS):
            yield _records(whole.slice(first, _PIECE_ROWS), types, {})
    yield TRAILER


def _by_length(table: pa.Table, types: dict[str, str], ragged: list[str]) -> Iterator[bytes]:
    """Encode rows with columns of any length; those whose lengths agree go together: they are of one width again."""
    scalars = {name: kind for name, kind in types.items() if name not in ragged}
    lengths = [_lengths(table.column(name)) for name in ragged]
    order = np.lexsort(lengths)
    changed = np.any([np.diff(of[order]) for of in lengths], axis=0)
    bounds = [0, *(np.flatnonzero(changed) + 1).tolist(), len(order)]
    sorted_table = table.take(pa.array(order))
    columns = {name: _LENGTHS[types[name]](sorted_table.column(name)) for name in ragged}
    ends = {name: np.concatenate([[0], np.cumsum(of[order])]) for name, of in zip(ragged, lengths, strict=True)}
    for first, last in pairwise(bounds):
        rows = last - first
        parts = {name: columns[name][ends[name][first] : ends[name][last]].reshape(rows, -1) for name in ragged}
        yield _records(sorted_table.slice(first, rows), scalars, parts)


def _lengths(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    measure = compute.binary_length if pa.types.is_large_binary(column.type) else compute.list_value_length
    return np.asarray(measure(column).to_numpy(), dtype=np.int64)


def _bytes_of(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    """All bytes of the values of a binary column, one after the other."""
    whole = column.combine_chunks()
    offsets = np.frombuffer(whole.buffers()[1], dtype=np.int64, count=len(whole) + 1, offset=whole.offset * 8)
    data = whole.buffers()[2]
    return np.frombuffer(data, dtype=np.uint8)[offsets[0] : offsets[-1]] if data else np.zeros(0, dtype=np.uint8)


def _numbers_of(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    """All numbers of the values of a list column, one after the other."""
    return np.asarray(column.combine_chunks().flatten().to_numpy(zero_copy_only=False))


_LENGTHS: Final[dict[str, Callable[[pa.ChunkedArray], npt.NDArray[Any]]]] = {"bytea": _bytes_of, "int8[]": _numbers_of}


def _records(table: pa.Table, types: dict[str, str], ragged: dict[str, npt.NDArray[Any]]) -> bytes:
    layout: list[tuple[str, Any]] = [("columns", ">i2")]
    for name, kind in types.items():
        layout += [(f"length_{name}", ">i4"), (name, _WIDTH[kind][1])]
    for name, values in ragged.items():
        inner = (
            np.dtype(_array_layout(values.shape[1]))
            if values.dtype != np.uint8
            else np.dtype(("u1", (values.shape[1],)))
        )
        layout += [(f"length_{name}", ">i4"), (name, inner)]
    records: npt.NDArray[Any] = np.zeros(table.num_rows, dtype=np.dtype(layout))
    records["columns"] = len(types) + len(ragged)
    for name, kind in types.items():
        records[f"length_{name}"] = _WIDTH[kind][0]
        records[name] = _values(table.column(name), kind)
    for name, values in ragged.items():
        records[f"length_{name}"] = records.dtype[name].itemsize
        if values.dtype != np.uint8:
            _fill_array(records[name], values)
        elif values.shape[1]:
            records[name] = values
    return records.tobytes()


def _array_layout(length: int) -> list[Any]:
    """PostgreSQL's binary array: dimensions, has nulls, element type; per dimension size and lower bound; elements."""
    head = [("dimensions", ">i4"), ("nulls", ">i4"), ("type", ">i4")]
    if length == 0:
        return head
    element = np.dtype([("length", ">i4"), ("value", ">i8")])
    return [*head, ("size", ">i4"), ("lower", ">i4"), ("elements", element, (length,))]


def _fill_array(arrays: npt.NDArray[Any], values: npt.NDArray[Any]) -> None:
    arrays["type"] = _INT8_OID
    if values.shape[1]:
        arrays["dimensions"] = 1
        arrays["size"] = values.shape[1]
        arrays["lower"] = 1
        arrays["elements"]["length"] = 8
        arrays["elements"]["value"] = values


def _values(column: pa.ChunkedArray, kind: str) -> npt.NDArray[Any]:
    whole = column.combine_chunks()
    if kind == "uuid":
        raw = whole.storage if isinstance(whole, pa.ExtensionArray) else whole
        return np.frombuffer(raw.buffers()[1], dtype="V16", count=len(raw), offset=raw.offset * 16)
    values = np.asarray(whole.to_numpy(zero_copy_only=False))
    return values - _POSTGRES_EPOCH_US if kind == "timestamptz" else values
