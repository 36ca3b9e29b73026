"""Rows of `ledger.holder` come out of PostgreSQL as they are in it, and changes arrive in it as they were meant."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ditan.ledger import store as ledger_store
from ditan.ledger.energy import ball_key
from ditan.ledger.holders import ball_keys, changes, read_holders
from ditan.ledger.staging import binary_copy
from ditan.store import Store

US = st.integers(0, 4 * 10**15)  # up to the year 2096
NUMBER = st.integers(-(2**63), 2**63 - 1)
FOREVER = 2**63 - 1
PERMIT, USED = st.tuples(NUMBER, NUMBER, NUMBER), st.tuples(*[NUMBER] * 7)
QUOTA = ("quota_key", "acts", "mg", "days_01", "days_13", "days_25", "last_us")

HOLDER = st.fixed_dictionaries({
    "opened": US,
    "closed": st.none() | US,
    "permits": st.lists(PERMIT, max_size=6),
    "quota": st.lists(USED, max_size=5),
})  # fmt: skip


@pytest.fixture
def connection(store: Store) -> Iterator[psycopg.Connection[Any]]:
    """As the owner; what a test writes is rolled back."""
    with store.connect_owner() as owner:
        owner.execute("SELECT ledger.open_working_tables()")
        yield owner


def insert(connection: psycopg.Connection[Any], customer_id: int, holder: dict[str, Any]) -> None:
    connection.execute(
        "INSERT INTO ledger.holder (customer_id, customer_key, opened_at, closed_at, permits, quota) VALUES (%s, %s,"
        " '1970-01-01'::timestamptz + %s * interval '1 microsecond',"
        " '1970-01-01'::timestamptz + %s * interval '1 microsecond',"
        " ledger.packed(%s::bigint[]), ledger.packed(%s::bigint[]))",
        [
            customer_id,
            UUID(int=customer_id),
            holder["opened"],
            holder["closed"],
            [number for permit in holder["permits"] for number in permit],
            [number for used in holder["quota"] for number in used],
        ],
    )


def ask_for(connection: psycopg.Connection[Any], numbers: dict[int, int]) -> None:
    """Ask about customers; `numbers`: what the batch calls each."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO asked_customer VALUES (%s, %s)", [(UUID(int=one), number) for one, number in numbers.items()]
        )


def rows_of(table: pa.Table) -> list[tuple[Any, ...]]:
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True)) if table.num_rows else []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(holders=st.lists(HOLDER, max_size=12), strangers=st.integers(0, 3))
def test_holders_are_read_as_they_are(
    connection: psycopg.Connection[Any], holders: list[dict[str, Any]], strangers: int
) -> None:
    """Any number of customers, permits and quotas, none of each; who has no account is not among them."""
    with connection.transaction(force_rollback=True):
        for customer_id, holder in enumerate(holders, start=1):
            insert(connection, customer_id, holder)
        ask_for(connection, {one: 100 - one for one in range(1, len(holders) + strangers + 1)})
        found = read_holders(ledger_store.fetch_blobs(connection, "read_holders"))
    wanted = [
        (100 - one, one, of["opened"], FOREVER if of["closed"] is None else of["closed"])
        for one, of in enumerate(holders, start=1)
    ]
    assert sorted(rows_of(found.holder)) == sorted(wanted)
    for name, table in (("permits", found.permit), ("quota", found.used)):
        of_customers = {one: [row[1:] for row in rows_of(table) if row[0] == one] for one in range(1, len(holders) + 1)}
        assert of_customers == {one: of[name] for one, of in enumerate(holders, start=1)}
        assert table.num_rows == sum(len(of[name]) for of in holders)


def test_thousands_of_holders_at_once(connection: psycopg.Connection[Any]) -> None:
    with connection.transaction(force_rollback=True):
        connection.execute(
            "INSERT INTO ledger.holder (customer_id, customer_key, opened_at, permits, quota)"
            " SELECT n, lpad(to_hex(n), 32, '0')::uuid, '2026-01-01',"
            " ledger.packed(array_fill(n, array[3 * (n % 4)::integer])),"
            " ledger.packed(array_fill(n, array[7 * (n % 3)::integer])) FROM generate_series(1::bigint, 5000) n"
        )
        connection.execute("INSERT INTO asked_customer SELECT customer_key, customer_id FROM ledger.holder")
        found = read_holders(ledger_store.fetch_blobs(connection, "read_holders"))
    assert found.holder.num_rows == 5000
    permits = rows_of(found.permit)
    assert len(permits) == sum(n % 4 for n in range(1, 5001))
    assert all(set(row) == {row[0]} for row in permits + rows_of(found.used)), "each number is its owner's"


