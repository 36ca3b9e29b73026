"""Write rows for PostgreSQL's binary COPY, a batch at a time and without a loop over rows.

Every staged column has a fixed width (references travel as 128-bit keys), so a batch is one NumPy record array: each
field is its length in four bytes and its value in network order. Format: PostgreSQL manual, COPY, "Binary Format".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import compute

HEADER: Final = b"PGCOPY\n\xff\r\n\0" + b"\0" * 8
TRAILER: Final = b"\xff\xff"
_INT8_OID: Final = 20
_POSTGRES_EPOCH_US: Final = 946_684_800_000_000  # 2000-01-01 in microseconds since 1970-01-01
_WIDTH: Final[dict[str, tuple[int, str]]] = {
    "uuid": (16, "V16"),
    "int8": (8, ">i8"),
    "int4": (4, ">i4"),
    "int2": (2, ">i2"),
    "bool": (1, "u1"),
    "timestamptz": (8, ">i8"),
}


def binary_copy(table: pa.Table, types: dict[str, str]) -> bytes:
    """Encode the columns `types` names, in that order, as the body of a binary COPY.

    `types`: column → uuid, int8, int4, int2, bool, timestamptz (from whole microseconds since 1970, UTC), or int8[] as
    the last one. UUIDs come as 16-byte binary. No column may hold a null.
    """
    *_, (last, kind) = types.items()
    if kind == "int8[]":
        return b"".join([HEADER, *_by_length(table, types, last), TRAILER])
    return b"".join([HEADER, _records(table, types), TRAILER])


def _by_length(table: pa.Table, types: dict[str, str], lists: str) -> Iterator[bytes]:
    """Encode rows with a list column, those with lists of one length together: they are of one width again."""
    column = table.column(lists).combine_chunks()
    lengths = compute.list_value_length(column).to_numpy(zero_copy_only=False)
    scalars = {name: kind for name, kind in types.items() if name != lists}
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        values = np.asarray(column.take(pa.array(rows)).flatten().to_numpy(zero_copy_only=False))
        yield _records(table.take(pa.array(rows)), scalars, values.reshape(len(rows), int(length)))


def _records(table: pa.Table, types: dict[str, str], lists: npt.NDArray[Any] | None = None) -> bytes:
    layout: list[tuple[str, Any]] = [("columns", ">i2")]
    for name, kind in types.items():
        layout += [(f"length_{name}", ">i4"), (name, _WIDTH[kind][1])]
    if lists is not None:
        layout += [("length_list", ">i4"), ("list", np.dtype(_array_layout(lists.shape[1])))]
    records: npt.NDArray[Any] = np.zeros(table.num_rows, dtype=np.dtype(layout))
    records["columns"] = len(types) + (lists is not None)
    for name, kind in types.items():
        records[f"length_{name}"] = _WIDTH[kind][0]
        records[name] = _values(table.column(name), kind)
    if lists is not None:
        records["length_list"] = records.dtype["list"].itemsize
        _fill_array(records["list"], lists)
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
