"""The world of the stories: the real flow on a real PostgreSQL, asked from outside after every batch."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
from msgspec.structs import replace

from ditan import feed, ledger, packs, quantification, recognition
from ditan.accounts import AccountEvent, apply_events
from ditan.cli.ingest import DUCK
from ditan.flow import Desk, run_file
from ditan.insight import Methodology, Schedule
from ditan.kernel import limits
from ditan.kernel.clock import FixedClock
from ditan.kernel.errors import Conflict
from ditan.kernel.ids import ActId, key
from ditan.ledger import LedgerRefusal, LimitedKind
from ditan.ledger.energy import entry_id
from ditan.proof import check_invariants
from ditan.store import Store
from ditan.store.pool import Connection
from ditan.testing.playing import Ended, HeldAct
from ditan.testing.sentences import customer_ref
from ditan.testing.steps import PLACES, Limited, Step

NOW = datetime(2026, 10, 1, 4, tzinfo=UTC)
BEFORE = datetime(2026, 1, 1, tzinfo=UTC)  # limited accounts are filled

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
        self.now = NOW

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
            desk = Desk(
                self.store, self.store.settings, duck, Schedule.of(self.methodology), self.mapping, FixedClock(self.now)
            )
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

    def open_limited(self, limited: Limited) -> None:
        opened = self.store.run(
            lambda c: ledger.open_limited(c, LimitedKind(limited.kind), limited.name, "piece", self.now)
        )
        supply = {"limited_id": opened.limited_id, "reason": "opening", "maker": "maker", "now": BEFORE}
        proposal = self.store.run(lambda c: ledger.propose(c, limited.name, limited.units, **supply))
        self.store.run(lambda c: ledger.decide(c, proposal, checker="checker", approve=True, now=BEFORE))

    def set_clock(self, at: datetime) -> None:
        self.now = at.astimezone(UTC)

    def act(self, step: Step) -> str:
        match step.verb:
            case "sweep":
                swept = ledger.sweep(self.store, self.now)
                return f"{swept.lapsed_energy} lapsed, {swept.expired_energy} expired, {swept.released_holds} released"
            case "sweep killed half-way":
                return self._killed_sweep()
            case "rule":
                return self._other_rule(step)
        try:
            answer = self.store.run(lambda connection: self._ask(connection, step))
        except LedgerRefusal as refusal:
            return refusal.code
        except Conflict:
            return "refused"
        return answer if isinstance(answer, str) else f"{answer.code} {answer.energy}".removesuffix(" 0")

    def _ask(self, connection: Connection, step: Step) -> ledger.Answer | str:
        """One request, as a channel would send it."""
        if step.verb == "proposes":
            return self._propose(connection, step)
        if step.verb in {"approves", "declines"}:
            approve = step.verb == "approves"
            proposal = key("proposal", step.name)
            decided = ledger.decide(connection, proposal, checker=step.who, approve=approve, now=self.now)
            return decided or "declined"
        who, energy = ledger.find_customer(connection, step.who), step.energy or 0
        match step.verb:
            case "collects":
                act = ActId(step.act) if step.act else None
                [answer] = ledger.collect(connection, [ledger.Collection(who, step.name, act)], self.now)
                return answer
            case "sets aside":
                assert step.deadline is not None
                units = ledger.Units(self._limited(connection, step), step.units) if step.units else None
                deadline = step.deadline
                return ledger.hold(connection, who, step.name, energy, deadline=deadline, now=self.now, units=units)
            case "uses":
                return ledger.capture(connection, entry_id(who, step.name), now=self.now, energy=step.energy)
            case "gives back":
                return ledger.release(connection, entry_id(who, step.name), now=self.now)
            case _:
                budget = self._limited(connection, step)
                return ledger.award(connection, who, step.name, energy, budget_id=budget, now=self.now)

    def _limited(self, connection: Connection, step: Step) -> int:
        return ledger.read_limited(connection, step.account).limited_id

    def _propose(self, connection: Connection, step: Step) -> str:
        names = {limited.name: limited.limited_id for limited in ledger.all_limited(connection)}
        about: dict[str, Any] = {"limited_id": names.get(step.account)}
        if step.account not in names:
            about = {"customer_id": ledger.find_customer(connection, customer_ref(step.account))}
        why = {"reason": "told in a story", "maker": step.who, "now": self.now}
        ledger.propose(connection, step.name, step.energy or 0, **about, **why)
        return "proposed"

    def _killed_sweep(self) -> str:
        """End a sweep after the first customer, as a kill would: what it committed stays, the rest is not done."""

        def die(_done: int, _all: int) -> None:
            raise KeyboardInterrupt

        with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(limits, "sweep_customers", 1)
            patch.setattr(limits, "sweep_connections", 1)
            ledger.sweep(self.store, self.now, die)
        return "killed"

    def _other_rule(self, step: Step) -> str:
        """From now on another methodology, which differs only in the life of energy."""
        assert step.life is not None
        pack = replace(self.methodology.pack, life=step.life)
        _, _, rates, _ = compiled()
        version, content = packs.version(pack), packs.canonical(pack)
        pack_id = self.store.run(lambda c: ledger.registered_pack(c, pack, version, content, rates))
        self.methodology = self.methodology._replace(pack=pack, version=version, pack_id=pack_id)
        return "registered"

    def places(self, customer_ref: str) -> Mapping[str, int]:
        with self.store.unit_of_work() as connection:
            found = ledger.balance(connection, customer_ref, self.now)
        return {place: getattr(found, f"{place}_energy") for place in PLACES}

    def units(self, limited: str) -> int:
        with self.store.unit_of_work() as connection:
            return ledger.read_limited(connection, limited).balance

    def broken_promises(self) -> Sequence[str]:
        with self.store.unit_of_work() as connection:
            verdicts = check_invariants(connection, elsewhere={})
        return [f"{verdict.invariant} is broken: {verdict.offenders}" for verdict in verdicts if not verdict.holds]


@pytest.fixture
def world(store: Store, tmp_path: Path) -> RealWorld:
    return RealWorld(store, tmp_path)
