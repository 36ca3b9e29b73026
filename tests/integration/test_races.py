"""Many at the same thing at the same moment: real threads, each with its own connection to a real PostgreSQL.

Whatever happens first, the promises hold: a balance is spent once, the last piece goes to one, a request is done once
and answered the same forever, a hold ends once, and a sweep that is killed or doubled changes nothing.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import duckdb
import psycopg
import pytest
from tests.simulation.energy_oracle import DAY, MINUTE, Answer, Books, Op
from tests.simulation.energy_running import BILL, EnergyBank
from tests.simulation.oracle import Offer

from ditan.cli.ingest import DUCK
from ditan.kernel import limits
from ditan.kernel.errors import StoreUnavailable
from ditan.kernel.ids import key
from ditan.ledger import Swept, sweep
from ditan.proof import check_invariants
from ditan.store import Store

NOON = datetime(2026, 3, 2, 4)  # UTC
STOCK, BUDGET = "stock of trees", "budget of spring"
AT_ONCE = 50
"""Connections at the same time. The server of the tests has a hundred, for all of them."""

pytestmark = [
    pytest.mark.invariant("INV-05"),
    pytest.mark.invariant("INV-06"),
    pytest.mark.invariant("INV-07"),
    pytest.mark.invariant("INV-08"),
]


class Race:
    """A bank with customers, its model, and a way to do many things at once."""

    def __init__(self, bank: EnergyBank) -> None:
        self.bank, self.store = bank, bank.bank.store
        self.model: Books = bank.open()
        self.asked: list[tuple[str, str]] = []
        self.acts: list[Offer] = []

    def do(self, name: str, at: datetime, **given: Any) -> Any:
        """Do it on both; they agree."""
        op = Op(name, at, given)
        wanted = self.model.do(op)
        assert self.bank.do(op) == wanted
        if name == "hold":
            self.asked.append((given["customer"], given["request"]))
        return wanted

    def earn(self, at: datetime, customer: str, energy: int, name: str = "act") -> Offer:
        """One act."""
        offer = act(at, customer, energy, f"{name} of {customer}")
        self.do("post", at, acts=[offer], refunds=[])
        self.acts.append(offer)
        return offer

    def give(self, customer: str, energy: int, at: datetime = NOON) -> None:
        """Energy that can be spent: earned two days before, collected now."""
        self.earn(at - 2 * DAY, customer, energy)
        assert self.do("collect", at, taps=[(customer, "first", None)]) == [Answer("done", energy)]

    def give_all(self, energy: int, at: datetime = NOON) -> None:
        """The same to every customer, and one point more to each than to the one before."""
        names = self.bank.names
        acts = [act(at - 2 * DAY, name, energy + n, f"act of {name}", n + 1) for n, name in enumerate(names)]
        self.do("post", at - 2 * DAY, acts=acts, refunds=[])
        self.do("collect", at, taps=[(name, "first", None) for name in names])
        self.acts += acts

    def at_once(self, tasks: Sequence[Callable[[], Any]]) -> list[Any]:
        """Start as many as there may be at the same moment, then the others; give what each returned."""
        gate, threads = threading.Event(), min(AT_ONCE, len(tasks))
        ready, connected = threading.Semaphore(0), threading.Barrier(threads)

        def connect(_: int) -> None:
            with self.store.unit_of_work():
                connected.wait(timeout=60)  # so that each has its own, and none must be opened during the race

        def run(task: Callable[[], Any]) -> Any:
            ready.release()
            gate.wait(timeout=60)
            return task()

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(connect, range(threads)))
            futures = [pool.submit(run, task) for task in tasks]
            for _ in range(threads):
                assert ready.acquire(timeout=60)
            gate.set()
            return [future.result(timeout=100) for future in futures]

    def together(self, ops: Sequence[Op]) -> list[Any]:
        """Do operations at once, on the database only."""
        self.asked += [(op.given["customer"], op.given["request"]) for op in ops if op.name == "hold"]
        return self.at_once([partial(self.bank.do, op) for op in ops])

    def dump(self) -> dict[str, Any]:
        return self.bank.dump(self.asked)

    def one(self, question: str, *parameters: Any) -> Any:
        with self.store.unit_of_work() as connection:
            row = connection.execute(question, parameters or None).fetchone()
        assert row is not None
        return row[0]

    def holds(self) -> None:
        """Every promise holds."""
        with self.store.unit_of_work() as connection:
            verdicts = check_invariants(connection, elsewhere={})
        assert {v.invariant: v.offenders for v in verdicts if not v.holds} == {}


def act(at: datetime, customer: str, energy: int, name: str, row: int = 1) -> Offer:
    return Offer(row, key(name), key("content", name), at, 100, customer=customer, scenario=BILL,
                 card=f"card-{customer}", carbon_mg=1_000, energy=energy)  # fmt: skip


def refund(of: Offer, fen: int, name: str, row: int = 1) -> Offer:
    return Offer(row, key(name), key("content", name), of.at + DAY, fen, customer=of.customer, original=of.key,
                 refund=True)  # fmt: skip


@pytest.fixture
def race(store: Store) -> Iterator[Race]:
    with duckdb.connect(config=DUCK) as duck:
        yield Race(EnergyBank(store, duck, customers=20, limited=(STOCK, BUDGET)))


# --- one balance, one request, one piece --------------------------------------------------------------------------


def test_two_hundred_spend_the_same_balance_and_one_has_it(race: Race) -> None:
    race.give("cust-0", 100)
    asked = [{"customer": "cust-0", "request": f"spend-{n}", "energy": 100, "deadline": NOON + DAY} for n in range(200)]
    answers = Counter(race.together([Op("hold", NOON, given) for given in asked]))
    assert answers == {Answer("done", 100): 1, Answer("not_enough", 0): 199}
    assert race.dump()["cust-0"]["sums"] == (0, 0, 100, 0)
    race.holds()


def test_two_hundred_spend_parts_of_a_balance_and_no_more_than_there_is(race: Race) -> None:
    race.give("cust-0", 100)
    asked = [{"customer": "cust-0", "request": f"spend-{n}", "energy": 7, "deadline": NOON + DAY} for n in range(200)]
    answers = Counter(race.together([Op("hold", NOON, given) for given in asked]))
    assert answers == {Answer("done", 7): 14, Answer("not_enough", 2): 186}
    assert race.dump()["cust-0"]["sums"] == (0, 2, 98, 0)
    race.holds()


SAME: dict[str, tuple[str, dict[str, Any]]] = {
    "collect": ("collect", {"taps": [("cust-1", "same", None)]}),
    "hold": ("hold", {"customer": "cust-0", "request": "same", "energy": 60, "deadline": NOON + DAY, "limited": STOCK,
                      "units": 2}),
    "capture": ("capture", {"customer": "cust-0", "request": "held", "energy": 10}),
    "release": ("release", {"customer": "cust-0", "request": "held"}),
    "award": ("award", {"customer": "cust-0", "request": "same", "energy": 5, "budget": BUDGET, "collect_days": 7,
                        "months": 12}),
    "adjust": ("adjust", {"customer": "cust-0", "request": "same", "energy": -5, "months": 12}),
    "supply": ("supply", {"limited": STOCK, "request": "same", "units": -5}),
}  # fmt: skip


@pytest.mark.parametrize("what", SAME)
def test_two_hundred_deliveries_of_a_request_are_one_entry_and_one_answer(race: Race, what: str) -> None:
    times = 200 if what in {"hold", "collect"} else AT_ONCE
    name, given = SAME[what]
    race.give("cust-0", 100)
    race.earn(NOON - 2 * DAY, "cust-1", 30)
    race.do("supply", NOON, limited=STOCK, request="stock", units=10)
    race.do("supply", NOON, limited=BUDGET, request="budget", units=10)
    race.do("hold", NOON, customer="cust-0", request="held", energy=20, deadline=NOON + DAY)
    entries = race.one("SELECT count(*) FROM ledger.entry")
    answers = race.together([Op(name, NOON, given)] * times)
    found = Counter(answer[0] if isinstance(answer, list) else answer for answer in answers)
    once = race.model.do(Op(name, NOON, given))
    done = once[0] if isinstance(once, list) else once
    assert done.code == "done"
    assert found == {done: 1, done._replace(code="exists"): times - 1}
    assert race.one("SELECT count(*) FROM ledger.entry") == entries + 1
    assert race.dump() == race.model.dump()
    race.holds()


def test_fifty_taps_collect_a_ball_once(race: Race) -> None:
    race.earn(NOON - 2 * DAY, "cust-0", 100)
    taps = [Op("collect", NOON, {"taps": [("cust-0", f"tap-{n}", None)]}) for n in range(AT_ONCE)]
    found = Counter(answer for [answer] in race.together(taps))
    assert found == {Answer("done", 100): 1, Answer("nothing"): AT_ONCE - 1}
    assert race.dump()["cust-0"]["sums"] == (0, 100, 0, 0)
    race.holds()


def test_a_hundred_want_the_last_piece_and_one_has_it(race: Race) -> None:
    race.give_all(100)
    race.do("supply", NOON, limited=STOCK, request="stock", units=1)
    asked = [
        {
            "customer": customer,
            "request": f"piece-{n}",
            "energy": 10,
            "deadline": NOON + DAY,
            "limited": STOCK,
            "units": 1,
        }
        for customer in race.bank.names
        for n in range(5)
    ]
    answers = Counter(race.together([Op("hold", NOON, given) for given in asked]))
    assert answers == {Answer("done", 10): 1, Answer("used_up"): 99}
    state = race.dump()
    assert state["limited"][STOCK] == 0
    assert sum(state[customer]["sums"][2] for customer in race.bank.names) == 10
    race.holds()


def test_a_budget_gives_what_it_has(race: Race) -> None:
    race.do("supply", NOON, limited=BUDGET, request="budget", units=100)
    terms = {"budget": BUDGET, "collect_days": 7, "months": 12, "energy": 15}
    ops = [
        Op("award", NOON, terms | {"customer": customer, "request": f"award-{n}"})
        for customer in race.bank.names
        for n in range(2)
    ]
    assert Counter(race.together(ops)) == {Answer("done", 15): 6, Answer("used_up"): 34}
    assert race.dump()["limited"][BUDGET] == 10
    race.holds()


# --- the end of a hold --------------------------------------------------------------------------------------------


def test_a_hold_ends_once_whoever_ends_it(race: Race) -> None:
    """Captured by one clock just before its deadline, released by the customer, and by two sweeps just after it."""
    deadline = NOON + timedelta(hours=1)
    race.do("supply", NOON, limited=STOCK, request="stock", units=40)
    race.give_all(100)
    for customer in race.bank.names:
        for n in range(2):
            race.do("hold", NOON, customer=customer, request=f"hold-{n}", energy=30, deadline=deadline, limited=STOCK,
                    units=1)  # fmt: skip
    before = deadline - timedelta(seconds=1)
    ends: list[Callable[[], Any]] = []
    for customer, request in race.asked:
        named = {"customer": customer, "request": request}
        ends.append(partial(race.bank.do, Op("capture", before, named | {"energy": 12})))
        ends.append(partial(race.bank.do, Op("release", before, named)))
    middle = len(ends) // 2
    sweeps = [partial(sweep, race.store, (deadline + MINUTE).replace(tzinfo=UTC))] * 2
    answers = race.at_once([*ends[:middle], *sweeps, *ends[middle:]])
    swept = sum(answer.released_holds for answer in answers if isinstance(answer, Swept))
    found = [answer for answer in answers if isinstance(answer, Answer)]
    captured, released = found.count(Answer("done", 12)), found.count(Answer("done", 30))
    assert captured + released + swept == 40
    assert {answer.code for answer in found} <= {"done", "captured", "released"}
    assert race.one("SELECT count(*) FROM ledger.entry WHERE kind IN ('capture', 'release')") == 40
    state = race.dump()
    assert state["limited"][STOCK] == 40 - captured
    assert sum(state[c]["sums"][1] for c in race.bank.names) == sum(range(100, 120)) - 12 * captured
    assert all(state[c]["sums"][2] == 0 for c in race.bank.names)
    race.holds()


# --- refunds ------------------------------------------------------------------------------------------------------


@pytest.fixture
def ducks() -> Iterator[Callable[[], duckdb.DuckDBPyConnection]]:
    opened: list[duckdb.DuckDBPyConnection] = []

    def another() -> duckdb.DuckDBPyConnection:
        opened.append(duckdb.connect(config=DUCK))
        return opened[-1]

    yield another
    for duck in opened:
        duck.close()


Ducks = Callable[[], duckdb.DuckDBPyConnection]


def posting(race: Race, ducks: Ducks, at: datetime, acts: list[Offer], refunds: list[Offer]) -> Callable[[], Any]:
    bank = race.bank.another(ducks())
    return partial(bank.do, Op("post", at, {"acts": acts, "refunds": refunds}))


@pytest.mark.parametrize("fen", [100, 60])
def test_one_refund_delivered_by_eight_is_one(race: Race, ducks: Ducks, fen: int) -> None:
    race.give("cust-0", 100)
    race.do("hold", NOON, customer="cust-0", request="held", energy=70, deadline=NOON + DAY)
    back = refund(race.acts[0], fen, "back")
    answers = race.at_once([posting(race, ducks, NOON, [], [back]) for _ in range(8)])
    assert Counter(answer[1].code for answer in answers) == {"refunded": 1, "duplicate": 7}
    race.model.do(Op("post", NOON, {"acts": [], "refunds": [back]}))
    assert race.dump() == race.model.dump()
    assert race.dump()["cust-0"]["sums"] == (0, 0, 70, fen - 30)
    race.holds()


def test_refunds_of_one_act_take_no_more_than_it_gave(race: Race, ducks: Ducks) -> None:
    """Eight refunds of a third each: in whatever order, three of them take everything, to the last point."""
    race.give("cust-0", 100)
    backs = [refund(race.acts[0], 34, f"back-{n}") for n in range(8)]
    answers = race.at_once([posting(race, ducks, NOON, [], [back]) for back in backs])
    assert Counter(answer[1].code for answer in answers) == {"refunded": 3, "nothing_left": 5}
    assert sorted(answer[1].energy for answer in answers)[:3] == [-34, -34, -32]
    assert race.dump()["cust-0"]["sums"] == (0, 0, 0, 0)
    race.holds()


def test_a_refund_and_a_spend_meet(race: Race, ducks: Ducks) -> None:
    """Either the refund has the energy and nothing is held, or it is held and becomes debt."""
    race.give_all(100)
    refunds = [posting(race, ducks, NOON, [], [refund(of, 100, f"back of {of.customer}")]) for of in race.acts[:8]]
    holds = [
        Op("hold", NOON, {"customer": customer, "request": "spend", "energy": 100 + n, "deadline": NOON + DAY})
        for n, customer in enumerate(race.bank.names[:8])
    ]
    race.asked += [(op.given["customer"], "spend") for op in holds]
    pairs = [task for pair in zip(refunds, [partial(race.bank.do, op) for op in holds], strict=True) for task in pair]
    answers = race.at_once(pairs)
    state = race.dump()
    for n, (customer, answer) in enumerate(zip(race.bank.names, answers[1::2], strict=False), start=100):
        wanted = (0, 0, n, n) if answer.code == "done" else (0, 0, 0, 0)
        assert state[customer]["sums"] == wanted
    race.holds()


# --- everything at once -------------------------------------------------------------------------------------------


def test_posting_sweeping_collecting_and_refunding_at_once(race: Race, ducks: Ducks) -> None:
    """In the end every point that was earned is somewhere, and what was earned in time is there to be collected."""
    names = race.bank.names[:6]
    old = [act(NOON - 9 * DAY, name, 50, f"old of {name}", n) for n, name in enumerate(names, start=1)]
    race.do("post", NOON - 9 * DAY, acts=old, refunds=[])
    late = NOON - DAY + timedelta(hours=-5)  # after the balls are ripe, before they lapse
    tasks: list[Callable[[], Any]] = []
    for n in range(4):
        acts = [act(NOON, name, 10, f"new {n} of {name}", row) for row, name in enumerate(names, start=1)]
        tasks.append(posting(race, ducks, NOON, acts, []))
        tasks.append(
            posting(race, ducks, NOON, [], [refund(of, 30, f"back {n} of {of.customer}") for of in old[n:][:1]])
        )
        tasks.append(partial(sweep, race.store, (NOON + n * MINUTE).replace(tzinfo=UTC)))
        taps = [(name, f"tap-{n}", None) for name in names]
        tasks.append(partial(race.bank.do, Op("collect", late, {"taps": taps})))
    answers = race.at_once(tasks)
    for answer in answers:
        if isinstance(answer, dict):
            assert {ending.code for ending in answer.values()} <= {"posted", "refunded"}
    state = race.dump()
    lapsed = race.one("SELECT coalesce(-sum(pending_energy), 0) FROM ledger.entry WHERE kind = 'lapse'")
    gone = race.one("SELECT coalesce(sum(gone_energy), 0) FROM ledger.reversal")
    taken = race.one("SELECT sum(energy) FROM ledger.reversal")
    assert taken == 4 * 15
    earned = len(names) * (50 + 4 * 10)
    pending, available, held, owed = (sum(state[name]["sums"][n] for name in names) for n in range(4))
    assert pending == len(names) * 40
    assert (held, owed) == (0, 0)
    assert pending + available == earned - taken - lapsed + gone
    race.holds()


# --- sweeps -------------------------------------------------------------------------------------------------------


def due(race: Race) -> datetime:
    """Customers with a ball that has lapsed, a lot that has expired, and a hold past its deadline, at a time."""
    race.do("supply", NOON, limited=STOCK, request="stock", units=20)
    race.give_all(100)
    for n, customer in enumerate(race.bank.names):
        if n % 2:
            race.do("hold", NOON, customer=customer, request="held", energy=40, deadline=NOON + n * DAY, limited=STOCK,
                    units=1)  # fmt: skip
    at = NOON + 420 * DAY
    late = [act(at - 10 * DAY, name, 30, f"late act of {name}", n) for n, name in enumerate(race.bank.names[:10], 1)]
    race.do("post", at - 10 * DAY, acts=late, refunds=[])
    return at


def swept_by_the_model(race: Race, at: datetime) -> tuple[Books, Swept]:
    """What a sweep must do."""
    model = race.model.fork()
    released = [model.do(Op("release", at, {"customer": c, "request": r})) for c, r in race.asked]
    sums = [model.do(Op("settle", at, {"customer": customer})) for customer in race.bank.names]
    expired_with_holds = sum(sum(model.holders[c].expired.values()) for c in race.bank.names)
    assert all(answer.code == "done" for answer in released)
    return model, Swept(
        customers=sum(any(both) for both in sums),
        lapsed_energy=sum(lapsed for lapsed, _ in sums),
        expired_energy=expired_with_holds,
        released_holds=len(released),
    )


def test_two_sweeps_at_once_are_one(race: Race, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "sweep_customers", 3)
    monkeypatch.setattr(limits, "sweep_holds", 2)
    at = due(race)
    model, _ = swept_by_the_model(race, at)
    found = race.at_once([partial(sweep, race.store, at.replace(tzinfo=UTC))] * 4)
    assert sum(one.released_holds for one in found) == 10
    assert race.dump() == model.dump()
    once = race.one("SELECT count(*) FROM ledger.entry")
    again = sweep(race.store, at.replace(tzinfo=UTC))
    assert again == Swept(customers=0, lapsed_energy=0, expired_energy=0, released_holds=0)
    assert race.one("SELECT count(*) FROM ledger.entry") == once
    race.holds()


class KilledError(Exception):
    """What stands for the end of the process."""


@pytest.mark.parametrize("pieces", [1, 3, 6])
def test_a_sweep_that_was_killed_between_two_pieces_is_finished_by_the_next(
    race: Race, monkeypatch: pytest.MonkeyPatch, pieces: int
) -> None:
    monkeypatch.setattr(limits, "sweep_connections", 1)  # else the next piece is under way
    monkeypatch.setattr(limits, "sweep_customers", 3)
    monkeypatch.setattr(limits, "sweep_holds", 2)
    at = due(race)
    model, _ = swept_by_the_model(race, at)
    told: list[int] = []

    def die(done: int, _: int) -> None:
        told.append(done)
        if len(told) == pieces:
            raise KilledError

    with pytest.raises(KilledError):
        sweep(race.store, at.replace(tzinfo=UTC), die)
    assert race.one("SELECT count(*) FROM ledger.sweep") == 0
    assert race.dump() != model.dump()
    sweep(race.store, at.replace(tzinfo=UTC))
    assert race.dump() == model.dump()
    race.holds()


def test_a_sweep_whose_connection_is_killed_keeps_nothing_of_its_piece(
    race: Race, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for a customer that somebody else holds; there its connection dies. The next sweep does the rest."""
    monkeypatch.setattr(limits, "sweep_customers", 3)
    at = due(race)
    model, _ = swept_by_the_model(race, at)
    last = race.one(
        "SELECT max(customer_id) FROM ledger.holder WHERE due_minute <= ledger.minute(%s)", at.replace(tzinfo=UTC)
    )
    with race.store.connect() as other, ThreadPoolExecutor(1) as pool:
        other.execute("SELECT FROM ledger.holder WHERE customer_id = %s FOR UPDATE", [last])
        sweeping = pool.submit(sweep, race.store, at.replace(tzinfo=UTC))
        with psycopg.connect(race.store.migration_url, autocommit=True) as owner:
            _kill_the_one_that_waits(owner, sweeping)
        with pytest.raises(StoreUnavailable):
            sweeping.result(timeout=60)
        other.rollback()
    assert race.dump() != model.dump()
    sweep(race.store, at.replace(tzinfo=UTC))
    assert race.dump() == model.dump()
    race.holds()


def _kill_the_one_that_waits(owner: psycopg.Connection[Any], sweeping: Any) -> None:
    question = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()"
    )
    while not sweeping.done():
        row = owner.execute(question).fetchone()
        if row is not None and row[0]:
            return
    raise AssertionError(f"the sweep did not wait for anybody: {sweeping.result()}")
