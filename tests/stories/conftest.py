"""The world of the stories: the real flow on a real PostgreSQL, asked from outside after every batch."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from ditan import feed, packs
from ditan.accounts import AccountEvent, apply_events
from ditan.flow import open_desk, prepare, run_file
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
        WHERE kind IN ('card_payment', 'service_event') AND event_key NOT IN (SELECT event_key FROM candidate)
    UNION ALL SELECT row_number, 'refund_of_not_green', 0, 0 FROM accepted
        WHERE kind IN ('card_refund', 'card_reversal') AND event_key NOT IN (SELECT event_key FROM refund)
    UNION ALL SELECT row_number, code, carbon_mg, energy FROM outcome WHERE row_number >= 0
"""

ACTS = """
    SELECT s.id, a.carbon_mg - coalesce(sum(r.carbon_mg), 0), a.energy - coalesce(sum(r.energy), 0), a.cut <> 0
    FROM ledger.act a
    JOIN accounts.customer c USING (customer_id)
    JOIN methodology.scenario s USING (pack_id, scenario)
    LEFT JOIN ledger.reversal r USING (act_id)
    WHERE c.customer_ref = %s
    GROUP BY a.act_id, s.id
    ORDER BY a.occurred_at
"""


class RealWorld:
    """`ditan.testing.playing.World` with nothing replaced."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder = store, folder
        self.methodology = prepare(store, packs.load())
        self.mapping = feed.load("canonical")

    def decide(self, account_events: Sequence[Mapping[str, str]]) -> None:
        events = [msgspec.convert(event, AccountEvent) for event in account_events]
        self.store.run(lambda connection: apply_events(connection, events))

    def ingest(self, name: str, csv_text: str) -> Mapping[int, Ended]:
        path = self.folder / name
        path.write_text(csv_text, encoding="utf-8")
        return self.ingest_file(path)

    def ingest_file(self, path: Path) -> dict[int, Ended]:
        desk = open_desk(self.store.settings, self.store, self.methodology, self.mapping, FixedClock(NOW))
        ended: dict[int, Ended] = {}
        for _ in run_file(desk, path, rejects=self.folder / f"{path.name}.rejects", advance=lambda _: None):
            for row_number, code, carbon_mg, energy in desk.duck.execute(ENDINGS).fetchall():
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
