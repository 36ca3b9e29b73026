"""`make crash-rewards`: many rounds of the saga, with a server of its own."""

import argparse
import random
import shutil
import sys
from contextlib import suppress

from tests.conftest import make_home
from tests.rewards.saga import Saga

from ditan.kernel.errors import StoreUnavailable
from ditan.kernel.settings import Settings
from ditan.store import Store, embedded


def main() -> int:
    """Run the rounds, and say where somebody disagrees in the end."""
    parser = argparse.ArgumentParser(description="Kill workers while a partner misbehaves.")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    given = parser.parse_args()
    home = make_home("ditan-saga-")
    try:
        with Store.open(Settings(home=home)) as store:
            outcome = Saga(store, given.seed).run(given.rounds)
    finally:
        with suppress(StoreUnavailable):
            embedded.stop(home)
        shutil.rmtree(home, ignore_errors=True)
    print("\n".join([outcome.sentence(), *outcome.strange[:20]]))
    return 1 if outcome.strange else 0


if __name__ == "__main__":
    sys.exit(main())
