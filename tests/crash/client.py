"""A client of Ditan that is killed at any time: asks at random, and first asks again what it does not know.

Each client is a process of its own with its own connections, the real flow and the real ledger. All share a home, a
server and the customers, so that a kill meets commits of several.
"""

import logging
import os
import random
import signal
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import duckdb
import structlog
from msgspec import Struct
from msgspec.structs import replace
from tests.crash import journal
from tests.crash.journal import Answer, Journal, Kind, Operation, Record, RowEnded
from tests.simulation.running import ENDINGS, Bench

from ditan import feed, ledger
from ditan.cli.ingest import DUCK
from ditan.flow import Desk, run_file
from ditan.insight import Schedule
from ditan.kernel.errors import StoreUnavailable, TemporaryFailure
from ditan.kernel.ids import CustomerId, EntryId, act_id
from ditan.kernel.settings import Settings
from ditan.ledger import Collection, LedgerRefusal, Units
from ditan.model import BankEvent
from ditan.store import Store, embedded
from ditan.store.pool import Connection
from ditan.testing import factories

T = TypeVar("T")

CUSTOMERS = 12
BEGIN = datetime(2026, 2, 1, tzinfo=UTC)
END = datetime(2027, 12, 1, tzinfo=UTC)  # the methodology ends with that month
SERVER_SECONDS_MAX = 60
SCENARIOS = ("metro_ride", "bus_ride", "bike_share_ride", "ebike_charging", "walking_steps", "qr_payment")

#: How often each is asked for; what ends a hold, only while there is one.
WEIGHTS = {
    Kind.INGEST: 3, Kind.COLLECT: 6, Kind.HOLD: 5, Kind.CAPTURE: 3, Kind.RELEASE: 1, Kind.AWARD: 2, Kind.SWEEP: 0.5,
}  # fmt: skip


class Plan(Struct, frozen=True):
    """What all clients of a run know."""

    home: str
    folder: str  # of journals and feed files
    seed: int
    began: float  # machine time
    days_per_second: float
    stock_id: int
    budget_id: int


class RacingClock:
    """Days go by in seconds, so that balls ripen and lapse, lots expire and holds reach their deadline meanwhile."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def now(self) -> datetime:
        """The instant, the same for all clients."""
        return min(END, BEGIN + timedelta(days=(time.time() - self._plan.began) * self._plan.days_per_second))


def customer_ref(number: int) -> str:
    """The bank's pseudonym of a customer."""
    return f"C{number:04}F"


def journal_of(folder: Path, number: int) -> Path:
    """Where client `number` writes."""
    return folder / f"client-{number}.journal"


def doomed(folder: Path, number: int) -> Path:
    """This file names a kind: client `number` asks for it, and kills itself between the commit and the answer."""
    return folder / f"client-{number}.doomed"


