"""Run Ditan in a test as its command line does, and ask it from outside what it did.

Nothing is replaced: the real flow, a real PostgreSQL, real files. Only the clock and the size of a batch are chosen.
"""

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import duckdb
import msgspec

from ditan import feed, ledger, packs, quantification, recognition
from ditan.accounts import AccountEvent, apply_events
from ditan.cli.ingest import DUCK
from ditan.feed import ARCHIVE
from ditan.flow import Desk, run_chunk
from ditan.insight import Methodology, Replay, Schedule, prepare, replay
from ditan.kernel import limits
from ditan.kernel.clock import Clock, FixedClock
from ditan.kernel.settings import Settings
from ditan.model import BankEvent, BatchReport, Pack
from ditan.proof import Verdict, check_invariants, ledger_digest
from ditan.store import Store
from ditan.testing import factories

NOW = datetime(2026, 12, 31, 4, tzinfo=UTC)

#: How each row of a batch ended, from the tables that the stages leave in DuckDB, read one after the other.
ENDINGS = """
    SELECT row_number, code, 0 AS carbon_mg, 0 AS energy FROM rejected
    UNION ALL SELECT row_number, 'duplicate', 0, 0 FROM duplicate
    UNION ALL SELECT row_number, 'conflict', 0, 0 FROM conflict
    UNION ALL SELECT row_number, code, 0, 0 FROM candidate WHERE code IS NOT NULL
    UNION ALL SELECT row_number, 'not_green', 0, 0 FROM accepted
        WHERE kind IN ('card_payment', 'service_event') AND row_number NOT IN (SELECT row_number FROM candidate)
    UNION ALL SELECT row_number, 'refund_of_not_green', 0, 0 FROM accepted
        WHERE kind IN ('card_refund', 'card_reversal') AND row_number NOT IN (SELECT row_number FROM refund)
    UNION ALL SELECT row_number, code, carbon_mg, energy FROM outcome WHERE row_number >= 0
"""


class Ended(NamedTuple):
    """How a row of a file ended: the code of the stage that ended it, and what it gave."""

    code: str
    carbon_mg: int = 0
    energy: int = 0


@cache
def shipped() -> Pack:
    """The pack that ships, read once."""
    return packs.load()


@cache
def compiled() -> tuple[bytes, list[dict[str, Any]], Methodology]:
    """What `flow.prepare` makes of it, once for all tests: a second of work that a database only has to register."""
    pack = shipped()
    tables = quantification.compile_pack(pack)
    methodology = Methodology(pack, packs.version(pack), 0, recognition.compile_rules(pack), tables)
    return packs.canonical(pack), [msgspec.to_builtins(rate) for rate in tables.rates], methodology


def prepared(store: Store) -> Methodology:
    """The shipped pack, compiled and registered in this store."""
    content, rates, methodology = compiled()
    version = methodology.version
    pack_id = store.run(lambda c: ledger.registered_pack(c, methodology.pack, version, content, rates))
    return methodology._replace(pack_id=pack_id)


