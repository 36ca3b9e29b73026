"""Earning: posted acts per second beside a raw binary COPY of the same rows into an identically indexed table."""

from __future__ import annotations

import multiprocessing
import resource
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from bench.figures import Figure, ratio, timed
from bench.ledger.bank import SQL, Bank, Turn
from ditan.kernel.logging import configure_logging
from ditan.ledger.staging import binary_copy
from ditan.ledger.store import COLUMNS
from ditan.store import Store
from ditan.store.statements import load_statements

BATCH_CUSTOMERS = 50_000  # three acts each: a batch of 150,000
_NEW_ACTS = load_statements("ditan.ledger", "classify.sql")["new_acts"]


class Rounds(NamedTuple):
    """Seconds per act of some rounds, ours and of the raw copy."""

    ours: list[float]
    raw: list[float]
    acts: int
    client_seconds: float
    server_seconds: float

    def rate(self) -> float:
        """Acts posted per second, the median round."""
        return 1 / statistics.median(self.ours)

    def raw_rate(self) -> float:
        """Rows copied per second, the median round."""
        return 1 / statistics.median(self.raw)


class Timetable:
    """Whose turn it is: everybody's once before anybody's twice, three days on each time.

    `first`: the number of the first turn, so that no two timetables make the same events.
    """

    def __init__(self, bank: Bank, customers: int, first: int = 0, of_each_half: int = BATCH_CUSTOMERS // 2) -> None:
        self.bank, self.first, self.turns, self.of_each_half = bank, first, 0, of_each_half
        self.per_lap = max(1, int(customers * 0.49) // of_each_half)  # halves of the shards differ a little in size
        bank.people(1, customers)

    def next(self, *, hot: bool, halves: tuple[int, ...] = (0, 1)) -> Turn:
        """Give the next batch: so many customers from each of `halves`."""
        lap, block = divmod(self.first + self.turns, self.per_lap)
        self.turns += 1
        start = block * self.of_each_half
        return Turn(self.first + self.turns, lap * 3 % 90, hot, halves, start, start + self.of_each_half)


def fresh_raw(store: Store) -> None:
    """Make the table of the raw copy: as `ledger.act` is, with all its rows."""
    with store.connect_owner() as owner:
        owner.execute("DROP TABLE IF EXISTS ledger.raw_act")
        owner.execute("CREATE TABLE ledger.raw_act (LIKE ledger.act INCLUDING ALL)")
        owner.execute("INSERT INTO ledger.raw_act SELECT * FROM ledger.act")
        owner.execute("GRANT INSERT ON ledger.raw_act TO ditan_app")
        owner.execute("VACUUM ANALYZE ledger.raw_act")
        owner.execute("CHECKPOINT")


def alone(bank: Bank, timetable: Timetable, rounds: int, *, hot: bool = False, raw: bool = True) -> Rounds:
    """One connection: post a batch, then copy the same rows raw, in turn, each with its own commit."""
    ours: list[float] = []
    theirs: list[float] = []
    acts = 0
    client = server = 0.0
    for _ in range(rounds):
        bank.offer(timetable.next(hot=hot))
        cpu = _client_seconds(), bank.server_seconds()
        seconds = timed(bank.post)
        client, server = client + _client_seconds() - cpu[0], server + bank.server_seconds() - cpu[1]
        rows = act_rows(bank)
        acts += rows.num_rows
        ours.append(seconds / rows.num_rows)
        if raw:
            body = b"".join(binary_copy(rows, COLUMNS["ledger.act"]))
            theirs.append(timed(lambda body=body: copy_raw(bank.store, body)) / rows.num_rows)  # type: ignore[misc]
    return Rounds(ours, theirs, acts, client, server)


def _client_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def act_rows(bank: Bank) -> pa.Table:
    """Give the rows that the batch just posted has in `ledger.act`."""
    return bank.duck.sql(_NEW_ACTS.format(batch_id=1, pack_id=1)).to_arrow_table()


def copy_raw(store: Store, body: bytes) -> None:
    """Copy rows into the raw table and commit."""
    with (
        store.unit_of_work() as connection,
        connection.cursor() as cursor,
        cursor.copy("COPY ledger.raw_act FROM STDIN (FORMAT binary)") as writer,
    ):
        writer.write(body)


# --- two connections: two processes, each with its half of the shards -----------------------------------------------


def _work(home: Path, customers: int, half: int, pipe: Pipe) -> None:
    """A worker: make a batch when told its turn, post it when told to go, give the rows it wrote."""
    configure_logging("warning")
    with Bank(home, threads=1) as bank:
        timetable = Timetable(bank, customers, first=1_000)
        pipe.send("ready")
        while (hot := pipe.recv()) is not None:
            bank.offer(timetable.next(hot=hot, halves=(half,)))
            pipe.send("made")
            pipe.recv()
            started = time.perf_counter()  # one clock for all processes of the machine
            bank.post()
            ended = time.perf_counter()
            pipe.send(
                (started, ended, b"".join(binary_copy(act_rows(bank), COLUMNS["ledger.act"])), act_rows(bank).num_rows)
            )


def together(bank: Bank, customers: int, rounds: int) -> Rounds:
    """Two connections: two batches at the same time, then the same rows raw, two copies at the same time."""
    context = multiprocessing.get_context("spawn")
    pipes: list[Any] = []
    workers: list[Any] = []
    for half in (0, 1):
        here, there = context.Pipe()
        worker = context.Process(target=_work, args=(bank.settings.home, customers, half, there), daemon=True)
        worker.start()
        pipes.append(here)
        workers.append(worker)
    _told(pipes)
    ours: list[float] = []
    theirs: list[float] = []
    acts = 0
    for _ in range(rounds):
        _say(pipes, False)
        _told(pipes)
        _say(pipes, "go")
        done = _told(pipes)
        rows = sum(worker[3] for worker in done)
        acts += rows
        ours.append((max(worker[1] for worker in done) - min(worker[0] for worker in done)) / rows)
        theirs.append(timed(lambda done=done: _copy_both(bank.store, [worker[2] for worker in done])) / rows)  # type: ignore[misc]
    _say(pipes, None)
    for worker in workers:
        worker.join(timeout=30)
    return Rounds(ours, theirs, acts, 0, 0)


def _copy_both(store: Store, bodies: list[bytes]) -> None:
    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(lambda body: copy_raw(store, body), bodies))


def _say(pipes: list[Any], message: Any) -> None:
    for pipe in pipes:
        pipe.send(message)


def _told(pipes: list[Any]) -> list[Any]:
    return [pipe.recv() for pipe in pipes]


# --- figures --------------------------------------------------------------------------------------------------------


def figures(bank: Bank, customers: int, rounds: int) -> tuple[list[Figure], Rounds]:
    """Earn at one and two connections, hot against uniform, bytes and CPU per act."""
    timetable = Timetable(bank, customers)
    alone(bank, timetable, 2, raw=False)  # warm up; tables are not empty when it counts
    fresh_raw(bank.store)
    acts_before, bytes_before = _stored(bank)
    one = alone(bank, timetable, rounds)
    acts_after, bytes_after = _stored(bank)
    fresh_raw(bank.store)
    two = together(bank, customers, rounds)
    hot, uniform = in_turn(bank, timetable, rounds)
    per_million = 1e6 / one.acts
    shown = [
        ratio("earn ÷ raw COPY, 1 connection (aim 0.5)", one.ours, one.raw, 0.35),
        Figure("    acts posted per second", one.rate(), None, "higher"),
        Figure("    rows copied raw per second", one.raw_rate(), None, "higher"),
        ratio("earn ÷ raw COPY, 2 connections (aim 0.5)", two.ours, two.raw, 0.35),
        Figure("    acts posted per second", two.rate(), None, "higher"),
        Figure("    rows copied raw per second", two.raw_rate(), None, "higher"),
        ratio("hot (all acts in one scenario) ÷ uniform", hot, uniform, 0.9),
        Figure("bytes on disk per act, indexes and balances included",
               (bytes_after - bytes_before) / (acts_after - acts_before), 600, "lower"),
        Figure("CPU seconds per million acts: server", one.server_seconds * per_million, None, "lower"),
        Figure("CPU seconds per million acts: client", one.client_seconds * per_million, None, "lower"),
    ]  # fmt: skip
    return shown, one


def in_turn(bank: Bank, timetable: Timetable, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds per act of hot and of uniform batches, in turn."""
    hot: list[float] = []
    uniform: list[float] = []
    for number in range(2 * rounds + 2):
        seconds = alone(bank, timetable, 1, hot=number % 2 == 0, raw=False).ours[0]
        if number > 1:
            (uniform if number % 2 else hot).append(seconds)
    return hot, uniform


def _stored(bank: Bank) -> tuple[int, int]:
    bank.settle_down()
    return bank.ask("SELECT count(*) FROM ledger.act"), bank.ask(SQL["sizes"])


def growth(bank: Bank, customers: int, to: int, acts_each: int, rounds: int, before: Rounds) -> list[Figure]:
    """The rate with many accounts and acts stored ÷ the rate with few; each batch is spread over all of them."""
    with bank.store.connect_owner() as owner:
        owner.execute("DROP TABLE ledger.raw_act")
    bank.add_customers(customers + 1, to, whole=False)
    bank.add_past(acts_each)
    timetable = Timetable(bank, to, first=2_000)
    alone(bank, timetable, 2, raw=False)
    after = alone(bank, timetable, rounds, raw=False)
    stored = bank.ask("SELECT count(*) FROM ledger.act")
    fresh_raw(bank.store)
    beside = alone(bank, timetable, rounds + 1)
    stores = f"{to / 1e6:.3g} M accounts, {stored / 1e6:.3g} M acts"
    return [
        ratio(f"growth: rate with {stores} ÷ with {customers / 1e6:.3g} M accounts", after.ours, before.ours, 0.8),
        Figure("    acts posted per second then", after.rate(), None, "higher"),
        ratio("    the same growth of the raw COPY", beside.raw[1:], before.raw, None),
        ratio("    earn ÷ raw COPY then", beside.ours[1:], beside.raw[1:], None),
    ]
