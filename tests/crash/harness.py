"""Kill clients and PostgreSQL at random moments, round by round, and audit in the end (INV-12)."""

import multiprocessing
import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import psutil
from tests.conftest import make_home
from tests.crash import client, journal
from tests.crash.auditing import Findings, audit
from tests.crash.client import CUSTOMERS, Plan, customer_ref, doomed, journal_of
from tests.simulation.running import Bench

from ditan import ledger
from ditan.accounts import AccountEvent
from ditan.accounts.changing import Action
from ditan.kernel.errors import StoreUnavailable
from ditan.kernel.settings import Settings
from ditan.ledger import LimitedKind
from ditan.model import CardProduct, Purpose
from ditan.store import Store, embedded

CLIENTS = 2
OPENED = {"stock": 100_000, "budget": 10_000_000}
WAIT_SECONDS_MAX = 90
FORK = multiprocessing.get_context("forkserver")
FORK.set_forkserver_preload(["tests.crash.warm"])


class Victim(StrEnum):
    """What a round kills."""

    CLIENT = "one client"
    CLIENTS = "both clients"
    DOOMED = "a client between commit and answer"
    POSTMASTER = "postmaster"
    BACKEND = "a backend"  # PostgreSQL ends all others and recovers by itself
    ALL = "postmaster and a client"
    RECOVERY = "postmaster, again while it recovers"


class Outcome(NamedTuple):
    """A run."""

    rounds: int
    seed: int
    kills: Counter[str]
    seconds: float
    findings: Findings

    def sentence(self) -> str:
        """The run in a few lines."""
        f = self.findings
        kills = ", ".join(f"{victim} {count}" for victim, count in sorted(self.kills.items()))
        return (
            f"seed {self.seed}: {self.rounds} rounds in {self.seconds:.0f} s; killed: {kills}\n"
            f"  acknowledged {f.acknowledged:,}; unknown, asked again {f.unknown:,}, {f.were_there:,} were there\n"
            f"  {len(f.lost)} lost, {len(f.doubled)} doubled, {len(f.strange)} nobody asked for, "
            f"{len(f.broken)} promises broken"
        )


@contextmanager
def home_with_server() -> Iterator[Path]:
    """A home with a server of its own, which is stopped in the end."""
    home = make_home("ditan-crash-")
    try:
        yield home
    finally:
        with suppress(StoreUnavailable):
            embedded.stop(home)
        shutil.rmtree(home, ignore_errors=True)


def run(home: Path, rounds: int, seed: int, told: Callable[[str], None] = lambda _: None) -> Outcome:
    """Let clients work, and kill in every round. `told` hears of each round."""
    began = time.monotonic()
    folder = home / "clients"
    folder.mkdir()
    with Store.open(Settings(home=home)) as store:
        stock_id, budget_id = _open_accounts(Bench(store))
    days = min(4.0, 600 / (rounds * 1.5))
    plan = Plan(str(home), str(folder), seed, time.time(), days, stock_id, budget_id)
    rng, kills = random.Random(seed), Counter[str]()
    with _Clients(plan) as clients:
        for _ in range(rounds):
            clients.until_all_have_been_answered()
            _pause(rng.uniform(0, 0.4))
            victim = rng.choice(list(Victim))
            kills[victim] += 1
            _kill(victim, home, clients, rng)
            told(victim)
        clients.until_all_have_been_answered()
        clients.finish()
    with Store.open(Settings(home=home)) as store:
        findings = audit_home(store, folder)
    return Outcome(rounds, seed, kills, time.monotonic() - began, findings)


def audit_home(store: Store, folder: Path) -> Findings:
    """Audit what a run left."""
    journals = [journal.read(journal_of(folder, number)) for number in range(CLIENTS)]
    return audit(Bench(store), journals, OPENED)


