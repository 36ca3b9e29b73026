"""The canonical workload: the synthetic bank's quarter, as the stages see it."""

from __future__ import annotations

import statistics
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import psycopg

from bench.figures import Figure, ratio, timed
from ditan import feed, ledger, packs, quantification, recognition
from ditan.accounts import apply_events
from ditan.cli.account import read_account_events
from ditan.cli.ingest import DUCK, ingest_file
from ditan.insight import Schedule, prepare
from ditan.kernel.clock import SystemClock
from ditan.kernel.settings import Settings
from ditan.ledger.staging import binary_copy
from ditan.ledger.store import COLUMNS
from ditan.proof import ledger_digest
from ditan.store import Store, embedded
from ditan.testing.bank import make_bank
from ditan.testing.writing import write

SEED = 42
START = date(2026, 7, 1)


class Workload:
    """A bank on disk as CSV, its accepted events as one Parquet file, and an embedded database with its accounts."""

    def __init__(self, home: Path, customers: int, days: int) -> None:
        self.settings = Settings(home=home)
        self.bank = home / "bank"
        written = write(make_bank(customers, days, SEED, START), self.bank)
        self.files = [self.bank / name for name in sorted(written.files)]
        self.rows = written.rows
        self.mapping = feed.load("canonical")
        self.parquet = home / "accepted.parquet"
        self.digest = ""
        self.store = Store.open(self.settings)
        self.methodology = prepare(self.store, packs.load(), SystemClock())
        self._accept_all()
        self.fresh()

    def _accept_all(self) -> None:
        """Make one Parquet file of everything that recognition sees."""
        parts: list[str] = []
        with duckdb.connect(config=DUCK) as duck:
            for file in self.files:
                for chunk in feed.read(file, self.mapping):
                    feed.accept(duck, chunk, self.mapping, now=SystemClock().now())
                    part = self.settings.home / f"part-{len(parts)}.parquet"
                    duck.sql("SELECT * FROM accepted").write_parquet(str(part))
                    parts.append(str(part))
            # A month may repeat an event of another; as one batch, as here, each event is there once.
            duck.read_parquet(parts).query(
                "part",
                "SELECT * REPLACE (row_number() OVER () AS row_number) FROM part "
                "QUALIFY row_number() OVER (PARTITION BY event_key ORDER BY occurred_at) = 1 ORDER BY occurred_at",
            ).write_parquet(str(self.parquet), compression="zstd")

    def fresh(self) -> None:
        """Empty the ledger and open the accounts."""
        with self.store.connect_owner() as owner:
            owner.execute(
                "TRUNCATE ledger.act, ledger.reversal, ledger.match, ledger.occasion, ledger.holder, accounts.customer,"
                " accounts.card, accounts.consent, feed.batch, feed.tally, feed.rejection, feed.conflict,"
                " feed.waiting_refund, feed.evidence_file, ledger.entry, ledger.issued, ledger.limited,"
                " ledger.proposal, ledger.sweep, ledger.closed_day, ledger.closed_line"
            )
        events = read_account_events(self.bank / "accounts.jsonl")
        self.store.run(lambda connection: apply_events(connection, events))
        with self.store.connect_owner() as owner:
            owner.execute("VACUUM ANALYZE")
            owner.execute("CHECKPOINT")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.store.close()
        embedded.stop(self.settings.home)


def reading(workload: Workload, rounds: int) -> list[Figure]:
    """(a) Recognize and quantify ÷ DuckDB reading all columns of the same Parquet, in turn, after one warm-up."""
    read: list[float] = []
    worked: list[float] = []
    copy = f"CREATE OR REPLACE TEMP TABLE accepted AS SELECT * FROM read_parquet('{workload.parquet}')"
    with duckdb.connect(config=DUCK) as duck:

        def stages() -> None:
            recognition.recognize(duck, workload.methodology.recognizer)
            quantification.quantify(duck, workload.methodology.compiled)

        for number in range(rounds + 1):
            seconds = timed(lambda: duck.execute(copy)), timed(stages)
            if number:
                read.append(seconds[0])
                worked.append(seconds[1])
        (rows,) = duck.execute("SELECT count(*) FROM accepted").fetchall()[0]
    return [
        ratio("(a) recognize + quantify ÷ reading all columns", worked, read, 0.5),
        Figure("    rows recognized and quantified per second", rows / statistics.median(worked), None, "higher"),
        Figure("    rows read per second", rows / statistics.median(read), None, "higher"),
    ]


