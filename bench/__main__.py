"""`make bench`: the canonical workload. `python -m bench --rows 300000` for a quick look."""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

from bench.figures import Figure, report
from bench.workload import Workload, end_to_end, posting, reading
from ditan.kernel.logging import configure_logging


def main() -> None:
    """Measure, print the ratios with their targets and the digest, and write `bench/results/bench.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=6_000, help="customers of the synthetic bank")
    parser.add_argument("--days", type=int, default=92, help="days of feed")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each measurement; medians are printed")
    options = parser.parse_args()
    configure_logging("warning")
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="ditan-bench-", dir="/tmp") as folder:  # short: PostgreSQL's socket
        home = Path(folder)
        home.chmod(0o755)
        with Workload(home, options.customers, options.days) as workload:
            print(f"{workload.rows:,} events of {options.customers:,} customers over {options.days} days, seed 42\n")
            figures: list[Figure] = [
                *reading(workload, options.rounds),
                *posting(workload, options.rounds),
                *end_to_end(workload),
            ]
            digest = workload.digest
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures.append(Figure("peak memory of the process, MiB", peak_mib, None, "lower"))
    report("bench", figures, digest, seconds=time.perf_counter() - started)


if __name__ == "__main__":
    main()
