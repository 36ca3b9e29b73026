"""Whatever eight threads do at once to three customers' energy, some serial order of it explains every answer.

`DRIVER_ROUNDS=200` makes it longer and `DRIVER_SEED=…` runs one schedule again; both are printed.
"""

import os
from collections import Counter
from collections.abc import Iterator

import duckdb
import pytest
from tests.simulation.energy_driver import Driver
from tests.simulation.energy_running import EnergyBank

from ditan.cli.ingest import DUCK
from ditan.proof import check_invariants
from ditan.store import Store

ROUNDS = int(os.environ.get("DRIVER_ROUNDS", "12"))
SEEDS = [os.environ["DRIVER_SEED"]] if "DRIVER_SEED" in os.environ else ["one", "two"]
LIMITED = ("stock of trees", "budget of spring", "fund of wells")


@pytest.fixture
def bank(store: Store) -> Iterator[EnergyBank]:
    with duckdb.connect(config=DUCK) as duck:
        yield EnergyBank(store, duck, customers=3, limited=LIMITED)


@pytest.mark.invariant("INV-05")
@pytest.mark.invariant("INV-06")
@pytest.mark.invariant("INV-07")
@pytest.mark.invariant("INV-08")
@pytest.mark.timeout(60 + 10 * ROUNDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_every_answer_is_explained_by_a_serial_order(
    bank: EnergyBank, seed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        print(f"\nDRIVER_SEED={seed} DRIVER_ROUNDS={ROUNDS}", flush=True)
    steps = Counter[str]()

    def count(_: int, taken: int) -> None:
        steps.update(all=taken, most=max(0, taken - steps["most"]))

    done = Driver(bank, seed).run(ROUNDS, count)
    with bank.bank.store.unit_of_work() as connection:
        verdicts = check_invariants(connection, elsewhere={})
    assert {v.invariant: v.offenders for v in verdicts if not v.holds} == {}
    with capsys.disabled():
        print(f"{len(done)} operations, steps of the search {dict(steps)}")
