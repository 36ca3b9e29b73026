"""`kill -9` at any time, of Ditan and of PostgreSQL: nothing acknowledged is lost, nothing is applied twice (INV-12).

Every kill is followed by a rerun of the same command; what is there in the end, in the ledger and in the archive, is
what one uninterrupted run leaves. Each kill hits work that no run before it had done.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from tests.conftest import another_store, make_home
from tests.simulation.running import Bench, in_small_batches, shipped, tidy_archive

from ditan.feed import ARCHIVE
from ditan.insight import boundaries
from ditan.kernel.errors import StoreUnavailable
from ditan.kernel.settings import Settings
from ditan.store import Store, embedded
from ditan.testing.bank import make_bank, write

KILLS = 20
ROWS_MAX = 330  # of a batch
SEED = int(os.environ.get("CRASH_SEED") or random.Random().randrange(10_000))  # printed: another one each time


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic bank in one file, and its accounts."""
    folder = tmp_path_factory.mktemp("bank")
    write(make_bank(36, 30, 12, date(2026, 7, 1), shipped()), folder)
    return folder


def feed_file(bank: Path) -> Path:
    [file] = (bank / "feed").iterdir()
    return file


def accounts_of(bank: Path) -> list[bytes]:
    return (bank / "accounts.jsonl").read_bytes().splitlines()


def left_behind(bench: Bench) -> dict[str, Any]:
    """What must not depend on how often a run was killed."""
    with bench.store.unit_of_work() as connection:
        found = {(b.stage, b.code): b.rows for b in boundaries(connection)}
    return {
        "digest": bench.digest(),
        "boundaries": found,
        "evidence": bench.evidence(),
        "rejections": sorted(bench.ask("SELECT row_number, code, field FROM feed.rejection")),
        "waiting": sorted(bench.ask("SELECT refund_key, content_key FROM feed.waiting_refund")),
        "conflicts": sorted(bench.ask("SELECT event_key, content_key FROM feed.conflict")),
        "acts": bench.acts(),
        "balances": bench.balances(),
    }


def compare(bench: Bench, wanted: dict[str, Any]) -> None:
    """Everything is as after an uninterrupted run, and the archive is whole."""
    found = left_behind(bench)
    for what, value in wanted.items():
        assert found[what] == value, what
    assert bench.broken() == {}
    replayed = bench.replayed()
    assert (replayed.differences, replayed.broken_files) == (0, [])
    assert replayed.acts == len(found["acts"])
    tidy_archive(bench)


@pytest.fixture(scope="module")
def uninterrupted(template_url: str, bank: Path) -> dict[str, Any]:
    """What one run leaves that nobody disturbed."""
    with another_store(template_url, "uninterrupted") as store:
        bench = Bench(store)
        bench.decide_lines(accounts_of(bank))
        bench.ingest(feed_file(bank), rows_max=ROWS_MAX)
        return left_behind(bench)


class Run(NamedTuple):
    """A run of `ditan ingest` as a process of its own."""

    process: subprocess.Popen[bytes]
    began: float

    def seconds(self) -> float:
        return time.monotonic() - self.began

    def wait(self) -> int:
        self.process.communicate(timeout=300)
        return int(self.process.returncode)


