"""`make bench-ledger`. `ARGS=--quick` for a look, `ARGS=--full` with 10 M accounts and 50 M acts stored."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from bench.figures import report
from bench.ledger import earning, gate, spending
from bench.ledger.bank import Bank
from ditan.kernel.logging import configure_logging
from ditan.store import embedded

CUSTOMERS = 100_000


def main() -> None:
    """Measure, print every ratio beside its target, and write `bench/results/ledger.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each measurement; medians are printed")
    parser.add_argument("--seconds", type=int, default=5, help="of each round of pgbench")
    parser.add_argument("--accounts", type=int, default=1_000_000, help="accounts stored when growth is measured")
    parser.add_argument("--acts-each", type=int, default=5, help="acts stored of each of them")
    parser.add_argument(
        "--full", action="store_true", help="growth to 10 M accounts and 50 M acts: about an hour, 40 GB"
    )
    parser.add_argument("--quick", action="store_true", help="two rounds, little growth")
    parser.add_argument("--only", choices=("earn", "spend", "growth"), help="one part")
    options = parser.parse_args()
    if options.full:
        options.accounts = 10_000_000
    if options.quick:
        options.rounds, options.seconds, options.accounts = 2, 2, 300_000
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
    report("ledger", shown, digest, seconds=time.perf_counter() - started)


def _measure(bank: Bank, options: argparse.Namespace) -> tuple[list[earning.Figure], str]:
    bank.add_customers(1, CUSTOMERS)
    bank.people(1, CUSTOMERS)
    digest = gate.require_equal(bank, 20_000)
    print(f"the ledger equals the reference model: {digest}\n")
    shown: list[earning.Figure] = []
    if options.only != "spend":
        earned, before = earning.figures(bank, CUSTOMERS, options.rounds)
        shown += earned
        shown += earning.growth(bank, CUSTOMERS, options.accounts, options.acts_each, options.rounds, before)
    if options.only in {None, "spend"}:
        shown += spending.figures(bank, options.rounds, options.seconds, 200_000 * options.rounds)
    return shown, digest


if __name__ == "__main__":
    main()
