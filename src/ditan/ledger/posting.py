"""The verb: `quantified` and `refund` in, one outcome per row out. Runs inside the caller's unit of work.

Under the writer's lock a batch asks PostgreSQL for what it must know, a row per customer; decides in DuckDB, set-based;
and writes back acts by COPY and one change per customer. So PostgreSQL does per act what only it can do, insert a row
with its two indexes, and per customer one read and one write (docs/decisions/0004).
"""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import duckdb
import psycopg
import pyarrow as pa
from psycopg.types.json import Jsonb
from pyarrow import csv

from ditan.kernel import limits
from ditan.kernel.ids import BatchId
from ditan.kernel.invariants import check
from ditan.ledger import store
from ditan.ledger.codes import PostCode
from ditan.ledger.holders import changes, quotas_after, read_holders
from ditan.model import Posted, Tally
from ditan.store.statements import load_statements

_DUCK = load_statements("ditan.ledger", "duck.sql")
_DECIDE = load_statements("ditan.ledger", "classify.sql")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER, _TEXT, _KEY = pa.int64(), pa.string(), pa.large_string()  # a key travels as text and becomes a UUID again
_ANSWERS: Final = {
    "read_known": ("known", [("act_id", _KEY), ("content_key", _KEY)]),
    "read_taken": ("taken", [("occasion_key", _KEY), ("freed", _NUMBER)]),
    "read_history": ("history", [(name, _NUMBER) for name in (
        "customer_id", "quota_key", "acts", "mg", "days_01", "days_13", "days_25", "last_us")]),
    "read_neighbors": ("neighbor", [("row_number", _NUMBER)]),
    "read_refund_outcome": ("refund_outcome", [("row_number", _NUMBER), ("code", _TEXT), ("carbon_mg", _NUMBER),
                                               ("energy", _NUMBER), ("cut", _NUMBER)]),
}  # fmt: skip
"""What PostgreSQL is asked, the DuckDB table the answer becomes, and its columns."""


class Outcome(NamedTuple):
    """What `post` returns: the stage's result, and how many waiting refunds found their original."""

    posted: Posted
    released: int


def post(
    connection: psycopg.Connection[Any],
    duck: duckdb.DuckDBPyConnection,
    *,
    batch_id: BatchId,
    pack_id: int,
    now: datetime,
) -> Outcome:
    """Post the acts of `quantified` and the refunds of `refund`; leave DuckDB table `outcome`, a row per row.

    A fixed number of statements whatever the batch size. Nothing is committed here: the caller's unit of work is.

    Raises: InvariantViolation when a boundary does not balance.
    """
    _hold(connection, duck, now)
    _ask(connection, duck, pack_id)
    _decide(connection, duck)
    _write(connection, duck, batch_id, pack_id, now)
    _refund(connection, duck, batch_id, now)
    duck.execute(_DUCK["make_outcome"])
    return _sum_up(duck)


def _hold(connection: psycopg.Connection[Any], duck: duckdb.DuckDBPyConnection, now: datetime) -> None:
    """Hold the shards of the batch's customers, so that nothing it asks about changes before it commits."""
    duck.execute(_DECIDE["ask"])
    duck.execute(_DECIDE["number_customers"])
    shards = [row[0] for row in duck.execute(_DECIDE["asked_shards"]).fetchall()]
    store.become_writer(connection, shards, now)


def _ask(connection: psycopg.Connection[Any], duck: duckdb.DuckDBPyConnection, pack_id: int) -> None:
    """Fetch what the decision needs: holders, taken occasions, caps, and months long past."""
    store.copy_in(connection, "asked_customer", _rows(duck, "asked_customers"))
    store.copy_in(connection, "asked_occasion", _rows(duck, "asked_occasions"))
    _answer(connection, duck, "read_taken")
    if duck.execute(_DECIDE["drop_freed"]).fetchall()[0][0]:
        store.write(connection, "free_occasions")
    holders = read_holders(store.fetch_blobs(connection, "read_holders"))
    for name, table in zip(("holder", "permit", "used"), holders, strict=True):
        duck.register(f"read_{name}", table)
    for name in ("open_holders", "open_permits", "open_quotas"):
        duck.execute(_DECIDE[name])
    store.copy_in(connection, "asked_history", _rows(duck, "asked_history"))
    _answer(connection, duck, "read_history")
    duck.execute(_DECIDE["add_history"])
    for table, name in (("cap", "read_caps"), ("life", "read_life")):
        duck.register(table, pa.Table.from_pylist(store.fetch(connection, name, {"pack_id": pack_id})))
    store.copy_in(connection, "asked_neighbor", _rows(duck, "asked_neighbors"))
    _answer(connection, duck, "read_neighbors")


def _decide(connection: psycopg.Connection[Any], duck: duckdb.DuckDBPyConnection) -> None:
    """Decide about every act as if its id were new; look up those that would leave no row whose key could tell."""
    duck.execute(_DECIDE["nothing_known"])
    duck.execute(_DECIDE["classify"])
    store.copy_in(connection, "asked_act", _rows(duck, "asked_acts"))
    if _answer(connection, duck, "read_known"):
        duck.execute(_DECIDE["classify"])


def _decide_again(connection: psycopg.Connection[Any], duck: duckdb.DuckDBPyConnection) -> None:
    """Decide with every id looked up: the primary key has said that some are known."""
    store.write(connection, "forget_asked_acts")
    store.copy_in(connection, "asked_act", _rows(duck, "doubted_acts"))
    _answer(connection, duck, "read_known")
    duck.execute(_DECIDE["classify"])