def test_nobody_asked_is_nobody_found(connection: psycopg.Connection[Any]) -> None:
    with connection.transaction(force_rollback=True):
        found = read_holders(ledger_store.fetch_blobs(connection, "read_holders"))
    assert [table.num_rows for table in found] == [0, 0, 0]
    assert found.used.column_names == ["customer_id", *QUOTA]


GAIN = st.fixed_dictionaries({
    "carbon_mg": st.integers(0, 10**9),
    "energy": st.integers(0, 10**6),
    "due_minute": st.integers(0, 2**40),
    "quota": st.lists(USED, max_size=4),
    "balls": st.lists(st.tuples(st.uuids(), st.integers(1, 2**62)), max_size=5),
})  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(gains=st.lists(GAIN, min_size=1, max_size=12), gaps=st.lists(st.integers(1, 2**40), min_size=12, max_size=12))
def test_changes_arrive_as_they_were_meant(
    connection: psycopg.Connection[Any], gains: list[dict[str, Any]], gaps: list[int]
) -> None:
    """Each customer's quotas and balls, also none, stay with the customer and in their order."""
    ids = [sum(gaps[: n + 1]) for n in range(len(gains))]
    gained = pa.table({"customer_id": pa.array(ids, pa.int64())} | {
        name: pa.array([of[name] for of in gains], pa.int64()) for name in ("carbon_mg", "energy", "due_minute")
    })  # fmt: skip
    used = [(one, *row) for one, of in zip(ids, gains, strict=True) for row in of["quota"]]
    balls = [(one, *ball) for one, of in zip(ids, gains, strict=True) for ball in of["balls"]]
    quotas = pa.table({
        name: pa.array([row[n] for row in used], pa.int64()) for n, name in enumerate(("customer_id", *QUOTA))
    })  # fmt: skip
    ball_rows = pa.table({
        "customer_id": pa.array([row[0] for row in balls], pa.int64()),
        "act_id": pa.array([row[1].bytes for row in balls], pa.uuid()),
        "ball": pa.array([row[2] for row in balls], pa.int64()),
    })  # fmt: skip
    change = changes(gained, quotas, ball_rows)
    with connection.transaction(force_rollback=True):
        with connection.cursor() as cursor, cursor.copy("COPY change FROM STDIN (FORMAT binary)") as copy:
            for part in binary_copy(change, ledger_store.COLUMNS["change"]):
                copy.write(part)
        found = connection.execute(
            "SELECT customer_id, carbon_mg, energy, due_minute, ledger.unpacked(quota), ball_keys, balls FROM change"
            " ORDER BY customer_id"
        ).fetchall()
    assert found == [
        (
            one,
            of["carbon_mg"],
            of["energy"],
            of["due_minute"],
            [number for row in of["quota"] for number in row],
            [ball_key(act_id) for act_id, _ in of["balls"]],
            [ball for _, ball in of["balls"]],
        )
        for one, of in zip(ids, gains, strict=True)
    ]


@given(acts=st.lists(st.uuids(), max_size=20), first=st.integers(0, 20))
def test_a_ball_is_called_the_same_in_all_three_places(acts: list[UUID], first: int) -> None:
    """By NumPy here and by Python in `energy`; PostgreSQL is asked below. Chunks and slices do not matter."""
    column = pa.chunked_array([pa.array([act.bytes for act in acts], pa.uuid())] * 2, pa.uuid()).slice(first)
    assert ball_keys(column).tolist() == [ball_key(act) for act in [*acts, *acts][first:]]


@pytest.mark.parametrize("act", [UUID(int=0), UUID(int=2**128 - 1), UUID(int=2**127), UUID(int=7**45)])
def test_postgresql_calls_a_ball_the_same(connection: psycopg.Connection[Any], act: UUID) -> None:
    assert connection.execute("SELECT ledger.ball_key(%s)", [act]).fetchone() == (ball_key(act),)
