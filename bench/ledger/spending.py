"""Spending, collecting, reading and expiring, beside what `pgbench` does on the same server."""

from __future__ import annotations

import re
import statistics
import subprocess
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Final

from bench.figures import Figure, ratio, timed
from bench.ledger.bank import Bank
from ditan.ledger.sweeping import sweep
from ditan.store.server_files import programs
from ditan.store.server_user import choose_server_user
from ditan.store.statements import load_statements

CLIENTS: Final = 8
READERS: Final = 100_000
RIPE_AT: Final = datetime(2026, 7, 9, tzinfo=UTC)
BEGUN_AT: Final = datetime(2026, 5, 9, tzinfo=UTC)
JUNE: Final = datetime(2026, 6, 2, tzinfo=UTC)
_HERE: Final = Path(__file__).parent


def figures(bank: Bank, rounds: int, seconds: int, lots: int) -> list[Figure]:
    """Every one against its plain counterpart, in turn. Lots expire first: a sweep looks at everybody who is there."""
    expired = _expiring(bank, rounds, lots)
    bank.add_readers(1, 6 * READERS, 1_000_000, RIPE_AT)
    bank.settle_down()
    bench = PgBench(bank)
    return [
        *_reading(bench, rounds, seconds),
        *_collecting(bench, rounds),
        *_spending(bench, rounds, seconds),
        *expired,
    ]


class PgBench:
    """The `pgbench` of the wheel, on a database of its own for its own tables and on ours for our scripts."""

    def __init__(self, bank: Bank) -> None:
        self.url = bank.store.url
        self.program = (
            programs(bank.settings.home, choose_server_user(bank.settings.home / "postgres/data")) / "pgbench"
        )
        with bank.store.connect_owner() as owner:
            owner.execute("CREATE DATABASE plain")
        self.plain = re.sub(r"/[^/?]+\?", "/plain?", self.url)
        self._run(self.plain, "--initialize", "--quiet", "--scale=1")

    def built_in(self, script: str, seconds: int) -> float:
        """Transactions per second of one of its own scripts."""
        return self._rate(self.plain, f"--builtin={script}", f"--time={seconds}", "--no-vacuum")

    def ours(self, script: Path, *arguments: str, **variables: int) -> float:
        """Transactions per second of one of our scripts."""
        named = [f"--define={name}={value}" for name, value in variables.items()]
        return self._rate(self.url, f"--file={script}", "--no-vacuum", *named, *arguments)

    def _rate(self, url: str, *arguments: str) -> float:
        said = self._run(url, "--protocol=prepared", f"--client={CLIENTS}", "--jobs=2", *arguments)
        if "number of failed transactions: 0 " not in said:
            raise SystemExit(f"pgbench had failures:\n{said}")
        return float(re.findall(r"tps = ([\d.]+)", said)[-1])

    def _run(self, url: str, *arguments: str) -> str:
        done = subprocess.run([str(self.program), *arguments, url], capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"pgbench: {done.stderr[:2000]}")
        return done.stdout


def _reading(bench: PgBench, rounds: int, seconds: int) -> list[Figure]:
    """The home balance: one row, the five places of a customer's energy worked out in it."""
    lines = load_statements("ditan.ledger")["read_balance"].splitlines()
    statement = " ".join(line.strip() for line in lines if not line.startswith("--"))
    text = statement.replace("%(customer_key)s", "lpad(to_hex(:n::bigint), 32, '0')::uuid")
    text = text.replace("%(now)s", "'2026-07-10T00:00:00Z'::timestamptz")
    script = _HERE.parent / "results" / "read_balance.pgbench"
    script.parent.mkdir(exist_ok=True)
    script.write_text(f"\\set n random(1, {READERS})\n{text};\n")
    theirs, ours = [], []
    for _ in range(rounds):
        theirs.append(1 / bench.built_in("select-only", seconds))
        ours.append(1 / bench.ours(script, f"--time={seconds}"))
    return [
        ratio("home balance reads ÷ pgbench select-only, 8 clients", ours, theirs, 0.5),
        Figure("    reads per second", 1 / statistics.median(ours), None, "higher"),
        Figure("    pgbench select-only, per second", 1 / statistics.median(theirs), None, "higher"),
    ]