class Bench:
    """A store with a methodology, and everything a test does with it."""

    def __init__(self, store: Store, *, pack: Pack | None = None, clock: Clock | None = None) -> None:
        self.store = store
        self.settings = store.settings
        self.clock = clock or FixedClock(NOW)
        self.methodology: Methodology = prepare(store, pack) if pack else prepared(store)
        self.schedule = Schedule.of(self.methodology)
        self.mapping = feed.load("canonical")

    # --- doing ---

    def decide(self, events: Iterable[AccountEvent]) -> None:
        """Apply what customers decide."""
        self.store.run(lambda connection: apply_events(connection, events))

    def decide_lines(self, lines: Iterable[str | bytes]) -> None:
        """The same from lines of an `accounts.jsonl`."""
        decoder = msgspec.json.Decoder(AccountEvent)
        self.decide([decoder.decode(line) for line in lines])

    def ingest(
        self,
        file: Path,
        *,
        rows_max: int = limits.batch_rows_max,
        settings: Settings | None = None,
        look: Callable[[duckdb.DuckDBPyConnection], None] = lambda _: None,
    ) -> tuple[list[BatchReport], dict[int, Ended]]:
        """Ingest a file in batches of `rows_max` rows; give the reports, and the ending of every row.

        `look` is shown the tables that the stages left in DuckDB, after each batch.
        """
        ended: dict[int, Ended] = {}
        reports: list[BatchReport] = []
        digest = bytes.fromhex(feed.digest(file))
        archive = self.settings.home / ARCHIVE
        feed.recover(archive, self.manifest)
        with duckdb.connect(config=DUCK) as duck:
            desk = Desk(
                store=self.store,
                settings=settings or self.settings,
                duck=duck,
                schedule=self.schedule,
                mapping=self.mapping,
                clock=self.clock,
            )
            for chunk in feed.read(file, self.mapping, rows_max=rows_max):
                origin = feed.Origin(
                    feed=self.mapping.name, file_name=file.name, file_sha256=digest, number=chunk.number
                )
                for _, report in run_chunk(desk, chunk, origin):
                    reports.append(report)
                    for row_number, code, carbon_mg, energy in duck.execute(ENDINGS).fetchall():
                        assert row_number not in ended, f"row {row_number} ended twice"
                        ended[row_number] = Ended(code, carbon_mg, energy)
                    look(duck)
        feed.write_manifests(archive, self.manifest())
        return reports, ended

    def ingest_events(self, name: str, events: Sequence[BankEvent], folder: Path) -> dict[str, Ended]:
        """Ingest events as one canonical file; give their endings by event id (the first row of an id counts)."""
        file = folder / f"{name}.csv"
        file.write_text(factories.csv_text(events), encoding="utf-8")
        _, ended = self.ingest(file)
        found: dict[str, Ended] = {}
        for number, event in enumerate(events, start=1):
            found.setdefault(event.event_id, ended[number])
        return found

    # --- asking ---

    def manifest(self) -> list[feed.Stored]:
        """The lines of the archive's manifest."""
        with self.store.unit_of_work() as connection:
            return feed.evidence_files(connection)

    def ask(self, question: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Rows that the application may read."""
        with self.store.unit_of_work() as connection:
            return connection.execute(question, parameters or None).fetchall()

    def one(self, question: str, *parameters: Any) -> Any:
        """The one value that a question gives."""
        [(value,)] = self.ask(question, *parameters)
        return value

    def corrupt(self, statement: str, *parameters: Any) -> None:
        """Do what the application may not: as the owner of the tables."""
        with self.store.connect_owner() as connection:
            connection.execute(statement, parameters or None)

    def digest(self) -> str:
        """The ledger's digest."""
        with self.store.unit_of_work() as connection:
            return ledger_digest(connection)

    def replayed(self) -> Replay:
        """The whole archive quantified again."""
        with self.store.unit_of_work() as connection:
            return replay(connection, self.settings.home)

    def verdicts(self) -> list[Verdict]:
        """Every promise over the database."""
        with self.store.unit_of_work() as connection:
            return check_invariants(connection, elsewhere={})

    def broken(self) -> dict[str, list[str]]:
        """The promises that are broken, with their offenders."""
        return {verdict.invariant: verdict.offenders for verdict in self.verdicts() if not verdict.holds}

    def acts(self) -> dict[UUID, tuple[Any, ...]]:
        """What the ledger keeps of each act."""
        rows = self.ask(
            "SELECT act_id, customer_id, scenario, occurred_at, amount_fen, quantified_mg, carbon_mg, energy, cut"
            " FROM ledger.act"
        )
        return {row[0]: tuple(row[1:]) for row in rows}

    def balances(self) -> dict[str, tuple[int, int]]:
        """What each customer holds, from the row that is kept for reading."""
        rows = self.ask(
            "SELECT customer_ref, h.carbon_mg, h.pending_energy + h.available_energy + h.held_energy - h.owed_energy"
            " FROM ledger.holder h JOIN accounts.customer USING (customer_id)"
        )
        return {ref: (carbon_mg, energy) for ref, carbon_mg, energy in rows}

    def evidence(self) -> list[tuple[Any, ...]]:
        """All rows of the archive, in the order of their keys."""
        files = [str(self.settings.home / ARCHIVE / stored.path) for stored in self.manifest()]
        if not files:
            return []
        with duckdb.connect(config=DUCK) as duck:
            return duck.execute(
                "SELECT * EXCLUDE (row_number) FROM read_parquet($files, union_by_name = true) ORDER BY event_key",
                {"files": files},
            ).fetchall()


def tidy_archive(bench: Bench) -> None:
    """Assert that the archive is exactly what the manifest says: no part left, no file more, none less, intact."""
    archive = bench.settings.home / ARCHIVE
    assert [path.name for path in archive.rglob("*.tmp")] == []
    lines = bench.manifest()
    assert all(feed.intact(archive / line.path, line) for line in lines)
    assert {path.relative_to(archive).as_posix() for path in archive.rglob("*.parquet")} == {ln.path for ln in lines}
    listed: dict[str, list[Mapping[str, Any]]] = {
        path.parent.name: msgspec.json.decode(path.read_bytes())["files"] for path in archive.glob("*/manifest.json")
    }
    named = {(f"{day}/{file['file']}", file["sha256"]) for day, files in listed.items() for file in files}
    assert named == {(line.path, line.sha256.hex()) for line in lines}


def in_small_batches(settings: Settings, rows_max: int) -> tuple[list[str], dict[str, str]]:
    """The command `ditan` as a process of its own with batches of `rows_max` rows, and its environment.

    Everything is the real command line; only the limit is set, before any module that uses it is imported.
    """
    code = f"from ditan.kernel import limits\nlimits.batch_rows_max = {rows_max}\nfrom ditan.cli import main\nmain()\n"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DITAN_")}
    environment["DITAN_HOME"] = str(settings.home)
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    if settings.database_url:
        environment["DITAN_DATABASE_URL"] = settings.database_url
    return [sys.executable, "-c", code], environment