def _write(
    connection: psycopg.Connection[Any], duck: duckdb.DuckDBPyConnection, batch_id: BatchId, pack_id: int, now: datetime
) -> None:
    """Write the acts, and one change per customer."""
    try:
        with connection.transaction():
            change = _write_acts(connection, duck, batch_id, pack_id, now)
    except psycopg.errors.UniqueViolation as error:
        if error.diag.constraint_name != "act_pkey":
            raise
        _decide_again(connection, duck)
        change = _write_acts(connection, duck, batch_id, pack_id, now)
    store.copy_in(connection, "change", change)
    store.write(connection, "change_holders")
    store.copy_in(connection, "ledger.occasion", _rows(duck, "new_occasions"))
    store.copy_in(connection, "ledger.match", _rows(duck, "new_matches"))
    issued = duck.sql(_DECIDE["issued"].format(batch_id=int(batch_id))).to_arrow_table()
    store.copy_in(connection, "ledger.issued", issued)
    conflicts = _rows(duck, "conflicts").to_pylist()
    store.write(connection, "record_conflicts", {"batch_id": batch_id, "conflicts": Jsonb(conflicts)})


def _write_acts(
    connection: psycopg.Connection[Any], duck: duckdb.DuckDBPyConnection, batch_id: BatchId, pack_id: int, now: datetime
) -> pa.Table:
    """Copy the acts; meanwhile sum up what each customer gained and used. Give one change per customer."""
    acts = duck.sql(_DECIDE["new_acts"].format(batch_id=int(batch_id), pack_id=int(pack_id))).to_arrow_table()
    with ThreadPoolExecutor(max_workers=1) as beside:
        copying = beside.submit(store.copy_in, connection, "ledger.act", acts)
        duck.execute(_DECIDE["make_balls"].format(now_us=(now - _EPOCH) // timedelta(microseconds=1)))
        gained, used, spent, balls = (_rows(duck, name) for name in ("gained", "used", "spent", "new_balls"))
        copying.result()
    return changes(gained, quotas_after(used, spent), balls)


def _refund(
    connection: psycopg.Connection[Any], duck: duckdb.DuckDBPyConnection, batch_id: BatchId, now: datetime
) -> None:
    """Take back what refunds undo; let those wait whose original has not arrived."""
    store.copy_in(connection, "refund_stage", _rows(duck, "stage_refunds"))
    parameters = {"batch_id": batch_id, "now": now, "waiting_days": limits.waiting_refund_days}
    for name in store.REFUNDING:
        store.write(connection, name, parameters)
    _answer(connection, duck, "read_refund_outcome")


def _rows(duck: duckdb.DuckDBPyConnection, name: str) -> pa.Table:
    return duck.sql(_DECIDE[name]).to_arrow_table()


def _answer(connection: psycopg.Connection[Any], duck: duckdb.DuckDBPyConnection, name: str) -> int:
    """Ask PostgreSQL, and make the answer a DuckDB table; give its rows."""
    table, fields = _ANSWERS[name]
    schema = pa.schema(fields)
    raw = store.copy_out(connection, name)
    found = (
        csv.read_csv(
            io.BytesIO(raw),
            read_options=csv.ReadOptions(column_names=schema.names),
            convert_options=csv.ConvertOptions(column_types=schema),
        )
        if raw
        else schema.empty_table()
    )
    duck.register("answer", found)
    columns = ", ".join(f"{name}::UUID AS {name}" if kind == _KEY else name for name, kind in fields)
    duck.execute(_DECIDE["keep_answer"].format(table=table, columns=columns))
    duck.unregister("answer")
    return int(found.num_rows)


def _sum_up(duck: duckdb.DuckDBPyConnection) -> Outcome:
    tallies: list[Tally] = []
    carbon_mg = energy = posted = total = released = 0
    for code, rows, mg, points, from_waiting in duck.execute(_DUCK["tally"]).fetchall():
        total += rows
        released += from_waiting
        if code == PostCode.POSTED:
            posted, carbon_mg, energy = rows, mg, points
        elif rows or mg or points:
            tallies.append(Tally(code=code, rows=rows, carbon_mg=mg, energy=points))
    offered, digest = duck.execute(_DUCK["sum_up"]).fetchall()[0]
    check(offered == total, "INV-01", f"post: offered {offered} rows, {total} outcomes")
    result = Posted(offered=offered, posted=posted, carbon_mg=carbon_mg, energy=energy, tallies=tallies, digest=digest)
    return Outcome(posted=result, released=released)


def evidence(duck: duckdb.DuckDBPyConnection, *, full_archive: bool) -> duckdb.DuckDBPyRelation:
    """Give what the archive keeps of the batch just posted; everything accepted when the full archive is on.

    It names nobody, so that nothing in it must change when a customer is erased (INV-14): whose an act is, only
    `ledger.act` says. What replay and explanation need is there.
    """
    for name in ("unnamed", "unnamed_facts"):
        duck.execute(_DUCK[name])
    if not full_archive:
        return duck.sql(_DUCK["evidence"])
    columns = [row[0] for row in duck.execute("DESCRIBE accepted").fetchall()]
    return duck.sql(_DUCK["full_evidence"].format(accepted=", ".join(columns)))
