"""Whatever eight threads do at once to three customers' energy, some serial order of it explains every answer.

`DRIVER_ROUNDS=200` makes it longer and `DRIVER_SEED=…` runs one schedule again; both are printed.
"""

import os
from collections import Counter
from collections.abc import Iterator

import duckdb
import pytest
from tests.simulation.energy_driver import Done, Driver, Search, Unexplained
from tests.simulation.energy_oracle import Answer, Op
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


def test_an_answer_that_no_order_explains_is_found(bank: EnergyBank) -> None:
    """A driver that explained everything would prove nothing: answers are altered, swapped in time, or the state is."""
    driver = Driver(bank, "altered", threads=3)
    schedule = driver.schedule(1)
    model = bank.open()
    done = [
        Done(0, op, 2 * n, 2 * n + 1, bank.do(op)) for n, op in enumerate([op for ops in schedule[0] for op in ops])
    ]
    end = bank.dump([])
    Search(done, end).explain(model, "as it was")
    supplied = done[0].op.given | {"request": "more", "units": -150}
    wrong = Done(0, Op("supply", done[0].op.at, supplied), 0, 9, Answer("done", -150))
    with pytest.raises(Unexplained, match="explained: 3"):
        Search([*done, wrong], end).explain(model, "more than there was")
    with pytest.raises(Unexplained, match="the state at the end"):
        Search(done, end | {"limited": {}}).explain(model, "another state")
    late = [one._replace(sent=one.sent + 50, answered=one.answered + 50) for one in done]
    early = Done(0, late[0].op, 0, 1, Answer("exists", 100))
    with pytest.raises(Unexplained):
        Search([*late, early], end).explain(model, "known before it was done")


def test_the_same_seed_is_the_same_schedule(bank: EnergyBank) -> None:
    assert Driver(bank, "again").schedule(5) == Driver(bank, "again").schedule(5)
    assert Driver(bank, "again").schedule(5) != Driver(bank, "other").schedule(5)