def ingesting(settings: Settings, file: Path, *, suicide: tuple[str, str, int] | None = None) -> Run:
    """Start the command. `suicide`: when, at which step, and in which batch it kills itself."""
    command, environment = in_small_batches(settings, ROWS_MAX)
    if suicide:
        when, (module, _, name), call = suicide[0], suicide[1].partition("."), suicide[2]
        call = 1 if name == "publish" else call  # what was posted before has no new evidence
        code = SUICIDE.format(module=module, name=name, call=call, early=when == "before")
        command = [*command[:-1], command[-1].replace("main()", code)]
    began = time.monotonic()
    process = subprocess.Popen(
        [*command, "ingest", str(file), "--json"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    return Run(process, began)


@contextmanager
def watching(store: Store) -> Iterator[psycopg.Connection[Any]]:
    with store.connect_owner() as connection:
        yield connection


def count(connection: psycopg.Connection[Any], question: str) -> int:
    row = connection.execute(question).fetchone()
    assert row is not None
    return int(row[0])


def batches(connection: psycopg.Connection[Any]) -> int:
    return count(connection, "SELECT count(*) FROM feed.batch")


def until(run: Run, holds: Callable[[], bool]) -> None:
    """Wait for a condition, or for the end of the run."""
    while not holds() and run.process.poll() is None:
        assert run.seconds() < 300, "waited in vain"
        time.sleep(0.002)


def where(settings: Settings, connection: psycopg.Connection[Any], before: int) -> str:
    """In the middle of what a run is, as far as can be seen from outside."""
    if next((settings.home / ARCHIVE).rglob("*.tmp"), None) is not None:
        return "evidence written, not yet named"
    locks = "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database AND d.datname = current_database()"
    if count(connection, f"{locks} WHERE locktype = 'advisory'"):
        return "posting"
    return "recognizing" if batches(connection) > before else "starting, or the first batch"


#: Steps of a batch, at whose begin or end the process kills itself: what no clock can hit.
STEPS = (
    ("before", "ledger.post"),
    ("after", "ledger.post"),
    ("after", "feed.prepare"),  # the evidence is on disk, without its name
    ("after", "feed.record_batch"),  # everything is written, nothing committed
    ("before", "feed.publish"),  # committed, the evidence still without its name
    ("after", "feed.publish"),
)

#: Moments of a batch that are seen from outside.
MOMENTS = ("any time", "evidence", "commit")

SUICIDE = """
import os, signal
from ditan import {module}
original, calls = {module}.{name}, []
def step(*given, **named):
    calls.append(1)
    if len(calls) == {call} and {early}:
        os.kill(os.getpid(), signal.SIGKILL)
    result = original(*given, **named)
    if len(calls) == {call}:
        os.kill(os.getpid(), signal.SIGKILL)
    return result
{module}.{name} = step
main()
"""


@pytest.mark.timeout(600)
@pytest.mark.invariant("INV-02")
@pytest.mark.invariant("INV-12")
def test_twenty_kills_leave_what_one_run_leaves(
    store: Store, bank: Path, uninterrupted: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    bench, rng, file = Bench(store), random.Random(SEED), feed_file(bank)
    bench.decide_lines(accounts_of(bank))
    chunks = -(-rows_of(file) // ROWS_MAX)
    # The first two while it starts; then batch after batch, so that each kill meets work that was not done before. The
    # last batches are left to the last run: a kill that comes late must not come after the end.
    moments = [*STEPS, *(("at", MOMENTS[n % 3]) for n in range(KILLS - 2 - len(STEPS)))]
    rng.shuffle(moments)
    plan = [(-1, ("at", "start")), (-1, ("at", "start"))]
    plan += [(n * (chunks - 2) // len(moments), moment) for n, moment in enumerate(moments)]
    posted, told = [0], []
    with watching(store) as connection:
        for target, (when, moment) in plan:
            place = killed(store.settings, file, connection, target, when, moment, rng)
            if place is None:  # its moment did not come: all was posted before. Any other moment will do
                place = killed(store.settings, file, connection, rng.randrange(chunks - 2), "at", "any time", rng)
            assert place is not None
            posted.append(count(connection, "SELECT count(*) FROM ledger.act"))
            told.append(f"batch {target}, {place}; {posted[-1]} acts are there")
    assert posted == sorted(posted)  # nothing that was committed is ever lost
    assert ingesting(store.settings, file).wait() == 0
    again = ingesting(store.settings, file)
    out, _ = again.process.communicate(timeout=300)
    assert json.loads(out)["posted"] == 0
    compare(bench, uninterrupted)
    with capsys.disabled():
        print(f"\nseed {SEED}: {KILLS} kills over {chunks} batches\n  " + "\n  ".join(told))
    assert len(plan) == KILLS
    assert len(set(posted)) > chunks // 2, "the kills did not interrupt the work itself"


def killed(
    settings: Settings,
    file: Path,
    connection: psycopg.Connection[Any],
    target: int,
    when: str,
    moment: str,
    rng: random.Random,
) -> str | None:
    """Run the command and kill it; say where it was. None when it came to its end."""
    before = batches(connection)
    if when == "at":
        run = ingesting(settings, file)
        kill_at(run, connection, settings, before, target, moment, rng)
        place = f"{moment}: {where(settings, connection, before)}"
        run.process.kill()
    else:
        run = ingesting(settings, file, suicide=(when, moment, target + 1))
        place = f"{when} {moment}"
    ended = run.wait()
    assert ended in {0, -signal.SIGKILL}, ended
    return place if ended else None


def rows_of(file: Path) -> int:
    return file.read_bytes().count(b"\n") - 1


def kill_at(
    run: Run,
    connection: psycopg.Connection[Any],
    settings: Settings,
    before: int,
    target: int,
    moment: str,
    rng: random.Random,
) -> None:
    """Wait for the moment of a kill: while it starts, or in batch `target`."""
    pause = rng.uniform(0.05, 1.0) if moment == "start" else 0
    if moment != "start":
        until(run, lambda: batches(connection) - before >= target)
    match moment:
        case "any time":  # most of a batch is not PostgreSQL
            pause = rng.uniform(0, 0.15)
        case "evidence":  # as soon as it is being written: soon there is a commit
            until(run, lambda: next((settings.home / ARCHIVE).rglob("*.tmp"), None) is not None)
            pause = rng.uniform(0, 0.01)
        case "commit":  # as soon as it is seen
            until(run, lambda: batches(connection) - before > target)
    since = time.monotonic()
    until(run, lambda: time.monotonic() - since >= pause)


# --- the server ---------------------------------------------------------------------------------------------------


@pytest.fixture
def home() -> Iterator[Path]:
    """A home with a server of its own, which is stopped in the end."""
    directory = make_home("ditan-home-")
    yield directory
    with suppress(StoreUnavailable):
        embedded.stop(directory)
    shutil.rmtree(directory, ignore_errors=True)


@pytest.mark.timeout(600)
@pytest.mark.invariant("INV-12")
def test_kills_of_postgresql_lose_nothing_that_was_acknowledged(
    home: Path, bank: Path, uninterrupted: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """The postmaster dies in the middle of a batch, in the last round Ditan with it. The command says what to do."""
    rng, file, settings = random.Random(SEED), feed_file(bank), Settings(home=home)
    with Store.open(settings) as store:
        Bench(store).decide_lines(accounts_of(bank))
    ends: list[int] = []
    for target in (1, 3, 5):
        with Store.open(settings) as store, watching(store) as connection:
            run, before = ingesting(settings, file), batches(connection)
            until(run, lambda before=before, target=target: batches(connection) - before >= target)  # type: ignore[misc]
            pause, since = rng.uniform(0, 0.2), time.monotonic()
            until(run, lambda pause=pause, since=since: time.monotonic() - since > pause)  # type: ignore[misc]
            pid = embedded.status(home).pid
            assert pid is not None
            if target == 5:
                run.process.kill()
            os.kill(pid, signal.SIGKILL)
            out, _ = run.process.communicate(timeout=300)
            ends.append(run.process.returncode)
            if run.process.returncode > 0:
                assert json.loads(out)["hint"]
        assert ends[-1] in {6, 0, -signal.SIGKILL}
    with capsys.disabled():
        print(f"\nseed {SEED}: PostgreSQL killed 3 times, the command ended with {ends}")
    assert ends.count(6) >= 1
    assert ingesting(settings, file).wait() == 0
    with Store.open(settings) as store:
        compare(Bench(store), uninterrupted)