def _open_accounts(bench: Bench) -> tuple[int, int]:
    """Twelve customers with a card each, a stock and a budget."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    events: list[AccountEvent] = []
    for ref in map(customer_ref, range(CUSTOMERS)):
        events.append(AccountEvent(at=at, action=Action.OPEN, customer_ref=ref))
        card = {"card_ref": f"card-{ref}", "card_product": CardProduct.DEBIT}
        events.append(AccountEvent(at=at, action=Action.LINK_CARD, customer_ref=ref, **card))
        events += [
            AccountEvent(at=at, action=Action.GRANT_CONSENT, customer_ref=ref, purpose=purpose, version="1")
            for purpose in Purpose
        ]
    bench.decide(events)
    ids = []
    for name, units in OPENED.items():
        account = bench.store.run(
            lambda c, name=name: ledger.open_limited(c, LimitedKind(name), name, "piece", at)  # type: ignore[misc]
        )
        supply = {"limited_id": account.limited_id, "reason": "opening", "maker": "lin", "now": at}
        proposal = bench.store.run(
            lambda c, name=name, units=units, supply=supply: ledger.propose(c, name, units, **supply)
        )  # type: ignore[misc]
        bench.store.run(lambda c, proposal=proposal: ledger.decide(c, proposal, checker="wang", approve=True, now=at))  # type: ignore[misc]
        ids.append(account.limited_id)
    return ids[0], ids[1]


class _Clients:
    """The client processes, each replaced by the next when it is killed."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._folder = Path(plan.folder)
        self._lives = 0
        self._processes = [self._start(number) for number in range(CLIENTS)]

    def __enter__(self) -> "_Clients":
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()
            process.join()

    def _start(self, number: int) -> multiprocessing.process.BaseProcess:
        self._lives += 1
        process = FORK.Process(target=client.main, args=(self._plan, number, self._lives), daemon=True)
        process.start()
        return process

    def kill(self, number: int) -> None:
        """End a client without a word, and start the one that takes its place."""
        self._processes[number].kill()
        self._follow(number)

    def doom(self, number: int, kind: journal.Kind) -> None:
        """Let a client end itself after a commit of this kind, before it writes down the answer."""
        mark = doomed(self._folder, number)
        part = mark.with_suffix(".part")
        part.write_text(kind, encoding="utf-8")
        part.rename(mark)
        self._processes[number].join(WAIT_SECONDS_MAX)
        mark.unlink()
        self._follow(number)

    def _follow(self, number: int) -> None:
        self._processes[number].join(WAIT_SECONDS_MAX)
        assert self._processes[number].exitcode is not None, f"client {number} does not end"
        self._require_alive_or(number, -signal.SIGKILL)
        self._processes[number] = self._start(number)

    def until_all_have_been_answered(self) -> None:
        """Wait until every client has got an answer it had not got before: the next kill meets new work."""
        for number in range(CLIENTS):
            path = journal_of(self._folder, number)
            before = _answers(path)
            _until(lambda path=path, before=before: _answers(path) > before, lambda number=number: self._alive(number))  # type: ignore[misc]

    def finish(self) -> None:
        """Let them come to an end: nothing is unknown then."""
        (self._folder / "stop").touch()
        for number, process in enumerate(self._processes):
            process.join(WAIT_SECONDS_MAX)
            self._require_alive_or(number, 0)
            assert process.exitcode == 0

    def _alive(self, number: int) -> bool:
        self._require_alive_or(number, None)
        return True

    def _require_alive_or(self, number: int, exitcode: int | None) -> None:
        if self._processes[number].exitcode not in {None, exitcode}:
            failed = self._folder / f"client-{number}.failed"
            said = failed.read_text(encoding="utf-8") if failed.exists() else "nothing"
            raise AssertionError(f"client {number} ended with {self._processes[number].exitcode} and said {said}")


def _kill(victim: Victim, home: Path, clients: _Clients, rng: random.Random) -> None:
    if victim in {Victim.POSTMASTER, Victim.ALL, Victim.RECOVERY}:
        pid = _postmaster(home)
        os.kill(pid, signal.SIGKILL)
        if victim is Victim.RECOVERY:  # a client starts the next one
            _until(lambda: embedded.status(home).pid not in {None, pid}, lambda: True)
            _pause(rng.uniform(0, 0.1))
            with suppress(ProcessLookupError):
                os.kill(_postmaster(home), signal.SIGKILL)
    if victim is Victim.BACKEND:
        with suppress(psutil.NoSuchProcess):
            backends = psutil.Process(_postmaster(home)).children()
            rng.choice(backends).kill()
    if victim in {Victim.CLIENT, Victim.ALL}:
        clients.kill(rng.randrange(CLIENTS))
    if victim is Victim.DOOMED:
        clients.doom(rng.randrange(CLIENTS), rng.choice(list(journal.Kind)))
    if victim is Victim.CLIENTS:
        for number in range(CLIENTS):
            clients.kill(number)


def _postmaster(home: Path) -> int:
    _until(lambda: embedded.status(home).pid is not None, lambda: True)
    pid = embedded.status(home).pid
    assert pid is not None
    return pid


def _answers(path: Path) -> int:
    return path.read_bytes().count(b'"answered":{') if path.exists() else 0


def _until(holds: Callable[[], bool], possible: Callable[[], bool]) -> None:
    """Wait for a condition."""
    began = time.monotonic()
    while not holds():
        possible()
        assert time.monotonic() - began < WAIT_SECONDS_MAX, "waited in vain"
        time.sleep(0.005)


def _pause(seconds: float) -> None:
    """Let a random time go by: the moment of a kill."""
    began = time.monotonic()
    _until(lambda: time.monotonic() - began >= seconds, lambda: True)
