"""`make crash ROUNDS=200`: kill and restart so many times, and print what was lost (nothing) and doubled (nothing)."""

import argparse
import logging
import random
import sys

import structlog
from rich.console import Console
from tests.crash.harness import home_with_server, run

from ditan.cli.showing import progress

SHOWN = 20


def main() -> int:
    """Run, print, and end with 1 when anything is wrong."""
    parser = argparse.ArgumentParser(prog="crash", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000))
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    console = Console(highlight=False, soft_wrap=True)
    with home_with_server() as home, progress(f"rounds, seed {given.seed}", given.rounds) as advance:
        outcome = run(home, given.rounds, given.seed, lambda _victim: advance(1))
    console.print(outcome.sentence())
    found = outcome.findings
    for what in ("lost", "doubled", "strange", "broken"):
        for sentence in getattr(found, what)[:SHOWN]:
            console.print(f"  {what}: {sentence}", markup=False)
    return 0 if found.clean else 1


if __name__ == "__main__":
    sys.exit(main())
