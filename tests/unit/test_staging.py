"""Rows written for PostgreSQL's binary COPY come out of PostgreSQL as they went in, for every type and at its ends."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ditan.ledger.staging import HEADER, TRAILER, binary_copy
from ditan.store import Store

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: type: Arrow type, values with both ends of it.
KINDS: dict[str, tuple[pa.DataType, list[Any]]] = {
    "int2": (pa.int16(), [0, 1, -1, 2**15 - 1, -(2**15)]),
    "int4": (pa.int32(), [0, 1, -1, 2**31 - 1, -(2**31)]),
    "int8": (pa.int64(), [0, 1, -1, 2**63 - 1, -(2**63)]),
    "bool": (pa.bool_(), [True, False, True, True, False]),
    "uuid": (
        pa.uuid(),
        [UUID(int=0).bytes, UUID(int=2**128 - 1).bytes, *(UUID(int=7**n).bytes for n in (20, 33, 45))],
    ),
    "timestamptz": (
        pa.int64(),
        [0, 946_684_800_000_000, 946_684_799_999_999, -(10**15), 4_102_444_800_000_001],
    ),
}


@pytest.fixture
def connection(store: Store) -> Iterator[psycopg.Connection[Any]]:
    with store.connect_owner() as owner:
        yield owner


def through(connection: psycopg.Connection[Any], table: pa.Table, types: dict[str, str]) -> list[tuple[Any, ...]]:
    """Copy a table in, in a PostgreSQL table of exactly these columns, and read it."""
    columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
    connection.execute(f"DROP TABLE IF EXISTS staged; CREATE TEMPORARY TABLE staged ({columns})")
    with connection.cursor() as cursor, cursor.copy("COPY staged FROM STDIN (FORMAT binary)") as copy:
        copy.write(b"".join(binary_copy(table, types)))
    return connection.execute("SELECT * FROM staged").fetchall()


def as_read(kind: str, value: Any) -> Any:
    """What PostgreSQL gives back for a staged value."""
    if kind == "uuid":
        return UUID(bytes=value)
    return EPOCH + timedelta(microseconds=value) if kind == "timestamptz" else value


def test_every_type_at_both_ends(connection: psycopg.Connection[Any]) -> None:
    types = {f"as_{kind}": kind for kind in KINDS}
    table = pa.table({f"as_{kind}": pa.array(values, arrow) for kind, (arrow, values) in KINDS.items()})
    wanted = [tuple(as_read(kind, values[row]) for kind, (_, values) in KINDS.items()) for row in range(5)]
    assert through(connection, table, types) == wanted


@pytest.mark.parametrize("kind", KINDS)
def test_one_type_alone_and_sliced(connection: psycopg.Connection[Any], kind: str) -> None:
    """A slice shares its buffers with the whole; several chunks are one column."""
    arrow, values = KINDS[kind]
    column = pa.chunked_array([pa.array(values, arrow), pa.array(values[::-1], arrow)])
    table = pa.table({"alone": column}).slice(2, 6)
    wanted = [(as_read(kind, value),) for value in (values + values[::-1])[2:8]]
    assert through(connection, table, {"alone": kind}) == wanted


def test_the_columns_are_those_that_are_named_in_that_order(connection: psycopg.Connection[Any]) -> None:
    table = pa.table({"unused": ["text"], "second": pa.array([2], pa.int64()), "first": pa.array([1], pa.int16())})
    assert through(connection, table, {"first": "int2", "second": "int8"}) == [(1, 2)]


def test_lists_of_several_lengths_stay_with_their_rows(connection: psycopg.Connection[Any]) -> None:
    lists = [[], [5], [-1, 2**63 - 1, -(2**63)], [], list(range(70)), [7], [0] * 7]
    table = pa.table({"row": pa.array(range(len(lists)), pa.int64()), "list": pa.array(lists, pa.list_(pa.int64()))})
    found = through(connection, table, {"row": "int8", "list": "int8[]"})
    assert sorted(found) == list(enumerate(lists))
    slice_of_it = table.slice(3, 3)
    assert sorted(through(connection, slice_of_it, {"row": "int8", "list": "int8[]"})) == list(enumerate(lists))[3:6]


def test_lists_work_in_postgresql(connection: psycopg.Connection[Any]) -> None:
    """They are one-dimensional and begin at 1, as `quota[1]` expects; empty ones are '{}'."""
    table = pa.table({"row": [1, 2], "list": pa.array([[9, 8, 7], []], pa.list_(pa.int64()))})
    through(connection, table, {"row": "int8", "list": "int8[]"})
    question = "SELECT list[1], array_lower(list, 1), array_ndims(list), cardinality(list), list = '{}' FROM staged"
    assert connection.execute(f"{question} ORDER BY row").fetchall() == [
        (9, 1, 1, 3, False),
        (None, None, None, 0, True),
    ]


def test_bytes_of_several_lengths_stay_with_their_rows(connection: psycopg.Connection[Any]) -> None:
    values = [b"", b"\0", b"\xff" * 56, b"", bytes(range(256)) * 9, b"a"]
    table = pa.table({"row": pa.array(range(6), pa.int64()), "bytes": pa.array(values, pa.large_binary())})
    types = {"row": "int8", "bytes": "bytea"}
    assert sorted(through(connection, table, types)) == list(enumerate(values))
    assert sorted(through(connection, table.slice(2, 3), types)) == list(enumerate(values))[2:5]


@pytest.mark.parametrize("rows", [1, 20_000])
def test_many_rows_and_large_values(connection: psycopg.Connection[Any], rows: int) -> None:
    """Twenty thousand customers at once, and one with a megabyte: lengths differ, sums and order do not."""
    lists = [list(range(n, n + n % 7)) for n in range(rows - 1)] + [list(range(130_000))]
    blobs = [bytes([n % 256]) * (n % 5 * 56) for n in range(rows - 1)] + [b"\x7f" * (1 << 20)]
    table = pa.table({
        "row": pa.array(range(rows), pa.int64()),
        "quota": pa.array(blobs, pa.large_binary()),
        "keys": pa.array(lists, pa.list_(pa.int64())),
        "balls": pa.array([[-one for one in numbers] for numbers in lists], pa.list_(pa.int64())),
    })  # fmt: skip
    found = sorted(through(connection, table, {"row": "int8", "quota": "bytea", "keys": "int8[]", "balls": "int8[]"}))
    assert [row[0] for row in found] == list(range(rows))
    for number, quota, keys, balls in found:
        assert quota == blobs[number]
        assert keys == lists[number]
        assert balls == [-one for one in keys]


def test_no_rows_are_a_header_and_a_trailer(connection: psycopg.Connection[Any]) -> None:
    nothing = pa.table({"a": pa.array([], pa.int64()), "list": pa.array([], pa.list_(pa.int64()))})
    assert b"".join(binary_copy(nothing, {"a": "int8"})) == HEADER + TRAILER
    assert through(connection, nothing, {"a": "int8", "list": "int8[]"}) == []


NUMBERS = st.lists(st.integers(-(2**63), 2**63 - 1), max_size=9)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.integers(-(2**63), 2**63 - 1),
            st.integers(-(2**31), 2**31 - 1),
            st.booleans(),
            st.binary(min_size=16, max_size=16),
            st.binary(max_size=120),
            NUMBERS,
            NUMBERS,
        ),
        max_size=40,
    ),
    cut=st.tuples(st.integers(0, 40), st.integers(0, 40)),
)
def test_anything_comes_back(
    connection: psycopg.Connection[Any], rows: list[tuple[Any, ...]], cut: tuple[int, int]
) -> None:
    names, numbers = "abcdefg", pa.list_(pa.int64())
    arrows = (pa.int64(), pa.int32(), pa.bool_(), pa.uuid(), pa.large_binary(), numbers, numbers)
    columns = zip(*rows, strict=True) if rows else [[]] * 7
    table = pa.table({n: pa.array(list(c), t) for n, c, t in zip(names, columns, arrows, strict=True)})
    types = dict(zip(names, ("int8", "int4", "bool", "uuid", "bytea", "int8[]", "int8[]"), strict=True))
    wanted = [(a, b, c, UUID(bytes=d), *rest) for a, b, c, d, *rest in rows]
    assert sorted(through(connection, table, types)) == sorted(wanted)
    first, length = cut
    assert sorted(through(connection, table.slice(first, length), types)) == sorted(wanted[first : first + length])