def posting(workload: Workload, rounds: int) -> list[Figure]:
    """(b) Posting ÷ a raw binary COPY of the same act rows into an identically indexed table, one connection each."""
    ours: list[float] = []
    theirs: list[float] = []
    with duckdb.connect(config=DUCK) as duck:
        duck.execute(f"CREATE TEMP TABLE accepted AS SELECT * FROM read_parquet('{workload.parquet}')")
        recognition.recognize(duck, workload.methodology.recognizer)
        quantification.quantify(duck, workload.methodology.compiled)
        offered = acts = 0
        for _ in range(rounds):
            workload.fresh()
            with workload.store.unit_of_work() as connection:  # the working tables are made once per connection
                connection.execute("SELECT ledger.open_working_tables()")
            ours.append(timed(lambda: workload.store.run(lambda connection: _post(workload, connection, duck))))
            rows = duck.sql(_acts_sql()).to_arrow_table()
            body = b"".join(binary_copy(rows, COLUMNS["ledger.act"]))
            theirs.append(_raw_copy(workload, body))
            acts = rows.num_rows
            ((offered,),) = duck.execute("SELECT count(*) FROM quantified").fetchall()
    per_act = ratio("(b) acts posted ÷ raw COPY of the same act rows", ours, theirs, 0.2)
    return [
        per_act,
        Figure("    acts posted per second", acts / statistics.median(ours), None, "higher"),
        Figure("    recognized rows decided per second (most have no account or consent)",
               offered / statistics.median(ours), None, "higher"),
        Figure("    act rows copied raw per second", acts / statistics.median(theirs), None, "higher"),
    ]  # fmt: skip


def _post(workload: Workload, connection: psycopg.Connection[Any], duck: duckdb.DuckDBPyConnection) -> None:
    batch_id = feed.next_batch(connection)
    ledger.post(connection, duck, batch_id=batch_id, pack_id=workload.methodology.pack_id, now=SystemClock().now())
    connection.execute(
        "INSERT INTO feed.batch VALUES (%s, 'bench', 'bench', '', 0, %s, NULL, now(), 0, '')",
        (batch_id, workload.methodology.pack_id),
    )


def _acts_sql() -> str:
    from ditan.store.statements import load_statements

    return load_statements("ditan.ledger", "classify.sql")["new_acts"].format(batch_id=1, pack_id=1)


def _raw_copy(workload: Workload, body: bytes) -> float:
    """Copy the rows into an empty table with the same columns, constraints and indexes, and commit."""
    with workload.store.connect_owner() as owner:
        owner.execute("DROP TABLE IF EXISTS ledger.raw_act")
        owner.execute("CREATE TABLE ledger.raw_act (LIKE ledger.act INCLUDING ALL)")
        owner.execute("GRANT INSERT ON ledger.raw_act TO ditan_app")
        owner.execute("CHECKPOINT")

    def copy() -> None:
        with (
            workload.store.unit_of_work() as connection,
            connection.cursor() as cursor,
            cursor.copy("COPY ledger.raw_act FROM STDIN (FORMAT binary)") as writer,
        ):
            writer.write(body)

    seconds = timed(copy)
    with workload.store.connect_owner() as owner:
        owner.execute("DROP TABLE ledger.raw_act")
    return seconds


def end_to_end(workload: Workload) -> list[Figure]:
    """(c) The CSV files from the first byte to the last commit, evidence archive included."""
    workload.fresh()

    def ingest() -> None:
        for file in workload.files:
            ingest_file(workload.settings, workload.store, Schedule.of(workload.methodology), workload.mapping, file)

    seconds = timed(ingest)
    with workload.store.unit_of_work() as connection:
        workload.digest = ledger_digest(connection)
        row = connection.execute("SELECT count(*) FROM ledger.act").fetchone()
    acts = row[0] if row else 0
    return [
        Figure("(c) events per second, CSV to ledger and archive", workload.rows / seconds, None, "higher"),
        Figure("    acts posted in it", acts, None, "higher"),
    ]
