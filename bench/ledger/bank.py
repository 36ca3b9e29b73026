"""The bank of the ledger's benchmark: customers, what quantification leaves of their payments, and the database."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

import duckdb
import psutil
import psycopg
import pyarrow as pa
from rich.progress import track

from ditan import feed, ledger, packs
from ditan.cli.ingest import DUCK
from ditan.insight import Methodology, prepare
from ditan.kernel.clock import SystemClock
from ditan.kernel.ids import key
from ditan.kernel.settings import Settings
from ditan.store import Store, embedded
from ditan.store.statements import load_statements

SQL: Final = load_statements("bench.ledger", "bench.sql")
OFFERS: Final = load_statements("bench.ledger", "offers.sql")

OPENED: Final = datetime(2026, 1, 1, tzinfo=UTC)
NOW: Final = datetime(2026, 9, 1, tzinfo=UTC)
FOREVER: Final = 2**63 - 1
FILL_ROWS: Final = 500_000


class Turn(NamedTuple):
    """Which customers a batch is of, and what they do: all in one scenario when `hot`."""

    round: int
    day: int
    hot: bool
    halves: tuple[int, ...]  # of the shards
    from_place: int
    to_place: int


class Bank:
    """An embedded database with `customers` that have an account, and DuckDB that makes their batches."""

    def __init__(self, home: Path, *, threads: int = 2) -> None:
        self.settings = Settings(home=home)
        self.store = Store.open(self.settings)
        self.methodology: Methodology = prepare(self.store, packs.load(), SystemClock())
        self.duck = duckdb.connect(config=DUCK | {"threads": threads})
        self.duck.register("kind", self._kinds())

    def _kinds(self) -> pa.Table:
        """The scenarios of the shipped pack, as a batch needs them."""
        rate_of = {rate.scenario: rate.rate_id for rate in reversed(self.methodology.compiled.rates)}
        rows = [
            {
                "scenario": scenario.number,
                "energy": scenario.reward.points,
                "rate_id": rate_of.get(scenario.number, 0),
                "occasion": bool(scenario.deduplication.key),
            }
            for scenario in self.methodology.pack.scenarios
        ]
        types = {"scenario": pa.int16(), "energy": pa.int32(), "rate_id": pa.int32(), "occasion": pa.bool_()}
        table = pa.table({name: pa.array([row[name] for row in rows], kind) for name, kind in types.items()})
        return table.append_column("place", pa.array(range(len(rows)), pa.int64()))

    def people(self, first: int, last: int) -> None:
        """Know the customers of the batches."""
        self.duck.execute(OFFERS["habits"])
        self.duck.execute(OFFERS["people"].format(first=first, last=last))

    def offer(self, turn: Turn) -> int:
        """Make the batch of a turn; give its rows."""
        where = turn._asdict() | {"hot": int(turn.hot), "halves": f"({', '.join(map(str, turn.halves))})"}
        self.duck.execute(OFFERS["offer"].format(**where))
        self.duck.execute(OFFERS["no_refunds"])
        ((rows,),) = self.duck.execute("SELECT count(*) FROM quantified").fetchall()
        return int(rows)

    def post(self) -> int:
        """Post the batch that was made, in a unit of work of its own; give its number."""

        def work(connection: psycopg.Connection[Any]) -> int:
            batch_id = feed.next_batch(connection)
            ledger.post(connection, self.duck, batch_id=batch_id, pack_id=self.methodology.pack_id, now=NOW)
            connection.execute(
                "INSERT INTO feed.batch (batch_id, feed, file_name, file_sha256, chunk, pack_id, received_at,"
                " rows_read, digest) VALUES (%s, 'bench', 'bench', '', 0, %s, %s, 0, '')",
                (batch_id, self.methodology.pack_id, NOW),
            )
            return int(batch_id)

        return self.store.run(work)

    def add_customers(self, first: int, last: int, *, whole: bool = True) -> None:
        """Open accounts. Not `whole`: only the row that posting reads and writes."""
        spell = (int(OPENED.timestamp() * 1_000_000), FOREVER)
        given = {
            "opened": OPENED,
            "whole": whole,
            "consents": b"".join(n.to_bytes(8, "big") for code in (1, 2, 3) for n in (code, *spell)),
            "since": b"".join(n.to_bytes(8, "big") for n in spell),
        }
        self._in_pieces("add_customers", first, last, given, "opening accounts")

    def add_past(self, acts: int) -> None:
        """Give all customers a past of `acts` each. Indexes are made afterwards, as when a database is restored."""
        with self.store.connect_owner() as owner:
            owner.execute("ALTER TABLE ledger.act DROP CONSTRAINT act_pkey")
            owner.execute("DROP INDEX ledger.act_of_customer")
        bounds = {"opened": OPENED, "pack_id": self.methodology.pack_id, "acts": acts}
        with self.store.connect_owner() as owner:
            ids = owner.execute(
                "SELECT customer_id FROM (SELECT customer_id, row_number() OVER (ORDER BY customer_id) AS nth"
                " FROM ledger.holder) h WHERE nth %% %s = 0 ORDER BY 1",
                (FILL_ROWS // acts,),
            ).fetchall()
            edges = [0, *(row[0] for row in ids), FOREVER - 1]
            for low, high in track(list(pairwise(edges)), description="past acts"):
                owner.execute(SQL["add_past"], bounds | {"first": low + 1, "last": high})
            owner.execute("SET maintenance_work_mem = '2GB'")
            owner.execute("ALTER TABLE ledger.act ADD CONSTRAINT act_pkey PRIMARY KEY (act_id)")
            owner.execute("CREATE INDEX act_of_customer ON ledger.act (customer_id, occurred_at)")
        self.settle_down()

    def add_readers(self, first: int, last: int, energy: int, ripe_at: datetime) -> None:
        """Add customers whose key is their number, each with three ripe balls and energy to spend."""
        given = {"opened": OPENED, "pack_id": self.methodology.pack_id, "ripe_at": ripe_at, "energy": energy}
        self._in_pieces("add_readers", first, last, given | {"months": 12}, "customers to read and spend")

    def add_sleepers(self, first: int, last: int, begun_at: datetime) -> None:
        """Add customers with one lot that ends with its month."""
        given = {"opened": OPENED, "ripe_at": begun_at, "months": 0}
        self._in_pieces("add_sleepers", first, last, given, "lots to expire")

    def _in_pieces(self, name: str, first: int, last: int, given: dict[str, Any], told: str) -> None:
        pieces = [(n, min(n + FILL_ROWS - 1, last)) for n in range(first, last + 1, FILL_ROWS)]
        with self.store.connect_owner() as owner:
            for low, high in track(pieces, description=told):
                owner.execute(SQL[name], given | {"first": low, "last": high})

    def settle_down(self) -> None:
        """Let nothing of what came before be paid for by what is measured next."""
        with self.store.connect_owner() as owner:
            owner.execute("VACUUM ANALYZE")
            owner.execute("CHECKPOINT")

    def ask(self, question: str, *given: Any) -> Any:
        """Give the one value a question has."""
        with self.store.connect_owner() as owner:
            row = owner.execute(question, given or None).fetchone()
        return row[0] if row else None

    def row(self, question: str, customer_ref: str) -> tuple[Any, ...] | None:
        """Give the row that a question about one customer has."""
        with self.store.connect_owner() as owner:
            row: tuple[Any, ...] | None = owner.execute(question, (key(customer_ref),)).fetchone()
        return row

    def with_balls(self, most: int) -> list[str]:
        """Give customers that have something to collect, spread over all of them."""
        with self.store.connect_owner() as owner:
            return [row[0] for row in owner.execute(SQL["with_balls"], {"most": most}).fetchall()]

    def server_seconds(self) -> float:
        """CPU seconds of PostgreSQL, all its processes that are alive."""
        postmaster = psutil.Process(embedded.status(self.settings.home).pid)
        total = 0.0
        for process in [postmaster, *postmaster.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                spent = process.cpu_times()
                total += spent.user + spent.system
        return total

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.duck.close()
        self.store.close()
