"""The world of the stories: the real flow on a real PostgreSQL, asked from outside after every batch."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest

from ditan import feed, ledger, packs, quantification, recognition
from ditan.accounts import AccountEvent, apply_events
from ditan.cli.ingest import DUCK
from ditan.flow import Desk, Methodology, run_file
from ditan.kernel.clock import FixedClock
from ditan.proof import check_invariants
from ditan.store import Store
from ditan.testing.playing import Ended, HeldAct

NOW = datetime(2026, 10, 1, 4, tzinfo=UTC)

#: How each row of the batch ended: the tables that the stages leave in DuckDB, read one after the other.
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

ACTS = """
    SELECT s.id, a.carbon_mg - coalesce(sum(r.carbon_mg), 0), a.energy - coalesce(sum(r.energy), 0), a.cut <> 0
    FROM ledger.act a
    JOIN accounts.customer c USING (customer_id)
    JOIN methodology.scenario s USING (pack_id, scenario)
    LEFT JOIN ledger.reversal r USING (act_id)
    WHERE c.customer_ref = %s AND a.cut < 32
    GROUP BY a.act_id, s.id
    ORDER BY a.occurred_at
"""


@cache
def compiled() -> tuple[str, bytes, list[dict[str, Any]], Methodology]:
    """What `flow.prepare` compiles, once for all stories: a second of work that each database only has to register."""
    pack = packs.load()
    version, tables = packs.version(pack), quantification.compile_pack(pack)
    methodology = Methodology(pack, version, 0, recognition.compile_rules(pack), tables)
    return version, packs.canonical(pack), [msgspec.to_builtins(rate) for rate in tables.rates], methodology


class RealWorld:
    """`ditan.testing.playing.World` with nothing replaced."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder = store, folder
        version, content, rates, methodology = compiled()
        pack_id = store.run(lambda c: ledger.registered_pack(c, methodology.pack, version, content, rates))
        self.methodology = methodology._replace(pack_id=pack_id)
        self.mapping = feed.load("canonical")

    def decide(self, account_events: Sequence[Mapping[str, str]]) -> None:
        events = [msgspec.convert(event, AccountEvent) for event in account_events]
        self.store.run(lambda connection: apply_events(connection, events))

    def ingest(self, name: str, csv_text: str) -> Mapping[int, Ended]:
        path = self.folder / name
        path.write_text(csv_text, encoding="utf-8")
        return self.ingest_file(path)

    def ingest_file(self, path: Path) -> dict[int, Ended]:
        ended: dict[int, Ended] = {}
        with duckdb.connect(config=DUCK) as duck:
            desk = Desk(self.store, self.store.settings, duck, self.methodology, self.mapping, FixedClock(NOW))
            rejects = self.folder / f"{path.name}.rejects"
            for _ in run_file(desk, path, rejects=rejects, progress=lambda _bytes, _rows: None):
                for row_number, code, carbon_mg, energy in duck.execute(ENDINGS).fetchall():
                    assert row_number not in ended, f"row {row_number} ended twice"
                    ended[row_number] = Ended(code, carbon_mg, energy)
        return ended

    def balance(self, customer_ref: str) -> tuple[int, int]:
        """The sum of the postings, not the row that is kept for reading."""
        with self.store.unit_of_work() as connection:
            acts = connection.execute(ACTS, [customer_ref]).fetchall()
        return sum(int(act[1]) for act in acts), sum(int(act[2]) for act in acts)

    def acts(self, customer_ref: str) -> Sequence[HeldAct]:
        with self.store.unit_of_work() as connection:
            acts = connection.execute(ACTS, [customer_ref]).fetchall()
        return [HeldAct(scenario, int(carbon_mg), int(energy), cut) for scenario, carbon_mg, energy, cut in acts]

    def broken_promises(self) -> Sequence[str]:
        with self.store.unit_of_work() as connection:
            verdicts = check_invariants(connection, elsewhere={})
        return [f"{verdict.invariant} is broken: {verdict.offenders}" for verdict in verdicts if not verdict.holds]


@pytest.fixture
def world(store: Store, tmp_path: Path) -> RealWorld:
    return RealWorld(store, tmp_path)