def main(plan: Plan, number: int, life: int) -> None:
    """Be client `number`, for the `life`-th time, until the run is stopped or its parent is gone."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)  # that a killed server cannot roll back is no news
    try:
        Client(plan, number, life).work()
    except BaseException:
        (Path(plan.folder) / f"client-{number}.failed").write_text(traceback.format_exc(), encoding="utf-8")
        raise


class Client:
    """See the module."""

    def __init__(self, plan: Plan, number: int, life: int) -> None:
        self.plan, self.number = plan, number
        self.folder, self.home = Path(plan.folder), Path(plan.home)
        self.rng = random.Random(f"{plan.seed} {number} {life}")
        self.clock = RacingClock(plan)
        self.duck = duckdb.connect(config=DUCK)
        self.interrupted = False
        self.open_holds: list[UUID] = []
        self.payments: list[BankEvent] = []
        path = journal_of(self.folder, number)
        self.journal, past = Journal(path), journal.read(path)
        for record in past:
            self._remember(record)
        self.asked = len(past)
        self.unknown = past[-1].operation if past and past[-1].answer is None else None
        self.store, self.bench, self.customers = self._insist(self._arrive)

    def work(self) -> None:
        """Ask one thing after the other; what a dead process or server left unanswered is asked again first."""
        parent, stop = os.getppid(), self.folder / "stop"
        while os.getppid() == parent and (self.unknown or not stop.exists()):
            mark = doomed(self.folder, self.number)
            last = Kind(mark.read_text(encoding="utf-8")) if mark.exists() else None
            operation, self.interrupted = self.unknown or self._choose(last), self.unknown is not None
            if not self.interrupted:
                self.journal.ask(operation)
            answer = self._insist(lambda operation=operation: self._perform(operation))  # type: ignore[misc]
            if last:  # the moment that no clock can hit
                os.kill(os.getpid(), signal.SIGKILL)
            answer = replace(answer, retried=self.interrupted)
            self.journal.answer(answer)
            self._remember(Record(operation, answer))
            self.unknown = None

    def _arrive(self) -> tuple[Store, Bench, dict[str, CustomerId]]:
        """Open the store, finish what dead processes left of their evidence, and find the customers."""
        store = Store.open(Settings(home=self.home))
        bench = Bench(store, clock=self.clock)
        feed.recover(self.home / feed.ARCHIVE, bench.manifest)
        refs = [customer_ref(number) for number in range(CUSTOMERS)]
        return store, bench, {ref: store.run(lambda c, ref=ref: ledger.find_customer(c, ref)) for ref in refs}  # type: ignore[misc]

    def _insist(self, work: Callable[[], T]) -> T:
        """Do it, again whenever the server dies meanwhile; the first who notices starts it."""
        began = time.monotonic()
        while True:
            try:
                return work()
            except (StoreUnavailable, TemporaryFailure):
                self.interrupted = True
                if time.monotonic() - began > SERVER_SECONDS_MAX:
                    raise
                with suppress(StoreUnavailable):
                    embedded.ensure_running(self.home)

    def _remember(self, record: Record) -> None:
        operation, answer = record
        if answer is None:
            return
        if operation.kind is Kind.HOLD and answer.entry_id:
            self.open_holds.append(answer.entry_id)
        elif operation.kind in {Kind.CAPTURE, Kind.RELEASE} and operation.target in self.open_holds:
            self.open_holds.remove(operation.target)
        self.payments = [*self.payments, *(event for event in operation.events if event.original_event_id is None)][
            -60:
        ]

    # --- what to ask ---

    def _choose(self, wanted: Kind | None) -> Operation:
        """One thing at random; `wanted`, if that is possible now. An award comes first: the shortest run has one."""
        self.asked += 1
        wanted = Kind.AWARD if self.asked == 1 else wanted
        kinds = [kind for kind in WEIGHTS if self.open_holds or kind not in {Kind.CAPTURE, Kind.RELEASE}]
        [kind] = [wanted] if wanted in kinds else self.rng.choices(kinds, [WEIGHTS[kind] for kind in kinds])
        common = {"number": self.asked, "kind": kind, "request_id": f"{self.number}-{self.asked}"}
        who, now, rng = customer_ref(self.rng.randrange(CUSTOMERS)), self.clock.now(), self.rng
        match kind:
            case Kind.INGEST:
                return Operation(**common, events=self._events(now))
            case Kind.COLLECT:
                ball = rng.choice(self.payments) if self.payments and rng.random() < 0.3 else None
                target = act_id(ball.source, ball.event_id) if ball else None
                return Operation(**common, customer_ref=ball.customer_ref if ball else who, target=target)
            case Kind.HOLD:
                deadline = now + timedelta(days=rng.choice([0.5, 2, 10]))
                units = rng.choice([0, 1, 3])
                return Operation(**common, customer_ref=who, energy=rng.randint(1, 40), units=units, deadline=deadline)
            case Kind.CAPTURE | Kind.RELEASE:
                part = rng.randint(1, 20) if kind is Kind.CAPTURE and rng.random() < 0.4 else None
                return Operation(**common, target=rng.choice(self.open_holds), energy=part)
            case Kind.AWARD:
                return Operation(**common, customer_ref=who, energy=rng.randint(1, 50))
            case Kind.SWEEP:
                return Operation(**common)

    def _events(self, now: datetime) -> list[BankEvent]:
        """A few payments of the hours before, and refunds of earlier ones or of these."""
        events: list[BankEvent] = []
        for n in range(self.rng.randint(1, 8)):
            who = customer_ref(self.rng.randrange(CUSTOMERS))
            changes = {
                "event_id": f"{self.number}-{self.asked}-{n}",
                "customer_ref": who,
                "card_ref": f"card-{who}",
                "occurred_at": (now - timedelta(minutes=self.rng.randrange(1, 1000))).replace(microsecond=0),
                "settled_on": None,
            }
            events.append(factories.event(self.rng.choice(SCENARIOS), **changes))
        for n in range(self.rng.choice([0, 0, 1, 2])):
            original = self.rng.choice([*self.payments, *events])
            back = self.rng.choice([None, original.amount_fen // 3, original.amount_fen // 2]) or original.amount_fen
            changes = {"event_id": f"{self.number}-{self.asked}-r{n}", "occurred_at": now.replace(microsecond=0)}
            if original.amount_fen:
                events.append(factories.refund(original, back, **changes))
        return events

    # --- asking ---

    def _perform(self, operation: Operation) -> Answer:
        now = self.clock.now()
        if operation.kind is Kind.INGEST:
            return self._ingest(operation)
        if operation.kind is Kind.SWEEP:
            swept = ledger.sweep(self.store, now)
            return Answer(number=operation.number, code="done", energy=swept.lapsed_energy + swept.expired_energy)
        try:
            answer = self.store.run(lambda connection: self._ask(connection, operation, now))
        except LedgerRefusal as refusal:
            return Answer(number=operation.number, code=refusal.code)
        return Answer(number=operation.number, code=answer.code, entry_id=answer.entry_id, energy=answer.energy)

    def _ask(self, connection: Connection, operation: Operation, now: datetime) -> ledger.Answer:
        target = EntryId(operation.target) if operation.target else None
        who, request_id = self.customers.get(operation.customer_ref, CustomerId(0)), operation.request_id
        match operation.kind:
            case Kind.COLLECT:
                [answer] = ledger.collect(connection, [Collection(who, request_id, target)], now)
                return answer
            case Kind.HOLD:
                units = Units(self.plan.stock_id, operation.units) if operation.units else None
                assert operation.energy is not None
                assert operation.deadline is not None
                energy, deadline = operation.energy, operation.deadline
                return ledger.hold(connection, who, request_id, energy, deadline=deadline, now=now, units=units)
            case Kind.AWARD:
                assert operation.energy is not None
                energy, life = operation.energy, {"collect_days": 5, "expires_months": 0}
                return ledger.award(connection, who, request_id, energy, budget_id=self.plan.budget_id, now=now, **life)
            case Kind.CAPTURE:
                assert target is not None
                return ledger.capture(connection, target, now=now, energy=operation.energy, reason=request_id)
            case _:
                assert target is not None
                return ledger.release(connection, target, now=now, reason=request_id)

    def _ingest(self, operation: Operation) -> Answer:
        file = self.folder / f"{operation.request_id}.csv"
        file.write_text(factories.csv_text(operation.events), encoding="utf-8")
        desk = Desk(
            self.store,
            self.store.settings,
            self.duck,
            Schedule.of(self.bench.methodology),
            self.bench.mapping,
            self.clock,
        )
        rows: dict[int, RowEnded] = {}
        for _ in run_file(desk, file, rejects=file.with_suffix(".rejects"), progress=lambda _bytes, _rows: None):
            for number, code, carbon_mg, energy in self.duck.execute(ENDINGS).fetchall():
                assert number not in rows, f"row {number} ended twice"
                rows[number] = RowEnded(code=code, carbon_mg=carbon_mg, energy=energy)
        file.unlink()
        return Answer(number=operation.number, code="done", rows=[rows[n + 1] for n in range(len(operation.events))])