def _collecting(bench: PgBench, rounds: int) -> list[Figure]:
    """Collect-all of customers with three ripe balls each: a tap in a unit of work of its own, and taps gathered."""
    theirs, taps, gathered = [], [], []
    share = READERS // rounds // CLIENTS - 1
    for number in range(rounds):
        first = READERS * (rounds + number) // rounds
        theirs.append(1 / bench.built_in("select-only", 3))
        taps.append(1 / bench.ours(_HERE / "collect.pgbench", f"--transactions={share}", i=0, first=first, share=share))
        first = READERS * (2 * rounds + 4 * number) // rounds
        calls = 4 * READERS // rounds // CLIENTS // 250 - 1
        rate = bench.ours(_HERE / "collect_gathered.pgbench", f"--transactions={calls}", i=-1, first=first, share=calls)
        gathered.append(1 / (rate * 250))
    return [
        ratio("collect-all, 250 taps gathered in one call ÷ pgbench select-only", gathered, theirs, 0.5),
        Figure("    taps per second, gathered", 1 / statistics.median(gathered), None, "higher"),
        ratio("collect-all, a tap in its own durable unit of work ÷ pgbench select-only", taps, theirs, 0.5),
        Figure("    taps per second, each alone", 1 / statistics.median(taps), None, "higher"),
    ]


def _spending(bench: PgBench, rounds: int, seconds: int) -> list[Figure]:
    """A hold and its capture: two durable units of work."""
    theirs, ours = [], []
    for _ in range(rounds):
        theirs.append(1 / bench.built_in("simple-update", seconds))
        ours.append(1 / bench.ours(_HERE / "spend.pgbench", f"--time={seconds}", first=1, last=READERS))
    return [
        ratio("spend: hold + capture pairs ÷ pgbench simple-update, 8 clients", ours, theirs, 0.5),
        Figure("    pairs per second", 1 / statistics.median(ours), None, "higher"),
        Figure("    pgbench simple-update, per second", 1 / statistics.median(theirs), None, "higher"),
    ]


def _expiring(bank: Bank, rounds: int, lots: int) -> list[Figure]:
    """A sweep over customers with one lot each that is due, ÷ a plain UPDATE of as many rows of a like table."""
    theirs, ours = [], []
    each = lots // rounds
    for number in range(rounds):
        bank.add_sleepers(number * each + 1, (number + 1) * each, BEGUN_AT)
        with bank.store.connect_owner() as owner:
            owner.execute("DROP TABLE IF EXISTS ledger.plain_holder")
            owner.execute("CREATE TABLE ledger.plain_holder (LIKE ledger.holder INCLUDING ALL)")
            owner.execute(
                "INSERT INTO ledger.plain_holder SELECT * FROM ledger.holder WHERE available_energy = 10"
                " AND due_minute <= ledger.minute(%s)",
                (JUNE,),
            )
            bank.settle_down()
            update = "UPDATE ledger.plain_holder SET available_energy = 0, version = version + 1"
            theirs.append(timed(lambda owner=owner, update=update: owner.execute(update)) / each)  # type: ignore[misc]
            owner.execute("DROP TABLE ledger.plain_holder")
            owner.execute("CHECKPOINT")
        swept = []
        ours.append(timed(lambda swept=swept: swept.append(sweep(bank.store, JUNE))) / each)  # type: ignore[misc]
        if swept[0].expired_energy != each * 10:
            raise SystemExit(f"the sweep expired {swept[0].expired_energy}, not {each * 10}")
    return [
        ratio(f"expiry of {lots:,} lots ÷ plain UPDATE of as many rows", ours, theirs, 0.5),
        Figure("    lots expired per second", 1 / statistics.median(ours), None, "higher"),
        Figure("    rows updated per second", 1 / statistics.median(theirs), None, "higher"),
    ]


def scripts() -> list[str]:
    """The scripts that `pgbench` runs."""
    return sorted(entry.name for entry in resources.files("bench.ledger").iterdir() if entry.name.endswith(".pgbench"))
