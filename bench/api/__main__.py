"""`make bench-api`. `ARGS=--quick` for a look."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.progress import track

from bench.api.asking import Seen, ask, get
from bench.api.gate import require_equal
from bench.api.serving import Issuer, served
from bench.figures import Figure, report
from bench.ledger.bank import Bank
from bench.ledger.earning import Timetable
from ditan.kernel.ids import key
from ditan.kernel.logging import configure_logging
from ditan.store import embedded

CUSTOMERS = 100_000
ASKING = 2_000  # customers whose pages are asked for
CONNECTIONS = 32


def main() -> None:
    """Measure, print every ratio beside its target, and write `bench/results/api.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each measurement; medians are printed")
    parser.add_argument("--seconds", type=float, default=8, help="of each round")
    parser.add_argument("--accounts", type=int, default=1_000_000, help="accounts stored when growth is measured")
    parser.add_argument("--quick", action="store_true", help="two short rounds, little growth")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds, options.accounts = 2, 3, 200_000
    configure_logging("warning")
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="ditan-bench-", dir="/tmp") as folder:  # short: PostgreSQL's socket
        home = Path(folder)
        home.chmod(0o755)
        try:
            with Bank(home) as bank:
                shown, digest = _measure(bank, options)
        finally:
            embedded.stop(home)
    report("api", shown, digest, seconds=time.perf_counter() - started)


def _measure(bank: Bank, options: argparse.Namespace) -> tuple[list[Figure], str]:
    bank.add_customers(1, CUSTOMERS)
    timetable = Timetable(bank, CUSTOMERS)
    for _ in track(range(2 * timetable.per_lap), description="acts and balls"):
        bank.offer(timetable.next(hot=False))
        bank.post()
    bank.settle_down()
    issuer = Issuer(bank.settings.home)
    tokens = {ref: issuer.token(ref) for ref in bank.with_balls(ASKING)}
    home = [get("/v1/home", token) for token in tokens.values()]
    bare = [get(f"/bench/bare/{key(ref)}") for ref in tokens]
    with served(bank.settings.home) as port:
        digest = require_equal(bank, port, dict(list(tokens.items())[:200]))
        print(f"the page equals the ledger: {digest}\n")
        before = _in_turn(port, home, bare, options)
    bank.add_customers(CUSTOMERS + 1, options.accounts, whole=False)
    bank.add_past(5)
    with served(bank.settings.home) as port:
        after = _in_turn(port, home, bare, options)
    stored = f"{options.accounts / 1e6:.3g} M customers, {bank.ask('SELECT count(*) FROM ledger.act') / 1e6:.3g} M acts"
    return [*_figures("", *before), *_growth(stored, before, after)], digest


def _in_turn(
    port: int, home: Sequence[bytes], bare: Sequence[bytes], options: argparse.Namespace
) -> tuple[list[Seen], list[Seen]]:
    """Home, then the bare route, in turn; the first of each warms up."""
    seen: tuple[list[Seen], list[Seen]] = ([], [])
    for number in track(range(options.rounds + 1), description=f"{CONNECTIONS} connections"):
        for requests, rounds in zip((home, bare), seen, strict=True):
            answer = ask(port, requests, connections=CONNECTIONS, seconds=options.seconds if number else 2)
            if number:
                rounds.append(answer)
    return seen


def _figures(then: str, home: list[Seen], bare: list[Seen]) -> list[Figure]:
    ratios = [a.per_second / b.per_second for a, b in zip(home, bare, strict=True)]
    waits = [b.p99_ms / a.p99_ms for a, b in zip(home, bare, strict=True)]
    return [
        Figure(f"home ÷ bare one-row SELECT, requests per second{then}", statistics.median(ratios), 0.5, "higher",
               (min(ratios), max(ratios))),
        Figure("    home requests per second", statistics.median(a.per_second for a in home), None, "higher"),
        Figure("    bare requests per second", statistics.median(b.per_second for b in bare), None, "higher"),
        Figure(f"bare ÷ home, 99th percentile of the wait{then}", statistics.median(waits), 0.5, "higher",
               (min(waits), max(waits))),
        Figure("    home, 50th percentile, ms", statistics.median(a.p50_ms for a in home), None, "lower"),
        Figure("    home, 99th percentile, ms", statistics.median(a.p99_ms for a in home), None, "lower"),
        Figure("    bare, 99th percentile, ms", statistics.median(b.p99_ms for b in bare), None, "lower"),
    ]  # fmt: skip


def _growth(stored: str, before: tuple[list[Seen], list[Seen]], after: tuple[list[Seen], list[Seen]]) -> list[Figure]:
    grown, base = ([seen.per_second for seen in home] for home in (after[0], before[0]))
    few = f"{CUSTOMERS / 1e6:.3g} M"
    growth = statistics.median(grown) / statistics.median(base)
    return [
        Figure(f"growth: home with {stored} ÷ with {few}", growth, 0.8, "higher"),
        *_figures(" then", *after),
    ]


if __name__ == "__main__":
    main()
